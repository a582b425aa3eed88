"""Let it run longer."""

from __future__ import annotations

from dataclasses import replace

from fallline.diagnosis.evidence import Evidence
from fallline.diagnosis.trials.arm import Arm
from fallline.diagnosis.trials.remedy import Remedy, Start

FOURFOLD = 4.0


class LongerRun(Remedy):
    """The same, with four times the work: here the work itself is the remedy."""

    code = "longer_run"
    title = "Let it run longer"
    words = "four times the work"
    explanation = (
        "Both arms go on from the weights at the stop with nothing changed, one of them four times as long: the work "
        "itself is the remedy, so this trial is the one in which the arms' work differs."
    )
    start = Start.STOP

    def applies(self, evidence: Evidence) -> str | None:
        return None

    def change(self, evidence: Evidence, arm: Arm, work: float, seed: int) -> Arm:
        return replace(arm, share_of_work=FOURFOLD)
