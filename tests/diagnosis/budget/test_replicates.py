"""Rows with identical inputs."""

import time

import numpy as np
import pytest

from fallline.diagnosis.budget import replicates
from fallline.diagnosis.budget.replicates import replicate_groups


def same_partition(a, b):
    """Whether two numberings name the same groups."""
    pairs = len(np.unique(np.stack([a, b]), axis=1).T)
    return pairs == len(np.unique(a)) == len(np.unique(b))


@pytest.mark.parametrize("seed", range(5))
def test_groups_are_those_of_a_comparison_of_all_columns(seed):
    rng = np.random.default_rng(seed)
    X = rng.integers(-1, 2, size=(200, 3)) * rng.choice([0.1, 1.0, 1e-300], size=3)
    assert same_partition(replicate_groups(X), np.unique(X, axis=0, return_inverse=True)[1].reshape(-1))


def test_negative_zero_is_zero_and_the_last_bit_counts():
    X = np.array([[0.0, 1.0], [-0.0, 1.0], [0.0, np.nextafter(1.0, 2.0)], [1.0, 0.0]])
    groups = replicate_groups(X)
    assert groups[0] == groups[1]
    assert len(set(groups.tolist())) == 3


def test_rows_whose_hashes_collide_stay_apart(monkeypatch):
    monkeypatch.setattr(replicates, "_mixed", lambda bits: np.zeros_like(bits))
    X = np.array([[1.0], [2.0], [1.0], [3.0]])
    assert same_partition(replicate_groups(X), np.array([0, 1, 0, 2]))


def test_ten_thousand_rows_of_ten_inputs_are_grouped_without_comparing_each_with_each():
    X = np.random.default_rng(0).normal(size=(10_000, 10))
    seconds = []
    for _ in range(7):
        began = time.perf_counter()
        groups = replicate_groups(X)
        seconds.append(time.perf_counter() - began)
    assert len(np.unique(groups)) == 10_000
    assert min(seconds) < 0.2
