"""The Gamma test: noise known by construction, and data that cannot tell it."""

import numpy as np
import pytest

from fallline import Network
from fallline.diagnosis.budget.noise import estimate_noise, gamma_test
from fallline.diagnosis.budget.replicates import replicate_groups
from fallline.diagnosis.measurements import Measurements
from fallline.diagnosis.subject import Subject
from fallline.engine import Rows


def estimate(X, y, loss="mean_squared_error", activation="identity"):
    y = y.reshape(len(X), -1)
    network = Network([X.shape[1], y.shape[1]], activation, loss=loss, seed=0)
    measured = Measurements(Subject(network, Rows(X, y)))
    return estimate_noise(measured, replicate_groups(measured.X))


def function(kind, X, rng):
    if kind == 0:
        f = np.sin(2.0 * X[:, 0])
    elif kind == 1:
        f = np.tanh(X).sum(axis=1)
    elif kind == 2:
        f = X[:, 0] * X[:, -1] + 0.5 * X[:, 0]
    else:
        W = 1.5 * rng.normal(size=(X.shape[1], 6)) / np.sqrt(X.shape[1])
        f = np.tanh(X @ W + rng.normal(size=6)) @ rng.normal(size=6)
    return f / f.std()


def test_interval_covers_the_variance_that_was_put_in():
    covered = told = 0
    for seed in range(120):
        rng = np.random.default_rng([7, seed])
        inputs, n = int(rng.integers(1, 5)), int(rng.choice([300, 600, 1000]))
        X = rng.normal(size=(n, inputs)) if seed % 2 else rng.uniform(-1.7, 1.7, size=(n, inputs))
        deviation = float(rng.choice([0.1, 0.3, 0.6, 1.0]))
        found = estimate(X, function(seed % 4, X, rng) + deviation * rng.normal(size=n))
        if found.available:
            told += 1
            covered += found.intervals[0][0] <= deviation**2 <= found.intervals[0][1]
    assert told >= 100
    assert covered / told >= 0.92, f"{covered} of {told}"


def test_half_the_mean_square_is_kept():
    rng = np.random.default_rng(0)
    X = rng.uniform(size=(2000, 1))
    variances, half = gamma_test(X / X.std(), rng.normal(size=(2000, 1)), rng)
    assert variances[0] == pytest.approx(1.0, abs=0.1)
    assert half[0] < 0.2


def test_a_smooth_function_without_noise_has_none():
    X = np.random.default_rng(0).uniform(size=(1000, 2))
    found = estimate(X, np.sin(4.0 * X[:, 0]) + X[:, 1] ** 2)
    assert found.available
    assert found.error < 0.002
    assert not found.certain


def test_estimate_is_in_the_unit_of_the_loss_and_for_each_output():
    rng = np.random.default_rng(1)
    X = rng.uniform(-1.0, 1.0, size=(1500, 1))
    y = np.c_[X[:, 0] + 0.1 * rng.normal(size=1500), X[:, 0] ** 2 + 0.4 * rng.normal(size=1500)]
    mean, half = estimate(X, y), estimate(X, y, "half_squared_error")
    assert mean.variances == pytest.approx((0.01, 0.16), rel=0.2)
    assert mean.error == pytest.approx(sum(mean.variances) / 2)
    assert half.error == pytest.approx(0.5 * 1500 * sum(mean.variances))
    assert mean.certain
    assert "with 95 % confidence" in mean.sentence


def test_labels_with_known_chances_bound_the_entropy_from_below():
    rng = np.random.default_rng(2)
    X = rng.uniform(-1.0, 1.0, size=(2000, 1))
    p = 0.5 + 0.3 * np.sin(2.0 * X[:, 0])
    found = estimate(X, (rng.uniform(size=2000) < p).astype(float), "binary_cross_entropy", "sigmoid")
    entropy = float(np.mean(-p * np.log(p) - (1 - p) * np.log(1 - p)))
    assert 0.9 * entropy < found.error < entropy * 1.05
    assert found.error == pytest.approx(4.0 * np.log(2.0) * found.variances[0])
    classes = np.eye(2)[(rng.uniform(size=2000) < p).astype(int)]
    both = estimate(X, classes, "categorical_cross_entropy", "softmax")
    assert 0.9 * entropy < both.error < entropy * 1.05


@pytest.mark.parametrize(
    ("X", "reason"),
    [
        (np.linspace(0, 1, 50)[:, None], "50 rows are too few: 100 or more would do"),
        (np.repeat(np.linspace(0, 1, 100), 2)[:, None], "50% of the rows repeat the inputs of others"),
        (np.c_[np.linspace(0, 1, 200), np.arange(200) % 3], "input 2 has only 3 different values"),
        (np.random.default_rng(0).normal(size=(300, 20)), "300 rows are too few for 20 inputs: the nearest row is"),
        (np.ones((200, 1)), "repeat"),
    ],
)
def test_data_that_cannot_tell_give_the_reason(X, reason):
    found = estimate(X, np.random.default_rng(1).normal(size=len(X)))
    assert not found.available
    assert found.sentence.startswith("not enough data to estimate noise: ")
    assert reason in found.sentence


def test_a_function_too_steep_for_its_rows_is_no_noise():
    X = np.random.default_rng(0).uniform(size=(150, 2))
    found = estimate(X, np.sin(40.0 * X[:, 0]) * np.sin(40.0 * X[:, 1]))
    assert not found.available or not found.certain


@pytest.mark.parametrize("loss", ["mean_absolute_error", "huber"])
def test_other_losses_have_no_estimate(loss):
    X = np.random.default_rng(0).uniform(size=(150, 1))
    assert "is not one of squared errors or a cross-entropy" in estimate(X, X, loss).sentence
