from dataclasses import replace

import numpy as np
import pytest

from fallline.diagnosis.clock import Clock
from fallline.diagnosis.evidence import Evidence
from fallline.diagnosis.finding import Status
from fallline.diagnosis.rules import RULES
from fallline.diagnosis.subject import Subject, descended
from fallline.network import Network
from fallline.optimizers import LBFGS, Adam, GradientDescent
from fallline.training.stopping import Limits, StopReason

RULE = RULES["exploding_gradient"]
X = np.random.default_rng(1).uniform(-1.0, 1.0, (60, 2))
Y = X[:, :1] * X[:, 1:]


def examined(subject: Subject):
    return RULE.examine(Evidence(subject, Clock(2.0)))


def deep(factor: float, optimizer, activation: str = "relu", iterations: int = 100) -> Subject:
    network = Network([2, *[8] * 5, 1], [activation] * 5 + ["identity"], loss="mean_squared_error", seed=1)
    network.parameters *= factor
    return descended(network, X, Y, optimizer, limits=Limits(iterations=iterations))


def test_the_example_is_named_with_its_numbers():
    subject = RULE.example()
    finding = examined(subject)
    assert finding.sentence == (
        "At the first weights the gradient is multiplied by 1.8e+02 from layer 5 to layer 1, 3.7 a layer, and the "
        "outputs spread 8.6e+02 times as far as the targets; the run overflowed. This holds the error up: from weights "
        "balanced from layer to layer, 400 iterations of gradient_descent come to 0.02723; from where it stopped "
        "(1.195e+05), to 1.195e+05."
    )
    assert finding.fires
    assert subject.descent is not None
    assert subject.descent.stop_reason is StopReason.NOT_FINITE


@pytest.mark.parametrize("activation", ["relu", "leaky_relu"])
def test_adam_does_not_save_it(activation):
    finding = examined(deep(6.0, Adam(0.001), activation))
    assert finding.fires
    assert not finding.numbers["overflowed"]


def test_a_learning_rate_that_is_merely_too_large_is_clear():
    subject = deep(1.0, GradientDescent(1e4))
    assert subject.descent is not None
    finding = examined(subject)
    assert finding.status is Status.CLEAR
    assert finding.sentence.endswith("it does not explode.")


def test_without_the_first_weights_it_cannot_be_told():
    finding = examined(replace(RULE.example(), first=None))
    assert finding.status is Status.NOT_ENOUGH_DATA
    assert "without the first weights" in finding.sentence


def test_large_weights_that_a_descent_overcame_are_clear():
    X1 = np.linspace(-1.0, 1.0, 30)[:, None]
    network = Network([1, *[4] * 3, 1], ["identity"] * 4, loss="mean_squared_error", seed=1)
    network.parameters *= 8.0
    subject = descended(network, X1, X1, LBFGS(), limits=Limits(iterations=2000))
    assert subject.descent is not None
    assert subject.descent.train_error < 1e-6
    finding = examined(subject)
    assert finding.status is Status.CLEAR
    assert "overcome" in finding.sentence
