"""Stretches over which an error stands still are found whatever the error's unit and the run's length."""

from __future__ import annotations

import numpy as np
import pytest

from fallline.training.plateaus import plateaus

STEPS = np.concatenate(
    [np.full(300, 0.5), np.geomspace(0.5, 0.33, 100), np.full(300, 0.33), np.geomspace(0.33, 1e-4, 300)]
)


@pytest.mark.parametrize("unit", [1.0, 1e-9, 1e6])
@pytest.mark.parametrize("spacing", [1, 1000])
def test_both_plateaus_of_a_staircase_are_found(unit, spacing):
    at = np.arange(1000.0) * spacing
    (first, second) = plateaus(at, unit * STEPS)
    assert first == pytest.approx((0.0, 300.0 * spacing), abs=60 * spacing)
    assert second == pytest.approx((400.0 * spacing, 700.0 * spacing), abs=60 * spacing)


def test_an_even_fall_has_none():
    assert plateaus(np.arange(1000.0), np.geomspace(1.0, 1e-5, 1000)) == []


def test_a_fall_as_a_power_of_the_iterations_has_none():
    at = np.arange(1.0, 10_000.0)
    assert plateaus(at, 1.0 / at) == []


def test_the_end_of_a_converged_run_is_one_to_its_last_iteration():
    at = np.arange(2000.0)
    ((first, last),) = plateaus(at, 0.2 + np.exp(-at / 60.0))
    assert 200 < first < 700
    assert last == 1999.0


def test_noise_does_not_hide_one():
    noise = np.exp(0.02 * np.random.default_rng(0).normal(size=1000))
    assert len(plateaus(np.arange(1000.0), STEPS * noise)) == 2


def test_an_error_that_never_moves_is_one_plateau():
    assert plateaus(np.arange(100.0), np.full(100, 0.7)) == [(0.0, 99.0)]


def test_an_error_that_rises_steeply_is_none():
    assert plateaus(np.arange(1000.0), np.geomspace(1e-3, 1e6, 1000)) == []


def test_unevenly_recorded_iterations_count_as_far_apart_as_they_are():
    at = np.concatenate([np.arange(4000.0), np.arange(4000.0, 100_000.0, 64.0)])
    (stretch,) = plateaus(at, np.where(at < 50_000, 1.0, np.exp(-(at - 50_000) / 5_000)))
    assert stretch == pytest.approx((0.0, 50_000.0), rel=0.1)


@pytest.mark.parametrize("errors", [[], [1.0], np.full(20, 1.0), np.full(100, np.nan), np.zeros(100)])
def test_too_little_says_nothing(errors):
    assert plateaus(np.arange(float(len(errors))), np.asarray(errors, dtype=float)) == []
