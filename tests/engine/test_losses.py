"""Losses against SciPy, scikit-learn, decimals and hyper-dual numbers."""

from __future__ import annotations

import math
from decimal import Decimal, localcontext

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special

from fallline.engine import ACTIVATIONS, LOSSES
from fallline.engine.losses import HUBER_DELTA

from . import oracle
from .closeness import assert_close

MEANS = ("mean_squared_error", "mean_absolute_error", "huber", "binary_cross_entropy")
DTYPES = [np.float64, np.float32]


def mean_loss(name, output, target):
    return LOSSES[name].total(output, target) * LOSSES[name].scale(*target.shape)


def drawn(seed, rows=7, outputs=3):
    rng = np.random.default_rng(seed)
    return rng.normal(scale=2.0, size=(rows, outputs)), rng.normal(scale=2.0, size=(rows, outputs))


def one_hot(seed, rows=7, outputs=3):
    rng = np.random.default_rng(seed)
    return np.eye(outputs)[np.r_[np.arange(outputs), rng.integers(outputs, size=rows - outputs)]]


def test_every_loss_stands_under_its_own_name():
    assert all(loss.name == name for name, loss in LOSSES.items())
    assert {name for name, loss in LOSSES.items() if loss.from_logits_of} == {
        "binary_cross_entropy",
        "categorical_cross_entropy",
    }


@pytest.mark.parametrize("seed", range(5))
def test_errors_equal_those_of_scikit_learn(seed):
    metrics = pytest.importorskip("sklearn.metrics")
    output, target = drawn(seed)
    squared = metrics.mean_squared_error(target, output)
    assert mean_loss("mean_squared_error", output, target) == pytest.approx(squared, rel=1e-14)
    assert mean_loss("half_squared_error", output, target) == pytest.approx(0.5 * squared * target.size, rel=1e-14)
    absolute = metrics.mean_absolute_error(target, output)
    assert mean_loss("mean_absolute_error", output, target) == pytest.approx(absolute, rel=1e-14)


@pytest.mark.parametrize("seed", range(5))
def test_cross_entropies_equal_scikit_learns_log_loss(seed):
    metrics = pytest.importorskip("sklearn.metrics")
    logits, _ = drawn(seed)
    labels = one_hot(seed)
    expected = metrics.log_loss(labels, ACTIVATIONS["softmax"].value(logits))
    assert mean_loss("categorical_cross_entropy", logits, labels) == pytest.approx(expected, rel=1e-13)
    logits, labels = logits[:, :1], labels[:, :1]
    expected = metrics.log_loss(labels, ACTIVATIONS["sigmoid"].value(logits))
    assert mean_loss("binary_cross_entropy", logits, labels) == pytest.approx(expected, rel=1e-13)


@pytest.mark.parametrize("seed", range(5))
def test_huber_equals_scipys(seed):
    output, target = drawn(seed)
    expected = special.huber(HUBER_DELTA, output - target).mean()
    assert mean_loss("huber", output, target) == pytest.approx(expected, rel=1e-14)


def test_huber_is_half_the_square_up_to_one_and_linear_beyond():
    output = np.array([[0.0, 0.5, 1.0, -1.0, 1.5, -4.0]])
    zero = np.zeros_like(output)
    assert LOSSES["huber"].total(output, zero) == 0.125 + 0.5 + 0.5 + 1.0 + 3.5
    np.testing.assert_array_equal(LOSSES["huber"].gradient(output, zero), [[0.0, 0.5, 1.0, -1.0, 1.0, -1.0]])
    np.testing.assert_array_equal(LOSSES["huber"].curvature(output, zero, zero + 3.0), [[3.0, 3.0, 3.0, 3.0, 0.0, 0.0]])


def test_absolute_error_has_slope_zero_where_output_and_target_are_equal():
    output = np.array([[2.0, 3.0, 1.0]])
    np.testing.assert_array_equal(
        LOSSES["mean_absolute_error"].gradient(output, np.full((1, 3), 2.0)), [[0.0, 1.0, -1.0]]
    )


