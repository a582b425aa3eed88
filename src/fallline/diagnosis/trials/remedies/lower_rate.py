"""Lower the learning rate."""

from __future__ import annotations

from dataclasses import replace

from fallline.diagnosis.evidence import Evidence
from fallline.diagnosis.trials.arm import Arm
from fallline.diagnosis.trials.rates import is_plain, rate_at_stop, sharpest, with_rate
from fallline.diagnosis.trials.remedy import Remedy, Start
from fallline.optimizers import FirstOrder

HALF, TENTH = 0.5, 0.1


class LowerRate(Remedy):
    """Half, or 1/λmax where that is less; a tenth on batches and where the steps do not shrink with the gradient."""

    code = "lower_rate"
    title = "Lower the learning rate"
    words = "a lower learning rate"
    explanation = (
        "Gradient descent on all rows, with or without momentum, gets half its rate, or 1/λmax where that is less, "
        "with λmax the largest curvature at the stop. On batches, whose noise the rate scales, and for optimizers that "
        "divide the gradient by its size it is a tenth. Both arms go on from the weights at the stop."
    )
    start = Start.STOP

    def applies(self, evidence: Evidence) -> str | None:
        return None if isinstance(evidence.subject.optimizer, FirstOrder) else "the optimizer has no learning rate"

    def change(self, evidence: Evidence, arm: Arm, work: float, seed: int) -> Arm:
        optimizer = arm.optimizer
        assert isinstance(optimizer, FirstOrder)
        batches = optimizer.batch_size is not None and optimizer.batch_size < len(arm.training)
        factor = TENTH
        if is_plain(optimizer) and not batches:
            curvature = sharpest(optimizer, evidence)
            factor = min(HALF, 1.0 / (curvature * rate_at_stop(optimizer, evidence))) if curvature > 0.0 else HALF
        return replace(arm, optimizer=with_rate(optimizer, factor), note=f"times {factor:.3g}")
