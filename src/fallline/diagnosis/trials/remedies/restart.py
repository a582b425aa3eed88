"""Start again from other first weights."""

from __future__ import annotations

from dataclasses import replace

from fallline.diagnosis.evidence import Evidence
from fallline.diagnosis.trials.arm import Arm
from fallline.diagnosis.trials.remedy import Remedy, Start


class Restart(Remedy):
    """Other first weights, drawn as the run's own were, against going on from the stop."""

    code = "restart"
    title = "Start again from other first weights"
    words = "other first weights"
    explanation = (
        "The arm begins from first weights that are drawn anew, the control goes on from the weights at the stop; from "
        "there both do the same work. It shows whether the run's own start was an unlucky one. Where the work is less "
        "than the run's own, the restart is at a disadvantage."
    )
    start = Start.STOP
    draws = True

    def applies(self, evidence: Evidence) -> str | None:
        return None

    def change(self, evidence: Evidence, arm: Arm, work: float, seed: int) -> Arm:
        # The optimizer, too, begins again: with the first of its learning rates.
        optimizer = evidence.subject.optimizer
        assert optimizer is not None
        return replace(arm, network=evidence.subject.drawn(seed), optimizer=optimizer)
