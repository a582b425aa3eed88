"""A run on disk: `metrics.jsonl` while it goes, `model.safetensors` and `run.json` when it is done."""

from __future__ import annotations

import json
import math
import os
from pathlib import Path
from typing import IO, Any

import numpy as np
from safetensors.numpy import save as serialize

from fallline.engine import Array
from fallline.errors import FalllineError
from fallline.files import replacing
from fallline.training.history import Record

METRICS, MODEL, RUN = "metrics.jsonl", "model.safetensors", "run.json"
VERDICT = "verdict.json"  # which the examination writes
WEIGHTS = "descent.safetensors"


class RunDirectory:
    """A new folder for one run.

    Parameters
    ----------
    path
        The folder; None makes `runs/NAME`, or `runs/NAME-2` and so on where that is taken.
    name
        Name of the table.

    Raises
    ------
    FalllineError
        If `path` holds a run already, or cannot be made.
    """

    def __init__(self, path: Path | None, name: str) -> None:
        try:
            self.path = _free(Path("runs"), name) if path is None else _fresh(path)
            self._metrics: IO[str] = (self.path / METRICS).open("x", buffering=1, encoding="utf-8")
        except OSError as problem:
            raise FalllineError(
                f"{problem.filename}: the run's folder cannot be made ({problem.strerror}). Pass --out with another."
            ) from None

    def record(self, phase: str, record: Record) -> None:
        """Append one record to the metrics."""
        self._metrics.write(json.dumps({"phase": phase, **jsonable(record._asdict())}, allow_nan=False) + "\n")

    def write_run(self, run: dict[str, Any]) -> None:
        """Write `run.json`."""
        with replacing(self.path / RUN) as file:
            file.write((json.dumps(jsonable(run), indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode())

    def write_weights(self, weights: dict[str, Array]) -> None:
        """Write the weights (parameters,) where the descent on the training rows began and stopped, and between."""
        with replacing(self.path / WEIGHTS) as file:
            file.write(serialize({name: np.ascontiguousarray(each) for name, each in weights.items()}))

    def close(self) -> None:
        """Close the metrics."""
        self._metrics.close()


def jsonable(value: Any) -> Any:
    """Return value with what JSON lacks (nan, infinities) as null."""
    if isinstance(value, dict):
        return {str(key): jsonable(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [jsonable(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _free(parent: Path, name: str) -> Path:
    parent.mkdir(parents=True, exist_ok=True)
    number = 1
    while True:
        path = parent / (name if number == 1 else f"{name}-{number}")
        try:
            path.mkdir()
        except FileExistsError:
            number += 1
        else:
            return path


def _fresh(path: Path) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    if any((path / name).exists() for name in (METRICS, MODEL, RUN)):
        raise FalllineError(f"--out {os.fspath(path)}: there is a run already; name another folder, or move that one.")
    return path
