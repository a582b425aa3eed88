"""What is to become of each column: the first pass over a table, and the decisions that follow from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import get_args

import numpy as np

from fallline.data.cells import is_date
from fallline.data.columns import Column, Input
from fallline.data.dates import DAYS_OF_A_YEAR
from fallline.data.kinds import (
    MOST_CATEGORIES,
    chosen_categories,
    chosen_format,
    is_running_number,
    kind_of,
    reason_to_drop,
)
from fallline.data.profiles import Kind, Profile
from fallline.data.table import Table, counted, named, require_columns
from fallline.data.targets import Aim, Task, aim, guessed_target
from fallline.errors import DataError

_DROPPED_BY_USER = "dropped as asked"


@dataclass(frozen=True)
class Plan:
    """What is to become of a table's columns; nothing in it depends on the split."""

    columns: list[Column]
    profiles: dict[str, Profile]
    targets: tuple[str, ...]
    aim: Aim
    rows: int  # those whose targets are all there
    notes: list[str]

    @property
    def inputs(self) -> list[Column]:
        """The columns that become inputs, in order."""
        return [column for column in self.columns if column.role == "input"]


def plan(
    table: Table,
    *,
    target: str | Sequence[str] | None,
    drop: Sequence[str],
    kinds: Mapping[str, str],
    task: Task | str | None,
) -> Plan:
    """Read the table once and return what its columns are to become. For the parameters see `prepare`."""
    wanted = _task(task)
    notes: list[str] = []
    forced = _forced(table, drop, kinds)
    dropped = {name for name, kind in forced.items() if kind is None}
    targets, sentences = _targets(table, target, dropped)
    notes.extend(sentences)
    profiles = {
        name: Profile(name, position, table.decimal, forced.get(name))
        for position, name in enumerate(table.columns, start=1)
        if name not in dropped
    }
    rows, usable = _survey(table, profiles, targets)
    if rows < 2:
        raise DataError(
            f"{table.name}: there is only {counted(rows, 'row')} of values; a network needs at least two to "
            "learn from. Pass a table with more rows."
        )
    if usable < 2 and all(profiles[name].present or profiles[name].nested for name in targets):
        raise DataError(
            f"{table.name}: only {counted(usable, 'row')} with a target; a network needs at least two. "
            "Pass a table with more rows."
        )
    found, sentences = aim([profiles[name] for name in targets], wanted, table.name)
    notes.extend(sentences)
    if usable < rows:
        notes.append(f"{counted(rows - usable, 'row')} of {rows:,} left out: the target is missing there.")
    columns = [
        _target_column(profiles[name], found, targets)
        if name in targets
        else Column(name, position, "dropped", reason=_DROPPED_BY_USER)
        if name in dropped
        else _input_column(profiles[name], table.name)
        for position, name in enumerate(table.columns, start=1)
    ]
    columns = _with_some_input(columns, profiles, table.name, notes)
    notes.extend(_remarks(columns, profiles))
    return Plan(columns, profiles, targets, found, usable, notes)


def _task(task: Task | str | None) -> Task | None:
    try:
        return None if task is None else Task(task)
    except ValueError:
        known = ", ".join(each.value for each in Task)
        raise DataError(f"--task {task}: expected one of {known}.") from None


def _forced(table: Table, drop: Sequence[str], kinds: Mapping[str, str]) -> dict[str, Kind | None]:
    """Return the kinds that the user asked for; None is "drop"."""
    dropped = [drop] if isinstance(drop, str) else list(drop)
    require_columns(table, dropped, "--drop names")
    require_columns(table, list(kinds), "--kind names")
    forced: dict[str, Kind | None] = dict.fromkeys(dropped)
    for name, kind in kinds.items():
        if kind == "drop":
            forced[name] = None
        elif kind not in get_args(Kind):
            raise DataError(f"--kind {name}={kind}: expected one of {', '.join(get_args(Kind))}, drop.")
        elif name not in forced:
            forced[name] = kind  # type: ignore[assignment]
    return forced


