"""The list of all families, and what each of them returns."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import replace

from ..entry import Program
from . import biases, derivatives, direct, errors, ordering, products, propagation, rates, rows, signs, updates
from .editing import DoesNotFitError, apply
from .planting import Mutation, Place

FAMILIES: tuple[Callable[[Program, str], Iterator[Place]], ...] = (
    derivatives.plant,
    signs.plant,
    errors.plant,
    ordering.plant,
    propagation.plant,
    products.plant,
    biases.plant,
    rows.plant,
    rates.plant,
    updates.plant,
    direct.plant,
)


def mutations(program: Program) -> list[Mutation]:
    """Return all mistakes that the program's text has a place for, each once."""
    source = program.source
    found: dict[str, Mutation] = {}
    for family in FAMILIES:
        for place in family(program, source):
            try:
                changes = tuple(dict.fromkeys(place.changes(source)))
                text = apply(source, changes)[0]
                ast.parse(text)
            except (DoesNotFitError, SyntaxError):
                continue
            if not changes:
                continue
            layers = tuple(sorted(place.layers))
            first = found.setdefault(text, Mutation(place.code, layers, changes))
            if (first.code, first.layers) != (place.code, layers):
                found[text] = replace(first, also=tuple(dict.fromkeys((*first.also, (place.code, layers)))))
    return list(found.values())


__all__ = ["FAMILIES", "Mutation", "mutations"]
