"""What a training loses to its live page: the same descents alone, with the page's server, and with a page open.

Run it as `python benchmarks/live.py`: ten minutes; writes docs/live.md

Each run is a process of its own, as a user starts it, and makes the same iterations from the same weights. The ways
take turns, and what is compared is the seconds of the descent and the processor's seconds of the training, medians.
"""

import http.client
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path

import numpy as np

from page import table, write

ROUNDS = 9
WAYS = ("alone", "--live, nobody looks", "--live, a page is open")
CASES = {
    "mini-batches: 8-32-1, 4,000 rows": ("--optimizer", "adam", "--hidden", "32", "--iterations", "{}"),
    "all rows, both cores: 8-64-64-1, 4,000 rows": (
        "--optimizer",
        "gradient_descent",
        "--hidden",
        "64,64",
        "--iterations",
        "{}",
    ),
}
ITERATIONS = {"mini-batches: 8-32-1, 4,000 rows": 1500, "all rows, both cores: 8-64-64-1, 4,000 rows": 1500}
COMMON = ("--l2", "0", "--no-plateau-stop", "--no-verdict", "--quiet", "--validation", "0", "--time-limit", "600")


def rows(path: Path) -> Path:
    """Write a table of 4,000 rows with 8 inputs."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(4000, 8))
    y = np.sin(X[:, :1] * X[:, 1:2]) + 0.1 * rng.normal(size=(4000, 1))
    names = ",".join([*(f"x{i}" for i in range(8)), "y"])
    np.savetxt(path, np.hstack([X, y]), delimiter=",", header=names, comments="")
    return path


def look(address: str) -> None:
    """Read the page's events until the server goes, as a browser does."""
    try:
        with urllib.request.urlopen(address + "events") as events:
            while events.read1(1 << 16):
                pass
    except (OSError, http.client.HTTPException):
        pass


def measured(file: Path, options: tuple[str, ...], way: str) -> tuple[float, float]:
    """Train once; return the seconds of the descent, and the processor's of the training's process."""
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder, "run")
        command = [sys.executable, "-c", "from fallline.cli import main; main()", "train", str(file), "--out", str(run)]
        live = way != WAYS[0]
        process = subprocess.Popen(
            [*command, *COMMON, *options, *(["--live"] if live else [])],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stderr is not None
        if live:
            address = process.stderr.readline().split()[-1]
            if way == WAYS[2]:
                threading.Thread(target=look, args=(address,), daemon=True).start()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        process.stderr.close()
        if process.returncode:
            raise SystemExit(f"{way}: the training ended with {process.returncode}.")
        if live:
            os.kill(json.loads((run / "live/server.json").read_text())["pid"], signal.SIGTERM)
            time.sleep(0.5)
        descent = json.loads((run / "run.json").read_text())["phases"]["training rows"]["seconds"]
        return descent, usage.ru_utime + usage.ru_stime


def main() -> None:
    """Measure all ways in turn, and write the table."""
    lines = []
    with tempfile.TemporaryDirectory() as folder:
        file = rows(Path(folder, "t.csv"))
        for case, words in CASES.items():
            options = tuple(word.format(ITERATIONS[case]) for word in words)
            measured(file, options, WAYS[0])  # compiles, or loads what is compiled
            times: dict[str, list[tuple[float, float]]] = {way: [] for way in WAYS}
            for number in range(ROUNDS):
                for way in WAYS if number % 2 else reversed(WAYS):
                    times[way].append(measured(file, options, way))
            alone = [statistics.median(column) for column in zip(*times[WAYS[0]], strict=True)]
            for way in WAYS:
                wall, processor = (statistics.median(column) for column in zip(*times[way], strict=True))
                least = min(seconds for seconds, _ in times[way])
                lines.append(
                    [
                        f"{case}: {way}",
                        f"{wall:.2f}",
                        f"{100 * (wall / alone[0] - 1):+.1f} %",
                        f"{least:.2f}",
                        f"{processor:.2f}",
                        f"{100 * (processor / alone[1] - 1):+.1f} %",
                    ]
                )
                print(lines[-1], flush=True)
    header = ["", "descent, s", "against alone", "least, s", "processor, s", "against alone"]
    write("live.md", "slowdown", table(header, lines))


if __name__ == "__main__":
    main()
