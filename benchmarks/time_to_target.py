"""How long Fallline and its peers take from the same first weights to the same errors, and how often they get there.

    python benchmarks/time_to_target.py                             # everything; writes docs/performance.md
    python benchmarks/time_to_target.py --problems sin,xor --starts 5 --contenders "Fallline lbfgs,SciPy lm"

Needs PyTorch, JAX with Optimistix, and scikit-learn. Every contender is a process of its own; they take turns at every
start, and wait otherwise.
"""

from __future__ import annotations

import argparse
import multiprocessing
import statistics
import sys
import time
import traceback
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from fallline.engine import reference
from fallline.engine.threads import available_cores
from problems import PROBLEMS, Problem
from target_contenders import CONTENDERS, contender
from target_contenders.solver import Solver

from page import table, write

STARTS = 30
HOPELESS = 4  # starts without a success, after which a contender is spared the others
WARM_UP, WARM_UP_SEED, MOST_WARMING_UP = 0.3, 10**6, 60.0  # seconds
PAUSE = 0.05  # until the threads of the one before have gone to sleep
FEW_PARAMETERS, REQUIRED_OF_PEERS, ALLOWED_OF_AUTO = 500, 5.0, 1.5
AUTO = "Fallline auto"


def serve(pipe: Any, name: str) -> None:
    """Be a contender: prepare for the problems that are named, and descend from the weights that come."""
    kind, solver = contender(name), None
    while message := pipe.recv():
        if isinstance(message, str):
            problem = PROBLEMS[message]
            if not kind.fits(problem):
                pipe.send(None)
                continue
            started = time.perf_counter()
            solver = kind(problem)
            begun = time.perf_counter()
            warm_up(solver, problem, 1)
            while time.perf_counter() - begun > 2.0 * WARM_UP and begun - started < MOST_WARMING_UP:
                begun = time.perf_counter()  # it was compiled: the time was over before everything had its turn
                warm_up(solver, problem, 1)
            ready = time.perf_counter() - started - WARM_UP
            if problem.worth_sharing:
                solver.use(max((1, available_cores()), key=partial(warm_up, solver, problem)))
            pipe.send((solver.error(problem.start(0)), max(0.0, ready)))
        else:
            assert solver is not None
            try:
                goal = solver.time_to(*message)
                pipe.send((goal.seconds, goal.parameters))
            except Exception:  # is no success, whatever it was
                traceback.print_exc()
                pipe.send((None, None))


def warm_up(solver: Solver, problem: Problem, threads: int) -> int:
    """Descend for a moment with so many threads; return how many errors were met."""
    solver.use(threads)
    return solver.time_to(problem.start(WARM_UP_SEED), -1.0, WARM_UP).looks


class Worker:
    """A contender's process, seen from here."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._pipe, theirs = multiprocessing.get_context("spawn").Pipe()
        arguments = (theirs, name)
        self._process = multiprocessing.get_context("spawn").Process(target=serve, args=arguments, daemon=True)
        self._process.start()
        theirs.close()

    def ask(self, message: Any) -> Any:
        """Return the answer to a problem's key or to a descent's weights, target and limit."""
        self._pipe.send(message)
        return self._pipe.recv()

    def close(self) -> None:
        """End the process."""
        self._pipe.send(None)
        self._process.join(timeout=60)


@dataclass
class Attempts:
    """A contender's attempts at one target: seconds, or None where it did not get there in time."""

    limit: float
    seconds: list[float | None] = field(default_factory=list)

    @property
    def successes(self) -> int:
        """How often it got there."""
        return sum(each is not None for each in self.seconds)

    @property
    def share(self) -> float:
        """How often in proportion."""
        return self.successes / len(self.seconds) if self.seconds else 0.0

    @property
    def median(self) -> float:
        """Median of the seconds, failures counted at the limit."""
        return statistics.median(self.limit if each is None else each for each in self.seconds or [None])

    @property
    def cell(self) -> str:
        """The count and the median."""
        count = f"{self.successes}/{len(self.seconds)}"
        return f"{count}, {seconds(self.median)}" if self.successes else count


def seconds(value: float) -> str:
    """Return seconds with three digits."""
    return f"{value:.3g}" if value >= 0.001 else f"{value:.2g}"


def attempt(worker: Worker, problem: Problem, start: np.ndarray, target: float, limit: float) -> float | None:
    """Return the seconds of one descent; what it has reached is looked at with Fallline's reference."""
    if problem.worth_sharing:
        time.sleep(PAUSE)
    took, parameters = worker.ask((start, target, limit))
    if took is not None:
        error = reference.loss(problem.architecture, parameters, *problem.table)
        assert error <= target * (1.0 + 1e-6), f"{worker.name} is not where it says: {error} instead of {target}"
    return took


