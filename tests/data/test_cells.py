import datetime

import numpy as np
import polars as pl
import pytest

from fallline.data.cells import booleans, is_missing, is_number, missing, numbers, texts


@pytest.mark.parametrize("cell", ["", " ", "NA", "n/a", "NaN", "NULL", "none", "?", " - ", "."])
def test_markers_stand_for_missing_cells_in_any_case(cell):
    assert is_missing(cell)
    assert missing(pl.Series([cell, "x"])).tolist() == [True, False]
    assert texts(pl.Series([cell])).to_list() == [None]
    values, unread = numbers(pl.Series([cell, "1"]))
    assert np.isnan(values[0])
    assert len(unread) == 0


@pytest.mark.parametrize(
    ("cell", "value"), [("1", 1), (" -2.5 ", -2.5), ("+3e-2", 0.03), (".5", 0.5), ("5.", 5), ("1E3", 1000)]
)
def test_numbers_are_read_as_python_reads_them(cell, value):
    assert is_number(cell)
    values, unread = numbers(pl.Series([cell]))
    assert values.tolist() == [value] == [float(cell)]
    assert len(unread) == 0


@pytest.mark.parametrize("cell", ["1,000", "3 kg", "0x10", "1_000", "one", "--1", "1e"])
def test_other_texts_are_no_numbers(cell):
    assert not is_number(cell)
    values, unread = numbers(pl.Series(["1", cell]))
    assert unread.tolist() == [1]
    assert np.isnan(values[1])


def test_a_decimal_comma_is_read_and_a_point_beside_it_refused():
    values, unread = numbers(pl.Series(["3,14", "2", "1.234", "."]), ",")
    assert values[:2].tolist() == [3.14, 2.0]
    assert unread.tolist() == [2]


def test_infinities_are_numbers_so_that_they_can_be_reported():
    values, unread = numbers(pl.Series(["inf", "1e999", "-Infinity"]))
    assert np.isinf(values).all()
    assert len(unread) == 0


def test_typed_columns_become_numbers():
    series = pl.Series([datetime.timedelta(hours=36), None])
    assert numbers(series)[0].tolist()[0] == 1.5
    assert numbers(pl.Series([datetime.time(6)]))[0].tolist() == [0.25]
    assert numbers(pl.Series(["1.5", "2"]).cast(pl.Decimal(10, 2)))[0].tolist() == [1.5, 2.0]
    assert numbers(pl.Series([1, None], dtype=pl.UInt8))[0].tolist()[0] == 1.0


def test_whole_floats_and_integers_have_the_same_text():
    assert texts(pl.Series([1.0, 2.5, None, float("nan")])).to_list() == ["1", "2.5", None, None]
    assert texts(pl.Series([1, None])).to_list() == ["1", None]
    assert texts(pl.Series([1e300])).to_list() == [str(1e300)]


def test_booleans_in_words_numbers_and_types():
    values, unread = booleans(pl.Series(["Yes", "no", "T", "0", "", "perhaps"]))
    assert values[:4].tolist() == [1, 0, 1, 0]
    assert np.isnan(values[4])
    assert unread.tolist() == [5]
    assert booleans(pl.Series([True, None, False]))[0][[0, 2]].tolist() == [1, 0]
    assert booleans(pl.Series([1.0, 0.0]))[0].tolist() == [1, 0]
