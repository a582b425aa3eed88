"""The reference engine against hyper-dual numbers through the textbook's formulas: see oracle.py."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fallline.engine import ACTIVATIONS, LOSSES, Architecture, reference

from . import oracle
from .closeness import assert_close

EXACT = 1e-9  # float64, relative
SINGLE = 1e-4  # float32 against float64 on the same numbers, relative to the largest element
HIDDEN = [name for name in ACTIVATIONS if name != "softmax"]
PAIRS = [
    (output, name) for name, loss in LOSSES.items() for output in ACTIVATIONS if loss.from_logits_of in (None, output)
]
SHAPES = {1: (3, 4), 2: (2, 5, 3), 4: (3, 4, 2, 5, 2)}


def architecture_of(problem: oracle.Problem) -> Architecture:
    return Architecture(problem.shape, problem.activations, problem.loss)


@st.composite
def problems(draw):
    layers = draw(st.integers(1, 4), label="layers")
    shape = tuple(draw(st.lists(st.integers(1, 7), min_size=layers + 1, max_size=layers + 1), label="shape"))
    output, name = draw(st.sampled_from(PAIRS), label="output activation and loss")
    hidden = draw(st.lists(st.sampled_from(HIDDEN), min_size=layers - 1, max_size=layers - 1), label="hidden")
    rows, seed = draw(st.integers(1, 12), label="rows"), draw(st.integers(0, 2**32 - 1), label="seed")
    return oracle.problem(shape, (*hidden, output), name, rows, seed)


def deterministic(hidden: str, output: str, name: str, layers: int) -> oracle.Problem:
    shape = SHAPES[layers]
    return oracle.problem(shape, (*[hidden] * (layers - 1), output), name, rows=5, seed=20 + layers)


def check_all(p: oracle.Problem) -> None:
    """Every quantity of the engine against the oracle's."""
    architecture = architecture_of(p)
    engine = (architecture, p.parameters, p.X, p.y)
    textbook = (p.shape, p.activations, p.loss, p.parameters, p.X, p.y)
    loss, gradient, Hv = oracle.derivatives(*textbook, p.v)
    G = oracle.gauss_newton(*textbook)

    trace = oracle.forward(p.shape, p.activations, p.parameters, p.X)
    for i, (layer, (z, a)) in enumerate(zip(reference.forward(*engine[:3]), trace, strict=True)):
        assert_close(layer.z, z, relative=EXACT, what=f"pre-activations of layer {i}")
        assert_close(layer.a, a, relative=EXACT, what=f"activations of layer {i}")
        assert_close(layer.input, trace[i - 1][1] if i else p.X, relative=EXACT, what=f"input of layer {i}")
    assert_close(reference.run(*engine[:3]), trace[-1][1], relative=EXACT, what="outputs")
    assert_close(reference.loss(*engine), loss, relative=EXACT, what="loss")
    value, slope = reference.loss_and_gradient(*engine)
    assert_close(value, loss, relative=EXACT, what="loss beside the gradient")
    assert_close(slope, gradient, relative=EXACT, what="gradient")
    J = oracle.jacobian(p.shape, p.activations, p.parameters, p.X)
    assert_close(reference.jacobian(*engine[:3]), J, relative=EXACT, what="Jacobian")
    value, slope, matrix = reference.gauss_newton(*engine)
    assert_close(value, loss, relative=EXACT, what="loss beside the Gauss–Newton matrix")
    assert_close(slope, gradient, relative=EXACT, what="gradient beside the Gauss–Newton matrix")
    assert_close(matrix, G, relative=EXACT, what="Gauss–Newton matrix")
    assert_close(reference.gauss_newton_product(*engine, p.v), G @ p.v, relative=EXACT, what="Gauss–Newton product")
    assert_close(reference.hessian_vector_product(*engine, p.v), Hv, relative=EXACT, what="Hessian–vector product")
    bent = oracle.second_derivative_product(*textbook, p.v)
    assert_close(reference.second_derivative_product(*engine, p.v), bent, relative=EXACT, what="second derivative")


@settings(max_examples=120, deadline=None)
@given(problems())
def test_every_quantity_equals_the_textbook_on_random_networks(p):
    check_all(p)


