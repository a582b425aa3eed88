from __future__ import annotations

import re

import numpy as np
import pytest

from fallline import FalllineError, Network
from fallline.engine import Architecture, rows

XOR = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
XOR_TARGETS = np.array([0.0, 1.0, 1.0, 0.0])


def drawn(shape=(3, 5, 2), n=8, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, shape[0])), rng.random((n, shape[-1]))


def sentence(call, *arguments, **options):
    with pytest.raises(FalllineError) as refused:
        call(*arguments, **options)
    return str(refused.value)


VALUE = {"sigmoid": lambda z: 1 / (1 + np.exp(-z)), "tanh": np.tanh, "identity": lambda z: z}
SLOPE = {"sigmoid": lambda a: a * (1 - a), "tanh": lambda a: 1 - a**2, "identity": lambda a: 1 + 0 * a}


class ByHand:
    """Gradient descent on ½ Σ (ŷ − y)² as one writes it without a library, units across, rows down the columns."""

    def __init__(self, layers, activations):
        self.weights = [W[:, :-1].copy() for W in layers]
        self.biases = [W[:, -1:].copy() for W in layers]
        self.activations = activations

    def step(self, X, y, rate):
        outputs = [X.T]
        for W, b, f in zip(self.weights, self.biases, self.activations, strict=True):
            outputs.append(VALUE[f](W.dot(outputs[-1]) + b))
        error = outputs[-1] - y.T
        back = error
        for i in range(len(self.weights) - 1, -1, -1):
            delta = back * SLOPE[self.activations[i]](outputs[i + 1])
            back = self.weights[i].T.dot(delta)
            self.weights[i] = self.weights[i] - rate * delta.dot(outputs[i].T)
            self.biases[i] = self.biases[i] - rate * delta.sum(axis=1, keepdims=True)
        return 0.5 * (error**2).sum()

    def flat(self):
        return np.concatenate([np.c_[W, b].ravel() for W, b in zip(self.weights, self.biases, strict=True)])


CASES = [
    ((2, 3, 1), "sigmoid"),
    ((3, 5, 2), "tanh"),
    ((3, 4, 4, 2), ("sigmoid", "tanh", "identity")),
    ((2, 1), "identity"),
]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("shape", "activation"), CASES)
def test_a_hundred_steps_agree_with_gradient_descent_by_hand(shape, activation, seed):
    X, y = drawn(shape, seed=seed)
    trained, stepped = (Network(shape, activation, initialiser="normal", seed=seed) for _ in range(2))
    hand = ByHand(trained.layers, trained.architecture.activations)
    np.testing.assert_allclose(trained.run(X), run_by_hand(hand, X), rtol=1e-14, atol=1e-15)
    expected = [hand.step(X, y, 0.05) for _ in range(100)]
    errors = trained.train(X, y, learning_rate=0.05, iterations=100)
    singly = [stepped.backpropagate(X, y, 0.05) for _ in range(100)]
    np.testing.assert_allclose(errors[:-1], expected, rtol=1e-12)
    np.testing.assert_array_equal(errors[:-1], singly)
    assert errors[-1] == trained.error(X, y)
    assert expected[-1] < expected[0]
    np.testing.assert_allclose(trained.parameters, hand.flat(), rtol=1e-12, atol=1e-14)
    np.testing.assert_array_equal(trained.parameters, stepped.parameters)


def run_by_hand(hand, X):
    a = X.T
    for W, b, f in zip(hand.weights, hand.biases, hand.activations, strict=True):
        a = VALUE[f](W.dot(a) + b)
    return a.T


def iterations_to_learn_xor(seed):
    """Iterations until ½·Σ(ŷ−y)² is below 1e-4, or None if that takes more than 300,000; and the network."""
    network = Network([2, 3, 1], activation="sigmoid", initialiser="normal", seed=seed)
    errors = network.train(XOR, XOR_TARGETS, learning_rate=0.5, iterations=300_000)
    below = np.flatnonzero(errors < 1e-4)
    return (int(below[0]) if len(below) else None), network


@pytest.mark.parametrize("seed", range(50))
def test_xor_is_learned_from_every_one_of_fifty_seeds(seed):
    iterations, network = iterations_to_learn_xor(seed)
    assert iterations is not None, f"seed {seed}: error {network.error(XOR, XOR_TARGETS)}"
    assert network.run(XOR).round().ravel().tolist() == [0.0, 1.0, 1.0, 0.0]


def test_zero_iterations_give_the_error_and_change_nothing():
    network = Network([2, 3, 1], seed=0)
    before = network.parameters.copy()
    errors = network.train(XOR, XOR_TARGETS, 0.5, 0)
    assert errors.tolist() == [network.error(XOR, XOR_TARGETS)]
    np.testing.assert_array_equal(network.parameters, before)


