"""How a training is watched from a terminal: one moving line, and nothing that moves where there is no terminal."""

from __future__ import annotations

import math
import time
from types import TracebackType

from rich.console import Console
from rich.live import Live
from rich.text import Text

from fallline.data import Prepared, Table
from fallline.report.text import before_training
from fallline.training.audience import Audience
from fallline.training.history import Record
from fallline.training.settings import Plan

REFRESH = 0.1  # seconds


class Terminal(Audience):
    """Tells on `console` (standard error) how a training goes; use it in a `with` block."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live = Live(console=console, refresh_per_second=1 / REFRESH, transient=True, auto_refresh=False)
        self._moving = console.is_terminal
        self._shown = 0.0
        self._plan: Plan | None = None
        self._began = 0.0

    def __enter__(self) -> Terminal:
        if self._moving:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()

    def prepared(self, table: Table, prepared: Prepared, plan: Plan) -> None:
        """Show what was inferred."""
        self._console.print(before_training(table, prepared, plan))
        self._console.print()

    def doing(self, what: str) -> None:
        """Show what is being done."""
        self._show(what, at_once=True)

    def descending(self, phase: str, plan: Plan) -> None:
        """Announce a descent."""
        self._plan, self._began = plan, time.perf_counter()
        line = f"{plan.optimizer.name} on {phase}"
        if self._moving:
            self._show(line, at_once=True)
        else:
            self._console.print(line)

    def record(self, phase: str, record: Record) -> None:
        """Show where the descent is."""
        if not self._moving or time.perf_counter() - self._shown < REFRESH:
            return
        assert self._plan is not None
        line = f"{phase}: iteration {record.iteration:,}  error {record.train_error:.5g}"
        if not math.isnan(record.validation_error):
            line += f"  validation {record.validation_error:.5g}"
        if record.seconds > 0:
            line += f"  {record.iteration / record.seconds:,.0f}/s"
        self._show(line + self._time_left(record))

    def _time_left(self, record: Record) -> str:
        assert self._plan is not None
        limits, left = self._plan.limits, math.inf
        if limits.seconds is not None:
            left = limits.seconds - record.seconds
        if limits.iterations is not None and record.iteration:
            left = min(left, record.seconds * (limits.iterations / record.iteration - 1.0))
        return "" if math.isinf(left) else f"  at most {max(left, 0.0):.0f} s left"

    def _show(self, line: str, at_once: bool = False) -> None:
        if self._moving:
            self._shown = time.perf_counter()
            self._live.update(Text(line, style="cyan"), refresh=True)