@pytest.mark.parametrize("layers", SHAPES)
@pytest.mark.parametrize(("output", "name"), PAIRS)
def test_every_quantity_equals_the_textbook_for_each_output_activation_and_loss(output, name, layers):
    check_all(deterministic("tanh", output, name, layers))


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("hidden", HIDDEN)
def test_every_quantity_equals_the_textbook_for_each_hidden_activation_and_loss(hidden, name):
    output = LOSSES[name].from_logits_of or "identity"
    check_all(deterministic(hidden, output, name, layers=4))


def test_the_oracle_knows_every_activation_and_loss():
    assert set(oracle.ACTIVATIONS) == set(ACTIVATIONS)
    assert set(oracle.LOSSES) == set(LOSSES)
    assert {name: loss.from_logits_of for name, loss in LOSSES.items() if loss.from_logits_of} == oracle.INCLUDED


@pytest.mark.parametrize(("output", "name"), PAIRS)
def test_the_oracle_itself_agrees_with_the_complex_step(output, name):
    p = deterministic("gelu", output, name, layers=4)
    textbook = (p.shape, p.activations, p.loss)
    h = 1e-30
    steps = p.parameters + 1j * h * np.eye(len(p.parameters))
    first = oracle.loss(*textbook, steps, p.X, p.y).imag / h
    _, gradient, Hv = oracle.derivatives(*textbook, p.parameters, p.X, p.y, p.v)
    assert_close(gradient, first, relative=1e-11, what="gradient of the oracle")
    t = 1e-5  # the second derivative by central differences of the complex step: good to t² and rounding / t
    ahead = oracle.loss(*textbook, steps + t * p.v, p.X, p.y).imag / h
    behind = oracle.loss(*textbook, steps - t * p.v, p.X, p.y).imag / h
    assert_close(Hv, (ahead - behind) / (2 * t), relative=1e-6, share=1.0, what="Hessian–vector product of the oracle")


@pytest.mark.parametrize(("output", "name"), PAIRS)
def test_hessian_is_symmetric(output, name):
    p = deterministic("silu", output, name, layers=4)
    engine = (architecture_of(p), p.parameters, p.X, p.y)
    H = np.column_stack([reference.hessian_vector_product(*engine, e) for e in np.eye(len(p.parameters))])
    assert_close(H, H.T, relative=1e-12, share=1.0, what="Hessian")
    u = p.v[::-1].copy()
    left, right = u @ reference.hessian_vector_product(*engine, p.v), p.v @ reference.hessian_vector_product(*engine, u)
    assert_close(left, right, relative=EXACT, what="u·Hv and v·Hu")


@settings(max_examples=40, deadline=None)
@given(problems())
def test_gauss_newton_matrix_is_symmetric_and_positive_semi_definite(p):
    engine = (architecture_of(p), p.parameters, p.X, p.y)
    _, _, G = reference.gauss_newton(*engine)
    assert_close(G, G.T, relative=1e-12, share=1.0, what="Gauss–Newton matrix")
    eigenvalues = np.linalg.eigvalsh(G)
    assert eigenvalues[0] >= -1e-12 * max(eigenvalues[-1], 1e-3), eigenvalues[0]
    assert_close(reference.gauss_newton_product(*engine, p.v), G @ p.v, relative=EXACT, what="product")


@settings(max_examples=30, deadline=None)
@given(problems())
def test_gauss_newton_matrix_of_half_squared_error_is_the_square_of_the_jacobian(p):
    p = oracle.problem(p.shape, (*p.activations[:-1], "identity"), "half_squared_error", len(p.X), seed=len(p.v))
    J = reference.jacobian(architecture_of(p), p.parameters, p.X).reshape(-1, len(p.parameters))
    _, gradient, G = reference.gauss_newton(architecture_of(p), p.parameters, p.X, p.y)
    e = reference.run(architecture_of(p), p.parameters, p.X) - p.y
    assert_close(G, J.T @ J, relative=1e-12, share=1.0, what="Gauss–Newton matrix")
    assert_close(gradient, J.T @ e.ravel(), relative=1e-12, share=1.0, what="gradient Jᵀe")


