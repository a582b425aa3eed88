"""Many starts of a network, descended side by side; the hopeless ones given up early, the best kept.

Successive halving (Jamieson & Talwalkar 2016; Li et al. 2018): the starts descend in rounds, each to twice the
iterations of the one before, and after each the worse half is given up, until few are left, which go on to their
ends. A start of the worse half is spared while its course says that it would be ahead of all others after the
next round (Domhan, Springenberg & Hutter 2015 give up by forecasts alone).

All that is decided is decided between rounds and by iterations, never by seconds, so that each start goes the same
way on any number of cores: bit for bit, as long as neither time nor patience runs out. Only a target ends a round
early, and then the start that needs the fewest iterations is kept, which is the same one in any order.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import nullcontext
from dataclasses import asdict, dataclass, replace
from statistics import median
from typing import Any

import numpy as np

from fallline.engine import Dropout, Objective, Rows
from fallline.engine.choice import worth_compiling
from fallline.engine.threads import available_cores, one_thread
from fallline.errors import FalllineError
from fallline.network import Network
from fallline.optimizers import Optimizer
from fallline.training.descent import Descent, Pace, Standing, descend, expected_passes
from fallline.training.follower import Follower
from fallline.training.history import Record
from fallline.training.interrupt import Interrupt
from fallline.training.marks import Marks
from fallline.training.spread import Minimum, Spread, spread
from fallline.training.stopping import Limits, StopReason

SURVIVORS = 4  # that are not given up for being behind, since one minimum says nothing about the others
# The first are given up after this share of the likely iterations: one in so many. Earlier, their order says little
# about their ends; measured with Adam on XOR, a thirty-second lost the best start as a rule, and an eighth seldom did.
FIRST_ROUND = 8
LEAST_ROUND = 4  # iterations
TELL_SECONDS = 0.2


@dataclass(frozen=True)
class Restarts:
    """What came of several starts."""

    network: Network  # the best
    descent: Descent  # its own
    seed: int  # of its first weights
    minima: list[Minimum]  # of all starts that were begun, in order
    spread: Spread

    def to_dict(self) -> dict[str, Any]:
        """Return all but the network and its descent, in plain JSON types."""
        return {"seed": self.seed, **asdict(self.spread), "minima": [each.to_dict() for each in self.minima]}


def seeds_of(seed: int, starts: int) -> list[int]:
    """Return the seed of each start's first weights: the first is the seed itself, the others are drawn from it."""
    spawned = np.random.SeedSequence(seed).spawn(starts - 1)
    return [seed, *(int(each.generate_state(1)[0]) for each in spawned)]


