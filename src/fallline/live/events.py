"""What a page is told, as server-sent events: increments only, each with the place from which another stream goes on.

The id of an event is a list of places, with dots between them: bytes of `metrics.jsonl` that have been told, then of
each trial's log. A page that comes back with the last id that it saw is told the rest, and nothing twice. What has no
id (how the run stands, its network, its signs) is told whole whenever it has changed, and at the beginning.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

from fallline.errors import FalllineError
from fallline.live.metrics import points_since
from fallline.live.trials import lines_since
from fallline.live.watching import Watching

POLL_SECONDS = 0.5
BEAT_SECONDS = 1.0
DIGITS = 7
TOLD = ("iteration", "seconds", "train_error", "validation_error", "gradient_norm", "learning_rate")


class Place:
    """How far a page has been told."""

    def __init__(self, text: str) -> None:
        numbers = [int(word) for word in text.split(".")] if text.replace(".", "").isdigit() and text.isascii() else []
        self.metrics = numbers[0] if numbers else 0
        self.trials = numbers[1:]

    def __str__(self) -> str:
        return ".".join(map(str, [self.metrics, *self.trials]))


def event(name: str, data: str, place: Place | None = None) -> bytes:
    """Return one server-sent event; `data` is JSON, and so without line breaks."""
    head = "" if place is None else f"id: {place}\n"
    return f"{head}event: {name}\ndata: {data}\n\n".encode()


async def events(watching: Watching, after: str, closing: Callable[[], bool] = lambda: False) -> AsyncIterator[bytes]:
    """Return the events of one page, until it goes or the server does; `after` is the last id that it has seen."""
    place, versions, beat = Place(after), dict[str, int](), 0.0
    watching.pages += 1
    try:
        yield b"retry: 1000\n\n"
        await asyncio.to_thread(watching.look)
        while not closing():
            for name, (version, text) in list(watching.values.items()):
                if versions.get(name) != version:
                    versions[name] = version
                    yield event(name, text)
            async for each in _points(watching.folder.metrics, place):
                yield each
            for each in _trials(watching.trials.logs(), place):
                yield each
            now = time.monotonic()
            if now - beat >= BEAT_SECONDS:
                beat = now
                heard = watching.folder.heard()
                yield event("beat", json.dumps({"silent": max(0.0, time.time() - heard) if heard else None}))
            await asyncio.sleep(POLL_SECONDS)
    finally:
        watching.pages -= 1


async def _points(metrics: Path, place: Place) -> AsyncIterator[bytes]:
    """Return the records that are new; those of a long run come in several events."""
    try:
        if metrics.stat().st_size == place.metrics:
            return
    except OSError:
        return
    parts = points_since(metrics, place.metrics)
    try:
        while (points := await asyncio.to_thread(next, parts, None)) is not None:
            place.metrics = points.end
            told = {name: [_rounded(value) for value in points.records[name]] for name in TOLD}
            yield event("points", _json({"phase": points.phase, "count": points.stand_for, **told}), place)
    except FalllineError:
        place.metrics = 0
        yield event("reset", "{}", place)


def _trials(logs: list[Path], place: Place) -> list[bytes]:
    """Return what the logs of the trials say that is new."""
    found = []
    for number, log in enumerate(logs, start=1):
        if len(place.trials) < number:
            place.trials.append(0)
        if log.stat().st_size == place.trials[number - 1]:
            continue
        lines, place.trials[number - 1] = lines_since(log, place.trials[number - 1])
        found += [event("trial", _json({"number": number, "lines": lines}), place)]
    return found


def _rounded(value: float | None) -> float | None:
    return float(f"{value:.{DIGITS}g}") if isinstance(value, float) else value


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, allow_nan=False, separators=(",", ":"))
