"""Updates that are lost in a copy or cut to integers."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..entry import Program
from .editing import Change, DoesNotFitError, within
from .planting import Place


def _parts(statement: str) -> tuple[str, str]:
    """Return the target and the new value of an update statement."""
    match = re.match(r"(?s)(.+?) ([-+])= (.*)", statement)
    if match:
        value = match[3]
        return match[1], f"{match[1]} {match[2]} {value}"
    target, sign, value = statement.partition(" = ")
    if not sign:
        raise DoesNotFitError(statement)
    return target, value


def _lost(source: str, statements: list[str]) -> list[Change]:
    changes = []
    for statement in dict.fromkeys(text for text in statements if text):
        target, value = _parts(statement)
        plain = re.sub(r"\W+", "_", target).strip("_")
        changes.append(within(source, statement, statement, f"new_{plain} = {value}"))
    return changes


def _cut(program: Program, source: str, statements: list[str]) -> list[Change]:
    changes = []
    for statement in dict.fromkeys(text for text in statements if text):
        target, value = _parts(statement)
        changes.append(within(source, statement, statement, f"{target} = {program.integer.format(value)}"))
    return changes


def plant(program: Program, source: str) -> Iterator[Place]:
    """Plant the mistakes of the assignment."""
    layers = [layer for layer in program.layer if layer.update]
    for layer in layers:
        statements = [layer.update, layer.bias_update]
        yield Place("update_lost", layer.layers, lambda text, statements=statements: _lost(text, statements))
        yield Place("integer_weights", layer.layers, lambda text, layer=layer: _cut(program, text, [layer.update]))
    if len(layers) > 1:
        numbers = tuple(number for layer in layers for number in layer.layers)
        everything = [statement for layer in layers for statement in (layer.update, layer.bias_update)]
        weights = [layer.update for layer in layers]
        yield Place("update_lost", numbers, lambda text: _lost(text, everything))
        yield Place("integer_weights", numbers, lambda text: _cut(program, text, weights))
