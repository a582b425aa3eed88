"""What it costs to watch a run, and how long its verdict takes: 10,000 rows of 10 inputs, `[10,50,1]`.

    python benchmarks/verdict_cost.py            # some minutes; writes docs/calibration.md

A watched run keeps its history, its best weights and its stop reason, of which the verdict is made; a bare one is
the same optimizer with nobody who takes notes. The two take turns, from the same weights.
"""

from __future__ import annotations

import argparse
import statistics
import time

import numpy as np

from fallline import Network
from fallline.diagnosis.judge import judge
from fallline.diagnosis.subject import Subject, descended
from fallline.engine import Objective, Rows
from fallline.engine.threads import fitting_threads
from fallline.optimizers import Adam, Iteration
from fallline.training.stopping import Limits

from page import table, write

EPOCHS, ROUNDS = 1_000, 9


class Bare:
    """Takes no notes."""

    def iteration(self, iteration: Iteration) -> bool:
        return iteration.number >= EPOCHS

    def portion(self) -> int:
        return EPOCHS

    def wanted(self, first: int, last: int) -> range:
        return range(last + 1, last + 1)

    def target(self) -> float:
        return -np.inf

    def interrupted(self) -> bool:
        return False


def problem() -> tuple[np.ndarray, np.ndarray]:
    """Return the rows."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((10_000, 10)).astype(np.float32)
    y = np.tanh(X[:, :1] * X[:, 1:2]) + np.sin(X[:, 2:3]) + 0.1 * rng.standard_normal((10_000, 1))
    return X, y.astype(np.float32)


def main() -> None:
    """Measure, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    rounds = parser.parse_args().rounds
    X, y = problem()
    first = Network([10, 50, 1], ["tanh", "identity"], loss="mean_squared_error", seed=0, dtype="float32")
    optimizer = Adam(0.002, 200, 0)
    subject: Subject | None = None
    watched, bare = [], []
    for _ in range(rounds + 1):
        started = time.perf_counter()
        subject = descended(first, X, y, optimizer, limits=Limits(iterations=EPOCHS, plateau=False), compiled=True)
        watched.append(time.perf_counter() - started)
        objective, parameters = Objective(first.architecture, Rows(X, y), compiled=True), first.parameters.copy()
        started = time.perf_counter()
        with fitting_threads(200, first.shape):
            optimizer.minimize(objective, parameters, Bare())
        bare.append(time.perf_counter() - started)
    cost = min(watched[1:]) / min(bare[1:]) - 1.0
    assert subject is not None
    verdicts = []
    for seed in range(3):
        started = time.perf_counter()
        judge(subject, 10.0, seed=seed)
        verdicts.append(time.perf_counter() - started)
    rows = [
        ["a run of 1,000 epochs of Adam, watched", f"{min(watched[1:]):.3f} s", ""],
        ["the same, with nobody who takes notes", f"{min(bare[1:]):.3f} s", ""],
        ["cost of watching", f"{cost:+.1%}", f"5 %: {'yes' if cost <= 0.05 else 'no'}"],
        ["its verdict", f"{statistics.median(verdicts):.1f} s", f"10 s: {'yes' if max(verdicts) <= 10.5 else 'no'}"],
    ]
    text = table(["10,000 × 10, `[10,50,1]`, batches of 200, float32", "", "at most"], rows)
    write("calibration.md", "cost", f"{text}\n\nThe least of {rounds} rounds; the middle of three verdicts.")


if __name__ == "__main__":
    main()
