"""Where a wrong sign or a wrong scale enters."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence

from fallline.subjects.handwritten.identifying.identification import Mistake
from fallline.subjects.handwritten.narrating.alike import innermost, signature
from fallline.subjects.handwritten.narrating.places.errors import difference
from fallline.subjects.handwritten.narrating.sights import Sights, places
from fallline.subjects.handwritten.narrating.tracing import Place

EXACT = 1e-6  # relative, of a factor


def _ratios(sights: Sights, layer: int, deltas: bool = False) -> list[tuple[Place, float]]:
    """Return each line at which an expression is a part of itself times a factor, with the factor.

    The expressions are a layer's error, delta and, unless only deltas are asked for, its gradient.
    """
    here, found = sights.layer(layer), []
    for quantity in (here.error, here.delta, *(() if deltas else (here.product, here.bias))):
        matches = [] if quantity is None else sights.index.find(quantity)
        by_node = {(m.seen.execution, id(m.seen.node)): m for m in matches if m.seen.kind == "expression"}
        for match in by_node.values():
            assert match.seen.node is not None  # an expression has one
            for child in ast.iter_child_nodes(match.seen.node):
                inner = by_node.get((match.seen.execution, id(child)))
                if inner is not None and abs(match.factor / inner.factor - 1.0) > EXACT:
                    found.append((match.seen.place, match.factor / inner.factor))
    return found


# signs


def negative_slopes(sights: Sights) -> dict[int, list[Place]]:
    """Return, by layer, the lines that compute minus its derivative, or turn its delta as that of every layer."""
    found = {}
    for here in sights.found.layers:
        if here.slope is None:
            continue
        matches = [match for match in innermost(sights.index.find(here.slope)) if match.factor < 0.0]
        if signature(here.slope) is None:
            matches = [match for match in matches if here.slope.size == 1 and match.factor == -1.0]
        if matches:
            found[here.number] = places(sights.functions_among(matches))
    turned = [_turned(sights, [layer], deltas=True) for layer in sights.fits]
    common = set.intersection(*turned) if len(turned) > 1 else set()
    return {layer: sorted(common) for layer in sights.fits} if common and not found else found


def alternating_sign(sights: Sights, mistake: Mistake) -> list[Place]:
    """Where minus a derivative is computed, or else as `reversed_sign`."""
    slopes = [place for found in negative_slopes(sights).values() for place in found]
    return slopes or reversed_sign(sights, mistake)


def reversed_sign(sights: Sights, mistake: Mistake) -> list[Place]:
    """Where one of the signs is that decide whether layers climb: of the difference, a derivative or the update."""
    layers, depth = mistake.layers, sights.q.depth
    updates = [place for layer in layers for place in sights.updates(layer, bias=mistake.what == "bias" or None)]
    if mistake.what == "bias":
        return updates
    if len(layers) == depth:
        return [*difference(sights), *updates]
    slopes = negative_slopes(sights)
    if len(slopes) == depth > 1:  # one minus sign in each layer
        return [place for found in slopes.values() for place in found]
    healthy = [layer for layer in sights.fits if layer not in layers]
    odd = [layer for layer in layers if layer in slopes and any(other not in slopes for other in healthy)]
    negative = [place for layer in odd for place in slopes[layer]]
    return [*(negative or updates), *(_turned(sights, layers) - _turned(sights, healthy))]


def _turned(sights: Sights, layers: Sequence[int], deltas: bool = False) -> set[Place]:
    """Lines at which a layer's delta or gradient gets another sign."""
    return {place for layer in layers for place, ratio in _ratios(sights, layer, deltas) if ratio < 0.0}


# scales


def rate_twice(sights: Sights, layer: int) -> list[Place]:
    """Where the rate enters once or twice."""
    return _where_rate_enters(sights, layer, (1, 2)) or sights.updates(layer)


def rate_divided(sights: Sights, layer: int) -> list[Place]:
    """Where a layer's quantities are divided by the rate."""
    return _where_rate_enters(sights, layer, (-1,)) or sights.updates(layer)


def _where_rate_enters(sights: Sights, layer: int, powers: Sequence[int]) -> list[Place]:
    """Where a power of the rate enters; any factor where the rate is not known."""
    wanted = [sights.rate**power for power in powers] if sights.rate else []
    return [place for place, r in _scales(sights, layer) if not wanted or any(abs(r / w - 1.0) < EXACT for w in wanted)]


def other_scale(sights: Sights, layer: int) -> list[Place]:
    """Where a factor other than the rate enters, and where the layer's gradient is computed."""
    return _scaled_gradient(sights, layer) or sights.updates(layer)


def scale_by_features(sights: Sights, layer: int) -> list[Place]:
    """As `other_scale`; and where a number of units or features is read off an array's shape."""
    found = [*_scaled_gradient(sights, layer), *_counts(sights, sights.q.twin.shape)]
    return found or sights.updates(layer)


def mean_for_sum(sights: Sights, mistake: Mistake) -> list[Place]:
    """As `other_scale`, in the layers that take the mean and those that take the sum: another reading has them so."""
    readings = (sights.identification.mistakes, *sights.identification.alternatives)
    layers = {
        layer for reading in readings for other in reading if other.code == mistake.code for layer in other.layers
    }
    return [place for layer in layers for place in other_scale(sights, layer)]


def _scales(sights: Sights, layer: int) -> list[tuple[Place, float]]:
    """The lines at which a layer's error, delta or gradient gets another size, with the positive factor."""
    ratios = [(place, abs(ratio)) for place, ratio in _ratios(sights, layer)]
    return [(place, ratio) for place, ratio in ratios if abs(ratio - 1.0) > EXACT]


def _scaled_gradient(sights: Sights, layer: int) -> list[Place]:
    here, rate = sights.layer(layer), sights.rate
    scaled = [place for place, r in _scales(sights, layer) if not rate or abs(r / rate - 1.0) > EXACT]
    return [*scaled, *sights.sites(here.product), *sights.sites(here.bias)]


def _counts(sights: Sights, numbers: Sequence[int]) -> list[Place]:
    """Where one of these numbers is read off an array's shape and given a name."""
    return [
        seen.place
        for seen in sights.trace.seen
        if seen.kind == "assigned" and seen.value.size == 1 and seen.value.item() in numbers
        if (statement := sights.statement(seen.place)) is not None
        if re.search(r"shape|size|len\(", ast.unparse(statement))
    ]
