"""A verdict in one sentence, put together from what its parts say."""

from __future__ import annotations

import math

from fallline.diagnosis.evidence import Evidence
from fallline.diagnosis.finding import Finding
from fallline.diagnosis.judgement import Judgement
from fallline.diagnosis.rules import RULES
from fallline.diagnosis.trials import Outcome, Trial
from fallline.training.plateau import distance

PARTS = {  # of the budget, in the order in which they are told
    "noise": "noise in the data",
    "range": "targets beyond the output's range",
    "architecture": "what this shape cannot remove, noise among it, as far as a search found",
    "penalty": "asked for by the penalty on large weights",
    "descent": "left by the descent",
}
TOLD = 0.02  # share of the error from which on a part is worth a word
TOLD_OF_PENALTY = 0.15  # likewise whether a penalty is right to hold it up


def verdict_sentence(
    evidence: Evidence,
    judgement: Judgement,
    findings: tuple[Finding, ...],
    causes: tuple[Finding, ...],
    trials: list[Trial],
) -> str:
    """Return the verdict in a sentence or three."""
    budget = evidence.budget
    words = f"{judgement.title}: the error is {budget.error:.4g}"
    if judgement is Judgement.FINISHED:
        words += f"; {evidence.stakes.sentence}. {held_up_by(evidence)}"
        if budget.share("penalty") >= TOLD_OF_PENALTY and not causes:
            words += "".join(f" {each.sentence}" for each in findings if each.code == "regularisation")
    elif judgement is Judgement.UNDETERMINED:
        words += f", and this network reaches {budget.floor.error:.4g}, but no rule could show what is in the way."
    else:
        words += f", and this network reaches {budget.floor.error:.4g}." if evidence.stakes.matters else "."
        if judgement is Judgement.SLOW:
            words += how_long(evidence)
    if causes:
        words += f" {RULES[causes[0].code].title}: {causes[0].sentence}"
    helped = [each for each in trials if each.outcome is Outcome.HELPS]
    if helped and judgement is not Judgement.FINISHED:
        words += f" {helped[0].sentence}"
    return words.strip()


def held_up_by(evidence: Evidence) -> str:
    """Return which parts of the budget hold the error up, in words."""
    budget = evidence.budget
    told = [(name, budget.share(name)) for name in PARTS if budget.share(name) >= TOLD]
    if not told:
        return ""
    words = ", ".join(f"{share:.0%} is {PARTS[name]}" for name, share in sorted(told, key=lambda each: -each[1]))
    return f"Of it, {words}."


def how_long(evidence: Evidence) -> str:
    """Return how many iterations are left at the present rate, as far as that can be told."""
    trend, subject = evidence.trend, evidence.subject
    if trend is None:
        return ""
    target = subject.limits.target_error
    goal = max(2.0 * evidence.budget.floor.error, 0.1 * trend.error) if target is None else target
    if not math.isfinite(trend.fall) or goal >= trend.error:
        return ""
    words = distance(trend, goal)
    return f" {words[0].upper()}{words[1:]}."
