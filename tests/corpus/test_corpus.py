"""The corpus: every healthy program descends its loss, every planted mistake changes what a program does."""

from __future__ import annotations

import ast
import textwrap

import numpy as np
import pytest

from .catalogue import PROGRAMS
from .entry import Program
from .running import Running

BY_NAME = pytest.mark.parametrize("program", PROGRAMS, ids=[program.name for program in PROGRAMS])


def _losses_gradient(running: Running, rows: int | None) -> np.ndarray:
    """Return the loss's gradient by central differences, through the program's own forward pass."""
    gradient = []
    for place in running.program.parameters:
        value = running.value(place)
        kept = np.array(value, dtype=np.float64)
        for index in np.ndindex(kept.shape):
            sides = []
            for sign in (1, -1):
                moved = kept.copy()
                moved[index] += sign * 1e-5
                running.names["_moved"] = moved.tolist() if not isinstance(value, np.ndarray) else moved
                running.do(f"{place} = _moved")
                sides.append(running.loss(rows))
            gradient.append((sides[0] - sides[1]) / 2e-5)
        running.names["_moved"] = kept.tolist() if not isinstance(value, np.ndarray) else kept
        running.do(f"{place} = _moved")
    return np.array(gradient)


@BY_NAME
def test_healthy_step_is_the_gradient_times_the_catalogues_factor(program: Program) -> None:
    rows = 1 if program.batch == "sample" else None  # one row, so that the step is one gradient
    assert not (program.loop and rows) or program.one_row[0] in program.source
    one = Running(program, program.source.replace(*program.one_row), 1) if program.loop else None
    running = Running(program, program.source, 0)
    if one is None and rows:
        for name in (program.X, program.y):
            name = name.split(".")[0]
            running.do(f"{name} = {name}[:1]")
    start, gradient = running.parameters(), _losses_gradient(running, rows)
    if one is None:
        running.do(program.step)
        one = running
    expected = -program.rate * program.factor * gradient
    assert np.linalg.norm(expected) > 0
    np.testing.assert_allclose(one.parameters() - start, expected, rtol=1e-5, atol=1e-8)


@BY_NAME
def test_healthy_program_learns(program: Program) -> None:
    if program.loop:
        before, after = Running(program, program.source, 0), Running(program, program.source, program.steps)
        assert after.loss() < 0.7 * before.loss()
        return
    running = Running(program, program.source)
    before = running.loss()
    running.do(program.many or "for _i in range(600):\n" + textwrap.indent(program.step, "    "))
    assert running.loss() < 0.7 * before


@BY_NAME
def test_the_catalogue_tells_the_programs_structure(program: Program) -> None:
    ast.parse(program.source)
    assert len(program.activations) == len(program.shape) - 1
    count = sum(
        program.shape[index] * program.shape[index + 1]
        + (program.shape[index + 1] if program.bias not in ("none", "input column") else 0)
        for index in range(len(program.activations))
    )
    assert len(Running(program, program.source, 0).parameters()) == count
