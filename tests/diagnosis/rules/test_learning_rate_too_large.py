"""Bouncing and overflowing are told from the edge of stability and from noise."""

import json
from dataclasses import replace

import numpy as np
import pytest

from fallline import Network
from fallline.diagnosis.clock import Clock
from fallline.diagnosis.evidence import Evidence
from fallline.diagnosis.finding import Status
from fallline.diagnosis.rules.learning_rate_too_large import LearningRateTooLarge
from fallline.diagnosis.subject import descended
from fallline.optimizers import LBFGS, Adam, GradientDescent, Momentum, RMSprop
from fallline.training.stopping import Limits

X = np.linspace(-1.0, 1.0, 40)[:, None]
Y = np.sin(3.0 * X)


def examined(subject, seconds=4.0):
    return LearningRateTooLarge().examine(Evidence(subject, Clock(seconds)))


def trained(optimizer, iterations, seed=3, **settings):
    network = Network([1, 6, 1], ["tanh", "identity"], loss="mean_squared_error", seed=seed)
    limits = settings.pop("limits", None) or Limits(iterations=iterations, plateau=False)
    return descended(network, X, settings.pop("y", Y), optimizer, limits=limits, compiled=False, **settings)


def test_the_example_fires_with_its_numbers():
    finding = examined(LearningRateTooLarge().example())
    assert finding.fires
    assert "the error overflowed in iteration 225" in finding.sentence
    assert 0.0 < finding.share <= 1.0
    assert json.loads(json.dumps(finding.to_dict()))["code"] == "learning_rate_too_large"


@pytest.mark.parametrize("optimizer", [GradientDescent(2.0), Momentum(1.0), RMSprop(0.5)])
def test_a_huge_rate_fires(optimizer):
    finding = examined(trained(optimizer, 200))
    assert finding.fires
    assert (
        finding.numbers["lower_rate"] < finding.numbers["learning_rate"]
        or "from the first weights" in finding.sentence.lower()
    )


@pytest.mark.parametrize("optimizer", [GradientDescent(0.1), Momentum(0.02), Adam(0.01)])
def test_a_rate_that_suits_is_clear(optimizer):
    assert examined(trained(optimizer, 150)).status is Status.CLEAR


def test_the_edge_of_stability_alone_is_no_fault():
    subject = trained(GradientDescent(0.38), 600)
    evidence = Evidence(subject, Clock(4.0))
    assert evidence.continuations.rate * evidence.spectrum.highest.value / 2.0 > 0.8
    assert LearningRateTooLarge().examine(evidence).status is Status.CLEAR


def test_methods_that_choose_their_steps_are_clear():
    assert examined(trained(LBFGS(), 3)).sentence == "lbfgs chooses the length of its steps by itself."


def test_an_unknown_optimizer_is_not_enough_data():
    subject = replace(trained(GradientDescent(2.0), 5), optimizer=None)
    assert examined(subject).status is Status.NOT_ENOUGH_DATA
