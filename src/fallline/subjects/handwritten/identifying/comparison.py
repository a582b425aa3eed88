"""The observed updates against the exact gradient: equal up to one positive factor is healthy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fallline.engine import Array
from fallline.subjects.handwritten.identifying.evidence import Evidence, gather
from fallline.subjects.handwritten.identifying.factors import same
from fallline.subjects.handwritten.identifying.identification import Difference
from fallline.subjects.handwritten.identifying.matching import direction, fits, match
from fallline.subjects.handwritten.identifying.observed import Observed
from fallline.subjects.handwritten.identifying.quantities import Quantities
from fallline.subjects.handwritten.twins.twin import Twin

SQUARED, CROSS_ENTROPY = "half squared error", "cross-entropy"


@dataclass(frozen=True)
class Comparison:
    """One loss's gradient against the updates.

    Parameters
    ----------
    loss
        The loss, "half squared error" ½Σ(ŷ − y)² or "cross-entropy", summed over rows.
    factors
        c of ΔW = −c · gradient for each layer's weights.
    differences
        What is left of each layer.
    healthy
        Whether all layers fit with one positive factor.
    """

    loss: str
    factors: tuple[float, ...]
    differences: tuple[Difference, ...]
    healthy: bool


def exact_deltas(q: Quantities, loss: str) -> list[Array]:
    """Return δ = ∂E/∂z (K, n, units) of each layer; E is summed over rows and outputs."""
    e, last = q.a[-1] - q.y, q.depth
    deltas = [e if loss == CROSS_ENTROPY else q.form(last).backward(q.z[last], q.a[last], e)]
    for layer in range(last - 1, 0, -1):
        deltas.insert(0, q.form(layer).backward(q.z[layer], q.a[layer], deltas[0] @ q.W[layer]))
    return deltas


def exact_gradient(q: Quantities, loss: str) -> tuple[list[Array], list[Array]]:
    """Return ∂E/∂W (K, units, inputs) and ∂E/∂b (K, units) of each layer; E is summed over rows and outputs."""
    deltas = exact_deltas(q, loss)
    W: list[Array] = [delta.transpose(0, 2, 1) @ x for delta, x in zip(deltas, q.a, strict=False)]
    return W, [delta.sum(axis=1) for delta in deltas]


def losses(twin: Twin) -> tuple[str, ...]:
    """Return the losses whose gradient the network's step may follow."""
    return (SQUARED, CROSS_ENTROPY) if twin.forms[-1].name in ("sigmoid", "softmax") else (SQUARED,)


def compare(twin: Twin, observed: Observed) -> Comparison:
    """Return the comparison for the loss that fits best."""
    return compare_evidence(twin, gather(twin, observed, observed.probes))


def compare_evidence(twin: Twin, evidence: Evidence) -> Comparison:
    """As `compare`, of evidence that was gathered before."""
    found = [_with(evidence, loss) for loss in losses(twin)]
    return min(found, key=lambda c: (not c.healthy, sum(item.relative for item in c.differences)))


def _with(evidence: Evidence, loss: str) -> Comparison:
    q = evidence.q
    W, b = exact_gradient(q, loss)
    factors, differences, fitting = [], [], True
    for k in range(q.depth):
        update, gradient = evidence.W[k], W[k]
        if q.twin.layers[k].has_bias:
            update = np.concatenate([update, evidence.b[k][:, :, None]], axis=2)
            gradient = np.concatenate([gradient, b[k][:, :, None]], axis=2)
        found = match(update, gradient)
        fitting &= fits(update, found) and found.factor > 0.0
        factors.append(found.factor)
        differences.append(Difference(k + 1, min(found.difference, 1e300), direction(update, gradient)))
    healthy = fitting and all(same(factor, factors[0]) for factor in factors)
    return Comparison(loss, tuple(factors), tuple(differences), healthy)
