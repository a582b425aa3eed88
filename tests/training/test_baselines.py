"""The two answers that a network must beat are what NumPy computes for them."""

from __future__ import annotations

import numpy as np
import pytest

from fallline import Network
from fallline.data import prepare, read_table
from fallline.engine import Rows
from fallline.training.baselines import LOGISTIC_STRENGTH, constant_baseline, linear_baseline
from fallline.training.interrupt import Interrupt

RNG = np.random.default_rng(4)
N = 80
X = RNG.normal(size=(N, 3)) * [1.0, 30.0, 0.01] + [0.0, 5.0, 1.0]
SLOPE = X @ [1.0, 0.2, 300.0]
COLUMNS = {f"x{j}": X[:, j] for j in range(3)}


def parts(prepared):
    training = Rows(prepared.X, prepared.y, prepared.train_rows)
    return training, Rows(prepared.X, prepared.y, prepared.validation_rows)


def network_for(prepared, output, loss, dtype="float64"):
    shape = [prepared.preparation.inputs, 4, prepared.preparation.outputs]
    return Network(shape, ["tanh", output], loss=loss, seed=0, dtype=dtype)


@pytest.mark.parametrize("loss", ["mean_squared_error", "half_squared_error"])
@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 3e-4), ("float32", 1e-3)])
def test_the_linear_baseline_is_least_squares(loss, dtype, tolerance):
    targets = {"t": SLOPE + RNG.normal(size=N), "u": -40.0 * SLOPE + RNG.normal(size=N) + 7.0}
    prepared = prepare(read_table(COLUMNS | targets), target=["t", "u"], dtype=dtype)
    training, judged = parts(prepared)
    found = linear_baseline(
        network_for(prepared, "identity", loss, dtype), prepared.preparation, training, judged, Interrupt()
    )
    A, own = np.c_[X, np.ones(N)], np.column_stack(list(targets.values()))
    weights = np.linalg.lstsq(A[prepared.train_rows], own[prepared.train_rows])[0]
    residual = (A @ weights - own)[prepared.validation_rows]
    np.testing.assert_allclose(found["rmse"], np.sqrt((residual**2).mean(axis=0)), rtol=tolerance)


def test_the_constant_baseline_of_numbers_is_the_mean_of_the_training_rows():
    t = SLOPE + RNG.normal(size=N)
    prepared = prepare(read_table(COLUMNS | {"t": t}), target="t")
    found = constant_baseline(prepared.preparation, *parts(prepared))
    residual = t[prepared.validation_rows] - t[prepared.train_rows].mean()
    assert found["rmse"] == [pytest.approx(np.sqrt((residual**2).mean()), rel=1e-12)]
    assert found["mae"] == [pytest.approx(np.abs(residual).mean(), rel=1e-12)]


@pytest.mark.parametrize("labels", [["no", "yes"], ["yes", "no"], ["c", "a", "b"]])
def test_the_constant_baseline_of_classes_is_the_most_frequent_one(labels):
    truth = np.array([labels[0]] * 50 + [labels[1]] * 20 + [labels[-1]] * 10)
    prepared = prepare(read_table(COLUMNS | {"label": truth}), target="label")
    found = constant_baseline(prepared.preparation, *parts(prepared))
    assert found["wrong"] == (truth[prepared.validation_rows] != labels[0]).sum()


def test_the_linear_baseline_of_two_classes_is_logistic_regression_by_newton():
    truth = np.where(SLOPE + 3.0 * RNG.normal(size=N) > SLOPE.mean(), "yes", "no")
    prepared = prepare(read_table(COLUMNS | {"label": truth}), target="label")
    training, judged = parts(prepared)
    A = np.c_[prepared.X, np.ones(N)]
    inside, y = A[prepared.train_rows], prepared.y[prepared.train_rows, 0]
    w, prior = np.zeros(4), LOGISTIC_STRENGTH * np.diag([1.0, 1.0, 1.0, 0.0])
    for _ in range(30):
        p = 1 / (1 + np.exp(-inside @ w))
        w -= np.linalg.solve((inside.T * (p * (1 - p))) @ inside + prior, inside.T @ (p - y) + prior @ w)
    network = network_for(prepared, "sigmoid", "binary_cross_entropy")
    found = linear_baseline(network, prepared.preparation, training, judged, Interrupt())
    wrong = ((A @ w)[prepared.validation_rows] >= 0) != (prepared.y[prepared.validation_rows, 0] == 1)
    assert found == {"accuracy": 1 - wrong.sum() / len(wrong), "wrong": wrong.sum()}


def test_after_ctrl_c_there_is_no_linear_baseline():
    prepared = prepare(read_table(COLUMNS | {"t": SLOPE}), target="t")
    wish = Interrupt()
    wish.wished = True
    network = network_for(prepared, "identity", "mean_squared_error")
    assert linear_baseline(network, prepared.preparation, *parts(prepared), wish) is None
