"""How fast Fallline trains and predicts beside its peers, how long its kernels compile, and how its cost grows.

    python benchmarks/speed.py                      # everything; writes docs/performance.md
    python benchmarks/speed.py steps --rounds 9     # sections: steps, prediction, compilation, scaling

Needs PyTorch, JAX and scikit-learn. Every contender is a process of its own; they take turns, and wait otherwise.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numba.core import event

from fallline.engine import Objective, Rows
from scaling import measure_scaling
from step_contenders import MANY_ROWS, ONE_ROW, Contender, contenders
from step_contenders.own import Watch, fallline_optimizer
from step_contenders.workload import CORES, WORKLOADS, Loop, Workload

from page import table, write

ROUNDS = 7
SIDES = (2048, 4096)  # of the matrices whose product is the machine's own rate
SECONDS = 0.5  # of a measurement, or one epoch where that takes longer
PAUSE = 0.05  # until the threads of the one before have gone to sleep
REQUIRED = {"xor": 4.0, "batch 200": 5.0, "batch 32": 4.5, "classes": 1.25, "all rows": 3.0, "large": 1.1}
REQUIRED_OF_QUESTION, REQUIRED_OF_GEMM = 200.0, 0.85
REQUIRED_OF_ROW, REQUIRED_OF_MILLION = 5.0, 2.0  # µs; times PyTorch
REQUIRED_COMPILATION, REQUIRED_FIRST_RUN = 5.0, 2.0  # s
XOR_TABLE = Path(__file__).resolve().parents[1] / "examples" / "xor.csv"


def serve(pipe: Any, contender: Contender, work: Workload, seconds: float) -> None:
    """Be a contender: tell the losses, then measure whenever asked to."""
    started = time.perf_counter()
    try:
        loop = contender.make(work, *contender.arguments)
        loop.run(1)
    except Exception as error:
        pipe.send(str(error).strip().splitlines()[0] if str(error).strip() else repr(error))
        return
    first = time.perf_counter() - started
    epochs, took = 1, 0.0
    while True:
        started = time.perf_counter()
        loop.run(epochs)
        took = time.perf_counter() - started
        if took > seconds / 4:
            break
        epochs *= 2 if took > seconds / 40 else 10
    epochs = max(1, round(epochs * seconds / took))
    pipe.send((loop.losses, first))
    while pipe.recv():
        started = time.perf_counter()
        loop.run(epochs)
        pipe.send((time.perf_counter() - started) / (epochs * loop.steps))


class Worker:
    """A contender's process, seen from here."""

    def __init__(self, contender: Contender, work: Workload, seconds: float = SECONDS) -> None:
        self.name, self.times = contender.name, []
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=serve, args=(theirs, contender, work, seconds), daemon=True)
        os.environ.update(contender.environment)
        self._process.start()
        theirs.close()
        for name, _ in contender.environment:
            del os.environ[name]
        try:
            answer = self._pipe.recv()
        except EOFError:
            answer = "its process ended"
        self.trouble = answer if isinstance(answer, str) else ""
        self.losses, self.first = ([], 0.0) if self.trouble else answer

    def measure(self) -> None:
        """Measure once more."""
        time.sleep(PAUSE)
        self._pipe.send(True)
        self.times.append(self._pipe.recv())

    @property
    def median(self) -> float:
        """Median of the seconds of a step."""
        return statistics.median(self.times)

    def close(self) -> None:
        """End the process."""
        with suppress(OSError):
            self._pipe.send(False)
        self._process.join(timeout=60)


def in_turn(who: Sequence[Contender], work: Workload, rounds: int, seconds: float = SECONDS) -> list[Worker]:
    """Return the contenders with their times, those that do not run last; those that run have met the same losses."""
    workers: list[Worker] = []
    try:
        for each in who:
            print(f"{work.name}: {each.name}", file=sys.stderr)
            workers.append(Worker(each, work, seconds))
        able = [worker for worker in workers if not worker.trouble]
        tolerance = 1e-12 if work.dtype == "float64" else 1e-4
        for worker in able:
            message = f"{worker.name} does not compute the same in '{work.name}'"
            if worker.losses and able[0].losses:
                np.testing.assert_allclose(worker.losses, able[0].losses, rtol=tolerance, err_msg=message)
        for _ in range(rounds):
            for worker in able:
                worker.measure()
        return able + [worker for worker in workers if worker.trouble]
    finally:
        for worker in workers:
            worker.close()


def micro(seconds: float) -> str:
    """Return seconds as µs with three digits."""
    return f"{1e6 * seconds:,.0f}" if seconds >= 1e-4 else f"{1e6 * seconds:#.3g}"


