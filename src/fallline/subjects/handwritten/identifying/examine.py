"""Twin, observation, comparison and identification of an attached network in one call."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from fallline.errors import FalllineError
from fallline.subjects.handwritten.attached import Attached
from fallline.subjects.handwritten.identifying.comparison import Comparison, compare
from fallline.subjects.handwritten.identifying.evidence import gather
from fallline.subjects.handwritten.identifying.identification import Identification, Mistake
from fallline.subjects.handwritten.identifying.identify import Rates, identify
from fallline.subjects.handwritten.identifying.observed import Observed, observe
from fallline.subjects.handwritten.identifying.reported import reported_loss
from fallline.subjects.handwritten.identifying.twin_by_step import find_twin_by_step
from fallline.subjects.handwritten.identifying.unshared import unshared
from fallline.subjects.handwritten.twins.activation_forms import SIGMOID, SOFTMAX, WRONG_SOFTMAX
from fallline.subjects.handwritten.twins.twin import Twin, find_twin

LARGE_RATE = 1000.0  # times the user's: updates that are cut to whole numbers are then seen
OTHER_RATE = 0.37  # times the user's: no power of it is a fraction that a step may have for another reason


@dataclass(frozen=True)
class Examination:
    """What was found; None for what could not be, each because of the one before."""

    twin: Twin | None
    observed: Observed | None = None
    comparison: Comparison | None = None
    identification: Identification | None = None
    reported: str | None = None  # the loss that the program computes


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
    whole = gather(twin, observed, observed.probes).whole
    if whole:
        observed = observe(attached, twin, seed + 1, whole=whole)
    observed = replace(observed, cut=_cut_updates(attached, twin, observed, seed + 2))
    rates = _rates(attached, twin, seed + 2, whole)
    told = reported_loss(attached, twin, observed.rows, seed + 3)
    loss = loss or told
    found = identify(twin, observed, rates, loss)
    others: list[tuple[Twin, int | None]] = [(another, None) for another in _other_outputs(twin)]
    if attached.X is not None and observed.rows not in (1, len(attached.X)):
        others.insert(0, (twin, len(attached.X)))  # the number of rows may be written into the code
    for another, rows in others if found.unexplained else ():
        attached.reset()
        again = observe(attached, another, seed + 1, rows, whole)
        other = identify(another, again, rates, loss) if again.probes else found
        if not other.unexplained:
            twin, observed, found = another, again, other
            break
    if found.unexplained:
        observed, found = _parted(attached, twin, seed, loss, (observed, found))
    return Examination(twin, observed, compare(twin, observed), found, told)


def _parted(
    attached: Attached, twin: Twin, seed: int, loss: str | None, known: tuple[Observed, Identification]
) -> tuple[Observed, Identification]:
    """Return what the step does with the parameters' second names parted from them, where that explains it."""
    with unshared(attached) as names:
        if not names:
            return known
        observed = observe(attached, twin, seed + 1)
        if not observed.probes or not any(np.any(probe.update) for probe in observed.probes):
            return known  # the step moves the parameters by those names: an optimizer's list of them, say
        found = identify(twin, observed, _rates(attached, twin, seed + 2, frozenset()), loss)
    if found.unexplained:
        return known
    layers = tuple(range(1, len(twin.layers) + 1))
    text = f"{' and '.join(names)} {'is' if len(names) == 1 else 'are'} the very array of the parameters, not a copy."
    mistake = Mistake("shared_arrays", layers, text[0].upper() + text[1:])
    return observed, replace(
        found,
        mistakes=(*found.mistakes, mistake),
        alternatives=tuple((*reading, mistake) for reading in found.alternatives),
    )


def _other_outputs(twin: Twin) -> Iterator[Twin]:
    """Return the same network with other outputs within the step than those that its forward pass returns.

    A forward pass may return scores that the step puts through a softmax; one for a single row cannot show that the
    step's softmax is taken over all rows.
    """
    last = twin.forms[-1].name
    if twin.shape[-1] > 1 and last in ("identity", "softmax"):
        forms = WRONG_SOFTMAX if last == "softmax" else (SOFTMAX, SIGMOID, *WRONG_SOFTMAX)
        for form in forms:
            yield replace(twin, forms=(*twin.forms[:-1], form))


def _cut_updates(attached: Attached, twin: Twin, observed: Observed, seed: int) -> frozenset[int]:
    """Return layers whose updates, not weights, are cut to whole numbers: small ones are lost, large ones are not."""
    parts = twin.matrices(np.abs([probe.whole for probe in observed.probes]).max(axis=0))
    still = [k for k, W in enumerate(parts) if not W[:, :-1].any()]
    rate = attached.learning_rate
    if not still or attached.with_rate is None or not rate:
        return frozenset()
    try:
        fast = attached.with_rate(LARGE_RATE * rate)
    except FalllineError:
        return frozenset()
    fast.reset()
    again = observe(fast, twin, seed)
    changes = [twin.matrices(probe.whole) for probe in again.probes]

    def by_whole_numbers(layer: int) -> bool:
        moved = np.array([change[layer][:, :-1] for change in changes])
        return bool(moved.any() and np.isfinite(moved).all() and (np.abs(moved - np.round(moved)) < 1e-9).all())

    return frozenset(k + 1 for k in still if changes and by_whole_numbers(k))


def _rates(attached: Attached, twin: Twin, seed: int, whole: frozenset[int]) -> Rates:
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
    return Rates(rate, other, observe(again, twin, seed, whole=whole))
