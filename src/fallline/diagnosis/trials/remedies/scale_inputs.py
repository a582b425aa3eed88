"""Scale the inputs to mean 0 and standard deviation 1."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from fallline.diagnosis.evidence import Evidence
from fallline.diagnosis.trials.arm import Affine, Arm
from fallline.diagnosis.trials.rates import is_plain, sharpness, with_rate
from fallline.diagnosis.trials.remedy import Remedy, Start
from fallline.optimizers import FirstOrder

SHARE_OF_WORK = 0.2  # that finding one of the two curvatures may take
NEAR = 0.1  # of mean 0 and standard deviation 1: nothing to scale


class ScaleInputs(Remedy):
    """Each input minus its mean, over its standard deviation."""

    code = "scale_inputs"
    title = "Scale the inputs"
    words = "scaled inputs"
    explanation = (
        "Each input is moved to mean 0 and divided by its standard deviation over the training rows. Inputs of "
        "different size, or far from zero, make the error steep in some weights and flat in others, so that no "
        "learning rate suits all of them; scaled ones make it rounder. Where the steps are gradients times a rate, the "
        "rate is changed as the steepest curvature is, so that it is as far from the edge as before; finding that is "
        "counted as work. Both arms begin from the same first weights."
    )
    start = Start.FIRST

    def applies(self, evidence: Evidence) -> str | None:
        mean, deviation = evidence.X.mean(axis=0), evidence.X.std(axis=0)
        scaled = (np.abs(mean) <= NEAR) & (np.abs(deviation - 1.0) <= NEAR)
        if np.all(scaled | (deviation == 0.0)):
            return "the inputs are scaled already"
        return None

    def change(self, evidence: Evidence, arm: Arm, work: float, seed: int) -> Arm:
        mean, deviation = evidence.X.mean(axis=0), evidence.X.std(axis=0)
        deviation = np.where(deviation > 0.0, deviation, 1.0)
        scaled = replace(arm, inputs=Affine(1.0 / deviation, -mean / deviation))
        optimizer = arm.optimizer
        if not (isinstance(optimizer, FirstOrder) and is_plain(optimizer)):
            return scaled
        before, after = (sharpness(each, evidence.rng(21), SHARE_OF_WORK * work) for each in (arm, scaled))
        spent = before[1] + after[1]
        if not (before[0] > 0.0 and after[0] > 0.0):
            return replace(scaled, spent=spent)
        factor = before[0] / after[0]
        return replace(scaled, optimizer=with_rate(optimizer, factor), spent=spent, note=f"rate times {factor:.3g}")
