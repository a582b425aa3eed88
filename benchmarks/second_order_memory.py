"""How much memory a second-order optimizer takes, against rows and against parameters.

    python benchmarks/second_order_memory.py                       # some minutes; writes docs/performance.md
    python benchmarks/second_order_memory.py --optimizer lbfgs     # another optimizer, to look at only

Each point is a process of its own that makes two iterations in float64; its memory is the peak of the whole process
less what it held just before, with rows, weights and compiled kernels in place; the copy of the rows that the compiled
engine reads is in it. The rows, the whole Jacobian and one matrix of parameters² are drawn beside it.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from dataclasses import dataclass

import altair as alt
import polars as pl

from page import DOCS, table, write

ROWS = (1_000, 10_000, 100_000, 1_000_000)
UNITS = (2, 10, 50, 200, 400)  # hidden units; `[10, u, 1]` has 12 u + 1 parameters
UNITS_OF_ROWS, ROWS_OF_UNITS = 10, 10_000
OPTIMIZER, ITERATIONS = "levenberg_marquardt", 2
LINES = ("measured", "rows", "Jacobian", "parameters²")
LARGEST_SHARE = 0.5  # of the Jacobian's size, that a peak at the most rows may have
CHILD = """
import json, os, sys
import numpy as np
from fallline.engine import Objective, Rows
from fallline.network import Network
from fallline.optimizers import OPTIMIZERS
from step_contenders.own import Watch

def peak():
    with open("/proc/self/status") as status:
        return next(1024 * int(line.split()[1]) for line in status if line.startswith("VmHWM"))

name, units, rows, iterations = sys.argv[1], *map(int, sys.argv[2:])
network = Network([10, units, 1], ["tanh", "identity"], loss="mean_squared_error", seed=0)
rng = np.random.default_rng(1)

def descend(X, y):
    objective = Objective(network.architecture, Rows(X, y), compiled=True)
    OPTIMIZERS[name]().minimize(objective, network.parameters.copy(), Watch(iterations))

X = np.empty((rows, 10))
for block in range(0, rows, 1000):
    X[block : block + 1000] = rng.normal(size=(1000, 10))
y = np.tanh(X[:, :1] * X[:, 1:2])
descend(X[:1000], y[:1000])  # what is compiled, is compiled
with open("/proc/self/clear_refs", "w") as file:
    file.write("5")  # the peak begins here
before = peak()
descend(X, y)
print(json.dumps(peak() - before))
"""


@dataclass(frozen=True)
class Point:
    """A size and the peak of memory in bytes there."""

    panel: str
    units: int
    rows: int
    peak: int

    @property
    def parameters(self) -> int:
        """Weights and biases."""
        return 12 * self.units + 1

    @property
    def sizes(self) -> tuple[int, int, int, int]:
        """Bytes measured, of the rows, of the whole Jacobian, and of one matrix of parameters²."""
        return self.peak, 8 * self.rows * 11, 8 * self.rows * self.parameters, 8 * self.parameters**2


def measured(optimizer: str, panel: str, units: int, rows: int) -> Point:
    """Return a point, measured in a process of its own."""
    command = [sys.executable, "-c", CHILD, optimizer, str(units), str(rows), str(ITERATIONS)]
    folder = DOCS.parent / "benchmarks"
    answer = subprocess.run(command, cwd=folder, check=True, stdout=subprocess.PIPE, text=True).stdout
    print(f"{panel}: {rows} rows, {units} units: {int(answer) / 1e6:.1f} MB", file=sys.stderr)
    return Point(panel, units, rows, int(answer))


def draw(points: list[Point]) -> None:
    """Draw the peak against rows and against parameters, with the Jacobian and parameters²."""
    drawn = [
        {"panel": p.panel, "size": p.rows if p.panel == "rows" else p.parameters, "MB": size / 1e6, "line": line}
        for p in points
        for line, size in zip(LINES, p.sizes, strict=True)
    ]
    frame, powers = pl.DataFrame(drawn), alt.Axis(format="~s", values=[10.0**k for k in range(-4, 10)])
    titles = {
        "rows": f"rows, at {12 * UNITS_OF_ROWS + 1} parameters",
        "parameters": f"parameters, at {ROWS_OF_UNITS:,} rows",
    }
    panels = []
    for panel, title in titles.items():
        base = alt.Chart(frame.filter(pl.col("panel") == panel), width=300, height=260).encode(
            x=alt.X("size:Q", scale=alt.Scale(type="log"), title=title, axis=powers),
            y=alt.Y("MB:Q", scale=alt.Scale(type="log"), title="MB", axis=powers),
            color=alt.Color(
                "line:N",
                title=None,
                sort=list(LINES),
                scale=alt.Scale(range=["#1f77b4", "#7fb77e", "#555555", "#bbbbbb"]),
            ),
        )
        panels.append(base.mark_line(strokeWidth=2) + base.mark_point(filled=True, size=40))
    (DOCS / "images").mkdir(exist_ok=True)
    alt.hconcat(*panels, background="white").save(DOCS / "images" / "second-order-memory.svg")


def main() -> None:
    """Measure, and write and draw where it is the optimizer that the page is about."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--optimizer", default=OPTIMIZER)
    options = parser.parse_args()
    points = [measured(options.optimizer, "rows", UNITS_OF_ROWS, rows) for rows in ROWS]
    points += [measured(options.optimizer, "parameters", units, ROWS_OF_UNITS) for units in UNITS]
    header = ["rows", "parameters", "MB at the peak", "MB of the rows", "MB of the Jacobian", "MB of parameters²"]
    text = table(header, [[f"{p.rows:,}", f"{p.parameters:,}", *(f"{s / 1e6:.2f}" for s in p.sizes)] for p in points])
    peak, _, jacobian, _ = points[len(ROWS) - 1].sizes
    text += f"\n\nAt {ROWS[-1]:,} rows, the peak is {peak / jacobian:.2f} of the Jacobian's size"
    text += f" (at most {LARGEST_SHARE:g}: {'yes' if peak <= LARGEST_SHARE * jacobian else 'no'})."
    if options.optimizer == OPTIMIZER:
        write("performance.md", "second-order memory", text)
        draw(points)
    else:
        print(text)


if __name__ == "__main__":
    main()
