"""The noise of batches is told from batches that agree and from a rate that is too large."""

import json
from dataclasses import replace

import numpy as np
import pytest

from fallline import Network
from fallline.diagnosis.clock import Clock
from fallline.diagnosis.evidence import Evidence
from fallline.diagnosis.finding import Status
from fallline.diagnosis.rules.gradient_noise import GradientNoise, batch_noise
from fallline.diagnosis.subject import descended
from fallline.optimizers import GradientDescent
from fallline.training.stopping import Limits

X = np.linspace(-1.0, 1.0, 40)[:, None]
Y = np.sin(3.0 * X)


def examined(subject, seconds=4.0):
    return GradientNoise().examine(Evidence(subject, Clock(seconds)))


def trained(optimizer, iterations, seed=3, **settings):
    network = Network([1, 6, 1], ["tanh", "identity"], loss="mean_squared_error", seed=seed)
    limits = settings.pop("limits", None) or Limits(iterations=iterations, plateau=False)
    return descended(network, X, settings.pop("y", Y), optimizer, limits=limits, compiled=False, **settings)


def test_the_example_fires_with_its_numbers():
    finding = examined(GradientNoise().example())
    assert finding.fires
    assert "The gradients of batches of 2 rows carry" in finding.sentence
    assert 0.0 < finding.share <= 1.0
    assert json.loads(json.dumps(finding.to_dict()))["code"] == "gradient_noise"


def test_steps_on_all_rows_have_no_noise():
    assert examined(trained(GradientDescent(0.1), 20)).sentence == "Each step sees all rows: there is no noise."
    assert examined(trained(GradientDescent(0.1, batch_size=40), 20)).status is Status.CLEAR


def test_batches_that_still_agree_are_clear():
    finding = examined(trained(GradientDescent(0.001, batch_size=20), 5, y=Y + 10.0))
    assert finding.status is Status.CLEAR
    assert "agree" in finding.sentence


def test_a_rate_too_large_on_all_rows_is_no_noise():
    finding = examined(trained(GradientDescent(2.0, batch_size=20), 100))
    assert finding.status is Status.CLEAR


def test_an_unknown_optimizer_is_not_enough_data():
    subject = replace(trained(GradientDescent(0.1, batch_size=4), 5), optimizer=None)
    assert examined(subject).status is Status.NOT_ENOUGH_DATA


def test_noise_is_that_of_the_batches_gradients():
    evidence = Evidence(trained(GradientDescent(0.05), 30))
    rng, g = np.random.default_rng(0), evidence.gradient
    drawn = [
        evidence.objective.error_and_gradient(evidence.parameters, rng.integers(40, size=4))[1] for _ in range(4000)
    ]
    expected = np.square(np.array(drawn) - g).sum(axis=1).mean() / (g @ g)
    assert batch_noise(evidence, 4) == pytest.approx(expected, rel=0.1)
