"""How a run can be made again: the command line and the Python that ask for the same."""

from __future__ import annotations

import shlex
from dataclasses import fields
from pathlib import Path
from typing import Any

from fallline.training.settings import Settings

WITH_COMMAS = ("target", "shape", "hidden", "activation")
SWITCHES = ("plateau_stop", "refit", "scale", "header")


def command_line(asked: dict[str, Any], table: str) -> str:
    """Return the command that asks for the same, of a table's file by its name alone.

    Parameters
    ----------
    asked
        Settings and reading, as `run.json` has them.
    table
        Name of the table, where it was in memory.
    """
    source = asked["source"]
    words = ["fallline", "train", Path(source).name if source else f"{table.replace(' ', '-')}.csv"]
    for name, value in {**_changed(asked["settings"]), **_given(asked["reading"])}.items():
        flag = "--" + name.replace("_", "-")
        if name == "kinds":
            for column, kind in value.items():
                words += ["--kind", f"{column}={kind}"]
        elif name == "drop":
            for column in value:
                words += ["--drop", column]
        elif name in SWITCHES:
            words.append(flag if value else flag.replace("--", "--no-", 1))
        elif name in WITH_COMMAS and not isinstance(value, str):
            words += [flag, ",".join(map(str, value))]
        else:
            words += [flag, str(value)]
    return shlex.join(words)


def python_code(asked: dict[str, Any]) -> str:
    """Return the Python that asks for the same, of a table's file by its name alone, or of `table` in memory."""
    source, reading = asked["source"], _given(asked["reading"])
    table = repr(Path(source).name) if source else "table"
    settings = ", ".join(f"{name}={value!r}" for name, value in _changed(asked["settings"]).items())
    words = f"fallline.train({table}, fallline.Settings({settings})"
    words += f", reading={reading!r})" if reading else ")"
    return f"import fallline\n\nrun = {words}"


def _changed(settings: dict[str, Any]) -> dict[str, Any]:
    """Return the settings that are not what they are when nothing is said."""
    usual = {each.name: getattr(Settings(), each.name) for each in fields(Settings)}
    same = {name: usual[name] for name in usual if settings.get(name, usual[name]) == usual[name]}
    return {
        name: value
        for name, value in settings.items()
        if name in usual and name not in same and value not in ((), [], {})
    }


def _given(reading: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in reading.items() if value is not None}
