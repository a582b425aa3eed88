"""The curve of the terminal goes where the error went, on a logarithmic scale, as wide as there is room."""

from __future__ import annotations

import io

import numpy as np
import pytest
from rich.console import Console

from fallline.report.curve import BRAILLE, DOTS, ROWS, Curve

from .terminal import shown

ITERATIONS = np.arange(101.0)


def heights(lines, columns):
    """Return in which row of dots the highest dot of each column of dots is."""
    grid = np.zeros((4 * ROWS, 2 * columns), dtype=bool)
    for r, line in enumerate(lines):
        for c, letter in enumerate(line):
            bits = 0 if letter == " " else ord(letter) - BRAILLE
            for y, row in enumerate(DOTS):
                for x, dot in enumerate(row):
                    grid[4 * r + y, 2 * c + x] = bool(bits & dot)
    assert grid.any(axis=0).all(), "a gap in the curve"
    return grid.argmax(axis=0)


def test_a_fall_by_the_same_share_each_time_is_a_straight_line():
    lines = Curve(ITERATIONS, np.geomspace(1.0, 1e-6, 101)).drawn(30)
    assert heights(lines, 30) == pytest.approx(np.linspace(0, 4 * ROWS - 1, 60), abs=1.01)


def test_a_plateau_is_level():
    errors = np.concatenate([np.full(50, 0.5), np.full(51, 1e-3)])
    found = heights(Curve(ITERATIONS, errors).drawn(30), 30)
    assert set(found[:28]) == {0}
    assert set(found[32:]) == {4 * ROWS - 1}


def test_the_labels_are_the_highest_and_the_lowest_error_and_the_iterations():
    lines = shown(Curve(ITERATIONS, np.geomspace(0.694, 9.7e-8, 101)), 80)
    assert len(lines) == ROWS + 1
    assert lines[0].split()[0] == "0.694"
    assert lines[ROWS - 1].split()[0] == "9.7e-08"
    assert lines[-1].split() == ["0", "training", "error,", "log", "scale", "100", "iterations"]


@pytest.mark.parametrize("width", [28, 40, 80, 200])
def test_it_is_never_wider_than_the_terminal(width):
    lines = shown(Curve(ITERATIONS, np.geomspace(1.0, 1e-3, 101)), width)
    assert len(lines) == ROWS + 1
    assert max(map(len, lines)) <= min(width, 80)


def test_where_there_is_no_room_there_is_no_curve():
    assert shown(Curve(ITERATIONS, np.geomspace(1.0, 1e-3, 101)), 20) == []


@pytest.mark.parametrize("errors", [[], [1.0], [np.nan, np.nan], [1.0, np.inf]])
def test_what_is_no_curve_is_not_drawn(errors):
    assert shown(Curve(np.arange(float(len(errors))), np.array(errors)), 80) == []


def test_an_error_that_stays_is_a_line_and_one_below_zero_is_drawn_as_it_is():
    assert len(shown(Curve(ITERATIONS, np.full(101, 0.5)), 80)) == ROWS + 1
    negative = shown(Curve(ITERATIONS, np.linspace(-1.0, -2.0, 101)), 80)
    assert negative[0].split()[0] == "-1"
    assert "log" not in negative[-1]


def test_without_braille_it_is_drawn_in_stars():
    file = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    Console(file=file, width=60).print(Curve(ITERATIONS, np.geomspace(1.0, 1e-3, 101)))
    file.flush()
    text = file.buffer.getvalue().decode("ascii")
    assert text.count("*") >= 50
    assert len(text.splitlines()) == ROWS + 1


def test_where_there_is_no_terminal_there_are_no_colours():
    file = io.StringIO()
    Console(file=file, width=60).print(Curve(ITERATIONS, np.geomspace(1.0, 1e-3, 101)))
    assert "\x1b" not in file.getvalue()
