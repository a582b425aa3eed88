"""A thinned course has few points and every extreme."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fallline.report.figures.thinning import thinned


@given(st.integers(0, 10_000), st.integers(4, 300), st.integers(0, 2**32 - 1))
def test_there_are_never_too_many_points_and_the_ends_and_extremes_are_kept(n, most, seed):
    values = np.random.default_rng(seed).normal(size=n)
    kept = thinned(values, most)
    assert len(kept) == min(n, len(kept))
    assert len(kept) <= most
    assert (np.diff(kept) > 0).all()
    if n:
        assert {0, n - 1, int(values.argmin()), int(values.argmax())} <= set(kept.tolist())


def test_what_is_short_enough_stays_whole():
    assert thinned(np.arange(50.0), 50).tolist() == list(range(50))


def test_a_million_points_keep_every_spike():
    values = np.linspace(1.0, 0.0, 1_000_000)
    spikes = np.arange(7_000, 1_000_000, 10_000)
    values[spikes] += 5.0
    kept = thinned(values)
    assert len(kept) <= 5_000
    assert set(spikes) <= set(kept.tolist())


def test_what_is_not_finite_is_left_out():
    assert thinned(np.array([1.0, np.nan, 2.0, np.inf])).tolist() == [0, 2]


@pytest.mark.parametrize("most", [4, 5, 100])
def test_each_stretch_keeps_its_lowest_and_highest(most):
    values = np.random.default_rng(0).normal(size=1000)
    kept = thinned(values, most)
    for part in np.array_split(np.arange(1000), (most - 2) // 2):
        inside = kept[(kept >= part[0]) & (kept <= part[-1])]
        assert values[inside].min() == values[part].min()
        assert values[inside].max() == values[part].max()
