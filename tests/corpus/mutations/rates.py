"""The learning rate twice, or as a divisor."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..entry import Program
from .editing import Change, DoesNotFitError, within
from .planting import Place


def _changed(source: str, statements: list[str], rate: str, divide: bool) -> list[Change]:
    result = []
    for statement in dict.fromkeys(text for text in statements if text):
        pattern = rf"(?<![\w.]){re.escape(rate)}(?![\w.])"
        if len(re.findall(pattern, statement)) != 1:
            raise DoesNotFitError(f"{rate!r} in {statement!r}")
        new = f"1 / {rate}" if divide else f"{rate} * {rate}"
        if re.search(r"[*] ?" + pattern, statement):  # the rate is the last factor
            match = re.search(r" ?[*] ?" + pattern, statement)
            assert match is not None
            text = statement[: match.start()] + (f" / {rate}" if divide else f" * {new}") + statement[match.end() :]
        else:
            text = re.sub(pattern, new, statement)
        result.append(within(source, statement, statement, text))
    return result


def plant(program: Program, source: str) -> Iterator[Place]:
    """Plant the mistakes of the rate, in a layer and in all."""
    layers = [layer for layer in program.layer if layer.update]
    numbers = tuple(number for layer in layers for number in layer.layers)
    everything = [statement for layer in layers for statement in (layer.update, layer.bias_update)]
    for code, divide in (("rate_twice", False), ("rate_divided", True)):
        for layer in layers:
            yield Place(
                code,
                layer.layers,
                lambda text, layer=layer, divide=divide: _changed(
                    text, [layer.update, layer.bias_update], program.rate_name, divide
                ),
            )
        if len(layers) > 1:
            yield Place(
                code,
                numbers,
                lambda text, divide=divide: _changed(text, everything, program.rate_name, divide),
            )
