import numpy as np

from fallline.diagnosis.clock import Clock
from fallline.diagnosis.evidence import Evidence
from fallline.diagnosis.finding import Status
from fallline.diagnosis.rules import RULES
from fallline.diagnosis.subject import Subject, descended
from fallline.network import Network
from fallline.optimizers import LBFGS, Adam
from fallline.training.stopping import Limits

RULE = RULES["dead_units"]


def examined(subject: Subject):
    return RULE.examine(Evidence(subject, Clock(2.0)))


def run(dead: int, activation: str = "relu", units: int = 8, optimizer=None, iterations: int = 500):
    rng = np.random.default_rng(1)
    X = rng.uniform(-1.0, 1.0, (50, 2))
    network = Network([2, units, 1], [activation, "identity"], loss="mean_squared_error", seed=4)
    network.architecture.layers(network.parameters)[0][:dead, -1] = -9.0
    y = np.abs(X[:, :1]) - X[:, 1:] ** 2
    return descended(network, X, y, optimizer or Adam(0.01), limits=Limits(iterations=iterations))


def test_the_example_is_named_with_its_numbers():
    finding = examined(RULE.example())
    assert finding.sentence == (
        "Dead on every row: 5 of 6 units of layer 1 (of 2). Their gradient is exactly 0, so no step moves them; "
        "5 of the 5 are 0 for every input within the ranges of the training rows. This holds the error up: "
        "400 iterations of lbfgs bring the units that are left from 0.1286 to 0.1285, and to 0.0002172 with the dead "
        "ones drawn anew."
    )
    assert finding.fires
    assert finding.numbers["largest_gradient"] == 0.0
    assert finding.numbers["alive"] == [1, 1]
    assert finding.numbers["dead_at_first"] == [5, 0]


def test_a_whole_layer_dead_fires():
    finding = examined(run(8))
    assert finding.fires
    assert finding.share > 0.9


def test_a_dead_output_fires():
    X = np.linspace(-1.0, 1.0, 30)[:, None]
    network = Network([1, 6, 1], ["tanh", "relu"], loss="mean_squared_error", seed=0)
    network.architecture.layers(network.parameters)[1][:, -1] = -20.0
    finding = examined(descended(network, X, np.abs(X), Adam(0.01), limits=Limits(iterations=100)))
    assert finding.fires
    assert "1 of 1 unit of layer 2 (of 2)" in finding.sentence


def test_two_dead_of_twelve_are_clear():
    finding = examined(run(2, units=12))
    assert finding.status is Status.CLEAR
    assert "the rest of each layer is alive" in finding.sentence


def test_half_dead_but_at_the_floor_is_clear():
    X = np.linspace(0.1, 1.0, 40)[:, None]
    network = Network([1, 6, 1], ["relu", "identity"], loss="mean_squared_error", seed=0)
    network.architecture.layers(network.parameters)[0][:] = [[1.0, 0.0]] * 3 + [[-1.0, 0.0]] * 3
    finding = examined(descended(network, X, 2.0 * X, LBFGS(), limits=Limits(iterations=200)))
    assert finding.numbers["dead"] == [3, 0]
    assert finding.status is Status.CLEAR
    assert "harmless" in finding.sentence


def test_leaky_units_cannot_die():
    assert examined(run(8, "leaky_relu")).status is Status.CLEAR


def test_a_unit_dead_on_the_rows_but_alive_inside_the_box_is_not_certified():
    X = np.array([[-1.0, 1.0], [1.0, -1.0], [0.5, -0.5], [-0.5, 0.5]] * 5)
    network = Network([2, 3, 1], ["relu", "identity"], loss="mean_squared_error", seed=0)
    network.architecture.layers(network.parameters)[0][:] = [[1.0, 1.0, -0.5]] * 3
    finding = examined(descended(network, X, np.sin(3 * X[:, :1]), Adam(0.01), limits=Limits(iterations=50)))
    assert finding.fires
    assert finding.numbers["certified"] == 0
