"""The error budget as a whole."""

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fallline import Network
from fallline.diagnosis.budget import PARTS
from fallline.diagnosis.budget.budget import split
from fallline.diagnosis.clock import Clock
from fallline.diagnosis.evidence import Evidence
from fallline.diagnosis.subject import Subject, descended
from fallline.engine import LOSSES, Rows
from fallline.optimizers import LBFGS, Adam, GradientDescent
from fallline.training.stopping import Limits

OUTPUTS = {"binary_cross_entropy": ("sigmoid",), "categorical_cross_entropy": ("softmax",)}
XOR = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]), np.array([0.0, 1.0, 1.0, 0.0])


def budget_of(subject, seconds=10.0):
    return Evidence(subject, Clock(seconds)).budget


def line(slope=1.0, offset=0.0, activation="identity", loss="mean_squared_error"):
    network = Network([1, 1], activation, loss=loss, seed=0)
    network.layers[0][:] = [slope, offset]
    return network


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**6), loss=st.sampled_from(sorted(LOSSES)), l2=st.sampled_from([0.0, 0.0, 0.1]))
def test_parts_are_not_negative_and_sum_to_the_error_to_the_last_bit(seed, loss, l2):
    rng = np.random.default_rng(seed)
    inputs, outputs, n = int(rng.integers(1, 4)), int(rng.integers(1, 4)), int(rng.integers(1, 20))
    any_output = ("identity", "sigmoid", "tanh", "relu", "softplus", "elu", "softmax")
    output = rng.choice(OUTPUTS.get(loss, any_output))
    hidden = [int(m) for m in rng.integers(1, 4, size=rng.integers(0, 3))]
    activations = [*rng.choice(["tanh", "relu", "identity"], size=len(hidden)), output]
    network = Network([inputs, *hidden, outputs], [str(a) for a in activations], loss=loss, seed=seed)
    network.parameters *= rng.choice([0.0, 1.0, 10.0])
    X = rng.integers(0, 3, size=(n, inputs)) if rng.uniform() < 0.5 else rng.normal(size=(n, inputs))
    y = rng.normal(size=(n, outputs)) * 10.0 ** rng.integers(-3, 3)
    if loss in OUTPUTS:
        y = np.round(rng.uniform(size=y.shape)) if rng.uniform() < 0.5 else rng.uniform(size=y.shape)
    budget = budget_of(Subject(network, Rows(X.astype(float), y), l2=l2), seconds=0.3)
    parts = [budget.parts[name] for name in PARTS]
    assert min(parts) >= 0.0, budget
    assert sum(parts) == budget.error, budget
    assert budget.floor.error <= budget.error
    json.dumps(budget.to_dict(), allow_nan=False)


@given(st.floats(1e-300, 1e300), st.lists(st.floats(0.0, 1.5) | st.just(math.nan), min_size=1, max_size=5))
def test_steps_sum_to_the_error_exactly(error, shares):
    steps = split(error, [share * error for share in shares])
    assert min(steps) >= 0.0
    assert sum(steps) == error


@pytest.mark.parametrize("below", [1e-13, 3e-14, 1e-15])
def test_a_level_that_only_rounding_keeps_from_the_error_leaves_no_rest(below):
    steps = split(0.3, [0.1, 0.3 * (1.0 - below)])
    assert steps[2] == 0.0
    assert sum(steps) == 0.3


@pytest.mark.parametrize("error", [math.nan, math.inf, -1.0])
def test_an_error_that_cannot_be_split_is_all_left_by_the_descent(error):
    steps = split(error, [0.0, 0.5])
    assert steps[:2] == [0.0, 0.0]
    assert steps[2] is error


def test_noise_is_what_replicates_say():
    X = np.array([[0.0], [0.0], [1.0], [1.0]])
    budget = budget_of(Subject(line(), Rows(X, np.array([[-1.0], [1.0], [0.0], [4.0]]))))
    assert budget.noise == pytest.approx((1 + 1 + 4 + 4) / 4)
    assert budget.descent == pytest.approx(budget.error - budget.noise)
    assert (budget.range, budget.architecture, budget.penalty) == (0.0, 0.0, 0.0)


def test_range_is_what_the_sigmoid_cannot_express():
    X, y = np.array([[0.0], [1.0]]), np.array([[-1.0], [2.0]])
    budget = budget_of(Subject(line(20.0, -10.0, "sigmoid"), Rows(X, y)))
    assert budget.range == pytest.approx(1.0)
    assert budget.noise == 0.0
    assert budget.approached
    assert "only approached" in budget.sentences()["approached"]
    assert budget.sentences()["range"].startswith("1 of the error 1 (100 %, RMS 1 in the target's unit) comes of")


def test_architecture_is_what_a_line_cannot_follow():
    x = np.linspace(-1.0, 1.0, 21)[:, None]
    y = x**2
    budget = budget_of(Subject(line(0.5), Rows(x, y)))
    assert budget.architecture == pytest.approx(float(y.var()))
    assert budget.floor.exact
    assert "which is proven" in budget.sentences()["architecture"]


