"""The prepared columns as a recipe: any later table into network inputs, network outputs into own units."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, DTypeLike, NDArray

from fallline.data.cells import FloatArray
from fallline.data.columns import Column, Input
from fallline.data.encoders import Place, Unseen, encode_batch
from fallline.data.scaling import scale_in_place
from fallline.data.stored import Fields, aim_to_dict, column_to_dict, stored_aim, stored_columns
from fallline.data.table import Table, counted, require_columns
from fallline.data.targets import Aim, Task, raw_targets
from fallline.errors import DataError

FORMAT = 1  # of to_dict


@dataclass(frozen=True)
class Preparation:
    """How a table becomes network inputs and targets, learned from the training rows.

    ``target_offsets`` and ``target_scales`` lead from network units to the targets' own: own = network × scale
    + offset; for classes they are 0 and 1.
    """

    columns: tuple[Column, ...]
    targets: tuple[str, ...]
    aim: Aim
    target_offsets: tuple[float, ...]
    target_scales: tuple[float, ...]

    @property
    def task(self) -> Task:
        """Regression, binary or multiclass."""
        return self.aim.task

    @property
    def classes(self) -> list[str] | None:
        """The labels as texts, in the order of the outputs; the second of two is the positive one."""
        return list(self.aim.classes) if self.aim.classes else None

    @property
    def labels(self) -> NDArray[Any]:
        """The labels (classes,) as they are in the table: texts, integers or booleans; in the order of the outputs."""
        labels: NDArray[Any] = np.array(self.aim.classes)
        if self.aim.label_type == "integer":
            return labels.astype(np.int64)
        return labels == "true" if self.aim.label_type == "boolean" else labels

    @property
    def input_columns(self) -> list[Column]:
        """The columns that the network gets to see."""
        return [column for column in self.columns if column.role == "input"]

    @property
    def input_names(self) -> list[str]:
        """One name for each network input, for instance "age", "age missing", "sex=male"."""
        return [each.name for each in self._inputs]

    @property
    def inputs(self) -> int:
        """How many inputs the network has."""
        return len(self._inputs)

    @property
    def outputs(self) -> int:
        """How many outputs the network has: one for each target, 1 for two classes, else one for each class."""
        return len(self.aim.classes) if self.task is Task.MULTICLASS else len(self.targets)

    @property
    def target_scale(self) -> NDArray[np.float64]:
        """Own units for each network unit, (outputs,); 1 for classes."""
        return np.array(self.target_scales)

    @property
    def target_offset(self) -> NDArray[np.float64]:
        """Own value where the network says 0, (outputs,); 0 for classes."""
        return np.array(self.target_offsets)

    @property
    def _inputs(self) -> list[Input]:
        return [each for column in self.input_columns for each in column.inputs]

    def transform(self, table: Table, dtype: DTypeLike = np.float64, *, notes: list[str] | None = None) -> FloatArray:
        """Return the table's network inputs, (rows, inputs), C-contiguous.

        Columns are found by name; others are ignored. Sentences about categories that training did not have
        are appended to ``notes``.

        Raises
        ------
        DataError
            If a column is missing, or a cell is not of its column's kind.
        """
        columns = self.input_columns
        require_columns(table, [column.name for column in columns], "the model needs")
        inputs = self._inputs
        centre = np.array([each.centre for each in inputs])
        scale = np.array([each.scale for each in inputs])
        fill = np.array([each.fill for each in inputs])
        unseen = Unseen()
        X = np.empty((0, self.inputs), dtype=dtype)
        rows = 0
        for batch in table.batches():
            block = encode_batch(columns, batch, Place(table.name, table.decimal, rows), unseen)
            scale_in_place(block, centre, scale, fill)
            if rows + len(batch) > len(X):
                # Growing in place (realloc) spares the second copy that concatenating would need.
                X.resize((rows + len(batch) + rows // 4, self.inputs), refcheck=False)
            X[rows : rows + len(batch)] = block
            rows += len(batch)
        X.resize((rows, self.inputs), refcheck=False)
        if notes is not None:
            notes.extend(unseen.sentences())
        return X

    def target_values(self, table: Table) -> NDArray[np.float64] | None:
        """Return the table's targets in network units, (rows, outputs), NaN where missing.

        None if the table lacks a target column.
        """
        if any(name not in table.columns for name in self.targets):
            return None
        found = []
        rows = 0
        for batch in table.batches():
            found.append(raw_targets(self.aim, self.targets, batch, Place(table.name, table.decimal, rows)))
            rows += len(batch)
        raw = np.concatenate(found) if found else np.empty((0, len(self.targets)))
        return self.network_units(raw)

    def network_units(self, raw: NDArray[np.float64], dtype: DTypeLike = np.float64) -> NDArray[Any]:
        """Return targets, (rows, targets) in own units or as class places, in network units, (rows, outputs)."""
        if self.task is Task.REGRESSION:
            return ((raw - self.target_offset) / self.target_scale).astype(dtype)
        if self.task is Task.BINARY:
            return raw.astype(dtype)
        y = np.zeros((len(raw), self.outputs), dtype=dtype)
        known = np.flatnonzero(~np.isnan(raw[:, 0]))
        y[known, raw[known, 0].astype(np.int64)] = 1
        y[np.isnan(raw[:, 0])] = np.nan
        return y

    def decode(self, outputs: ArrayLike) -> NDArray[Any]:
        """Return network outputs, (n, outputs), in own units: (n, outputs) numbers, or (n,) labels.

        A label is the class with the highest output; of two, the positive one from 0.5 on; see `labels`.
        """
        values = self._shaped(outputs)
        if self.task is Task.REGRESSION:
            return values * self.target_scale + self.target_offset
        places = (values[:, 0] >= 0.5).astype(int) if self.task is Task.BINARY else values.argmax(axis=1)
        decoded: NDArray[Any] = self.labels[places]
        return decoded

    def predictions(self, outputs: ArrayLike) -> pl.DataFrame:
        """Return network outputs as a frame: each target in own units; or the label, and each class's share."""
        values = self._shaped(outputs)
        decoded = self.decode(values)
        if self.task is Task.REGRESSION:
            return pl.DataFrame({name: decoded[:, j] for j, name in enumerate(self.targets)})
        if self.task is Task.BINARY:
            values = np.column_stack([1.0 - values[:, 0], values[:, 0]])
        shares = {f"P({label})": values[:, k] for k, label in enumerate(self.aim.classes)}
        return pl.DataFrame({self.targets[0]: decoded, **shares})

    def _shaped(self, outputs: ArrayLike) -> NDArray[np.float64]:
        values = np.asarray(outputs, dtype=np.float64)
        if values.ndim == 1 and self.outputs == 1:
            values = values[:, None]
        if values.ndim != 2 or values.shape[1] != self.outputs:
            raise DataError(f"network outputs: expected shape (rows, {self.outputs}), got {values.shape}.")
        return values

    def to_dict(self) -> dict[str, Any]:
        """Return the recipe in plain JSON types; floats survive a round trip exactly."""
        return {
            "format": FORMAT,
            **aim_to_dict(self.aim),
            "targets": list(self.targets),
            "target_offsets": list(self.target_offsets),
            "target_scales": list(self.target_scales),
            "columns": [column_to_dict(column) for column in self.columns],
        }

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Preparation:
        """Return the recipe that `to_dict` gave; `DataError` if it is malformed."""
        fields = Fields(stored, "")
        if fields.integer("format") != FORMAT:
            raise DataError(
                f"stored preparation: format {stored['format']} is not {FORMAT}, the one this version of "
                "Fallline knows. Load it with the version that wrote it."
            )
        preparation = cls(
            stored_columns(fields),
            tuple(fields.texts("targets")),
            stored_aim(fields),
            tuple(fields.numbers("target_offsets")),
            tuple(fields.numbers("target_scales")),
        )
        _require_consistent(preparation)
        return preparation


