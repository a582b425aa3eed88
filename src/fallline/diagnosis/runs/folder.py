"""A run in its folder: made a subject again from the table and what was asked, and its verdict read and written."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import safetensors
import safetensors.numpy

from fallline.data import Prepared, read_table
from fallline.diagnosis.runs.finished import subject_of
from fallline.diagnosis.subject import Subject
from fallline.diagnosis.verdict import SCHEMA, Verdict
from fallline.engine import Objective, Rows
from fallline.errors import FalllineError
from fallline.files import replacing
from fallline.network import Network
from fallline.training.descent import Descent
from fallline.training.history import History, Record
from fallline.training.marks import Marks
from fallline.training.rate_by_hand import RateChange
from fallline.training.run import ON_TRAINING_ROWS
from fallline.training.run_directory import METRICS, RUN, VERDICT, WEIGHTS, jsonable
from fallline.training.settings import Plan, Settings, plan
from fallline.training.stopping import StopReason

SAME = 1e-4  # relative difference of the error at the stop, up to which the table is the one that was learned from


def stored_run(folder: Path) -> dict[str, Any]:
    """Return the account of the run that lies in a folder, `run.json`, in plain JSON types.

    Raises
    ------
    FalllineError
        If the folder holds no run that ended, or its account cannot be read.
    """
    _require_run(folder)
    return _json(folder / RUN)


def stored_verdict(folder: Path) -> dict[str, Any] | None:
    """Return the verdict that lies in a run's folder, in plain JSON types, or None.

    Raises
    ------
    FalllineError
        If the folder holds no run, or the verdict cannot be read.
    """
    _require_run(folder)
    path = folder / VERDICT
    if not path.exists():
        return None
    verdict = _json(path)
    if verdict.get("schema") != SCHEMA:
        raise FalllineError(
            f"{path}: a verdict of schema {verdict.get('schema')}; this version reads {SCHEMA}. Delete the file to "
            f"have "
            "the run examined again."
        )
    return verdict


def write_verdict(folder: Path, verdict: Verdict) -> None:
    """Write a verdict into a run's folder, in the place of an older one."""
    with replacing(folder / VERDICT) as file:
        text = json.dumps(jsonable(verdict.to_dict()), indent=2, ensure_ascii=False, allow_nan=False)
        file.write((text + "\n").encode())


def read_subject(folder: Path, table: Path | None = None) -> Subject:
    """Return the run of a folder as a subject.

    Parameters
    ----------
    folder
        Of the run.
    table
        The table that it learned from, where it no longer lies where it did.

    Raises
    ------
    FalllineError
        If the folder holds no run that ended, its table is missing or is not the one that the run learned from.
    """
    run = stored_run(folder)
    asked = run.get("asked")
    if not isinstance(asked, dict) or not (folder / WEIGHTS).exists():
        raise FalllineError(
            f"{folder}: a run of an earlier version, which lacks what an examination needs. Train again."
        )
    source, prepared, chosen = prepared_again(folder, asked, table)
    try:
        weights = safetensors.numpy.load_file(folder / WEIGHTS)
        first, stop = (Network.from_parameters(chosen.architecture, weights[name]) for name in ("first", "stop"))
    except (safetensors.SafetensorError, KeyError) as problem:
        raise FalllineError(f"{folder / WEIGHTS}: damaged ({problem}). Train again.") from None
    except FalllineError:
        raise _changed(folder, source) from None
    descent = _descent(folder, run, Marks.from_arrays(weights, chosen.architecture.parameter_count))
    rows = Rows(prepared.X, prepared.y, prepared.train_rows)
    error = Objective(chosen.architecture, rows).error(stop.parameters)
    if math.isfinite(descent.train_error) and not math.isclose(error, descent.train_error, rel_tol=SAME, abs_tol=1e-12):
        raise _changed(folder, source)
    changes = [RateChange(**each) for each in run.get("rate_changes", [])]
    strength = run["phases"][ON_TRAINING_ROWS].get("l2_strength", run["l2_strength"])
    return subject_of(prepared, chosen, strength, first, stop, descent, changes)


def prepared_again(folder: Path, asked: dict[str, Any], table: Path | None = None) -> tuple[Any, Prepared, Plan]:
    """Return the table of a run, its rows and what was planned for them, as they were when it began.

    Raises
    ------
    FalllineError
        If the table was none that lies in a file, or is missing.
    """
    source = table if table is not None else asked["source"]
    if source is None:
        raise FalllineError(
            f"{folder}: the run learned from a table in memory, not from a file. Name the same rows with --data."
        )
    settings = Settings(**asked["settings"])
    prepared = settings.prepare(read_table(source, **asked["reading"]))
    return source, prepared, plan(settings, prepared)


def read_history(folder: Path, phase: str) -> History:
    """Return the records of a phase; where the run is under way, as far as they are written."""
    history = History()
    with (folder / METRICS).open(encoding="utf-8") as lines:
        for line in lines:
            if line.endswith("\n") and (record := json.loads(line)).pop("phase") == phase:
                history.append(_record(record))
    return history


def _changed(folder: Path, source: Any) -> FalllineError:
    return FalllineError(
        f"{source}: not the table that the run in {folder} learned from, or it has changed since. Name the right one "
        "with --data, or train again."
    )


def _descent(folder: Path, run: dict[str, Any], marks: Marks) -> Descent:
    phase = run["phases"][ON_TRAINING_ROWS]
    return Descent(
        stop_reason=next(reason for reason in StopReason if reason.code == phase["stop_reason"]),
        detail=phase["detail"],
        iterations=phase["iterations"],
        steps=phase["steps"],
        seconds=phase["seconds"],
        train_error=_number(phase["train_error"]),
        validation_error=_number(phase["validation_error"]),
        kept_iteration=phase["kept_iteration"],
        history=read_history(folder, ON_TRAINING_ROWS),
        marks=marks,
    )


def _record(fields: dict[str, Any]) -> Record:
    return Record._make(math.nan if fields[name] is None else fields[name] for name in Record._fields)


def _number(value: float | None) -> float:
    return math.nan if value is None else float(np.float64(value))


def _require_run(folder: Path) -> None:
    if not folder.is_dir():
        raise FalllineError(f"{folder}: there is no such folder. Name the folder of a run, such as runs/iris.")
    if not (folder / RUN).exists():
        begun = (folder / METRICS).exists()
        what = "the run in it did not come to its end" if begun else "there is no run in it"
        raise FalllineError(
            f"{folder}: {what}, so that there is nothing to explain. Name the folder of a finished run."
        )


def _json(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as problem:
        raise FalllineError(f"{path}: damaged ({problem}). Train again.") from None
    if not isinstance(value, dict):
        raise FalllineError(f"{path}: expected a JSON object. Train again.")
    return value
