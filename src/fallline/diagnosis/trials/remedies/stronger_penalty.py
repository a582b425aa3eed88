"""A stronger penalty on the weights."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from fallline.diagnosis.evidence import Evidence
from fallline.diagnosis.trials.arm import Arm
from fallline.diagnosis.trials.remedy import Remedy, Start

TENFOLD = 10.0
SHARE = 0.1  # of a constant answer's error that the first penalty is, at the weights of the stop


class StrongerPenalty(Remedy):
    """Ten times the penalty, or one where there is none; judged by the validation rows."""

    code = "stronger_penalty"
    title = "Strengthen the penalty"
    words = "a stronger penalty"
    explanation = (
        "The penalty on large weights is ten times what it was; where there was none, it is such that it makes up a "
        "tenth of a constant answer's error at the stop. It holds the network back from fitting the noise of its rows, "
        "so that the validation rows are the judge. Both arms go on from the weights at the stop."
    )
    start = Start.STOP
    on_validation = True

    def applies(self, evidence: Evidence) -> str | None:
        return "there are no validation rows to judge it by" if evidence.validation is None else None

    def change(self, evidence: Evidence, arm: Arm, work: float, seed: int) -> Arm:
        if arm.l2 > 0.0:
            return replace(arm, l2=TENFOLD * arm.l2)
        squares = float(evidence.architecture.is_weight @ np.square(evidence.parameters))
        return replace(arm, l2=2.0 * SHARE * evidence.constant_error / squares if squares > 0.0 else 0.0)
