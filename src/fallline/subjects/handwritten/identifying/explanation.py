"""The search for the back-propagation that makes the observed changes: layer by layer from the output down.

At each layer the candidates for its delta (what reaches it, times its derivative) and for its weights' gradient are
tried, those with fewer mistakes first, until one makes the layer's change up to a factor; the delta that was found is
what the layer below receives. A layer whose change tells nothing (it never moves, is cut to integers, or nothing fits)
is passed through with the likeliest deltas, and the layers below decide between them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from fallline.engine import Array
from fallline.subjects.handwritten.identifying.evidence import Evidence
from fallline.subjects.handwritten.identifying.matching import fits, match
from fallline.subjects.handwritten.identifying.mistakes import (
    Above,
    Choice,
    bias_sums,
    derivatives,
    output_errors,
    products,
    propagated,
    with_weights,
)
from fallline.subjects.handwritten.identifying.mistakes.derivatives import OVERWRITTEN
from fallline.subjects.handwritten.twins.layout import BiasPlace

UNEXPLAINED = 10.0  # what a layer that nothing fits costs, in mistakes
WORK = 20_000  # candidates that are tried before the search only looks for what is right
ENOUGH = 24  # explanations of a layer that are followed
GUESSES = 3  # deltas that are followed below a layer that nothing fits
MOST_MISTAKES, MOST_IN_SIGNS = 4, 2  # of one layer; of one that shows no more than the signs of its update
LEAST_CUT = 1e-12  # size of a gradient that takes a weight of 1 away from 1 for sure


@dataclass(frozen=True)
class LayerFit:
    """What one layer's back-propagation was found to be.

    Parameters
    ----------
    layer
        Its number, from 1.
    error, derivative, product
        The choices that make its change.
    factor
        c of ΔW = −c · product; negative where it climbs. None where the change tells nothing.
    bias
        The choice for its bias; None without bias or where it was not seen.
    bias_factor
        c of Δb.
    explained
        Whether the change of the weights and of the bias is reproduced.
    """

    layer: int
    error: Choice
    derivative: Choice
    product: Choice
    factor: float | None
    bias: Choice | None = None
    bias_factor: float | None = None
    explained: bool = True
    bias_explained: bool = True

    @cached_property
    def codes(self) -> tuple[str, ...]:
        """The mistakes' codes, without those of sign and scale."""
        chosen = [self.error, self.derivative, self.product, *([self.bias] if self.bias else [])]
        return tuple(dict.fromkeys(code for choice in chosen for code in choice.codes))


@dataclass(frozen=True)
class Explanation:
    """One fit for each layer, the output layer first."""

    fits: tuple[LayerFit, ...]
    swapped: tuple[int, int] | None = None

    @property
    def unexplained(self) -> tuple[int, ...]:
        """Layers that nothing reproduces, from 1 up."""
        return tuple(sorted(fit.layer for fit in self.fits if not (fit.explained and fit.bias_explained)))

    @cached_property
    def cost(self) -> float:
        """How many mistakes it takes; the same mistake in several layers counts little more than once."""
        places = [(code, fit.layer) for fit in self.fits for code in fit.codes]
        distinct = len({code for code, _ in places})
        swap = 1.0 if self.swapped else 0.0
        return distinct + 0.05 * (len(places) - distinct) + UNEXPLAINED * len(self.unexplained) + swap + self._signs

    @property
    def _signs(self) -> float:
        """Part of a mistake for layers that climb: between explanations of equal length, the descending one."""
        return 0.01 * sum((fit.factor or 0.0) < 0.0 for fit in self.fits)


@dataclass
class _Budget:
    """Bounds the work of a search."""

    left: int = WORK


def explain(evidence: Evidence, work: int = WORK) -> list[Explanation]:
    """Return the explanations with the fewest mistakes, best first; layers that nothing fits are marked."""
    found = _search(evidence, work)
    if found and not found[0].unexplained:
        return found
    depth = evidence.q.depth
    for first in range(1, depth):
        for second in range(first + 1, depth + 1):
            if evidence.W[first - 1].shape == evidence.W[second - 1].shape and {first, second} <= set(
                found[0].unexplained
            ):
                for biases in (False, True):
                    other = _search(evidence.swapped(first, second, biases), work)
                    found += [Explanation(explanation.fits, (first, second)) for explanation in other]
    return _best(found)


