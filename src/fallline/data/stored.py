"""Columns and aims as plain JSON types, and back with every field checked."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, get_args

from fallline.data.columns import Column, Input, Role
from fallline.data.profiles import Kind
from fallline.data.targets import Aim, LabelType, Task
from fallline.errors import DataError


def aim_to_dict(aim: Aim) -> dict[str, Any]:
    """Return the aim's fields."""
    return {
        "task": aim.task.value,
        "target_kinds": list(aim.kinds),
        "classes": list(aim.classes),
        "label_type": aim.label_type,
    }


def stored_aim(fields: Fields) -> Aim:
    """Return the aim that `aim_to_dict` wrote."""
    return Aim(
        Task(fields.choice("task", [task.value for task in Task])),
        tuple(fields.choices("target_kinds", get_args(Kind))),
        tuple(fields.texts("classes")),
        fields.choice("label_type", get_args(LabelType)),
    )


def stored_columns(fields: Fields) -> tuple[Column, ...]:
    """Return the columns that `column_to_dict` wrote under "columns"."""
    return tuple(_column(Fields(each, f"columns[{j}]")) for j, each in enumerate(fields.sequence("columns")))


def column_to_dict(column: Column) -> dict[str, Any]:
    """Return the column's fields, with lists for tuples."""
    stored = asdict(column)
    return stored | {"categories": list(column.categories), "inputs": [asdict(each) for each in column.inputs]}


def _column(fields: Fields) -> Column:
    return Column(
        name=fields.text("name"),
        position=fields.integer("position"),
        role=fields.choice("role", get_args(Role)),
        kind=fields.choice("kind", [*get_args(Kind), None]),
        missing=fields.integer("missing", optional=True),
        distinct=fields.integer("distinct", optional=True),
        distinct_exact=fields.flag("distinct_exact"),
        reason=fields.text("reason"),
        categories=tuple(fields.texts("categories")),
        missing_input=fields.flag("missing_input"),
        other_input=fields.flag("other_input"),
        seasonal=fields.flag("seasonal"),
        date_format=fields.text("date_format", optional=True),
        inputs=tuple(
            _input(Fields(each, f"{fields.place}.inputs[{j}]")) for j, each in enumerate(fields.sequence("inputs"))
        ),
    )


def _input(fields: Fields) -> Input:
    return Input(
        name=fields.text("name"),
        centre=fields.number("centre"),
        scale=fields.number("scale"),
        fill=fields.number("fill"),
        standardised=fields.flag("standardised"),
    )


class Fields:
    """A stored mapping whose fields are taken out with their types checked."""

    def __init__(self, stored: Any, place: str) -> None:
        self.place = place
        if not isinstance(stored, Mapping):
            raise self._wrong("", "a mapping", stored)
        self._stored = stored

    def _wrong(self, key: str, expected: str, found: object) -> DataError:
        where = ".".join(part for part in (self.place, key) if part) or "the whole"
        return DataError(
            f"stored preparation, {where}: expected {expected}, got {str(found)[:60]!r} "
            f"({type(found).__name__}). The model file is damaged; save it again."
        )

    def _take(self, key: str) -> Any:
        if key not in self._stored:
            where = f"{self.place}: " if self.place else ""
            raise DataError(
                f"stored preparation: {where}the field '{key}' is missing. The model file is damaged; save it again."
            )
        return self._stored[key]

    def text(self, key: str, *, optional: bool = False) -> Any:
        """Return a text (or None if optional)."""
        found = self._take(key)
        if isinstance(found, str) or (optional and found is None):
            return found
        raise self._wrong(key, "a text", found)

    def integer(self, key: str, *, optional: bool = False) -> Any:
        """Return an integer (or None if optional)."""
        found = self._take(key)
        if (isinstance(found, int) and not isinstance(found, bool)) or (optional and found is None):
            return found
        raise self._wrong(key, "an integer", found)

    def flag(self, key: str) -> bool:
        """Return true or false."""
        found = self._take(key)
        if isinstance(found, bool):
            return found
        raise self._wrong(key, "true or false", found)

    def number(self, key: str) -> float:
        """Return a finite number."""
        return self._number(key, self._take(key))

    def _number(self, key: str, found: object) -> float:
        if isinstance(found, int | float) and not isinstance(found, bool) and math.isfinite(found):
            return float(found)
        raise self._wrong(key, "a finite number", found)

    def sequence(self, key: str) -> list[Any]:
        """Return a list."""
        found = self._take(key)
        if isinstance(found, list | tuple):
            return list(found)
        raise self._wrong(key, "a list", found)

    def numbers(self, key: str) -> list[float]:
        """Return a list of finite numbers."""
        return [self._number(key, each) for each in self.sequence(key)]

    def texts(self, key: str) -> list[str]:
        """Return a list of texts."""
        found = self.sequence(key)
        if all(isinstance(each, str) for each in found):
            return found
        raise self._wrong(key, "a list of texts", found)

    def choice(self, key: str, among: Any) -> Any:
        """Return one of these values."""
        found = self._take(key)
        if any(found == each for each in among):
            return found
        raise self._wrong(key, f"one of {', '.join(str(each) for each in among)}", found)

    def choices(self, key: str, among: Any) -> list[Any]:
        """Return a list of some of these values."""
        found = self.sequence(key)
        if all(any(each == other for other in among) for each in found):
            return found
        raise self._wrong(key, f"a list of {', '.join(str(each) for each in among)}", found)
