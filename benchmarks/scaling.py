"""How Fallline's time a step grows with rows and with parameters, beside what the machine could do at best."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

import altair as alt
import numpy as np
import polars as pl

from step_contenders.own import fallline
from step_contenders.workload import Workload

from page import DOCS, table, write

ROWS = (100, 1_000, 10_000, 100_000, 1_000_000)
UNITS = (24, 94, 309, 993)  # hidden units at which `[10, u, u, 1]` has about 10³, 10⁴, 10⁵ and 10⁶ parameters
ROWS_OF_UNITS = 4096
SECONDS = 0.2  # of a measurement, or one step where that takes longer
SIDE = 3072  # of the matrices whose product is the machine's rate
COPIED = 1 << 28  # bytes
PAUSE = 0.05  # until BLAS's threads have gone to sleep
LINES = ("Fallline", "limit of arithmetic", "limit of memory")


@dataclass
class Point:
    """A workload, how it runs, and its times a step."""

    work: Workload
    run: Callable[[int], object]
    steps: int
    times: list[float]

    @property
    def parameters(self) -> int:
        """Weights and biases."""
        return self.work.network().architecture.parameter_count

    @property
    def bytes(self) -> int:
        """What a step must move at least: each row once; Adam reads w, g, m and s and writes w, m and s."""
        return 4 * (self.work.rows * (self.work.shape[0] + self.work.shape[-1]) + 7 * self.parameters)


def timed(run: Callable[[int], object], count: int) -> float:
    """Return the seconds of one of so many."""
    started = time.perf_counter()
    run(count)
    return (time.perf_counter() - started) / count


def point(shape: tuple[int, ...], rows: int) -> Point:
    """Prepare a workload, and find how many steps fill a measurement."""
    work = Workload("", shape, "tanh", rows)
    run = fallline(work).run
    run(3)
    return Point(work, run, max(1, round(SECONDS / timed(run, 3))), [])


def measure_scaling(rounds: int) -> None:
    """Measure, write the table and draw it."""
    by_rows = [point((10, 32, 32, 1), rows) for rows in ROWS]
    by_parameters = [point((10, units, units, 1), ROWS_OF_UNITS) for units in UNITS]
    A, B = (np.random.default_rng(seed).normal(size=(SIDE, SIDE)).astype(np.float32) for seed in (0, 1))
    product, source = np.empty_like(A), np.ones(COPIED // 8)
    target = np.empty_like(source)
    np.copyto(target, source)  # so that its pages are there
    products, copies = [], []
    for _ in range(rounds):
        products.append(timed(lambda _: np.matmul(A, B, out=product), 1))
        copies.append(timed(lambda _: np.copyto(target, source), 1))
        for each in by_rows + by_parameters:
            time.sleep(PAUSE)
            each.times.append(timed(each.run, each.steps))
    rate, bandwidth = 2 * SIDE**3 / statistics.median(products), 2 * COPIED / statistics.median(copies)

    rows, drawn = [], []
    for points, panel in ((by_rows, "rows"), (by_parameters, "parameters")):
        for each in points:
            seconds = statistics.median(each.times)
            arithmetic, memory = each.work.operations / rate, each.bytes / bandwidth
            size = each.work.rows if panel == "rows" else each.parameters
            cells = [f"{1e6 * seconds:,.1f}", f"{1e9 * seconds / size:,.2f}"]
            cells += [f"{each.work.operations / seconds / 1e9:.1f}", f"{1e6 * arithmetic:,.1f}", f"{1e6 * memory:,.2f}"]
            cells.append(f"{max(arithmetic, memory) / seconds:.2f}")
            rows.append([f"{each.work.rows:,}", f"`{list(each.work.shape)}`", f"{each.parameters:,}", *cells])
            for line, value in zip(LINES, (seconds, arithmetic, memory), strict=True):
                drawn.append({"panel": panel, "size": size, "µs a step": 1e6 * value, "line": line})
    header = ["rows", "network", "parameters", "µs a step", "ns a row, or a parameter", "GFLOP/s"]
    header += ["limit of arithmetic, µs", "limit of memory, µs"]
    text = table([*header, "higher limit / time"], rows)
    text += (
        f"\n\nThe limit of arithmetic is the matrix products at {rate / 1e9:.0f} GFLOP/s, the rate of NumPy's product "
        f"of {SIDE} × {SIDE} matrices; that of memory is moving rows, weights and Adam's state once at "
        f"{bandwidth / 1e9:.1f} GB/s, the rate of a copy (read and write counted), and holds where no cache keeps them."
    )
    write("performance.md", "scaling", text)
    draw(pl.DataFrame(drawn))


def draw(frame: pl.DataFrame) -> None:
    """Draw time a step against rows and against parameters, with the limit."""
    panels, powers = [], alt.Axis(format="~s", values=[10.0**k for k in range(-2, 10)])
    for panel, title in (("rows", "rows, at [10,32,32,1]"), ("parameters", "parameters, at 4,096 rows")):
        base = alt.Chart(frame.filter(pl.col("panel") == panel), width=300, height=260).encode(
            x=alt.X("size:Q", scale=alt.Scale(type="log"), title=title, axis=powers),
            y=alt.Y("µs a step:Q", scale=alt.Scale(type="log"), axis=powers),
            color=alt.Color(
                "line:N", title=None, sort=list(LINES), scale=alt.Scale(range=["#1f77b4", "#555555", "#bbbbbb"])
            ),
        )
        panels.append(base.mark_line(strokeWidth=2) + base.mark_point(filled=True, size=40))
    (DOCS / "images").mkdir(exist_ok=True)
    alt.hconcat(*panels, background="white").save(DOCS / "images" / "scaling.svg")