def descend_with_restarts(
    initial: Callable[[int], Network],
    training: Rows,
    optimizer: Optimizer,
    *,
    starts: int,
    seed: int = 0,
    validation: Rows | None = None,
    l2: float = 0.0,
    limits: Limits | None = None,
    interrupt: Interrupt | None = None,
    compiled: bool | None = None,
    culling: bool = True,
    cores: int | None = None,
    tell: Callable[[str], None] | None = None,
    followers: Callable[[int], Sequence[Follower]] = lambda seed: (),
    dropout: Dropout | None = None,
) -> Restarts:
    """Train a network from several first weights, and keep the best.

    The best is the one with the lowest training error and penalty, or, with early stopping, the lowest validation
    error; where starts reach the target error, the one with the fewest iterations, which the others need not exceed.

    Parameters
    ----------
    initial
        Gives the network with the first weights of a seed.
    training, optimizer, validation, l2, interrupt, compiled, dropout
        As for `descend`.
    starts
        How many first weights to start from.
    seed
        Seed of the first start, and of the other starts' seeds.
    limits
        As for `descend`, of each start; but the time is that of all together.
    culling
        Whether hopeless starts are given up before their ends.
    cores
        How many starts descend at the same time where the compiled engine does the arithmetic; None for as many as
        there are cores. The reference engine keeps Python's lock, and its starts come one after the other.
    tell
        Called now and then with a line about how far they are.
    followers
        Gives those of the start of a seed, as for `descend`; called in that start's own thread.

    Raises
    ------
    FalllineError
        If there is no start.
    """
    if starts < 1:
        raise FalllineError(f"restarts {starts}: expected a number of starts, 1 or more.")
    limits = limits or Limits()
    training = Rows(training.X, training.y, training.index).compact()
    training.packed = {}
    seeds = seeds_of(seed, starts)
    architecture = initial(seed).architecture
    likely = expected_passes(optimizer, limits)
    if compiled is None:
        compiled = worth_compiling(architecture, len(training), starts * likely)
    listening = Interrupt() if interrupt is None else nullcontext(interrupt)
    side_by_side = min(starts, cores or available_cores()) if compiled else 1
    watching = validation is not None and len(validation) > 0 and limits.patience is not None
    penalty = Objective(architecture, training, l2).penalty
    with listening as wish, one_thread():
        ends = math.inf if limits.seconds is None else wish.now() + limits.seconds

        def way(network: Network, start: _Start) -> tuple[Descent, float]:
            marks = Marks(architecture.parameter_count, starts)
            left = None if math.isinf(ends) else max(0.0, ends - wish.now())
            descent = descend(
                network,
                training,
                optimizer,
                validation=validation,
                l2=l2,
                limits=replace(limits, seconds=left),
                observe=start.observe,
                interrupt=wish,
                compiled=compiled,
                threads=1,
                pace=start,
                followers=[marks, *followers(start.seed)],
                dropout=dropout,
            )
            value = descent.validation_error if watching else descent.train_error + penalty(network.parameters)
            return replace(descent, marks=marks), value

        ceiling = _Ceiling()
        runners = [_Start(each, initial(each), way, ceiling) for each in seeds]
        race = _Race(runners, wish, ends, tell)
        race.run(max(LEAST_ROUND, math.ceil(likely / FIRST_ROUND)), side_by_side, culling)
    begun = [each for each in runners if each.descent is not None]
    minima = [each.minimum() for each in begun]
    best = min(range(len(begun)), key=lambda i: rank(minima[i]))  # the first of equals
    descent = begun[best].descent
    assert descent is not None
    first = median(each.first_error for each in begun)
    return Restarts(
        network=begun[best].network,
        descent=descent,
        seed=begun[best].seed,
        minima=minima,
        spread=spread(minima, first, None if watching else limits.target_error),
    )


def rank(minimum: Minimum) -> tuple[float, ...]:
    """Return what orders the minima, the best first."""
    if minimum.stop_reason is StopReason.TARGET_REACHED:
        return 0, minimum.iterations
    return 1, math.isinf(minimum.value), minimum.stop_reason is StopReason.GIVEN_UP, minimum.value


@dataclass
class _Ceiling:
    """The iterations that no start need exceed: those of the first that reached the target."""

    iterations: float = math.inf


class _Start(Pace):
    """One descent in a thread of its own, so that its optimizer keeps all that it knows while it waits."""

    def __init__(
        self,
        seed: int,
        network: Network,
        way: Callable[[Network, _Start], tuple[Descent, float]],
        ceiling: _Ceiling,
    ) -> None:
        self.seed = seed
        self.network = network
        self.given_up = False
        self.standing: Standing | None = None  # where it waits
        self.descent: Descent | None = None  # when it is over
        self.value = math.inf  # then; infinite where it overflowed
        self.first_error = math.nan
        self.latest = Record(0, 0, 0.0, math.inf, math.nan, math.nan, math.nan, math.nan)
        self._way = way
        self._until = 0
        self._ceiling = ceiling
        self._problem: BaseException | None = None
        self._go, self._rest = threading.Semaphore(0), threading.Semaphore(0)
        self._thread: threading.Thread | None = None

    @property
    def begun(self) -> bool:
        """Whether it has made its first round, or is making it."""
        return self._thread is not None

    @property
    def until(self) -> int:
        """The iteration after which it waits."""
        return int(min(self._until, self._ceiling.iterations))

    def round(self, until: int) -> None:
        """Go on to an iteration or to the end, whichever comes first."""
        self._until = until
        if self._thread is None:
            self._thread = threading.Thread(target=self._descend, daemon=True)
            self._thread.start()
        else:
            self._go.release()
        self._rest.acquire()
        if self._problem is not None:
            raise self._problem

    def observe(self, record: Record) -> None:
        """Take note of where it is."""
        if record.iteration == 0:
            self.first_error = record.train_error
        self.latest = record

    def wait(self, standing: Standing) -> None:
        """Rest till the next round; called in the descent's own thread."""
        self.standing = standing
        self._rest.release()
        self._go.acquire()

    def minimum(self) -> Minimum:
        """Return where it led; what an overflow left behind has no error, since it depends on the moment."""
        assert self.descent is not None
        finite = math.isfinite(self.value)
        return Minimum(
            seed=self.seed,
            train_error=self.descent.train_error if finite else math.nan,
            validation_error=self.descent.validation_error if finite else math.nan,
            value=self.value,
            iterations=self.descent.iterations,
            stop_reason=self.descent.stop_reason,
        )

    def abandon(self) -> None:
        """End its thread, whatever it does."""
        self.given_up = True
        self._go.release()
        if self._thread is not None:
            self._thread.join()

    def _descend(self) -> None:
        try:
            self.descent, value = self._way(self.network, self)
            if self.descent.stop_reason is not StopReason.NOT_FINITE and math.isfinite(value):
                self.value = value
            if self.descent.stop_reason is StopReason.TARGET_REACHED:
                self._ceiling.iterations = min(self._ceiling.iterations, self.descent.iterations)
        except BaseException as problem:
            self._problem = problem
        finally:
            self._rest.release()


