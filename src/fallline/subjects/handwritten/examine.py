"""Twin, observation, comparison and identification of an attached network in one call."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from fallline.subjects.handwritten.attached import Attached
from fallline.subjects.handwritten.comparison import Comparison, compare
from fallline.subjects.handwritten.identification import Identification
from fallline.subjects.handwritten.identify import Rates, identify
from fallline.subjects.handwritten.observed import Observed, observe
from fallline.subjects.handwritten.twin import Twin, find_twin


@dataclass(frozen=True)
class Examination:
    """What was found; None for what could not be, each because of the one before."""

    twin: Twin | None
    observed: Observed | None = None
    comparison: Comparison | None = None
    identification: Identification | None = None


def examine(
    attached: Attached, with_rate: Callable[[float], Attached] | None = None, seed: int = 0, loss: str | None = None
) -> Examination:
    """Return all that is found about an attached network's back-propagation.

    `loss` as in `identify`; `with_rate` returns the same network with another learning rate; it tells rate² from rate · ½.
    """
    twin = find_twin(attached, seed)
    if twin is None:
        return Examination(None)
    observed = observe(attached, twin, seed + 1)
    if not observed.probes:
        return Examination(twin, observed, None, identify(twin, observed))
    rate = attached.learning_rate
    rates = Rates(rate)
    if with_rate is not None and rate is not None and rate > 0.0:
        other = 0.37 * rate
        rates = Rates(rate, other, observe(with_rate(other), twin, seed + 2))
    return Examination(twin, observed, compare(twin, observed), identify(twin, observed, rates, loss))
