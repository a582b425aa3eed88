"""The time that a diagnosis may take, divided among its parts."""

from __future__ import annotations

import math
import time

from fallline.training.interrupt import Interrupt


class Clock:
    """So many seconds from now on; the user's wish to stop ends them at once.

    Parameters
    ----------
    seconds
        In all; infinite for no limit.
    interrupt
        The wish to stop, if somebody listens for it.
    """

    def __init__(self, seconds: float = math.inf, interrupt: Interrupt | None = None) -> None:
        self.seconds = seconds
        self.interrupt = interrupt
        self._started = time.perf_counter()

    @property
    def spent(self) -> float:
        """Seconds since the beginning."""
        return time.perf_counter() - self._started

    @property
    def left(self) -> float:
        """Seconds that are left, 0 when it is over."""
        if self.interrupt is not None and self.interrupt.wished:
            return 0.0
        return max(0.0, self.seconds - self.spent)

    @property
    def over(self) -> bool:
        """Whether no time is left."""
        return self.left == 0.0

    def part(self, share: float, most: float = math.inf) -> Clock:
        """Return a clock for that share of what is left, and at most so many seconds."""
        return Clock(min(share * self.left, most), self.interrupt)
