"""`explain`: the verdict on a run, whether it has just ended or lies in its folder."""

from __future__ import annotations

import os
from pathlib import Path

from fallline.diagnosis.judge import SECONDS, judge
from fallline.diagnosis.runs.finished import subject_of_run
from fallline.diagnosis.runs.folder import read_subject
from fallline.diagnosis.verdict import Verdict
from fallline.training.interrupt import Interrupt
from fallline.training.run import Run


def explain(
    run: Run | str | os.PathLike[str],
    seconds: float = SECONDS,
    *,
    table: str | os.PathLike[str] | None = None,
    trials: bool = True,
    interrupt: Interrupt | None = None,
) -> Verdict:
    """Return the verdict on a run: why it stopped, what its error is made of, and what lowers it.

    Parameters
    ----------
    run
        What `fallline.train` returned, or the folder of a run.
    seconds
        How long it may take.
    table
        The table that the run in a folder learned from, where it no longer lies where it did.
    trials
        Whether remedies are tried, each against an unchanged control.
    interrupt
        The wish to stop, if somebody listens for it.

    Raises
    ------
    FalllineError
        If there is no such run, or its table is missing or has changed.
    """
    if isinstance(run, Run):
        subject = subject_of_run(run)
    else:
        subject = read_subject(Path(run), None if table is None else Path(table))
    return judge(subject, seconds, trials=trials, interrupt=interrupt)
