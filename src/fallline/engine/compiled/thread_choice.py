"""How many threads a descent goes with: all of them or one alone, whichever makes more steps a second at the moment.

Threads that wait for each other several times in a step are slower than one alone as soon as somebody else wants one of
their cores, and that comes and goes.
"""

from __future__ import annotations

ENOUGH_SECONDS = 2e-3  # less says little about the speed
TURNS_BETWEEN_TRIALS = 64  # of the faster way, before the other one is tried again; fewer in the beginning


class ThreadChoice:
    """The speed of a descent with `team` threads and with one, as found by trying both now and then."""

    def __init__(self, team: int) -> None:
        self.threads, self.steps_a_second = team, 0.0
        self._other, self._others_speed = 1, 0.0  # 0 for not yet tried
        self._steps, self._seconds, self._turns = 0, 0.0, 0

    def note(self, steps: int, seconds: float) -> None:
        """Take note of what a call with `threads` has done, and choose the threads of the next."""
        self._steps += steps
        self._seconds += seconds
        self.steps_a_second = self._steps / self._seconds
        if self._seconds < ENOUGH_SECONDS:
            return
        self._turns += 1
        self._steps, self._seconds = 0, 0.0
        doubled = self._turns & (self._turns - 1) == 0
        if self._others_speed > self.steps_a_second or doubled or self._turns % TURNS_BETWEEN_TRIALS == 0:
            self.threads, self._other = self._other, self.threads
            self.steps_a_second, self._others_speed = self._others_speed or self.steps_a_second, self.steps_a_second
