"""Remedies tried from the page: one at a time, each in a process of its own, each with a log in the run's folder."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path
from typing import Any

from fallline.diagnosis.trials import REMEDIES
from fallline.errors import FalllineError
from fallline.live.standing import is_running
from fallline.training.channel import LIVE

SECONDS, LEAST_SECONDS, MOST_SECONDS = 20.0, 1.0, 3600.0
TERMINATE_SECONDS = 5.0
BEGINS_WITHIN = 60.0  # seconds, in which a trial's process has written its first line
BROKEN_OFF = "The trial was ended before its time."


def remedies() -> list[dict[str, str]]:
    """Return what can be tried: code, title and explanation of each."""
    return [{"code": each.code, "title": each.title, "explanation": each.explanation} for each in REMEDIES.values()]


class Trials:
    """The trials of one run."""

    def __init__(self, run: Path) -> None:
        self._run = run
        self._folder = run / LIVE / "trials"
        self._process: asyncio.subprocess.Process | None = None
        self._log: Path | None = None
        self._settled: set[Path] = set()

    def logs(self) -> list[Path]:
        """Return the logs of all trials, in order."""
        return sorted(self._folder.glob("[0-9]*.jsonl"))

    @property
    def running(self) -> bool:
        """Whether one is under way."""
        return self._process is not None and self._process.returncode is None

    async def start(self, code: str, seconds: float) -> int:
        """Begin a trial; return its number.

        Raises
        ------
        FalllineError
            If one is under way, there is no such remedy, or the time makes no sense.
        """
        if self._process is not None and self._log is not None and is_over(self._log):
            await self._process.wait()  # it has said its last word and is about to go
        if self.running:
            raise FalllineError("A trial is under way. Wait for it, or end it.")
        if code not in REMEDIES:
            raise FalllineError(f"There is no remedy '{code}'. There are {', '.join(REMEDIES)}.")
        if not LEAST_SECONDS <= seconds <= MOST_SECONDS:
            raise FalllineError(f"{seconds:g} seconds: expected {LEAST_SECONDS:g} to {MOST_SECONDS:g}.")
        self._folder.mkdir(parents=True, exist_ok=True)
        number = len(self.logs()) + 1
        self._log = self._folder / f"{number:04d}.jsonl"
        self._process = None
        self._log.touch(exist_ok=False)
        command = (sys.executable, "-m", "fallline.live.trial", str(self._run), code, str(seconds), str(self._log))
        self._process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        return number

    async def end(self) -> None:
        """End the trial that is under way, if there is one."""
        if self._process is None or self._process.returncode is not None:
            return
        self._process.terminate()
        try:
            await asyncio.wait_for(self._process.wait(), TERMINATE_SECONDS)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
        if self._log is not None and not is_over(self._log):
            _break_off(self._log)

    def settle(self) -> None:
        """Write an end into the logs of trials whose process is gone without one."""
        for log in (each for each in self.logs() if each not in self._settled):
            if log == self._log and (self._process is None or self.running):
                continue
            lines, _ = lines_since(log, 0)
            if is_over(log):
                self._settled.add(log)
            elif not _is_somebodys(log, lines):
                _break_off(log)


def _break_off(log: Path) -> None:
    with log.open("a", encoding="utf-8") as file:  # behind whatever was left of a line
        file.write("\n" + json.dumps({"kind": "failed", "sentence": BROKEN_OFF}) + "\n")


def _is_somebodys(log: Path, lines: list[dict[str, Any]]) -> bool:
    """Whether another server's process writes the log, or may be about to."""
    return is_running(int(lines[0]["pid"])) if lines else time.time() - log.stat().st_mtime < BEGINS_WITHIN


def is_over(log: Path) -> bool:
    """Whether a trial has come to an end, of whatever kind."""
    lines, _ = lines_since(log, 0)
    return bool(lines) and lines[-1]["kind"] in ("ended", "failed")


def lines_since(log: Path, start: int) -> tuple[list[dict[str, Any]], int]:
    """Return the whole lines of a log behind a place, and the place behind them."""
    with log.open("rb") as file:
        file.seek(start)
        content = file.read()
    content = content[: content.rfind(b"\n") + 1]
    return [told for line in content.splitlines() if (told := _object(line)) is not None], start + len(content)


def _object(line: bytes) -> dict[str, Any] | None:
    """Return the object in a line; None for what a process left behind that was ended while it wrote."""
    try:
        told = json.loads(line)
    except ValueError:
        return None
    return told if isinstance(told, dict) else None
