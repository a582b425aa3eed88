"""What a single cell says: nothing, a number, a word.

The rules hold for text from a file and for typed columns of a frame alike, so that a table gives the same
arrays whichever way it came in. A missing cell is NaN among numbers and null among texts.
"""

from __future__ import annotations

import re
from typing import TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray

FloatArray: TypeAlias = NDArray[np.floating]

MISSING_MARKERS = frozenset({"", "na", "n/a", "nan", "null", "none", "?", "-", "."})

# Beyond this, differences between numbers are no longer finite.
LARGEST = 1e300

# The false word first, so that a boolean target's second class is the true one.
BOOLEAN_WORDS = (("false", "true"), ("no", "yes"), ("f", "t"), ("n", "y"))

_NUMBER = re.compile(r"[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?|inf|infinity|nan)", re.IGNORECASE)
_MARKERS = sorted(MISSING_MARKERS)
BOOLEAN_VALUES = {
    "0": 0.0,
    "1": 1.0,
    **{word: float(value) for pair in BOOLEAN_WORDS for value, word in enumerate(pair)},
}


def is_missing(cell: str) -> bool:
    """Whether the cell's text stands for a missing value."""
    return cell.strip().lower() in MISSING_MARKERS


def is_number(cell: str, decimal: str = ".") -> bool:
    """Whether the cell's text is a number written with this decimal mark."""
    return _NUMBER.fullmatch(with_decimal_point(cell.strip(), decimal)) is not None


def with_decimal_point(text: str, decimal: str) -> str:
    """Return the number with a point as its decimal mark; a point in a decimal-comma number spoils it."""
    return text if decimal == "." else text.replace(".", "_").replace(decimal, ".")


def boolean_pair(words: set[str]) -> tuple[str, str] | None:
    """Return the (false, true) words in lower case if all of these words belong to one pair."""
    lowered = {word.lower() for word in words}
    return next((pair for pair in BOOLEAN_WORDS if lowered and lowered <= set(pair)), None)


def is_nested(dtype: pl.DataType) -> bool:
    """Whether a cell of this type holds several values (list, struct) or bytes."""
    return dtype.is_nested() or dtype == pl.Binary


def is_date(dtype: pl.DataType) -> bool:
    """Whether the type is a date or a point in time."""
    return dtype == pl.Date or isinstance(dtype, pl.Datetime)


def texts(series: pl.Series) -> pl.Series:
    """Return the cells as stripped texts, null where missing; whole numbers are written without a point."""
    dtype = series.dtype
    if dtype.is_float():
        whole = series.is_finite() & (series == series.round(0)) & (series.abs() < 2.0**53)
        integers = series.cast(pl.Int64, strict=False).cast(pl.String)
        plain = series.fill_nan(None).cast(pl.Float64).cast(pl.String)
        return integers.zip_with(whole.fill_null(False), plain)
    text = series.cast(pl.String)
    if dtype.is_numeric() or dtype == pl.Boolean or dtype.is_temporal():
        return text
    text = text.str.strip_chars()
    absent = text.str.to_lowercase().is_in(_MARKERS)
    return text.set(absent, None) if absent.any() else text


def missing(series: pl.Series) -> NDArray[np.bool_]:
    """Return which cells say nothing: null, NaN or a missing marker."""
    if series.dtype.is_float():
        return series.fill_nan(None).is_null().to_numpy()
    if series.dtype.is_numeric() or series.dtype.is_temporal() or series.dtype == pl.Boolean:
        return series.is_null().to_numpy()
    return texts(series).is_null().to_numpy()


def numbers(series: pl.Series, decimal: str = ".") -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return the cells as float64 with NaN where missing, and the positions of cells that are no numbers.

    Those are NaN too. Text of any other form than a plain number ("1,000", "3 kg") is no number.
    """
    none = np.empty(0, dtype=np.int64)
    dtype = series.dtype
    if isinstance(dtype, pl.Duration):
        return _float64(series.dt.total_microseconds(fractional=True) / 86_400e6), none
    if dtype == pl.Time:
        return _float64(series.cast(pl.Int64) / 86_400e9), none
    if dtype.is_numeric() or dtype == pl.Boolean:
        return _float64(series), none
    text = series if dtype == pl.String else series.cast(pl.String)
    if decimal != ".":
        text = text.str.replace_all(".", "_", literal=True).str.replace_all(decimal, ".", literal=True)
    values = text.cast(pl.Float64, strict=False)
    if values.null_count() == text.null_count():
        return _float64(values), none
    unread = (values.is_null() & text.is_not_null()).arg_true()
    rest = text.gather(unread).str.strip_chars()
    again = rest.cast(pl.Float64, strict=False)
    original = series.cast(pl.String).gather(unread).str.strip_chars().str.to_lowercase()
    unparsable = again.is_null() & ~original.is_in(_MARKERS)
    positions = unread.to_numpy().astype(np.int64)
    found = np.array(_float64(values))
    found[positions] = _float64(again)
    return found, positions[unparsable.to_numpy()]


def too_large(values: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the positions of infinities and of numbers beyond 1e300, whose differences may be infinite."""
    return np.flatnonzero(np.abs(values) > LARGEST)


def booleans(series: pl.Series) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return yes/no cells as 1/0 with NaN where missing, and the positions of cells that are neither."""
    if series.dtype == pl.Boolean:
        return _float64(series), np.empty(0, dtype=np.int64)
    words = texts(series).str.to_lowercase()
    values = words.replace_strict(BOOLEAN_VALUES, default=None, return_dtype=pl.Float64)
    unread = (values.is_null() & words.is_not_null()).arg_true()
    return _float64(values), unread.to_numpy().astype(np.int64)


def _float64(series: pl.Series) -> NDArray[np.float64]:
    values = series if series.dtype == pl.Float64 else series.cast(pl.Float64)
    return values.to_numpy()  # null is NaN there
