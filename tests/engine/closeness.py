"""Compare arrays, and say on failure which index is worst, by what ratio, against what tolerance."""

from __future__ import annotations

import numpy as np


def assert_close(actual, expected, *, relative: float, share: float = 1e-3, smallest: float = 1e-3, what: str = ""):
    """Each |actual − expected| ≤ relative · max(|expected|, share · largest |expected|, smallest).

    An element that is much smaller than the largest one is a difference of large terms, so its own size says
    nothing about its rounding: below `share` of the largest (or below `smallest`, the terms here being near 1)
    the tolerance no longer shrinks.
    """
    actual, expected = np.asarray(actual), np.asarray(expected)
    assert actual.shape == expected.shape, f"{what}: shape {actual.shape}, expected {expected.shape}"
    if expected.size == 0:
        return
    size = np.maximum(np.abs(expected), max(share * float(np.abs(expected).max()), smallest))
    tolerance = relative * size
    excess = np.abs(actual - expected) / tolerance
    beyond = ~(excess <= 1.0)  # NaN is beyond
    if not beyond.any():
        return
    worst = np.unravel_index(np.nanargmax(np.where(np.isnan(excess), np.inf, excess)), expected.shape)
    index = tuple(int(i) for i in worst)
    raise AssertionError(
        f"{what}: {int(beyond.sum())} of {expected.size} beyond the tolerance; the worst at index {index}: "
        f"got {actual[index]!r}, expected {expected[index]!r}, ratio {actual[index] / expected[index]:.17g}, "
        f"difference {abs(actual[index] - expected[index]):.3g}, tolerance {tolerance[index]:.3g} "
        f"(relative {relative:.3g})"
        if expected[index] != 0
        else f"{what}: {int(beyond.sum())} of {expected.size} beyond the tolerance; the worst at index {index}: "
        f"got {actual[index]!r}, expected 0, tolerance {tolerance[index]:.3g}"
    )
