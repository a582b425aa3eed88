"""What is at stake: whether the error that the descent left is worth removing."""

from __future__ import annotations

import math
from typing import NamedTuple

from fallline.diagnosis.budget import Budget
from fallline.diagnosis.measurements import Measurements
from fallline.engine import Objective

SHARE_OF_ERROR = 0.1  # left by the descent, from which on it counts
SHARE_OF_CONSTANT = 0.005  # of the error of the best constant answer, likewise


class Stakes(NamedTuple):
    """How much a better descent could gain."""

    left: float  # error that the descent left, in the loss's unit
    share: float  # of the error at the stop
    matters: bool  # whether rules about the landscape and the descent have anything to explain
    sentence: str  # why, or why not


def stakes(measured: Measurements, budget: Budget) -> Stakes:
    """Return what is at stake.

    The rest of the error matters where it is a good share of the error, and either of what a constant answer leaves or
    above the target that was set; where the error is above the noise in the targets, as far as near neighbours tell it
    (below, a lower error is noise learnt by heart); and where lower weights that the search found do not err more on
    validation rows.
    """
    left, share = budget.descent, budget.share("descent")
    target = measured.subject.limits.target_error
    missed = target is not None and budget.error > target >= budget.floor.error
    constant = measured.constant_error
    if share < SHARE_OF_ERROR:
        little = "next to nothing" if share < 0.001 else f"{share:.1%} of the error at most"
        return Stakes(left, share, False, f"the descent left {little}: it is at its floor")
    if not missed and left < SHARE_OF_CONSTANT * constant:
        part = left / constant if constant > 0.0 else 0.0
        return Stakes(left, share, False, f"what is left is {part:.2g} of a constant answer's error: next to nothing")
    noise = budget.noise_estimate
    if not missed and noise.certain and budget.error <= noise.high:
        words = f"the error {budget.error:.4g} is no more than noise in the targets makes"
        return Stakes(left, share, False, f"{words} (up to {noise.high:.4g}): less would be noise learnt by heart")
    if measured.validation is not None:
        lower = Objective(measured.architecture, measured.validation).error(budget.floor.parameters)
        if math.isfinite(measured.validation_error) and not lower < measured.validation_error:
            words = f"weights with the lower training error {budget.floor.error:.4g} err more on the validation rows"
            return Stakes(left, share, False, f"{words} ({lower:.4g} against {measured.validation_error:.4g})")
    return Stakes(left, share, True, f"the descent left {share:.1%} of the error, {left:.4g}")
