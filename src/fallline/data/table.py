"""What a table is to everything above: named columns, and its rows in batches as often as they are asked for."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

import polars as pl

from fallline.errors import DataError


class Table(Protocol):
    """Columns with names, and rows in batches."""

    @property
    def name(self) -> str:
        """What to call the table in a sentence, for instance "houses.csv"."""

    @property
    def columns(self) -> list[str]:
        """The names of the columns, all different."""

    @property
    def decimal(self) -> str:
        """The decimal mark of numbers that stand in text cells."""

    @property
    def read_as(self) -> str:
        """How a text table was read, in words; nothing where there was nothing to find out."""

    @property
    def notes(self) -> list[str]:
        """Sentences about what reading found out that the user should see."""

    def batches(self) -> Iterator[pl.DataFrame]:
        """Yield all rows in order, anew at each call; no batch is empty."""


def nearest(name: str, candidates: Iterable[str]) -> str:
    """Return " Did you mean 'x'?" for the candidate most like the name, or nothing."""
    lowered = {candidate.lower(): candidate for candidate in candidates}
    found = difflib.get_close_matches(name.lower(), lowered, n=1, cutoff=0.6)
    return f" Did you mean '{lowered[found[0]]}'?" if found else ""


def enumerated(names: Sequence[object], limit: int = 3) -> str:
    """Return the first few things in a row, with "…" if there are more."""
    shown = ", ".join(str(name) for name in names[:limit])
    return f"{shown}, …" if len(names) > limit else shown


def named(names: Iterable[str], limit: int = 3) -> str:
    """Return the first few names, each in quotes, with "…" if there are more."""
    return enumerated([f"'{name}'" for name in names], limit)


def counted(number: int, thing: str, things: str | None = None) -> str:
    """Return "1 row" or "1,234 rows"."""
    return f"{number:,} {thing if number == 1 else things or thing + 's'}"


def require_columns(table: Table, names: Sequence[str], why: str) -> None:
    """Raise `DataError` if the table lacks one of these columns.

    ``why`` begins the sentence, for instance "the model needs" or "--drop names".
    """
    lacking = [name for name in names if name not in table.columns]
    if not lacking:
        return
    hint = nearest(lacking[0], table.columns)
    known = enumerated(table.columns, 12)
    columns = "column" if len(lacking) == 1 else "columns"
    listed = named(lacking, 5)
    raise DataError(f"{table.name}: {why} {columns} {listed}, not in this table.{hint} It has: {known}.")