def test_gauss_newton_and_hessian_agree_where_the_network_is_linear():
    p = oracle.problem((3, 4), ("softmax",), "categorical_cross_entropy", rows=6, seed=3)
    engine = (architecture_of(p), p.parameters, p.X, p.y, p.v)
    Hv, Gv = reference.hessian_vector_product(*engine), reference.gauss_newton_product(*engine)
    assert_close(Hv, Gv, relative=1e-13, share=1.0, what="Hessian and Gauss–Newton product of logits linear in w")


def in_single(p: oracle.Problem) -> oracle.Problem:
    return p._replace(**{name: getattr(p, name).astype(np.float32) for name in ("parameters", "X", "y", "v")})


def quantities(p: oracle.Problem) -> dict[str, np.ndarray]:
    engine = (architecture_of(p), p.parameters, p.X, p.y)
    return {
        "outputs": reference.run(*engine[:3]),
        "gradient": reference.loss_and_gradient(*engine)[1],
        "Jacobian": reference.jacobian(*engine[:3]),
        "gradient beside the Gauss–Newton matrix": reference.gauss_newton(*engine)[1],
        "Gauss–Newton matrix": reference.gauss_newton(*engine)[2],
        "Gauss–Newton product": reference.gauss_newton_product(*engine, p.v),
        "Hessian–vector product": reference.hessian_vector_product(*engine, p.v),
    }


@pytest.mark.parametrize("hidden", HIDDEN)
@pytest.mark.parametrize(("output", "name"), PAIRS)
def test_float32_stays_float32_and_near_float64(hidden, output, name):
    single = in_single(deterministic(hidden, output, name, layers=2))
    double = single._replace(**{k: getattr(single, k).astype(np.float64) for k in ("parameters", "X", "y", "v")})
    exact = quantities(double)
    for what, value in quantities(single).items():
        assert value.dtype == np.float32, what
        assert exact[what].dtype == np.float64, what
        assert_close(value, exact[what], relative=SINGLE, share=1.0, what=what)
    losses = [reference.loss(architecture_of(p), p.parameters, p.X, p.y) for p in (single, double)]
    assert all(type(loss) is float for loss in losses)
    assert_close(losses[0], losses[1], relative=SINGLE, what="loss")


@pytest.mark.parametrize(("output", "name"), PAIRS)
def test_gradient_by_row_is_the_gradient_of_each_row_alone(output, name):
    p = deterministic("tanh", output, name, layers=2)
    each = reference.gradient_by_row(architecture_of(p), p.parameters, p.X, p.y)
    alone = [
        reference.loss_and_gradient(architecture_of(p), p.parameters, p.X[i : i + 1], p.y[i : i + 1])[1]
        for i in range(len(p.X))
    ]
    assert_close(each, np.array(alone), relative=EXACT, what="gradient by row")


@pytest.mark.parametrize(("output", "name"), PAIRS)
def test_loss_by_row_is_the_loss_of_each_row_alone(output, name):
    p = deterministic("tanh", output, name, layers=2)
    each = reference.loss_by_row(architecture_of(p), p.parameters, p.X, p.y)
    textbook = (p.shape, p.activations, p.loss, p.parameters)
    alone = [oracle.loss(*textbook, p.X[i : i + 1], p.y[i : i + 1]) for i in range(len(p.X))]
    assert_close(each, np.array(alone), relative=EXACT, what="loss by row")
    together = each.sum() if name == "half_squared_error" else each.mean()
    assert_close(together, oracle.loss(*textbook, p.X, p.y), relative=EXACT, what="loss of all rows")


@pytest.mark.parametrize(("output", "name"), PAIRS)
def test_arguments_are_left_as_they_were(output, name):
    p = deterministic("relu", output, name, layers=2)
    kept = [array.copy() for array in (p.parameters, p.X, p.y, p.v)]
    quantities(p)
    for before, after in zip(kept, (p.parameters, p.X, p.y, p.v), strict=True):
        np.testing.assert_array_equal(before, after)


def test_a_forward_pass_shares_no_memory_with_its_input():
    X = np.ones((2, 1))
    architecture = Architecture((1, 1), ("identity",), "half_squared_error")
    out = reference.run(architecture, np.array([1.0, 0.0]), X)
    out += 5.0
    np.testing.assert_array_equal(X, 1.0)
