"""Where the control arms of a subject begin, pair by pair."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from fallline.diagnosis.clock import Clock
from fallline.diagnosis.evidence import Evidence
from fallline.diagnosis.subject import Subject
from fallline.diagnosis.trials.arm import Arm, Bench
from fallline.diagnosis.trials.rates import going_on, last_rate
from fallline.diagnosis.trials.remedy import Remedy, Start
from fallline.optimizers import FirstOrder, Optimizer
from fallline.training.descent import descend
from fallline.training.stopping import Limits

ALIKE = 2.0  # factor between the errors of two stops that count as alike
MOST_LED = 8  # other first weights that are led to a stop
SHARE_OF_TIME = 0.25  # for that
UNLIKE = 3.0  # factor between the sizes of two layers' weights from which on they were not drawn alike


class Beginning(NamedTuple):
    """The control arm of a pair, and a key under which its end is kept."""

    key: tuple[str, int, int]
    arm: Arm


def are_drawn(subject: Subject) -> bool:
    """Whether the run's first weights look as if its initialiser had drawn them, or are not known.

    Not where two units of a hidden layer have the same weights, up to the sign, or a layer's weights are more than
    three times as large or small as drawn ones.
    """
    if subject.first is None:
        return True
    drawn = subject.drawn(subject.seed)
    for W, other in zip(subject.first.layers, drawn.layers, strict=True):
        size, usual = (float(np.sqrt(np.mean(np.square(each[:, :-1])))) for each in (W, other))
        if not usual / UNLIKE <= size <= usual * UNLIKE:
            return False
    hidden = subject.first.layers[:-1]
    return all(len(np.unique(np.concatenate([W, -W]), axis=0)) == 2 * len(W) for W in hidden)


class Beginnings:
    """The beginnings of one subject's control arms.

    The seeds of the pairs rule the order of mini-batches, from the same weights at the stop. Steps on all rows have
    nothing of chance; there the further pairs from the stop begin at other stops that are like it: other first
    weights, led by the run's own way for as many iterations as the run had, to an error within a factor of 2. From
    first weights the seeds draw them, unless the run's own were special: then all pairs begin with those.
    """

    def __init__(self, evidence: Evidence, optimizer: Optimizer, bench: Bench, compiled: bool, seconds: float) -> None:
        """Begin; `seconds` is about how long a descent takes with as much work as the run had."""
        subject = evidence.subject
        self.seeds = [int(seed) for seed in evidence.rng(20).integers(1 << 31, size=MOST_LED)]
        self._evidence, self._subject, self._optimizer = evidence, subject, optimizer
        self._bench, self._compiled, self._seconds = bench, compiled, seconds
        self._drawn = are_drawn(subject)
        batch = optimizer.batch_size if isinstance(optimizer, FirstOrder) else None
        self.by_chance = batch is not None and batch < len(subject.training)
        self._stops = [subject.network]
        self._led = 0

    def pairs(self, remedy: Remedy, wanted: int, clock: Clock) -> int:
        """Return how many of the wanted pairs a trial can have that differ from each other."""
        if self.by_chance or remedy.draws or (remedy.start is Start.FIRST and self._drawn):
            return wanted
        if remedy.start is Start.FIRST or remedy.here_only:
            return 1
        self._lead(wanted, clock)
        return min(wanted, len(self._stops))

    def control(self, remedy: Remedy, pair: int) -> Beginning:
        """Return the control arm of a pair, counted from 0."""
        optimizer, which, order = self._optimizer, 0, 0
        if self.by_chance and isinstance(optimizer, FirstOrder):
            order = self.seeds[pair]
            optimizer = replace(optimizer, seed=order)
        if remedy.start is Start.STOP:
            which = 0 if self.by_chance or remedy.draws or remedy.here_only else pair
            network = self._stops[which]
            optimizer = self._gone_on(optimizer)
        else:
            which = pair if self._drawn else 0
            first = self._subject.first
            network = self._subject.drawn(self.seeds[which]) if which or first is None else first
        arm = Arm(network, self._subject.training, optimizer, self._subject.l2)
        return Beginning((remedy.start.value, which, order), arm)

    def _gone_on(self, optimizer: Optimizer) -> Optimizer:
        descent = self._subject.descent
        if descent is None or not isinstance(optimizer, FirstOrder):
            return optimizer
        return going_on(optimizer, descent.iterations, last_rate(descent))

    def _lead(self, wanted: int, clock: Clock) -> None:
        """Lead other first weights to stops like the run's own until there are as many as wanted, if it is cheap."""
        descent, part = self._subject.descent, clock.part(SHARE_OF_TIME)
        if descent is None or not self._drawn:
            return
        own = self._evidence.error
        while len(self._stops) < wanted and self._led < MOST_LED and self._seconds < part.left:
            network = self._subject.drawn(self.seeds[self._led])
            self._led += 1
            descend(
                network,
                self._subject.training,
                self._optimizer,
                l2=self._subject.l2,
                limits=Limits(iterations=descent.iterations, seconds=part.left, plateau=False),
                interrupt=clock.interrupt,
                compiled=self._compiled,
            )
            error = self._bench.error(network)
            if not part.over and own > 0.0 and error > 0.0 and abs(math.log(error / own)) <= math.log(ALIKE):
                self._stops.append(network)
