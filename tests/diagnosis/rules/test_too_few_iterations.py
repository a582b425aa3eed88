"""A limit in the middle of the fall is told from one at the end of it."""

import json
from dataclasses import replace

import numpy as np
import pytest

from fallline import Network
from fallline.diagnosis.clock import Clock
from fallline.diagnosis.evidence import Evidence
from fallline.diagnosis.finding import Status
from fallline.diagnosis.rules.too_few_iterations import TooFewIterations
from fallline.diagnosis.subject import descended
from fallline.optimizers import BFGS, LBFGS, Adam, GradientDescent
from fallline.training.stopping import Limits, StopReason

X = np.linspace(-1.0, 1.0, 40)[:, None]
Y = np.sin(3.0 * X)


def examined(subject, seconds=4.0):
    return TooFewIterations().examine(Evidence(subject, Clock(seconds)))


def trained(optimizer, iterations, seed=3, **settings):
    network = Network([1, 6, 1], ["tanh", "identity"], loss="mean_squared_error", seed=seed)
    limits = settings.pop("limits", None) or Limits(iterations=iterations, plateau=False)
    return descended(network, X, settings.pop("y", Y), optimizer, limits=limits, compiled=False, **settings)


def test_the_example_fires_with_its_numbers():
    finding = examined(TooFewIterations().example())
    assert finding.fires
    assert finding.sentence == (
        "It ended after 150 iterations: the iterations were used up while the error was still allowed to fall. "
        "Going on as before for 150 iterations lowers the error from 0.007802 to 0.00321."
    )
    assert 0.0 < finding.share <= 1.0
    assert json.loads(json.dumps(finding.to_dict()))["code"] == "too_few_iterations"


@pytest.mark.parametrize("optimizer", [GradientDescent(0.2), Adam(0.02), LBFGS(), BFGS()])
def test_a_limit_in_the_middle_of_the_fall_fires(optimizer):
    assert examined(trained(optimizer, 12 if isinstance(optimizer, LBFGS | BFGS) else 80)).fires


def test_a_limit_at_the_floor_is_clear():
    noisy = Y + 0.5 * np.random.default_rng(0).standard_normal(Y.shape)
    assert examined(trained(LBFGS(), 1_500, y=noisy)).status is Status.CLEAR


def test_another_stop_is_clear():
    subject = trained(Adam(0.01), 80)
    stopped = replace(subject, descent=replace(subject.descent, stop_reason=StopReason.PLATEAU))
    assert examined(stopped).status is Status.CLEAR


def test_a_tiny_rate_is_not_too_few_iterations():
    assert examined(trained(GradientDescent(1e-6), 300)).status is Status.CLEAR


def test_an_unknown_descent_is_not_enough_data():
    assert examined(replace(trained(Adam(0.01), 80), descent=None)).status is Status.NOT_ENOUGH_DATA
