"""A logarithmic axis has round labels, neither one nor too many, whatever the range."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fallline.report.figures.elements import decades


@pytest.mark.parametrize(
    ("low", "high", "labels"),
    [
        (1e-7, 0.7, [1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 0.01, 0.1]),
        (0.02, 2.4, [0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0]),
        (0.45, 1.1, [0.5, 0.6, 0.7, 0.8, 0.9, 1.0]),
        (0.98, 1.35, [1.0, 1.1, 1.2, 1.3]),
        (0.44853, 0.44861, [0.44854, 0.44856, 0.44858, 0.4486]),
        (2.0, 2.0, [2.0]),
    ],
)
def test_labels_of_ranges_as_they_come(low, high, labels):
    assert decades(low, high) == pytest.approx(labels)


@settings(max_examples=1000)
@given(st.floats(1e-12, 1e12), st.floats(1.0, 1e12), st.integers(4, 9))
def test_labels_lie_in_the_range_and_are_few(low, ratio, most):
    high = low * ratio
    found = decades(low, high, most)
    assert 1 <= len(found) <= most
    assert found == sorted(set(found))
    assert low * (1.0 - 1e-6) <= found[0]
    assert found[-1] <= high * (1.0 + 1e-6)
