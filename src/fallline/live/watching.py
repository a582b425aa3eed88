"""What a server knows of its run and tells every page alike: how it stands, its network, its signs, its verdict."""

from __future__ import annotations

import json
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from fallline.engine import Architecture
from fallline.errors import FalllineError
from fallline.live.drawing import drawing, finished_drawing
from fallline.live.metrics import Course, points_since
from fallline.live.signs import Sign, signs_of_course, signs_of_units
from fallline.live.standing import Folder
from fallline.live.trials import SECONDS, Trials, remedies
from fallline.network import Network
from fallline.training.run_directory import jsonable

OVER = ("ended", "gone")


class Watching:
    """The run as it was at the last look; `values` are what pages are told, each with the number of its version."""

    def __init__(self, run: Path) -> None:
        self.folder = Folder(run)
        self.trials = Trials(run)
        self.pages = 0  # that are open
        self.values: dict[str, tuple[int, str]] = {}
        self.status = "starting"
        self.last_page = time.monotonic()  # when one was open
        self._version = 0
        self._course, self._place = Course(), 0
        self._plateaus: list[Sign] = []
        self._drawn: tuple[str, float] = ("", 0.0)  # of what, and of when
        self._units: list[Sign] = []
        self._signs_of: tuple[int, str] = (-1, "")
        self._say("remedies", {"remedies": remedies(), "seconds": SECONDS})

    def look(self) -> None:
        """Look at the folder; say there that somebody does."""
        if self.pages:
            self.last_page = time.monotonic()
        with suppress(OSError):  # a folder that cannot be written can be looked at all the same
            self.folder.channel.say_serving(watched=self.pages > 0)
        standing = self.folder.standing(time.time())
        self.status = standing["status"]
        if self.pages:
            self._say("run", standing)
            self._draw(standing)
            self._follow()
            verdict = self.folder.verdict()
            if verdict is not None:
                self._say("verdict", _told_of(verdict))
            self.trials.settle()

    def _follow(self) -> None:
        """Take the new records, and say what they show."""
        try:
            for points in points_since(self.folder.metrics, self._place):
                if points.phase != self._course.phase:
                    self._plateaus = []
                self._course.take(points)
                self._place = points.end
        except FalllineError as problem:
            self._say("trouble", {"sentence": str(problem)})
            self._course, self._place = Course(), 0
        now = (self._place, self._drawn[0] + str(self._drawn[1]))
        if now == self._signs_of:
            return
        self._signs_of = now
        found = signs_of_course(self._course)
        for sign in found:
            if sign.code == "plateau":
                earlier = [each for each in self._plateaus if each.last is not None and each.last < (sign.first or 0)]
                self._plateaus = [*earlier, sign]
        self._say(
            "signs",
            {
                "signs": [each.to_dict() for each in (*found, *self._units)],
                "plateaus": [[each.first, each.last] for each in self._plateaus],
                "phase": self._course.phase,
            },
        )

    def _draw(self, standing: dict[str, Any]) -> None:
        """Draw the network anew where its weights are others."""
        channel = self.folder.channel
        ended = standing["status"] == "ended"
        at = ("model", 0.0) if ended else ("weights", channel.weights_changed())
        if at == self._drawn or (not ended and at[1] == 0.0):
            return
        try:
            if ended:
                source = (self.folder.asked() or {}).get("source")
                drawn = finished_drawing(self.folder.model, source)
            else:
                drawn = self._drawing_under_way(standing)
        except (FalllineError, OSError):
            self._drawn = at
            return
        self._drawn, self._units = at, signs_of_units(drawn)
        self._say("network", drawn)

    def _drawing_under_way(self, standing: dict[str, Any]) -> dict[str, Any]:
        weights = self.folder.channel.weights()
        if weights is None:
            raise FalllineError("The training has not shown its weights yet.")
        architecture = Architecture(tuple(standing["shape"]), tuple(standing["activations"]), standing["loss"])
        names = (self.folder.channel.state() or {}).get("input_names") or []
        network = Network.from_parameters(architecture, weights.parameters)
        return drawing(network, self.folder.channel.rows(), names) | {
            "iteration": weights.iteration,
            "phase": weights.phase,
        }

    def _say(self, name: str, value: dict[str, Any]) -> None:
        text = json.dumps(jsonable(value), allow_nan=False, separators=(",", ":"))
        if name not in self.values or self.values[name][1] != text:
            self._version += 1
            self.values[name] = (self._version, text)


def _told_of(verdict: dict[str, Any]) -> dict[str, Any]:
    """Return what the page shows of a verdict."""
    causes = [each for code in verdict["causes"] for each in verdict["findings"] if each["code"] == code]
    return {
        "judgement": verdict["judgement"],
        "title": verdict["title"],
        "sentence": verdict["sentence"],
        "plateau": verdict["plateau"],
        "causes": [{"title": each["title"], "sentence": each["sentence"]} for each in causes],
        "remedies": list(dict.fromkeys(code for each in causes for code in each["remedies"])),
        "trials": [{"title": each["title"], "sentence": each["sentence"]} for each in verdict["trials"]],
    }
