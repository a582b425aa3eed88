"""What a training loses to its live page: the same descents alone, with the page's server, and with a page open.

Run it as `python benchmarks/live.py`: ten minutes on an idle machine; writes docs/live.md

Each run is a process of its own, as a user starts it, and makes the same iterations from the same weights. The ways
take turns, and what is compared is the seconds of the descent and the processor's seconds of the training, medians.
Since other work on the machine easily moves these by more than a page does, what is done for the page is measured by
itself as well: the time that a descent spends at its channel, and the processor's seconds of the server.
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
from itertools import pairwise
from pathlib import Path

import numpy as np

from fallline.cli import main as main_of_command_line
from fallline.training.channel import Channel
from fallline.training.remote import Remote

from page import table, write

STRETCH = 8.0  # seconds
ROUNDS = 9
WAYS = ("alone", "--live, nobody looks", "--live, a page is open")
CASES = {
    "mini-batches, one core: 8-32-1": ("--optimizer", "adam", "--hidden", "32", "--iterations", "3000"),
    "all rows, both cores: 8-64-64-1": (
        *("--optimizer", "gradient_descent", "--hidden", "64,64"),
        *("--iterations", "1000"),
    ),
}
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


def own_share(file: Path, options: tuple[str, ...], watched: bool) -> float:
    """Return the share of a descent's time that it spends looking at its channel and writing into it."""
    with tempfile.TemporaryDirectory() as folder:
        run, code = Path(folder, "run"), "import live; live.timed()"
        channel, command = Channel(run), [sys.executable, "-c", code, "train", str(file), "--out", str(run)]
        process = subprocess.Popen(
            [*command, *COMMON, *options], stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parent
        )
        while process.poll() is None:
            if watched and run.exists():
                channel.open()
                channel.say_serving(watched=True)
            time.sleep(0.5)
        assert process.stdout is not None
        with process.stdout as said:
            at_channel = float(said.read().splitlines()[-1])
        return at_channel / json.loads((run / "run.json").read_text())["phases"]["training rows"]["seconds"]


def timed() -> None:
    """Run the command line, and say how many seconds it spent at the channel."""
    spent, attend = [0.0], Remote._attend

    def timed_attend(remote: Remote) -> None:
        started = time.perf_counter()
        attend(remote)
        spent[0] += time.perf_counter() - started

    Remote._attend = timed_attend  # type: ignore[method-assign]
    try:
        main_of_command_line()
    except SystemExit:
        print(spent[0])


def of_server(file: Path, options: tuple[str, ...]) -> tuple[float, float, float, float]:
    """Return the processor's seconds of a server: to start, a second without a page, to open one, a second with it."""
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder, "run")
        command = [sys.executable, "-c", "from fallline.cli import main; main()", "train", str(file), "--out", str(run)]
        endless = [*COMMON[:-1], "60", *options[:-2]]
        process = subprocess.Popen([*command, *endless, "--live"], stderr=subprocess.PIPE, text=True)
        assert process.stderr is not None
        address = process.stderr.readline().split()[-1]
        server = json.loads((run / "live/server.json").read_text())["pid"]
        places = [processor_seconds(server)]
        time.sleep(STRETCH)
        places.append(processor_seconds(server))
        threading.Thread(target=look, args=(address,), daemon=True).start()
        time.sleep(STRETCH)
        places.append(processor_seconds(server))
        time.sleep(STRETCH)
        places.append(processor_seconds(server))
        process.kill()
        process.communicate()
        os.kill(server, signal.SIGTERM)
    start, idle, opened, steady = places[0], *(b - a for a, b in pairwise(places))
    return start, idle / STRETCH, opened - steady, steady / STRETCH


def processor_seconds(process: int) -> float:
    """Return what a process has used of the processor; Linux only."""
    fields = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def done_for_page(file: Path) -> str:
    """Return what is done for a page, in words with the numbers."""
    lines = []
    for case, options in CASES.items():
        shares = [statistics.median(own_share(file, options, watched) for _ in range(3)) for watched in (False, True)]
        lines.append(f"- {case}: {100 * shares[0]:.3f} % of its time, and {100 * shares[1]:.2f} % with a page open")
    start, idle, opened, steady = of_server(file, next(iter(CASES.values())))
    said = "\n".join(lines)
    return (
        f"What a descent spends at its channel:\n\n{said}\n\nThe server uses the processor for {start:.1f} s to start "
        f"and {opened:.1f} s to open the first page; then {100 * steady:.1f} % of one core while a page is open, "
        f"{100 * idle:.1f} % while none is, at a lower priority."
    )


def main() -> None:
    """Measure all ways in turn, and write the table."""
    lines = []
    with tempfile.TemporaryDirectory() as folder:
        file = rows(Path(folder, "t.csv"))
        for case, options in CASES.items():
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
        told = done_for_page(file)
    header = ["", "descent, s", "against alone", "least, s", "processor, s", "against alone"]
    write("live.md", "slowdown", table(header, lines) + "\n\n" + told)


if __name__ == "__main__":
    main()
