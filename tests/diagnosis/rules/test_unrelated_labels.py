"""Unrelated labels: fires on shuffled targets, and on no relation however nonlinear that the rows can show."""

from __future__ import annotations

import numpy as np
import pytest

from fallline import Network
from fallline.diagnosis.clock import Clock
from fallline.diagnosis.evidence import Evidence
from fallline.diagnosis.finding import Status
from fallline.diagnosis.relation import relation
from fallline.diagnosis.rules import RULES
from fallline.diagnosis.subject import Subject
from fallline.engine import Rows

RULE = RULES["unrelated_labels"]


def examine(X, y, units=8):
    """Examine a network that has learnt nothing yet, so that only the rows themselves can show a relation."""
    network = Network([X.shape[1], units, 1], ["tanh", "identity"], loss="mean_squared_error", seed=0)
    return RULE.examine(Evidence(Subject(network, Rows(X, np.reshape(y, (-1, 1)))), Clock(6.0)))


def test_the_example_reads_as_a_teacher_would_say_it():
    finding = RULE.examine(Evidence(RULE.example(), Clock(20.0)))
    assert finding.fires
    assert finding.sentence == (
        "The inputs say nothing about the targets, as far as 140 rows can tell: predictions of each row from the "
        "others (linear, nearest neighbours, smooth kernels) are no better than with shuffled targets (p = 0.94), and "
        "networks of this shape trained on one half have a correlation of -0.02 with the other. A constant answer "
        "leaves 0.4472; the run stopped at 0.385, the difference learnt by heart."
    )


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(
    "function",
    [
        lambda X: X.sum(axis=1),
        lambda X: np.square(X[:, 0]),
        lambda X: X[:, 0] * X[:, 1],
        lambda X: np.sin(8.0 * X[:, 0]),
        lambda X: np.sign(X[:, 0] * X[:, 1]),
    ],
    ids=["linear", "square", "product", "ripples", "exclusive or"],
)
def test_a_relation_is_clear_and_its_shuffled_twin_is_not(function, seed):
    rng = np.random.default_rng(seed)
    X = rng.uniform(-1.0, 1.0, (150, 2))
    y = function(X) + 0.2 * rng.normal(size=150)
    assert examine(X, y).status is Status.CLEAR


def test_parity_is_a_relation_though_every_neighbour_differs():
    X = np.array(np.meshgrid(*[[-1.0, 1.0]] * 7)).reshape(7, -1).T
    finding = examine(X, X.prod(axis=1))
    assert finding.status is Status.CLEAR


def test_shuffled_targets_have_even_p_values():
    p = []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        X = rng.normal(size=(60, 3))
        p.append(relation(X, rng.permutation(X[:, :1]), rng).p_value)
    assert 0.3 < np.mean(p) < 0.7
    assert np.mean(np.array(p) < 0.1) < 0.3


def test_few_rows_are_not_enough():
    rng = np.random.default_rng(0)
    finding = examine(rng.normal(size=(20, 2)), rng.normal(size=20))
    assert finding.sentence == "20 rows are too few to tell chance from a relation; it takes 120."
    assert finding.status is Status.NOT_ENOUGH_DATA


def test_the_same_few_rows_repeated_are_no_more_rows():
    rng = np.random.default_rng(0)
    finding = examine(np.repeat(rng.normal(size=(20, 2)), 7, axis=0), rng.normal(size=140))
    assert finding.status is Status.NOT_ENOUGH_DATA
    assert "20 different rows" in finding.sentence
