"""Which mistaken back-propagation makes the updates that were observed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from fallline.subjects.handwritten.identifying.comparison import CROSS_ENTROPY, SQUARED, compare_evidence
from fallline.subjects.handwritten.identifying.evidence import Basis, Evidence, gather
from fallline.subjects.handwritten.identifying.explanation import WORK, Explanation, LayerFit, explain
from fallline.subjects.handwritten.identifying.factors import Sizes, explained, powers, rate_power, usual
from fallline.subjects.handwritten.identifying.identification import Identification, Mistake
from fallline.subjects.handwritten.identifying.memory import Memory
from fallline.subjects.handwritten.identifying.naming import named, without_derivative
from fallline.subjects.handwritten.identifying.observed import Observed
from fallline.subjects.handwritten.twins.twin import Twin


@dataclass(frozen=True)
class Rates:
    """What is known of the learning rate: its value, and what the step did at another one."""

    value: float | None = None
    other: float | None = None
    observed: Observed | None = None  # at the other rate


def identify(twin: Twin, observed: Observed, rates: Rates | None = None, loss: str | None = None) -> Identification:
    """Return the mistakes that reproduce the observed updates, or by how much and where they differ.

    `loss` is what the user descends where that is known otherwise ("half squared error" or "cross-entropy"): the
    step alone cannot tell a cross-entropy from a squared error whose derivative was left out.

    The fewest mistakes win; sets of equally many are all named. A match is one to a relative 1e-8 on all probes with
    one factor for a layer.
    """
    rates = rates or Rates()
    if not observed.probes:
        return _nothing(observed)
    squared = loss == SQUARED
    evidence = gather(twin, observed, observed.probes, squared=squared)
    comparison = compare_evidence(twin, evidence)
    explanations = explain(evidence)
    remembers = observed.memory in (Memory.LAST_STEP, Memory.UNSTEADY)
    for basis, possible in (
        (Basis.CHANGED_DATA, observed.data_changed),
        (Basis.STALE, remembers),
        (Basis.FIRST, not remembers),
    ):
        if possible and explanations[0].unexplained:
            other = gather(twin, observed, observed.probes, squared, basis)
            found = explain(other, WORK // 4)
            if not found[0].unexplained:
                evidence, explanations = other, found
    sizes = Sizes(observed.rows, twin.shape, rates.value, observed.given)
    readings: list[tuple[Mistake, ...]] = []
    for explanation in explanations:
        for mistakes in named(explanation, evidence, observed, sizes, _powers(twin, rates, evidence, explanation)):
            if mistakes not in readings:
                readings.append(mistakes)
    first, chosen = explanations[0], _fewest(readings)
    if loss is None and _like_cross_entropy(twin, first):
        chosen += [without_derivative(reading, evidence.q.depth) for reading in chosen]
    mistakes = chosen[0]
    if len(chosen) > 1:
        shared = {(mistake.code, mistake.layers) for mistake in mistakes}.intersection(
            *({(mistake.code, mistake.layers) for mistake in other} for other in chosen[1:])
        )
        mistakes = tuple(replace(m, certain=(m.code, m.layers) in shared) for m in mistakes)
    if rates.observed is None:  # one rate alone: its square may be another number that the step has for a reason
        mistakes = tuple(replace(m, certain=m.certain and not m.code.startswith("rate_")) for m in mistakes)
    factors = {fit.layer: fit.factor for fit in first.fits if fit.factor is not None}
    factor = usual(factors, sizes) if factors else float("nan")
    return Identification(
        mistakes,
        tuple(chosen[1:]),
        comparison.differences,
        first.unexplained,
        factor,
        _factor_text(factor, sizes),
        _loss(twin, first),
        first,
        _notes(observed, evidence, loss is None and _like_cross_entropy(twin, first)),
    )


def _nothing(observed: Observed) -> Identification:
    note = f"No step could be observed: {observed.failure}."
    return Identification((), (), (), (), float("nan"), "", "", None, (note,))


def _fewest(readings: Sequence[tuple[Mistake, ...]]) -> list[tuple[Mistake, ...]]:
    least = min(len({mistake.code for mistake in reading}) for reading in readings)
    return [reading for reading in readings if len({mistake.code for mistake in reading}) == least]


def _powers(twin: Twin, rates: Rates, evidence: Evidence, explanation: Explanation) -> dict[int, int]:
    """Return the power of the rate in each layer's factor where two rates were observed."""
    if rates.observed is None or not rates.observed.probes or rates.value is None or rates.other is None:
        return {}
    if explanation.unexplained:  # nothing is said of factors then
        return {}
    second = explain(gather(twin, rates.observed, rates.observed.probes, evidence.squared, evidence.basis))[0]

    def factors(found: Explanation) -> dict[int, float]:
        return {fit.layer: fit.factor for fit in found.fits if fit.factor is not None}

    return powers(factors(explanation), factors(second), (rates.value, rates.other))


def _like_cross_entropy(twin: Twin, explanation: Explanation) -> bool:
    """Whether the output's delta has no σ′, which is right for the cross-entropy and wrong for the squared error."""
    output = explanation.fits[0].derivative
    return twin.forms[-1].name == "sigmoid" and not output.codes and output.what.startswith("no factor")


def _factor_text(factor: float, sizes: Sizes) -> str:
    if sizes.rate is not None and rate_power(factor, sizes) == 1:
        return explained(factor, sizes, sizes.rate, f"the rate {sizes.rate:g}") or ""
    return f"{factor:.6g}"


def _loss(twin: Twin, explanation: Explanation) -> str:
    """Return the loss whose derivative the output's delta starts from."""
    output: LayerFit = explanation.fits[0]
    plain = not output.derivative.codes and output.derivative.what.startswith("no factor")
    if (plain and twin.forms[-1].name in ("sigmoid", "softmax")) or output.error.what.startswith("the cross-entropy"):
        return CROSS_ENTROPY
    return SQUARED


def _notes(observed: Observed, evidence: Evidence, either_loss: bool) -> tuple[str, ...]:
    notes = []
    if either_loss:
        notes.append(
            "The output's delta has no factor σ′(z), as it should be for the cross-entropy, and the program does not "
            "say which error it wants to fall. If it is the squared error, σ′(z) is missing in the output layer."
        )
    if observed.memory is Memory.MOMENTUM:
        notes.append(f"Each update adds {observed.momentum:.6g} of the last one (momentum).")
    if observed.memory is Memory.UNSTEADY:
        notes.append("The same step from the same weights on the same rows makes another update each time.")
    if evidence.whole:
        notes.append("New weights are whole numbers.")
    notes += [f"Slot {number} grows from {old} to {new} at a step." for number, old, new in observed.grown]
    return tuple(notes)
