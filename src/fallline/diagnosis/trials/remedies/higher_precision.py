"""Compute in float64."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from fallline.diagnosis.evidence import Evidence
from fallline.diagnosis.trials.arm import Arm
from fallline.diagnosis.trials.remedy import Remedy, Start
from fallline.network import Network


class HigherPrecision(Remedy):
    """The same descent with numbers of 16 digits instead of 7."""

    code = "higher_precision"
    title = "Compute in float64"
    words = "float64"
    explanation = (
        "The arm goes on from the same weights in float64. In float32 steps and differences of the error below about "
        "seven digits are lost in rounding, and the descent ends there. Both errors are computed in float64."
    )
    start = Start.STOP

    def applies(self, evidence: Evidence) -> str | None:
        return None if evidence.subject.network.parameters.dtype == np.float32 else "it computes in float64 already"

    def change(self, evidence: Evidence, arm: Arm, work: float, seed: int) -> Arm:
        network = Network.from_parameters(arm.network.architecture, arm.network.parameters.astype(np.float64))
        return replace(arm, network=network)
