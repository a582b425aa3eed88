"""Ctrl-C as a wish to stop, which the descent grants between two steps."""

from __future__ import annotations

import signal
import threading
import time
from types import FrameType, TracebackType


class Interrupt:
    """While entered, the first Ctrl-C sets `wished`; a second one raises KeyboardInterrupt at once.

    Outside the main thread, where Python delivers no signals, it does nothing.
    """

    def __init__(self) -> None:
        self._wished = False

    @property
    def wished(self) -> bool:
        """Whether the descent is to stop; asked before every step, and answered when it may go on."""
        self._look()
        return self._wished

    @wished.setter
    def wished(self, wished: bool) -> None:
        self._wished = wished

    def now(self) -> float:
        """Return the seconds on a clock which stands still while the descent is held up."""
        return time.perf_counter()

    def _look(self) -> None:
        """Look for wishes of somebody else; here there is nobody."""

    def __enter__(self) -> Interrupt:
        self._main = threading.current_thread() is threading.main_thread()
        if self._main:
            self._previous = signal.signal(signal.SIGINT, self._receive)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._main:
            signal.signal(signal.SIGINT, self._previous)

    def _receive(self, number: int, frame: FrameType | None) -> None:
        if self._wished:
            raise KeyboardInterrupt
        self._wished = True
