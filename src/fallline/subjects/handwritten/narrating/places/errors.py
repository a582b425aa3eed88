"""Where the outputs, their error, or what of it reaches the layers below go wrong."""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Sequence

import numpy as np

from fallline.engine import Array
from fallline.subjects.handwritten.identifying.identification import Mistake
from fallline.subjects.handwritten.narrating.alike import Match, innermost
from fallline.subjects.handwritten.narrating.sights import NEVER, Sights, places
from fallline.subjects.handwritten.narrating.statements import called_name
from fallline.subjects.handwritten.narrating.tracing import Place

ABSOLUTE = ("abs", "absolute", "fabs")


def first_wrong(
    sights: Sights,
    layer: int,
    chain: Sequence[Array | None],
    innocent: Collection[Place] = (),
    among: Callable[[list[Match]], list[Match]] | None = None,
) -> list[Place]:
    """Return the lines that compute the first quantity of the chain that is wrong and can be seen.

    Innocent lines are those that compute right quantities: they are no mistake if the first of the chain is computed
    there too. Among chooses between the places of one quantity. Where nothing is seen, the layer's updates.
    """
    for quantity in chain:
        if quantity is not None and not sights.is_right(quantity):
            matches = innermost(sights.index.find(quantity))
            found = places(among(matches) if among else matches)
            if found := [place for place in found if place not in innocent]:
                return found
        innocent = ()
    return sights.updates(layer)


# the outputs


def softmax(sights: Sights, _: Mistake) -> list[Place]:
    """Where the outputs are computed, exponentials divided, and summed over the rows."""
    outputs, z = sights.q.a[-1][0], sights.q.z[-1][0]
    divided = [
        match
        for match in sights.index.whole(outputs)
        if isinstance(match.seen.node, ast.BinOp) and isinstance(match.seen.node.op, ast.Div)
    ]
    sums = (np.exp(z).sum(axis=0), np.exp(z - z.max()).sum(axis=0))
    summed = [place for value in sums for place in places(innermost(sights.index.whole(value)))]
    return [*sights.sites(outputs), *places(divided), *summed]


def difference(sights: Sights) -> list[Place]:
    """Where the error of the outputs is computed: ŷ − y, or the derivative of a cross-entropy in ŷ."""
    a, y = sights.q.a[-1][0], sights.q.y[0]
    with np.errstate(all="ignore"):
        quantities = [a - y, -y / a, (a - y) / (a * (1.0 - a))]
    if (used := sights.found.layers[-1].error) is not None:
        quantities.append(used)
    return [place for each in quantities if np.isfinite(each).all() for place in sights.sites(each)]


def data_changed(sights: Sights, mistake: Mistake) -> list[Place]:
    """Where the step changes its data; and where the difference is computed, if that overwrites the outputs."""
    overwritten = any(mistake.code in fit.derivative.codes for fit in sights.fits.values())
    return [*sights.trace.data, *(difference(sights) if overwritten else [])]


def broadcast(sights: Sights, layer: int) -> list[Place]:
    """Where all pairs of outputs and targets are subtracted, and where the outputs become one row of numbers."""
    outputs, y = sights.q.a[-1][0], sights.q.y[0]
    pairs = sights.sites(outputs[:, :1] - y[:, :1].T)
    flat = [match for match in sights.index.whole(outputs) if match.seen.value.ndim == 1]
    return [*(pairs or _first_wrong_error(sights, layer)), *places(innermost(flat))]


# what reaches a layer


def _first_wrong_error(sights: Sights, layer: int) -> list[Place]:
    here = sights.layer(layer)
    return first_wrong(sights, layer, [here.error, here.delta, here.product])


def wrong_error(sights: Sights, layer: int) -> list[Place]:
    """Where the error that reaches a layer is first seen wrong; and where one that is right elsewhere is handed on."""
    found = _first_wrong_error(sights, layer)
    return [*found, *_handed_on(sights, layer)] if sights.is_right(sights.layer(layer).error) else found


def _handed_on(sights: Sights, layer: int) -> list[Place]:
    """The last assignment of a layer's error before the layer's delta is made of it."""
    here = sights.layer(layer)
    if here.error is None or here.delta is None:
        return []
    made = innermost(sights.index.find(here.delta))
    until = made[0].seen.order if made else NEVER
    narrow = [here.error, here.error[:, :1]]
    found = [match for value in narrow for match in sights.index.find(value) if match.seen.kind == "assigned"]
    return places([match for match in found if match.seen.order < until][-1:])


def absolute_error(sights: Sights, layer: int) -> list[Place]:
    """Where an absolute value is taken of as many numbers as there are errors."""
    error = sights.layer(layer).error
    sizes = {1} if error is None else {1, error.size, error.shape[1]}
    found = [
        seen.place
        for seen in sights.trace.seen
        if isinstance(seen.node, ast.Call) and called_name(seen.node) in ABSOLUTE and seen.value.size in sizes
    ]
    return found or _first_wrong_error(sights, layer)


def through_changed_weights(sights: Sights, layer: int) -> list[Place]:
    """Where the error is wrong, and where the weights that it passes were updated before."""
    before = sights.layer(layer).error
    return [*_first_wrong_error(sights, layer), *sights.updates(layer + 1, before=before)]
