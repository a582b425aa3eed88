"""What it costs that the compiled loop returns to Python every 30 ms, for progress and Ctrl-C.

Run it as `python benchmarks/yielding.py`: half a minute; writes docs/performance.md

The same steps in portions as training makes them, through the optimizer with a watch that hears of every portion, and
in one call of two seconds, in turn.
"""

import argparse
import math
import statistics
import time

import numpy as np

from fallline import Network
from fallline.engine import Objective, Rows
from fallline.engine.compiled.first_order import FirstOrderRun
from fallline.optimizers import GradientDescent, Iteration

from page import table, write

SECONDS, RATE, AT_MOST = 2.0, 0.01, 2.0
SHAPES = {"4 rows": ((2, 3, 1), 4), "32 rows": ((10, 32, 32, 1), 32)}


class Watch:
    """Ends a descent after so many iterations; told of every portion, as training's watch is."""

    def __init__(self, iterations: int) -> None:
        self.iterations, self.number, self.portions = iterations, 0, 0

    def iteration(self, iteration: Iteration) -> bool:
        self.number = iteration.number
        self.portions += 1
        return self.number >= self.iterations

    def portion(self) -> int:
        return self.iterations - self.number

    def wanted(self, first: int, last: int) -> range:
        return range(0)

    def target(self) -> float:
        return -math.inf

    def interrupted(self) -> bool:
        return False


def main() -> None:
    """Measure both ways in turn, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    rows = []
    for name, (shape, count) in SHAPES.items():
        rng = np.random.default_rng(0)
        X, y = rng.normal(size=(count, shape[0])), rng.normal(size=(count, 1))
        network = Network(shape, "tanh", seed=0)
        objective, optimizer = Objective(network.architecture, Rows(X, y), compiled=True), GradientDescent(RATE)
        optimizer.minimize(objective, network.parameters.copy(), Watch(1000))
        run = FirstOrderRun(network.architecture, network.parameters, X, y, "gradient_descent")
        run.iterations(np.full(10, RATE), np.empty((10, 3)))
        started = time.perf_counter()
        run.iterations(np.full(1000, RATE), np.empty((1000, 3)))
        steps = max(1000, int(SECONDS / (time.perf_counter() - started) * 1000))
        rates, records, whole, portioned, portions = np.full(steps, RATE), np.empty((steps, 3)), [], [], 0
        for _ in range(rounds):
            started = time.perf_counter()
            run.iterations(rates, records)
            whole.append(time.perf_counter() - started)
            watch, parameters = Watch(steps), network.parameters.copy()
            started = time.perf_counter()
            optimizer.minimize(objective, parameters, watch)
            portioned.append(time.perf_counter() - started)
            portions = watch.portions
        more = [100 * (b / a - 1) for a, b in zip(whole, portioned, strict=True)]
        cost = 100 * (min(portioned) / min(whole) - 1)
        label = f"`{list(shape)}` tanh, {name}, float64"
        cells = [f"{steps:,}", f"{portions:,}", f"{min(whole):.3f}", f"{min(portioned):.3f}", f"{cost:+.1f}"]
        rows.append(
            [label, *cells, f"{statistics.median(more):+.1f}", f"{AT_MOST:g}: {'yes' if cost <= AT_MOST else 'no'}"]
        )
    header = ["gradient descent", "steps", "portions", "s, one call", "s, in portions", "cost of the least, %"]
    write("performance.md", "yielding", table([*header, "median of pairs, %", "at most, %"], rows))


if __name__ == "__main__":
    main()
