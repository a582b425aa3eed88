"""What the report says to do again asks for the same settings."""

from __future__ import annotations

import dataclasses
import shlex

import pytest
from typer.testing import CliRunner

import fallline.training.training
from fallline import FalllineError, Settings
from fallline.cli import app
from fallline.report.page.command import command_line, python_code

SETTINGS = [
    Settings(),
    Settings(target=["price"], drop=["id", "a b"], kinds={"zip": "categorical"}, hidden=[32, 16], seed=3),
    Settings(target=["u", "v"], shape=[4, 3, 2], activation=["tanh", "identity"], loss="huber", initialiser="he"),
    Settings(optimizer="adam", learning_rate=0.01, schedule="cosine", batch_size=64, iterations=200, patience=20),
    Settings(l2=0.0, refit=False, scale=False, plateau_stop=False, restarts=5, finish="lbfgs", dtype="float32"),
    Settings(refit=True, time_limit=2.5, target_error=0.25, validation=0.0, task="binary", activation="relu"),
]
READING = {"separator": ";", "decimal": ",", "encoding": "cp1252", "header": False}


def plain(settings):
    """Return settings as they are meant: one activation for all layers is a list of one."""
    found = {name: list(value) if isinstance(value, tuple) else value for name, value in vars(settings).items()}
    if isinstance(found["activation"], str):
        found["activation"] = [found["activation"]]
    return found


@pytest.mark.parametrize("settings", SETTINGS)
@pytest.mark.parametrize("reading", [{}, READING], ids=["", "reading"])
def test_the_command_and_the_python_ask_for_the_same_settings(settings, reading, monkeypatch):
    asked = {"settings": dataclasses.asdict(settings), "source": "/some/where/my houses.csv", "reading": reading}
    seen = []

    def noted(source, settings=None, *, out=None, reading=None, audience=None):
        seen.append((str(source), plain(settings), {k: v for k, v in (reading or {}).items() if v is not None}))
        raise FalllineError("seen")

    monkeypatch.setattr(fallline.training.training, "train", noted)
    words = shlex.split(command_line(asked, "houses.csv"))
    assert words[:2] == ["fallline", "train"]
    CliRunner().invoke(app, [*words[1:], "--quiet"])
    with pytest.raises(FalllineError, match="seen"):
        exec(python_code(asked), {})
    expected = plain(settings)
    for given in seen:
        assert given[0] == "my houses.csv"
        assert given[1] == expected
        assert given[2] == reading
    assert len(seen) == 2


def test_a_table_in_memory_has_a_name_to_be_given():
    asked = {"settings": dataclasses.asdict(Settings()), "source": None, "reading": {}}
    assert command_line(asked, "the dict") == "fallline train the-dict.csv"
    assert python_code(asked).endswith("fallline.train(table, fallline.Settings())")
