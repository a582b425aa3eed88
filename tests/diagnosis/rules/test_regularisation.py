"""A penalty that holds the error up is told from one that does well."""

import json

import numpy as np

from fallline import Network
from fallline.diagnosis.clock import Clock
from fallline.diagnosis.evidence import Evidence
from fallline.diagnosis.finding import Status
from fallline.diagnosis.rules.regularisation import Regularisation
from fallline.diagnosis.subject import descended
from fallline.optimizers import LBFGS
from fallline.training.stopping import Limits

X = np.linspace(-1.0, 1.0, 40)[:, None]
Y = np.sin(3.0 * X)


def examined(subject, seconds=4.0):
    return Regularisation().examine(Evidence(subject, Clock(seconds)))


def trained(optimizer, iterations, seed=3, **settings):
    network = Network([1, 6, 1], ["tanh", "identity"], loss="mean_squared_error", seed=seed)
    limits = settings.pop("limits", None) or Limits(iterations=iterations, plateau=False)
    return descended(network, X, settings.pop("y", Y), optimizer, limits=limits, compiled=False, **settings)


def test_the_example_fires_with_its_numbers():
    finding = examined(Regularisation().example())
    assert finding.fires
    assert finding.sentence.startswith(
        "The penalty l2 = 0.1 holds up 100.0% of the error 0.1455, where the gradient of the loss"
    )
    assert 0.0 < finding.share <= 1.0
    assert json.loads(json.dumps(finding.to_dict()))["code"] == "regularisation"


def test_no_penalty_is_clear():
    assert examined(trained(LBFGS(), 30)).sentence == "There is no penalty on the weights."


def test_a_weak_penalty_is_clear():
    subject = trained(LBFGS(), 200, l2=1e-9, y=Y + 0.2 * np.random.default_rng(0).standard_normal(Y.shape))
    assert examined(subject).status is Status.CLEAR


def test_without_validation_rows_it_cannot_be_told():
    assert examined(trained(LBFGS(), 200, l2=0.1)).status is Status.NOT_ENOUGH_DATA


def test_a_penalty_that_new_rows_need_is_clear():
    rng = np.random.default_rng(1)
    network = Network([1, 12, 1], ["tanh", "identity"], loss="mean_squared_error", seed=0)
    noisy, held_out = 0.5 * rng.standard_normal((20, 1)), 0.5 * rng.standard_normal((20, 1))
    subject = descended(
        network, X[::2], noisy + X[::2], LBFGS(), l2=0.02, validation=(X[1::2], X[1::2] + held_out), compiled=False
    )
    finding = examined(subject)
    assert finding.status is Status.CLEAR
    assert "rightly" in finding.sentence
