"""How a run stands, from its folder: what it is, whether it goes, and what came of it."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from fallline.training.channel import Channel
from fallline.training.run_directory import METRICS, MODEL, RUN, VERDICT

OVER = ("ended", "gone")
SILENT_SECONDS = 5.0  # after which it is asked whether the training's process is still there

FACTS = (
    "table",
    "rows",
    "train_rows",
    "validation_rows",
    "targets",
    "shape",
    "activations",
    "loss",
    "parameters",
    "optimizer",
    "restarts",
    "changes",
)
OF_THE_END = (
    "stop_reason",
    "stop_text",
    "stop_detail",
    "remedy",
    "iterations",
    "seconds",
    "train_error",
    "validation_error",
)
WHILE_IT_GOES = ("doing", "phase", "left", "learning_rate", "why_no_rate", "limits", "acknowledged", "answers")


class Folder:
    """The folder of a run, under way or finished."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.channel = Channel(path)
        self._read: dict[Path, tuple[tuple[int, int], dict[str, Any] | None]] = {}

    @property
    def metrics(self) -> Path:
        """The records."""
        return self.path / METRICS

    @property
    def model(self) -> Path:
        """The model, once the run has ended."""
        return self.path / MODEL

    def account(self) -> dict[str, Any] | None:
        """Return the account of the run, once it has ended."""
        return self._json(self.path / RUN)

    def verdict(self) -> dict[str, Any] | None:
        """Return the verdict, once there is one."""
        return self._json(self.path / VERDICT)

    def standing(self, now: float) -> dict[str, Any]:
        """Return how the run stands at a time in seconds of the epoch.

        `status` is starting, running, paused, stopping, ended, or gone where the process is no longer there and has
        left no account.
        """
        account, state = self.account(), self.channel.state() or {}
        told: dict[str, Any] = {"name": self.path.resolve().name, "status": "starting"}
        if account is not None:
            told |= {name: account.get(name) for name in (*FACTS, *OF_THE_END)}
            told |= {"status": "ended", "changes": account.get("rate_changes", [])}
            told |= {name: state.get(name) for name in ("acknowledged", "answers")}
            return told
        if state:
            told |= {name: state.get(name) for name in (*FACTS, *WHILE_IT_GOES)}
            told["status"] = state["status"]
            silent = now - max(self.channel.heard(), _changed(self.metrics))
            if state["status"] == "ended" or (silent > SILENT_SECONDS and not is_running(int(state["pid"]))):
                told["status"] = "gone"
        return told

    def heard(self) -> float:
        """Return when the training last gave a sign of life, in seconds of the epoch; 0 for never."""
        return max(self.channel.heard(), _changed(self.metrics), _changed(self.path / RUN))

    def asked(self) -> dict[str, Any] | None:
        """Return what the run was asked for."""
        asked = (self.account() or self.channel.state() or {}).get("asked")
        return asked if isinstance(asked, dict) else None

    def _json(self, path: Path) -> dict[str, Any] | None:
        """Return the object in a file, read again only where the file has changed."""
        try:
            stat = path.stat()
            stamp = (stat.st_mtime_ns, stat.st_size)
            known = self._read.get(path)
            if known is None or known[0] != stamp:
                value = json.loads(path.read_text(encoding="utf-8"))
                self._read[path] = known = (stamp, value if isinstance(value, dict) else None)
        except (OSError, ValueError):
            return None
        return known[1]


def is_running(pid: int) -> bool:
    """Whether there is a process of that number; where that cannot be asked, it is taken to be there."""
    if sys.platform == "win32":
        return True  # there, os.kill would end it
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _changed(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0
