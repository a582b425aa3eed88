"""Updates that climb: in a layer, in all of them, in every second one."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..entry import Program
from .editing import Change, DoesNotFitError, within
from .planting import Place


def flipped(statement: str) -> str:
    """Return an update statement with plus for minus."""
    for old, new in (("-=", "+="), ("+=", "-=")):
        if old in statement:
            return statement.replace(old, new, 1)
    match = re.match(r"(?s)([^=]+= ?\S+ )([-+])( .*)", statement)
    if not match:
        raise DoesNotFitError(f"no sign in {statement!r}")
    return match[1] + ("+" if match[2] == "-" else "-") + match[3]


def swapped(residual: str) -> str:
    """Return b − a for a − b."""
    depth, inner = 0, residual
    for index, character in enumerate(inner):
        depth += (character in "([") - (character in ")]")
        if depth == 0 and inner[index : index + 3] == " - ":
            return f"{inner[index + 3 :]} - {inner[:index]}"
    raise DoesNotFitError(f"no difference: {residual!r}")


def plant(program: Program, source: str) -> Iterator[Place]:
    """Plant the mistakes of signs."""
    numbers = tuple(range(1, len(program.activations) + 1))

    def reverse(statements: tuple[str, ...]) -> list[Change]:
        return [within(source, text, text, flipped(text)) for text in dict.fromkeys(statements) if text]

    for layer in program.layer:
        if layer.update:
            statements = (layer.update, layer.bias_update)
            yield Place("sign_reversed", layer.layers, lambda _, statements=statements: reverse(statements))
    everything = tuple(text for layer in program.layer for text in (layer.update, layer.bias_update))
    yield Place("sign_reversed", numbers, lambda _: reverse(everything))
    yield Place(
        "sign_reversed",
        numbers,
        lambda text: [within(text, program.difference, program.residual, swapped(program.residual))],
    )
    for helper in program.helper:
        if helper.layers != numbers:
            continue

        def negative(text: str, line: str = helper.line) -> list[Change]:
            for old, new in (
                (r"\(1(?:\.0)? ?- ?([\w.]+\(\w+\)|\w+)\)", r"(\1 - 1)"),  # x * (1 - x)
                (r"return 1(?:\.0)? - (.+)", r"return \1 - 1"),  # 1 - x ** 2
            ):
                if re.search(old, line):
                    return [within(text, line, line, re.sub(old, new, line, count=1))]
            raise DoesNotFitError(line)

        climbing = tuple(number for number in numbers if (numbers[-1] - number) % 2 == 0)
        yield Place("sign_alternating", climbing, negative)
