"""Hidden units that a descent cannot tell apart: equal or mirrored incoming and outgoing weights.

A network is the same function when two such units change places. Its gradient therefore changes places, too: it is
equal for both, and every optimizer that treats all weights by the same rule keeps them equal. They act as one
unit (Fukumizu & Amari 2000, section 3).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from fallline.diagnosis.budget.floor import descend_from
from fallline.diagnosis.measurements import Measurements
from fallline.engine import Architecture, Array

ODD = ("tanh", "identity")  # activations with f(−z) = −f(z), whose units may be mirrored
EQUAL = {"float64": 1e-7, "float32": 1e-4}  # differences that count as rounding, of the layer's largest row
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
    for i, (W, above) in enumerate(pairwise(layers)):
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
    """Return how far twins' gradients (parameters,) differ at most, relative to the largest of such units."""
    layers, largest, difference = architecture.layers(gradient), 0.0, 0.0
    for i, units, signs in groups:
        both = np.hstack([layers[i], layers[i + 1][:, :-1].T])
        own = both[list(units)] * np.array(signs)[:, None]
        difference = max(difference, float(np.abs(own - own[0]).max()))
        largest = max(largest, float(np.abs(both).max()))
    return difference / largest if largest > 0.0 else 0.0


class Tied(NamedTuple):
    """Where second-order descents of the smaller network end that twins make."""

    error: float
    shape: tuple[int, ...]


def descend_tied(measured: Measurements, groups: Sequence[Twins], *, nudges: int) -> Tied:
    """Descend with the twins kept equal, from the stop, and from there with random changes of all weights.

    Parameters
    ----------
    nudges
        How many descents with changed weights there are, so that a stop which is bad for another reason than the twins
        is told.
    """
    clock = measured.clock.part(SHARE_OF_TIME, SECONDS)
    smaller, start = merged(measured.architecture, measured.parameters, groups)
    rng, lowest = measured.rng(10), measured.error
    for k in range(1 + nudges):
        size = 0.0 if k == 0 else 1.0 / np.sqrt(np.mean(smaller.shape[:-1]))
        first = start + size * rng.standard_normal(len(start))
        part = clock.part(1.0 / (1 + nudges - k))
        error = descend_from(smaller, first, measured.rows, part, l2=measured.subject.l2).error
        lowest = min(lowest, error)
    return Tied(lowest, smaller.shape)


def _of_largest(rows: Array) -> Array:
    """Return rows (units, ·) over the length of the longest."""
    largest = float(np.linalg.norm(rows, axis=1).max())
    return rows / largest if largest > 0.0 else rows