def test_lists_of_integers_are_rows_too():
    network = Network([2, 3, 1], seed=0)
    np.testing.assert_array_equal(network.run([[0, 0], [0, 1], [1, 0], [1, 1]]), network.run(XOR))
    assert network.error(XOR.astype(int).tolist(), [0, 1, 1, 0]) == network.error(XOR, XOR_TARGETS)


def test_one_row_of_input_gives_one_row_of_output():
    network = Network([3, 5, 2], "tanh", seed=0)
    X, _ = drawn()
    single = network.run(X[0])
    assert single.shape == (2,)
    np.testing.assert_allclose(single, network.run(X)[0], rtol=1e-13)
    assert network.run(X[:1]).shape == (1, 2)
    assert network.run(X[:0]).shape == (0, 2)


def test_one_row_of_input_takes_one_row_of_targets():
    network = Network([3, 5, 2], "tanh", seed=0)
    X, y = drawn()
    assert network.error(X[0], y[0]) == network.error(X[:1], y[:1])
    assert network.error(X[:1], y[0]) == network.error(X[:1], y[:1])


def test_with_one_output_targets_may_be_a_vector():
    network = Network([2, 3, 1], seed=0)
    column = XOR_TARGETS[:, None]
    assert network.error(XOR, XOR_TARGETS) == network.error(XOR, column)
    left, right = (Network([2, 3, 1], seed=0) for _ in range(2))
    np.testing.assert_array_equal(left.train(XOR, XOR_TARGETS, 0.5, 3), right.train(XOR, column, 0.5, 3))
    np.testing.assert_array_equal(left.parameters, right.parameters)


def test_many_rows_run_in_blocks(monkeypatch):
    network = Network([3, 5, 2], "tanh", seed=0)
    X, _ = drawn(n=200)
    whole = network.run(X)
    monkeypatch.setattr(rows, "BLOCK_ELEMENTS", 1)
    np.testing.assert_allclose(network.run(X), whole, rtol=1e-13)
    assert network.run(X.astype(np.float32)).dtype == np.float64


@pytest.mark.parametrize(
    ("X", "shape"),
    [
        ([[1.0, 2.0]], "(1, 2)"),
        ([1.0, 2.0, 3.0, 4.0], "(4,)"),
        (np.zeros((2, 3, 1)), "(2, 3, 1)"),
        (np.zeros((2, 1, 3)), "(2, 1, 3)"),
        (np.zeros((4, 0)), "(4, 0)"),
    ],
)
@pytest.mark.parametrize("method", ["run", "error", "backpropagate", "train"])
def test_input_of_another_width_is_refused(method, X, shape):
    network = Network([3, 5, 2], seed=0)
    more = {"run": (), "error": ([[1, 2]],), "backpropagate": ([[1, 2]], 0.1), "train": ([[1, 2]], 0.1, 1)}[method]
    assert sentence(getattr(network, method), X, *more) == (
        f"X: expected rows of 3 numbers, one for each input of [3, 5, 2], got an array of shape {shape}."
    )


@pytest.mark.parametrize(
    ("y", "shape"),
    [
        (np.zeros((8, 1)), "(8, 1)"),
        (np.zeros((7, 2)), "(7, 2)"),
        (np.zeros(8), "(8,)"),
        (np.zeros(16), "(16,)"),
        (0.0, "()"),
        (np.zeros((8, 2, 1)), "(8, 2, 1)"),
    ],
)
@pytest.mark.parametrize("method", ["error", "backpropagate", "train"])
def test_targets_of_another_shape_are_refused(method, y, shape):
    network = Network([3, 5, 2], seed=0)
    before = network.parameters.copy()
    more = {"error": (), "backpropagate": (0.1,), "train": (0.1, 1)}[method]
    assert sentence(getattr(network, method), drawn()[0], y, *more) == (
        "y: expected 8 rows of 2 numbers, one row for each row of X and one number for each output of [3, 5, 2], "
        f"got an array of shape {shape}."
    )
    np.testing.assert_array_equal(network.parameters, before)


@pytest.mark.parametrize(("y", "shape"), [(np.zeros(3), "(3,)"), (np.zeros((1, 4)), "(1, 4)"), (np.zeros(5), "(5,)")])
def test_a_vector_of_targets_of_another_length_is_refused(y, shape):
    assert sentence(Network([2, 3, 1], seed=0).error, XOR, y) == (
        "y: expected 4 rows of 1 numbers, one row for each row of X and one number for each output of [2, 3, 1], "
        f"got an array of shape {shape}."
    )


