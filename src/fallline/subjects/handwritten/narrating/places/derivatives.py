"""Where the derivative of a layer's function goes wrong, or is left out."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable

from fallline.engine import Array
from fallline.subjects.handwritten.narrating.alike import Match, innermost, signature
from fallline.subjects.handwritten.narrating.places.errors import first_wrong
from fallline.subjects.handwritten.narrating.places.source import commented_out
from fallline.subjects.handwritten.narrating.sights import NEVER, Sights, places
from fallline.subjects.handwritten.narrating.tracing import Place, Seen


def wrong_slope(sights: Sights, layer: int, among: Callable[[list[Match]], list[Match]] | None = None) -> list[Place]:
    """Where a layer's derivative is computed, or else its delta or gradient, but for what is right in other layers."""
    here = sights.layer(layer)
    innocent = {place for slope in _right_slopes(sights, layer) for place in sights.sites(slope)}
    return first_wrong(sights, layer, [here.slope, here.delta, here.product], innocent, among)


def wrong_argument(sights: Sights, layer: int) -> list[Place]:
    """As `wrong_slope`; of a function that is given what is wrong, the call."""
    return wrong_slope(sights, layer, sights.calls_among)


def wrong_function(sights: Sights, layer: int) -> list[Place]:
    """As `wrong_slope`; of a function that is itself wrong, its inside."""
    return wrong_slope(sights, layer, sights.functions_among)


def other_layers_slope(sights: Sights, layer: int) -> list[Place]:
    """Where the delta is made with a derivative that is right elsewhere."""
    here = sights.layer(layer)
    if sights.is_right(here.delta):  # one number for all units leaves the delta a multiple of the error
        return missing_slope(sights, layer)
    return first_wrong(sights, layer, [here.delta, here.product])


def missing_slope(sights: Sights, layer: int) -> list[Place]:
    """Where the delta is made and last passed on before it is used: between them the derivative should have entered.

    And where a function returns 1 in its place, or a line is commented out.
    """
    delta = sights.layer(layer).delta
    assert delta is not None  # the layer has a fit
    deltas = sights.index.whole(delta)
    if not any(_passes_on(sights, match.seen) for match in deltas):
        deltas = sights.index.all(delta)
    products = _products_since(sights, layer, deltas[0].seen.order if deltas else -1)
    until = products[0].seen.order if products else NEVER
    passed = [match for match in deltas if match.seen.order < until and _passes_on(sights, match.seen)]
    used = [match for match in passed if any(_has_word(match.seen.text, other.seen.text) for other in products)]
    if passed:
        last = (used or passed)[-1]
        before = [match for match in passed if match.seen.order < last.seen.order]
        handed = [match for match in before if not isinstance(sights.statement(match.seen.place), ast.Assign)]
        named = [passed[0], *before[-1:], *handed, last]
    else:
        named = innermost(deltas) or innermost(products)
    return [*(places(named) or sights.updates(layer)), *_ones(sights, delta), *commented_out(sights)]


def _products_since(sights: Sights, layer: int, since: int) -> list[Match]:
    """Where a layer's gradient is seen after a time, in the order of time; its parts where the whole never is."""
    quantities = sights.products(layer)
    found = [match for quantity in quantities for match in sights.index.whole(quantity)]
    found = found or [match for quantity in quantities for match in sights.index.find(quantity)]
    return sorted((match for match in found if match.seen.order > since), key=lambda match: match.seen.order)


def _passes_on(sights: Sights, seen: Seen) -> bool:
    """Whether a value is assigned, returned or put into a list there."""
    return seen.kind != "expression" or isinstance(sights.statement(seen.place), ast.Expr)


def _has_word(name: str, text: str) -> bool:
    """Whether a text has this name as a word."""
    return re.search(rf"(?<![\w.]){re.escape(name)}(?![\w.])", text) is not None


def _ones(sights: Sights, delta: Array) -> list[Place]:
    """Where a function returns 1 for each unit: a derivative that is left out there."""
    shapes = (delta.shape, delta.T.shape, (), (delta.shape[1],))
    return [
        seen.place
        for seen in sights.trace.seen
        if seen.kind == "returned" and seen.value.shape in shapes and (seen.value == 1.0).all()
    ]


def _right_slopes(sights: Sights, layer: int) -> list[Array]:
    """The slopes of other layers where they are right: a function that computes them does nothing wrong."""
    others = [sights.layer(number) for number in sights.fits if number != layer]
    return [
        here.slope
        for here in others
        if here.slope is not None
        and not sights.fits[here.number].derivative.codes
        and signature(here.slope) is not None
    ]
