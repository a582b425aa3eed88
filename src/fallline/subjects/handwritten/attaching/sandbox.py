"""Somebody's program in a child process, with limits on its time and memory; what goes wrong becomes one sentence.

The program is executed: the limits keep it from hanging or filling the machine, not from doing what a program can do.
It runs in a temporary directory that holds copies of the small files beside it, so that what it writes by a relative
name is gone afterwards.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fallline.errors import FalllineError

_START = (
    "import json, sys; request = json.load(sys.stdin); sys.path[:0] = request['paths']; "
    "from fallline.subjects.handwritten.attaching.sandboxed import answer; answer(request)"
)
_LARGEST_FILE = 20_000_000
_MOST_FILES = 200


@dataclass(frozen=True)
class Limits:
    """What a child process may use: seconds of time, bytes of memory, and characters of output that are kept."""

    seconds: float = 20.0
    memory: int = 4_000_000_000
    output: int = 20_000


@dataclass(frozen=True)
class Outcome:
    """What the examination returned, and what the program printed meanwhile."""

    value: Any
    printed: str


def examine_in_child(
    examine: Callable[[str, dict[str, Any]], Any],
    path: str | Path,
    options: dict[str, Any] | None = None,
    limits: Limits | None = None,
) -> Outcome:
    """Call `examine(path, options)` in a child process and return what it returns, which must be JSON-able.

    `examine` is a function at the top of an importable module.

    Raises
    ------
    FalllineError
        If the program raises, does not come back in time, or needs too much memory; the message has file and line.
    """
    limits = limits or Limits()
    path = Path(path).resolve()
    with tempfile.TemporaryDirectory(prefix="fallline-") as folder:
        work, result = Path(folder) / "work", Path(folder) / "result.json"
        work.mkdir()
        _copy_beside(path, work)
        request = {
            "paths": [entry for entry in sys.path if entry],
            "module": examine.__module__,
            "function": examine.__qualname__,
            "path": str(path),
            "options": options or {},
            "result": str(result),
            "seconds": limits.seconds,
            "memory": limits.memory,
            "output": limits.output,
        }
        environment = {**os.environ, "MPLBACKEND": "Agg", "PYTHONDONTWRITEBYTECODE": "1", "NO_COLOR": "1"}
        try:
            done = subprocess.run(
                [sys.executable, "-I", "-c", _START],
                input=json.dumps(request).encode(),
                cwd=work,
                env=environment,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                timeout=limits.seconds + 15,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise FalllineError(f"{path.name}: did not come back within {limits.seconds:g} s.") from None
        if not result.exists():
            raise FalllineError(_ended(path.name, done.returncode, done.stderr.decode(errors="replace")))
        told = json.loads(result.read_text(encoding="utf-8"))
    if "error" in told:
        raise FalllineError(told["error"])
    return Outcome(told["value"], told["printed"])


def _copy_beside(path: Path, work: Path) -> None:
    """Copy the small files that stand beside the program, so that it can read them by their relative names."""
    try:
        beside = sorted(path.parent.iterdir())[: 10 * _MOST_FILES]
    except OSError:
        return
    copied = 0
    for file in beside:
        try:
            if copied < _MOST_FILES and file.is_file() and file.stat().st_size <= _LARGEST_FILE:
                shutil.copyfile(file, work / file.name)
                copied += 1
        except OSError:
            continue


def _ended(name: str, code: int, errors: str) -> str:
    last = errors.strip().splitlines()[-1] if errors.strip() else ""
    how = f"signal {-code}" if code < 0 else f"exit code {code}"
    return f"{name}: the process that ran it ended early ({how}{'; ' + last[:300] if last else ''})."
