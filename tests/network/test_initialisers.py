from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from fallline.engine import ACTIVATIONS, Architecture
from fallline.errors import FalllineError
from fallline.network import INITIALISERS
from fallline.network.initialisers import draw

INPUTS, UNITS = 200, 150


def weights(name, inputs=INPUTS, units=UNITS, seed=0):
    return INITIALISERS[name](np.random.default_rng(seed), inputs, units)


@pytest.mark.parametrize("name", INITIALISERS)
def test_each_draws_a_bias_last_and_the_same_bits_from_the_same_seed(name):
    W = weights(name, 3, 4)
    assert W.shape == (4, 4)
    assert W.dtype == np.float64
    np.testing.assert_array_equal(W, weights(name, 3, 4))
    assert not np.array_equal(W, weights(name, 3, 4, seed=1))


@pytest.mark.parametrize("name", ["glorot", "he", "lecun"])
def test_biases_begin_at_zero(name):
    W = weights(name)
    np.testing.assert_array_equal(W[:, -1], 0.0)
    assert np.count_nonzero(W[:, :-1]) == INPUTS * UNITS


@pytest.mark.parametrize(
    ("name", "deviation"), [("normal", 0.2), ("he", math.sqrt(2 / INPUTS)), ("lecun", math.sqrt(1 / INPUTS))]
)
def test_normal_ones_have_the_stated_deviation(name, deviation):
    W = weights(name)
    drawn = W.ravel() if name == "normal" else W[:, :-1].ravel()
    # Kolmogorov–Smirnov on 30,000 numbers sees a deviation that is off by 3 %
    assert stats.kstest(drawn / deviation, "norm").pvalue > 1e-3


def test_biases_of_normal_are_drawn_too():
    assert stats.kstest(weights("normal", 1, 5000)[:, -1] / 0.2, "norm").pvalue > 1e-3


def test_glorot_is_uniform_up_to_its_bound():
    bound = math.sqrt(6 / (INPUTS + UNITS))
    drawn = weights("glorot")[:, :-1].ravel() / bound
    assert np.abs(drawn).max() <= 1.0
    assert stats.kstest(drawn, stats.uniform(-1, 2).cdf).pvalue > 1e-3


@pytest.mark.parametrize(("inputs", "units"), [(1, 10), (2, 10), (5, 3)])
def test_nguyen_widrow_weights_have_one_length_and_biases_lie_within_it(inputs, units):
    beta = 0.7 * units ** (1 / inputs)
    W = np.concatenate([weights("nguyen_widrow", inputs, units, seed) for seed in range(200)])
    np.testing.assert_allclose(np.linalg.norm(W[:, :-1], axis=1), beta, rtol=1e-13)
    assert stats.kstest(W[:, -1] / beta, stats.uniform(-1, 2).cdf).pvalue > 1e-3


SUITED = {
    "sigmoid": "normal",
    "relu": "he",
    "leaky_relu": "he",
    "elu": "he",
    "silu": "he",
    "gelu": "he",
    "identity": "glorot",
    "tanh": "glorot",
    "softplus": "glorot",
    "softmax": "glorot",
}


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_without_a_name_each_layer_gets_the_one_that_suits_its_activation(activation):
    architecture = Architecture((3, 4, 5), ("relu", activation), "mean_squared_error")
    rng = np.random.default_rng(7)
    expected = [INITIALISERS["he"](rng, 3, 4), INITIALISERS[SUITED[activation]](rng, 4, 5)]
    drawn = draw(architecture, None, np.random.default_rng(7))
    np.testing.assert_array_equal(drawn, np.concatenate([W.ravel() for W in expected]))


@pytest.mark.parametrize("name", INITIALISERS)
def test_a_name_holds_for_every_layer(name):
    architecture = Architecture((3, 4, 5), ("relu", "tanh"), "mean_squared_error")
    rng = np.random.default_rng(7)
    expected = [INITIALISERS[name](rng, 3, 4), INITIALISERS[name](rng, 4, 5)]
    drawn = draw(architecture, name, np.random.default_rng(7))
    np.testing.assert_array_equal(drawn, np.concatenate([W.ravel() for W in expected]))


def test_unknown_initialiser_is_refused():
    architecture = Architecture((3, 1), ("relu",), "mean_squared_error")
    with pytest.raises(FalllineError) as refused:
        draw(architecture, "glorott", np.random.default_rng(0))
    assert str(refused.value) == (
        "initialiser 'glorott': there is none of that name; did you mean 'glorot'? "
        "There are normal, glorot, he, lecun, nguyen_widrow."
    )
