"""Rows and targets for a hand-written network from a table of numbers, as they stand in it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl

from fallline.data import read_table
from fallline.data.table import require_columns
from fallline.engine import Array
from fallline.errors import DataError


def rows_of_table(path: Path, targets: Sequence[str] | None = None) -> tuple[Array, Array]:
    """Return X (n, inputs) and y (n, outputs): nothing is scaled or encoded; the last column is the target by default.

    Raises
    ------
    DataError
        If a cell is no number, or a column is not there.
    """
    table = read_table(path)
    wanted = list(targets) if targets else table.columns[-1:]
    require_columns(table, wanted, "--target names")
    frame = pl.concat(list(table.batches()), how="vertical_relaxed")
    columns = {}
    for name in table.columns:
        numbers = frame[name].cast(pl.Float64, strict=False)
        if numbers.null_count():
            row = int(np.flatnonzero(numbers.is_null().to_numpy())[0]) + 1
            raise DataError(
                f"{table.name}: column '{name}' holds {frame[name][row - 1]!r} in row {row}, which is no number; a "
                "hand-written network takes the numbers as they stand. Encode or drop the column first."
            )
        columns[name] = numbers.to_numpy()
    inputs = [name for name in table.columns if name not in wanted]
    if not inputs:
        raise DataError(f"{table.name}: there is no column besides the target {wanted}.")
    X = np.column_stack([columns[name] for name in inputs])
    return X, np.column_stack([columns[name] for name in wanted])
