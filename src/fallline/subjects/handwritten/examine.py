"""Twin, observation, comparison and identification of an attached network in one call."""

from __future__ import annotations

from dataclasses import dataclass

from fallline.errors import FalllineError
from fallline.subjects.handwritten.attached import Attached
from fallline.subjects.handwritten.comparison import Comparison, compare
from fallline.subjects.handwritten.identification import Identification
from fallline.subjects.handwritten.identify import Rates, identify
from fallline.subjects.handwritten.observed import Observed, observe
from fallline.subjects.handwritten.reported import reported_loss
from fallline.subjects.handwritten.twin import Twin, find_twin
from fallline.subjects.handwritten.twin_by_step import find_twin_by_step

OTHER_RATE = 0.37  # times the user's: no power of it is a fraction that a step may have for another reason


@dataclass(frozen=True)
class Examination:
    """What was found; None for what could not be, each because of the one before."""

    twin: Twin | None
    observed: Observed | None = None
    comparison: Comparison | None = None
    identification: Identification | None = None


def examine(attached: Attached, seed: int = 0, loss: str | None = None) -> Examination:
    """Return all that is found about an attached network's back-propagation.

    `loss` as in `identify`; without it the step's own report of its error may tell it.
    """
    twin = find_twin(attached, seed) if attached.run is not None else find_twin_by_step(attached, seed)
    if twin is None:
        return Examination(None)
    attached.reset()
    observed = observe(attached, twin, seed + 1)
    if not observed.probes:
        return Examination(twin, observed, None, identify(twin, observed))
    rates = _rates(attached, twin, seed + 2)
    loss = loss or reported_loss(attached, twin, observed.rows, seed + 3)
    found = identify(twin, observed, rates, loss)
    if found.unexplained and attached.X is not None and observed.rows not in (1, len(attached.X)):
        attached.reset()
        again = observe(attached, twin, seed + 1, len(attached.X))  # the number of rows may be written into the code
        other = identify(twin, again, rates, loss) if again.probes else found
        if not other.unexplained:
            observed, found = again, other
    return Examination(twin, observed, compare(twin, observed), found)


def _rates(attached: Attached, twin: Twin, seed: int) -> Rates:
    """Return the rate and what the step does at another one: rate² and rate · ½ are the same at one rate."""
    rate = attached.learning_rate
    if attached.with_rate is None or rate is None or rate <= 0.0:
        return Rates(rate)
    other = OTHER_RATE * rate
    try:
        again = attached.with_rate(other)
    except FalllineError:  # a program that cannot do with this rate
        return Rates(rate)
    again.reset()
    return Rates(rate, other, observe(again, twin, seed))