def _targets(table: Table, target: str | Sequence[str] | None, dropped: set[str]) -> tuple[tuple[str, ...], list[str]]:
    if target is None:
        left = [name for name in table.columns if name not in dropped]
        if not left:
            raise DataError(f"{table.name}: every column is dropped. Drop fewer of them.")
        name, sentence = guessed_target(left)
        return (name,), [sentence]
    names = (target,) if isinstance(target, str) else tuple(target)
    if not names:
        raise DataError("--target: expected at least one column.")
    require_columns(table, names, "--target names")
    if len(set(names)) < len(names):
        raise DataError(f"--target: a column is named twice ({', '.join(names)}).")
    both = [name for name in names if name in dropped]
    if both:
        raise DataError(f"'{both[0]}' is both the target and dropped. Choose one of the two.")
    return names, []


def _survey(table: Table, profiles: dict[str, Profile], targets: Sequence[str]) -> tuple[int, int]:
    """Show every batch to the profiles; return the number of rows, and of those that have all targets."""
    rows = usable = 0
    for batch in table.batches():
        unusable = np.zeros(len(batch), dtype=bool)
        for name, profile in profiles.items():
            absent = profile.update(batch[name])
            if name in targets:
                unusable |= absent
        rows += len(batch)
        usable += len(batch) - int(unusable.sum())
    return rows, usable


def _target_column(profile: Profile, found: Aim, targets: Sequence[str]) -> Column:
    return Column(
        profile.name,
        profile.position,
        "target",
        kind=found.kinds[targets.index(profile.name)],
        missing=profile.missing,
        distinct=profile.distinct(),
        distinct_exact=profile.complete,
    )


def _input_column(profile: Profile, table: str) -> Column:
    column = Column(
        profile.name,
        profile.position,
        "input",
        kind=None if not profile.present and not profile.nested else kind_of(profile, table),
        missing=profile.missing,
        distinct=profile.distinct(),
        distinct_exact=profile.complete,
    )
    reason = reason_to_drop(profile, column.kind or "categorical")
    if reason:
        return replace(column, role="dropped", reason=reason)
    return _with_inputs(column, profile)


def _with_inputs(column: Column, profile: Profile) -> Column:
    column = replace(column, role="input", reason="", missing_input=profile.missing > 0)
    if column.kind == "categorical":
        categories, other = chosen_categories(profile)
        column = replace(column, categories=categories, other_input=other)
    if column.kind == "date":
        seasonal = profile.last_day - profile.first_day > DAYS_OF_A_YEAR
        column = replace(column, seasonal=seasonal, date_format=chosen_format(profile))
    standardised = column.kind in ("numeric", "date")
    names = column.input_names()
    return replace(
        column, inputs=tuple(Input(name, standardised=standardised and k == 0) for k, name in enumerate(names))
    )


def _with_some_input(columns: list[Column], profiles: dict[str, Profile], table: str, notes: list[str]) -> list[Column]:
    """Take running numbers back in where nothing else is left; raise `DataError` if nothing is."""
    if any(column.role == "input" for column in columns):
        return columns
    found = [
        _with_inputs(column, profiles[column.name])
        if column.kind == "numeric" and column.role == "dropped" and is_running_number(profiles[column.name])
        else column
        for column in columns
    ]
    back = [column.name for column in found if column.role == "input"]
    if not back:
        reasons = ", ".join(f"'{each.name}' ({each.reason})" for each in columns if each.role == "dropped")
        if len(columns) == 1:
            remedy = f"'{columns[0].name}' is the only column. If it holds several, pass --separator."
        elif reasons:
            remedy = f"Left out are {reasons}. Pass --kind, for instance --kind {columns[0].name}=numeric, to keep one."
        else:
            remedy = "All columns are targets. Name fewer with --target."
        raise DataError(f"{table}: no input column is left. {remedy}")
    notes.append(f"{named(back)} counts the rows, but is the only input there is.")
    return found


def _remarks(columns: Sequence[Column], profiles: Mapping[str, Profile]) -> list[str]:
    """Return sentences about columns that lose something."""
    remarks = []
    for column in columns:
        if column.other_input:
            number = f"{column.distinct:,}" if column.distinct_exact else f"at least {column.distinct:,}"
            remarks.append(
                f"Column '{column.name}' has {number} categories: the {MOST_CATEGORIES} most frequent have an "
                'input each, the rest share "other".'
            )
        elif column.role == "input" and column.kind == "date" and not is_date(profiles[column.name].dtype):
            form = column.date_format or ""
            if form.startswith("%m"):
                remarks.append(f"Column '{column.name}' is read as month/day/year.")
            elif form.startswith("%d") and "." not in form[:3]:
                remarks.append(f"Column '{column.name}' is read as day/month/year.")
    return remarks
