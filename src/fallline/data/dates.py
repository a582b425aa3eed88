"""Dates and times as numbers: days since 1970-01-01, and the place in the year as a point on a circle."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fallline.data.cells import is_date, texts

DAYS_OF_A_YEAR = 365.2425

_TIMES = ("", " %H:%M", " %H:%M:%S%.f")
ISO_FORMATS = (
    "%Y-%m-%d",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y-%m-%dT%H:%M",
    "%Y-%m-%dT%H:%M:%S%.f",
    "%+",
    *(f"%Y/%m/%d{time}" for time in _TIMES),
)
DAY_FIRST_FORMATS = tuple(f"%d{mark}%m{mark}%Y{time}" for mark in "./-" for time in _TIMES)
MONTH_FIRST_FORMATS = tuple(f"%m{mark}%d{mark}%Y{time}" for mark in "/-" for time in _TIMES)
FORMATS = ISO_FORMATS + DAY_FIRST_FORMATS + MONTH_FIRST_FORMATS

# Years before this come from two-digit years ("1/2/20"), which no format here means.
_FIRST_DAY = -719_162.0 + 1000 * DAYS_OF_A_YEAR


def days(series: pl.Series, form: str | None) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return days since 1970-01-01 (UTC where a time zone is given), NaN where missing, and unread positions.

    Text is read in ``form`` (one of ``FORMATS``) and otherwise in ISO form.
    """
    if is_date(series.dtype):
        return _to_days(series), np.empty(0, dtype=np.int64)
    text = texts(series)
    found = np.full(len(text), np.nan)
    unread = text.is_not_null().to_numpy().copy()
    for candidate in ((form,) if form else ()) + ISO_FORMATS:
        if not unread.any():
            break
        where = np.flatnonzero(unread)
        read = _parse(text.gather(where), candidate)
        found[where] = read
        unread[where] = np.isnan(read)
    return found, np.flatnonzero(unread)


def surviving_formats(series: pl.Series, formats: Sequence[str]) -> tuple[str, ...]:
    """Return those formats in which every one of the texts (no nulls) is a date."""
    if len(series) > 50:  # a look at a few is enough to rule out nearly all
        formats = surviving_formats(series.head(50), formats)
    return tuple(form for form in formats if not np.isnan(_parse(series, form)).any())


def year_circle(days_since_1970: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return sine and cosine of the angle that a year's fraction makes, 0 at 1 January 1970 00:00."""
    angle = 2.0 * np.pi * (days_since_1970 / DAYS_OF_A_YEAR)
    return np.sin(angle), np.cos(angle)


def _parse(text: pl.Series, form: str) -> NDArray[np.float64]:
    try:
        if form == "%+":
            read = text.str.to_datetime(form, strict=False, time_unit="us", time_zone="UTC")
        elif "%H" in form:
            read = text.str.to_datetime(form, strict=False, time_unit="us")
        else:
            read = text.str.to_date(form, strict=False)
    except pl.exceptions.PolarsError:
        return np.full(len(text), np.nan)
    found = _to_days(read)
    found[found < _FIRST_DAY] = np.nan
    return found


def _to_days(series: pl.Series) -> NDArray[np.float64]:
    if series.dtype == pl.Date:
        whole = series.cast(pl.Int32).cast(pl.Float64)
    else:
        whole = series.dt.timestamp("us").cast(pl.Float64) / 86_400e6
    return np.array(whole.fill_null(np.nan).to_numpy())