def _search(evidence: Evidence, work: int) -> list[Explanation]:
    return _best([Explanation(fits) for fits in _layers(evidence, evidence.q.depth, None, (), _Budget(work))])


def _best(found: list[Explanation]) -> list[Explanation]:
    ordered = sorted(found, key=lambda explanation: explanation.cost)
    return [explanation for explanation in ordered if explanation.cost <= ordered[0].cost + 0.5]


def _layers(
    evidence: Evidence, layer: int, above: Above | None, done: tuple[LayerFit, ...], budget: _Budget
) -> Iterator[tuple[LayerFit, ...]]:
    if layer == 0:
        yield done
        return
    difference = evidence.q.a[-1] - evidence.q.y if above is None else above.difference
    decided = False
    for fit, delta in _fits(evidence, layer, above, budget):
        if decided and fit.codes:
            return
        below = list(_layers(evidence, layer - 1, Above(delta, fit.error.value, difference), (*done, fit), budget))
        yield from below
        if fit.factor is None:  # the layers below decide for the likeliest delta that serves them
            decided |= any(all(lower.explained for lower in fits[len(done) + 1 :]) for fits in below)


def _fits(evidence: Evidence, layer: int, above: Above | None, budget: _Budget) -> list[tuple[LayerFit, Array]]:
    """Return the layer's fits with the fewest mistakes, each with its delta; different deltas only."""
    deltas = list(_deltas(evidence, layer, above))
    if layer in evidence.untold:
        seen_in_signs = _by_signs(evidence, layer, deltas) if layer in evidence.whole else []
        return seen_in_signs or _passed(evidence, layer, deltas, layer not in evidence.grown)
    for mistakes in range(MOST_MISTAKES + 1 if budget.left > 0 else 2):
        found: list[tuple[LayerFit, Array]] = []
        for error, derivative, delta in deltas:
            count = len(set(error.codes + derivative.codes))
            if count > mistakes:
                continue
            for product in products(evidence.q, layer, delta, evidence.previous):
                if count + len(product.codes) != mistakes:
                    continue
                budget.left -= 1
                seen = match(evidence.W[layer - 1], product.value)
                if fits(evidence.W[layer - 1], seen) and not _known(error, derivative, delta, found):
                    fit = LayerFit(layer, error, derivative, product, seen.factor)
                    found.append((_with_bias(evidence, fit, delta), delta))
                    if len(found) >= ENOUGH:
                        return found
        if found:
            return found
    return _passed(evidence, layer, deltas, False)


def _deltas(evidence: Evidence, layer: int, above: Above | None) -> Iterator[tuple[Choice, Choice, Array]]:
    q, form = evidence.q, evidence.q.form(layer)
    errors = output_errors(q, evidence.squared) if above is None else propagated(q, layer, above, evidence.changed)
    slopes = list(derivatives(q, layer, evidence.previous, evidence.squared))
    for error in errors:
        if not form.elementwise:
            delta = form.backward(q.z[layer], q.a[layer], error.value)
            yield error, Choice(np.ones_like(delta)), delta
            if above is None:
                overwritten = form.backward(q.z[layer], q.a[layer] - q.y, error.value)
                yield error, Choice(np.ones_like(delta), ("data_changed",), OVERWRITTEN), overwritten
        for slope in slopes:
            delta = error.value * slope.value
            if np.isfinite(delta).all():
                yield error, slope, delta


