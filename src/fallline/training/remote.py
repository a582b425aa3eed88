"""A training's own end of the channel: what a watcher wishes is done between two steps, and how it stands is told.

It costs a look at a folder a few times a second, whoever watches or not; and while somebody does, a small file and
the weights once a second or, where these are large, so seldom that writing them takes a hundredth of the time.
"""

from __future__ import annotations

import math
import os
import threading
import time
from contextlib import suppress
from dataclasses import asdict
from typing import Any

import numpy as np

from fallline.data import Prepared, Table
from fallline.engine import Array, Rows
from fallline.optimizers import FirstOrder, Iteration, Optimizer, Rprop
from fallline.training.audience import Audience
from fallline.training.channel import Action, Channel, Command, Standing
from fallline.training.follower import Follower
from fallline.training.history import Record
from fallline.training.interrupt import Interrupt
from fallline.training.rate_by_hand import Hand, RateChange, by_hand
from fallline.training.run import Asked
from fallline.training.run_directory import jsonable
from fallline.training.settings import Plan
from fallline.training.stopping import Limits

LOOK_SECONDS, LOOK_WHILE_PAUSED = 0.25, 0.05
TELL_SECONDS = 1.0
SHARE_FOR_WEIGHTS = 0.01  # of the time, at most, that goes into writing them
ABSENT_SECONDS = 3.0  # without a sign, after which nobody has the page open …
GONE_SECONDS = 30.0  # … and after which there is no page any more that could end a pause
MOST_ROWS = 256  # to look at units with
MOST_ANSWERS = 20


