"""Progress moves on a terminal, and stands still where there is none."""

from __future__ import annotations

import io
from types import SimpleNamespace

import numpy as np
import pytest
from rich.console import Console

import fallline
from fallline import Settings
from fallline.report import progress
from fallline.report.progress import Terminal
from fallline.training.history import Record
from fallline.training.stopping import Limits

RNG = np.random.default_rng(3)
TABLE = {"a": RNG.normal(size=40), "price": RNG.normal(size=40)}


def told(terminal_like, **asked):
    out = io.StringIO()
    console = Console(file=out, width=100, force_terminal=terminal_like, highlight=False)
    with Terminal(console) as terminal:
        fallline.train(TABLE, Settings(**{"iterations": 3, "l2": 0.0} | asked), save=False, audience=terminal)
    return out.getvalue()


def test_where_there_is_no_terminal_nothing_moves():
    text = told(False, l2=None, hidden=[2], refit=False, time_limit=1.0)
    assert "\x1b" not in text
    assert "\r" not in text
    assert text.splitlines()[-1] == "lbfgs on training rows"
    assert "choosing the penalty" not in text
    assert "a       input   numeric  number, standardised" in text


def test_on_a_terminal_the_iterations_are_shown(monkeypatch):
    monkeypatch.setattr(progress, "REFRESH", 1e-9)
    text = told(True)
    assert "training rows: iteration 2  error " in text
    assert "  validation " in text
    assert "comparing with a linear model" in text


def test_a_refused_table_leaves_the_terminal_as_it_was():
    out = io.StringIO()
    with (
        pytest.raises(fallline.FalllineError),
        Terminal(Console(file=out, width=100, force_terminal=True)) as terminal,
    ):
        fallline.train({"a": [1.0, 2.0]}, Settings(target="b"), save=False, audience=terminal)
    assert out.getvalue().count("\x1b[?25l") == out.getvalue().count("\x1b[?25h")


@pytest.mark.parametrize(
    ("limits", "left"),
    [
        (Limits(), ""),
        (Limits(seconds=10.0), "  at most 8 s left"),
        (Limits(iterations=100), "  at most 6 s left"),
        (Limits(iterations=100, seconds=3.0), "  at most 1 s left"),
        (Limits(iterations=100, seconds=1.0), "  at most 0 s left"),
    ],
)
def test_the_time_left_is_the_nearest_of_the_limits(limits, left):
    terminal = Terminal(Console(file=io.StringIO()))
    terminal._plan = SimpleNamespace(limits=limits)
    record = Record(25, 25, 2.0, 0.5, 0.5, 0.1, 0.1, 0.1)
    assert terminal._time_left(record) == left
