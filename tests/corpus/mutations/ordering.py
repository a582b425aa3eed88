"""Weights that are changed before the delta has gone through them."""

from __future__ import annotations

from collections.abc import Iterator

from ..entry import Layer, Program
from .editing import Change, DoesNotFitError
from .planting import Place


def _line(source: str, statement: str) -> tuple[int, int, str]:
    """Return the start, the end and the indentation of the whole line(s) of a statement that occurs once."""
    if not statement or source.count(statement) != 1:
        raise DoesNotFitError(statement)
    at = source.index(statement)
    start = source.rfind("\n", 0, at) + 1
    end = source.find("\n", at + len(statement)) + 1
    indent = source[start:at]
    if indent.strip():
        raise DoesNotFitError("not at a line's start")
    return start, end, indent


def _moved(source: str, hidden: Layer, upper: Layer, statements: tuple[str, ...]) -> list[Change]:
    """Move the statements before the hidden delta's line."""
    start, end, indent = _line(source, hidden.delta)
    if hidden.W not in hidden.error:
        start, end, indent = _line(source, hidden.error)
    if upper.grad not in statements and not (0 <= source.find(upper.grad) < start):
        raise DoesNotFitError("the gradient is not there yet")
    removed, text = [], ""
    for statement in dict.fromkeys(statements):
        first, last, other = _line(source, statement)
        if first < end or other != indent:
            raise DoesNotFitError("already before, or in another block")
        removed.append(Change(first, last, ""))
        text += source[first:last]
    return [Change(start, end, text + source[start:end], whole=True), *removed]


def plant(program: Program, source: str) -> Iterator[Place]:
    """Move the next layer's update before each hidden delta."""
    for hidden in program.layer:
        for upper in program.layer:
            if hidden.layers[-1] + 1 != upper.layers[0] or len(hidden.layers) > 1:
                continue
            for statements in ((upper.update,), (upper.grad, upper.update)):
                yield Place(
                    "weights_after_update",
                    hidden.layers,
                    lambda text, hidden=hidden, upper=upper, statements=statements: _moved(
                        text, hidden, upper, statements
                    ),
                )
