"""A rate that is far too small is told from saddles, schedules and methods without one."""

import json
from dataclasses import replace

import numpy as np
import pytest

from fallline import Network
from fallline.diagnosis.clock import Clock
from fallline.diagnosis.evidence import Evidence
from fallline.diagnosis.finding import Status
from fallline.diagnosis.rules.learning_rate_too_small import LearningRateTooSmall
from fallline.diagnosis.subject import descended
from fallline.optimizers import LBFGS, Adam, Cosine, GradientDescent, Momentum, RMSprop, Rprop
from fallline.training.stopping import Limits

X = np.linspace(-1.0, 1.0, 40)[:, None]
Y = np.sin(3.0 * X)


def examined(subject, seconds=4.0):
    return LearningRateTooSmall().examine(Evidence(subject, Clock(seconds)))


def trained(optimizer, iterations, seed=3, **settings):
    network = Network([1, 6, 1], ["tanh", "identity"], loss="mean_squared_error", seed=seed)
    limits = settings.pop("limits", None) or Limits(iterations=iterations, plateau=False)
    return descended(network, X, settings.pop("y", Y), optimizer, limits=limits, compiled=False, **settings)


def test_the_example_fires_with_its_numbers():
    finding = examined(LearningRateTooSmall().example())
    assert finding.fires
    assert finding.sentence.startswith("The learning rate is 0.0001, which is 0.0002 of the largest stable one")
    assert 0.0 < finding.share <= 1.0
    assert json.loads(json.dumps(finding.to_dict()))["code"] == "learning_rate_too_small"


@pytest.mark.parametrize(
    "optimizer", [GradientDescent(1e-5), Momentum(1e-6), Adam(3e-6), RMSprop(3e-6), Adam(3e-6, batch_size=8)]
)
def test_a_tiny_rate_fires_for_every_rule_of_steps(optimizer):
    finding = examined(trained(optimizer, 60 if optimizer.batch_size else 300))
    assert finding.fires
    assert finding.numbers["falls"][1] > 4.0 * finding.numbers["falls"][0]


def test_the_fall_of_a_step_is_that_of_the_local_model():
    numbers = examined(trained(GradientDescent(1e-5), 300)).numbers
    assert numbers["falls"][0] / numbers["iterations"] == pytest.approx(
        numbers["fall_of_a_step_by_the_gradient"], rel=0.25
    )


@pytest.mark.parametrize("optimizer", [GradientDescent(0.1), Momentum(0.02), Adam(0.01)])
def test_a_rate_that_suits_is_clear_while_the_error_still_falls(optimizer):
    assert examined(trained(optimizer, 150)).status is Status.CLEAR


def test_a_schedule_at_its_end_is_clear():
    finding = examined(trained(Adam(Cosine(0.01, 150)), 150))
    assert finding.sentence.endswith("on purpose.")
    assert finding.status is Status.CLEAR


def test_methods_that_choose_their_steps_are_clear():
    assert examined(trained(LBFGS(), 3)).sentence == "lbfgs chooses the length of its steps by itself."
    assert examined(trained(Rprop(1e-6), 3)).status is Status.CLEAR


def test_an_unknown_optimizer_is_not_enough_data():
    subject = replace(trained(GradientDescent(1e-5), 5), optimizer=None)
    assert examined(subject).status is Status.NOT_ENOUGH_DATA


def test_unscaled_inputs_are_not_the_rate():
    network = Network([1, 6, 1], ["tanh", "identity"], loss="mean_squared_error", seed=3)
    wide = np.hstack([X, 300.0 * X[::-1] ** 2])
    network = Network([2, 1], ["identity"], loss="mean_squared_error", seed=3)
    subject = descended(
        network, wide, X, GradientDescent(1e-5), limits=Limits(iterations=500, plateau=False), compiled=False
    )
    assert examined(subject).status is Status.CLEAR
