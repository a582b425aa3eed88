"""Scores are the textbook's, in the target's own units."""

from __future__ import annotations

import numpy as np
import pytest

from fallline import Network
from fallline.data import prepare, read_table
from fallline.engine import Rows
from fallline.training import scores
from fallline.training.scores import outputs_on, score, targets_of

RNG = np.random.default_rng(8)
N = 60


def regression(targets=2):
    X = RNG.normal(size=(N, 2))
    columns = {"a": X[:, 0], "b": X[:, 1]}
    columns |= {f"t{k}": 1000.0**k * (X[:, 0] + RNG.normal(size=N)) + 50.0 for k in range(targets)}
    names = [f"t{k}" for k in range(targets)]
    return prepare(read_table(columns), target=names), np.column_stack([columns[name] for name in names])


def classes(labels):
    return prepare(read_table({"a": RNG.normal(size=len(labels)), "label": labels}), target="label")


def test_regression_scores_are_in_the_targets_own_units():
    prepared, own = regression()
    outputs = prepared.y + 0.3 * RNG.normal(size=prepared.y.shape)
    answers = prepared.preparation.decode(outputs)
    found = score(prepared.preparation, outputs, prepared.y)
    residual = answers - own
    np.testing.assert_allclose(found["rmse"], np.sqrt((residual**2).mean(axis=0)), rtol=1e-12)
    np.testing.assert_allclose(found["mae"], np.abs(residual).mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(
        found["r2"], 1 - (residual**2).sum(axis=0) / ((own - own.mean(axis=0)) ** 2).sum(axis=0), rtol=1e-12
    )
    metrics = pytest.importorskip("sklearn.metrics")
    np.testing.assert_allclose(found["r2"], metrics.r2_score(own, answers, multioutput="raw_values"), rtol=1e-10)


def test_r2_is_none_where_the_target_does_not_vary():
    prepared, _ = regression(1)
    found = score(prepared.preparation, np.array([[1.0], [2.0]]), np.array([[0.5], [0.5]]))
    assert found["r2"] == [None]
    assert found["rmse"][0] == pytest.approx(np.sqrt((0.25 + 2.25) / 2) * prepared.preparation.target_scale[0])


@pytest.mark.parametrize("size", [1e-200, 1e200])
def test_targets_of_any_size_have_scores(size):
    X = RNG.normal(size=N)
    prepared = prepare(read_table({"a": X, "t": (X + RNG.normal(size=N)) * size}), target="t")
    found = score(prepared.preparation, prepared.y + 0.3, prepared.y)
    assert found["rmse"] == [pytest.approx(0.3 * prepared.preparation.target_scale[0], rel=1e-12)]
    assert found["r2"] == [pytest.approx(1 - 0.09 / prepared.y.var(), rel=1e-12)]


@pytest.mark.parametrize("labels", [["no", "yes"], ["a", "b", "c"]], ids=["two classes", "three"])
def test_accuracy_is_the_share_of_labels_that_are_right(labels):
    truth = np.array(labels)[RNG.integers(len(labels), size=N)]
    prepared = classes(truth)
    outputs = RNG.random(prepared.y.shape)
    answers = prepared.preparation.decode(outputs)
    found = score(prepared.preparation, outputs, prepared.y)
    assert found == {"accuracy": 1 - (answers != truth).sum() / N, "wrong": (answers != truth).sum()}
    assert 0 < found["wrong"] < N
    metrics = pytest.importorskip("sklearn.metrics")
    assert found["accuracy"] == pytest.approx(metrics.accuracy_score(truth, answers))


def test_of_two_classes_a_half_is_the_second_as_in_predictions():
    prepared = classes(["no", "no", "no", "yes"] * 5)
    halves = np.full((20, 1), 0.5)
    assert set(prepared.preparation.decode(halves)) == {"yes"}
    assert score(prepared.preparation, halves, prepared.y) == {"accuracy": 0.25, "wrong": 15}


def test_outputs_on_some_rows_are_the_networks_in_blocks(monkeypatch):
    monkeypatch.setattr(scores, "block_length", lambda widest: 7)
    X, y = RNG.normal(size=(40, 3)), RNG.normal(size=(40, 2))
    index = np.array([3, 1, *range(10, 30)])
    network = Network([3, 4, 2], seed=0)
    np.testing.assert_allclose(outputs_on(network, Rows(X, y, index)), network.run(X[index]), rtol=1e-14)
    np.testing.assert_array_equal(targets_of(Rows(X, y, index)), y[index])
    np.testing.assert_array_equal(targets_of(Rows(X, y)), y)
