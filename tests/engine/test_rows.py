from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fallline.engine import Rows, rows


def table(n=10):
    return np.arange(3.0 * n).reshape(n, 3), -np.arange(2.0 * n).reshape(n, 2)


@given(n=st.integers(0, 25), length=st.integers(1, 30), indexed=st.booleans(), seed=st.integers(0, 2**32 - 1))
def test_blocks_are_all_rows_in_order(n, length, indexed, seed):
    X, y = table(25)
    index = np.random.default_rng(seed).permutation(25)[:n] if indexed else None
    part = Rows(X, y, index) if indexed else Rows(X[:n], y[:n])
    blocks = list(part.blocks(length))
    assert len(part) == n
    assert [len(block) for block, _ in blocks] == [min(length, n - start) for start in range(0, n, length)]
    assert all(len(a) == len(b) for a, b in blocks)
    expected = (X[index], y[index]) if indexed else (X[:n], y[:n])
    for k in (0, 1):
        together = np.concatenate([block[k] for block in blocks]) if blocks else expected[k][:0]
        np.testing.assert_array_equal(together, expected[k])


def test_without_index_a_block_is_a_view():
    X, y = table()
    assert all(np.shares_memory(part, whole) for part, whole in zip(Rows(X, y).block(2, 5), (X, y), strict=True))


@given(seed=st.integers(0, 2**32 - 1))
def test_a_batch_is_the_rows_at_positions_within_the_index(seed):
    X, y = table()
    rng = np.random.default_rng(seed)
    index, positions = rng.permutation(10)[:6], rng.permutation(6)[:4]
    some = Rows(X, y, index).batch(positions)
    np.testing.assert_array_equal(some[0], X[index][positions])
    np.testing.assert_array_equal(some[1], y[index][positions])
    everything = Rows(X, y).batch(positions)
    np.testing.assert_array_equal(everything[0], X[positions])
    np.testing.assert_array_equal(everything[1], y[positions])


def test_compact_copies_named_rows_and_nothing_else():
    X, y = table()
    index = np.array([7, 0, 7, 3])
    compact = Rows(X, y, index).compact()
    assert compact.index is None
    np.testing.assert_array_equal(compact.X, X[index])
    np.testing.assert_array_equal(compact.y, y[index])
    assert compact.X.flags.c_contiguous
    assert not np.shares_memory(compact.X, X)
    whole = Rows(X, y)
    assert whole.compact() is whole


@pytest.mark.parametrize(("most_bytes", "copied"), [(4 * (3 + 2) * 8, True), (4 * (3 + 2) * 8 - 1, False)])
def test_compact_leaves_large_selections_where_they_are(most_bytes, copied):
    X, y = table()
    part = Rows(X, y, np.array([1, 2, 3, 4]))
    assert (part.compact(most_bytes) is not part) == copied


@pytest.mark.parametrize(("widest", "length"), [(1, 2**19), (8, 2**16), (2**13, 64), (2**20, 64), (3, 174762)])
def test_block_length_bounds_the_elements_but_keeps_a_block_worth_it(widest, length):
    assert rows.block_length(widest) == length
