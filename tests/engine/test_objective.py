from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fallline.engine import LOSSES, Architecture, Objective, Rows, reference, rows

from . import oracle
from .closeness import assert_close

OUTPUT = {name: loss.from_logits_of or "identity" for name, loss in LOSSES.items()}


def drawn(name, n=50, seed=0, hidden="tanh"):
    p = oracle.problem((3, 4, 2), (hidden, OUTPUT[name]), name, n, seed)
    return p, Architecture(p.shape, p.activations, p.loss)


def weights_only(architecture, parameters):
    """The parameters with every bias 0, from the shape alone."""
    kept = parameters.copy()
    for W in architecture.layers(kept):
        W[:, -1] = 0
    return kept


@pytest.fixture
def tiny_blocks(monkeypatch):
    """Blocks of seven rows."""
    monkeypatch.setattr("fallline.engine.objective.block_length", lambda widest: 7)


@pytest.mark.parametrize("l2", [0.0, 0.3])
@pytest.mark.parametrize("name", LOSSES)
def test_blocks_equal_the_whole(name, l2, tiny_blocks):
    p, architecture = drawn(name)
    objective = Objective(architecture, Rows(p.X, p.y), l2)
    assert len(list(objective.rows.blocks(objective._block))) == 8
    error, gradient = reference.loss_and_gradient(architecture, p.parameters, p.X, p.y)
    value, slope = objective.error_and_gradient(p.parameters)
    assert_close(objective.error(p.parameters), error, relative=1e-13, what="error")
    assert_close(value, error, relative=1e-13, what="error beside the gradient")
    expected = gradient + l2 * weights_only(architecture, p.parameters)
    assert_close(slope, expected, relative=1e-12, what="gradient")


def test_many_rows_come_in_many_blocks_without_a_patch(monkeypatch):
    monkeypatch.setattr(rows, "BLOCK_ELEMENTS", 256)
    p, architecture = drawn("mean_squared_error", n=1000)
    objective = Objective(architecture, Rows(p.X, p.y))
    seen = []
    original = reference.loss_and_gradient

    def counting(architecture, parameters, X, y):
        seen.append(len(X))
        return original(architecture, parameters, X, y)

    monkeypatch.setattr(reference, "loss_and_gradient", counting)
    value, slope = objective.error_and_gradient(p.parameters)
    assert seen == [64] * 15 + [40]
    error, gradient = original(architecture, p.parameters, p.X, p.y)
    assert_close(value, error, relative=1e-13, what="error")
    assert_close(slope, gradient, relative=1e-12, what="gradient")


@settings(max_examples=30, deadline=None)
@given(name=st.sampled_from(sorted(LOSSES)), count=st.integers(1, 40), seed=st.integers(0, 2**32 - 1))
def test_an_index_equals_a_copy_of_its_rows(name, count, seed):
    p, architecture = drawn(name)
    index = np.random.default_rng(seed).integers(50, size=count)
    by_index = Objective(architecture, Rows(p.X, p.y, index), 0.1)
    by_copy = Objective(architecture, Rows(p.X[index], p.y[index]), 0.1)
    assert by_index.error(p.parameters) == by_copy.error(p.parameters)
    left, right = by_index.error_and_gradient(p.parameters), by_copy.error_and_gradient(p.parameters)
    assert left[0] == right[0]
    np.testing.assert_array_equal(left[1], right[1])


def test_a_selection_too_large_to_copy_gives_the_same(monkeypatch, tiny_blocks):
    p, architecture = drawn("huber")
    index = np.arange(50)[::-1].copy()
    compact = Objective(architecture, Rows(p.X, p.y, index))
    monkeypatch.setattr(Rows, "compact", lambda self: self)
    lent = Objective(architecture, Rows(p.X, p.y, index))
    assert lent.rows.index is not None
    np.testing.assert_array_equal(compact.error_and_gradient(p.parameters)[1], lent.error_and_gradient(p.parameters)[1])