def _require_consistent(preparation: Preparation) -> None:
    classes = len(preparation.aim.classes)
    fitting = {Task.REGRESSION: classes == 0, Task.BINARY: classes == 2, Task.MULTICLASS: classes >= 2}
    problem = ""
    if not fitting[preparation.task]:
        problem = f"{counted(classes, 'class', 'classes')}, which does not fit the task {preparation.task.value}"
    elif not preparation.targets or (classes and len(preparation.targets) > 1):
        problem = f"{counted(len(preparation.targets), 'target')}, which does not fit the task {preparation.task.value}"
    elif len(preparation.aim.kinds) != len(preparation.targets):
        problem = "target_kinds and targets differ in length"
    elif {len(preparation.target_offsets), len(preparation.target_scales)} != {preparation.outputs}:
        problem = "target_offsets and target_scales must have one number for each output"
    elif not preparation.inputs:
        problem = "no column is an input"
    else:
        for column in preparation.input_columns:
            if column.kind is None or len(column.inputs) != len(column.input_names()):
                problem = f"column '{column.name}' has {len(column.inputs)} inputs, which does not fit its kind"
            elif any(each.scale == 0.0 for each in column.inputs):
                problem = f"column '{column.name}' has an input of scale 0"
    if problem:
        raise DataError(f"stored preparation: {problem}. The model file is damaged; save it again.")
