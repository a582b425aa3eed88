"""What the training rows say: which inputs vary, their means and scales, and X scaled by them in its place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fallline.data.cells import FloatArray
from fallline.data.columns import Column, Input
from fallline.data.planning import Plan
from fallline.data.scaling import Moments, keep_columns, moments, scale_in_place
from fallline.data.table import named
from fallline.data.targets import Task
from fallline.errors import DataError


def first_shift(planned: Plan, dtype: np.dtype[Any] | None) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return what each input is shifted and divided by before it is stored, each (inputs,).

    In float32, large values that differ little (time stamps) would lose what they differ in: they are stored
    less their mean. Very large and very small ones are divided by a power of two, which loses nothing and
    keeps their squares finite. With dtype None nothing is done.
    """
    shift, unit = [], []
    for column in planned.inputs:
        profile = planned.profiles[column.name]
        number = column.kind in ("numeric", "date") and dtype is not None
        low, high = profile.minimum, profile.maximum
        if column.kind == "date":
            low, high = profile.first_day, profile.last_day
        if number and low <= high:
            mean = profile.total / profile.present if column.kind == "numeric" else 0.5 * (low + high)
            middle = float(mean) if np.isfinite(mean) else 0.5 * low + 0.5 * high
            offset = middle if dtype == np.float32 else 0.0
            shift.append(offset)
            unit.append(_power_of_two(max(abs(high - offset), abs(low - offset))))
        else:
            shift.append(0.0)
            unit.append(1.0)
        shift.extend([0.0] * (len(column.inputs) - 1))
        unit.extend([1.0] * (len(column.inputs) - 1))
    return np.array(shift), np.array(unit)


def _power_of_two(size: float) -> float:
    if 1e-30 < size < 1e30 or size == 0.0 or not np.isfinite(size):
        return 1.0
    return float(2.0 ** int(np.clip(np.frexp(size)[1], -1000, 1000)))


def without_constants(planned: Plan, varying: NDArray[np.bool_]) -> tuple[list[Column], NDArray[np.bool_]]:
    """Return all columns without inputs that say nothing in the training rows, and which inputs stay.

    A number that is always the same there is dropped with its column, and a "missing" that never occurs
    there is dropped alone; categories stay.
    """
    kept = np.ones(len(varying), dtype=bool)
    columns = []
    start = 0
    for column in planned.columns:
        stop = start + (len(column.inputs) if column.role == "input" else 0)
        if column.role == "input" and column.kind != "categorical":
            if column.missing_input and not varying[stop - 1] and varying[start]:
                kept[stop - 1] = False
                column = replace(column, missing_input=False, inputs=column.inputs[:-1])
            elif not varying[start] and not (column.missing_input and varying[stop - 1]):
                kept[start:stop] = False
                column = replace(
                    column, role="dropped", reason="the same in every training row", inputs=(), missing_input=False
                )
        columns.append(column)
        start = stop
    return columns, kept


def fitted(
    columns: Sequence[Column],
    kept: NDArray[np.bool_],
    found: Moments,
    shift: NDArray[np.float64],
    unit: NDArray[np.float64],
    scale_inputs: bool,
) -> list[Column]:
    """Return the columns with the centres, scales and fills that the training rows give."""
    mean = np.where(found.present > 0, found.mean * unit + shift, 0.0)[kept]
    deviation = (found.deviation * unit)[kept]
    varying = (found.minimum < found.maximum)[kept]
    fitted = []
    start = 0
    for column in columns:
        inputs: list[Input] = []
        for k, each in enumerate(column.inputs):
            j = start + k
            if each.standardised and scale_inputs:
                scale = float(deviation[j]) if varying[j] and deviation[j] > 0 else 1.0
                inputs.append(replace(each, centre=float(mean[j]), scale=scale, fill=float(mean[j])))
            else:
                fill = float(mean[j]) if k == 0 and column.kind != "categorical" else 0.0
                inputs.append(replace(each, fill=fill, standardised=False))
        fitted.append(replace(column, inputs=tuple(inputs)))
        start += len(column.inputs)
    return fitted


def scaled(
    X: FloatArray,
    kept: NDArray[np.bool_],
    columns: Sequence[Column],
    shift: NDArray[np.float64],
    unit: NDArray[np.float64],
) -> FloatArray:
    """Return X with the kept inputs only, scaled as the fitted columns say; X itself is used up."""
    X = keep_columns(X, kept)
    inputs = [each for column in columns for each in column.inputs]
    shift, unit = shift[kept], unit[kept]
    centre = (np.array([each.centre for each in inputs]) - shift) / unit
    scale = np.array([each.scale for each in inputs]) / unit
    fill = (np.array([each.fill for each in inputs]) - shift) / unit
    scale_in_place(X, centre, scale, fill)
    return X


def target_units(
    planned: Plan, raw: NDArray[np.float64], rows: NDArray[np.int64], scale_targets: bool, table: str
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return the offsets and scales of the targets, one for each output."""
    if planned.aim.task is not Task.REGRESSION:
        outputs = len(planned.aim.classes) if planned.aim.task is Task.MULTICLASS else 1
        return (0.0,) * outputs, (1.0,) * outputs
    unit = np.array([_power_of_two(float(np.abs(raw[rows, j]).max())) for j in range(raw.shape[1])])
    found = moments(raw / unit, rows)
    same = [name for name, low, high in zip(planned.targets, found.minimum, found.maximum, strict=True) if low == high]
    if same:
        raise DataError(
            f"target {named(same)}: the same in all {len(rows):,} training rows of "
            f"{table}, so that there is nothing to learn. Pass another --target, more rows, or a smaller --validation."
        )
    if not scale_targets:
        return (0.0,) * len(unit), (1.0,) * len(unit)
    return tuple((found.mean * unit).tolist()), tuple((found.deviation * unit).tolist())
