"""Observed probes as arrays: what the search compares its candidates with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum

import numpy as np

from fallline.engine import Array
from fallline.subjects.handwritten.identifying.memory import Memory
from fallline.subjects.handwritten.identifying.observed import Observed, Probe
from fallline.subjects.handwritten.identifying.quantities import Quantities, compute, split
from fallline.subjects.handwritten.twins.twin import Twin


class Basis(Enum):
    """Which data and which forward pass the step is taken to have used."""

    PLAIN = "those of the step"
    CHANGED_DATA = "the data as the step left it"
    STALE = "the forward pass of the step before, made with its new weights"
    FIRST = "the forward pass of the first step of all"


@dataclass(frozen=True)
class Evidence:
    """What a network computes on K probes and how its step changed it.

    Parameters
    ----------
    q
        Forward quantities.
    previous
        Those that a part of the step may have used instead: of the probe before, where its memory may hold them, or
        the probe's own where `q` has those of an earlier one.
    W, b
        The changes: (K, units, inputs) and (K, units) by layer − 1.
    changed
        The weights as they are after the step.
    silent
        Layers, from 1, whose parameters never move.
    whole
        Layers, from 1, whose new weights are all whole numbers.
    shared, shared_bias
        Layers, from 1, whose weights, or whose bias alone, share memory with another slot.
    squared
        Whether the loss is known to be the squared error.
    basis
        Which data and which forward pass `q` has.
    """

    q: Quantities
    previous: Quantities | None
    W: list[Array]
    b: list[Array]
    changed: list[Array]
    silent: frozenset[int]
    whole: frozenset[int]
    shared: frozenset[int]
    shared_bias: frozenset[int] = frozenset()
    squared: bool = False
    basis: Basis = Basis.PLAIN

    @property
    def grown(self) -> frozenset[int]:
        """Layers whose arrays broadcasting has grown."""
        return frozenset(k + 1 for k, change in enumerate(self.W) if not np.isfinite(change).all())

    @property
    def untold(self) -> frozenset[int]:
        """Layers whose change says nothing about their delta."""
        still = {k + 1 for k, change in enumerate(self.W) if not change.any()}
        return self.silent | self.whole | self.shared | self.grown | still

    def swapped(self, first: int, second: int, biases: bool) -> Evidence:
        """Return the same with the changes of two layers exchanged."""
        W, b = list(self.W), list(self.b)
        W[first - 1], W[second - 1] = W[second - 1], W[first - 1]
        if biases:
            b[first - 1], b[second - 1] = b[second - 1], b[first - 1]
        return replace(self, W=W, b=b)


def gather(
    twin: Twin, observed: Observed, probes: Sequence[Probe], squared: bool = False, basis: Basis = Basis.PLAIN
) -> Evidence:
    """Return the evidence of probes of the same number of rows."""
    if basis is Basis.CHANGED_DATA:
        probes = [replace(probe, X=probe.X_after, y=probe.y_after) for probe in probes]
    updates, whole = [probe.update for probe in probes], [probe.whole for probe in probes]
    q, previous = compute(twin, *_columns(probes)), None
    if basis is Basis.FIRST and observed.opening is not None:
        q, previous = _kept(twin, [observed.opening] * len(probes), probes, q), q
    elif observed.memory in (Memory.LAST_STEP, Memory.UNSTEADY):
        earlier, probes = probes[:-1], probes[1:]
        updates = whole = [probe.first for probe in probes]
        q, previous = compute(twin, *_columns(probes)), compute(twin, *_columns(earlier))
        if basis is Basis.STALE:
            moved = [replace(probe, parameters=probe.parameters + probe.whole) for probe in earlier]
            q, previous = _kept(twin, moved, probes, q), q
    W, b = split(twin, updates)
    changed: list[Array] = [old + step for old, step in zip(q.W, split(twin, whole)[0], strict=True)]
    silent = frozenset(k + 1 for k in range(q.depth) if not (W[k].any() or b[k].any()))
    return Evidence(
        q,
        previous,
        W,
        b,
        changed,
        silent,
        whole=observed.whole
        or frozenset(k + 1 for k in range(q.depth) if k + 1 not in silent and _cut(q.W[k], changed[k])),
        shared=_of_slots(observed, [layer.weights for layer in twin.layers]),
        shared_bias=_of_slots(observed, [layer.bias for layer in twin.layers]),
        squared=squared,
        basis=basis,
    )


def _kept(twin: Twin, forward: Sequence[Probe], probes: Sequence[Probe], now: Quantities) -> Quantities:
    """Return the quantities of other probes' forward passes, with the weights and targets of these."""
    parameters, X, _ = _columns(forward)
    return replace(compute(twin, parameters, X, [probe.y for probe in probes]), W=now.W, b=now.b)


def _of_slots(observed: Observed, owned: Sequence[Sequence[int]]) -> frozenset[int]:
    shared = {slot for pair in observed.shared for slot in pair}
    return frozenset(k + 1 for k, slots in enumerate(owned) if shared & set(slots))


def _cut(before: Array, after: Array) -> bool:
    """Whether weights have become whole numbers."""
    return bool(np.isfinite(after).all()) and _whole(after) and not _whole(before)


def _columns(probes: Sequence[Probe]) -> tuple[list[Array], list[Array], list[Array]]:
    return [p.parameters for p in probes], [p.X for p in probes], [p.y for p in probes]


def _whole(values: Array) -> bool:
    return bool((np.abs(values - np.round(values)) < 1e-12).all())
