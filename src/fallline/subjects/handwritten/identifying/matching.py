"""Whether an observed change is a multiple of a candidate's, and of which factor."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from fallline.engine import Array

TOLERANCE = 1e-8  # largest difference, relative to the largest change
ROUNDING = 8.0 * float(np.finfo(np.float64).eps)  # of weights of size 1 that are read before and after


class Match(NamedTuple):
    """update = −factor · candidate."""

    factor: float
    difference: float  # the largest that is left, relative to the largest change


def match(update: Array, candidate: Array) -> Match:
    """Return the factor c with update ≈ −c · candidate by least squares over all probes, and what it leaves."""
    size, square = float(np.abs(update).max()), float(np.vdot(candidate, candidate))
    if not (np.isfinite(size) and np.isfinite(square)) or size == 0.0 or square == 0.0:
        return Match(0.0, np.inf)
    factor = -float(np.vdot(update, candidate)) / square
    return Match(factor, float(np.abs(update + factor * candidate).max()) / size)


def fits(update: Array, found: Match) -> bool:
    """Whether the match is one, to what can be read of weights of size 1 that changed by so much."""
    return found.difference <= TOLERANCE + ROUNDING / max(float(np.abs(update).max()), 1e-300)


def direction(update: Array, candidate: Array) -> float:
    """Return the cosine of the angle between the update and the way down −candidate; NaN where one is 0."""
    sizes = float(np.linalg.norm(update)) * float(np.linalg.norm(candidate))
    return -float(np.vdot(update, candidate)) / sizes if sizes > 0.0 else float("nan")