def test_two_networks_share_nothing():
    first, second = Network([2, 3, 1], seed=0), Network([2, 3, 1], seed=0)
    kept = second.parameters.copy()
    first.train(XOR, XOR_TARGETS, 0.5, 5)
    assert not np.shares_memory(first.parameters, second.parameters)
    np.testing.assert_array_equal(second.parameters, kept)
    assert not np.array_equal(first.parameters, kept)
    own = {name: value for name, value in vars(Network).items() if not name.startswith("__")}  # copying leaves some
    assert [name for name, value in own.items() if isinstance(value, np.ndarray | list | dict)] == []


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_same_seed_same_bits_other_seed_other_weights(dtype):
    first, again, other = (Network([3, 5, 2], seed=seed, dtype=dtype) for seed in (4, 4, 5))
    assert first.parameters.tobytes() == again.parameters.tobytes()
    assert np.intersect1d(first.parameters, other.parameters).size == 0
    X, y = drawn()
    assert first.train(X, y, 0.1, 20).tobytes() == again.train(X, y, 0.1, 20).tobytes()
    assert first.parameters.tobytes() == again.parameters.tobytes()


def test_without_a_seed_each_network_is_another():
    assert not np.array_equal(Network([2, 3, 1]).parameters, Network([2, 3, 1]).parameters)


def test_normal_weights_are_drawn_layer_by_layer_with_deviation_0_2():
    rng = np.random.default_rng(3)
    network = Network([2, 3, 1], initialiser="normal", seed=3)
    for W in network.layers:
        np.testing.assert_array_equal(W, rng.normal(scale=0.2, size=W.shape))


def test_layers_are_views_with_the_bias_last():
    network = Network([1, 1], "identity", seed=0)
    network.layers[0][...] = [[2.0, 3.0]]
    np.testing.assert_array_equal(network.run([[10.0]]), [[23.0]])
    np.testing.assert_array_equal(network.parameters, [2.0, 3.0])
    assert network.shape == (1, 1)


def overflowing():
    """A line through three points, descended at fifty times the stable rate."""
    return Network([1, 1], "identity", seed=0), np.array([[1.0], [2.0], [3.0]]), np.array([1.0, 2.0, 4.0])


@pytest.mark.parametrize("short", [0, 1, 50])
def test_overflow_is_caught_with_the_weights_and_the_error_before_the_step(short):
    """`short` iterations beyond the one that overflows are still asked for."""
    network, X, y = overflowing()
    by_hand = Network.from_parameters(network.architecture, network.parameters)
    history = []
    with np.errstate(over="ignore", invalid="ignore"):
        while np.isfinite(error := by_hand.error(X, y)):
            history.append((error, by_hand.parameters.copy()))
            by_hand.backpropagate(X, y, 10.0)
    last_error, last_weights = history[-1]
    assert sentence(network.train, X, y, 10.0, len(history) + short) == (
        f"The error overflowed at iteration {len(history)} (before it: {last_error:.6g}). "
        "A learning rate below 10 would keep the descent stable."
    )
    np.testing.assert_array_equal(network.parameters, last_weights)
    assert network.error(X, y) == last_error


def test_an_error_that_is_not_finite_at_first_changes_nothing():
    network, X, y = overflowing()
    before = network.parameters.copy()
    X[1] = np.nan
    message = sentence(network.train, X, y, 0.01, 10)
    assert message.startswith("The error is nan before the first step: ")
    np.testing.assert_array_equal(network.parameters, before)


def test_report_every_hands_a_line_at_every_so_many_steps():
    lines = []
    errors = Network([2, 3, 1], seed=0).train(XOR, XOR_TARGETS, 0.5, 2000, report_every=1000, report=lines.append)
    assert lines == [
        f"iteration         0  error {errors[0]:.8g}",
        f"iteration     1,000  error {errors[1000]:.8g}",
        f"iteration     2,000  error {errors[2000]:.8g}",
    ]


def test_report_prints_when_not_told_where_and_only_when_asked(capsys):
    network = Network([2, 3, 1], seed=0)
    network.train(XOR, XOR_TARGETS, 0.5, 3)
    assert capsys.readouterr().out == ""
    errors = network.train(XOR, XOR_TARGETS, 0.5, 1, report_every=2)
    assert capsys.readouterr().out == f"iteration         0  error {errors[0]:.8g}\n"


def test_reporting_leaves_the_steps_as_they_are():
    silent, loud = Network([2, 3, 1], seed=0), Network([2, 3, 1], seed=0)
    left = silent.train(XOR, XOR_TARGETS, 0.5, 10)
    right = loud.train(XOR, XOR_TARGETS, 0.5, 10, report_every=1, report=lambda line: None)
    np.testing.assert_array_equal(left, right)
    np.testing.assert_array_equal(silent.parameters, loud.parameters)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_from_parameters_copies(dtype):
    architecture = Architecture((2, 3, 1), ("tanh", "identity"), "huber")
    parameters = np.arange(13, dtype=dtype)
    network = Network.from_parameters(architecture, parameters)
    assert network.architecture is architecture
    assert network.parameters.dtype == dtype
    assert not np.shares_memory(network.parameters, parameters)
    parameters[0] = 99.0
    np.testing.assert_array_equal(network.parameters, np.arange(13))


