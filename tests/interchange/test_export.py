"""A model is exported by the ending of the file's name; what is missing or stands in the way gets a sentence."""

from __future__ import annotations

import sys

import pytest
from typer.testing import CliRunner

import fallline
from fallline import FalllineError, Network
from fallline.cli import app
from fallline.interchange import to_torch

from . import tables


def said(*words):
    return CliRunner().invoke(app, ["export", *(str(word) for word in words)])


@pytest.fixture
def model(tmp_path, monkeypatch):
    """A model file, in the working directory."""
    monkeypatch.chdir(tmp_path)
    trained, _ = tables.trained("iris")
    trained.save("model.safetensors")
    return "model.safetensors"


@pytest.mark.parametrize(("name", "to"), [("iris.py", "numpy"), ("IRIS.C", "c")])
def test_the_ending_says_what_is_written(name, to, model, tmp_path):
    result = said(model, "--out", name)
    size = (tmp_path / name).stat().st_size
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == f"{name}: {size:,} bytes ({to})\n"
    assert said(model, "--out", "again", "--to", to, "--quiet").stderr == ""
    assert (tmp_path / "again").read_bytes() == (tmp_path / name).read_bytes()
    fallline.export(fallline.Model.load(model), "third", to)
    assert (tmp_path / "third").read_bytes() == (tmp_path / name).read_bytes()


def test_onnx_is_written(model, tmp_path):
    onnx = pytest.importorskip("onnx")
    assert said(model, "--out", "sub/iris.onnx").exit_code == 0
    assert onnx.load(tmp_path / "sub" / "iris.onnx").producer_version == fallline.__version__


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (
            ("--out", "iris.js"),
            "iris.js: its ending does not say what to write. Name it .onnx, .py or .c, or pass --to.",
        ),
        (("--out", "i.c", "--to", "cpp"), "--to 'cpp': there is none of that name. There are onnx, numpy, c."),
        (("--out", "old.py"), "--out old.py: there is a file already. Name another, or pass --overwrite."),
    ],
)
def test_a_refusal_says_what_to_do_and_writes_nothing(words, sentence, model, tmp_path):
    (tmp_path / "old.py").write_text("old")
    result = said(model, *words)
    assert (result.exit_code, result.stderr) == (3, f"error: {sentence}\n")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model.safetensors", "old.py"]
    assert (tmp_path / "old.py").read_text() == "old"


def test_a_file_is_replaced_when_asked_for(model, tmp_path):
    (tmp_path / "old.py").write_text("old")
    assert said(model, "--out", "old.py", "--overwrite").exit_code == 0
    assert "def predict(columns" in (tmp_path / "old.py").read_text()


def test_what_is_no_model_is_refused(tmp_path):
    with pytest.raises(FalllineError) as refused:
        fallline.export(Network([2, 1]), tmp_path / "network.py")
    assert str(refused.value) == "expected a model, such as run.model or Model.load(path), got Network."
    assert list(tmp_path.iterdir()) == []


def test_a_missing_extra_is_named(model, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnx", None)
    result = said(model, "--out", "iris.onnx")
    sentence = "ONNX export needs the extra 'onnx' (the package 'onnx' is not installed). "
    sentence += "Install it with: pip install 'fallline[onnx]'"
    assert (result.exit_code, result.stderr) == (3, f"error: {sentence}\n")
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(FalllineError) as refused:
        to_torch(Network([2, 1]))
    assert str(refused.value) == sentence.replace("ONNX export", "to_torch").replace("onnx", "torch")
