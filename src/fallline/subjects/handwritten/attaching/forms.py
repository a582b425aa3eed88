"""The forms in which hand-written code takes rows, one batch or one sample at a time, and gives outputs back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from fallline.engine import Array


@dataclass(frozen=True)
class Form:
    """One way to hand rows (n, width) over: whole batches, or single samples where `per_sample`."""

    name: str
    words: str
    per_sample: bool = False

    def give(self, rows: Array) -> Any:
        """Return rows (n, width), or one row (1, width) where it is per sample, in this form; always a fresh copy."""
        rows = np.array(rows, dtype=np.float64)
        match self.name:
            case "rows":
                return rows
            case "columns":
                return np.ascontiguousarray(rows.T)
            case "flat":
                return rows[:, 0].copy()
            case "lists":
                return rows.tolist()
            case "numbers":
                return rows[:, 0].tolist()
            case "column vectors":
                return [row[:, None].copy() for row in rows]
            case "stack":
                return rows[:, :, None].copy()
            case "vector":
                return rows[0].copy()
            case "list":
                return rows[0].tolist()
            case "row":
                return rows[:1].copy()
            case "column":
                return rows[:1].T.copy()
            case "labels":
                return rows.argmax(axis=1)
            case "label":
                return int(rows[0].argmax())
            case _:
                return float(rows[0, 0])

    def take_back(self, value: Any, rows: Array) -> None:
        """Write what was given, as the user's code left it, into rows (n, width); not where it was given as numbers."""
        if self.name in ("labels", "label", "number"):
            return
        try:
            left = np.array(value, dtype=np.float64)
        except (TypeError, ValueError):
            return
        if self.name in ("columns", "column"):
            left = left.T
        if left.size == rows.size:
            rows[...] = left.reshape(rows.shape)


ROWS = Form("rows", "samples as rows")
COLUMNS = Form("columns", "samples as columns")
FLAT = Form("flat", "one number for each sample")
LISTS = Form("lists", "a list of lists")
NUMBERS = Form("numbers", "a list of numbers")
COLUMN_VECTORS = Form("column vectors", "a list of column vectors")
STACK = Form("stack", "an array of column vectors")
VECTOR = Form("vector", "one sample as a vector", True)
LIST = Form("list", "one sample as a list", True)
ROW = Form("row", "one sample as a row", True)
COLUMN = Form("column", "one sample as a column", True)
NUMBER = Form("number", "one number", True)
LABELS = Form("labels", "the number of each sample's class")
LABEL = Form("label", "the number of a sample's class", True)

_BATCH = (ROWS, COLUMNS, LISTS, COLUMN_VECTORS)
_SAMPLE = (VECTOR, LIST, ROW, COLUMN)


def input_forms(per_sample: bool, width: int) -> list[Form]:
    """Return the forms to try for inputs, the commonest first."""
    if not per_sample:
        return [*_BATCH, FLAT] if width == 1 else list(_BATCH)
    return [*_SAMPLE, NUMBER] if width == 1 else list(_SAMPLE)


def target_forms(inputs: Form, width: int, output_shape: tuple[int, ...]) -> list[Form]:
    """Return the forms to try for targets that go with a form of inputs, those like the outputs' first."""
    if inputs in (FLAT, NUMBER):
        return [inputs]
    if inputs.per_sample:
        forms = [inputs, *(form for form in _SAMPLE if form is not inputs)]
        if width == 1:
            forms = [NUMBER, *forms] if output_shape == () else [*forms, NUMBER]
        return forms if width == 1 else [*forms, LABEL]
    if inputs is COLUMN_VECTORS:
        return [COLUMN_VECTORS, *([NUMBERS] if width == 1 else [])]
    if inputs is LISTS:
        return [LISTS, *([NUMBERS] if width == 1 else []), ROWS]
    forms = [inputs, COLUMNS if inputs is ROWS else ROWS]
    if width == 1:
        forms = [FLAT, *forms] if len(output_shape) == 1 else [*forms, FLAT]
    return forms if width == 1 else [*forms, LABELS]


def _numbers(value: Any) -> Array | None:
    try:
        array = np.array(value, dtype=np.float64)
    except (TypeError, ValueError):
        return None
    return array if array.size else None


def as_outputs(
    value: Any, n: int, width: int | None, columns: bool | None = None
) -> tuple[Array, tuple[int, ...]] | None:
    """Return a value as outputs (n, width) with the shape that it had, None where it cannot be outputs of n rows.

    `columns` says that samples are its columns; without it that is told from the shape, for which n must be no width.
    """
    array = _numbers(value)
    if array is None or array.dtype == object:
        return None
    shape = array.shape
    if n == 1:
        if array.ndim <= 3 and (width is None or array.size == width) and array.size == max((1, *shape)):
            return array.reshape(1, -1), shape
        return None
    if array.ndim == 3 and array.shape[0] == n and 1 in array.shape[1:]:
        array = array.reshape(n, -1)
    if array.ndim == 1 and len(array) == n:
        array = array[:, None]
    elif array.ndim != 2 or n not in array.shape:
        return None
    elif columns or array.shape[0] != n:
        array = array.T
    return (array, shape) if width is None or array.shape[1] == width else None
