"""What restarts reach that a single start seldom does, how long they take, and how often one start is enough.

    python benchmarks/restarts.py                # some minutes; writes docs/performance.md
    python benchmarks/restarts.py --seeds 3

With restarts: the chosen optimizer (auto) from many starts on all cores, the hopeless given up early, until one of them
has the target error. One start: the same, alone, from a hundred seeds. Then eight starts on one core and on all.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time

import numpy as np

from fallline import Network
from fallline.engine import Rows
from fallline.engine.threads import available_cores
from fallline.optimizers import Adam, Auto
from fallline.training.descent import descend
from fallline.training.restarts import descend_with_restarts
from fallline.training.stopping import Limits
from problems import PROBLEMS, Problem

from page import table, write

STARTS, SEEDS = 32, 10
MANY = {"sin": (1e-12, 30.0), "xor 2": (1e-10, 10.0), "rosenbrock": (0.0988, 30.0)}  # target, and seconds at most
ALONE = {"xor 3": (1e-10, 5.0, 99), "xor 2": (1e-10, 5.0, None)}  # … and of a hundred at least
WARM_UP = 0.5  # seconds


def network(problem: Problem, seed: int) -> Network:
    """Return the problem's network with the first weights of a seed."""
    made = Network(problem.shape, problem.activations, loss=problem.loss, seed=0)
    made.parameters[:] = problem.start(seed)
    return made


def with_restarts(key: str, seeds: int) -> list[str]:
    """Return a row: how often and how soon restarts have the target error."""
    problem, (target, limit) = PROBLEMS[key], MANY[key]
    optimizer, rows, took, shares = Auto(), Rows(*problem.table), [], []
    descend(network(problem, 0), rows, optimizer, limits=Limits(seconds=WARM_UP), compiled=True)
    for seed in range(seeds):
        started = time.perf_counter()
        found = descend_with_restarts(
            lambda each: network(problem, each),
            rows,
            optimizer,
            starts=STARTS,
            seed=1000 * seed,
            limits=Limits(seconds=limit, target_error=target),
            compiled=True,
        )
        seconds = time.perf_counter() - started
        reached = found.descent.train_error <= target
        took.append(seconds if reached else None)
        shares.append(found.descent.train_error)
        print(f"{key}, seed {seed}: {found.descent.train_error:.3g} in {seconds:.2f} s", file=sys.stderr)
    count = sum(each is not None for each in took)
    median = statistics.median(limit if each is None else each for each in took)
    slowest = max(limit if each is None else each for each in took)
    cells = [f"{target:g}", f"{limit:g}", f"{count}/{seeds}", f"{median:.3g}", f"{slowest:.3g}"]
    return [f"{problem.title} `{list(problem.shape)}`", *cells, f"{statistics.median(shares):.3g}"]


def alone(key: str) -> list[str]:
    """Return a row: of how many seeds a single start has the target error."""
    problem, (target, limit, least) = PROBLEMS[key], ALONE[key]
    rows, took = Rows(*problem.table), []
    for seed in range(100):
        made, started = network(problem, seed), time.perf_counter()
        end = descend(made, rows, Auto(), limits=Limits(seconds=limit, target_error=target), compiled=True)
        if end.train_error <= target:
            took.append(time.perf_counter() - started)
    demand = "" if least is None else f"{least}: {'yes' if len(took) >= least else 'no'}"
    median = f"{1000 * statistics.median(took):.3g}" if took else "–"
    return [f"{problem.title} `{list(problem.shape)}`", f"{target:g}", f"{len(took)}/100", median, demand]


def side_by_side(rounds: int = 3) -> list[list[str]]:
    """Return rows: the time of eight starts of the same work on one core and on all."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(5000, 10)).astype(np.float32)
    rows = Rows(X, np.tanh(X[:, :1] * X[:, 1:2]))
    times: dict[int, list[float]] = {1: [], available_cores(): []}
    for _ in range(rounds):
        for cores, taken in times.items():
            started = time.perf_counter()
            descend_with_restarts(
                lambda seed: Network((10, 32, 32, 1), "tanh", loss="mean_squared_error", seed=seed, dtype="float32"),
                rows,
                Adam(0.01),
                starts=8,
                limits=Limits(iterations=400, plateau=False),
                compiled=True,
                culling=False,
                cores=cores,
            )
            taken.append(time.perf_counter() - started)
    one = min(times[1])
    return [[f"{cores}", f"{min(taken):.2f}", f"{one / min(taken):.2f}"] for cores, taken in times.items()]


def main() -> None:
    """Measure all, and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=SEEDS)
    seeds = parser.parse_args().seeds
    header = ["restarts", "target", "limit, s", "reached", "median, s", "slowest, s", "median error"]
    text = table(header, [with_restarts(key, seeds) for key in MANY])
    header = ["one start, 100 seeds", "target", "reached", "median of these, ms", "at least"]
    text += "\n\n" + table(header, [alone(key) for key in ALONE])
    header = ["eight starts of `[10,32,32,1]`, 5,000 rows, 400 steps of Adam: cores", "s", "times as fast"]
    text += "\n\n" + table(header, side_by_side())
    text += f"\n\n{STARTS} starts in the first table, {available_cores()} cores."
    write("performance.md", "restarts", text)


if __name__ == "__main__":
    main()
