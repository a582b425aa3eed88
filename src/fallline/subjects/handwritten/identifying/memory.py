"""What a step takes over from the steps before it, told from steps that are repeated from the same weights.

u₁, u₂, u₃ are the changes of three steps in a row, each from the same weights on the same rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from itertools import pairwise

import numpy as np

from fallline.engine import Array
from fallline.subjects.handwritten.twins.twin import Twin

RANDOM = 1e-9  # relative difference of repeated steps from which they count as different


class Memory(Enum):
    """What a step takes over from the steps before."""

    NONE = "nothing"
    MOMENTUM = "a share of the last update"
    LAST_STEP = "something of the last step"
    UNSTEADY = "something that changes from step to step"


def recall(twin: Twin, repeated: Sequence[Sequence[Array]]) -> tuple[Memory, Array]:
    """Return the step's memory and, for each parameter, the share μ of the last update that is in the next.

    u₃ − u₂ = μ (u₂ − u₁) is momentum; each layer's weights and biases may have their own μ. Where u₂ = u₃ but u₁ is
    another, something of the probe before took part; that may be its update (u₁ − u₃ = μ (its u₃ − u₃)).
    """
    none = np.zeros(len(repeated[0][0]))
    one, two, three = (np.nan_to_num(np.stack(parts)) for parts in zip(*repeated, strict=True))
    size = max(float(np.abs(three).max()), 1e-300)
    earlier, later = two - one, three - two
    if float(np.abs(later).max()) > RANDOM * size:
        shares = _shares(twin, earlier, later, 1e-6)
        return (Memory.UNSTEADY, none) if shares is None else (Memory.MOMENTUM, shares)
    if float(np.abs(earlier).max()) <= RANDOM * size:
        return Memory.NONE, none
    shares = _shares(twin, np.stack([last - now for last, now in pairwise(three)]), (one - three)[1:], 1e-8)
    return (Memory.LAST_STEP, none) if shares is None else (Memory.MOMENTUM, shares)


def without_momentum(twin: Twin, repeated: Sequence[Sequence[Array]], shares: Array) -> tuple[list[Array], Array]:
    """Return what each probe's step does without momentum, and the share of the last step's own part that is added.

    Of any u = a g + m v with v ← b g + M v, for each array of its own, `shares` has M (or m b / (a + m b) where M is 0,
    when the last gradient alone is remembered). u₃ − M u₂ is then a multiple κ of g, and the next probe's first step
    is u₁ = M u₃ + (a/κ) κ g + ((m b − M a)/κ) times the last probe's κ g: a least-squares fit gives a and m.
    """
    lasting = any(_differ(u[2], u[1]) for u in repeated[1:])
    M = shares if lasting else np.zeros_like(shares)
    parts = [u[2] - M * u[1] for u in repeated]
    first = np.nan_to_num(np.stack([now[0] - M * before[2] for before, now in pairwise(repeated)]))
    own, last = np.nan_to_num(np.stack(parts[1:])), np.nan_to_num(np.stack(parts[:-1]))
    scale, added = np.ones_like(shares), shares.copy()
    for part in _arrays(twin):
        columns = np.stack([own[:, part].ravel(), last[:, part].ravel()], axis=1)
        goal = first[:, part].ravel()
        if not columns.any():
            continue
        (a, rest), *_ = np.linalg.lstsq(columns, goal, rcond=None)
        close = float(np.abs(columns @ (a, rest) - goal).max()) <= 1e-7 * float(np.abs(goal).max(initial=0.0))
        plain = lasting and abs(a - 1.0) < 1e-6 and abs(rest) < 1e-6
        if close and not plain and a > 1e-9:
            scale[part] = a
            added[part] = M[part] + rest / a
    return [scale * part for part in parts], added


def _differ(first: Array, second: Array) -> bool:
    return float(np.abs(first - second).max()) > RANDOM * max(float(np.abs(first).max()), 1e-300)


def _shares(twin: Twin, cause: Array, effect: Array, tolerance: float) -> Array | None:
    """Return μ of each parameter with effect = μ · cause in all probes, one μ for each array, else None.

    Where a layer's own delta depends on the step (weights used after their update), its μ is taken to be the others'.
    """
    shares, open_ones, last = np.zeros(cause.shape[1]), [], 0.0
    for part in _arrays(twin):
        x, y = cause[:, part], effect[:, part]
        square = float(np.vdot(x, x))
        share = float(np.vdot(x, y)) / square if square > 0.0 else 0.0
        if float(np.abs(y - share * x).max(initial=0.0)) <= tolerance * float(np.abs(y).max(initial=0.0)):
            shares[part] = share
            last = share or last
        else:
            open_ones.append(part)
    if not last:
        return None
    for part in open_ones:
        shares[part] = last
    return shares


def _arrays(twin: Twin) -> list[Array]:
    """Return which parameters each layer's weights and biases are, as masks."""
    masks = []
    for k in range(len(twin.layers)):
        for columns in (slice(0, -1), slice(-1, None)):
            mask = np.zeros(len(twin.exists), bool)
            twin.matrices(mask)[k][:, columns] = True
            masks.append(mask)
    return masks


def backwards(twin: Twin, shares: Array) -> tuple[int, ...]:
    """Return the layers, from 1, in which the last update is subtracted."""
    return tuple(k + 1 for k, W in enumerate(twin.matrices(shares)) if (W < -1e-9).any())