def duration(seconds: float) -> str:
    """Return seconds with their unit."""
    return f"{seconds:#.3g} s" if seconds >= 0.01 else f"{micro(seconds)} µs"


def reached(ratio: float, required: float, at_most: bool = False) -> str:
    """Return the last cell of a row."""
    met = ratio <= required if at_most else ratio >= required
    return f"{required:g}: {'yes' if met else 'no'}"


def gemm(work: Workload, side: int) -> Loop:
    """Make a square product of NumPy's BLAS the loop: the machine's own rate, on all cores."""
    A, B = (np.random.default_rng(seed).normal(size=(side, side)).astype(work.dtype) for seed in (0, 1))
    out = np.empty_like(A)

    def run(epochs: int) -> None:
        for _ in range(epochs):
            np.matmul(A, B, out=out)

    return Loop(run, 1, [])


def nearest(workers: dict[str, Worker], kind: str) -> str:
    """Return the better median among the variants of a peer."""
    times = [worker.median for name, worker in workers.items() if name.startswith(kind)]
    return micro(min(times)) if times else "–"


def steps(rounds: int) -> None:
    """Measure a step of every workload."""
    rows, others, firsts, notes = [], [], [], []
    for key, work in WORKLOADS.items():
        who = contenders(work)
        if key == "large":
            who += [Contender(f"gemm {side}", gemm, (side,)) for side in SIDES]
        found = in_turn(who, work, rounds)
        notes += [f"{worker.name} does not run {work.name}: {worker.trouble}" for worker in found if worker.trouble]
        by_name = {worker.name: worker for worker in found if not worker.trouble}
        products = {name: by_name.pop(name) for name in list(by_name) if name.startswith("gemm")}
        own = by_name["Fallline"]
        peers = [w for name, w in by_name.items() if name not in ("Fallline", "the question's NumPy")]
        best = min(peers, key=lambda worker: worker.median)
        kinds = [nearest(by_name, kind) for kind in ("JAX scan", "PyTorch", "torch.compile", "scikit-learn")]
        ratio = best.median / own.median
        first_cells = [f"{work.name}, {work.dtype}", f"**{micro(own.median)}**"]
        rows.append([*first_cells, *kinds, f"{ratio:.2f}", best.name, reached(ratio, REQUIRED[key])])
        print(rows[-1], file=sys.stderr)
        if "the question's NumPy" in by_name:
            theirs = by_name["the question's NumPy"].median
            cells = [f"{micro(theirs)} µs the question's NumPy class, {micro(own.median)} µs Fallline"]
            others.append([work.name, *cells, f"{theirs / own.median:.0f}"])
            others[-1].append(reached(theirs / own.median, REQUIRED_OF_QUESTION))
        if products:
            rate = max(2 * side**3 / min(products[f"gemm {side}"].times) for side in SIDES)
            median = max(2 * side**3 / products[f"gemm {side}"].median for side in SIDES)
            share = work.operations / own.median / median
            text = (
                f"{work.operations / own.median / 1e9:.0f} GFLOP/s of {median / 1e9:.0f} that NumPy's matrix product "
                f"reaches here (its fastest: {rate / 1e9:.0f}); {best.name} "
                f"{work.operations / best.median / 1e9:.0f}"
            )
            others.append([work.name, text, f"{share:.2f}", reached(share, REQUIRED_OF_GEMM)])
        firsts += [
            [f"{work.name}, {name}", micro(w.median), micro(min(w.times)), micro(max(w.times)), f"{w.first:.1f}"]
            for name, w in by_name.items()
        ]
    header = ["workload", "Fallline, µs", "JAX scan", "PyTorch", "torch.compile", "scikit-learn"]
    text = table([*header, "× best peer", "which is", "at least"], rows)
    text += "\n\n" + table(["workload", "also", "ratio", "at least"], others)
    text += "\n\n" + "\n".join([f"- {note}" for note in notes] + [""] * bool(notes))
    text += (
        f"All contenders, medians of {rounds} rounds on {CORES} cores, µs a step. The last column is the time until "
        "the first epoch is done, with preparation and compilation, which is in no other figure; Fallline's kernels "
        "may come from their cache.\n\n"
    )
    write("performance.md", "steps", text + table(["", "median", "least", "most", "first, s"], firsts))


