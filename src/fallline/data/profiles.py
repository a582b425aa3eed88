"""What a column's cells are, gathered in one pass over the batches: counts, range, values, date forms."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fallline.data.cells import LARGEST, is_date, is_nested, missing, numbers, texts, too_large, with_decimal_point
from fallline.data.dates import FORMATS, days, surviving_formats

Kind: TypeAlias = Literal["numeric", "boolean", "categorical", "date"]

TEXT_LIMIT = 50_000  # different texts counted one by one
NUMBER_LIMIT = 1_000  # different numbers counted one by one
_SHOWN = 5

_IDENTIFIER = re.compile(
    r"(?:id|ids|idx|index|row|row[ _]?(?:id|nr|no|number|name)s?|nr|no|key|uuid|guid|record|.*[ _-](?:id|idx|key))",
    re.IGNORECASE,
)
_CAMEL_IDENTIFIER = re.compile(r".*[a-z](?:Id|ID)")


@dataclass
class Profile:
    """One column's summary over the batches seen so far. Row numbers count the table's rows from 1."""

    name: str
    position: int  # from 1
    decimal: str = "."
    forced: Kind | None = None

    rows: int = 0
    missing: int = 0
    dtype: pl.DataType = field(default_factory=pl.Null)
    counts: dict[str, int] = field(default_factory=dict)
    complete: bool = True  # whether counts holds every cell
    all_distinct: bool = True  # as far as counts goes

    unparsable: int = 0
    offenders: list[tuple[int, str]] = field(default_factory=list)  # cells that are no numbers
    infinite: list[tuple[int, str]] = field(default_factory=list)  # or beyond 1e300
    minimum: float = np.inf
    maximum: float = -np.inf
    total: float = 0.0
    whole: bool = True
    running: bool = True  # 0, 1, 2, … or 1, 2, 3, … in the order of rows

    date_formats: tuple[str, ...] = FORMATS
    first_day: float = np.inf
    last_day: float = -np.inf

    @property
    def present(self) -> int:
        """How many cells say something."""
        return self.rows - self.missing

    @property
    def numeric(self) -> bool:
        """Whether every present cell is a number (and no date or boolean)."""
        return not (self.unparsable or is_date(self.dtype) or self.dtype == pl.Boolean)

    @property
    def identifier_name(self) -> bool:
        """Whether the name is one that identifiers have."""
        return bool(_IDENTIFIER.fullmatch(self.name) or _CAMEL_IDENTIFIER.fullmatch(self.name))

    @property
    def nested(self) -> bool:
        """Whether the cells hold lists, structures or bytes."""
        return is_nested(self.dtype)

    def values(self) -> list[float]:
        """Return the different numbers in order; only meaningful when numeric and complete."""
        return sorted({float(with_decimal_point(text, self.decimal)) for text in self.counts})

    def distinct(self) -> int:
        """Return how many different values were counted, at least that many if not ``complete``."""
        if self.numeric and self.complete and self.dtype == pl.String:
            return len(self.values())
        return len(self.counts)

    def update(self, series: pl.Series) -> NDArray[np.bool_]:
        """Take in the next batch's cells and return which are missing."""
        if self.dtype == pl.Null or self.rows == 0:
            self.dtype = series.dtype
        if is_nested(series.dtype):
            self.rows += len(series)
            return series.is_null().to_numpy()
        if is_date(series.dtype):
            absent = missing(series)
            self._note_days(days(series, None)[0])
        elif series.dtype == pl.Boolean:
            absent = missing(series)
        else:
            absent = self._update_numbers(series)
        self.rows += len(series)
        self.missing += int(absent.sum())
        self._count(series)
        return absent

    def _update_numbers(self, series: pl.Series) -> NDArray[np.bool_]:
        values, unread = numbers(series, self.decimal)
        absent = np.isnan(values)
        absent[unread] = False
        if len(unread):
            self.unparsable += len(unread)
            self._note_text(series, unread)
        finite = values if not absent.any() and not len(unread) else values[~np.isnan(values)]
        if not len(finite):
            return absent
        low, high = float(finite.min()), float(finite.max())
        if low < -LARGEST or high > LARGEST:
            self._keep(self.infinite, series, too_large(values))
            finite = finite[np.abs(finite) <= LARGEST]
            if not len(finite):
                return absent
            low, high = float(finite.min()), float(finite.max())
        self.minimum, self.maximum = min(self.minimum, low), max(self.maximum, high)
        with np.errstate(over="ignore"):
            self.total += float(finite.sum())
        self.whole = self.whole and bool((finite == np.floor(finite)).all())
        self.running = self.running and len(finite) == len(values) and self._runs_on(finite)
        return absent

    def _runs_on(self, values: NDArray[np.float64]) -> bool:
        start = self.minimum
        return start in (0.0, 1.0) and bool((values == np.arange(len(values)) + (start + self.rows)).all())

    def _note_text(self, series: pl.Series, unread: NDArray[np.int64]) -> None:
        self.running = False
        self._keep(self.offenders, series, unread)
        if self.date_formats:
            words = texts(series.gather(unread))
            self.date_formats = surviving_formats(words, self.date_formats)
            if self.date_formats:
                self._note_days(days(words, self.date_formats[0])[0])

    def _note_days(self, found: NDArray[np.float64]) -> None:
        known = found[~np.isnan(found)]
        if len(known):
            self.first_day = min(self.first_day, float(known.min()))
            self.last_day = max(self.last_day, float(known.max()))

    def _keep(self, kept: list[tuple[int, str]], series: pl.Series, where: NDArray[np.int64]) -> None:
        shown = where[: max(0, _SHOWN - len(kept))].tolist()
        kept.extend((self.rows + position + 1, str(series[position]).strip()) for position in shown)

    def _count(self, series: pl.Series) -> None:
        if not self.complete:
            return
        words = texts(series).drop_nulls()
        for text, count in zip(words.unique(maintain_order=True), words.unique_counts(), strict=True):
            self.counts[text] = self.counts.get(text, 0) + count
        self.all_distinct = self.all_distinct and len(self.counts) == self.present
        every = self.forced == "categorical" or not self.numeric or self.identifier_name
        if len(self.counts) > (TEXT_LIMIT if every else NUMBER_LIMIT):
            self.complete = False
            if not every:
                self.counts = dict.fromkeys(list(self.counts)[:NUMBER_LIMIT], 0)
