"""The sentence that explains an odd number."""

import numpy as np
import pytest

from fallline import Network
from fallline.diagnosis.budget.answer_groups import answer_groups
from fallline.diagnosis.budget.replicates import replicate_groups
from fallline.diagnosis.measurements import Measurements
from fallline.diagnosis.subject import Subject
from fallline.engine import Rows

XOR = Rows(np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]), np.array([[0.0], [1.0], [1.0], [0.0]]))


def explained(network, rows):
    measured = Measurements(Subject(network, rows))
    return answer_groups(measured, replicate_groups(measured.X))


def logit(p):
    return np.log(p / (1.0 - p))


def test_all_rows_alike_make_one_half():
    network = Network([2, 3, 1], seed=0)
    network.parameters[:] = 0.0
    assert explained(network, XOR).sentence == (
        "0.5 = all four rows get the same answer 0.5, the mean of all targets, and the error is ½·4·¼, "
        "as for any targets that are half 0 and half 1."
    )


def test_three_rows_of_four_make_one_third():
    network = Network([2, 1, 1], seed=0)
    network.layers[0][:] = [60.0, 60.0, -30.0]  # 0 for the first row, 1 for the others
    network.layers[1][:] = [logit(2 / 3) + 20.0, -20.0]
    found = explained(network, XOR)
    assert found.sentence == (
        "0.3333 = three of four rows (2, 3 and 4) answered with 0.667, the mean of their targets 1, 1 and 0: "
        "the error is the spread of the targets inside this group."
    )
    assert found.groups[0].rows == (2, 3, 4)
    assert found.groups[0].spread == pytest.approx(1 / 3)


def test_two_rows_of_four_make_one_quarter():
    network = Network([2, 2, 1], seed=0)
    network.layers[0][:] = [[-60.0, 60.0, -30.0], [-60.0, -60.0, 30.0]]  # the second row alone, and the first alone
    network.layers[1][:] = [30.0, -30.0, 0.0]
    assert explained(network, XOR).sentence == (
        "0.25 = two of four rows (3 and 4) answered with 0.5, the mean of their targets 1 and 0: "
        "the error is the spread of the targets inside this group."
    )


def test_two_pairs_of_rows_are_both_named():
    network = Network([1, 1, 1], seed=0)
    network.layers[0][:] = [40.0, -20.0]
    network.layers[1][:] = [logit(0.75) - logit(0.25), logit(0.25)]
    rows = Rows(np.array([[0.0], [0.01], [1.0], [1.01]]), np.array([[0.5], [0.0], [0.5], [1.0]]))
    sentence = explained(network, rows).sentence
    assert sentence == (
        "0.125 = two of four rows (1 and 2) answered with 0.25, the mean of their targets 0.5 and 0; two of four rows "
        "(3 and 4) answered with 0.75, the mean of their targets 0.5 and 1: the error is the spread of the targets "
        "inside these two groups."
    )


def test_rows_with_identical_inputs_are_said_to_be():
    network = Network([1, 1], "identity", loss="mean_squared_error", seed=0)
    network.layers[0][:] = [1.0, 0.0]
    rows = Rows(np.array([[0.0], [1.0], [1.0]]), np.array([[0.0], [0.9], [1.1]]))
    assert "their inputs are identical, so no network can tell them apart" in explained(network, rows).sentence


@pytest.mark.parametrize(
    ("loss", "activation", "y", "bias", "words"),
    [
        ("binary_cross_entropy", "sigmoid", [[1.0], [0.0], [0.0]], [0.0], "a toss-up, and the error is ln 2"),
        ("binary_cross_entropy", "sigmoid", [[1.0], [0.0], [0.0]], [logit(1 / 3)], "the entropy of that share"),
        ("categorical_cross_entropy", "softmax", np.eye(3), [0.0, 0.0, 0.0], "the error is ln 3"),
        ("mean_squared_error", "identity", [[1.0], [2.0], [6.0]], [3.0], "the error is Var(y)"),
        ("mean_squared_error", "relu", [[1.0], [2.0], [6.0]], [-1.0], "next to 0, and the error is mean(y²)"),
        ("half_squared_error", "identity", [[1.0], [2.0], [6.0]], [3.0], "the error is ½·3·Var(y)"),
        ("mean_absolute_error", "identity", [[1.0], [2.0], [6.0]], [2.0], "the median of all targets"),
        ("huber", "identity", [[1.0], [2.0], [6.0]], [2.0], "the best one for all targets"),
    ],
)
def test_a_constant_answer_has_its_name(loss, activation, y, bias, words):
    y = np.array(y)
    network = Network([1, y.shape[1]], activation, loss=loss, seed=0)
    network.layers[0][:] = np.c_[np.zeros(len(bias)), bias]
    assert words in explained(network, Rows(np.arange(3.0)[:, None], y)).sentence


@pytest.mark.parametrize("answer", [0.3, 0.44, 0.9])
def test_an_answer_that_does_not_explain_the_error_goes_unmentioned(answer):
    network = Network([2, 1], "sigmoid", seed=0)
    network.layers[0][:] = [0.0, 0.0, logit(answer)]
    assert explained(network, XOR) is None


def test_outputs_of_many_values_go_unmentioned():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 1))
    network = Network([1, 1], "identity", loss="mean_squared_error", seed=0)
    network.layers[0][:] = [1.0, 0.0]
    assert explained(network, Rows(X, X + 0.3 * rng.normal(size=(200, 1)))) is None


def test_large_tables_are_told_by_count():
    X = np.repeat([[0.0], [1.0]], 50, axis=0)
    y = np.where(np.arange(100)[:, None] % 2, 1.0, 0.0) * X
    network = Network([1, 1], "identity", loss="mean_squared_error", seed=0)
    network.layers[0][:] = [0.5, 0.0]
    found = explained(network, Rows(X, y))
    assert found.sentence.startswith("0.125 = 50 of 100 rows answered with 0.5, the mean of their targets")
    assert found.groups[0].rows == ()


def test_a_group_whose_answer_is_not_the_mean_goes_unmentioned():
    network = Network([2, 1, 1], seed=0)
    network.layers[0][:] = [60.0, 60.0, -30.0]
    network.layers[1][:] = [logit(2 / 3 + 0.05) + 20.0, -20.0]  # the error is only 1.1 % above that of the mean
    assert explained(network, XOR) is None
