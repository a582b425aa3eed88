"""Trials: remedies run against an unchanged control, from the same weights, with the same work and paired seeds."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

from fallline.diagnosis.clock import Clock
from fallline.diagnosis.evidence import Evidence
from fallline.diagnosis.trials.arm import Arm, Bench, End
from fallline.diagnosis.trials.comparison import Outcome, compare
from fallline.diagnosis.trials.first_weights import Beginning, Beginnings
from fallline.diagnosis.trials.remedies import REMEDIES
from fallline.diagnosis.trials.remedy import Remedy, Start
from fallline.diagnosis.trials.trial import Trial, sentence
from fallline.diagnosis.trials.work import cost_of_iteration, passes
from fallline.engine import lookup
from fallline.engine.choice import worth_compiling
from fallline.optimizers import FirstOrder, Optimizer
from fallline.training.descent import Observer
from fallline.training.history import Record

PAIRS = (5, 3, 1)  # as many as leave each arm `LEAST_SHARE` of the run's own work; 1 only where nothing is by chance
LEAST_SHARE = 1 / 8
PLANNED = 3  # trials that the time is divided among; further ones take what is left
SHARE_OF_TIME = 0.8
LEAST_WORK, UNKNOWN_WORK = 100.0, 1000.0  # gradient evaluations on all rows
PROBE_SECONDS, PROBE_SHARE = 0.005, 0.8  # for measuring the speed; of the time that has to be left for more
PATIENCE, LEAST_SECONDS = 3.0, 0.1  # an arm may take so many times what is expected, and so long in any case
ORDER = (Outcome.HELPS, Outcome.NO_DIFFERENCE, Outcome.HARMS, Outcome.NOT_RUN)


class ArmName(NamedTuple):
    """Which arm of which pair a record is of."""

    remedy: str  # code of the trial
    control: bool  # whether it is the unchanged arm
    pair: int  # from 0
    comparable: bool  # whether its errors are in the subject's loss
    work: float  # that it may do in all, in gradient evaluations on all rows


ObserveArm = Callable[[ArmName, float, Record], None]


def run_trials(
    evidence: Evidence, codes: Sequence[str], clock: Clock, observe: ObserveArm | None = None
) -> list[Trial]:
    """Run the remedies of these codes, the most promising first, as many as time allows.

    Each arm does as much work as the run itself had, in gradient evaluations on all rows, or half of it, a quarter …
    where that would take too long. What is left out is told as not run, with the reason.

    `observe` is called with the name of an arm, the work that it has done, and a record of it: for each record of each
    arm, but once where trials or pairs share a control. An arm that is run again, with less work, begins again.

    Returns
    -------
    One trial for each code, ordered by what they showed: what helps most first.

    Raises
    ------
    FalllineError
        If there is no remedy of a code.
    """
    remedies = [lookup(REMEDIES, code, "remedy") for code in codes]
    optimizer = evidence.subject.optimizer
    if optimizer is None:
        reason = "how the run descended is not known, so that there is no control"
        return [_not_run(remedy, evidence, reason) for remedy in remedies]
    if not math.isfinite(evidence.error):
        return [_not_run(remedy, evidence, "the error at the stop is not finite") for remedy in remedies]
    trials: list[Trial] = []
    suited: list[Remedy] = []
    for remedy in remedies:
        why_not = "the time was over" if clock.over else remedy.applies(evidence)
        if why_not is None:
            suited.append(remedy)
        else:
            trials.append(_not_run(remedy, evidence, why_not))
    if suited:
        laboratory = _Laboratory(evidence, optimizer, clock, suited[:PLANNED], observe)
        trials += [laboratory.trial(remedy) for remedy in suited]
    return sorted(trials, key=_rank)


def _rank(trial: Trial) -> tuple[int, float]:
    return ORDER.index(trial.outcome), trial.ratio if math.isfinite(trial.ratio) else math.inf


def _not_run(remedy: Remedy, evidence: Evidence, reason: str) -> Trial:
    return Trial(
        remedy=remedy.code,
        title=remedy.title,
        start=remedy.start,
        outcome=Outcome.NOT_RUN,
        sentence=f"{remedy.title}: not run, since {reason}.",
        before=evidence.error,
        validation_before=evidence.validation_error,
        on_validation=remedy.on_validation,
    )


class _Speed(NamedTuple):
    """How long an arm takes."""

    fixed: float  # seconds, however little it does
    per_gradient: float  # seconds

    def seconds(self, work: float) -> float:
        """Return about how long it takes for so many gradient evaluations."""
        return self.fixed + work * self.per_gradient


class _Laboratory:
    """Runs the trials of one subject; what a control arm came to is kept for all trials that share it."""

    def __init__(
        self,
        evidence: Evidence,
        optimizer: Optimizer,
        clock: Clock,
        planned: Sequence[Remedy],
        observe: ObserveArm | None,
    ) -> None:
        self._evidence, self._clock, self._observe = evidence, clock, observe
        subject, self._unit = evidence.subject, evidence.architecture
        rows = len(subject.training)
        own = _own_work(evidence, optimizer)
        compiled = worth_compiling(self._unit, rows, len(planned) * PAIRS[0] * own)
        self._bench = Bench(self._unit, evidence.rows, evidence.validation, compiled)
        arm = Arm(subject.network, subject.training, optimizer, subject.l2)
        self._speed = self._probe(arm, own)
        least = arm.iteration(self._unit)
        led = self._speed.seconds(own)
        self._beginnings = Beginnings(evidence, optimizer, self._bench, compiled, led)
        pairs = PAIRS if not any(self._random(remedy) for remedy in planned) else PAIRS[:-1]
        self._pairs, self.work = _plan(own, least, pairs, len(planned), self._speed, SHARE_OF_TIME * clock.left)
        self._ends: dict[tuple[tuple[str, int, int], float], End] = {}

    def trial(self, remedy: Remedy) -> Trial:
        """Run a remedy against its control."""
        ends: list[tuple[End, End]] = []
        note, random = "", self._random(remedy)
        for pair in range(self._beginnings.pairs(remedy, self._pairs, self._clock)):
            beginning = self._beginnings.control(remedy, pair)
            arm = remedy.change(self._evidence, beginning.arm, self.work, self._beginnings.seeds[pair])
            if self._expected(arm, beginning) > self._clock.left:
                break
            both = self._pair(remedy.code, pair, arm, beginning)
            if both is None:
                break
            ends.append(both)
            note = note or arm.note
        if not ends:
            return _not_run(remedy, self._evidence, "the time was over")
        return self._told(remedy, ends, note, random)

    def _random(self, remedy: Remedy) -> bool:
        """Whether a trial has anything of chance, so that a single pair shows nothing."""
        return self._beginnings.by_chance or remedy.draws or remedy.start is Start.FIRST

    def _expected(self, arm: Arm, beginning: Beginning) -> float:
        """Return about how many seconds a pair takes."""
        control = 0.0 if (beginning.key, self.work) in self._ends else self._speed.seconds(self.work)
        return self._speed.seconds(self.work * arm.share_of_work) + control

    def _pair(self, code: str, pair: int, arm: Arm, beginning: Beginning) -> tuple[End, End] | None:
        """Run both arms; the control again with less work where the time cut the remedy; None where it cut both."""
        observe = self._observer(code, pair, beginning.arm, control=True)
        control = self._control(beginning, self.work, observe)
        if control is None:
            return None
        patience = max(LEAST_SECONDS, PATIENCE * self._speed.seconds(self.work * arm.share_of_work))
        clock = self._clock.part(1.0, patience)
        end = self._bench.run(arm, self.work, clock, self._observer(code, pair, arm, control=False))
        if end.cut:
            control = self._control(beginning, end.work / arm.share_of_work, observe)
        return None if control is None else (end, control)

    def _observer(self, code: str, pair: int, arm: Arm, *, control: bool) -> Observer | None:
        tell = self._observe
        if tell is None:
            return None
        cost, first_order = arm.iteration(self._unit), isinstance(arm.optimizer, FirstOrder)
        name = ArmName(code, control, pair, self._bench.comparable(arm), self.work * arm.share_of_work)

        def observe(record: Record) -> None:
            tell(name, arm.spent + cost * (record.iteration if first_order else record.steps), record)

        return observe

    def _control(self, beginning: Beginning, work: float, observe: Observer | None) -> End | None:
        key = (beginning.key, work)
        if key not in self._ends:
            end = self._bench.run(beginning.arm, work, self._clock, observe)
            if end.cut:
                return None
            self._ends[key] = end
        return self._ends[key]

    def _told(self, remedy: Remedy, ends: list[tuple[End, End]], note: str, random: bool) -> Trial:
        evidence = self._evidence
        errors = tuple(end.error for end, _ in ends)
        control = tuple(end.error for _, end in ends)
        validation_errors: tuple[float, ...] = ()
        validation_control: tuple[float, ...] = ()
        if evidence.validation is not None:
            validation_errors = tuple(end.validation_error for end, _ in ends)
            validation_control = tuple(end.validation_error for _, end in ends)
        judged = (validation_errors, validation_control) if remedy.on_validation else (errors, control)
        before = evidence.validation_error if remedy.on_validation else evidence.error
        target = evidence.subject.limits.target_error
        shown = compare(*judged, evidence.constant_error, by_chance=random, target=target)
        words = f"{remedy.words} ({note})" if note else remedy.words
        told = sentence(
            words,
            remedy.start,
            before,
            *judged,
            shown.interval,
            shown.outcome,
            on_validation=remedy.on_validation,
            by_chance=random,
        )
        return Trial(
            remedy=remedy.code,
            title=remedy.title,
            start=remedy.start,
            outcome=shown.outcome,
            sentence=told,
            before=evidence.error,
            errors=errors,
            control=control,
            validation_before=evidence.validation_error,
            validation_errors=validation_errors,
            validation_control=validation_control,
            ratio=shown.ratio,
            interval=shown.interval,
            on_validation=remedy.on_validation,
            work=sum(end.work for end, _ in ends) / len(ends),
            control_work=sum(end.work for _, end in ends) / len(ends),
            seconds=sum(end.seconds + other.seconds for end, other in ends),
            note=note,
        )

    def _probe(self, arm: Arm, most: float) -> _Speed:
        """Measure how fast the run's own optimizer is."""
        work = least = arm.iteration(self._unit)
        self._bench.run(arm, least, self._clock)  # loads or compiles what is needed
        begin = end = self._bench.run(arm, least, self._clock)
        enough = max(PROBE_SECONDS, 2.0 * end.seconds)
        while end.seconds < enough and work < most and self._clock.left > PROBE_SHARE * self._clock.seconds:
            work *= 4.0
            end = self._bench.run(arm, work, self._clock)
            if end.cut or end.work < 0.5 * work:
                break
        if end.work <= begin.work:
            return _Speed(0.0, end.seconds / max(end.work, least))
        slope = max(0.0, end.seconds - begin.seconds) / (end.work - begin.work)
        return _Speed(begin.seconds, slope)


def _own_work(evidence: Evidence, optimizer: Optimizer) -> float:
    """Return the work that the run itself had, and enough to matter."""
    descent, rows = evidence.subject.descent, len(evidence.subject.training)
    if descent is None:
        return UNKNOWN_WORK
    if isinstance(optimizer, FirstOrder):
        return max(LEAST_WORK, passes(optimizer, descent.steps, rows))
    return max(LEAST_WORK, descent.steps * cost_of_iteration(optimizer, evidence.architecture, rows))


def _plan(
    own: float, least: float, choice: Sequence[int], trials: int, speed: _Speed, time: float
) -> tuple[int, float]:
    """Return how many pairs a trial has and the work of an arm: the run's own, halved until it fits the time."""
    pairs, work = choice[0], own
    for pairs in choice:
        work = own
        arms = pairs * (trials + 1)
        while arms * speed.seconds(work) > time and work > least:
            work = max(least, work / 2.0)
        if work >= LEAST_SHARE * own:
            break
    return pairs, work
