"""The end of float32's digits is told from the end of a descent."""

import json
from dataclasses import replace

import numpy as np

from fallline import Network
from fallline.diagnosis.clock import Clock
from fallline.diagnosis.evidence import Evidence
from fallline.diagnosis.finding import Status
from fallline.diagnosis.rules.float32_resolution import Float32Resolution
from fallline.diagnosis.subject import descended
from fallline.optimizers import LBFGS
from fallline.training.stopping import Limits

X = np.linspace(-1.0, 1.0, 40)[:, None]
Y = np.sin(3.0 * X)


def examined(subject, seconds=4.0):
    return Float32Resolution().examine(Evidence(subject, Clock(seconds)))


def trained(optimizer, iterations, seed=3, **settings):
    network = Network([1, 6, 1], ["tanh", "identity"], loss="mean_squared_error", seed=seed)
    limits = settings.pop("limits", None) or Limits(iterations=iterations, plateau=False)
    return descended(network, X, settings.pop("y", Y), optimizer, limits=limits, compiled=False, **settings)


def test_the_example_fires_with_its_numbers():
    finding = examined(Float32Resolution().example())
    assert finding.fires
    assert finding.sentence.startswith(
        "Rounding to float32 alone makes errors of about 5.7e-06, and the descent ended at 1.708e-05."
    )
    assert 0.0 < finding.share <= 1.0
    assert json.loads(json.dumps(finding.to_dict()))["code"] == "float32_resolution"


def test_float64_is_clear():
    assert examined(trained(LBFGS(), 5)).sentence == "The descent was made in float64."


def test_an_error_far_above_the_resolution_is_clear():
    network = Network([1, 6, 1], ["tanh", "identity"], loss="mean_squared_error", seed=3, dtype="float32")
    finding = examined(descended(network, X, Y, LBFGS(), limits=Limits(iterations=5), compiled=False))
    assert finding.status is Status.CLEAR
    assert "far above" in finding.sentence


def test_the_floor_in_float32_is_clear():
    network = Network([1, 6, 1], ["tanh", "identity"], loss="mean_squared_error", seed=3, dtype="float32")
    subject = descended(network, X, Y, LBFGS(), limits=Limits(iterations=400), compiled=False)
    assert examined(subject).status is Status.CLEAR


def test_an_unknown_optimizer_is_not_enough_data():
    subject = replace(Float32Resolution().example(), optimizer=None)
    assert examined(subject).status is Status.NOT_ENOUGH_DATA