class _Race:
    """The rounds of the starts."""

    def __init__(
        self, starts: Sequence[_Start], interrupt: Interrupt, ends: float, tell: Callable[[str], None] | None
    ) -> None:
        self._starts = starts
        self._interrupt = interrupt
        self._ends = ends
        self._tell = tell

    def run(self, until: int, side_by_side: int, culling: bool) -> None:
        """Let the starts descend to their ends, or as far as they are worth it."""
        with ThreadPoolExecutor(side_by_side) as pool:
            try:
                waiting = list(self._starts)
                while waiting:
                    self._await([pool.submit(self._round, start, until) for start in waiting])
                    waiting = [start for start in waiting if start.begun and start.descent is None]
                    self._give_up(waiting, culling)
                    until *= 2
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                for start in self._starts:
                    start.abandon()
                raise

    def _round(self, start: _Start, until: int) -> None:
        if start.begun or start is self._starts[0] or not self._over():
            start.round(until)

    def _over(self) -> bool:
        return self._interrupt.wished or self._interrupt.now() >= self._ends

    def _await(self, rounds: list[Future[None]]) -> None:
        left: set[Future[None]] = set(rounds)
        while left:
            done, left = wait(left, timeout=TELL_SECONDS)
            for each in done:
                each.result()
            if left and self._tell is not None:
                self._tell(self._line())

    def _line(self) -> str:
        begun = [start for start in self._starts if start.begun and not start.given_up]
        lowest = min((start.latest.train_error for start in begun), default=math.inf)
        going = sum(start.descent is None for start in begun)
        words = f"{len(self._starts)} starts, {going} under way: iteration "
        return words + f"{max((start.latest.iteration for start in begun), default=0):,}  lowest error {lowest:.5g}"

    def _give_up(self, waiting: list[_Start], culling: bool) -> None:
        """Decide who goes on: nobody beside a target that is reached; else, with culling, who is worth it."""
        if any(each.descent and each.descent.stop_reason is StopReason.TARGET_REACHED for each in self._starts):
            hopeless = waiting
        elif culling:
            running = {i: start.standing for i, start in enumerate(waiting) if start.standing is not None}
            over = [each.value for each in self._starts if each.descent is not None and not each.given_up]
            hopeless = [waiting[i] for i in behind(running, over)]
        else:
            hopeless = []
        for start in hopeless:
            start.given_up = True


def behind(running: dict[int, Standing], over: Sequence[float]) -> list[int]:
    """Return which of the starts under way to give up.

    Parameters
    ----------
    running
        The standing of each start under way, by its number.
    over
        The values of those that came to their own ends.
    """
    contenders = sorted([*((each.value, i) for i, each in running.items()), *((value, -1) for value in over)])
    kept = max(SURVIVORS, math.ceil(len(contenders) / 2))
    ahead, rest = contenders[:kept], contenders[kept:]
    best = min((running[i].expected if i >= 0 else value for value, i in ahead), default=math.inf)
    return sorted(i for _, i in rest if i >= 0 and not running[i].expected < best)
