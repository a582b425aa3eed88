"""Raise the learning rate, to what the curvature allows."""

from __future__ import annotations

from dataclasses import replace

from fallline.diagnosis.evidence import Evidence
from fallline.diagnosis.trials.arm import Arm
from fallline.diagnosis.trials.rates import is_plain, rate_at_stop, sharpest, with_rate
from fallline.diagnosis.trials.remedy import Remedy, Start
from fallline.optimizers import FirstOrder

WORTH = 1.1  # by what the rate has to grow at least
SAFE, EDGE = 1.0, 1.9  # over the largest eigenvalue; at 2 gradient descent on a quadratic diverges
TENFOLD = 10.0


class HigherRate(Remedy):
    """To 1/λmax of the Hessian, else just below 2/λmax; tenfold where the steps are not gradients times a rate."""

    code = "higher_rate"
    title = "Raise the learning rate"
    words = "a higher learning rate"
    explanation = (
        "Gradient descent, with or without momentum, gets the rate 1/λmax, with λmax the largest curvature at the "
        "stop, or 1.9/λmax where that is no rise: at 2/λmax it would begin to diverge. Optimizers that divide the "
        "gradient by its size get ten times their rate. Both arms go on from the weights at the stop."
    )
    start = Start.STOP

    def applies(self, evidence: Evidence) -> str | None:
        optimizer = evidence.subject.optimizer
        if not isinstance(optimizer, FirstOrder):
            return "the optimizer has no learning rate"
        if _factor(optimizer, evidence) < WORTH:
            rate, edge = rate_at_stop(optimizer, evidence), 2.0 / sharpest(optimizer, evidence)
            return f"the learning rate {rate:.3g} is near 2/λmax = {edge:.3g} or above it, from where steps diverge"
        return None

    def change(self, evidence: Evidence, arm: Arm, work: float, seed: int) -> Arm:
        assert isinstance(arm.optimizer, FirstOrder)
        factor = _factor(arm.optimizer, evidence)
        return replace(arm, optimizer=with_rate(arm.optimizer, factor), note=f"times {factor:.3g}")


def _factor(optimizer: FirstOrder, evidence: Evidence) -> float:
    curvature = sharpest(optimizer, evidence) if is_plain(optimizer) else 0.0
    if curvature == 0.0:
        return TENFOLD
    rate = rate_at_stop(optimizer, evidence)
    safe = SAFE / curvature / rate
    return safe if safe >= WORTH else EDGE / curvature / rate
