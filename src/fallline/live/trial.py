"""One trial in a process of its own: `python -m fallline.live.trial RUN REMEDY SECONDS LOG`.

It writes its log as JSON lines: `begun` with the remedy's texts, `points` of either arm while they descend, and at
last `ended` with the trial, or `failed` with a sentence.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import IO, Any

import numpy as np

from fallline.diagnosis.clock import Clock
from fallline.diagnosis.evidence import Evidence
from fallline.diagnosis.runs import read_subject, subject_under_way
from fallline.diagnosis.trials import REMEDIES, ArmName, run_trials
from fallline.engine import lookup
from fallline.engine.threads import one_thread
from fallline.errors import FalllineError
from fallline.live.standing import Folder
from fallline.training.history import Record
from fallline.training.run_directory import jsonable

NICENESS = 10  # so that a training that is under way is not slowed more than it must be
WRITE_SECONDS = 0.2
POINTS_OF_AN_ARM = 300


class Log:
    """What a trial writes while it goes."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file
        self._arm: ArmName | None = None
        self._work: list[float] = []
        self._errors: list[float] = []
        self._written = 0.0
        self._last = -1.0

    def tell(self, kind: str, **told: Any) -> None:
        """Write a line."""
        self._file.write(json.dumps(jsonable({"kind": kind, **told}), allow_nan=False) + "\n")
        self._file.flush()

    def point(self, arm: ArmName, work: float, record: Record) -> None:
        """Take note of a record of an arm; few of them are written, evenly spread over its work."""
        if arm != self._arm or work < self._last:
            self.write_points()
            self._arm, self._last = arm, -1.0
            self.tell("arm", **arm._asdict())
        if self._last >= 0.0 and work - self._last < arm.work / POINTS_OF_AN_ARM:
            return
        self._last = work
        self._work.append(work)
        self._errors.append(record.train_error)
        if time.perf_counter() - self._written >= WRITE_SECONDS:
            self.write_points()

    def write_points(self) -> None:
        """Write the points that are waiting."""
        if self._arm is not None and self._work:
            self.tell("points", control=self._arm.control, pair=self._arm.pair, work=self._work, error=self._errors)
        self._work, self._errors = [], []
        self._written = time.perf_counter()


def run(folder: Folder, code: str, seconds: float, log: Log) -> None:
    """Run the trial of a remedy on a run, under way or finished, and write what comes of it."""
    try:
        remedy = lookup(REMEDIES, code, "remedy")
        ended = folder.account() is not None
        log.tell(
            "begun",
            pid=os.getpid(),
            remedy=code,
            title=remedy.title,
            words=remedy.words,
            explanation=remedy.explanation,
            seconds=seconds,
            under_way=not ended,
        )
        subject = read_subject(folder.path) if ended else subject_under_way(folder.path)
        evidence = Evidence(subject, Clock(seconds))
        with one_thread(), np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            (trial,) = run_trials(evidence, [code], evidence.clock, log.point)
        log.write_points()
        log.tell("ended", trial=trial.to_dict())
    except FalllineError as problem:
        log.tell("failed", sentence=str(problem))
    except MemoryError:
        log.tell("failed", sentence="There is not enough memory for the trial beside the training.")


def main() -> None:
    """Run the trial that the command line names."""
    path, code, seconds, log = sys.argv[1:]
    if hasattr(os, "nice"):
        os.nice(NICENESS)
    with Path(log).open("a", encoding="utf-8") as file:
        run(Folder(Path(path)), code, float(seconds), Log(file))


if __name__ == "__main__":
    main()
