import datetime

import narwhals as nw
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from fallline.data import prepare, read_table
from fallline.data.frames import BATCH_ROWS
from fallline.errors import DataError

ROWS = 60
COLUMNS = {
    "size": [None if i == 7 else i * 0.5 - 3 for i in range(ROWS)],
    "rooms": [i * i % 7 for i in range(ROWS)],
    "city": [None if i == 9 else ["Rome", "Oslo", "Köln"][i % 3] for i in range(ROWS)],
    "garden": [i % 4 == 0 for i in range(ROWS)],
    "sold": [datetime.date(2020, 1, 1) + datetime.timedelta(days=11 * i) for i in range(ROWS)],
    "price": [100.0 + i * 1.25 for i in range(ROWS)],
}
FRAME = pl.DataFrame(COLUMNS)


def structured():
    types = [("size", "f8"), ("rooms", "i4"), ("city", object), ("garden", "?"), ("sold", "M8[D]"), ("price", "f4")]
    filled = [
        tuple(np.nan if name == "size" and cell is None else cell for name, cell in zip(COLUMNS, row, strict=True))
        for row in FRAME.iter_rows()
    ]
    return np.array(filled, dtype=types)


def sources(folder):
    FRAME.write_csv(folder / "a.csv")
    FRAME.write_csv(folder / "a.tsv", separator="\t", null_value="NA")
    FRAME.write_parquet(folder / "a.parquet")
    pandas = FRAME.to_pandas()
    return {
        "csv": folder / "a.csv",
        "tsv as text": str(folder / "a.tsv"),
        "parquet": folder / "a.parquet",
        "polars": FRAME,
        "polars lazy": FRAME.lazy(),
        "pandas": pandas,
        "pandas with an index": pandas.set_index(np.arange(ROWS) + 5),
        "pandas with pyarrow types": pandas.convert_dtypes(dtype_backend="pyarrow"),
        "pandas of objects": pandas.astype(object),
        "pandas of categories": pandas.astype({"city": "category"}),
        "pyarrow": FRAME.to_arrow(),
        "narwhals": nw.from_native(FRAME),
        "dict": COLUMNS,
        "dict of arrays": {"size": np.array(FRAME["size"], float), **{k: COLUMNS[k] for k in list(COLUMNS)[1:]}},
        "structured array": structured(),
    }


def test_every_kind_of_source_gives_the_same_arrays(tmp_path):
    expected = prepare(read_table(FRAME))
    assert expected.X.shape == (ROWS, 11)
    for kind, source in sources(tmp_path).items():
        table = read_table(source)
        prepared = prepare(table)
        assert table.columns == list(COLUMNS), kind
        np.testing.assert_array_equal(prepared.X, expected.X, err_msg=kind)
        np.testing.assert_array_equal(prepared.y, expected.y, err_msg=kind)
        assert prepared.preparation.input_names == expected.preparation.input_names, kind
        np.testing.assert_array_equal(expected.preparation.transform(table), expected.X, err_msg=kind)


def test_an_array_has_columns_x1_to_xk_and_equals_its_frame():
    array = np.random.default_rng(0).normal(size=(BATCH_ROWS + 10, 3))
    for source in (array, np.asfortranarray(array), array[::-1][::-1], array.astype(object)):
        table = read_table(source)
        assert table.columns == ["x1", "x2", "x3"]
        assert sum(len(batch) for batch in table.batches()) == len(array)
        prepared = prepare(table)
        np.testing.assert_array_equal(prepared.X, prepare(read_table(pl.DataFrame(array, schema=table.columns))).X)


def test_parquet_is_read_in_several_slices(tmp_path, monkeypatch):
    monkeypatch.setattr("fallline.data.frames.PARQUET_ROWS", 7)
    monkeypatch.setattr("fallline.data.frames.BATCH_ROWS", 3)
    FRAME.write_parquet(tmp_path / "a.parquet")
    table = read_table(tmp_path / "a.parquet")
    assert pl.concat(table.batches()).equals(FRAME)


def test_cells_of_several_types_are_texts():
    table = read_table({"a": [1, "x", None, 2.5] * 5, "b": list(range(20))})
    assert next(table.batches())["a"].to_list()[:4] == ["1", "x", None, "2.5"]
    table = read_table(pd.DataFrame({"a": [1, "x", None, 2.5] * 5, "b": range(20)}))
    assert next(table.batches())["a"].to_list()[:2] == ["1", "x"]
    table = read_table({"a": [1, 2.5, None]})
    assert next(table.batches())["a"].to_list() == [1.0, 2.5, None]
    table = read_table(pl.DataFrame({"a": pl.Series([object(), 1], dtype=pl.Object)}))
    assert next(table.batches())["a"].dtype == pl.String


def test_column_names_that_are_no_texts_become_texts():
    assert read_table(pd.DataFrame({0: [1, 2], 1: [3, 4]})).columns == ["0", "1"]
    assert read_table({0: [1, 2], 1: [3, 4]}).columns == ["0", "1"]


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        (3, "expected a path, a DataFrame, a 2-D array or a dict of columns, got int."),
        ([[1, 2]], "expected a path, a DataFrame, a 2-D array or a dict of columns, got list."),
        (np.zeros(3), r"the array: expected two dimensions \(rows, columns\), got shape \(3,\)"),
        (np.zeros((2, 0)), r"the array: there are no values \(shape \(2, 0\)\)."),
        (np.zeros((2, 2), complex), "the array: expected real numbers, got complex ones"),
        (pl.DataFrame({"a": []}), "the frame: there are no rows. Pass a table with rows of values."),
        ({}, "the dict: there are no rows"),
        ({"a": [1, 2], "b": [1]}, r"the dict: the columns have different numbers of rows \('a' 2, 'b' 1\)"),
        ({1: [1, 2], "1": [1, 2]}, "the dict: columns 1 and 2 are both named '1'"),
        (pd.DataFrame([[1, 2], [3, 4]], columns=["a", "a"]), "the frame: columns 1 and 2 are both named 'a'"),
        (pa.table([[1, 2], [3, 4]], names=["a", "a"]), "the frame: .*'a'"),
    ],
)
def test_what_is_no_table_is_said(source, sentence):
    with pytest.raises(DataError, match=sentence):
        read_table(source)
