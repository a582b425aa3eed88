"""Runs that are drawn: a regression whose remedies were tried, one with classes, and one with two inputs."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest

import fallline
from fallline import Settings
from fallline.diagnosis.runs import write_verdict

RNG = np.random.default_rng(5)
SLOW = Settings(
    hidden=[6], optimizer="gradient_descent", learning_rate=0.003, iterations=600, l2=0.0, validation=0.25, seed=1
)


def saved(folder, columns, settings, seconds):
    pl.DataFrame(columns).write_csv(folder / "t.csv")
    run = fallline.train(folder / "t.csv", settings, out=folder / "run")
    verdict = fallline.explain(run, seconds)
    write_verdict(run.directory, verdict)
    return SimpleNamespace(run=run, verdict=verdict, folder=run.directory, table=folder / "t.csv")


@pytest.fixture(scope="session")
def slow(tmp_path_factory):
    """A regression that is on its way, whose remedies were tried."""
    a, b = RNG.uniform(-2.0, 2.0, (2, 160))
    columns = {"a": 3.0 * a + 40.0, "b": b, "y": 100.0 * np.sin(2.0 * a) * b}
    return saved(tmp_path_factory.mktemp("slow"), columns, SLOW, 6.0)


@pytest.fixture(scope="session")
def classes(tmp_path_factory):
    """Three classes of three inputs, by mini-batches with early stopping, then a relu layer."""
    X = RNG.normal(size=(120, 3))
    kind = np.array(["ash", "<oak> & co", "fir"])[
        (X[:, 0] > 0).astype(int) + (X[:, 1] + 1.5 * RNG.normal(size=120) > 0)
    ]
    settings = Settings(
        hidden=[8, 5], activation=["tanh", "relu"], optimizer="adam", iterations=400, patience=20, learning_rate=0.03
    )
    return saved(
        tmp_path_factory.mktemp("classes"), {"p": X[:, 0], "q": X[:, 1], "r": X[:, 2], "tree <b>": kind}, settings, 3.0
    )


@pytest.fixture(scope="session")
def xor(tmp_path_factory):
    """Two inputs, two classes, no validation rows."""
    columns = {"a": [0, 0, 1, 1], "b": [0, 1, 0, 1], "xor": [0, 1, 1, 0]}
    return saved(tmp_path_factory.mktemp("xor"), columns, Settings(hidden=[3], seed=1), 1.5)
