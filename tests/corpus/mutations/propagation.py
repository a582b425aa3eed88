"""The hidden delta from the wrong quantity, or through the wrong weights."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..entry import Program
from .editing import Change, DoesNotFitError, name, within
from .planting import Place


def turned(error: str, W: str) -> str:
    """Return the error with the weights' transposition dropped or added."""
    for suffix in (".T", ".transpose()"):
        if W + suffix in error:
            return error.replace(W + suffix, W)
    return name(error, W, f"{W}.T")


def plant(program: Program, source: str) -> Iterator[Place]:
    """Plant the mistakes of the propagation into each hidden layer."""
    owns = [layer.own for layer in program.layer if layer.own and len(layer.layers) == 1]
    for hidden in program.layer:
        if not (hidden.W and hidden.error):
            continue
        statement = hidden.delta if hidden.error in hidden.delta else hidden.error
        if hidden.W not in hidden.error:
            continue

        def put(new: str, statement: str = statement, error: str = hidden.error) -> list[Change]:
            return [within(source, statement, error, new)]

        yield Place(
            "transposed_weights", hidden.layers, lambda _, hidden=hidden, put=put: put(turned(hidden.error, hidden.W))
        )
        for other in owns:
            if other != hidden.W:
                yield Place(
                    "wrong_layer_weights",
                    hidden.layers,
                    lambda _, hidden=hidden, put=put, other=other: put(name(hidden.error, hidden.W, other)),
                )
        if program.shown:

            def shown(_: str, hidden=hidden, put=put) -> list[Change]:
                match = re.match(r"(?s)(\w[\w.\[\]'\" ]* = )(.*)", hidden.error)
                if match and hidden.error not in hidden.delta:
                    return put(match[1] + program.shown)
                if hidden.error == program.shown:
                    raise DoesNotFitError("it is that already")
                return put(program.shown)

            yield Place("output_error_for_hidden", hidden.layers, shown)
