"""Does a change of the validation rows' inputs lower their error? Row by row, so that chance can be told."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from fallline.diagnosis.evidence import Evidence
from fallline.engine import Array, reference

LEAST_ROWS = 8
CERTAIN = 3.0  # standard errors of the mean difference
SHARE_OF_ERROR = 0.3  # of the validation error, that the change must save


class HeldOut(NamedTuple):
    """The validation error before and after."""

    before: float
    after: float
    standard_errors: float  # how many the mean fall is above 0
    saved: float  # share of the error before
    lowers: bool  # materially, and beyond chance


def held_out_change(evidence: Evidence, X: Array) -> HeldOut | None:
    """Return what the validation error becomes with inputs X in place of theirs; None with too few such rows."""
    rows = evidence.validation
    if rows is None or len(rows) < LEAST_ROWS:
        return None
    before, after = (
        reference.loss_by_row(evidence.architecture, evidence.parameters, inputs, rows.y) for inputs in (rows.X, X)
    )
    falls = before - after
    spread = float(falls.std(ddof=1)) / math.sqrt(len(falls))
    errors = float(falls.mean()) / spread if spread > 0.0 else 0.0
    factor = evidence.architecture.loss_function.scale(len(rows), evidence.architecture.outputs)
    factor /= evidence.architecture.loss_function.scale(1, evidence.architecture.outputs)
    first, second = float(before.sum()) * factor, float(after.sum()) * factor
    saved = 1.0 - second / first if first > 0.0 else 0.0
    return HeldOut(first, second, errors, saved, saved >= SHARE_OF_ERROR and errors >= CERTAIN)
