"""The delta that starts from something else than the difference."""

from __future__ import annotations

from collections.abc import Iterator

from ..entry import Program
from .editing import within
from .planting import Place


def plant(program: Program, source: str) -> Iterator[Place]:
    """Plant the mistakes of the output error."""
    numbers = tuple(range(1, len(program.activations) + 1))
    residual = program.residual
    if not residual:
        return

    def replaced(new: str):
        return lambda text: [within(text, program.difference, residual, new)]

    yield Place("error_squared", numbers, replaced(f"({residual}) ** 2"))
    yield Place("error_absolute", numbers, replaced(f"{program.absolute}({residual})"))

    def aliased(text: str):
        indent = text[: text.index(program.difference)].rsplit("\n", 1)[-1]
        target, expression = program.difference.split(" = ", 1)
        if expression != residual or indent.strip() or " - " not in residual:
            return []
        first, second = residual.split(" - ", 1)
        back = "" if first in ("y", "Y") else ""
        del back
        return [within(text, program.difference, program.difference, f"{target} = {first}\n{indent}{target} -= {second}")]

    yield Place("data_changed", (), aliased)
