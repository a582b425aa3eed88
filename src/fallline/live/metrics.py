"""`metrics.jsonl` as it grows: what came since a place in the file, thinned where that is more than a page can use."""

from __future__ import annotations

import io
import math
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from fallline.engine import Array
from fallline.errors import FalllineError

MOST = 4_000  # records that are passed on as they are; of more, about as many
CHUNK = 1 << 23  # bytes that are read at a time
KEPT_OF_A_GROUP = 4  # the lowest and highest of two errors
SCHEMA = {
    "phase": pl.String,
    "iteration": pl.Int64,
    "steps": pl.Int64,
    "seconds": pl.Float64,
    "train_error": pl.Float64,
    "validation_error": pl.Float64,
    "gradient_norm": pl.Float64,
    "step_size": pl.Float64,
    "learning_rate": pl.Float64,
}
ERRORS = ("train_error", "validation_error")


class Points(NamedTuple):
    """Records of one phase, in order."""

    phase: str
    records: pl.DataFrame  # the columns of SCHEMA but the phase
    every: pl.DataFrame  # all of them, or evenly chosen ones: what a trend can be taken from
    stand_for: int  # so many records
    end: int  # place in the file behind them


def points_since(path: Path, start: int, most: int = MOST) -> Iterator[Points]:
    """Return the records behind a place in the file, each once, in the records themselves or in those kept for them.

    Of more than `most`, groups of neighbours are formed, and of each those records stay that have the lowest and the
    highest of an error: what is drawn of them looks as what is drawn of all (Jugel et al. 2014, section 4).

    Raises
    ------
    FalllineError
        If there is no such place, or what is behind it is damaged.
    """
    try:
        size = path.stat().st_size
    except OSError:
        return
    if start > size or (start and not _after_line(path, start)):
        raise FalllineError(f"{path}: there is no record that ends at byte {start}; the file is another one by now.")
    group = 0
    while start < size:
        with path.open("rb") as file:
            file.seek(start)
            content = file.read(min(CHUNK, size - start))
        content = content[: content.rfind(b"\n") + 1]
        if not content:
            return
        records = _parsed(path, content)
        if not group:
            expected = len(records) * (size - start) / len(content)
            group = 1 if expected <= most else math.ceil(KEPT_OF_A_GROUP * expected / most)
        ends = start + 1 + np.flatnonzero(np.frombuffer(content, np.uint8) == ord("\n"))
        start += len(content)
        yield from _by_phase(records, group, ends)


def _by_phase(records: pl.DataFrame, group: int, ends: np.ndarray[Any, np.dtype[np.int64]]) -> Iterator[Points]:
    """Return the records (n,), whose lines end before the places `ends` (n,) of the file."""
    starts = records["phase"].rle_id()
    edges = [0, *(np.flatnonzero(np.diff(starts.to_numpy())) + 1), len(records)]
    for first, last in pairwise(edges):
        part = records[first:last]
        kept = part if group == 1 else part[_extremes(part, group)]
        every = part[:: max(1, group // KEPT_OF_A_GROUP)]
        yield Points(part["phase"][0], kept.drop("phase"), every, len(part), int(ends[last - 1]))


def _extremes(records: pl.DataFrame, group: int) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Return the places of the first and last record, and of the lowest and highest of each group."""
    n = len(records)
    groups = -(-n // group)
    begin = np.arange(groups) * group
    places = [np.array([0, n - 1])]
    for name in ERRORS:
        values = np.full(groups * group, np.nan)
        values[:n] = records[name].fill_null(np.nan).to_numpy()
        there = ~np.isnan(values.reshape(groups, group))
        any_there = there.any(axis=1)
        for worst, choose in ((math.inf, np.argmin), (-math.inf, np.argmax)):
            found = choose(np.where(there, values.reshape(groups, group), worst), axis=1)
            places.append((begin + found)[any_there])
    return np.unique(np.concatenate(places))


def _parsed(path: Path, content: bytes) -> pl.DataFrame:
    try:
        return pl.read_ndjson(io.BytesIO(content), schema=SCHEMA)
    except pl.exceptions.PolarsError as problem:
        raise FalllineError(f"{path}: damaged ({problem}).") from None


def _after_line(path: Path, place: int) -> bool:
    with path.open("rb") as file:
        file.seek(place - 1)
        return file.read(1) == b"\n"


class Course:
    """A descent's records so far, evenly thinned as a `History` is: what trends are taken from."""

    def __init__(self, most: int = MOST) -> None:
        self.phase = ""
        self._most = most
        self._records = pl.DataFrame(schema=SCHEMA)

    def take(self, points: Points) -> None:
        """Go on with these records; those of another phase begin anew."""
        if points.phase != self.phase:
            self.phase, self._records = points.phase, points.every.clear()
        self._records = pl.concat([self._records, points.every])
        while len(self._records) > self._most:
            self._records = self._records[::2]

    def __len__(self) -> int:
        return len(self._records)

    def column(self, name: str) -> Array:
        """Return one quantity over the records (records,), nan where it does not exist."""
        return self._records[name].cast(pl.Float64).fill_null(math.nan).to_numpy()
