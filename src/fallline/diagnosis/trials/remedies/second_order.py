"""Use a second-order method."""

from __future__ import annotations

from dataclasses import replace

from fallline.diagnosis.evidence import Evidence
from fallline.diagnosis.trials.arm import Arm
from fallline.diagnosis.trials.remedy import Remedy, Start
from fallline.diagnosis.trials.work import cost_of_iteration
from fallline.optimizers import LBFGS, Auto, FirstOrder

ENOUGH = 20  # iterations, below which a dear method comes to nothing


class SecondOrder(Remedy):
    """What `Auto` chooses of the second-order methods, or L-BFGS where the work is not enough for that."""

    code = "second_order"
    title = "Use a second-order method"
    words = "a second-order method"
    explanation = (
        "A method that learns how the error bends takes long steps where it is flat and short ones where it is steep: "
        "Levenberg–Marquardt or BFGS where their matrices are affordable within the same work, else L-BFGS. All of "
        "them take all rows at each step. Both arms go on from the weights at the stop."
    )
    start = Start.STOP

    def applies(self, evidence: Evidence) -> str | None:
        optimizer = evidence.subject.optimizer
        return None if isinstance(optimizer, FirstOrder) else "the optimizer is a second-order method already"

    def change(self, evidence: Evidence, arm: Arm, work: float, seed: int) -> Arm:
        architecture, rows = arm.network.architecture, len(arm.training)
        choice = Auto().choice(architecture, rows)
        chosen, reason = choice.optimizer, choice.reason.split(":")[0]
        an_iteration = cost_of_iteration(chosen, architecture, rows)
        if isinstance(chosen, FirstOrder) or ENOUGH * an_iteration > work:
            chosen, reason = LBFGS(), "L-BFGS"
        return replace(arm, optimizer=chosen, note=reason)
