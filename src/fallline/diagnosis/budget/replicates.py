"""Rows with identical inputs, found fast."""

from __future__ import annotations

import numpy as np

from fallline.engine import Array, Index

MIXERS = (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB)  # of SplitMix64 (Steele, Lea & Flood 2014)


def replicate_groups(X: Array) -> Index:
    """Return a number for each row of X (n, inputs), from 0 on and the same for rows with identical inputs, (n,).

    The rows' bits are hashed, and rows of the same hash compared: a collision costs time and no correctness. What
    compares equal is identical, so −0 is 0; numbers that differ in their last bit are different.
    """
    X = np.asarray(X, dtype=np.float64) + 0.0  # which turns −0 into 0
    hashes = np.zeros(len(X), np.uint64)
    for column in X.T:
        hashes = _mixed(hashes + np.uint64(MIXERS[0]) + np.ascontiguousarray(column).view(np.uint64))
    _, first, groups = np.unique(hashes, return_index=True, return_inverse=True)
    groups = groups.reshape(-1)
    if not np.array_equal(X, X[first[groups]]):
        _, groups = np.unique(X, axis=0, return_inverse=True)
    return np.asarray(groups, dtype=np.int64).reshape(-1)


def _mixed(bits: np.ndarray[tuple[int], np.dtype[np.uint64]]) -> np.ndarray[tuple[int], np.dtype[np.uint64]]:
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(MIXERS[1])
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(MIXERS[2])
    return bits ^ (bits >> np.uint64(31))
