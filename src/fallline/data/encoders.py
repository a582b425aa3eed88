"""Cells into numbers, column by column: one-hot, 0/1, days, plain numbers; NaN where a number is missing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fallline.data.cells import FloatArray, booleans, is_nested, numbers, texts, too_large
from fallline.data.columns import Column
from fallline.data.dates import days, year_circle
from fallline.data.table import counted, enumerated
from fallline.errors import DataError

_EXPECTED = {
    "numeric": "numbers",
    "boolean": "true/false, yes/no or 1/0",
    "date": "dates",
}


@dataclass
class Unseen:
    """Categories that the training table did not have, counted by column."""

    counts: dict[str, Counter[str]] = field(default_factory=dict)
    missing: Counter[str] = field(default_factory=Counter)

    def sentences(self) -> list[str]:
        """Return one sentence for each column with such cells."""
        found = [
            f"column '{name}': {counted(sum(values.values()), 'row')} with a category that training did not have "
            f"({enumerated([text for text, _ in values.most_common(4)])}); their inputs of this column are all 0."
            for name, values in self.counts.items()
        ]
        return found + [
            f"column '{name}': missing in {counted(count, 'row')} but never in training; "
            "their inputs of this column are all 0."
            for name, count in self.missing.items()
        ]


def encode_batch(columns: Sequence[Column], batch: pl.DataFrame, place: Place, unseen: Unseen) -> NDArray[np.float64]:
    """Return a batch's inputs, (rows, inputs of these columns), unscaled, with NaN where a number is missing."""
    block = np.empty((len(batch), sum(len(column.inputs) for column in columns)))
    start = 0
    for column in columns:
        stop = start + len(column.inputs)
        encode(column, batch[column.name], block[:, start:stop], place, unseen)
        start = stop
    return block


def encode(column: Column, series: pl.Series, out: FloatArray, place: Place, unseen: Unseen) -> None:
    """Write the column's inputs for a batch, unscaled, into ``out`` (rows, inputs of the column).

    Raises
    ------
    DataError
        If a cell is not of the column's kind; the message gives rows and values.
    """
    if is_nested(series.dtype):
        raise DataError(f"{place.table}, column '{column.name}': expected one value in each cell, got lists.")
    if column.kind == "categorical":
        _one_hot(column, series, out, unseen)
        return
    if column.kind == "date":
        values, unread = days(series, column.date_format)
    elif column.kind == "boolean":
        values, unread = booleans(series)
    else:
        values, unread = numbers(series, place.decimal)
    bad = unread if len(unread) else too_large(values)
    if len(bad):
        raise place.unfit(column, series, bad)
    out[:, 0] = values
    if column.seasonal:
        out[:, 1], out[:, 2] = year_circle(values)
    if column.missing_input:
        out[:, -1] = np.isnan(values)


@dataclass(frozen=True)
class Place:
    """Where a batch comes from: its table, and the number of rows before it."""

    table: str
    decimal: str
    rows_before: int

    def unfit(self, column: Column, series: pl.Series, bad: NDArray[np.int64]) -> DataError:
        """Return the error for cells that are not of the column's kind."""
        cells = ", ".join(f"'{series[int(i)]}' in row {self.rows_before + int(i) + 1}" for i in bad[:3])
        more = ", …" if len(bad) > 3 else ""
        expected = _EXPECTED[column.kind or "numeric"]
        return DataError(
            f"{self.table}, column '{column.name}': expected {expected} as in training, got {cells}{more}. "
            "Correct or empty these cells."
        )


def _one_hot(column: Column, series: pl.Series, out: FloatArray, unseen: Unseen) -> None:
    words = texts(series)
    known = len(column.categories)
    codes = _codes(words, column.categories)
    absent = words.is_null().to_numpy()
    strange = (codes < 0) & ~absent
    if column.missing_input:
        codes[absent] = known
    elif absent.any():
        unseen.missing[column.name] += int(absent.sum())
    if column.other_input:
        codes[strange] = known + column.missing_input
    elif strange.any():
        counts = Counter(words.filter(pl.Series(strange)).to_list())
        unseen.counts.setdefault(column.name, Counter()).update(counts)
    out[:] = 0
    rows = np.flatnonzero(codes >= 0)
    out[rows, codes[rows]] = 1


def _codes(words: pl.Series, categories: tuple[str, ...]) -> NDArray[np.int64]:
    codes = words.replace_strict(list(categories), list(range(len(categories))), default=-1, return_dtype=pl.Int64)
    return np.array(codes.fill_null(-1).to_numpy())


def class_codes(words: pl.Series, classes: tuple[str, ...]) -> NDArray[np.int64]:
    """Return each label's place among the classes, −1 for missing and unknown ones."""
    return _codes(words, classes)
