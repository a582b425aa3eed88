"""The delta that starts from something else than the difference, and targets that the difference overwrites."""

from __future__ import annotations

from collections.abc import Iterator

from ..entry import Program
from .editing import Change, DoesNotFitError, within
from .planting import Place


def _aliased(program: Program, source: str) -> list[Change]:
    """Write `error = y - output` as `error = y; error -= output`, which overwrites y."""
    target, sign, expression = program.difference.partition(" = ")
    first, minus, second = program.residual.partition(" - ")
    indent = source[: source.index(program.difference)].rsplit("\n", 1)[-1]
    if not (sign and minus) or expression != program.residual or indent.strip():
        raise DoesNotFitError(program.difference)
    lines = f"{target} = {first}\n{indent}{target} -= {second}"
    return [within(source, program.difference, program.difference, lines)]


def plant(program: Program, source: str) -> Iterator[Place]:
    """Plant the mistakes of the output error."""
    numbers = tuple(range(1, len(program.activations) + 1))
    residual = program.residual
    if not residual:
        return
    for code, new in (
        ("error_squared", f"({residual}) ** 2"),
        ("error_absolute", f"{program.absolute}({residual})"),
    ):
        yield Place(code, numbers, lambda text, new=new: [within(text, program.difference, residual, new)])
    yield Place("data_changed", (), lambda text: _aliased(program, text))
