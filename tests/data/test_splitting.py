import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fallline.data.splitting import split_rows
from fallline.errors import DataError


@given(
    rows=st.integers(2, 300),
    share=st.floats(0.01, 0.9),
    seed=st.integers(0, 2**32),
    kinds=st.integers(0, 5),
)
def test_the_split_is_a_stratified_reproducible_partition(rows, share, seed, kinds):
    classes = np.random.default_rng(seed).integers(0, kinds, rows) if kinds else None
    train, validation, _ = split_rows(rows, share, seed, classes)
    np.testing.assert_array_equal(np.sort(np.concatenate([train, validation])), np.arange(rows))
    assert (np.diff(train) > 0).all()
    assert (np.diff(validation) > 0).all()
    assert train.dtype == validation.dtype == np.int64
    assert len(train) >= 1
    again = split_rows(rows, share, seed, classes)
    np.testing.assert_array_equal(again[1], validation)
    if classes is None:
        assert len(validation) == min(max(1, round(share * rows)), rows - 1)
        return
    for k in np.unique(classes):
        size = int((classes == k).sum())
        taken = int((classes[validation] == k).sum())
        assert taken <= size - 1
        assert abs(taken - share * size) <= 1 or taken == size - 1


def test_other_seeds_give_other_splits():
    assert not np.array_equal(split_rows(100, 0.2, 0)[1], split_rows(100, 0.2, 1)[1])


def test_the_split_of_a_seed_is_the_same_on_every_machine():
    assert split_rows(10, 0.3, 0)[1].tolist() == sorted(np.random.Generator(np.random.PCG64(0)).permutation(10)[:3])


def test_small_tables_are_not_split_unless_asked():
    train, validation, notes = split_rows(19, None, 0)
    assert (len(train), len(validation)) == (19, 0)
    assert notes == [
        "No rows are set aside for validation: the table has only 19 rows. Pass --validation 0.2 to do so all the same."
    ]
    assert len(split_rows(20, None, 0)[1]) == 4
    assert len(split_rows(4, 0.25, 0)[1]) == 1
    assert split_rows(4, 0.0, 0)[2] == []


@pytest.mark.parametrize("share", [-0.1, 0.95, 1.0, 20.0, float("nan")])
def test_impossible_shares_are_refused(share):
    with pytest.raises(DataError, match=r"--validation .*: expected a fraction from 0 to 0.9."):
        split_rows(100, share, 0)


def test_classes_of_one_row_each_leave_nothing_to_validate():
    train, validation, notes = split_rows(3, 0.5, 0, np.array([0, 1, 2]))
    assert (len(train), len(validation)) == (3, 0)
    assert notes == ["No rows are set aside for validation: every class has only one row."]
