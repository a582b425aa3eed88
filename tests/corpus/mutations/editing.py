"""Changing a program's text at exact places, so that every other line stays as it was."""

from __future__ import annotations

import re
from dataclasses import dataclass


class DoesNotFitError(Exception):
    """The program has no place for this mistake."""


@dataclass(frozen=True)
class Change:
    """Characters start:end of the source are replaced by new."""

    start: int
    end: int
    new: str
    whole: bool = False  # all lines of new belong to the mistake, though some of them are old lines


def change(source: str, old: str, new: str, whole: bool = False) -> Change:
    """Return the change of a text that occurs once."""
    if not old or old == new or source.count(old) != 1:
        raise DoesNotFitError(f"{source.count(old)} times: {old!r}")
    start = source.index(old)
    return Change(start, start + len(old), new, whole)


def within(source: str, statement: str, old: str, new: str) -> Change:
    """Return the change of the last occurrence of an expression within a statement that occurs once."""
    if not statement or not old or source.count(statement) != 1 or old not in statement:
        raise DoesNotFitError(f"{old!r} in {statement!r}")
    if old == new:
        raise DoesNotFitError("no change")
    at = source.index(statement) + statement.rindex(old)
    return Change(at, at + len(old), new)


def name(text: str, old: str, new: str) -> str:
    """Return text with the expression old replaced where it stands as a whole."""
    pattern = rf"(?<![\w.]){re.escape(old)}(?![\w])" if re.match(r"\w", old) else re.escape(old)
    result = re.sub(pattern, lambda _: new, text)
    if not old or not new or result == text:
        raise DoesNotFitError(f"{old!r} in {text!r}")
    return result


def overlap(first: tuple[Change, ...], second: tuple[Change, ...]) -> bool:
    """Whether any two of the changes touch."""
    return any(a.start <= b.end and b.start <= a.end for a in first for b in second)


def apply(source: str, changes: tuple[Change, ...]) -> tuple[str, dict[Change, tuple[int, ...]]]:
    """Return the changed source and, for each change, its lines in it (1-based)."""
    result, lines, at = "", {}, 0
    for item in sorted(changes, key=lambda item: item.start):
        if item.start < at:
            raise DoesNotFitError("changes overlap")
        result += source[at : item.start]
        first = result.count("\n") + 1
        result += item.new
        old = source[item.start : item.end]
        new_lines, old_lines = item.new.split("\n"), [line.strip() for line in old.split("\n")]
        if len(new_lines) == 1 or item.whole:
            chosen = [index for index, line in enumerate(new_lines) if line.strip() or len(new_lines) == 1]
        else:
            chosen = [index for index, line in enumerate(new_lines) if line.strip() and line.strip() not in old_lines]
            chosen = chosen or [index for index, line in enumerate(new_lines) if line.strip()]
        gone = not item.new and "\n" in old  # a line that moved away
        lines[item] = () if gone else tuple(first + index for index in chosen)
        at = item.end
    return result + source[at:], lines