@settings(max_examples=60, deadline=None)
@given(
    name=st.sampled_from(sorted(LOSSES)),
    n=st.integers(1, 40),
    size=st.integers(1, 45),
    l2=st.sampled_from([0.0, 0.7]),
    seed=st.integers(0, 2**32 - 1),
)
def test_an_epoch_of_batches_at_fixed_weights_is_one_step_on_all_rows(name, n, size, l2, seed):
    p, architecture = drawn(name, n, seed)
    objective = Objective(architecture, Rows(p.X, p.y), l2)
    error, gradient = 0.0, np.zeros_like(p.parameters)
    order = np.random.default_rng(seed).permutation(n)
    for start in range(0, n, size):
        positions = order[start : start + size]
        part, slope = objective.error_and_gradient(p.parameters, positions)
        error += part * objective.share(len(positions))
        gradient += slope * objective.share(len(positions))
    whole = objective.error_and_gradient(p.parameters)
    assert_close(error, whole[0], relative=1e-12, what="error")
    assert_close(gradient, whole[1], relative=1e-11, what="gradient with the penalty")


@pytest.mark.parametrize("name", LOSSES)
def test_a_batch_has_the_loss_of_its_rows_as_if_they_were_all(name):
    p, architecture = drawn(name)
    objective = Objective(architecture, Rows(p.X, p.y))
    positions = np.array([3, 41, 17])
    error, gradient = objective.error_and_gradient(p.parameters, positions)
    alone = reference.loss_and_gradient(architecture, p.parameters, p.X[positions], p.y[positions])
    assert error == alone[0]
    np.testing.assert_array_equal(gradient, alone[1])


@pytest.mark.parametrize("name", LOSSES)
def test_share_is_one_for_a_sum_and_the_part_of_the_rows_for_a_mean(name):
    p, architecture = drawn(name)
    share = Objective(architecture, Rows(p.X, p.y)).share(20)
    assert share == (1.0 if name == "half_squared_error" else pytest.approx(0.4, rel=1e-15))


def test_penalty_is_half_the_strength_times_the_squared_weights_without_biases():
    p, architecture = drawn("mean_squared_error")
    objective = Objective(architecture, Rows(p.X, p.y), l2=0.3)
    W = weights_only(architecture, p.parameters)
    assert objective.penalty(p.parameters) == pytest.approx(0.15 * float(W @ W), rel=1e-14)
    biases = p.parameters - W
    assert np.count_nonzero(biases) == 6
    assert objective.penalty(biases) == 0.0
    assert objective.error(p.parameters) == Objective(architecture, Rows(p.X, p.y)).error(p.parameters)


@pytest.mark.parametrize("name", LOSSES)
def test_gradient_is_that_of_the_error_with_the_penalty(name):
    p, architecture = drawn(name)
    objective = Objective(architecture, Rows(p.X, p.y), l2=0.3)
    textbook = oracle.derivatives(p.shape, p.activations, name, p.parameters, p.X, p.y, p.v)[1]
    expected = textbook + 0.3 * weights_only(architecture, p.parameters)
    assert_close(objective.error_and_gradient(p.parameters)[1], expected, relative=1e-9, what="gradient")
    without = Objective(architecture, Rows(p.X, p.y))
    assert without.penalty(p.parameters) == 0.0
    assert_close(without.error_and_gradient(p.parameters)[1], textbook, relative=1e-9, what="gradient without")


@pytest.mark.parametrize("positions", [None, np.array([1, 4])])
def test_float32_gradients_stay_float32(positions):
    p, architecture = drawn("huber")
    rows32 = Rows(p.X.astype(np.float32), p.y.astype(np.float32))
    error, gradient = Objective(architecture, rows32, 0.3).error_and_gradient(
        p.parameters.astype(np.float32), positions
    )
    assert type(error) is float
    assert gradient.dtype == np.float32


def test_the_gradient_is_the_callers_own():
    p, architecture = drawn("huber")
    objective = Objective(architecture, Rows(p.X, p.y), 0.3)
    first = objective.error_and_gradient(p.parameters)[1]
    kept = first.copy()
    objective.error_and_gradient(p.parameters * 2)
    np.testing.assert_array_equal(first, kept)


