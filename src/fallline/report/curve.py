"""A descent as a small curve in the terminal: the error on a logarithmic scale, in dots of braille."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

from fallline.engine import Array

ROWS, LEAST_COLUMNS, MOST_COLUMNS = 5, 20, 64
DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))  # of a braille letter, by row and column
BRAILLE = 0x2800


def curve_in(folder: Path) -> Curve:
    """Return the descent on the training rows of a run in its folder."""
    from fallline.report.figures.material import read_courses

    courses = read_courses(folder)
    first = next(iter(courses.values()), None)
    return Curve(*((np.empty(0), np.empty(0)) if first is None else (first.iteration, first.train_error)))


class Curve:
    """An error over the iterations, as wide as the terminal and five lines high; nothing where there is no curve.

    Parameters
    ----------
    iterations, errors
        One entry a record, (records,); what is not finite is left out, and so is what is not above 0, unless all of it.
    """

    def __init__(self, iterations: Array, errors: Array) -> None:
        known = np.isfinite(errors)
        self.logarithmic = bool((errors[known] > 0.0).any())
        if self.logarithmic:
            known &= np.nan_to_num(errors) > 0.0
        self.iterations, self.errors = iterations[known], errors[known]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        if len(self.errors) < 2 or self.iterations[-1] <= self.iterations[0]:
            return
        low, high = f"{self.errors.min():.3g}", f"{self.errors.max():.3g}"
        margin = max(len(low), len(high)) + 1
        columns = min(MOST_COLUMNS, options.max_width - margin - 1)
        if columns < LEAST_COLUMNS:
            return
        lines = self.drawn(columns, plain=options.ascii_only)
        for number, line in enumerate(lines):
            label = high if number == 0 else low if number == ROWS - 1 else ""
            yield Text.assemble((f"{label:>{margin - 1}} ", "dim"), (line, "cyan"), no_wrap=True)
        first, last = f"{self.iterations[0]:,.0f}", f"{self.iterations[-1]:,.0f} iterations"
        what = f"training error{', log scale' if self.logarithmic else ''}"
        room = columns - len(first) - len(last)
        between = f"{what:^{room}}" if room > len(what) + 2 else " " * room
        yield Text(f"{'':{margin}}{first}{between}{last}", style="dim", no_wrap=True)

    def drawn(self, columns: int, *, plain: bool = False) -> list[str]:
        """Return the lines of the curve, without labels; `plain` draws in stars, where there is no braille."""
        across, down = (1, 1) if plain else (2, 4)
        grid = np.zeros((down * ROWS, across * columns), dtype=bool)
        heights = self._heights(grid.shape[0], grid.shape[1])
        previous = heights[0]
        for x, height in enumerate(heights):
            grid[min(previous, height) : max(previous, height) + 1, x] = True
            previous = height
        if plain:
            return ["".join("*" if dot else " " for dot in row).rstrip() for row in grid]
        cells = grid.reshape(ROWS, 4, columns, 2).transpose(0, 2, 1, 3)
        letters = BRAILLE + (cells * np.array(DOTS)).sum(axis=(2, 3))
        return ["".join(map(chr, row)).replace(chr(BRAILLE), " ").rstrip() for row in letters]

    def _heights(self, rows: int, columns: int) -> list[int]:
        """Return for each column in which row the curve is, 0 for the highest error."""
        values = np.log(self.errors) if self.logarithmic else self.errors
        places = np.linspace(self.iterations[0], self.iterations[-1], columns)
        course = np.interp(places, self.iterations, values)
        span = values.max() - values.min()
        if not (math.isfinite(span) and span > 0.0):
            return [rows - 1] * columns
        return [int(row) for row in np.rint((values.max() - course) / span * (rows - 1))]
