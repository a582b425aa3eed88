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


def _touched(old: list[str], new: list[str], whole: bool) -> list[int]:
    """Return which of the new lines belong to a change: from the first that differs to the last."""
    first, last = 0, len(new)
    while not whole and first < min(len(old), last) and old[first] == new[first]:
        first += 1
    while not whole and last > first and len(old) - len(new) + last > first:
        if old[len(old) - len(new) + last - 1] != new[last - 1]:
            break
        last -= 1
    chosen = [index for index in range(first, last) if new[index].strip()]
    return chosen or [min(first, len(new) - 1)]


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
        chosen = _touched(old.split("\n"), item.new.split("\n"), item.whole)
        gone = not item.new and "\n" in old  # a line that moved away
        lines[item] = () if gone else tuple(first + index for index in chosen)
        at = item.end
    return result + source[at:], lines
