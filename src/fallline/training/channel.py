"""The channel between a training and whoever watches it: small files in the folder `live` of the run's own.

The two sides are processes of their own and share nothing else, so that neither can hold the other up or bring it
down. A file is written beside its place and renamed, so that it is read whole or not at all.

From the watcher: `commands/00000001.json` and so on, one wish each, numbered without gaps, and two empty files whose
times say that somebody is there: `serving` (a page can be had) and `watched` (somebody has it open).

From the training: `state.json`, which says how it stands and answers the commands by their numbers;
`weights.safetensors`, the weights where it is; and `rows.safetensors`, some training rows to look at units with.
"""

from __future__ import annotations

import json
import os
import secrets
import time
from enum import Enum
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import safetensors
import safetensors.numpy

from fallline.engine import Array
from fallline.files import replacing

LIVE = "live"
SCHEMA = 1  # of state.json


class Action(Enum):
    """What a training can be asked to do."""

    PAUSE = "pause"
    RESUME = "resume"
    STOP = "stop"
    LEARNING_RATE = "learning_rate"  # with the rate as its value


class Command(NamedTuple):
    """One wish."""

    number: int  # from 1
    action: Action
    value: float | None = None


class Standing(NamedTuple):
    """The weights of a descent that is under way."""

    parameters: Array  # (parameters,)
    phase: str
    iteration: int


class Channel:
    """Both ends of the channel; `run` is the run's folder. What cannot be read is None, as is what is not there."""

    def __init__(self, run: Path) -> None:
        self.folder = run / LIVE
        self._commands = self.folder / "commands"
        self._state = self.folder / "state.json"
        self._weights = self.folder / "weights.safetensors"
        self._rows = self.folder / "rows.safetensors"

    # The watcher's end

    def open(self) -> None:
        """Make the folder, for its owner alone.

        Raises
        ------
        OSError
            If it cannot be made.
        """
        self.folder.mkdir(mode=0o700, exist_ok=True)
        self._commands.mkdir(mode=0o700, exist_ok=True)

    def send(self, action: Action, value: float | None = None) -> int:
        """Ask for something; return the number under which the state will answer."""
        number = max(self.acknowledged(), *self._numbers(), 0)
        content = json.dumps({"action": action.value, "value": value})
        beside = self._commands / f".{secrets.token_hex(8)}.part"
        try:
            beside.write_text(content, encoding="utf-8")
            while True:
                number += 1
                try:
                    os.link(beside, self._place(number))  # unlike a rename, it refuses a number that is taken
                except FileExistsError:
                    continue
                return number
        finally:
            beside.unlink(missing_ok=True)

    def say_serving(self, watched: bool) -> None:
        """Say that a page can be had, and whether somebody has it open; every second or so."""
        for name in ("serving", "watched") if watched else ("serving",):
            (self.folder / name).touch()

    def state(self) -> dict[str, Any] | None:
        """Return how the training said that it stands."""
        try:
            state = json.loads(self._state.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return state if isinstance(state, dict) and state.get("schema") == SCHEMA else None

    def acknowledged(self) -> int:
        """Return the number of the last command that the training has taken."""
        state = self.state()
        return 0 if state is None else int(state["acknowledged"])

    def heard(self) -> float:
        """Return when the state was last written, in seconds of the epoch; 0 where there is none."""
        return _changed(self._state)

    def weights(self) -> Standing | None:
        """Return the weights as they were last written."""
        try:
            with safetensors.safe_open(self._weights, framework="np") as file:
                about = file.metadata() or {}
                return Standing(file.get_tensor("parameters"), about["phase"], int(about["iteration"]))
        except (OSError, safetensors.SafetensorError, KeyError, ValueError):
            return None

    def weights_changed(self) -> float:
        """Return when the weights were last written; 0 where there are none."""
        return _changed(self._weights)

    def rows(self) -> Array | None:
        """Return some of the training rows (rows, inputs), as the network sees them."""
        try:
            return np.asarray(safetensors.numpy.load_file(self._rows)["X"])
        except (OSError, safetensors.SafetensorError, KeyError):
            return None

    # The training's end

    def present(self) -> tuple[float, float]:
        """Return when somebody last said that a page can be had, and that it is open; 0 for never."""
        return _changed(self.folder / "serving"), _changed(self.folder / "watched")

    def commands(self, after: int) -> list[Command]:
        """Return the commands above a number, in order; one that makes no sense is left out."""
        found = []
        for number in sorted(each for each in self._numbers() if each > after):
            try:
                asked = json.loads(self._place(number).read_text(encoding="utf-8"))
                value = asked["value"]
                found.append(Command(number, Action(asked["action"]), None if value is None else float(value)))
            except (OSError, ValueError, KeyError, TypeError):
                self.done(number)
        return found

    def done(self, number: int) -> None:
        """Remove a command that the state has answered."""
        self._place(number).unlink(missing_ok=True)

    def write_state(self, state: dict[str, Any]) -> None:
        """Say how the training stands; `acknowledged` is the number of the last command taken."""
        with replacing(self._state, durable=False) as file:
            file.write(json.dumps({"schema": SCHEMA, "written": time.time(), **state}, allow_nan=False).encode())

    def write_weights(self, standing: Standing) -> None:
        """Write the weights where the descent is."""
        about = {"phase": standing.phase, "iteration": str(standing.iteration)}
        with replacing(self._weights, durable=False) as file:
            file.write(safetensors.numpy.save({"parameters": np.ascontiguousarray(standing.parameters)}, about))

    def write_rows(self, X: Array) -> None:
        """Write some of the training rows (rows, inputs), as the network sees them."""
        with replacing(self._rows, durable=False) as file:
            file.write(safetensors.numpy.save({"X": np.ascontiguousarray(X)}))

    def _place(self, number: int) -> Path:
        return self._commands / f"{number:08d}.json"

    def _numbers(self) -> list[int]:
        try:
            return [
                int(each.stem) for each in self._commands.iterdir() if each.suffix == ".json" and each.stem.isdigit()
            ]
        except OSError:
            return []


def _changed(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0
