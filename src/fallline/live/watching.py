"""What a server knows of its run and tells every page alike: how it stands, its network, its signs, its verdict."""

from __future__ import annotations

import json
import math
import time
from typing import Any

from fallline.engine import Architecture
from fallline.engine.threads import one_thread
from fallline.errors import FalllineError
from fallline.live.drawing import drawing, finished_drawing
from fallline.live.metrics import Course, points_since
from fallline.live.signs import Sign, signs_of_course, signs_of_units
from fallline.live.standing import OVER, Folder
from fallline.live.trials import SECONDS, Trials, remedies
from fallline.network import Network

GROWN = 1.02  # times the records, after which they may show something else


class Watching:
    """The run as it was at the last look; `values` are what pages are told, each with the number of its version."""

    def __init__(self, folder: Folder) -> None:
        self.folder = folder
        self.trials = Trials(folder.path)
        self.pages = 0  # that are open
        self.values: dict[str, tuple[int, str]] = {}
        self._version = 0
        self._course, self._place = Course(), 0
        self._plateaus: list[Sign] = []
        self._drawn: tuple[str, float] = ("", 0.0)  # of what, and of when
        self._units: list[Sign] = []
        self._said_of = (-1, 0)  # signs: of so many records, and from how many on anew
        self._say("remedies", {"remedies": remedies(), "seconds": SECONDS})

    def look(self) -> None:
        """Look at the folder, if a page is open."""
        if not self.pages:
            return
        standing = self.folder.standing(time.time())
        self._say("run", standing)
        self._draw(standing)
        self._follow(standing["status"] in OVER)
        verdict = self.folder.verdict()
        if verdict is not None:
            self._say("verdict", _told_of(verdict))
        self.trials.settle()

    def _follow(self, over: bool) -> None:
        """Take the new records, and say what they show where there are enough of them, or the run is over."""
        try:
            for points in points_since(self.folder.metrics, self._place):
                if points.phase != self._course.phase:
                    self._plateaus = []
                self._course.take(points)
                self._place = points.end
        except FalllineError as problem:
            self._say("trouble", {"sentence": str(problem)})
            self._course, self._place = Course(), 0
        taken = self._course.taken
        if taken == self._said_of[0] or (taken < self._said_of[1] and not over):
            return
        self._said_of = (taken, math.ceil(GROWN * taken))
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
            with one_thread():  # products as small as these are no work for the training's cores
                drawn = self._drawing_of_end() if ended else self._drawing_under_way(standing)
        except (FalllineError, OSError):
            self._drawn = at
            return
        self._drawn, self._units = at, signs_of_units(drawn)
        self._say("network", drawn)

    def _drawing_of_end(self) -> dict[str, Any]:
        return finished_drawing(self.folder.model, (self.folder.asked() or {}).get("source"))

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
        text = json.dumps(value, allow_nan=False, separators=(",", ":"))
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
