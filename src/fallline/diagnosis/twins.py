"""Hidden units that a descent cannot tell apart: equal or mirrored incoming and outgoing weights.

A network is the same function when two such units change places. Its gradient therefore changes places, too: it is
equal for both, and every optimizer that treats all weights by the same rule keeps them equal. They act as one
unit (Fukumizu & Amari 2000, section 3).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from fallline.diagnosis.budget.floor import descend_from
from fallline.diagnosis.clock import Clock
from fallline.diagnosis.measurements import Measurements
from fallline.engine import Architecture, Array

ODD = ("tanh", "identity")  # activations with f(−z) = −f(z), whose units may be mirrored
EQUAL = {"float64": 1e-7, "float32": 1e-4}  # differences that count as rounding, of the layer's largest row
NUDGES = 3
SECONDS, SHARE_OF_TIME = 0.8, 0.15


class Twins(NamedTuple):
    """Units of one hidden layer that act as one."""

    layer: int  # counted from 0
    units: tuple[int, ...]  # two or more, counted from 0
    signs: tuple[float, ...]  # −1 for a unit that is the mirror image of the first, else 1

    def __str__(self) -> str:
        names = [str(unit + 1) for unit in self.units]
        shown = names if len(names) <= 8 else [*names[:6], "…", names[-1]]
        return f"units {', '.join(shown[:-1])} and {shown[-1]} of layer {self.layer + 1}"


def find_twins(architecture: Architecture, parameters: Array, tolerance: float) -> list[Twins]:
    """Return the groups of units with equal or mirrored weights, incoming and outgoing."""
    layers, found = architecture.layers(parameters), []
    for i, (W, above) in enumerate(zip(layers, layers[1:], strict=False)):
        sides = [_of_largest(W), _of_largest(above[:, :-1].T)]
        rows = np.hstack(sides)
        free = np.ones(len(rows), dtype=bool)
        mirrors = (1.0, -1.0) if architecture.activations[i] in ODD else (1.0,)
        for unit in range(len(rows)):
            if not free[unit]:
                continue
            sign = np.zeros(len(rows))
            for mirror in mirrors:
                apart = np.linalg.norm(mirror * rows - rows[unit], axis=1)
                sign[(apart <= tolerance) & free & (sign == 0.0)] = mirror
            group = np.flatnonzero(sign)
            free[group] = False
            if len(group) > 1:
                found.append(Twins(i, tuple(map(int, group)), tuple(map(float, sign[group]))))
    return found


def merged(architecture: Architecture, parameters: Array, groups: Sequence[Twins]) -> tuple[Architecture, Array]:
    """Return the smaller network that computes the same, with one unit for each group, and its weights."""
    shape, weights = list(architecture.shape), [W.copy() for W in architecture.layers(parameters)]
    for i in range(len(weights) - 1):
        keep = np.ones(len(weights[i]), dtype=bool)
        for _, units, signs in (group for group in groups if group.layer == i):
            first = units[0]
            weights[i + 1][:, first] = weights[i + 1][:, list(units)] @ np.array(signs)
            keep[list(units[1:])] = False
        weights[i] = weights[i][keep]
        weights[i + 1] = weights[i + 1][:, np.append(keep, True)]
        shape[i + 1] = int(keep.sum())
    smaller = Architecture(tuple(shape), architecture.activations, architecture.loss)
    return smaller, np.concatenate([W.ravel() for W in weights])


def gradient_difference(architecture: Architecture, gradient: Array, groups: Sequence[Twins]) -> float:
    """Return how far the gradients (parameters,) of twins differ at most, relative to the largest gradient of a unit."""
    layers, largest, difference = architecture.layers(gradient), 0.0, 0.0
    for i, units, signs in groups:
        both = np.hstack([layers[i], layers[i + 1][:, :-1].T])
        own = both[list(units)] * np.array(signs)[:, None]
        difference = max(difference, float(np.abs(own - own[0]).max()))
        largest = max(largest, float(np.abs(both).max()))
    return difference / largest if largest > 0.0 else 0.0


class Separation(NamedTuple):
    """Where a second-order descent from the stop ends: with the twins as they are, and moved apart."""

    tied: float  # error of the smaller network that they make
    apart: float  # lowest error of those whose twins were moved apart at random
    shape: tuple[int, ...]  # of the smaller network


def separate(measured: Measurements, groups: Sequence[Twins], *, nudge_both: bool) -> Separation:
    """Try what moving the twins apart gains over leaving them together.

    Parameters
    ----------
    nudge_both
        Whether the smaller network is moved as far at random, too, so that being moved is no advantage by itself.
    """
    clock = measured.clock.part(SHARE_OF_TIME, SECONDS)
    architecture, l2 = measured.architecture, measured.subject.l2
    smaller, start = merged(architecture, measured.parameters, groups)
    rng, tied, apart = measured.rng(10), [measured.error], []
    starts = [start] + [_nudged(smaller, start, None, rng) for _ in range(NUDGES if nudge_both else 0)]
    for k, first in enumerate(starts):
        tied.append(descend_from(smaller, first, measured.rows, clock.part(0.5 / (len(starts) - k)), l2=l2)[0][0])
    for k in range(NUDGES):
        first = _nudged(architecture, measured.parameters, groups, rng)
        apart.append(descend_from(architecture, first, measured.rows, _rest(clock, NUDGES - k), l2=l2)[0][0])
    return Separation(min(tied), min(apart), smaller.shape)


def _rest(clock: Clock, parts: int) -> Clock:
    return clock.part(1.0 / parts)


def _nudged(
    architecture: Architecture, parameters: Array, groups: Sequence[Twins] | None, rng: np.random.Generator
) -> Array:
    """Return weights with random ones of Glorot's size added to those of the twins, or of all hidden units."""
    weights = parameters.copy()
    layers = architecture.layers(weights)
    for i, (W, above) in enumerate(zip(layers, layers[1:], strict=False)):
        chosen = [unit for group in groups or () if group.layer == i for unit in group.units]
        units = np.arange(len(W)) if groups is None else np.array(chosen, dtype=np.int64)
        W[units] += rng.standard_normal((len(units), W.shape[1])) / np.sqrt(W.shape[1])
        above[:, units] += rng.standard_normal((len(above), len(units))) / np.sqrt(above.shape[1])
    return weights


def _of_largest(rows: Array) -> Array:
    """Return rows (units, ·) over the length of the longest."""
    largest = float(np.linalg.norm(rows, axis=1).max())
    return rows / largest if largest > 0.0 else rows
