"""Whether the error has stopped falling is told apart from spikes, noise, scale and saddles."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fallline.training.plateau import LEAST_RECORDS, distance, share_left, trend

N = 2000
ITERATIONS = np.arange(N, dtype=float)
SHRINKING = np.geomspace(1.0, 1e-6, N)


def found(errors, norms=SHRINKING):
    return trend(ITERATIONS[: len(errors)], errors, norms[: len(errors)])


def test_too_few_records_say_nothing():
    assert found(np.ones(LEAST_RECORDS - 1)) is None
    assert found(np.ones(LEAST_RECORDS)) is not None


@pytest.mark.parametrize("scale", [1e-9, 1.0, 1e9])
def test_a_constant_error_is_a_plateau_at_every_scale(scale):
    assert found(np.full(N, 0.3) * scale).flat


@pytest.mark.parametrize("scale", [1e-9, 1.0, 1e9])
@pytest.mark.parametrize(
    "falling",
    [1.0 / (1.0 + ITERATIONS), np.exp(-ITERATIONS / 300.0), 1.0 - 1e-4 * ITERATIONS, (1.0 + ITERATIONS) ** -0.3],
    ids=["one over t", "exponential", "straight line", "slow power"],
)
def test_a_falling_error_is_none_at_any_scale(falling, scale):
    assert not found(falling * scale).flat


@given(st.integers(0, 2**32 - 1), st.sampled_from([0.01, 0.1, 0.5]))
def test_noise_does_not_hide_a_plateau(seed, size):
    # Three standard errors leave one plateau in 700 undetected at one look, so there are two, each with its noise.
    looks = [0.3 * (1.0 + size * np.random.default_rng([seed, look]).standard_normal(N)) for look in range(2)]
    assert any(found(errors).flat for errors in looks)


@given(st.integers(0, 2**32 - 1), st.sampled_from([0.01, 0.1]))
def test_noise_does_not_make_a_plateau_of_a_falling_error(seed, size):
    rng = np.random.default_rng(seed)
    errors = np.exp(-ITERATIONS / 1500.0) * (1.0 + size * rng.standard_normal(N))
    assert not found(errors).flat


@given(st.integers(0, 2**32 - 1))
def test_spikes_change_neither_a_plateau_nor_a_fall(seed):
    rng = np.random.default_rng(seed)
    spikes = np.where(rng.random(N) < 0.05, 1e6, 1.0)
    assert found(0.3 * spikes).flat
    assert not found(np.exp(-ITERATIONS / 500.0) * spikes).flat


def test_an_error_that_rises_counts_as_not_falling():
    assert found(0.3 + 1e-4 * ITERATIONS).flat


def test_a_growing_gradient_is_a_saddle_being_left():
    errors = 0.5 - 1e-9 * np.exp(ITERATIONS / 150.0)
    growing = 1e-6 * np.exp(ITERATIONS / 300.0)
    assert not found(errors, growing).flat
    assert found(np.full(N, 0.5), growing[::-1]).flat


def test_the_fall_of_a_straight_line_is_its_slope():
    assert found(2.0 - 1e-4 * ITERATIONS).fall == pytest.approx(1e-4)


def test_a_lower_error_is_as_far_away_as_the_slope_says():
    last = trend(ITERATIONS, 2.0 - 1e-4 * ITERATIONS, SHRINKING)
    assert distance(last, 1.0) == f"at this rate, error 1 is {round((last.error - 1.0) / 1e-4):,} iterations away"


def test_far_away_is_said_with_an_exponent():
    last = trend(ITERATIONS, 0.5 - 1e-10 * ITERATIONS, SHRINKING)
    assert distance(last, 0.01) == "at this rate, error 0.01 is 4.9e9 iterations away"


def test_a_fall_within_the_noise_gives_a_least_distance():
    rng = np.random.default_rng(0)
    noisy = trend(ITERATIONS, 0.3 + 0.01 * rng.standard_normal(N), SHRINKING)
    assert distance(noisy, 0.1).startswith("the fall is lost in the noise; error 0.1 is at least ")


def test_an_error_that_does_not_fall_never_gets_there():
    rising = trend(ITERATIONS, 0.3 + 1e-4 * ITERATIONS, SHRINKING)
    assert distance(rising, 0.1) == "the error does not fall any more, so error 0.1 is out of reach this way"


@pytest.mark.parametrize("power", [0.1, 1.0, 2.5])
@pytest.mark.parametrize("scale", [1e-9, 1.0])
def test_what_a_doubling_leaves_of_a_power_of_the_iterations_is_that_power_of_a_half(power, scale):
    iterations = np.arange(1.0, 400.0)
    assert share_left(iterations, scale * iterations**-power) == pytest.approx(0.5**power, rel=0.01)


@pytest.mark.parametrize(
    "errors",
    [np.ones(50), np.arange(1.0, 50.0), np.zeros(50), np.ones(2), np.ones(1), np.full(50, np.inf), np.full(50, np.nan)],
    ids=["constant", "rising", "zero", "two", "one", "infinite", "nan"],
)
def test_all_is_left_where_nothing_falls_or_nothing_can_be_told(errors):
    assert share_left(np.arange(float(len(errors))), errors) == 1.0
