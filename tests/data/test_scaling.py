import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fallline.data import scaling
from fallline.data.scaling import keep_columns, moments, scale_in_place


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("block", [7, 131_072])
def test_moments_equal_numpy_over_the_rows(monkeypatch, dtype, block):
    monkeypatch.setattr(scaling, "_BLOCK_CELLS", block)
    generator = np.random.default_rng(3)
    X = generator.normal(5, 3, size=(100, 3)).astype(dtype)
    X[generator.random(X.shape) < 0.1] = np.nan
    rows = np.flatnonzero(generator.random(100) < 0.7)
    found = moments(X, rows)
    part = X[rows].astype(np.float64)
    np.testing.assert_allclose(found.mean, np.nanmean(part, axis=0), rtol=1e-13)
    np.testing.assert_allclose(found.deviation, np.nanstd(part, axis=0), rtol=1e-13)
    np.testing.assert_array_equal(found.minimum, np.nanmin(part, axis=0))
    np.testing.assert_array_equal(found.maximum, np.nanmax(part, axis=0))
    np.testing.assert_array_equal(found.present, (~np.isnan(part)).sum(axis=0))


def test_moments_leave_x_as_it_is():
    X = np.array([[1.0, np.nan], [2.0, 3.0]])
    before = X.copy()
    moments(X, np.array([0, 1]))
    np.testing.assert_array_equal(X, before)


def test_scaling_fills_and_stays_in_place():
    X = np.array([[1.0, np.nan], [3.0, 4.0]], dtype=np.float32)
    view = X[:]
    scale_in_place(X, np.array([1.0, 2.0]), np.array([2.0, 4.0]), np.array([0.0, 10.0]))
    assert view.tolist() == [[0.0, 2.0], [1.0, 0.5]]


@given(st.integers(1, 50), st.lists(st.booleans(), min_size=1, max_size=6), st.sampled_from([1, 5, 20, 1000]))
def test_kept_columns_move_together_in_the_same_memory(rows, kept, block):
    mask = np.array(kept)
    X = np.arange(rows * len(kept), dtype=np.float64).reshape(rows, len(kept))
    expected = X[:, mask].copy()
    usual, scaling._BLOCK_CELLS = scaling._BLOCK_CELLS, block
    try:
        found = keep_columns(X, mask)
    finally:
        scaling._BLOCK_CELLS = usual
    np.testing.assert_array_equal(found, expected)
    assert found.flags.c_contiguous
    assert np.shares_memory(found, X) or found.size == 0
