"""What a training loses to a page that is open: its processor's seconds an iteration, with and without it in turns.

Run it as `python benchmarks/live.py`: seven minutes; writes docs/live.md. Linux only

A single long descent in this process, with the server that `--live` starts, whose page another process opens and closes
by the clock. Only the later part of each stretch counts, so that neither starting nor opening is in it. Each stretch
with the page is compared with the one without it just before: other work on the machine, which moves seconds by more
than a page does, is alike in both. What the training does for the page itself is measured in its own thread as well.
"""

import http.client
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import NamedTuple

import numpy as np

import fallline
from fallline import Settings
from fallline.live.launch import LivePage
from fallline.training.audience import Audience, Together
from fallline.training.history import Record
from fallline.training.remote import Remote

from page import table, write

STRETCH, SETTLING = 8.0, 4.5  # seconds, of which the first do not count
PAIRS = 12
CASES = {
    "mini-batches, one core: 8-32-1": {"optimizer": "adam", "hidden": [32]},
    "all rows, both cores: 8-64-64-1": {"optimizer": "gradient_descent", "hidden": [64, 64]},
}


class Moment(NamedTuple):
    """How far the training has come."""

    stretch: int
    iteration: int
    processor: float  # seconds of the training's process
    channel: float  # … and of those, what it spent at its channel


class Meter(Audience):
    """Notes the moments that count."""

    def __init__(self) -> None:
        self.began = float("inf")
        self.channel = 0.0
        self.moments: list[Moment] = []

    def record(self, phase: str, record: Record) -> None:
        """Take note of the moment, if it is late enough in its stretch."""
        stretch, within = divmod(time.monotonic() - self.began, STRETCH)
        if stretch >= 0 and within > SETTLING:
            self.moments.append(Moment(int(stretch), record.iteration, time.process_time(), self.channel))

    def stretches(self) -> list[tuple[float, float]]:
        """Return of each stretch the processor's seconds an iteration, and the share of them spent at the channel."""
        found = []
        for number in range(2 * PAIRS):
            of_it = [each for each in self.moments if each.stretch == number]
            first, last = of_it[0], of_it[-1]
            processor = last.processor - first.processor
            found.append((processor / (last.iteration - first.iteration), (last.channel - first.channel) / processor))
        return found


def rows(path: Path) -> Path:
    """Write a table of 4,000 rows with 8 inputs."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(4000, 8))
    y = np.sin(X[:, :1] * X[:, 1:2]) + 0.1 * rng.normal(size=(4000, 1))
    names = ",".join([*(f"x{i}" for i in range(8)), "y"])
    np.savetxt(path, np.hstack([X, y]), delimiter=",", header=names, comments="")
    return path


def measured(file: Path, chosen: dict[str, object]) -> tuple[list[tuple[float, float]], list[float]]:
    """Return what `Meter.stretches` does, and the shares of a core that the server used in the same stretches."""
    meter, attend = Meter(), Remote._attend

    def timed(remote: Remote) -> None:
        started = time.thread_time()
        attend(remote)
        meter.channel += time.thread_time() - started

    with tempfile.TemporaryDirectory() as folder:
        run, lookers = Path(folder, "run"), []

        def look(address: str) -> None:
            meter.began = time.monotonic() + 1.0
            command = [sys.executable, __file__, address, repr(meter.began), str(run)]
            lookers.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))

        settings = Settings(
            **chosen, l2=0.0, plateau_stop=False, validation=0.0, time_limit=2 * PAIRS * STRETCH + 15.0, seed=0
        )
        Remote._attend = timed  # type: ignore[method-assign]
        try:
            fallline.train(file, settings, out=run, audience=Together(LivePage(look), meter))
        finally:
            Remote._attend = attend  # type: ignore[method-assign]
        used = json.loads(lookers[0].communicate()[0])
        os.kill(json.loads((run / "live/server.json").read_text())["pid"], signal.SIGTERM)
    return meter.stretches(), used


def looker(address: str, began: float, run: Path) -> None:
    """Open the page in every second stretch; print the share of a core that the server used in each."""
    server, used = json.loads((run / "live/server.json").read_text())["pid"], []
    for stretch in range(2 * PAIRS):
        begins = began + stretch * STRETCH
        before, counted = 0.0, False
        time.sleep(max(0.0, begins - time.monotonic()))
        if stretch % 2 == 0:
            time.sleep(max(0.0, begins + SETTLING - time.monotonic()))
            before, since = processor_seconds(server), time.monotonic()
            time.sleep(max(0.0, begins + STRETCH - time.monotonic()))
        else:
            with urllib.request.urlopen(address + "events") as events:
                while time.monotonic() < begins + STRETCH - 0.5:  # what comes once a second ends each wait
                    if not counted and time.monotonic() > begins + SETTLING:
                        before, since, counted = processor_seconds(server), time.monotonic(), True
                    try:
                        events.read1(1 << 16)
                    except (OSError, http.client.HTTPException):
                        break
        used.append((processor_seconds(server) - before) / (time.monotonic() - since))
    print(json.dumps(used))


def processor_seconds(process: int) -> float:
    """Return what a process has used of the processor."""
    fields = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Measure both cases, and write the table."""
    lines = []
    with tempfile.TemporaryDirectory() as folder:
        file = rows(Path(folder, "t.csv"))
        for case, chosen in CASES.items():
            stretches, server = measured(file, chosen)
            alone, watched = stretches[::2], stretches[1::2]
            more = [b[0] / a[0] - 1.0 for a, b in zip(alone, watched, strict=True)]
            low, middle, high = statistics.quantiles(more, n=4)
            channel = [statistics.median(share for _, share in each) for each in (alone, watched)]
            lines.append(
                [
                    case,
                    f"{1e3 * statistics.median(seconds for seconds, _ in alone):.3f}",
                    f"{100 * middle:+.1f} % ({100 * low:+.1f} … {100 * high:+.1f})",
                    f"{100 * channel[0]:.3f} %",
                    f"{100 * channel[1]:.2f} %",
                    f"{100 * statistics.median(server[::2]):.1f} %",
                    f"{100 * statistics.median(server[1::2]):.1f} %",
                ]
            )
            print(lines[-1], flush=True)
    header = [
        "",
        "an iteration, ms",
        "more with a page (quartiles)",
        "for the page: none open",
        "one open",
        "server, of a core: none open",
        "one open",
    ]
    write("live.md", "slowdown", table(header, lines))


if __name__ == "__main__":
    if len(sys.argv) > 1:
        looker(sys.argv[1], float(sys.argv[2]), Path(sys.argv[3]))
    else:
        main()
