"""How many threads a descent goes with: all of them or one alone, whichever makes more steps a second at the moment.

Threads that wait for each other several times in a step are slower than one alone as soon as somebody else wants one of
their cores, and that comes and goes.
"""

from __future__ import annotations

AT_ONCE = 0.03  # seconds in compiled code before Python is asked whether to go on …
TRIAL = 0.003  # … and of a trial
ENOUGH = 2e-3  # seconds; fewer say little about the speed
LONG_STEP = 0.01  # seconds, from which waiting for each other costs next to nothing, and a trial much
TURNS_BETWEEN_TRIALS = 64  # of the faster way, before the other one is tried again; fewer in the beginning,
SLOWER = 0.7  # … and none where the speed falls to this share of what it was


class ThreadChoice:
    """The speed of a descent with `team` threads and with one, as found by trying both now and then.

    Parameters
    ----------
    team
        How many threads there are.
    speed
        Of the whole team before it has been seen, in steps a second; 0 where nothing is known.
    """

    def __init__(self, team: int, speed: float = 0.0) -> None:
        self.threads = team  # of the next call
        self._usual, self._other = team, 1
        self._speeds = {1: 0.0, team: speed}  # steps a second, as last seen; 0 for not yet
        self._usual_speed = 0.0  # of its last turn
        self._steps, self._seconds, self._turns = 0.0, 0.0, 0

    @property
    def steps_at_once(self) -> int:
        """How many steps the next call should make, as far as is known."""
        seconds = AT_ONCE if self.threads == self._usual else TRIAL
        return max(1, int(seconds * (self._speeds[self.threads] or self._speeds[self._usual])))

    def note(self, steps: float, seconds: float) -> None:
        """Take note of what a call with `threads` has done, and choose the threads of the next."""
        self._steps += steps
        self._seconds += seconds
        before = self._usual_speed
        speed = self._speeds[self.threads] = self._steps / self._seconds
        if self._seconds < ENOUGH:
            return
        self._steps, self._seconds = 0.0, 0.0
        if self.threads != self._usual:  # the trial is over
            if speed > before:
                self._usual, self._other = self._other, self._usual
                self._usual_speed = speed
            self.threads = self._usual
            return
        self._usual_speed = speed
        self._turns += 1
        due = self._turns & (self._turns - 1) == 0 or self._turns % TURNS_BETWEEN_TRIALS == 0 or speed < SLOWER * before
        if due and 1.0 / speed < LONG_STEP:
            self.threads = self._other
