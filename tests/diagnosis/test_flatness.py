import numpy as np
import pytest

from fallline.diagnosis.flatness import flatness, natural_unit
from fallline.diagnosis.measurements import Measurements
from fallline.diagnosis.subject import Subject
from fallline.engine import Rows
from fallline.network import Network


def measured(network: Network, *, input_scale: float = 1.0, rows: int = 30) -> Measurements:
    rng = np.random.default_rng(0)
    X = input_scale * rng.uniform(-1.0, 1.0, (rows, 2))
    y = np.sign(X[:, :1])
    return Measurements(Subject(network, Rows(X, y - y.mean())))  # the output bias of 0 is then the best


def small(size: float) -> Network:
    network = Network([2, 3, 3, 1], ["tanh", "tanh", "identity"], loss="mean_squared_error", seed=0)
    network.parameters *= size
    return network


def test_curvature_is_the_norm_of_the_hidden_rows_of_the_hessian() -> None:
    subject = measured(small(1e-3))
    found = flatness(subject, 1.0)
    size = len(found.unit)
    H = np.array([subject.objective.hessian_product(subject.parameters, unit) for unit in np.eye(size)])
    scaled = (found.unit[:, None] * H * found.unit)[: subject.architecture.offsets[-2]]
    assert found.curvature == pytest.approx(np.linalg.norm(scaled, 2), rel=0.5)
    assert found.curvature <= np.linalg.norm(scaled, 2) * (1 + 1e-9)


def test_tiny_weights_of_three_layers_are_flat_and_ordinary_ones_are_not() -> None:
    assert flatness(measured(small(1e-4)), 1.0).flat
    assert not flatness(measured(small(1.0)), 1.0).flat


def test_the_unit_of_the_inputs_does_not_matter() -> None:
    network, scaled = small(1e-3), small(1e-3)
    scaled.layers[0][:, :-1] /= 100.0
    one, other = flatness(measured(network), 1.0), flatness(measured(scaled, input_scale=100.0), 1.0)
    assert (one.slope, one.curvature) == pytest.approx((other.slope, other.curvature), rel=1e-6)


def test_a_constant_input_of_zero_has_the_unit_one() -> None:
    subject = Subject(small(1.0), Rows(np.zeros((3, 2)), np.zeros((3, 1))))
    assert (natural_unit(Measurements(subject)) == 1.0).all()
