"""`metrics.jsonl` as it grows: what came since a place in the file, thinned where that is more than a page can use."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from fallline.engine import Array
from fallline.errors import FalllineError
from fallline.training.history import Record

MOST = 4_000  # records that are passed on as they are; of more, about as many
CHUNK = 1 << 23  # bytes that are read at a time
KEPT_OF_A_GROUP = 4  # the lowest and highest of two errors
LARGE = 1 << 18  # bytes, from which Polars is quicker than Python, and worth its start
COLUMNS = (*Record._fields,)
ERRORS = ("train_error", "validation_error")

Columns = dict[str, list[Any]]  # by name, with None for what does not exist
Places = np.ndarray[Any, np.dtype[np.int64]]


class Points(NamedTuple):
    """Records of one phase, in order."""

    phase: str
    records: Columns
    every: Columns  # all of them, or evenly chosen ones: what a trend can be taken from
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
        phases, records = _parsed(path, content)
        if not group:
            expected = len(phases) * (size - start) / len(content)
            group = 1 if expected <= most else math.ceil(KEPT_OF_A_GROUP * expected / most)
        ends = start + 1 + np.flatnonzero(np.frombuffer(content, np.uint8) == ord("\n"))
        start += len(content)
        yield from _by_phase(phases, records, group, ends)


def _by_phase(phases: list[str], records: Columns, group: int, ends: Places) -> Iterator[Points]:
    """Return the records (n,), whose lines end before the places `ends` (n,) of the file."""
    edges = [i for i in range(1, len(phases)) if phases[i] != phases[i - 1]]
    for first, last in pairwise([0, *edges, len(phases)]):
        part = {name: values[first:last] for name, values in records.items()}
        kept = every = part
        if group > 1:
            kept = {name: [values[i] for i in _extremes(part, group)] for name, values in part.items()}
            every = {name: values[:: max(1, group // KEPT_OF_A_GROUP)] for name, values in part.items()}
        yield Points(phases[first], kept, every, last - first, int(ends[last - 1]))


def _extremes(records: Columns, group: int) -> list[int]:
    """Return the places of the first and last record, and of the lowest and highest of each group."""
    n = len(records["iteration"])
    groups = -(-n // group)
    begin = np.arange(groups) * group
    places = [np.array([0, n - 1])]
    for name in ERRORS:
        values = np.full(groups * group, np.nan)
        values[:n] = np.array(records[name], dtype=np.float64)
        there = ~np.isnan(values.reshape(groups, group))
        any_there = there.any(axis=1)
        for worst, choose in ((math.inf, np.argmin), (-math.inf, np.argmax)):
            found = choose(np.where(there, values.reshape(groups, group), worst), axis=1)
            places.append((begin + found)[any_there])
    return [int(place) for place in np.unique(np.concatenate(places))]


def _parsed(path: Path, content: bytes) -> tuple[list[str], Columns]:
    """Return the phase of each line, and the columns of all."""
    try:
        if len(content) < LARGE:
            lines = json.loads(b"[%s]" % b",".join(content.splitlines()))  # at once: a call for each is slower
            return [line["phase"] for line in lines], {name: [line[name] for line in lines] for name in COLUMNS}
    except (ValueError, KeyError, TypeError) as problem:
        raise FalllineError(f"{path}: damaged ({problem!r}).") from None
    import polars as pl

    schema = {"phase": pl.String, **dict.fromkeys(COLUMNS, pl.Float64), "iteration": pl.Int64, "steps": pl.Int64}
    try:
        frame = pl.read_ndjson(io.BytesIO(content), schema=schema)
    except pl.exceptions.PolarsError as problem:
        raise FalllineError(f"{path}: damaged ({problem}).") from None
    columns = frame.to_dict(as_series=False)
    return columns.pop("phase"), columns


def _after_line(path: Path, place: int) -> bool:
    with path.open("rb") as file:
        file.seek(place - 1)
        return file.read(1) == b"\n"


class Course:
    """A descent's records so far, evenly thinned as a `History` is: what trends are taken from."""

    def __init__(self, most: int = MOST) -> None:
        self.phase = ""
        self.taken = 0  # records of the phase
        self._most = most
        self._columns: Columns = {name: [] for name in COLUMNS}

    def take(self, points: Points) -> None:
        """Go on with these records; those of another phase begin anew."""
        if points.phase != self.phase:
            self.phase, self.taken, self._columns = points.phase, 0, {name: [] for name in COLUMNS}
        self.taken += points.stand_for
        for name, values in self._columns.items():
            values += points.every[name]
        while len(self) > self._most:
            self._columns = {name: values[::2] for name, values in self._columns.items()}

    def __len__(self) -> int:
        return len(self._columns["iteration"])

    def column(self, name: str) -> Array:
        """Return one quantity over the records (records,), nan where it does not exist."""
        return np.array(self._columns[name], dtype=np.float64)
