"""The columns of a table in a few lines: what was inferred, and how each becomes inputs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from rich.table import Table
from rich.text import Text

from fallline.data import Column

MOST_LINES = 24


def columns_table(columns: Sequence[Column]) -> Table:
    """Return the columns as a table; neighbours that are treated alike share a line."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("column", "role", "kind", "as", "missing"):
        table.add_column(heading, justify="right" if heading == "missing" else "left", overflow="fold")
    lines = list(_lines(columns))
    inputs = [line for line in lines if line[1] == "input"]
    left_out = inputs[MOST_LINES:] if len(lines) > MOST_LINES else []
    for line in lines:
        if line not in left_out:
            table.add_row(
                *map(Text, line), style="dim" if line[1] == "dropped" else "bold" if line[1] == "target" else ""
            )
    if left_out:
        table.add_row(f"… and {len(left_out)} more", "input", "", "", "")
    return table


def _lines(columns: Sequence[Column]) -> Iterator[tuple[str, str, str, str, str]]:
    for _, group in groupby(columns, key=lambda each: (each.role, each.kind, each.reason, _plain(each), each.missing)):
        alike = list(group)
        first = alike[0]
        names = [each.name for each in alike]
        if len(alike) > 3:
            names = [f"{first.name} … {alike[-1].name} ({len(alike)} columns)"]
        says = first.reason if first.role == "dropped" else first.encoding
        for name in names:
            yield name, first.role, first.kind or "", says, f"{first.missing:,}" if first.missing else ""


def _plain(column: Column) -> str:
    """Return how a column is encoded, kept apart for each one where it has categories of its own."""
    return column.name if column.categories else column.encoding
