import numpy as np
import polars as pl
import pytest

from fallline.data.profiles import NUMBER_LIMIT, TEXT_LIMIT, Profile


def profile(*batches, name="x", **options):
    found = Profile(name, 1, **options)
    for batch in batches:
        found.update(batch if isinstance(batch, pl.Series) else pl.Series(batch, dtype=pl.String))
    return found


def test_counts_range_and_offenders_over_batches_equal_those_of_the_whole():
    cells = ["1", "2.5", "", "x", "-3", "?", "x", "1e2"]
    whole = profile(cells)
    for cut in range(1, len(cells)):
        parts = profile(cells[:cut], cells[cut:])
        assert parts == whole
    assert (whole.rows, whole.missing, whole.unparsable, whole.minimum, whole.maximum) == (8, 2, 2, -3.0, 100.0)
    assert whole.offenders == [(4, "x"), (7, "x")]
    assert whole.counts == {"1": 1, "2.5": 1, "x": 2, "-3": 1, "1e2": 1}


def test_infinities_are_kept_with_their_rows():
    assert profile(["1", "inf"], ["2", "-1e999"]).infinite == [(2, "inf"), (4, "-1e999")]
    found = profile(pl.Series([1.0, np.inf]), pl.Series([np.inf, np.inf]))
    assert [row for row, _ in found.infinite] == [2, 3, 4]
    assert (found.minimum, found.maximum) == (1.0, 1.0)


def test_a_running_number_is_one_only_in_order_and_without_gaps():
    assert profile(["0", "1"], ["2", "3"]).running
    assert profile(["1", "2"], ["3"]).running
    assert profile(pl.Series([0, 1, 2])).running
    for cells in (["2", "3"], ["0", "2"], ["1", "0"], ["0", "", "2"], ["0", "x"], ["0.5", "1.5"]):
        assert not profile(cells).running, cells
    assert not profile(["0", "1"], ["1", "2"]).running


def test_different_numbers_are_counted_up_to_a_limit():
    found = profile(*[[str(i * 1000 + j + 0.5) for j in range(1000)] for i in range(3)])
    assert not found.complete
    assert found.distinct() == NUMBER_LIMIT
    assert profile(["1", "1.0", "01", "2"]).distinct() == 2


def test_different_texts_are_counted_up_to_a_higher_limit():
    texts = [f"t{i}" for i in range(TEXT_LIMIT + 1)]
    assert profile(texts[:-1]).complete
    found = profile(texts)
    assert not found.complete
    assert found.distinct() == TEXT_LIMIT + 1
    numbers = [str(i) for i in range(2 * NUMBER_LIMIT)]
    assert profile(numbers, forced="categorical").distinct() == 2 * NUMBER_LIMIT
    assert profile(numbers, name="user_id").distinct() == 2 * NUMBER_LIMIT


@pytest.mark.parametrize("name", ["id", "ID", "Index", "row_number", "PassengerId", "user id", "order_id", "uuid"])
def test_names_of_identifiers(name):
    assert Profile(name, 1).identifier_name


@pytest.mark.parametrize("name", ["idea", "width", "humid", "paid", "grid", "number of rooms", "x1", "acid"])
def test_names_that_only_look_like_identifiers(name):
    assert not Profile(name, 1).identifier_name
