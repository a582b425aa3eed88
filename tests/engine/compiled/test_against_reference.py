"""Loss, gradient, outputs, Gauss–Newton matrix and products equal the reference's on random networks.

The oracle works in float64 on the same numbers; the tolerance is in units in the last place of the kernels'
dtype, of the largest element.
"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fallline.engine import ACTIVATIONS, LOSSES, Architecture, reference
from fallline.engine.compiled.curvature import Curvature
from fallline.engine.compiled.hessian import Hessian
from fallline.engine.compiled.objective import CompiledObjective
from fallline.engine.compiled.prediction import Prediction

from .networks import HIDDEN, Case, assert_close, cases

ULPS = 3000.0  # products of up to 300 terms through six layers; what was seen in 10,000 cases stays below 700
SMALL = cases(sizes=st.integers(1, 12), rows=st.integers(1, 200), layers=4)


def exact(case: Case) -> tuple:
    return tuple(part.astype(np.float64) for part in case[1:])


def scale_of_terms(case: Case) -> float:
    """How large a gradient may be where its terms cancel: below it, its own size says nothing."""
    p, X, y = exact(case)
    return 1e-3 * (1.0 + reference.loss(case.architecture, p, X, y))


@settings(max_examples=60, deadline=None)
@given(cases(), st.integers(1, 2))
def test_loss_and_gradient(case: Case, threads: int) -> None:
    objective = CompiledObjective(case.architecture, case.X, case.y, threads)
    error, gradient = objective.error_and_gradient(case.parameters)
    p, X, y = exact(case)
    wanted_error, wanted_gradient = reference.loss_and_gradient(case.architecture, p, X, y)
    assert gradient.dtype == case.parameters.dtype
    assert_close(error, wanted_error, ULPS, case.X.dtype)
    assert_close(objective.error(case.parameters), wanted_error, ULPS, case.X.dtype)
    assert_close(gradient, wanted_gradient, ULPS, case.X.dtype, scale_of_terms(case))


@settings(max_examples=40, deadline=None)
@given(cases(), st.integers(1, 2))
def test_outputs(case: Case, threads: int) -> None:
    got = Prediction(case.architecture, case.X.dtype, threads).run(case.parameters, case.X)
    p, X, _ = exact(case)
    assert_close(got, reference.run(case.architecture, p, X), ULPS, case.X.dtype)


@settings(max_examples=60, deadline=None)
@given(SMALL, st.integers(1, 3))
def test_gauss_newton_matrix(case: Case, threads: int) -> None:
    error, gradient, matrix = Curvature(case.architecture, case.X, case.y, threads).gauss_newton(case.parameters)
    p, X, y = exact(case)
    wanted_error, wanted_gradient = reference.loss_and_gradient(case.architecture, p, X, y)
    assert_close(error, wanted_error, ULPS, case.X.dtype)
    assert_close(gradient, wanted_gradient, ULPS, case.X.dtype, scale_of_terms(case))
    assert_close(matrix, reference.gauss_newton(case.architecture, p, X, y)[2], ULPS, case.X.dtype)
    np.testing.assert_array_equal(matrix, matrix.T)


@settings(max_examples=60, deadline=None)
@given(SMALL, st.integers(1, 3))
def test_products(case: Case, threads: int) -> None:
    p, X, y = exact(case)
    v = np.random.default_rng(1).normal(size=p.shape).astype(case.X.dtype)
    product = Curvature(case.architecture, case.X, case.y, threads).gauss_newton_product(case.parameters, v)
    wanted = reference.gauss_newton_product(case.architecture, p, X, y, v.astype(np.float64))
    assert_close(product, wanted, ULPS, case.X.dtype, scale_of_terms(case))
    product = Hessian(case.architecture, case.X, case.y, threads).product(case.parameters, v)
    wanted = reference.hessian_vector_product(case.architecture, p, X, y, v.astype(np.float64))
    assert_close(product, wanted, ULPS, case.X.dtype, scale_of_terms(case))


@pytest.mark.parametrize("rows", [1, 9, 5000])
def test_a_product_is_the_same_on_any_number_of_threads(rows: int) -> None:
    """Also where there are fewer rows than threads, and a second product after the first."""
    rng = np.random.default_rng(0)
    architecture = Architecture((6, 20, 2), ("tanh", "identity"), "mean_squared_error")
    p, X, y = rng.normal(size=architecture.parameter_count), rng.normal(size=(rows, 6)), rng.normal(size=(rows, 2))
    one, many = Curvature(architecture, X, y), Curvature(architecture, X, y, 3)
    exact_one, exact_many = Hessian(architecture, X, y), Hessian(architecture, X, y, 3)
    for v in rng.normal(size=(2, len(p))):
        assert_close(many.gauss_newton_product(p, v), one.gauss_newton_product(p, v), 100, np.float64)
        assert_close(exact_many.product(p, v), exact_one.product(p, v), 100, np.float64)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("activation", HIDDEN)
def test_every_activation(activation: str, dtype: type) -> None:
    rng = np.random.default_rng(0)
    architecture = Architecture((5, 9, 3), (activation, activation), "mean_squared_error")
    p, X, y = (rng.normal(size=size).astype(dtype) for size in (architecture.parameter_count, (77, 5), (77, 3)))
    case = Case(architecture, p, X, y)
    gradient = CompiledObjective(architecture, X, y).error_and_gradient(p)[1]
    assert_close(gradient, reference.loss_and_gradient(architecture, *exact(case))[1], 300, dtype)


@pytest.mark.parametrize("last", ["softmax", "other"])
@pytest.mark.parametrize("loss", sorted(LOSSES))
def test_every_loss(loss: str, last: str) -> None:
    included = LOSSES[loss].from_logits_of
    architecture = Architecture((4, 7, 5), ("tanh", included or (last if last in ACTIVATIONS else "silu")), loss)
    rng = np.random.default_rng(0)
    p, X = rng.normal(size=architecture.parameter_count), 3.0 * rng.normal(size=(50, 4))
    y = rng.uniform(size=(50, 5))
    error, gradient = CompiledObjective(architecture, X, y).error_and_gradient(p)
    wanted = reference.loss_and_gradient(architecture, p, X, y)
    assert_close(error, wanted[0], 50, np.float64)
    assert_close(gradient, wanted[1], 50, np.float64)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_wide_layers_go_through_blas(dtype: type) -> None:
    architecture = Architecture((200, 150, 160, 3), ("relu", "tanh", "identity"), "mean_squared_error")
    rng = np.random.default_rng(0)
    p = (0.1 * rng.normal(size=architecture.parameter_count)).astype(dtype)
    X, y = (rng.normal(size=(1100, size)).astype(dtype) for size in (200, 3))
    for threads in (1, 2):
        error, gradient = CompiledObjective(architecture, X, y, threads).error_and_gradient(p)
        wanted = reference.loss_and_gradient(architecture, *exact(Case(architecture, p, X, y)))
        assert_close(error, wanted[0], 100, dtype)
        assert_close(gradient, wanted[1], 1000, dtype)
    got = Prediction(architecture, np.dtype(dtype)).run(p, X)
    assert_close(got, reference.run(architecture, *exact(Case(architecture, p, X, y))[:2]), 300, dtype)


def test_same_bits_every_time_with_the_same_threads() -> None:
    rng = np.random.default_rng(0)
    architecture = Architecture((6, 20, 2), ("tanh", "identity"), "mean_squared_error")
    p, X, y = rng.normal(size=architecture.parameter_count), rng.normal(size=(5000, 6)), rng.normal(size=(5000, 2))
    for threads in (1, 2):
        first = CompiledObjective(architecture, X, y, threads).error_and_gradient(p)
        again = CompiledObjective(architecture, X, y, threads).error_and_gradient(p)
        assert first[0] == again[0]
        np.testing.assert_array_equal(first[1], again[1])
