"""Where updates are lost, cut to whole numbers, exchanged, left out, repeated, or made of an earlier step's values."""

from __future__ import annotations

import ast
from collections.abc import Sequence

import numpy as np

from fallline.engine import Array
from fallline.subjects.handwritten.identifying.comparison import CROSS_ENTROPY, SQUARED, exact_gradient
from fallline.subjects.handwritten.narrating.alike import Match
from fallline.subjects.handwritten.narrating.places.source import (
    assigned_to,
    commented_out,
    local_names,
    loops_over_names,
)
from fallline.subjects.handwritten.narrating.sights import Sights, places
from fallline.subjects.handwritten.narrating.statements import called_name, last_name
from fallline.subjects.handwritten.narrating.tracing import Place

CASTS = ("astype", "int", "int_", "int32", "int64", "round", "rint", "floor", "ceil", "trunc", "fix", "around")
EXACT = 1e-6  # of a momentum
NOTHING = 1e-12  # what is left by rounding where terms cancel


def lost(sights: Sights, layer: int) -> list[Place]:
    """Where new weights are computed that are not kept; else where the old ones are kept; else the last gradient."""
    old = sights.old_values(layer)
    if computed := _computed_from(sights, old):
        functions = {(seen.file, seen.function) for seen in sights.trace.seen if seen.place in computed}
        returned = [
            seen.place
            for seen in sights.trace.seen
            if seen.kind == "returned"
            and (seen.file, seen.function) in functions
            and any(_is_of(seen.value, value) for value in old)
        ]
        return [*computed, *returned, *local_names(sights, computed)]
    gradient = _used_gradient(sights, layer)
    since = max([sights.end_of_forward_pass, *(match.seen.order for match in gradient[:1])])
    return _kept(sights, old, since) or places(gradient[-1:])


def cast(sights: Sights, layer: int) -> list[Place]:
    """Where numbers are made whole ones, or else where new weights are computed; and where the layer changes."""
    old = sights.old_values(layer)
    sizes = {1, *(value.size for value in old)}
    found = [
        seen.place
        for seen in sights.trace.seen
        if isinstance(seen.node, ast.Call) and called_name(seen.node) in CASTS and seen.value.size in sizes
    ]
    return [*(found or _computed_from(sights, old)), *sights.updates(layer)]


def out_of_order(sights: Sights, layer: int) -> list[Place]:
    """Where what a layer is changed by is computed, and where it changes."""
    change = sights.change(layer)
    return [*sights.sites(change[:, :-1]), *sights.sites(change), *sights.updates(layer)]


def stale(sights: Sights, layer: int) -> list[Place]:
    """Where a layer changes, and where the forward pass is called: before that, or not at all."""
    values = (*sights.q.z[1:], *sights.q.a[1:])
    return [*sights.updates(layer), *sights.callers(place for value in values for place in sights.sites(value[0]))]


def momentum(sights: Sights, layer: int) -> list[Place]:
    """Where the share of the last step enters; where what holds the share is made, if that is negative itself."""
    share = abs(sights.found.momentum)
    shares = [s for s in sights.trace.seen if s.value.size == 1 and abs(abs(s.value.item()) - share) < EXACT]
    negative = [seen for seen in shares if seen.value.item() < 0.0 and not isinstance(seen.node, ast.UnaryOp)]
    if negative:
        names = {last_name(seen.node) for seen in negative if seen.node is not None} - {""}
        found = assigned_to(sights, names)
    else:
        shapes = {value.shape for value in sights.old_values(layer)}
        known = {seen.execution for seen in sights.trace.seen if seen.value.shape in shapes}
        found = [seen.place for seen in shares if seen.execution in known] or [seen.place for seen in shares]
    return found or sights.updates(layer)


def without_bias(sights: Sights, layer: int) -> list[Place]:
    """The layer's update, where the bias's should stand beside it, stands in a comment, or adds what is nothing."""
    gradient = _used_gradient(sights, layer)
    old = [sights.old_slots[slot] for slot in sights.layout(layer).bias]
    kept = _kept(sights, old, gradient[0].seen.order if gradient else 0)
    nothing = [
        seen.place
        for seen in sights.trace.seen
        if isinstance(seen.node, ast.Call) and called_name(seen.node) == "sum" and np.abs(seen.value).max() < NOTHING
    ]
    updates, bias = sights.updates(layer, bias=False), sights.sites(sights.layer(layer).bias)
    return [*updates, *loops_over_names(sights, updates), *commented_out(sights), *kept, *nothing, *bias]


def _computed_from(sights: Sights, old: Sequence[Array]) -> list[Place]:
    """Where something is added to or subtracted from the weights, behind the forward pass, whatever it is."""
    forward = {match.seen.order for z in sights.q.z[1:] for match in sights.index.find(z[0])}
    known = {(seen.execution, id(seen.node)): seen.value for seen in sights.trace.seen}
    return [
        seen.place
        for seen in sights.trace.seen
        if seen.order > sights.end_of_forward_pass and seen.order not in forward
        if isinstance(seen.node, ast.BinOp) and isinstance(seen.node.op, ast.Add | ast.Sub)
        for operand in (seen.node.left, seen.node.right)
        if (value := known.get((seen.execution, id(operand)))) is not None
        and any(_is_of(value, weights) for weights in old)
        and not np.array_equal(value, seen.value)  # nothing is added
    ]


def _kept(sights: Sights, old: Sequence[Array], since: int) -> list[Place]:
    """Where old values are assigned as if they were new, after the gradient is known."""
    return [
        seen.place
        for seen in sights.trace.seen
        if seen.kind == "assigned" and seen.order > since and any(_is_of(seen.value, value) for value in old)
        if not isinstance(sights.statement(seen.place), ast.AugAssign)
    ]


def _used_gradient(sights: Sights, layer: int) -> list[Match]:
    """Where a layer's gradient is seen, as it is used, if that is known, or the exact one of either loss."""
    gradients = sights.products(layer)
    for loss in (SQUARED, CROSS_ENTROPY):
        weights, bias = (part[layer - 1][0] for part in exact_gradient(sights.q, loss))
        gradients += [weights, *sights.shaped(layer, np.column_stack([weights, bias]))]
    return sorted((m for each in gradients for m in sights.index.find(each)), key=lambda match: match.seen.order)


def _is_of(value: Array, weights: Array) -> bool:
    """Whether a value is these weights, turned perhaps, or one number of them."""
    if value.size == 1:
        return bool((weights == value.ravel()[0]).any())
    return any(value.shape == turned.shape and np.array_equal(value, turned) for turned in (weights, weights.T))
