"""Scale the targets to what the output layer gives easily."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from fallline.diagnosis.evidence import Evidence
from fallline.diagnosis.trials.arm import Affine, Arm
from fallline.diagnosis.trials.remedy import Remedy, Start
from fallline.engine import Array

NEAR = 0.1
MARGIN = 0.1  # of a bounded output's range, kept free at both ends, where a saturating unit hardly moves


class ScaleTargets(Remedy):
    """All targets by one common factor, so that a squared error stays the same but for that factor."""

    code = "scale_targets"
    title = "Scale the targets"
    words = "scaled targets"
    explanation = (
        "The targets are moved and divided by one number: to mean 0 and standard deviation 1 for a linear output, else "
        "into the range of the output activation with a tenth of it free at each end. The outputs are scaled back "
        "before the errors are compared. Both arms begin from the same first weights."
    )
    start = Start.FIRST

    def applies(self, evidence: Evidence) -> str | None:
        if evidence.architecture.loss_function.from_logits_of is not None or _activation(evidence) == "softmax":
            return "the targets are probabilities of classes"
        scaling = _scaling(evidence)
        if np.all(np.abs(scaling.scale - 1.0) <= NEAR) and np.all(np.abs(scaling.shift) <= NEAR):
            return "the targets are scaled already"
        low, high = evidence.architecture.layer_activations[-1].range
        if math.isfinite(low) and math.isfinite(high) and evidence.y.min() >= low and evidence.y.max() <= high:
            return "the targets are within the range of the output activation"
        return None

    def change(self, evidence: Evidence, arm: Arm, work: float, seed: int) -> Arm:
        scaling = _scaling(evidence)
        square = float(scaling.scale[0]) ** 2  # by which a squared error, and so what the penalty weighs, changes
        return replace(arm, targets=scaling, l2=arm.l2 * square)


def _activation(evidence: Evidence) -> str:
    return evidence.architecture.activations[-1]


def _scaling(evidence: Evidence) -> Affine:
    y = evidence.y
    low, high = evidence.architecture.layer_activations[-1].range
    bounded_below, bounded_above = math.isfinite(low), math.isfinite(high)
    if bounded_below and bounded_above:
        spread = float(np.ptp(y, axis=0).max()) or 1.0
        scale = (1.0 - 2.0 * MARGIN) * (high - low) / spread
        middle: Array = 0.5 * (y.min(axis=0) + y.max(axis=0))
        shift = 0.5 * (low + high) - scale * middle
    else:
        scale = 1.0 / (math.sqrt(float(y.var(axis=0).mean())) or 1.0)
        shift = -scale * y.mean(axis=0) if not bounded_below else low + MARGIN - scale * y.min(axis=0)
    return Affine(np.full(y.shape[1], scale), np.asarray(shift))