@pytest.mark.parametrize(("shape", "text"), [((12,), "(12,)"), ((1, 13), "(1, 13)"), ((), "()")])
def test_from_parameters_refuses_another_length(shape, text):
    architecture = Architecture((2, 3, 1), ("tanh", "identity"), "huber")
    assert sentence(Network.from_parameters, architecture, np.zeros(shape)) == (
        f"parameters: expected a vector of 13 numbers for shape [2, 3, 1], got an array of shape {text}."
    )


def test_other_dtypes_are_refused():
    refusal = "dtype 'float16': there is none of that name; did you mean 'float64'? There are float64, float32."
    assert sentence(Network, [2, 1], dtype="float16") == refusal
    architecture = Architecture((2, 1), ("tanh",), "huber")
    assert sentence(Network.from_parameters, architecture, np.zeros(3, np.int64)) == (
        "dtype 'int64': there is none of that name. There are float64, float32."
    )


@pytest.mark.parametrize("loss", ["half_squared_error", "mean_absolute_error", "huber", "categorical_cross_entropy"])
@pytest.mark.parametrize("hidden", ["sigmoid", "relu", "elu", "softplus", "silu", "gelu", "leaky_relu", "tanh"])
def test_float32_stays_float32_everywhere(hidden, loss):
    output = "softmax" if loss == "categorical_cross_entropy" else "identity"
    network = Network([3, 5, 2], [hidden, output], loss=loss, seed=0, dtype="float32")
    X, y = drawn()
    network.train(X, y, 0.01, 5)
    network.backpropagate(X, y, 0.01)
    assert network.parameters.dtype == np.float32
    assert {W.dtype for W in network.layers} == {np.dtype(np.float32)}
    assert network.run(X).dtype == network.run(X[0]).dtype == np.float32


def test_float32_trains_as_float64_does():
    X, y = drawn()
    single, double = (Network([3, 5, 2], "tanh", seed=0, dtype=dtype) for dtype in ("float32", "float64"))
    np.testing.assert_array_equal(single.parameters, double.parameters.astype(np.float32))
    np.testing.assert_allclose(single.train(X, y, 0.01, 50), double.train(X, y, 0.01, 50), rtol=1e-5)


def test_arguments_are_left_as_they_were():
    X, y = drawn()
    kept = X.copy(), y.copy()
    network = Network([3, 5, 2], "tanh", seed=0)
    network.train(X, y, 0.1, 3)
    out = network.run(X)
    out += 1.0
    np.testing.assert_array_equal(X, kept[0])
    np.testing.assert_array_equal(y, kept[1])


@pytest.mark.parametrize(
    ("network", "text"),
    [
        (Network([2, 3, 1], seed=0), "Network([2, 3, 1], 'sigmoid', loss='half_squared_error', dtype='float64')"),
        (
            Network([2, 3, 1], ["tanh", "identity"], loss="huber", seed=0, dtype=np.float32),
            "Network([2, 3, 1], ['tanh', 'identity'], loss='huber', dtype='float32')",
        ),
    ],
)
def test_repr_says_what_it_is(network, text):
    assert repr(network) == text


def test_the_architectures_sentences_reach_the_caller():
    assert sentence(Network, [2, 0, 1]) == (
        "shape [2, 0, 1]: expected at least two sizes of 1 or more, the first for the inputs and the last for the "
        "outputs, such as [2, 3, 1]."
    )


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_predictor_runs_the_present_weights(dtype):
    network = Network([3, 4, 2], ["tanh", "softmax"], loss="mean_squared_error", seed=1, dtype=dtype)
    predict, X = network.predictor(), np.random.default_rng(0).normal(size=(5, 3)).astype(dtype)
    for _ in range(2):
        np.testing.assert_allclose(predict(X), network.run(X), rtol=1e-5 if dtype == "float32" else 1e-12)
        network.parameters *= 2.0


@pytest.mark.parametrize(
    ("X", "got"),
    [
        (np.zeros((5, 4)), "float64 with the shape (5, 4)"),
        (np.zeros(3), "float64 with the shape (3,)"),
        (np.zeros((5, 3), np.float32), "float32 with the shape (5, 3)"),
        (np.zeros((3, 5)).T, "float64 with the shape (5, 3)"),
    ],
)
def test_a_predictor_refuses_what_it_cannot_read(X, got):
    predict = Network([3, 2, 1], seed=1).predictor()
    with pytest.raises(FalllineError, match=re.escape(got)):
        predict(X)