@pytest.mark.parametrize("seed", range(5))
def test_cross_entropies_of_distributions_equal_scipys(seed):
    logits, other = drawn(seed)
    p, y = special.softmax(other, axis=1), special.expit(other)
    expected = -(p * special.log_softmax(logits, axis=1)).sum(axis=1).mean()
    assert mean_loss("categorical_cross_entropy", logits, p) == pytest.approx(expected, rel=1e-13)
    expected = -(y * special.log_expit(logits) + (1 - y) * special.log_expit(-logits)).mean()
    assert mean_loss("binary_cross_entropy", logits, y) == pytest.approx(expected, rel=1e-13)


def exact_binary(z, y):
    with localcontext() as context:
        context.prec = 460  # 1 + e⁻¹⁰⁰⁰ must not round
        z, y = Decimal(float(z)), Decimal(float(y))
        return float(y * (1 + (-z).exp()).ln() + (1 - y) * (1 + z.exp()).ln())


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("y", [0.0, 0.25, 1.0])
@pytest.mark.parametrize("z", [-1000.0, -90.0, -40.0, -15.0, -5.0, 0.0, 5.0, 15.0, 40.0, 90.0, 1000.0])
def test_binary_cross_entropy_from_extreme_logits_is_exact_for_each_target(z, y, dtype):
    logit, target = np.full((1, 1), z, dtype), np.full((1, 1), y, dtype)
    rounding = {"rel": 2e-15, "abs": 1e-300} if dtype is np.float64 else {"rel": 1e-6, "abs": 1e-38}
    assert LOSSES["binary_cross_entropy"].total(logit, target) == pytest.approx(exact_binary(z, y), **rounding)
    p = special.expit(z)
    gradient = LOSSES["binary_cross_entropy"].gradient(logit, target)[0, 0]
    assert gradient == pytest.approx(p - y, rel=1e-6 if dtype is np.float32 else 1e-15, abs=1e-7 if p > 0.5 else 1e-38)
    curvature = LOSSES["binary_cross_entropy"].curvature(logit, target, np.ones_like(logit))[0, 0]
    assert curvature == pytest.approx(p * special.expit(-z), rel=1e-6, abs=1e-7 if p > 0.5 else 1e-38)


@pytest.mark.parametrize("dtype", DTYPES)
def test_categorical_cross_entropy_from_extreme_logits_is_finite_and_exact(dtype):
    loss = LOSSES["categorical_cross_entropy"]
    z = np.array([[1000.0, 0.0, -1000.0]], dtype)
    for k, expected in enumerate((0.0, 1000.0, 2000.0)):
        y = np.eye(3, dtype=dtype)[[k]]
        assert loss.total(z, y) == expected
        np.testing.assert_array_equal(loss.gradient(z, y), np.array([[1.0, 0.0, 0.0]]) - y)
        np.testing.assert_array_equal(loss.curvature(z, y, np.ones_like(z)), np.zeros((1, 3)))
    even = np.full((1, 4), -1000.0, dtype)
    assert loss.total(even, np.eye(4, dtype=dtype)[[2]]) == pytest.approx(math.log(4), rel=1e-6)


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("seed", range(3))
def test_gradient_and_curvature_equal_the_mechanical_derivatives(name, seed):
    rng = np.random.default_rng(seed)
    seen, y = drawn(seed)
    if name in oracle.INCLUDED:
        y = one_hot(seed)
        y[1] = rng.dirichlet(np.ones(3))
    v = rng.normal(size=seen.shape)
    unit = np.eye(seen.size).reshape(seen.size, *seen.shape)
    moved = oracle.HyperDual(seen, unit, v)
    a = oracle.ACTIVATIONS[oracle.INCLUDED[name]](moved) if name in oracle.INCLUDED else moved
    summands, _ = oracle.LOSSES[name](moved, a, y)
    total = summands.sum(-1).sum(-1)
    assert_close(LOSSES[name].total(seen, y), total.f[0], relative=1e-12, what="total")
    assert_close(LOSSES[name].gradient(seen, y), total.a.reshape(seen.shape), relative=1e-12, what="gradient")
    assert_close(LOSSES[name].curvature(seen, y, v), total.ab.reshape(seen.shape), relative=1e-12, what="curvature")


