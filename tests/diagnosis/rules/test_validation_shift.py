from dataclasses import replace

import numpy as np
import pytest

from fallline.diagnosis.clock import Clock
from fallline.diagnosis.evidence import Evidence
from fallline.diagnosis.finding import Status
from fallline.diagnosis.rules import RULES
from fallline.diagnosis.subject import Subject, descended
from fallline.network import Network
from fallline.optimizers import LBFGS
from fallline.training.stopping import Limits

RULE = RULES["validation_shift"]
RNG = np.random.default_rng(2)
X = RNG.uniform(-1.0, 1.0, (160, 2))


def target(X, noise=0.1):
    rng = np.random.default_rng(len(X))
    return np.sin(3.0 * X[:, :1]) + 0.5 * X[:, 1:] + noise * rng.standard_normal((len(X), 1))


def run(X_new, y_new, *, X=X, noise=0.1, units=4, loss="mean_squared_error", iterations=100) -> Subject:
    network = Network([2, units, 1], ["tanh", "identity"], loss=loss, seed=1)
    limits = Limits(iterations=iterations)
    return descended(
        network, X, target(X, noise), LBFGS(), validation=(X_new, y_new), limits=limits, compiled=False, seed=1
    )


def examined(subject: Subject, seconds: float = 10.0):
    return RULE.examine(Evidence(subject, Clock(seconds)))


def test_the_example_is_named_with_its_numbers():
    finding = examined(RULE.example())
    assert finding.sentence == (
        "The error is 0.1694 on the validation rows and 0.006915 on the training rows, while training rows held out "
        "at random err by 0.008948 only. The two sets of rows are not alike: the mean of input 1 is 1.7 standard "
        "deviations higher there; fewer than one in 1,000 random divisions differ as much."
    )
    assert finding.fires
    assert finding.share == pytest.approx(0.947, abs=0.01)


def test_it_stands_before_what_follows_from_it():
    assert {"over_fitting", "worse_than_linear"} <= set(RULE.explains)


@pytest.mark.parametrize("loss", ["mean_squared_error", "half_squared_error"])
def test_targets_that_drifted_are_named(loss):
    new = np.random.default_rng(5).uniform(-1.0, 1.0, (60, 2))
    finding = examined(run(new, target(new) + 1.0, loss=loss))
    assert finding.fires
    assert "the mean of the target is" in finding.sentence
    assert "higher there" in finding.sentence


def test_a_column_in_another_unit_is_named():
    new = np.random.default_rng(5).uniform(-1.0, 1.0, (60, 2))
    finding = examined(run(new * [10.0, 1.0], target(new)))
    assert finding.fires
    assert "their spread or the relation between inputs and targets differs" in finding.sentence


def test_rows_of_the_same_source_are_clear():
    new = np.random.default_rng(5).uniform(-1.0, 1.0, (60, 2))
    assert examined(run(new, target(new))).status is Status.CLEAR


def test_over_fitting_on_like_rows_is_none():
    new = np.random.default_rng(5).uniform(-1.0, 1.0, (60, 2))
    finding = examined(run(new, target(new, 0.5), X=X[:30], noise=0.5, units=16, iterations=500))
    assert finding.status is Status.CLEAR
    assert "but the rows are alike: random divisions of them differ as much in" in finding.sentence


def test_a_shift_that_does_no_harm_is_clear():
    new = np.random.default_rng(5).uniform(-0.2, 0.2, (60, 2))
    finding = examined(run(new, target(new)))
    assert finding.status is Status.CLEAR
    assert finding.sentence.endswith("any difference between the rows does no harm.")


def test_a_shift_beside_over_fitting_that_is_the_cause_is_clear():
    new = np.random.default_rng(5).uniform(-1.0, 0.6, (60, 2))
    finding = examined(run(new, target(new, 0.5), X=X[:30], noise=0.5, units=16, iterations=500))
    assert finding.status is Status.CLEAR
    assert "that is not why" in finding.sentence or "the rows are alike" in finding.sentence


def test_without_enough_rows_nothing_is_known():
    new = np.random.default_rng(5).uniform(-1.0, 1.0, (60, 2))
    subject = run(new, target(new) + 1.0)
    assert examined(replace(subject, validation=None)).status is Status.NOT_ENOUGH_DATA
    few = type(subject.training)(subject.training.X[:10], subject.training.y[:10])
    finding = examined(replace(subject, training=few))
    assert finding.status is Status.NOT_ENOUGH_DATA
    assert finding.sentence == "10 training rows are too few to compare others with."
    assert examined(subject, seconds=0.0).sentence == "There was no time to hold training rows out at random."
