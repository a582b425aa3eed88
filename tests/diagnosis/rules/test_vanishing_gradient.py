import numpy as np
import pytest

from fallline.diagnosis.clock import Clock
from fallline.diagnosis.evidence import Evidence
from fallline.diagnosis.finding import Status
from fallline.diagnosis.rules import RULES
from fallline.diagnosis.subject import Subject, descended
from fallline.network import Network
from fallline.optimizers import LBFGS, Adam, GradientDescent
from fallline.training.stopping import Limits

RULE = RULES["vanishing_gradient"]
X = np.random.default_rng(1).uniform(-1.0, 1.0, (60, 2))
Y = X[:, :1] * X[:, 1:]


def examined(subject: Subject):
    return RULE.examine(Evidence(subject, Clock(2.0)))


def deep(factor: float, hidden: int = 6, targets=Y, optimizer=None, iterations: int = 200) -> Subject:
    network = Network([2, *[7] * hidden, 1], ["tanh"] * hidden + ["identity"], loss="mean_squared_error", seed=1)
    network.parameters *= factor
    return descended(network, X, targets, optimizer or GradientDescent(0.1), limits=Limits(iterations=iterations))


def test_the_example_is_named_with_its_numbers():
    finding = examined(RULE.example())
    assert finding.sentence == (
        "Of the gradient at layer 6, 9.2e-06 arrives at layer 1, a factor 0.098 a layer. Layer 1 moved by 0.00026 of "
        "its length in the run. This holds the error up: from weights balanced from layer to layer, 400 iterations of "
        "gradient_descent come to 0.03609; from where it stopped (0.1622), to 0.1622."
    )
    assert finding.fires
    assert len(finding.numbers["sensitivities"]) == 6
    assert finding.numbers["moved"][0] < finding.numbers["moved"][-1]


@pytest.mark.parametrize("hidden", [4, 8])
def test_small_weights_in_many_layers_fire(hidden):
    assert examined(deep(0.1, hidden)).fires


def test_a_descent_that_grew_its_small_weights_is_clear():
    finding = examined(deep(0.1, 4, optimizer=Adam(0.001)))
    assert finding.status is Status.CLEAR
    assert finding.numbers["product"] > 0.1


def test_the_same_depth_with_weights_that_pass_the_signal_is_clear():
    finding = examined(deep(1.2))
    assert finding.status is Status.CLEAR
    assert finding.sentence.endswith("it does not vanish.")


def test_a_shallow_plateau_has_other_causes():
    finding = examined(deep(1e-4, hidden=1))
    assert finding.status is Status.CLEAR
    assert "too few" in finding.sentence


def test_targets_that_the_inputs_say_nothing_of_are_clear():
    few = np.zeros((60, 2))
    few[:, 0] = 1.0
    network = Network([2, *[7] * 5, 1], ["tanh"] * 5 + ["identity"], loss="mean_squared_error", seed=1)
    network.parameters *= 0.1
    noise = np.random.default_rng(0).standard_normal((60, 1))
    finding = examined(descended(network, few, noise, LBFGS(), limits=Limits(iterations=100)))
    assert finding.status is Status.CLEAR
    assert "does not hold the error up" in finding.sentence