def test_a_categorical_target_that_sums_to_three_counts_as_three_rows():
    logits, other = drawn(4, rows=1)
    y, v = special.softmax(other, axis=1), np.array([[1.0, 2.0, -1.0]])
    loss = LOSSES["categorical_cross_entropy"]
    assert loss.total(logits, 3 * y) == pytest.approx(3 * loss.total(logits, y), rel=1e-14)
    np.testing.assert_allclose(loss.gradient(logits, 3 * y), 3 * loss.gradient(logits, y), rtol=1e-13)
    np.testing.assert_allclose(loss.curvature(logits, 3 * y, v), 3 * loss.curvature(logits, y, v), rtol=1e-13)


@settings(max_examples=50, deadline=None)
@given(
    name=st.sampled_from(sorted(LOSSES)),
    rows=st.integers(2, 30),
    cut=st.integers(1, 29),
    seed=st.integers(0, 2**32 - 1),
)
def test_totals_of_blocks_add_up(name, rows, cut, seed):
    cut = min(cut, rows - 1)
    output, target = drawn(seed, rows)
    target = np.abs(target)
    loss = LOSSES[name]
    parts = loss.total(output[:cut], target[:cut]) + loss.total(output[cut:], target[cut:])
    assert parts == pytest.approx(loss.total(output, target), rel=1e-12, abs=1e-12)
    np.testing.assert_array_equal(loss.gradient(output, target)[:cut], loss.gradient(output[:cut], target[:cut]))


def test_scales_are_one_over_what_is_averaged():
    assert [LOSSES[name].scale(8, 5) for name in MEANS] == [1 / 40] * 4
    assert LOSSES["half_squared_error"].scale(8, 5) == 1.0
    assert LOSSES["categorical_cross_entropy"].scale(8, 5) == 1 / 8


@pytest.mark.parametrize("name", LOSSES)
def test_float32_stays_float32_but_totals_are_python_floats(name):
    output, target = (np.abs(array).astype(np.float32) for array in drawn(1))
    loss = LOSSES[name]
    assert type(loss.total(output, target)) is float
    assert loss.gradient(output, target).dtype == np.float32
    assert loss.curvature(output, target, output).dtype == np.float32


@pytest.mark.parametrize("name", ["mean_squared_error", "mean_absolute_error", "huber", "binary_cross_entropy"])
def test_float32_totals_are_summed_in_float64(name):
    """A million equal errors: a float32 sum would stand still or drift."""
    output = np.full((2_000_000, 1), 0.1, np.float32)
    target = np.zeros_like(output)
    one = LOSSES[name].total(output[:1], target[:1])
    assert LOSSES[name].total(output, target) == pytest.approx(2_000_000 * one, rel=1e-9)


@pytest.mark.parametrize("name", LOSSES)
def test_root_of_the_curvature_and_its_residual(name):
    """S Sᵀ v = H v, and S ρ = ∂E/∂output where the loss has such a ρ."""
    rng, loss = np.random.default_rng(4), LOSSES[name]
    output, v = rng.normal(size=(20, 3)), rng.normal(size=(20, 3))
    target = rng.uniform(size=(20, 3))
    S = loss.curvature_root(output, target)
    product = np.einsum("nij,nkj,nk->ni", S, S, v)
    np.testing.assert_allclose(product, loss.curvature(output, target, v), rtol=1e-10, atol=1e-12)
    if loss.has_residual:
        found = np.einsum("nij,nj->ni", S, loss.residual(output, target))
        np.testing.assert_allclose(found, loss.gradient(output, target), rtol=1e-10)