class Remote(Interrupt, Audience, Follower):
    """Ctrl-C and the channel in one: the descent asks it before every step, as it asks an `Interrupt`.

    Parameters
    ----------
    channel
        Of the run.
    asked
        What the run was asked for, from which a watcher can make its rows again.
    """

    def __init__(self, channel: Channel, asked: Asked) -> None:
        super().__init__()
        self.changes: list[RateChange] = []
        self._channel = channel
        self._about: dict[str, Any] = {"pid": os.getpid(), "asked": asdict(asked)}
        self._status, self._doing, self._phase = "running", "", ""
        self._limits = Limits()
        self._began = time.perf_counter()
        self._record: Record | None = None
        self._hand: Hand | None = None
        self._no_hand = "no descent is under way"
        self._lent: Array | None = None
        self._rows: Rows | None = None
        self._answers: list[dict[str, Any]] = []
        self._acknowledged = 0
        self._unanswered: list[int] = []  # numbers of commands that were taken and that the state does not tell yet
        self._told = False
        self._lock = threading.Lock()  # one of several starts looks for all
        self._paused_since: float | None = None
        self._paused_before = 0.0  # seconds
        self._next_look = self._next_telling = self._next_weights = 0.0
        self._signs = [(0.0, -math.inf), (0.0, -math.inf)]  # of serving and watched: its time, and when it was seen

    # What the training tells

    def prepared(self, table: Table, prepared: Prepared, plan: Plan) -> None:
        """Take note of what is going to be done."""
        architecture = plan.architecture
        self._about |= {
            "table": table.name,
            "rows": prepared.rows,
            "train_rows": len(prepared.train_rows),
            "validation_rows": len(prepared.validation_rows),
            "input_names": list(prepared.preparation.input_names),
            "targets": list(prepared.preparation.targets),
            "shape": list(architecture.shape),
            "activations": list(architecture.activations),
            "loss": architecture.loss,
            "parameters": architecture.parameter_count,
            "optimizer": plan.optimizer.name,
            "restarts": plan.restarts,
            "refit": plan.refit,
        }

    def doing(self, what: str) -> None:
        """Take note of what is being done."""
        self._doing = what

    def descending(self, phase: str, plan: Plan) -> None:
        """Take note that a descent begins."""
        self._phase, self._record = phase, None
        self._doing = f"{plan.optimizer.name} on {phase}"

    def record(self, phase: str, record: Record) -> None:
        """Take note of where the descent is."""
        self._record = record

    # The descent in hand

    def take(
        self, optimizer: Optimizer, rows: Rows, limits: Limits, l2_strength: float | None, starts: int
    ) -> Optimizer:
        """Take a descent in hand, and return its optimizer with a learning rate that can be changed meanwhile."""
        self._limits, self._rows, self._began = limits, rows, self.now()
        self._about["l2_strength"] = l2_strength
        self._hand, self._next_weights = None, 0.0
        if starts > 1:
            self._no_hand = "several starts are under way, which are to be alike"
        elif isinstance(optimizer, Rprop):
            self._no_hand = "rprop finds a rate of its own for each weight"
        elif isinstance(optimizer, FirstOrder):
            optimizer, self._hand = by_hand(optimizer)
        else:
            self._no_hand = f"{optimizer.name} has none: it finds the length of each step by itself"
        return optimizer

    def until_next(self, number: int) -> None:
        """Wait for no weights: those that are at hand will do."""

    def see(self, iteration: Iteration, parameters: Array, validation_error: float) -> None:
        """Take note of where the weights (parameters,) are to be seen; they stay the descent's own."""
        self._lent = parameters

    def release(self) -> None:
        """Let go of a descent that is over."""
        self._hand, self._lent = None, None
        self._no_hand = "no descent is under way"

    def end(self) -> None:
        """Say that the training is over, to whoever was told of it before."""
        self._status = "ended"
        if self._told:
            with suppress(OSError):
                self._tell()

    # What is asked before every step

    def now(self) -> float:
        """Return the seconds on a clock which stands still during pauses."""
        until = time.perf_counter() if self._paused_since is None else self._paused_since
        return until - self._paused_before

    def _look(self) -> None:
        paused = self._paused_since is not None
        if not paused and time.perf_counter() < self._next_look:
            return
        if not self._lock.acquire(blocking=False):
            while self._paused_since is not None and not self._wished:
                time.sleep(LOOK_WHILE_PAUSED)
            return
        try:
            self._attend()
            while self._paused_since is not None and not self._wished:
                time.sleep(LOOK_WHILE_PAUSED)
                self._attend()
            if self._paused_since is not None:
                self._go_on("stopping")
        finally:
            self._next_look = time.perf_counter() + LOOK_SECONDS
            self._lock.release()

    def _attend(self) -> None:
        """Do what is wished, and tell how it stands."""
        now = time.perf_counter()
        try:
            for i, changed in enumerate(self._channel.present()):
                if changed != self._signs[i][0]:
                    self._signs[i] = (changed, now)
            served, watched = self._signs[0][1], now - self._signs[1][1]
            for command in self._channel.commands(self._acknowledged):
                done, said = self._obey(command)
                answer = {"number": command.number, "action": command.action.value, "done": done, "said": said}
                self._answers = [*self._answers, answer][-MOST_ANSWERS:]
                self._acknowledged = command.number
                self._unanswered.append(command.number)
            if self._paused_since is not None and now - max(served, self._paused_since) > GONE_SECONDS:
                self._go_on("running")
            if self._unanswered or (watched < ABSENT_SECONDS and now >= self._next_telling):
                self._tell()
            while self._unanswered:
                self._channel.done(self._unanswered.pop())
            if watched < ABSENT_SECONDS and now >= self._next_weights:
                self._show()
        except OSError:
            self._next_look = now + TELL_SECONDS  # whatever is the matter with the channel, the training goes on

    def _obey(self, command: Command) -> tuple[bool, str]:
        """Do what a command wants; return whether it was done, and a sentence."""
        if command.action is Action.PAUSE:
            if self._paused_since is not None:
                return False, "It is paused already."
            self._paused_since, self._status = time.perf_counter(), "paused"
            return True, "Paused. Time and iterations stand still."
        if command.action is Action.RESUME:
            if self._paused_since is None:
                return False, "It is not paused."
            self._go_on("running")
            return True, "It goes on."
        if command.action is Action.STOP:
            self._wished = True
            self._status = "stopping"
            return True, "It stops here and keeps everything up to there."
        return self._change_rate(command.value)

    def _change_rate(self, rate: float | None) -> tuple[bool, str]:
        if self._hand is None:
            return False, f"The learning rate stays as it is: {self._no_hand}."
        if rate is None or not (math.isfinite(rate) and rate > 0.0):
            return False, "The learning rate stays as it is: expected a number above 0, such as 0.01."
        if not self._hand.own > 0.0:
            return False, "The learning rate stays as it is: its schedule has come to 0, which no factor changes."
        before, iteration = self._hand.rate, 0 if self._record is None else self._record.iteration
        self._hand.set(rate)
        self.changes.append(RateChange(self._phase, iteration, before, rate, self._hand.factor))
        return True, f"The learning rate is {rate:.4g} from here on; it was {before:.4g}."

    def _go_on(self, status: str) -> None:
        assert self._paused_since is not None
        self._paused_before += time.perf_counter() - self._paused_since
        self._paused_since, self._status = None, status

    def _tell(self) -> None:
        state = {
            **self._about,
            "status": self._status,
            "doing": self._doing,
            "phase": self._phase,
            "left": self._left(),
            "learning_rate": None if self._hand is None else self._hand.rate,
            "why_no_rate": self._no_hand if self._hand is None else "",
            "changes": [each._asdict() for each in self.changes],
            "limits": asdict(self._limits),
            "acknowledged": self._acknowledged,
            "answers": self._answers,
        }
        self._channel.write_state(jsonable(state))
        self._told = True
        self._next_telling = time.perf_counter() + TELL_SECONDS

    def _left(self) -> float | None:
        """Return the most seconds that are left of this descent; None where it has no limit."""
        left, record, limits = math.inf, self._record, self._limits
        if limits.seconds is not None:
            left = limits.seconds - (self.now() - self._began)
        if limits.iterations is not None and record is not None and record.iteration:
            left = min(left, record.seconds * (limits.iterations / record.iteration - 1.0))
        return max(0.0, left) if math.isfinite(left) else None

    def _show(self) -> None:
        """Write the weights where the descent is, and before the first of them some rows."""
        if self._lent is None:
            return
        started = time.perf_counter()
        if self._rows is not None:
            n = len(self._rows)
            self._channel.write_rows(self._rows.batch(np.unique(np.linspace(0, n - 1, MOST_ROWS).astype(np.int64)))[0])
            self._rows = None
        iteration = 0 if self._record is None else self._record.iteration
        self._channel.write_weights(Standing(self._lent, self._phase, iteration))
        now = time.perf_counter()
        self._next_weights = now + max(TELL_SECONDS, (now - started) / SHARE_FOR_WEIGHTS)
