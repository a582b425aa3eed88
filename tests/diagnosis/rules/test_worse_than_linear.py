from dataclasses import replace

import numpy as np
import pytest

from fallline.diagnosis.clock import Clock
from fallline.diagnosis.evidence import Evidence
from fallline.diagnosis.finding import Status
from fallline.diagnosis.rules import RULES
from fallline.diagnosis.subject import Subject, descended
from fallline.network import Network
from fallline.optimizers import LBFGS, GradientDescent
from fallline.training.stopping import Limits

RULE = RULES["worse_than_linear"]


def examined(subject: Subject, seconds: float = 2.0):
    return RULE.examine(Evidence(subject, Clock(seconds)))


def linear_rows(rows: int, seed: int):
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((rows, 6))
    return X, X @ np.full((6, 1), 0.4) + 0.2 * rng.standard_normal((rows, 1))


def run(optimizer=None, *, rows=40, units=16, loss="mean_squared_error", iterations=300, held_out=True):
    network = Network([6, units, 1], ["tanh", "identity"], loss=loss, seed=1)
    X, y = linear_rows(rows, 0)
    return descended(
        network,
        X,
        y,
        optimizer or LBFGS(),
        validation=linear_rows(100, 1) if held_out else None,
        limits=Limits(iterations=iterations),
        compiled=False,
        seed=1,
    )


def test_the_example_is_named_with_its_numbers():
    finding = RULE.examine(Evidence(RULE.example(), Clock(10.0)))
    assert finding.fires
    assert finding.sentence == (
        "On the training rows a linear model's error is 0.001963, the network's 0.6355: 7.0 standard errors more. The "
        "best that a search found for the shape [4, 1, 3] is 0.6205 on the training rows, where the linear model has "
        "0.001963: the shape cannot express it."
    )
    assert finding.remedies[0] == "more_units"


@pytest.mark.parametrize("loss", ["mean_squared_error", "half_squared_error"])
def test_too_flexible_a_network_is_named(loss):
    finding = examined(run(loss=loss))
    assert finding.fires
    assert "it has 129 weights and bends them to rows that a straight line describes better." in finding.sentence
    assert (" per row" in finding.sentence) == (loss == "half_squared_error")
    assert finding.remedies == ("stronger_penalty",)


def test_a_descent_that_stopped_short_is_not_laid_to_the_shape():
    finding = examined(run(GradientDescent(1e-5), rows=200, iterations=20))
    assert finding.status is Status.CLEAR
    assert "But that is the descent's doing: on the training rows this network reaches" in finding.sentence


def test_the_same_holds_on_training_rows_alone():
    finding = examined(run(GradientDescent(1e-5), rows=200, iterations=20, held_out=False))
    assert finding.status is Status.CLEAR
    assert finding.sentence.startswith("On the training rows a linear model's error is")


def test_a_network_that_follows_a_curve_is_clear():
    X = np.random.default_rng(0).uniform(-2.0, 2.0, (200, 1))
    network = Network([1, 8, 1], ["tanh", "identity"], loss="mean_squared_error", seed=1)
    subject = descended(network, X, np.sin(2.0 * X), LBFGS(), limits=Limits(iterations=200), compiled=False)
    finding = examined(subject)
    assert finding.status is Status.CLEAR
    assert finding.sentence.startswith("On the training rows the network's error is")


def test_many_rows_of_a_linear_relation_are_clear():
    assert examined(run(rows=1_500, units=4)).status is Status.CLEAR


def test_too_few_rows_and_no_time_say_so():
    finding = examined(run(rows=8, iterations=5))
    assert finding.status is Status.NOT_ENOUGH_DATA
    assert finding.sentence == "8 training rows are too few to compare models on."
    assert examined(run(iterations=5), seconds=0.0).sentence == "There was no time to fit a linear model."


def test_few_validation_rows_leave_the_training_rows_to_judge():
    subject = run()
    few = type(subject.validation)(subject.validation.X[:10], subject.validation.y[:10])
    finding = examined(replace(subject, validation=few))
    assert finding.numbers["judged_on"] == "training rows"
