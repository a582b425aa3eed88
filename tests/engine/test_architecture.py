from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fallline.engine import ACTIVATIONS, LOSSES, Architecture, lookup, per_layer
from fallline.errors import FalllineError

NAMES = "identity, sigmoid, tanh, relu, leaky_relu, elu, softplus, silu, gelu, softmax"


def build(shape=(2, 3, 1), activations=("tanh", "identity"), loss="mean_squared_error"):
    return Architecture(shape, activations, loss)


def refusal(*arguments):
    with pytest.raises(FalllineError) as refused:
        Architecture(*arguments)
    return str(refused.value)


def test_offsets_say_where_each_layer_begins():
    architecture = build((4, 7, 2), ("tanh", "identity"))
    assert architecture.offsets == (0, 35, 51)
    assert architecture.parameter_count == 51
    assert (architecture.inputs, architecture.outputs) == (4, 2)


@given(shape=st.lists(st.integers(1, 9), min_size=2, max_size=6))
def test_layers_cover_the_parameter_vector_in_order_without_gap(shape):
    architecture = build(tuple(shape), ("tanh",) * (len(shape) - 1))
    parameters = np.arange(architecture.parameter_count, dtype=np.float64)
    layers = architecture.layers(parameters)
    assert [W.shape for W in layers] == [(m, n + 1) for n, m in pairwise(shape)]
    np.testing.assert_array_equal(np.concatenate([W.ravel() for W in layers]), parameters)
    assert all(np.shares_memory(W, parameters) for W in layers)


def test_a_change_of_a_layer_changes_the_parameters():
    architecture = build()
    parameters = np.zeros(architecture.parameter_count)
    architecture.layers(parameters)[1][0, -1] = 7.0
    np.testing.assert_array_equal(np.flatnonzero(parameters), [12])
    parameters[0] = 3.0
    assert architecture.layers(parameters)[0][0, 0] == 3.0


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_layers_keep_the_dtype(dtype):
    architecture = build()
    assert {W.dtype for W in architecture.layers(np.zeros(architecture.parameter_count, dtype))} == {np.dtype(dtype)}


def test_is_weight_is_zero_in_each_last_column():
    architecture = build()
    mask = architecture.is_weight
    assert mask.dtype == np.float64
    np.testing.assert_array_equal(mask, [1, 1, 0, 1, 1, 0, 1, 1, 0, 1, 1, 1, 0])


def test_registries_are_resolved():
    architecture = build()
    assert architecture.layer_activations == (ACTIVATIONS["tanh"], ACTIVATIONS["identity"])
    assert architecture.loss_function is LOSSES["mean_squared_error"]


def test_equal_architectures_are_equal_and_frozen():
    assert build() == build()
    assert hash(build()) == hash(build())
    assert build() != build(loss="huber")
    with pytest.raises(AttributeError):
        build().loss = "huber"


@pytest.mark.parametrize("shape", [(), (3,), (2, 0, 1), (0, 1), (2, -3, 1)])
def test_shape_is_refused(shape):
    assert refusal(shape, ("tanh",) * (len(shape) - 1), "huber") == (
        f"shape {list(shape)}: expected at least two sizes of 1 or more, the first for the inputs and the last for "
        "the outputs, such as [2, 3, 1]."
    )


def test_too_few_or_too_many_activations_are_refused():
    assert refusal((2, 3, 1), ("tanh",), "huber") == (
        "activations: expected 2 names, one for each layer of shape [2, 3, 1], got 1."
    )
    assert refusal((2, 3, 1), ("tanh", "tanh", "tanh"), "huber") == (
        "activations: expected 2 names, one for each layer of shape [2, 3, 1], got 3."
    )


def test_unknown_activation_is_refused_with_the_nearest():
    assert refusal((2, 1), ("sigmoyd",), "huber") == (
        f"activation 'sigmoyd': there is none of that name; did you mean 'sigmoid'? There are {NAMES}."
    )


def test_unknown_loss_without_near_name_is_refused_with_all_names():
    assert refusal((2, 1), ("tanh",), "qqq") == (
        "loss 'qqq': there is none of that name. There are mean_squared_error, half_squared_error, "
        "mean_absolute_error, huber, binary_cross_entropy, categorical_cross_entropy."
    )


def test_hidden_softmax_is_refused():
    assert refusal((2, 3, 2), ("softmax", "softmax"), "categorical_cross_entropy") == (
        "activation 'softmax': only the output layer can use it, not a hidden one."
    )


@pytest.mark.parametrize("output", ACTIVATIONS)
@pytest.mark.parametrize("name", LOSSES)
def test_a_cross_entropy_is_refused_without_its_output_activation(name, output):
    needed = {"binary_cross_entropy": "sigmoid", "categorical_cross_entropy": "softmax"}.get(name)
    if needed in (None, output):
        assert build((2, 3, 2), ("tanh", output), name).activations[-1] == output
    else:
        assert refusal((2, 3, 2), ("tanh", output), name) == (
            f"loss '{name}': it needs output activation '{needed}', got '{output}'. Change the one or the other."
        )


def test_one_name_serves_every_layer():
    assert per_layer("tanh", 3) == ("tanh", "tanh", "tanh")
    assert per_layer(["tanh", "identity"], 2) == ("tanh", "identity")


def test_lookup_returns_what_stands_under_the_name():
    assert lookup({"a": 1}, "a", "letter") == 1
