"""A network and its `Sequential` compute the same, both ways; what a network cannot be is refused by name."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fallline import FalllineError, Network
from fallline.data import read_table
from fallline.engine.activations import ACTIVATIONS
from fallline.interchange import from_torch, to_torch

from .tables import TABLES, trained

torch = pytest.importorskip("torch")
nn = torch.nn

HIDDEN = sorted(set(ACTIVATIONS) - {"softmax"})


def outputs(sequential, X):
    with torch.no_grad():
        dtype = next(sequential.parameters()).dtype
        return sequential(torch.tensor(X, dtype=dtype)).numpy()


@st.composite
def networks(draw):
    layers = draw(st.lists(st.tuples(st.integers(1, 12), st.sampled_from(HIDDEN)), max_size=3))
    last = draw(st.integers(1, 4)), draw(st.sampled_from([*HIDDEN, "softmax"]))
    network = Network(
        [draw(st.integers(1, 6)), *(units for units, _ in [*layers, last])],
        [name for _, name in [*layers, last]],
        seed=draw(st.integers(0, 99)),
        dtype=draw(st.sampled_from(["float64", "float32"])),
    )
    network.parameters[:] += np.random.default_rng(draw(st.integers(0, 99))).normal(size=len(network.parameters))
    return network


@given(networks(), st.sampled_from(["float64", "float32", None]), st.integers(0, 99))
@settings(max_examples=60, deadline=None)
def test_any_network_and_its_sequential_compute_the_same(network, dtype, seed):
    X = np.random.default_rng(seed).normal(size=(7, network.shape[0])) * 5.0
    expected = network.run(X)
    sequential = to_torch(network, dtype)
    double = "float32" not in (dtype, network.parameters.dtype.name)
    # Weights as large as these add up terms that cancel: what float32 rounds away of them is more than 1e-6 of the sum.
    tolerance = 1e-12 if double else 2e-5
    assert outputs(sequential, X) == pytest.approx(expected, rel=tolerance, abs=tolerance)
    # In float64, a float32 network's weights compute the same function to the last digits: the rest is rounding alone.
    exact = Network.from_parameters(network.architecture, from_torch(sequential).parameters.astype(np.float64)).run(X)
    assert outputs(sequential.double(), X) == pytest.approx(exact, rel=1e-12, abs=1e-12)
    sequential = to_torch(network, dtype)
    again = from_torch(sequential, loss=network.architecture.loss)
    assert again.architecture == network.architecture
    assert again.parameters.dtype == (dtype or network.parameters.dtype)
    assert (again.parameters == network.parameters.astype(again.parameters.dtype)).all()


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("table", TABLES)
def test_the_network_of_each_example_table_comes_out_the_same(table, dtype):
    model, rows = trained(table)
    network = Network.from_parameters(model.network.architecture, model.network.parameters.astype(dtype))
    X = model.preparation.transform(read_table(rows)).astype(dtype)
    expected = network.run(X)
    found = outputs(to_torch(network), X)
    assert found.dtype == expected.dtype == dtype
    np.testing.assert_allclose(
        found, expected, rtol=0, atol=(1e-6 if dtype == "float32" else 1e-14) * np.abs(expected).max()
    )
    back = from_torch(to_torch(network), loss=network.architecture.loss)
    np.testing.assert_array_equal(back.run(X), expected)


@pytest.mark.parametrize("name", HIDDEN)
def test_an_activation_is_the_same_in_both_tails(name):
    z = np.concatenate([np.linspace(-45, 45, 9001), [-700.0, 700.0]])[:, None]
    network = Network([1, 1], name)
    network.parameters[:] = [1.0, 0.0]
    found = outputs(to_torch(network), z)
    assert found == pytest.approx(network.run(z), rel=1e-14, abs=1e-15)


def test_a_sequential_of_many_forms_is_read():
    torch.manual_seed(0)
    shared = nn.Tanh()
    sequential = nn.Sequential(
        nn.Identity(), nn.Linear(3, 6), shared, nn.Linear(6, 5), shared, nn.Dropout(0.5),
        nn.Sequential(nn.Linear(5, 4, bias=False), shared, nn.Linear(4, 4), nn.Linear(4, 3)),
        nn.Softplus(), nn.Linear(3, 2), nn.Softmax(1),
    ).double().eval()  # fmt: skip
    network = from_torch(sequential, loss="categorical_cross_entropy")
    assert network.architecture.activations == ("tanh", "tanh", "tanh", "identity", "softplus", "softmax")
    X = np.random.default_rng(0).normal(size=(20, 3))
    assert outputs(sequential, X) == pytest.approx(network.run(X), abs=1e-6)


def test_weights_are_copies_that_can_be_trained_and_no_random_number_is_drawn():
    network = Network([2, 3, 1], seed=1)
    before = torch.get_rng_state()
    sequential = to_torch(network)
    assert (torch.get_rng_state() == before).all()
    assert all(each.requires_grad for each in sequential.parameters())
    kept = network.parameters.copy()
    again = from_torch(sequential)
    with torch.no_grad():
        sequential[0].weight.zero_()
    assert (network.parameters == kept).all()
    assert (again.parameters == kept).all()


ACTS = "Sigmoid, Tanh, ReLU, LeakyReLU, ELU, Softplus, SiLU, GELU, Softmax"
LINEAR = "Linear(in_features=2, out_features=3, bias=True)"


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (
            lambda: nn.Linear(2, 3),
            "expected a torch.nn.Sequential of Linear layers and activations, got Linear.",
        ),
        (
            lambda: nn.Sequential(nn.Linear(2, 3), nn.Sequential(nn.Hardsigmoid())),
            "layer 1.0, Hardsigmoid(): a network has "
            f"nothing that corresponds to it. It can hold Linear, {ACTS}, Identity, Dropout and Sequential.",
        ),
        (
            lambda: nn.Sequential(nn.Linear(2, 3), nn.LogSoftmax(1)),
            "layer 1, LogSoftmax(dim=1): a network has nothing that corresponds to it. "
            f"It can hold Linear, {ACTS}, Identity, Dropout and Sequential.",
        ),
        (
            lambda: nn.Sequential(nn.Linear(2, 3), nn.LeakyReLU(0.2)),
            "layer 1, LeakyReLU(negative_slope=0.2): a network has this activation only with the slope 0.01.",
        ),
        (
            lambda: nn.Sequential(nn.Linear(2, 3), nn.ELU(2.0)),
            "layer 1, ELU(alpha=2.0): a network has this activation only with alpha 1.",
        ),
        (
            lambda: nn.Sequential(nn.Linear(2, 3), nn.Softplus(2.0)),
            "layer 1, Softplus(beta=2.0, threshold=20.0): a network has this activation only with beta 1 and a "
            "threshold of 15 or more.",
        ),
        (
            lambda: nn.Sequential(nn.Linear(2, 3), nn.GELU("tanh")),
            "layer 1, GELU(approximate='tanh'): a network has this activation only in its exact form, "
            "approximate='none'.",
        ),
        (
            lambda: nn.Sequential(nn.Linear(2, 3), nn.Softmax(0)),
            "layer 1, Softmax(dim=0): a network has this activation only over the units, dim=-1.",
        ),
        (
            lambda: nn.Sequential(nn.Linear(2, 3), nn.Softmax(1), nn.Linear(3, 1)),
            "activation 'softmax': only the output layer can use it, not a hidden one.",
        ),
        (
            lambda: nn.Sequential(nn.ReLU(), nn.Linear(2, 3)),
            "layer 0, ReLU(): no Linear layer stands before it; a network has one activation after each Linear layer.",
        ),
        (
            lambda: nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Tanh()),
            "layer 2, Tanh(): another activation stands before it; a network has one activation after each Linear "
            "layer.",
        ),
        (
            lambda: nn.Sequential(nn.Linear(2, 4), nn.Linear(2, 3)),
            f"layer 1, {LINEAR}: takes 2 inputs, but 4 units come before it.",
        ),
        (
            lambda: nn.Sequential(nn.Dropout()),
            "the Sequential holds no Linear layer, so that there is no network in it.",
        ),
        (
            lambda: nn.Sequential(nn.Linear(2, 3)).half(),
            f"layer 0, {LINEAR}: its weights are torch.float16; expected float64 or float32. "
            "Convert it with .float() first.",
        ),
        (
            lambda: nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 3).double()),
            "the layers have different dtypes (float32, float64). Convert it with .double() first.",
        ),
    ],
)  # fmt: skip
def test_what_a_network_cannot_be_is_refused_by_name(make, sentence):
    with pytest.raises(FalllineError) as refused:
        from_torch(make())
    assert str(refused.value) == sentence


def test_another_dtype_is_refused():
    with pytest.raises(FalllineError, match=r"^dtype 'float16': there is none of that name"):
        to_torch(Network([2, 1], seed=0), "float16")
