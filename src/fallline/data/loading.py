"""A table into a network's arrays: one pass to see what the columns are, one to fill the arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import DTypeLike, NDArray

from fallline.data.cells import FloatArray
from fallline.data.encoders import Place, Unseen, encode_batch
from fallline.data.fitting import first_shift, fitted, scaled, target_units, without_constants
from fallline.data.planning import Plan, plan
from fallline.data.preparation import Preparation
from fallline.data.scaling import moments
from fallline.data.splitting import split_rows
from fallline.data.table import Table
from fallline.data.targets import Task, raw_targets
from fallline.errors import DataError

FLOAT64_CELLS = 2_000_000  # larger tables are kept in float32 unless the caller says otherwise


@dataclass(frozen=True)
class Prepared:
    """A table as arrays.

    ``X`` is (rows, inputs) and C-contiguous, ``y`` (rows, outputs) in network units; ``train_rows`` and
    ``validation_rows`` are sorted row numbers into both. Rows whose target is missing are not in them.
    """

    preparation: Preparation
    X: FloatArray
    y: FloatArray
    train_rows: NDArray[np.int64]
    validation_rows: NDArray[np.int64]
    notes: list[str]

    @property
    def rows(self) -> int:
        """How many rows there are, validation included."""
        return len(self.X)


def prepare(
    table: Table,
    *,
    target: str | Sequence[str] | None = None,
    drop: Sequence[str] = (),
    kinds: Mapping[str, str] | None = None,
    task: Task | str | None = None,
    validation: float | None = None,
    seed: int = 0,
    dtype: DTypeLike | None = None,
    scale_inputs: bool = True,
    scale_targets: bool = True,
) -> Prepared:
    """Return the table as arrays for a network, with the recipe to do the same to later tables.

    Parameters
    ----------
    target
        The column to predict, or several numeric ones; None takes the likeliest.
    drop
        Columns to leave out.
    kinds
        Column name to "numeric", "boolean", "categorical", "date" or "drop", where the kind found is not wanted.
    task
        "regression", "binary" or "multiclass"; None lets the target decide.
    validation
        Fraction of rows for validation in [0, 0.9]; None is 0.2, or none for fewer than 20 rows.
    seed
        Of the split.
    dtype
        Of X and y; None is float64 up to two million cells and float32 above.
    scale_inputs, scale_targets
        Whether numbers are standardised by the mean and standard deviation of the training rows.

    Raises
    ------
    DataError
        If the table cannot be used; the message says why and what to do.
    """
    planned = plan(table, target=target, drop=drop, kinds=kinds or {}, task=task)
    notes = planned.notes
    inputs = [each for column in planned.inputs for each in column.inputs]
    cells = planned.rows * len(inputs)
    dtype = np.dtype(dtype if dtype is not None else (np.float64 if cells <= FLOAT64_CELLS else np.float32))
    if dtype.kind != "f" or dtype.itemsize < 4:
        raise DataError(f"dtype {dtype}: expected float32 or float64.")
    shift, unit = first_shift(planned, dtype if scale_inputs else None)
    X, raw = _filled(table, planned, dtype, shift, unit)

    classes = None if planned.aim.task is Task.REGRESSION else raw[:, 0].astype(np.int64)
    train_rows, validation_rows, sentences = split_rows(planned.rows, validation, seed, classes)
    notes.extend(sentences)

    found = moments(X, train_rows)
    varying = found.minimum < found.maximum
    columns, kept = without_constants(planned, varying)
    if not any(column.role == "input" for column in columns):
        raise DataError(
            f"{table.name}: no input column is left; the others are the same in every training row. "
            "Pass another --target, more rows, or a smaller --validation."
        )
    columns = fitted(columns, kept, found, shift, unit, scale_inputs)
    X = scaled(X, kept, columns, shift, unit)
    offsets, scales = target_units(planned, raw, train_rows, scale_targets, table.name)
    preparation = Preparation(tuple(columns), planned.targets, planned.aim, offsets, scales)
    y = np.ascontiguousarray(preparation.network_units(raw, dtype))
    notes.extend(note for note in table.notes if note not in notes)
    return Prepared(preparation, X, y, train_rows, validation_rows, notes)


def _filled(
    table: Table, planned: Plan, dtype: np.dtype, shift: NDArray[np.float64], unit: NDArray[np.float64]
) -> tuple[FloatArray, NDArray[np.float64]]:
    """Return X, shifted but not yet scaled, and the targets in their own units, over the usable rows."""
    X = np.empty((planned.rows, len(shift)), dtype=dtype)
    raw = np.empty((planned.rows, len(planned.targets)))
    unseen = Unseen()
    filled = before = 0
    for batch in table.batches():
        place = Place(table.name, table.decimal, before)
        targets = raw_targets(planned.aim, planned.targets, batch, place)
        block = encode_batch(planned.inputs, batch, place, unseen)
        before += len(batch)
        usable = ~np.isnan(targets).any(axis=1)
        if not usable.all():
            block, targets = block[usable], targets[usable]
        if filled + len(block) > planned.rows:
            raise _changed(table)
        block -= shift
        block /= unit
        X[filled : filled + len(block)] = block
        raw[filled : filled + len(block)] = targets
        filled += len(block)
    if filled != planned.rows:
        raise _changed(table)
    return X, raw


def _changed(table: Table) -> DataError:
    return DataError(f"{table.name}: the table changed while it was read. Try again once nothing writes to it.")
