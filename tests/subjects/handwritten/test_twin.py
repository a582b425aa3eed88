import itertools
from dataclasses import replace

import numpy as np
import pytest

from fallline.subjects.handwritten.identifying.examine import examine
from fallline.subjects.handwritten.twins.layout import BiasPlace
from fallline.subjects.handwritten.twins.twin import find_twin

from .written import Written, attach

BIASES = ("slot", "row", "column", "last", "first", "none")


@pytest.mark.parametrize(("bias", "units_first"), list(itertools.product(BIASES, (True, False))))
@pytest.mark.parametrize("shape", [[2, 3, 1], [3, 3, 3, 2], [1, 2, 2, 1]])
def test_the_layout_is_found_and_reproduces_the_outputs(bias: str, units_first: bool, shape: list[int]) -> None:
    net = Written(shape, "tanh", "sigmoid", bias, units_first)
    attached = attach(net)
    before = attached.parameters()
    twin = find_twin(attached)
    assert twin is not None
    assert twin.shape == tuple(shape)
    assert [form.name for form in twin.forms] == ["tanh"] * (len(shape) - 2) + ["sigmoid"]
    assert all(np.array_equal(old, new) for old, new in zip(before, attached.parameters(), strict=True))
    X = np.random.default_rng(0).normal(size=(9, shape[0]))
    parameters = twin.to_parameters(before)
    np.testing.assert_allclose(twin.run(parameters, X), net.run(X), rtol=1e-12)
    for old, new in zip(before, twin.to_slots(parameters, before), strict=True):
        np.testing.assert_array_equal(old, new)
    place = {"last": BiasPlace.LAST, "first": BiasPlace.FIRST, "none": BiasPlace.NONE}.get(bias, BiasPlace.SLOT)
    assert {layer.place for layer in twin.layers} == {place}
    assert twin.exists.all() == (bias != "none")


@pytest.mark.parametrize("hidden", ["sigmoid", "tanh", "relu", "identity", "leaky"])
@pytest.mark.parametrize("output", ["sigmoid", "tanh", "identity", "softmax"])
def test_the_activations_are_found(hidden: str, output: str) -> None:
    twin = find_twin(attach(Written([3, 4, 3], hidden, output)))
    assert twin is not None
    assert twin.forms[0].name == {"leaky": "leaky_relu (0.1)"}.get(hidden, hidden)
    assert twin.forms[1].name == output
    assert twin.representable == (hidden != "leaky")


def test_a_sigmoid_with_its_sign_lost_is_told_as_such() -> None:
    twin = find_twin(attach(Written([2, 3, 1], "reversed", "reversed")))
    assert twin is not None
    assert twin.forms[0].name == "1/(1 + exp(z))"
    assert not twin.representable


def test_there_is_no_twin_of_an_unknown_activation() -> None:
    net = Written([2, 3, 1])
    net.run = lambda X: np.sin(net.passes(X)[1][-1])  # type: ignore[method-assign]
    assert find_twin(attach(net)) is None


@pytest.mark.parametrize("mistaken", [{}, {"derivative_of_activation": (1, 2)}, {"sign_reversed": (1, 2)}])
def test_a_network_without_a_forward_pass_is_found_by_its_step(mistaken: dict[str, tuple[int, ...]]) -> None:
    net = Written([2, 3, 2], "tanh", "sigmoid", "slot", units_first=False, plant=mistaken)
    found = examine(replace(attach(net), run=None))
    assert found.twin is not None
    assert [form.name for form in found.twin.forms] == ["tanh", "sigmoid"]
    assert found.identification is not None
    assert {mistake.code: mistake.layers for mistake in found.identification.mistakes} == mistaken
