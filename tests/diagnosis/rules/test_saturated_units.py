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

RULE = RULES["saturated_units"]
BITS = np.array([[-1.0, -1.0], [-1.0, 1.0], [1.0, -1.0], [1.0, 1.0]])
XOR = np.array([[0.0], [1.0], [1.0], [0.0]])


def evidence_of(subject: Subject) -> Evidence:
    return Evidence(subject, Clock(2.0))


def far_out(bias: float, activation: str = "sigmoid", optimizer=None, seed: int = 3) -> Subject:
    network = Network([2, 5, 1], [activation, "identity"], loss="mean_squared_error", seed=seed)
    network.architecture.layers(network.parameters)[0][:, -1] = bias
    return descended(network, BITS, XOR, optimizer or Adam(0.003), limits=Limits(iterations=400))


def test_the_example_is_named_with_its_numbers():
    finding = RULE.examine(evidence_of(RULE.example()))
    assert finding.sentence == (
        "Saturated on nearly all rows: 6 of 6 units of layer 1 (of 2), with 3.9e-09 of the steepest slope left in the "
        "mean; they were so from the first weights on. This holds the error up: with their weights pulled back, "
        "400 iterations of gradient_descent come to 0.02508; from where it stopped (0.2106), to 0.2106."
    )
    assert finding.fires
    assert finding.numbers["saturated"] == [6, 0]
    assert finding.share == pytest.approx(0.881, abs=0.005)


@pytest.mark.parametrize("activation", ["sigmoid", "tanh"])
@pytest.mark.parametrize("bias", [-20.0, 20.0])
def test_units_out_on_either_side_hold_xor_up(activation, bias):
    assert RULE.examine(evidence_of(far_out(bias, activation))).fires


def test_a_saturated_output_holds_squared_errors_up():
    network = Network([2, 5, 1], ["tanh", "sigmoid"], loss="mean_squared_error", seed=2)
    network.architecture.layers(network.parameters)[1][:, -1] = 18.0
    subject = descended(network, BITS, XOR, GradientDescent(0.3), limits=Limits(iterations=400))
    finding = RULE.examine(evidence_of(subject))
    assert finding.fires
    assert "1 of 1 unit of layer 2 (of 2)" in finding.sentence


def test_units_where_they_bend_are_clear():
    finding = RULE.examine(evidence_of(far_out(0.0)))
    assert finding.status is Status.CLEAR
    assert finding.sentence == "No unit is saturated on nearly all rows."


def test_solved_xor_is_saturated_without_harm():
    network = Network([2, 4, 1], ["tanh", "sigmoid"], loss="half_squared_error", seed=0)
    W, V = network.architecture.layers(network.parameters)
    W[...] = [[5.0, 5.0, 5.0], [5.0, 5.0, -5.0], [5.0, 5.0, 5.0], [5.0, 5.0, -5.0]]
    V[...] = [[10.0, -10.0, 10.0, -10.0, -20.0]]
    finding = RULE.examine(evidence_of(descended(network, BITS, XOR, LBFGS(), limits=Limits(iterations=50))))
    assert finding.status is Status.CLEAR
    assert finding.numbers["saturated"][0] == 4
    assert "harmless" in finding.sentence


def test_a_certain_classifier_with_cross_entropy_is_clear():
    rng = np.random.default_rng(0)
    X = rng.uniform(-1, 1, (80, 2))
    X = X[np.abs(X[:, 0]) > 0.2]
    network = Network([2, 4, 1], ["tanh", "sigmoid"], loss="binary_cross_entropy", seed=0)
    subject = descended(network, X, (X[:, :1] > 0).astype(float), LBFGS(), limits=Limits(iterations=300))
    assert RULE.examine(evidence_of(subject)).status is Status.CLEAR


def test_relu_and_softmax_are_no_business_of_it():
    rng = np.random.default_rng(0)
    X = rng.uniform(-1, 1, (40, 2))
    network = Network([2, 4, 3], ["relu", "softmax"], loss="categorical_cross_entropy", seed=0)
    subject = descended(network, X, np.eye(3)[rng.integers(0, 3, 40)], Adam(0.01), limits=Limits(iterations=20))
    assert RULE.examine(evidence_of(subject)).numbers["saturated"] == [0, 0]