@pytest.mark.parametrize("early", [False, True])
def test_penalty_withholds_what_ridge_regression_does(early):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 2))
    y = X @ [1.0, -2.0] + 0.1 * rng.normal(size=60)
    l2 = 0.5
    limits = Limits(iterations=400, patience=3 if early else None)
    validation = (rng.normal(size=(20, 2)), rng.normal(size=20)) if early else None
    network = Network([2, 1], "identity", loss="mean_squared_error", seed=0)
    subject = descended(network, X, y, GradientDescent(0.1), l2=l2, limits=limits, validation=validation)
    A = np.c_[X, np.ones(60)]
    ridge = np.linalg.solve(2 * A.T @ A / 60 + l2 * np.diag([1.0, 1.0, 0.0]), 2 * A.T @ y / 60)
    least = np.linalg.lstsq(A, y, rcond=None)[0]
    at_ridge, at_least = (float(np.mean((A @ w - y) ** 2)) for w in (ridge, least))
    budget = budget_of(subject)
    assert budget.architecture == pytest.approx(at_least, rel=1e-6)
    expected = min(budget.error, at_ridge) - at_least
    assert budget.penalty == pytest.approx(expected, rel=1e-5)
    assert budget.descent == pytest.approx(max(0.0, budget.error - at_ridge), abs=1e-6)


def test_no_penalty_no_part():
    assert budget_of(Subject(line(0.5), Rows(np.arange(3.0)[:, None], np.arange(3.0)[:, None]))).penalty == 0.0


def test_units_of_a_mean_square_are_roots_in_the_targets_unit():
    rows = Rows(np.array([[0.0], [1.0]]), np.array([[3.0], [4.0]]))
    for loss, error in (("mean_squared_error", 9.0), ("half_squared_error", 9.0)):
        budget = budget_of(Subject(line(loss=loss), rows, target_scale=(10.0,)))
        assert budget.error == pytest.approx(error)
        assert budget.units.of(budget.error) == pytest.approx(30.0)


def test_units_of_classes_are_bits_and_rows_answered_wrongly():
    X, y = np.array([[0.0], [0.0], [0.0], [1.0]]), np.array([[1.0], [0.0], [0.0], [1.0]])
    budget = budget_of(Subject(line(0.0, 1.0, "sigmoid", "binary_cross_entropy"), Rows(X, y)))
    assert (budget.units.wrong, budget.units.wrong_at_floor, budget.units.wrong_by_noise) == (2, 1, 1)
    assert budget.units.of(math.log(2.0)) == pytest.approx(1.0)
    assert "any function answers at least 1 of 4 rows wrongly" in budget.sentences()["noise"]


def test_units_that_differ_between_outputs_are_not_mixed():
    network = Network([1, 2], "identity", loss="mean_squared_error", seed=0)
    subject = Subject(network, Rows(np.arange(3.0)[:, None], np.arange(6.0).reshape(3, 2)), target_scale=(1.0, 5.0))
    assert budget_of(subject).units.of(1.0) is None


def test_plateau_of_xor_in_words():
    network = Network([2, 2, 1], initialiser="normal", seed=0)
    subject = descended(network, *XOR, GradientDescent(0.5), limits=Limits(iterations=2000), initialiser="normal")
    sentences = budget_of(subject).sentences()
    assert set(sentences) == {"descent", "approached", "noise_estimate", "groups"}
    assert sentences["descent"].startswith(
        "The descent left 0.5 of the error 0.5 (100 %, RMS 0.5 in the target's unit)"
    )
    assert sentences["noise_estimate"] == "Not enough data to estimate noise: 4 rows are too few: 100 or more would do."


def test_stakes_are_nothing_where_the_error_is_noise_already():
    rng = np.random.default_rng(0)
    X = rng.uniform(-1.0, 1.0, size=(150, 1))
    y = np.sin(3.0 * X[:, 0]) + 0.5 * rng.normal(size=150)
    network = Network([1, 40, 1], ["tanh", "identity"], loss="mean_squared_error", seed=0)
    network.layers[0][:] *= 30.0
    subject = descended(network, X, y, Adam(0.01), limits=Limits(iterations=300))
    evidence = Evidence(subject, Clock(10.0))
    assert evidence.budget.share("descent") > 0.1  # the network could learn some of the noise by heart
    assert evidence.budget.noise_estimate.low < 0.25 < evidence.budget.noise_estimate.high
    assert not evidence.stakes.matters
    assert "noise learnt by heart" in evidence.stakes.sentence


def test_stakes_are_there_where_the_error_is_above_the_noise():
    rng = np.random.default_rng(0)
    X = rng.uniform(-1.0, 1.0, size=(300, 1))
    y = np.sin(3.0 * X[:, 0]) + 0.1 * rng.normal(size=300)
    network = Network([1, 8, 1], ["tanh", "identity"], loss="mean_squared_error", seed=0)
    evidence = Evidence(descended(network, X, y, LBFGS(), limits=Limits(iterations=2)), Clock(10.0))
    assert evidence.stakes.matters