PRODUCTS = ["gauss_newton_product", "hessian_product"]


def curved(loss, *, compiled=False, l2=0.7, seed=0, rows=90):
    """A small network's objective, its weights and a vector; 90 rows are more than one block of `Objective`."""
    rng = np.random.default_rng(seed)
    last = LOSSES[loss].from_logits_of or "tanh"
    architecture = Architecture((3, 4, 2), ("tanh", last), loss)
    X, y = rng.normal(size=(rows, 3)), rng.uniform(0, 1, size=(rows, 2))
    objective = Objective(architecture, Rows(X, y), l2, compiled=compiled)
    objective._block = 64
    return objective, *rng.normal(size=(2, architecture.parameter_count))


@pytest.mark.parametrize("loss", sorted(LOSSES))
def test_gauss_newton_products_are_those_of_the_dense_matrix_with_the_penalty(loss):
    objective, parameters, v = curved(loss)
    X, y = objective.rows.X, objective.rows.y
    matrix = reference.gauss_newton(objective.architecture, parameters, X, y)[2]
    matrix += 0.7 * np.diag(objective.architecture.is_weight)
    got = objective.gauss_newton_product(parameters, v)
    np.testing.assert_allclose(got, matrix @ v, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("loss", sorted(set(LOSSES) - {"huber", "mean_absolute_error"}))  # whose slopes jump
def test_hessian_products_are_the_change_of_the_gradient(loss):
    objective, parameters, v = curved(loss)
    h = 1e-6
    ahead, behind = (objective.error_and_gradient(parameters + sign * h * v)[1] for sign in (1, -1))
    got = objective.hessian_product(parameters, v)
    np.testing.assert_allclose(got, (ahead - behind) / (2 * h), rtol=1e-6, atol=1e-7 * np.abs(got).max())


@pytest.mark.parametrize("product", PRODUCTS)
@pytest.mark.parametrize("loss", sorted(LOSSES))
def test_products_are_the_same_in_both_engines(loss, product):
    objective, parameters, v = curved(loss)
    compiled = curved(loss, compiled=True)[0]
    wanted = getattr(objective, product)(parameters, v)
    np.testing.assert_allclose(getattr(compiled, product)(parameters, v), wanted, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("product", PRODUCTS)
@pytest.mark.parametrize("compiled", [False, True])
def test_products_change_neither_the_weights_nor_the_vector(compiled, product):
    objective, parameters, v = curved("mean_squared_error", compiled=compiled)
    before = parameters.copy(), v.copy()
    first = getattr(objective, product)(parameters, v)
    again = getattr(objective, product)(parameters, v)
    assert first is not again
    np.testing.assert_array_equal(first, again)
    np.testing.assert_array_equal((parameters, v), before)


@pytest.mark.parametrize("compiled", [False, True], ids=["reference", "compiled"])
@pytest.mark.parametrize("name", LOSSES)
def test_gauss_newton_adds_up_over_blocks_and_has_the_penalty(name, compiled, monkeypatch):
    monkeypatch.setattr("fallline.engine.objective.JACOBIAN_ELEMENTS", 300)
    p, architecture = drawn(name)
    objective = Objective(architecture, Rows(p.X, p.y), 0.3, compiled=compiled)
    assert len(list(objective.jacobian_blocks())) > 5
    J = np.array(
        [reference.gauss_newton_root(architecture, p.parameters, p.X[i : i + 1], p.y[i : i + 1])[2] for i in range(50)]
    )
    share = objective.share(1)
    wanted = share * np.einsum("nop,noq->pq", J, J) + 0.3 * np.diag(architecture.is_weight)
    error, gradient, matrix = objective.gauss_newton(p.parameters)
    value, slope = objective.error_and_gradient(p.parameters)
    assert_close(matrix, wanted, relative=1e-11, what="matrix")
    assert_close(gradient, slope, relative=1e-11, what="gradient")
    assert error == pytest.approx(value, rel=1e-12)
