"""Observed probes as arrays: what the search compares its candidates with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fallline.engine import Array
from fallline.subjects.handwritten.observed import Memory, Observed, Probe
from fallline.subjects.handwritten.quantities import Quantities, compute, split
from fallline.subjects.handwritten.twin import Twin


@dataclass(frozen=True)
class Evidence:
    """What a network computes on K probes and how its step changed it.

    Parameters
    ----------
    q
        Forward quantities.
    previous
        Those of the probe before each, where the step's memory may hold them.
    W, b
        The changes: (K, units, inputs) and (K, units) by layer − 1.
    changed
        The weights as they are after the step.
    silent
        Layers, from 1, whose parameters never move.
    whole
        Layers, from 1, whose new weights are all whole numbers.
    """

    q: Quantities
    previous: Quantities | None
    W: list[Array]
    b: list[Array]
    changed: list[Array]
    silent: frozenset[int]
    whole: frozenset[int]

    @property
    def untold(self) -> frozenset[int]:
        """Layers whose change says nothing about their delta."""
        grown = {k + 1 for k, change in enumerate(self.W) if not np.isfinite(change).all()}
        still = {k + 1 for k, change in enumerate(self.W) if not change.any()}
        return self.silent | self.whole | grown | still

    def swapped(self, first: int, second: int, biases: bool) -> Evidence:
        """Return the same with the changes of two layers exchanged."""
        W, b = list(self.W), list(self.b)
        W[first - 1], W[second - 1] = W[second - 1], W[first - 1]
        if biases:
            b[first - 1], b[second - 1] = b[second - 1], b[first - 1]
        return Evidence(self.q, self.previous, W, b, self.changed, self.silent, self.whole)


def gather(twin: Twin, observed: Observed, probes: Sequence[Probe]) -> Evidence:
    """Return the evidence of probes of the same number of rows."""
    previous = None
    if observed.memory is Memory.LAST_STEP:
        earlier, probes = probes[:-1], probes[1:]
        previous = compute(twin, *_columns(earlier))
    updates = [probe.first if previous is not None else probe.update for probe in probes]
    whole = [probe.first if previous is not None else probe.whole for probe in probes]
    q = compute(twin, *_columns(probes))
    W, b = split(twin, updates)
    steps, bias_steps = split(twin, whole)
    changed = [old + step for old, step in zip(q.W, steps, strict=True)]
    silent = {k + 1 for k in range(q.depth) if not (W[k].any() or b[k].any())}
    integer = {
        k + 1
        for k in range(q.depth)
        if k + 1 not in silent and np.isfinite(changed[k]).all() and _whole(changed[k]) and not _whole(q.W[k])
    }
    return Evidence(q, previous, W, b, changed, frozenset(silent), frozenset(integer))


def _columns(probes: Sequence[Probe]) -> tuple[list[Array], list[Array], list[Array]]:
    return [p.parameters for p in probes], [p.X for p in probes], [p.y for p in probes]


def _whole(values: Array) -> bool:
    return bool((np.abs(values - np.round(values)) < 1e-12).all())
