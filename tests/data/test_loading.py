import subprocess
import sys
import textwrap

import numpy as np
import pandas as pd
import polars as pl
import pytest

from fallline.data import loading, prepare, read_table
from fallline.errors import DataError

GENERATOR = np.random.default_rng(5)
N = 100
X = GENERATOR.normal(size=(N, 3)) * [1, 100, 1e-3] + [0, 1e4, 5]
TABLE = {"a": X[:, 0], "b": X[:, 1], "c": X[:, 2], "t": X @ [1, 2, 3]}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_standardisation_equals_that_by_hand_over_the_training_rows(dtype):
    prepared = prepare(read_table(TABLE), target="t", dtype=dtype)
    train = prepared.train_rows
    by_hand = (X - X[train].mean(axis=0)) / X[train].std(axis=0)
    tolerance = 1e-12 if dtype is np.float64 else 3e-6
    np.testing.assert_allclose(prepared.X, by_hand, rtol=tolerance, atol=tolerance)
    t = TABLE["t"]
    np.testing.assert_allclose(prepared.y[:, 0], (t - t[train].mean()) / t[train].std(), rtol=tolerance, atol=tolerance)
    assert prepared.X.dtype == prepared.y.dtype == dtype
    assert prepared.X.flags.c_contiguous
    assert prepared.y.flags.c_contiguous
    assert prepared.rows == N
    assert len(prepared.validation_rows) == 20


def test_transforming_the_training_table_gives_x_bit_for_bit():
    table = read_table({**TABLE, "a": [None if i % 9 == 0 else x for i, x in enumerate(X[:, 0])]})
    prepared = prepare(table, target="t")
    np.testing.assert_array_equal(prepared.preparation.transform(table), prepared.X)
    single = prepare(table, target="t", dtype=np.float32)
    np.testing.assert_allclose(single.preparation.transform(table, np.float32), single.X, rtol=0, atol=2e-6)


def test_large_values_that_differ_little_keep_what_they_differ_in_even_in_float32():
    stamps = 1.7e12 + np.arange(N)[::-1] * 1000.0
    prepared = prepare(read_table({"stamp": stamps, "t": TABLE["t"]}), target="t", dtype=np.float32)
    train = stamps[prepared.train_rows]
    np.testing.assert_allclose(prepared.X[:, 0], (stamps - train.mean()) / train.std(), atol=1e-6)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", [1e-200, 1e-35, 1e38, 1e200, 1e298])
