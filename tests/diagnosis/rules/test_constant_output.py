import numpy as np

from fallline.diagnosis.clock import Clock
from fallline.diagnosis.evidence import Evidence
from fallline.diagnosis.finding import Status
from fallline.diagnosis.rules import RULES
from fallline.diagnosis.subject import Subject, descended
from fallline.network import Network
from fallline.optimizers import LBFGS, Adam, GradientDescent
from fallline.training.stopping import Limits

RULE = RULES["constant_output"]
X = np.random.default_rng(1).uniform(-1.0, 1.0, (60, 2))


def examined(subject: Subject):
    return RULE.examine(Evidence(subject, Clock(2.0)))


def network_of(factor: float) -> Network:
    network = Network([2, 6, 1], ["tanh", "identity"], loss="mean_squared_error", seed=1)
    network.parameters *= factor
    return network


def test_the_example_is_named_with_its_numbers():
    finding = examined(RULE.example())
    assert finding.sentence == (
        "The network answers all but the same for every row: the outputs spread by 1.9e-05, 4.7e-05 of the targets' "
        "0.4, 4e-07 away from their mean. Its error is 0.1622, that of the best constant answer 0.1622; other weights "
        "of the same network remove 100.0% of it."
    )
    assert finding.fires
    assert finding.confidence == 0.5


def test_what_is_behind_it_leads():
    for code in ("saturated_units", "dead_units", "vanishing_gradient", "exploding_gradient"):
        assert "constant_output" in RULES[code].explains


def test_outputs_that_differ_are_clear():
    subject = descended(network_of(1.0), X, X[:, :1], Adam(0.01), limits=Limits(iterations=200))
    finding = examined(subject)
    assert finding.status is Status.CLEAR
    assert finding.sentence.endswith("they differ.")


def test_a_constant_is_the_right_answer_where_the_inputs_say_nothing():
    noise = np.random.default_rng(0).standard_normal((60, 1))
    same = np.repeat([[1.0, 2.0]], 60, axis=0)
    subject = descended(network_of(1.0), same, noise, LBFGS(), limits=Limits(iterations=200))
    finding = examined(subject)
    assert finding.status is Status.CLEAR
    assert "it is at its floor" in finding.sentence


def test_equal_targets_say_nothing():
    subject = descended(network_of(1.0), X, np.ones((60, 1)), GradientDescent(0.1), limits=Limits(iterations=20))
    assert examined(subject).status is Status.NOT_ENOUGH_DATA
