"""A weaker penalty on the weights."""

from __future__ import annotations

from dataclasses import replace

from fallline.diagnosis.evidence import Evidence
from fallline.diagnosis.trials.arm import Arm
from fallline.diagnosis.trials.remedy import Remedy, Start
from fallline.optimizers import AdamW

TENTH = 0.1


class WeakerPenalty(Remedy):
    """A tenth of the penalty, and of the decay of the weights."""

    code = "weaker_penalty"
    title = "Weaken the penalty"
    words = "a weaker penalty"
    explanation = (
        "The penalty on large weights, and the optimizer's decay of the weights if it has one, is a tenth of what it "
        "was. Both arms are judged by the error alone, without the penalty, and go on from the weights at the stop."
    )
    start = Start.STOP

    def applies(self, evidence: Evidence) -> str | None:
        optimizer = evidence.subject.optimizer
        decays = isinstance(optimizer, AdamW) and optimizer.weight_decay > 0.0
        return None if evidence.subject.l2 > 0.0 or decays else "there is no penalty"

    def change(self, evidence: Evidence, arm: Arm, work: float, seed: int) -> Arm:
        optimizer = arm.optimizer
        if isinstance(optimizer, AdamW):
            optimizer = replace(optimizer, weight_decay=TENTH * optimizer.weight_decay)
        return replace(arm, l2=TENTH * arm.l2, optimizer=optimizer)
