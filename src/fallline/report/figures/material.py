"""What the figures of a run are drawn from, each part read or computed when the first figure asks for it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from fallline.data import Preparation
from fallline.diagnosis.clock import Clock
from fallline.diagnosis.measurements import Measurements
from fallline.diagnosis.runs import read_subject, stored_run, stored_verdict, subject_of_run
from fallline.diagnosis.spectrum import Spectrum
from fallline.diagnosis.subject import Subject
from fallline.diagnosis.verdict import Verdict
from fallline.engine import Array
from fallline.engine.threads import one_thread
from fallline.errors import FalllineError
from fallline.network.model import Model
from fallline.report.figures.figure import NotDrawnError
from fallline.report.figures.layer_course import LayerCourse, layer_course
from fallline.training.run import Run
from fallline.training.run_directory import METRICS, MODEL, jsonable

SECONDS = 5.0  # of which the spectrum of a large network may take a part
COLUMNS = ("iteration", "train_error", "validation_error", "gradient_norm")


class Course(NamedTuple):
    """What was recorded of a descent, (records,) each; nan for what does not exist."""

    iteration: Array
    train_error: Array
    validation_error: Array
    gradient_norm: Array


class Material:
    """What there is of a run: its account and verdict in plain JSON types, its courses, and itself as a subject.

    Parameters
    ----------
    account
        As `Run.to_dict` gives it; None for a verdict alone.
    courses
        Reads the records of each phase.
    verdict
        As `Verdict.to_dict` gives it; None where the run was not examined.
    subject, preparation
        Make the run a subject again, and say how its table was prepared; both may raise a sentence.
    """

    def __init__(
        self,
        account: dict[str, Any] | None,
        courses: Callable[[], dict[str, Course]],
        verdict: dict[str, Any] | None,
        subject: Callable[[], Subject],
        preparation: Callable[[], Preparation],
    ) -> None:
        self._account = account
        self._courses = courses
        self._verdict = verdict
        self._subject = subject
        self._preparation = preparation

    @property
    def account(self) -> dict[str, Any]:
        """The account of the run."""
        if self._account is None:
            raise NotDrawnError("a verdict alone does not know the run; ask `fallline.figures` for those of the run.")
        return self._account

    @property
    def verdict(self) -> dict[str, Any]:
        """The verdict on the run."""
        if self._verdict is None:
            raise NotDrawnError("the run has not been examined; `fallline explain RUN` does so.")
        return self._verdict

    @property
    def examined(self) -> bool:
        """Whether there is a verdict."""
        return self._verdict is not None

    @cached_property
    def courses(self) -> dict[str, Course]:
        """The records of each phase, in order."""
        return self._courses()

    @cached_property
    def subject(self) -> Subject:
        """The run where its descent on the training rows stopped."""
        return self._subject()

    @cached_property
    def preparation(self) -> Preparation:
        """How the table became inputs and targets."""
        return self._preparation()

    @cached_property
    def measured(self) -> Measurements:
        """What can be measured of the subject."""
        return Measurements(self.subject, Clock(SECONDS))

    @cached_property
    def layers(self) -> LayerCourse:
        """What became of the layers on the way."""
        with one_thread(), np.errstate(over="ignore", invalid="ignore"):
            return layer_course(self.subject)

    @cached_property
    def spectrum(self) -> Spectrum:
        """Of the Hessian at the stop."""
        with one_thread(), np.errstate(over="ignore", invalid="ignore"):
            if not np.isfinite(self.measured.gradient_norm):
                raise NotDrawnError("the gradient at the stop is not finite, so that there is no spectrum.")
            return self.measured.spectrum


def material(source: Run | Verdict | str | Path, table: str | Path | None = None, verdict: Any = None) -> Material:
    """Return what there is to draw of a run, of its folder, or of a verdict alone.

    Parameters
    ----------
    source
        What `fallline.train` or `fallline.explain` returned, or the folder of a run.
    table
        The table that the run in a folder learned from, where it no longer lies where it did.
    verdict
        The verdict on the run, where it does not lie in the folder: a `Verdict`, or what its `to_dict` gives.

    Raises
    ------
    FalllineError
        If there is no such run.
    """
    told = jsonable(verdict.to_dict()) if isinstance(verdict, Verdict) else verdict
    if isinstance(source, Verdict):
        return Material(None, dict, jsonable(source.to_dict()), _unknown, _unknown)
    if isinstance(source, Run):
        run = source
        if told is None and run.directory is not None and run.directory.is_dir():
            told = stored_verdict(run.directory)
        courses = {
            phase: Course(*(descent.history.column(name) for name in COLUMNS)) for phase, descent in run.phases.items()
        }
        return Material(
            jsonable(run.to_dict()), lambda: courses, told, lambda: subject_of_run(run), lambda: run.model.preparation
        )
    folder = Path(source)
    account = stored_run(folder)
    return Material(
        account,
        lambda: read_courses(folder),
        stored_verdict(folder) if told is None else told,
        lambda: read_subject(folder, None if table is None else Path(table)),
        lambda: Model.load(folder / MODEL).preparation,
    )


def read_courses(folder: Path) -> dict[str, Course]:
    """Return what `metrics.jsonl` holds of each phase, all of it.

    Raises
    ------
    FalllineError
        If it is missing or damaged.
    """
    import polars as pl

    path = folder / METRICS
    schema = {"phase": pl.String, "iteration": pl.Int64} | dict.fromkeys(COLUMNS[1:], pl.Float64)
    try:
        frame = pl.read_ndjson(path, schema=schema)
    except (pl.exceptions.PolarsError, OSError) as problem:
        raise FalllineError(f"{path}: cannot be read ({problem}). Train again.") from None
    return {
        str(phase): Course(*(part[name].cast(pl.Float64).fill_null(np.nan).to_numpy() for name in COLUMNS))
        for (phase,), part in frame.group_by("phase", maintain_order=True)
    }


def _unknown() -> Any:
    raise NotDrawnError("a verdict alone does not know the run; ask `fallline.figures` for those of the run.")
