"""Does a change of the validation rows' inputs lower their error? Row by row, so that chance can be told."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from fallline.diagnosis.evidence import Evidence
from fallline.engine import Array, Rows, reference

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
    share = row_share(evidence, rows)
    first, second = float(before.sum()) * share, float(after.sum()) * share
    saved, errors = (1.0 - second / first if first > 0.0 else 0.0), standard_errors(before - after)
    by_sign = standard_errors(np.sign(before - after))  # some rows with huge errors can hide what is true of most
    return HeldOut(first, second, errors, saved, saved >= SHARE_OF_ERROR and max(errors, by_sign) >= CERTAIN)


def row_share(evidence: Evidence, rows: Rows) -> float:
    """Return what the loss of one row alone counts in the loss of the rows."""
    loss, outputs = evidence.architecture.loss_function, evidence.architecture.outputs
    return loss.scale(len(rows), outputs) / loss.scale(1, outputs)


def standard_errors(differences: Array) -> float:
    """Return how many standard errors the mean of the differences (rows,) lies above 0."""
    spread = float(differences.std(ddof=1)) / math.sqrt(len(differences))
    return float(differences.mean()) / spread if spread > 0.0 else 0.0
