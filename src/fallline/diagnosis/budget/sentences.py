"""The budget in words, with its numbers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fallline.diagnosis.budget.budget import Budget


def budget_sentences(budget: Budget) -> dict[str, str]:
    """Return a sentence for each part that is not 0, for the estimate of noise, and for an odd number."""
    makers = {
        "noise": _noise,
        "range": _range,
        "architecture": _architecture,
        "penalty": lambda budget: f"The penalty on large weights holds up {_amount(budget, 'penalty')}.",
        "descent": _descent,
    }
    words = {name: make(budget) for name, make in makers.items() if budget.parts[name] != 0.0}
    if budget.approached:
        words["approached"] = (
            "The lowest error that the output can express is only approached, as weights grow without end: "
            "some targets lie at the open end of its range."
        )
    sentence = budget.noise_estimate.sentence
    words["noise_estimate"] = f"{sentence[0].upper()}{sentence[1:]}."
    if budget.groups is not None:
        words["groups"] = budget.groups.sentence
    return words


def _amount(budget: Budget, part: str) -> str:
    """Return for instance "0.25 of the error 0.5 (50 %)", and what it is in the other unit."""
    share = budget.share(part)
    percent = f"{100 * share:.0f} %" if share >= 0.01 else f"{100 * share:.1g} %"
    other = budget.units.of(budget.parts[part])
    if other is None:
        translated = ""
    elif budget.units.name == "bits":
        translated = f", {other:.3g} bits"
    else:
        translated = f", {'RMS' if budget.units.root else 'mean distance'} {other:.3g} in the target's unit"
    return f"{budget.parts[part]:.4g} of the error {budget.error:.4g} ({percent}{translated})"


def _noise(budget: Budget) -> str:
    words = f"{_amount(budget, 'noise')} is noise: rows with identical inputs have different targets"
    wrong = budget.units.wrong_by_noise
    if wrong:
        words += f", so that any function answers at least {wrong:,} of {budget.units.rows:,} rows wrongly"
    return f"{words}. No network can remove it."


def _range(budget: Budget) -> str:
    return f"{_amount(budget, 'range')} comes of targets outside the range of the output activation."


def _architecture(budget: Budget) -> str:
    amount, floor = _amount(budget, "architecture"), budget.floor
    if floor.exact:
        return f"{amount} is what this shape cannot remove: no weights of it do better, which is proven."
    searched = f"{floor.starts} descent{'s' if floor.starts != 1 else ''} by second order"
    over = "" if floor.finished else ", when the time was over"
    least = f"{searched} found no lower error than {floor.error:.4g}{over}"
    return f"{amount} is what this shape cannot remove, at most: {least}."


def _descent(budget: Budget) -> str:
    floor = budget.floor
    if not math.isfinite(budget.error):
        return "The error is not a finite number, so that it has no parts."
    where = "" if floor.start is None else f", from other first weights (seed {floor.start})"
    proof = f": weights of the same shape with error {floor.error:.4g} are known{where}"
    if budget.penalty > 0.0:
        proof = f": the same penalty allows {budget.error - budget.descent:.4g}"
    return f"The descent left {_amount(budget, 'descent')}{proof}."