def measure(
    workers: list[Worker], key: str, starts: int, limit: float
) -> tuple[dict[float, dict[str, Attempts]], dict[str, float]]:
    """Return each target's attempts by contender, and the seconds that each took to be ready."""
    problem = PROBLEMS[key]
    right = reference.loss(problem.architecture, problem.start(0), *problem.table)
    able, ready = [], {}
    for worker in workers:
        answer = worker.ask(key)
        if answer is not None:
            message = f"{worker.name} does not compute the same loss in '{key}'"
            np.testing.assert_allclose(answer[0], right, rtol=1e-10, err_msg=message)
            able.append(worker)
            ready[worker.name] = answer[1]
    found: dict[float, dict[str, Attempts]] = {}
    for target in problem.targets:
        found[target] = {worker.name: Attempts(limit) for worker in able}
        for seed in range(starts):
            start = problem.start(seed)
            for worker in able:
                attempts = found[target][worker.name]
                if attempts.successes == 0 and len(attempts.seconds) >= HOPELESS:
                    continue
                attempts.seconds.append(attempt(worker, problem, start, target, limit))
        for name, attempts in found[target].items():
            print(f"{key} at {target:.3g}: {name}: {attempts.cell}", file=sys.stderr)
        able = [worker for worker in able if found[target][worker.name].successes]
    return found, ready


def best_of(found: dict[str, Attempts]) -> str | None:
    """Return who has the least median, of two who have the same who gets there more often."""
    reached = [name for name, attempts in found.items() if attempts.successes]
    return min(reached, key=lambda name: (found[name].median, -found[name].share)) if reached else None


def ratio(slow: Attempts | None, fast: Attempts | None) -> str:
    """Return how many times as long the one takes; "–" where either never gets there."""
    if slow is None or fast is None or not slow.successes or not fast.successes:
        return "–"
    return f"{slow.median / fast.median:.2f}"


def comparison(problem: Problem, found: dict[str, Attempts]) -> list[str]:
    """Return the cells that compare Fallline's own choice, or else its best optimizer, with the best peer."""
    peers = {name: each for name, each in found.items() if not name.startswith("Fallline")}
    fixed = {name: each for name, each in found.items() if name.startswith("Fallline") and name != AUTO}
    peer, best = best_of(peers), best_of(fixed)
    own = found.get(AUTO) or (found[best] if best else None)
    times = ratio(peers[peer] if peer else None, own)
    share = max((each.share for each in peers.values()), default=0.0)
    required = ""
    if own is None:
        required = "no"
    elif problem.architecture.parameter_count < FEW_PARAMETERS:
        fast = peer is None or (own.successes > 0 and peers[peer].median >= REQUIRED_OF_PEERS * own.median)
        required = "yes" if fast and own.share >= share else "no"
    of_best = ratio(found.get(AUTO), fixed[best] if best else None)
    met = "" if of_best == "–" else f": {'yes' if float(of_best) <= ALLOWED_OF_AUTO else 'no'}"
    cells = [f"{peer}: {peers[peer].cell}" if peer else "none", f"**{own.cell}**" if own else "–", times, required]
    return [*cells, f"{best.removeprefix('Fallline ')}: {fixed[best].cell}" if best else "none", of_best + met]


def main() -> None:
    """Measure the problems and the contenders that are named, or all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--starts", type=int, default=STARTS)
    parser.add_argument("--problems", default="", help=", ".join(PROBLEMS))
    parser.add_argument("--contenders", default="", help=", ".join(CONTENDERS))
    parser.add_argument("--seconds", type=float, help="time limit; each problem has its own")
    options = parser.parse_args()
    chosen = [[each.strip() for each in text.split(",") if each] for text in (options.problems, options.contenders)]
    for names, known in zip(chosen, (list(PROBLEMS), CONTENDERS), strict=True):
        for name in names:
            if name not in known:
                parser.error(f"'{name}': there are {', '.join(known)}")
    keys, names = chosen[0] or list(PROBLEMS), chosen[1] or CONTENDERS

    summary, matrix, ready = [], [], {}
    workers = [Worker(name) for name in names]
    for key in keys:
        problem = PROBLEMS[key]
        limit = problem.seconds if options.seconds is None else options.seconds
        found, ready[key] = measure(workers, key, options.starts, limit)
        for target, attempts in found.items():
            label = f"{problem.title} `{list(problem.shape)}` at {target:.3g}"
            label = label.replace("1e-0", "1e-")
            summary.append([label, f"{problem.architecture.parameter_count}", *comparison(problem, attempts)])
            cells = [attempts[name].cell if name in attempts else "–" for name in names]
            matrix.append([label, f"{limit:g}", *cells])
    for worker in workers:
        worker.close()

    own = AUTO if AUTO in names else "Fallline's best"
    header = ["problem and target", "parameters", "best peer", own, "× best peer"]
    header += [f"at least {REQUIRED_OF_PEERS:g}, and as often", "best fixed", f"auto / it, at most {ALLOWED_OF_AUTO:g}"]
    text = table(header, summary)
    text += "\n\nEach cell: starts that reached the target of those made, median seconds.\n\n"
    text += table(["problem and target", "limit, s", *names], matrix)
    text += "\n\nSeconds until each is ready, compilation above all, which is in no other figure:\n\n"
    text += table(
        ["problem", *names],
        [[key, *(f"{ready[key][n]:.1f}" if n in ready[key] else "–" for n in names)] for key in keys],
    )
    text += f"\n\n{options.starts} starts on {available_cores()} cores."
    if options.problems or options.contenders or options.seconds is not None:
        print(text)
    else:
        write("performance.md", "time to target", text)


if __name__ == "__main__":
    main()
