import numpy as np
import pytest

from fallline.diagnosis.twins import Twins, find_twins, gradient_difference, merged
from fallline.engine import reference
from fallline.network import Network


def twinned(activation: str, sign: float = 1.0) -> Network:
    """A [3, 4, 3, 2] network whose units 2 and 4 of layer 1 are equal, or mirror images."""
    network = Network([3, 4, 3, 2], [activation, "sigmoid", "identity"], initialiser="glorot", seed=5)
    first, second, _ = network.layers
    first[3], second[:, 3] = sign * first[1], sign * second[:, 1]
    return network


ROWS = np.random.default_rng(0).standard_normal((7, 3))


@pytest.mark.parametrize(("activation", "sign"), [("sigmoid", 1.0), ("tanh", 1.0), ("tanh", -1.0), ("identity", -1.0)])
def test_twins_are_found_and_merging_them_leaves_the_outputs(activation: str, sign: float) -> None:
    network = twinned(activation, sign)
    groups = find_twins(network.architecture, network.parameters, 1e-12)
    assert groups == [Twins(0, (1, 3), (1.0, sign))]
    smaller, weights = merged(network.architecture, network.parameters, groups)
    assert smaller.shape == (3, 3, 3, 2)
    np.testing.assert_allclose(reference.run(smaller, weights, ROWS), network.run(ROWS), rtol=1e-12, atol=1e-14)


def test_mirror_images_are_no_twins_where_the_activation_is_not_odd() -> None:
    network = twinned("sigmoid", -1.0)
    assert find_twins(network.architecture, network.parameters, 1e-12) == []


def test_units_with_other_outgoing_weights_are_no_twins() -> None:
    network = twinned("tanh")
    network.layers[1][0, 3] += 1e-3
    assert find_twins(network.architecture, network.parameters, 1e-7) == []


def test_a_row_of_zeros_everywhere_makes_one_group_of_each_layer() -> None:
    network = Network([3, 4, 3, 2], "tanh", seed=0)
    network.parameters[:] = 0.0
    groups = find_twins(network.architecture, network.parameters, 1e-7)
    assert [group.units for group in groups] == [(0, 1, 2, 3), (0, 1, 2)]
    assert merged(network.architecture, network.parameters, groups)[0].shape == (3, 1, 1, 2)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_twins_get_the_same_gradient_and_others_do_not(sign: float) -> None:
    network = twinned("tanh", sign)
    y = np.random.default_rng(1).standard_normal((7, 2))
    gradient = reference.loss_and_gradient(network.architecture, network.parameters, ROWS, y)[1]
    assert gradient_difference(network.architecture, gradient, [Twins(0, (1, 3), (1.0, sign))]) < 1e-12
    assert gradient_difference(network.architecture, gradient, [Twins(0, (1, 2), (1.0, sign))]) > 1e-2


def test_many_units_are_named_by_the_first_and_the_last() -> None:
    assert str(Twins(1, (0, 2), (1.0, 1.0))) == "units 1 and 3 of layer 2"
    assert str(Twins(0, tuple(range(12)), (1.0,) * 12)) == "units 1, 2, 3, 4, 5, 6, … and 12 of layer 1"
