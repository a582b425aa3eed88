"""Where a program keeps its data: the variables with rows and targets, and the form that they have there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from fallline.engine import Array
from fallline.subjects.handwritten.attaching.forms import (
    COLUMN_VECTORS,
    COLUMNS,
    FLAT,
    LISTS,
    NUMBERS,
    ROWS,
    STACK,
    Form,
)
from fallline.subjects.handwritten.attaching.signatures import role
from fallline.subjects.handwritten.attaching.world import Names


@dataclass(frozen=True)
class DataPlace:
    """Where a program keeps its data: two variables, or one with the targets in its last columns or as pairs."""

    inputs: str
    targets: str
    input_form: Form
    target_form: Form
    joined: str = ""  # "columns" or "pairs" where both stand in `inputs`

    def put(self, space: Names, X: Array, y: Array) -> None:
        """Put rows (n, inputs) and targets (n, outputs) there."""
        if self.joined == "columns":
            both = np.hstack([X, y])
            space[self.inputs] = both.tolist() if self.input_form is LISTS else both
        elif self.joined == "pairs":
            pairs = zip(self.input_form.give(X), self.target_form.give(y), strict=True)
            space[self.inputs] = [tuple(pair) for pair in pairs]
        else:
            space[self.inputs], space[self.targets] = self.input_form.give(X), self.target_form.give(y)

    def take_back(self, space: Names, X: Array, y: Array) -> None:
        """Write the data as code left it into X and y; what is no table of this size any more stays."""
        inputs, targets = space.get(self.inputs), space.get(self.targets)
        if self.joined == "columns":
            both = np.hstack([X, y])
            self.input_form.take_back(inputs, both)
            X[...], y[...] = both[:, : X.shape[1]], both[:, X.shape[1] :]
            return
        if self.joined == "pairs":
            if not isinstance(inputs, list | tuple) or not all(len(pair) == 2 for pair in inputs):
                return
            inputs, targets = [pair[0] for pair in inputs], [pair[1] for pair in inputs]
        self.input_form.take_back(inputs, X)
        self.target_form.take_back(targets, y)

    @property
    def words(self) -> str:
        """The variables' names."""
        return f"`{self.inputs}`" if self.joined else f"`{self.inputs}` and `{self.targets}`"


def forms_of(value: Any) -> list[tuple[Form, Array]]:
    """Return the ways to read a value as rows (n, width), samples as rows first; none where it is no table."""
    if not isinstance(value, np.ndarray | list | tuple):
        return []
    try:
        array = np.array(value, dtype=np.float64)
    except (TypeError, ValueError):
        return []
    listed = isinstance(value, list | tuple)
    if array.ndim == 1 and len(array) > 1:
        return [(NUMBERS if listed else FLAT, array[:, None])]
    if array.ndim == 3 and array.shape[2] == 1:
        return [(COLUMN_VECTORS if listed else STACK, array[:, :, 0])]
    if array.ndim != 2 or not array.size:
        return []
    plain = listed and isinstance(value[0], list | tuple)
    return [(LISTS, array)] if plain else [(ROWS, array), (COLUMNS, array.T)]


def data_places(values: Names) -> list[tuple[DataPlace, Array, Array]]:
    """Return the places that may hold the data among variables, with its rows and targets, the likeliest first."""
    found = list(_pairs(values))
    tables = {name: forms_of(value) for name, value in values.items() if not np.isscalar(value)}
    order = list(values)
    two: list[tuple[tuple[int, ...], tuple[DataPlace, Array, Array]]] = []
    for first, left in tables.items():
        for second, right in tables.items():
            if first == second:
                continue
            for input_form, X in left:
                for target_form, y in right:
                    mixed = (input_form is COLUMNS) != (target_form is COLUMNS)
                    if len(X) != len(y) or len(X) < 2 or (mixed and target_form is not FLAT):
                        continue
                    place = DataPlace(first, second, input_form, target_form)
                    names = (role(first) != "inputs") + (role(second) not in ("targets", "outputs"))
                    short = len(X) < X.shape[1] + y.shape[1] and input_form is ROWS
                    two.append(((names, int(short), order.index(first), order.index(second)), (place, X, y)))
    found += [item for _, item in sorted(two, key=lambda item: item[0])]
    for name, forms in tables.items():
        for form, rows in forms:
            if form in (ROWS, LISTS) and rows.shape[1] > 1:
                place = DataPlace(name, "", form, form, "columns")
                found.append((place, rows[:, :-1], rows[:, -1:]))
    return found


def _pairs(values: Names) -> Iterator[tuple[DataPlace, Array, Array]]:
    for name, value in values.items():
        if not isinstance(value, list | tuple) or len(value) < 2:
            continue
        if not all(isinstance(item, list | tuple) and len(item) == 2 and np.shape(item[0]) for item in value):
            continue
        inputs, targets = forms_of([item[0] for item in value]), forms_of([item[1] for item in value])
        if inputs and targets:
            yield DataPlace(name, "", inputs[0][0], targets[0][0], "pairs"), inputs[0][1], targets[0][1]
