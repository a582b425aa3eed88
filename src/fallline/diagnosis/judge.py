"""From a subject to its verdict: budget, rules, trials, and what they come to together."""

from __future__ import annotations

import numpy as np

from fallline.diagnosis.clock import Clock
from fallline.diagnosis.evidence import Evidence
from fallline.diagnosis.finding import Finding
from fallline.diagnosis.judgement import Judgement
from fallline.diagnosis.rules import RULES
from fallline.diagnosis.subject import Subject
from fallline.diagnosis.trials import REMEDIES, Outcome, Trial, run_trials
from fallline.diagnosis.verdict import Verdict, leading
from fallline.diagnosis.words import verdict_sentence
from fallline.engine.threads import one_thread
from fallline.errors import FalllineError
from fallline.training.interrupt import Interrupt

SECONDS = 10.0
MOST_TRIALS = 4  # of remedies, the most promising
USUAL = ("second_order", "restart")  # remedies that are tried where no cause could be shown


def judge(
    subject: Subject,
    seconds: float = SECONDS,
    *,
    trials: bool = True,
    interrupt: Interrupt | None = None,
    seed: int = 0,
) -> Verdict:
    """Return the verdict on a network at the stop of its descent.

    Parameters
    ----------
    subject
        What is examined.
    seconds
        How long it may take; with less time the search for the floor is shorter and fewer remedies are tried.
    trials
        Whether remedies are tried.
    interrupt
        The wish to stop, if somebody listens for it.
    seed
        Of everything that is drawn at random.

    Raises
    ------
    FalllineError
        If the time is not above 0, or the network's error on the rows is not a number.
    """
    if not seconds > 0:
        raise FalllineError(f"seconds {seconds}: expected a number above 0.")
    if subject.network.architecture.weighted:
        raise FalllineError(
            "rows of different weights: a verdict is about rows that count alike. Train without weights to have one."
        )
    clock = Clock(seconds, interrupt)
    evidence = Evidence(subject, clock, seed)
    with one_thread(), np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        if not np.isfinite(evidence.error):
            raise FalllineError(
                f"the error on the training rows is {evidence.error}: weights or rows hold nan or huge numbers, so "
                "there is nothing to examine. Train again with scaled inputs or a lower learning rate."
            )
        budget, at_stake = evidence.budget, evidence.stakes
        findings = examine(evidence)
        causes = leading(findings)
        tried: list[Trial] = []
        if trials and not clock.over:
            tried = run_trials(evidence, promising(causes, at_stake.matters), clock)
    causes = proven_first(causes, tried)
    judgement = judgement_of(evidence, causes)
    return Verdict(
        judgement=judgement,
        sentence=verdict_sentence(evidence, judgement, findings, causes, tried),
        budget=budget,
        stakes=at_stake,
        plateau="" if budget.groups is None else budget.groups.sentence,
        causes=causes,
        findings=findings,
        trials=tuple(tried),
        stop=_stop(subject),
        notes=_notes(evidence),
        seconds=clock.spent,
    )


def examine(evidence: Evidence) -> tuple[Finding, ...]:
    """Return every rule's finding; a rule for which no time is left says that it was not examined."""
    findings = []
    for rule in RULES.values():
        if evidence.clock.over:
            findings.append(rule.not_enough_data("There was no time left to look at it."))
        else:
            findings.append(rule.examine(evidence))
    return tuple(findings)


def promising(causes: tuple[Finding, ...], matters: bool) -> list[str]:
    """Return the codes of the remedies to try: the causes' first ones, in turn, then their second ones."""
    codes: list[str] = []
    lists = [each.remedies for each in causes]
    for place in range(max(map(len, lists), default=0)):
        codes += [each[place] for each in lists if len(each) > place]
    if matters:
        codes += USUAL
    return list(dict.fromkeys(code for code in codes if code in REMEDIES))[:MOST_TRIALS]


def proven_first(causes: tuple[Finding, ...], trials: list[Trial]) -> tuple[Finding, ...]:
    """Return the causes with those first whose remedy helped; otherwise their order stays."""
    helped = {each.remedy for each in trials if each.outcome is Outcome.HELPS} - set(USUAL)
    return tuple(sorted(causes, key=lambda each: not helped.intersection(each.remedies)))


def judgement_of(evidence: Evidence, causes: tuple[Finding, ...]) -> Judgement:
    """Return what the evidence and the causes come to: the first cause's word, where it fits what is at stake."""
    words = [RULES[each.code].judgement for each in causes]
    for word in words:
        if word in (Judgement.WRONG, Judgement.OVER_FITTED):
            return word
    if not evidence.stakes.matters:
        return Judgement.FINISHED
    for word in words:
        if word in (Judgement.STUCK, Judgement.SLOW):
            return word
    trend = evidence.trend
    falling = trend is not None and trend.fall > trend.uncertainty and not trend.flat
    return Judgement.SLOW if falling else Judgement.UNDETERMINED


def _stop(subject: Subject) -> str:
    descent = subject.descent
    if descent is None:
        return ""
    return f"{descent.stop_reason.text} ({descent.detail})" if descent.detail else descent.stop_reason.text


def _notes(evidence: Evidence) -> tuple[str, ...]:
    notes = []
    if evidence.sampled:
        looked_at, there_are = len(evidence.rows), len(evidence.subject.training)
        notes.append(f"looked at {looked_at:,} of {there_are:,} training rows, drawn at random")
    if evidence.clock.over:
        notes.append(f"the time of {evidence.clock.seconds:.3g} s was used up; with more, more is looked at")
    return tuple(notes)