def test_values_of_any_size_become_finite(dtype, size):
    x = X[:, 0] * size
    prepared = prepare(read_table({"x": x, "t": x * 0.5}), target="t", dtype=dtype)
    by_hand = (X[:, 0] - X[prepared.train_rows, 0].mean()) / X[prepared.train_rows, 0].std()
    np.testing.assert_allclose(prepared.X[:, 0], by_hand, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(prepared.y[:, 0], by_hand, rtol=1e-4, atol=1e-5)


def test_missing_numbers_take_the_training_mean_and_are_marked():
    a = X[:, 0].copy()
    a[::7] = np.nan
    prepared = prepare(read_table({**TABLE, "a": a}), target="t", scale_inputs=False)
    train = prepared.train_rows
    assert prepared.preparation.input_names == ["a", "a missing", "b", "c"]
    np.testing.assert_allclose(prepared.X[::7, 0], np.nanmean(a[train]), rtol=1e-14)
    np.testing.assert_array_equal(prepared.X[:, 1], np.isnan(a))
    np.testing.assert_array_equal(prepared.X[:, 2:], X[:, 1:])


def seed_with(row_in_validation):
    table = read_table(TABLE)
    return next(s for s in range(99) if row_in_validation in prepare(table, target="t", seed=s).validation_rows)


def test_a_number_missing_only_in_validation_rows_gets_no_mark():
    a = X[:, 0].copy()
    a[3] = np.nan
    seed = seed_with(3)
    table = read_table({**TABLE, "a": a})
    prepared = prepare(table, target="t", seed=seed)
    assert 3 in prepared.validation_rows
    assert prepared.preparation.input_names == ["a", "b", "c"]
    assert prepared.X.shape == (N, 3)
    assert prepared.X.flags.c_contiguous
    assert prepared.X[3, 0] == 0.0
    np.testing.assert_array_equal(prepared.preparation.transform(table), prepared.X)


def test_a_column_that_varies_only_in_validation_rows_is_left_out():
    a = np.full(N, 2.5)
    a[3] = 9.0
    table = read_table({**TABLE, "a": a})
    prepared = prepare(table, target="t", seed=seed_with(3))
    assert prepared.preparation.input_names == ["b", "c"]
    assert prepared.preparation.columns[0].reason == "the same in every training row"
    np.testing.assert_array_equal(prepared.preparation.transform(table), prepared.X)
    with pytest.raises(DataError, match=r"no input column is left; the others are the same in every training row"):
        prepare(read_table({"a": a, "t": TABLE["t"]}), target="t", seed=seed_with(3))


def test_statistics_come_from_the_training_rows_only():
    first = prepare(read_table(TABLE), target="t")
    changed = {name: column.copy() for name, column in TABLE.items()}
    for column in changed.values():
        column[first.validation_rows] *= 3.0
    second = prepare(read_table(changed), target="t")
    assert [c.inputs for c in second.preparation.columns] == [c.inputs for c in first.preparation.columns]
    assert second.preparation.target_scales == first.preparation.target_scales


def test_scaling_can_be_left_out():
    prepared = prepare(read_table(TABLE), target="t", scale_inputs=False, scale_targets=False)
    np.testing.assert_array_equal(prepared.X, X)
    np.testing.assert_array_equal(prepared.y[:, 0], TABLE["t"])
    assert not any(each.standardised for c in prepared.preparation.columns for each in c.inputs)


def test_large_tables_are_float32(monkeypatch):
    assert prepare(read_table(TABLE), target="t").X.dtype == np.float64
    monkeypatch.setattr(loading, "FLOAT64_CELLS", 3 * N - 1)
    prepared = prepare(read_table(TABLE), target="t")
    assert prepared.X.dtype == prepared.y.dtype == np.float32
    with pytest.raises(DataError, match=r"dtype int64: expected float32 or float64."):
        prepare(read_table(TABLE), dtype=np.int64)


def test_the_split_is_stratified_for_classes():
    labels = ["rare"] * 10 + ["common"] * 90
    prepared = prepare(read_table({**TABLE, "k": labels}), target="k")
    assert int(prepared.y[prepared.validation_rows].sum()) == 2
    assert len(prepared.validation_rows) == 20


def test_arrays_do_not_depend_on_the_size_of_batches(write, monkeypatch):
    frame = pl.DataFrame({**TABLE, "k": [["u", "v", None][i % 3] for i in range(N)]})
    path = write(frame.write_csv())
    whole = prepare(read_table(path), target="t")
    monkeypatch.setattr("fallline.data.csv_table.CHUNK_BYTES", 200)
    pieces = prepare(read_table(path), target="t")
    np.testing.assert_array_equal(pieces.X, whole.X)
    np.testing.assert_array_equal(pieces.y, whole.y)
    assert pieces.preparation == whole.preparation


def test_numbers_equal_those_that_pandas_reads(write):
    path = write(pl.DataFrame(TABLE).write_csv())
    prepared = prepare(read_table(path), target="t", scale_inputs=False)
    np.testing.assert_array_equal(prepared.X, pd.read_csv(path)[["a", "b", "c"]])


@pytest.mark.slow
def test_memory_stays_near_that_of_the_arrays(tmp_path):
    path = tmp_path / "big.csv"
    rows, columns = 200_000, 20
    block = pl.DataFrame(np.random.default_rng(0).normal(size=(rows, columns)))
    block.write_csv(path)
    program = """
        import resource, sys
        from fallline.data import prepare, read_table
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        prepared = prepare(read_table(sys.argv[1]), dtype="float32")
        assert prepared.X.shape == (200_000, 19), prepared.X.shape
        print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program), str(path)], capture_output=True, text=True, check=True
    )
    arrays = rows * columns * 4 / 2**20
    assert path.stat().st_size / 2**20 > 60
    assert float(done.stdout) < arrays + 75  # measured: about 65 MB beside the arrays, whatever the file's size
