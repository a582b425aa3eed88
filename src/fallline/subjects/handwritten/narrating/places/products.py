"""Where a layer's gradient goes wrong: the products of deltas and inputs, the sum of the rows, the bias's sum."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Collection

from fallline.subjects.handwritten.narrating.sights import Sights
from fallline.subjects.handwritten.narrating.tracing import Place


def wrong_product(sights: Sights, layer: int) -> list[Place]:
    """Where the gradient of a layer's weights is computed, and that of its bias if it is wrong too."""
    fit, since = sights.fits[layer], sights.end_of_forward_pass
    bias = sights.sites(sights.layer(layer).bias) if fit.bias is not None and fit.bias.codes else []
    found = [place for quantity in sights.products(layer) for place in sights.sites(quantity, since)]
    return [*found, *bias] or sights.updates(layer)


def one_row(sights: Sights, layer: int) -> list[Place]:
    """Where one row's gradient takes the place of the sum over the rows.

    Where rows are taken one at a time, the sum over them is wrong or its last step: where the update is called, or
    where what is added was last assigned.
    """
    if sights.index.whole(sights.q.z[1][0]):
        return wrong_product(sights, layer)
    updates = sights.updates(layer)
    called = sights.callers(updates)
    if called:
        return [*called, *updates]
    layout = sights.layout(layer)
    return _added(sights, (*layout.weights, *layout.bias))


def bias_sum(sights: Sights, layer: int) -> list[Place]:
    """Where what a bias is changed by is computed and put together."""
    layout = sights.layout(layer)
    added = _added(sights, layout.bias or layout.weights, further=True)
    return [*_bias_sums(sights, layer), *added] or sights.updates(layer, bias=True)


def _bias_sums(sights: Sights, layer: int) -> list[Place]:
    """Where a bias's gradient is computed: as identified, as the update has it, or one number for all units."""
    bias, change = sights.layer(layer).bias, sights.change(layer)[:, -1]
    quantities = [*([] if bias is None else [bias, bias[:1]]), change, change[:1]]
    return next((found for quantity in quantities if (found := sights.sites(quantity))), [])


def _added(sights: Sights, slots: Collection[int], further: bool = False) -> list[Place]:
    """Where what slots are changed by was last assigned and, further, what that is made of; else where they change.

    A slot that changes on a line many times has its sum there: the line is where it changes.
    """
    times = Counter((moved.slot, moved.place) for moved in sights.trace.moved)
    found: list[Place] = []
    for moved in sights.trace.moved:
        statement = sights.statement(moved.place)
        if moved.slot not in slots or not isinstance(statement, ast.Assign | ast.AugAssign):
            continue
        added, again = sights.read_by(statement, moved.order), times[moved.slot, moved.place] > 1
        if again or not added:
            found.append(moved.place)
        if not (again and further):
            found += [seen.place for seen in added]
        if further and not again:
            made_of = (part for each in added for part in sights.read_by(sights.statement(each.place), each.order))
            found += [part.place for part in made_of]
    return found