def _by_signs(
    evidence: Evidence, layer: int, deltas: list[tuple[Choice, Choice, Array]]
) -> list[tuple[LayerFit, Array]]:
    """Return the fits of a layer whose weights, 1 and −1 before the step, are cut to whole numbers.

    A weight becomes 0 where its update points towards 0: the candidate's signs must be those. Its size is that of the
    bias, where the bias has its own array and is not cut.
    """
    q, place = evidence.q, evidence.q.twin.layers[layer - 1]
    W, inward = q.W[layer - 1], evidence.changed[layer - 1] != q.W[layer - 1]
    apart = place.place is BiasPlace.SLOT and bool(evidence.b[layer - 1].any())
    if not np.isin(W, (-1.0, 1.0)).all() or inward.all() or not (inward.any() or apart):
        return []  # where every weight is lost, or none and no bias tells, the signs say nothing
    for mistakes in range(MOST_IN_SIGNS + 1):
        found: list[tuple[LayerFit, Array]] = []
        for error, derivative, delta in deltas:
            count = len(set(error.codes + derivative.codes))
            for product in products(q, layer, delta, evidence.previous) if count <= mistakes else ():
                if count + len(product.codes) > mistakes or len(found) >= ENOUGH or "weight_for_input" in product.codes:
                    continue
                for sign in (1.0, -1.0):
                    clear = np.abs(product.value) > LEAST_CUT
                    if not clear.any() or (((-sign * product.value * W < 0.0) != inward) & clear).any():
                        continue
                    fit = LayerFit(layer, error, derivative, product, sign)
                    fit = _with_bias(evidence, fit, delta) if place.place is BiasPlace.SLOT else fit
                    size = fit.bias_factor if apart else None
                    if not fit.bias_explained or sign * (1.0 if size is None else size) < 0.0:
                        continue
                    bias_mistakes = len(fit.bias.codes) if fit.bias else 0
                    if count + len(product.codes) + bias_mistakes == mistakes and not _known(
                        error, derivative, delta, found
                    ):
                        found.append((replace(fit, factor=size), delta))
        if found:
            return found
    return []


def _passed(
    evidence: Evidence, layer: int, deltas: list[tuple[Choice, Choice, Array]], explained: bool
) -> list[tuple[LayerFit, Array]]:
    """Return fits of a layer whose change is not looked at: the right delta, then those with one mistake."""
    ordered = sorted(deltas, key=lambda item: len(set(item[0].codes + item[1].codes)))
    kept: list[tuple[LayerFit, Array]] = []
    still = None
    if layer in evidence.whole and evidence.q.twin.layers[layer - 1].has_bias and not evidence.b[layer - 1].any():
        still = Choice(evidence.b[layer - 1], ("bias_not_updated",), "the bias is never updated")
    enough = ENOUGH if explained else GUESSES
    for error, derivative, delta in ordered[: 3 * enough]:
        if len(kept) < enough and not any(_parallel(delta, other) for _, other in kept):
            fit = LayerFit(layer, error, derivative, Choice(delta), None, still, explained=explained)
            kept.append((fit, delta))
    return kept[:1] if layer == 1 else kept


def _known(error: Choice, derivative: Choice, delta: Array, found: list[tuple[LayerFit, Array]]) -> bool:
    """Whether this delta was found before under the same names; the same delta under others is another reading."""
    return any(
        _parallel(delta, other) and fit.error.codes == error.codes and fit.derivative.codes == derivative.codes
        for fit, other in found
    )


def _parallel(first: Array, second: Array) -> bool:
    return first.shape == second.shape and match(first, second).difference < 1e-12


def _with_bias(evidence: Evidence, fit: LayerFit, delta: Array) -> LayerFit:
    """Return the fit with what its bias was found to be."""
    layer = fit.layer
    if not evidence.q.twin.layers[layer - 1].has_bias or layer in evidence.shared_bias:
        return fit
    change = evidence.b[layer - 1]
    if float(np.abs(change).max()) <= 1e-14 * float(np.abs(evidence.W[layer - 1]).max()):
        never = Choice(change, ("bias_not_updated",), "the bias is never updated")
        return LayerFit(layer, fit.error, fit.derivative, fit.product, fit.factor, never, None)
    assert fit.factor is not None
    parts = {"last_row_only": delta[:, -1:], "first_row_only": delta[:, :1]}
    rows = [part for code, part in parts.items() if code in fit.product.codes]
    choices = (choice for part in (*rows, delta) for choice in bias_sums(part))
    own = with_weights(evidence.q, layer, delta) if "weight_for_input" in fit.product.codes else ()
    for choice in (*choices, *own):
        seen = match(change, choice.value)
        if fits(change, seen):
            return LayerFit(layer, fit.error, fit.derivative, fit.product, fit.factor, choice, seen.factor)
    return LayerFit(layer, fit.error, fit.derivative, fit.product, fit.factor, bias_explained=False)
