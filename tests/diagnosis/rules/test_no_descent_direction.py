"""Steps uphill are told from momentum, noise and right steps."""

import json

import numpy as np

from fallline import Network
from fallline.diagnosis.clock import Clock
from fallline.diagnosis.evidence import Evidence
from fallline.diagnosis.finding import Status
from fallline.diagnosis.rules.no_descent_direction import NoDescentDirection
from fallline.diagnosis.subject import Subject, Update
from fallline.engine import Objective, Rows

X = np.linspace(-1.0, 1.0, 40)[:, None]
Y = np.sin(3.0 * X)


def examined(subject, seconds=4.0):
    return NoDescentDirection().examine(Evidence(subject, Clock(seconds)))


def test_the_example_fires_with_its_numbers():
    finding = examined(NoDescentDirection().example())
    assert finding.fires
    assert finding.sentence == (
        "Of 20 recorded updates, held against the exact gradient, 100% point uphill where layer 1 (of 2) climbs "
        "(median cosine with the way down -1.00)."
    )
    assert 0.0 < finding.share <= 1.0
    assert json.loads(json.dumps(finding.to_dict()))["code"] == "no_descent_direction"


def recorded(change, steps=40, every=1, seed=3):
    """A hand-written descent: change(i, gradient, the change before)."""
    network = Network([1, 6, 1], ["tanh", "identity"], loss="mean_squared_error", seed=seed)
    first, rows, last, updates = Network.from_parameters(network.architecture, network.parameters), Rows(X, Y), 0.0, []
    objective = Objective(network.architecture, rows)
    for i in range(steps):
        last = change(i, objective.error_and_gradient(network.parameters)[1], last)
        updates.append(Update(network.parameters.copy(), last.copy()))
        network.parameters += last
    return Subject(network, rows, first=first, updates=tuple(updates[::every]))


def test_a_wrong_sign_fires_as_the_whole_network():
    finding = examined(recorded(lambda i, g, last: 0.01 * g))
    assert finding.fires
    assert "the whole network climbs" in finding.sentence


def test_random_updates_fire_as_unrelated():
    rng = np.random.default_rng(0)
    finding = examined(recorded(lambda i, g, last: 0.01 * rng.standard_normal(len(g)), steps=60))
    assert finding.fires
    assert "nothing to do with the gradient" in finding.sentence


def test_right_steps_are_clear():
    assert examined(recorded(lambda i, g, last: -0.05 * g)).status is Status.CLEAR


def test_momentum_that_overshoots_is_clear():
    finding = examined(recorded(lambda i, g, last: 0.99 * last - 0.05 * g, steps=60))
    assert finding.status is Status.CLEAR
    assert "momentum" in finding.sentence


def test_noisy_steps_are_clear():
    rng = np.random.default_rng(0)
    subject = recorded(lambda i, g, last: -0.05 * (g + 0.3 * np.linalg.norm(g) * rng.standard_normal(len(g))), steps=60)
    assert examined(subject).status is Status.CLEAR


def test_few_updates_are_not_enough_data():
    finding = examined(recorded(lambda i, g, last: 0.01 * g, steps=4))
    assert finding.status is Status.NOT_ENOUGH_DATA
