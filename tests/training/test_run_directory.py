"""The folder of a run: new, complete, in strict JSON, and never over another."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fallline import FalllineError
from fallline.training.history import Record
from fallline.training.run_directory import METRICS, MODEL, RUN, RunDirectory, jsonable


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def names(folder="."):
    return sorted(path.name for path in Path(folder).iterdir())


def strict(text):
    def none_such(constant):
        raise AssertionError(f"{constant} is no JSON")

    return json.loads(text, parse_constant=none_such)


def made(path=None, name="houses"):
    directory = RunDirectory(path, name)
    directory.close()
    return directory.path


def test_runs_of_one_name_get_numbers():
    assert [made() for _ in range(3)] == [Path("runs/houses"), Path("runs/houses-2"), Path("runs/houses-3")]


def test_a_file_of_that_name_is_left_alone():
    Path("runs").mkdir()
    Path("runs/houses").write_text("mine")
    assert made() == Path("runs/houses-2")
    assert Path("runs/houses").read_text() == "mine"


def test_a_folder_that_was_asked_for_is_made_with_its_parents():
    assert made(Path("a/b/c")) == Path("a/b/c")
    assert (Path("a/b/c") / METRICS).exists()


def test_an_existing_folder_without_a_run_is_used():
    Path("notes").mkdir()
    Path("notes/todo.txt").write_text("mine")
    assert made(Path("notes")) == Path("notes")
    assert Path("notes/todo.txt").read_text() == "mine"


@pytest.mark.parametrize("name", [METRICS, MODEL, RUN])
def test_a_folder_with_a_run_is_refused_and_left_as_it_was(name):
    Path("old").mkdir()
    (Path("old") / name).write_text("kept")
    with pytest.raises(FalllineError) as refused:
        made(Path("old"))
    assert str(refused.value) == "--out old: there is a run already; name another folder, or move that one."
    assert names("old") == [name]
    assert (Path("old") / name).read_text() == "kept"


def test_a_place_that_is_a_file_is_refused_with_a_sentence():
    Path("file").write_text("mine")
    with pytest.raises(FalllineError) as refused:
        made(Path("file"))
    assert str(refused.value) == ("file: the run's folder cannot be made (File exists). Pass --out with another.")
    with pytest.raises(FalllineError) as refused:
        made(Path("file/inside"))
    assert str(refused.value) == (
        "file/inside: the run's folder cannot be made (Not a directory). Pass --out with another."
    )


@pytest.mark.parametrize("path", [None, Path("there")])
def test_a_place_that_cannot_be_written_is_refused_with_a_sentence(path, monkeypatch):
    def denied(self, *arguments, **options):
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "mkdir", denied)
    with pytest.raises(FalllineError) as refused:
        made(path)
    name = "runs" if path is None else "there"
    assert (
        str(refused.value) == f"{name}: the run's folder cannot be made (Permission denied). Pass --out with another."
    )


def test_metrics_are_lines_of_strict_json_with_null_for_nan():
    directory = RunDirectory(None, "houses")
    directory.record("all rows", Record(3, 6, 0.25, 0.5, float("nan"), float("inf"), 0.1, 0.01))
    directory.record("all rows", Record(4, 8, 0.5, 1e-300, 0.1, 0.0, 0.1, 0.01))
    directory.close()
    lines = (directory.path / METRICS).read_text().splitlines()
    assert strict(lines[0]) == {
        "phase": "all rows",
        "iteration": 3,
        "steps": 6,
        "seconds": 0.25,
        "train_error": 0.5,
        "validation_error": None,
        "gradient_norm": None,
        "step_size": 0.1,
        "learning_rate": 0.01,
    }
    assert strict(lines[1])["train_error"] == 1e-300


def test_the_account_is_strict_json_in_utf_8():
    directory = RunDirectory(None, "häuser")
    directory.write_run({"table": "häuser", "loss": float("nan"), "nested": {"a": [float("-inf"), 1.5, (2,)]}})
    directory.close()
    assert strict((directory.path / RUN).read_text(encoding="utf-8")) == {
        "table": "häuser",
        "loss": None,
        "nested": {"a": [None, 1.5, [2]]},
    }
    assert "häuser" in (directory.path / RUN).read_text(encoding="utf-8")
    assert names(directory.path) == [METRICS, RUN]


def test_what_json_has_is_left_as_it_is():
    value = {"a": [1, 2.5, "x", None, True], "b": {"c": 0}}
    assert jsonable(value) == value
    assert jsonable({1: float("nan")}) == {"1": None}