def prediction(rounds: int) -> None:
    """Measure one row from Python, and a million."""
    one = Workload("one row", (10, 32, 32, 1), "tanh", 1)
    million = replace(one, name="1,000,000 rows", rows=1_000_000)
    rows = []
    for work, calls in ((one, ONE_ROW), (million, MANY_ROWS)):
        found = in_turn(
            [Contender(name, make, tuple(arguments)) for name, (make, *arguments) in calls.items()], work, rounds
        )
        by_name = {worker.name: worker for worker in found if not worker.trouble}
        torch = min(worker.median for name, worker in by_name.items() if name.startswith("PyTorch"))
        for name, worker in by_name.items():
            demand = ""
            if name == "`Prediction.run`" and work is one:
                demand = f"at most {REQUIRED_OF_ROW:g} µs: {'yes' if 1e6 * worker.median <= REQUIRED_OF_ROW else 'no'}"
            if name == "`Network.run`" and work is million:
                demand = f"at least {reached(torch / worker.median, REQUIRED_OF_MILLION)}"
            least = duration(min(worker.times))
            rows.append(
                [f"{work.name}, {name}", duration(worker.median), least, f"{torch / worker.median:.2f}", demand]
            )
    header = ["`[10,32,32,1]` tanh, float32", "median", "least", "× PyTorch", "required"]
    write("performance.md", "prediction", table(header, rows))


def first_call(pipe: Any, key: str) -> None:
    """Make one epoch of a workload in this fresh process; tell how long it took and what was compiled."""
    work = WORKLOADS[key]
    X, y = work.data()
    network = work.network()
    recorder = event.RecordingListener()
    event.register("numba:compile", recorder)
    started = time.perf_counter()
    objective = Objective(network.architecture, Rows(X, y), compiled=True)
    fallline_optimizer(work, work.batch).minimize(objective, network.parameters, Watch(1))
    pipe.send((time.perf_counter() - started, kernels(recorder.buffer)))


def kernels(records: list[tuple[float, event.Event]]) -> dict[str, float]:
    """Return the seconds that each kernel took to compile, without those that it called for in the middle."""
    own: dict[str, float] = {}
    within: list[tuple[str, float, float]] = []
    for when, told in records:
        if told.is_start:
            within.append((told.data["dispatcher"].py_func.__name__, when, 0.0))
            continue
        name, begun, others = within.pop()
        own[name] = max(own.get(name, 0.0), when - begun - others)
        if within:
            caller, since, spent = within.pop()
            within.append((caller, since, spent + when - begun))
    return own


def compilation(_rounds: int) -> None:
    """Measure every workload's first call, and a first training from the command line, without and with a cache."""
    rows, longest, context = [], ("", 0.0), multiprocessing.get_context("spawn")
    for key, work in WORKLOADS.items():
        with tempfile.TemporaryDirectory() as folder:
            os.environ["NUMBA_CACHE_DIR"] = folder
            (cold, compiled), (warm, _) = (call_in_child(context, key) for _ in range(2))
        name = max(compiled, key=lambda each: compiled[each])
        longest = max(longest, (name, compiled[name]), key=lambda pair: pair[1])
        rows.append([work.name, f"{cold:.1f}", f"{warm:.2f}", str(len(compiled)), f"`{name}` {compiled[name]:.1f}"])
        rows[-1].append(reached(compiled[name], REQUIRED_COMPILATION, at_most=True))
    command = [shutil.which("fallline", path=str(Path(sys.executable).parent)) or "fallline"]
    with tempfile.TemporaryDirectory() as folder:
        os.environ["NUMBA_CACHE_DIR"] = folder
        cold, warm = (seconds_of([*command, "train", str(XOR_TABLE), "--quiet"]) for _ in range(2))
    del os.environ["NUMBA_CACHE_DIR"]
    row = ["`fallline train examples/xor.csv --quiet`", f"{cold:.1f}", f"{warm:.2f}", "", ""]
    rows.append([*row, f"{REQUIRED_FIRST_RUN:g} cold: {'yes' if cold <= REQUIRED_FIRST_RUN else 'no'}"])
    header = ["first call", "s, empty cache", "s, cached", "kernels compiled", "longest, s", "at most, s"]
    write("performance.md", "compilation", table(header, rows))


def call_in_child(context: Any, key: str) -> tuple[float, dict[str, float]]:
    """Return what `first_call` tells in a process of its own."""
    mine, theirs = context.Pipe()
    process = context.Process(target=first_call, args=(theirs, key))
    process.start()
    theirs.close()
    told = mine.recv()
    process.join()
    return told


def seconds_of(command: list[str]) -> float:
    """Return how long a command takes in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
        return time.perf_counter() - started


SECTIONS = {"steps": steps, "prediction": prediction, "compilation": compilation, "scaling": measure_scaling}


def main() -> None:
    """Measure the sections that are named, or all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sections", nargs="*", metavar="section", help=", ".join(SECTIONS))
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    options = parser.parse_args()
    for name in options.sections:
        if name not in SECTIONS:
            parser.error(f"section '{name}': there are {', '.join(SECTIONS)}")
    for name in options.sections or SECTIONS:
        SECTIONS[name](options.rounds)


if __name__ == "__main__":
    main()
