"""What is to be predicted: which column, what task it makes, and its cells as numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fallline.data.cells import boolean_pair, numbers, texts, too_large, with_decimal_point
from fallline.data.encoders import Place, class_codes
from fallline.data.kinds import kind_of
from fallline.data.profiles import Kind, Profile
from fallline.data.table import counted, enumerated, named
from fallline.errors import DataError

MOST_CLASSES = 200
MOST_INTEGER_CLASSES = 20
ROWS_PER_INTEGER_CLASS = 10

_USUAL_NAMES = frozenset(
    {
        *("target", "label", "labels", "class", "classes", "y", "output", "outcome", "response"),
        *("species", "price", "quality", "diagnosis", "survived"),
    }
)
_BINARY_VALUES = ([0.0, 1.0], [-1.0, 1.0], [1.0, 2.0])

LabelType: TypeAlias = Literal["text", "integer", "boolean"]


class Task(StrEnum):
    """What the network is to learn."""

    REGRESSION = "regression"
    BINARY = "binary"
    MULTICLASS = "multiclass"


@dataclass(frozen=True)
class Aim:
    """The task, and for classes their labels in order (the second of two is the positive one)."""

    task: Task
    kinds: tuple[Kind, ...]  # of each target
    classes: tuple[str, ...] = ()
    label_type: LabelType = "text"


def guessed_target(columns: Sequence[str]) -> tuple[str, str]:
    """Return the column that is most likely the target, and a sentence that says why."""
    usual = [name for name in columns if name.lower() in _USUAL_NAMES]
    if len(usual) == 1:
        return usual[0], f"Target: '{usual[0]}', by its name. Pass --target to choose another column."
    return columns[-1], f"Target: '{columns[-1]}', the last column. Pass --target to choose another."


def aim(profiles: Sequence[Profile], task: Task | None, table: str) -> tuple[Aim, list[str]]:
    """Return what the target columns make, and sentences for the user.

    Raises
    ------
    DataError
        If the targets fit no task, or not the one asked for.
    """
    for profile in profiles:
        if not profile.present and not profile.nested:
            raise DataError(
                f"target '{profile.name}': all cells are missing (column {profile.position} of {table}). "
                "Pass --target with another column."
            )
    kinds = tuple(kind_of(profile, table, "target") for profile in profiles)
    if len(profiles) > 1:
        return Aim(_all_numeric(profiles, kinds, task, table), kinds), []
    profile, kind = profiles[0], kinds[0]
    place = f"(column {profile.position} of {table})"
    if kind == "date":
        raise DataError(
            f"target '{profile.name}': expected numbers or categories, got dates{_examples(profile)} {place}. "
            f"Pass --target with another column, or --kind {profile.name}=categorical."
        )
    distinct = profile.distinct()
    if distinct == 1 and profile.complete:
        raise DataError(
            f"target '{profile.name}': every row says {next(iter(profile.counts))} {place}, so that there is "
            "nothing to learn. Pass --target with another column."
        )
    numeric = kind == "numeric"
    if task is Task.REGRESSION and not numeric:
        raise DataError(
            f"target '{profile.name}': expected numbers for regression, got "
            f"{named(profile.counts)} {place}. "
            "Pass --target with a numeric column, or leave --task out."
        )
    if task is Task.REGRESSION or (task is None and numeric and not _integer_classes(profile)):
        return Aim(Task.REGRESSION, kinds), []
    if not profile.complete or distinct > MOST_CLASSES:
        number = f"{distinct:,}" if profile.complete else f"at least {distinct:,}"
        what = "numbers" if numeric else "texts"
        remedy = "Pass --task regression" if numeric else "Pass --target with another column"
        raise DataError(
            f"target '{profile.name}': {number} different {what} {place}, more than the {MOST_CLASSES} classes "
            f"that are accepted; it looks like an identifier or free text. {remedy}, or group its values first."
        )
    classes, label_type = _classes(profile, kind)
    if task is Task.BINARY and len(classes) != 2:
        raise DataError(
            f"target '{profile.name}': expected two classes for a binary task, got {len(classes)} "
            f"({enumerated(classes, 5)}) {place}. Pass --task multiclass, or leave --task out."
        )
    found = task or (Task.BINARY if len(classes) == 2 else Task.MULTICLASS)
    return Aim(found, kinds, classes, label_type), _lonely(profile)


def raw_targets(aim_: Aim, targets: Sequence[str], batch: pl.DataFrame, place: Place) -> NDArray[np.float64]:
    """Return a batch's targets, (rows, targets): numbers in their own units, or the classes' places.

    Missing cells are NaN. Raises `DataError` for cells that are no numbers, or labels of no known class.
    """
    found = np.empty((len(batch), len(targets)))
    for j, name in enumerate(targets):
        series = batch[name]
        if aim_.task is Task.REGRESSION:
            found[:, j], bad = numbers(series, place.decimal)
            bad = bad if len(bad) else too_large(found[:, j])
            wanted = "finite numbers"
        else:
            found[:, j], bad = _codes(aim_, series, place.decimal)
            wanted = f"one of the classes {enumerated(aim_.classes, 5)}"
        if len(bad):
            cells = ", ".join(f"'{series[int(i)]}' in row {place.rows_before + int(i) + 1}" for i in bad[:3])
            raise DataError(
                f"{place.table}, target '{name}': expected {wanted} as in training, got {cells}. "
                "Correct or empty these cells, or drop the column."
            )
    return found


def _codes(aim_: Aim, series: pl.Series, decimal: str) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    if aim_.kinds[0] == "numeric":
        values, bad = numbers(series, decimal)
        known = np.array([float(label) for label in aim_.classes])
        places = np.minimum(np.searchsorted(known, values), len(known) - 1)
        strange = (known[places] != values) & ~np.isnan(values)
        codes = np.where(np.isnan(values), np.nan, places.astype(np.float64))
        return codes, bad if len(bad) else np.flatnonzero(strange)
    words = texts(series)
    found = class_codes(words, aim_.classes)
    present = words.is_not_null().to_numpy()
    return np.where(found < 0, np.nan, found), np.flatnonzero((found < 0) & present)


def _all_numeric(profiles: Sequence[Profile], kinds: Sequence[Kind], task: Task | None, table: str) -> Task:
    for profile, kind in zip(profiles, kinds, strict=True):
        if kind != "numeric":
            raise DataError(
                f"target '{profile.name}': with several targets each must be numeric, got "
                f"{named(profile.counts) or 'dates'} "
                f"(column {profile.position} of {table}). Pass --target with numeric columns, or with one column."
            )
        if profile.minimum == profile.maximum:
            raise DataError(
                f"target '{profile.name}': every row says {profile.minimum:g} (column {profile.position} of "
                f"{table}), so that there is nothing to learn. Leave it out of --target."
            )
    if task not in (None, Task.REGRESSION):
        raise DataError(f"--task {task.value}: several targets can only be learned by regression.")
    return Task.REGRESSION


def _integer_classes(profile: Profile) -> bool:
    if not (profile.whole and profile.complete):
        return False
    values = profile.values()
    if values in _BINARY_VALUES:
        return True
    first, number = values[0], len(values)
    return (
        2 < number <= MOST_INTEGER_CLASSES
        and first in (0.0, 1.0)
        and values[-1] - first == number - 1
        and profile.present >= ROWS_PER_INTEGER_CLASS * number
    )


def _classes(profile: Profile, kind: Kind) -> tuple[tuple[str, ...], LabelType]:
    if kind == "numeric":
        values = profile.values()
        if profile.whole:
            return tuple(str(int(value)) for value in values), "integer"
        return tuple(repr(value) for value in values), "text"
    labels = sorted(profile.counts)
    pair = boolean_pair(set(labels))
    if pair:
        labels.sort(key=lambda label: pair.index(label.lower()))
    if profile.numeric:
        labels.sort(key=lambda label: float(with_decimal_point(label, profile.decimal)))
    return tuple(labels), "boolean" if profile.dtype == pl.Boolean else "text"


def _examples(profile: Profile) -> str:
    return (
        " such as " + ", ".join(f"'{text}' in row {row}" for row, text in profile.offenders[:2])
        if profile.offenders
        else ""
    )


def _lonely(profile: Profile) -> list[str]:
    lonely = [label for label, count in profile.counts.items() if count == 1]
    if not lonely:
        return []
    return [
        f"Target '{profile.name}': {counted(len(lonely), 'class', 'classes')} with a single row "
        f"({enumerated(lonely, 5)}); a class cannot be learned from one row."
    ]
