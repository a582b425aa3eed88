"""The commands as a person meets them: words in; data, sentences and exit codes out."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from fallline import FalllineError, Model, Settings, __version__
from fallline.cli import app

EXAMPLES = Path(__file__).parent.parent / "examples"
QUICK = ("--iterations", "4", "--l2", "0.01")
WHOLE = ["descent.safetensors", "metrics.jsonl", "model.safetensors", "run.json", "verdict.json"]
RNG = np.random.default_rng(1)


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def names(folder="."):
    return sorted(path.name for path in Path(folder).iterdir())


def said(*words):
    """Run the command line in this process; whatever is no exit code is raised."""
    result = CliRunner().invoke(app, [str(word) for word in words])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def done(*words):
    result = said(*words)
    assert result.exit_code == 0, result.stderr
    return result


def refused(*words, code=3):
    """Return the sentence of a refusal."""
    result = said(*words)
    assert result.exit_code == code
    assert result.stdout == ""
    lines = result.stderr.splitlines()
    assert lines[-1].startswith("error: ")
    assert sum(line.startswith("error:") for line in lines) == 1
    assert "Traceback" not in result.stderr
    return lines[-1].removeprefix("error: ")


def one_object(text):
    def none_such(constant):
        raise AssertionError(f"{constant} is no JSON")

    return json.loads(text, parse_constant=none_such)


def written(text, name="t.csv"):
    Path(name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return name


def table(n=40, name="t.csv", **columns):
    columns = columns or {"a": RNG.normal(size=n), "town": ["Rome", "Oslo"] * (n // 2), "price": RNG.normal(size=n)}
    pl.DataFrame(columns).write_csv(name)
    return name


@pytest.fixture
def model():
    """A model of t.csv, with a number and a town for inputs."""
    done("train", table(), *QUICK, "--out", "run", "--quiet")
    return "run/model.safetensors"


# train


@pytest.mark.parametrize("name", ["xor", "iris", "linnerud", "wine", "diabetes"])
def test_a_table_with_nothing_else_said_is_trained(name):
    result = done("train", EXAMPLES / f"{name}.csv", "--iterations", "3", "--l2", "0.1")
    assert f"model  runs/{name}/model.safetensors" in result.stdout
    assert re.search(r"this network +\S+", result.stdout)
    assert "lbfgs on training rows" in result.stderr
    assert names(f"runs/{name}") == WHOLE
    done("inspect", f"runs/{name}/model.safetensors")
    predicted = done("predict", f"runs/{name}/model.safetensors", EXAMPLES / f"{name}.csv")
    rows = (EXAMPLES / f"{name}.csv").read_text().splitlines()
    assert len(predicted.stdout.splitlines()) == len(rows)


def test_xor_is_learned_with_the_quickest_words():
    result = done("train", EXAMPLES / "xor.csv", "--hidden", "3", "--l2", "0", "--seed", "1", "--json")
    assert one_object(result.stdout)["scores"]["train"] == {"accuracy": 1.0, "wrong": 0}


def test_json_is_one_object_on_stdout_and_the_account_of_the_run():
    result = done("train", EXAMPLES / "iris.csv", *QUICK, "--json")
    found = one_object(result.stdout)
    keys = {
        "stop_reason",
        "train_error",
        "validation_error",
        "loss",
        "shape",
        "optimizer",
        "iterations",
        "seconds",
        "model",
    }
    assert keys <= found.keys()
    assert found.pop("verdict") == one_object(Path("runs/iris/verdict.json").read_text())
    assert found == one_object(Path("runs/iris/run.json").read_text())
    assert (found["shape"], found["stop_reason"], found["iterations"]) == ([4, 16, 3], "iteration_limit", 4)
    assert found["model"] == "runs/iris/model.safetensors"
    assert "lbfgs on training rows" in result.stderr


def test_json_has_null_where_there_is_no_number():
    found = one_object(done("train", EXAMPLES / "xor.csv", *QUICK, "--json").stdout)
    assert found["validation_error"] is None
    assert found["phases"]["training rows"]["validation_error"] is None


def test_quiet_prints_the_model_alone():
    result = done("train", table(), *QUICK, "--quiet")
    assert (result.stdout, result.stderr) == ("runs/t/model.safetensors\n", "")
    result = done("train", "t.csv", *QUICK, "--quiet", "--json")
    assert (one_object(result.stdout)["model"], result.stderr) == ("runs/t-2/model.safetensors", "")


def test_nothing_is_coloured_or_moves_where_there_is_no_terminal():
    result = done("train", table(), "--iterations", "3")
    assert "\x1b" not in result.stdout + result.stderr
    assert "\r" not in result.stdout + result.stderr


FLAGS = (
    "--target price,size --drop note --drop b --kind town=categorical --kind a=b=numeric --task regression "
    "--hidden 5,4 --activation tanh,relu --loss huber --initialiser he --optimizer momentum --learning-rate 0.01 "
    "--schedule cosine --batch-size 8 --l2 0.5 --iterations 3 --time-limit 30 --target-error 1e-9 --patience 2 "
    "--no-plateau-stop --validation 0.25 --no-refit --no-scale --seed 7 --dtype float32 --out there "
    "--restarts 3 --finish lbfgs --separator ; --decimal , --encoding cp1252 --header"
)
ASKED = Settings(
    target=["price", "size"],
    drop=["note", "b"],
    kinds={"town": "categorical", "a=b": "numeric"},
    task="regression",
    hidden=[5, 4],
    activation=["tanh", "relu"],
    loss="huber",
    initialiser="he",
    optimizer="momentum",
    learning_rate=0.01,
    schedule="cosine",
    batch_size=8,
    l2=0.5,
    iterations=3,
    time_limit=30.0,
    target_error=1e-9,
    patience=2,
    plateau_stop=False,
    validation=0.25,
    refit=False,
    scale=False,
    seed=7,
    dtype="float32",
    restarts=3,
    finish="lbfgs",
)


def test_every_flag_reaches_the_training(monkeypatch):
    calls = []

    def train(source, settings, **options):
        del options["audience"]  # who is told of the training
        calls.append((source, settings, options))
        raise FalllineError("enough")

    monkeypatch.setattr("fallline.training.training.train", train)
    refused("train", "t.csv", *FLAGS.split(), "--quiet")
    reading = {"separator": ";", "decimal": ",", "encoding": "cp1252", "header": True}
    assert calls.pop() == (Path("t.csv"), ASKED, {"out": Path("there"), "reading": reading})
    refused("train", "t.csv", "--shape", "3,4,1", "--refit", "--no-header", "--plateau-stop", "--scale", "--quiet")
    unread = {"separator": None, "decimal": None, "encoding": None, "header": False}
    assert calls.pop() == (Path("t.csv"), Settings(shape=[3, 4, 1], refit=True), {"out": None, "reading": unread})


def test_every_flag_is_obeyed():
    rows = [f"{k}{k};{1 + k % 3};x;{k};{k},5;{-k},25" for k in range(40)]
    written("älter;town;note;b;price;size\n".encode("cp1252") + "\n".join(rows).encode("cp1252"))
    flags = FLAGS.replace("--kind a=b=numeric", "").replace(
        "--finish lbfgs", ""
    )  # which would make iterations of its own
    found = one_object(done("train", "t.csv", *flags.split(), "--json").stdout)
    assert found["targets"] == ["price", "size"]
    assert (found["shape"], found["activations"]) == ([4, 5, 4, 2], ["tanh", "relu", "identity"])
    assert (found["loss"], found["optimizer"], found["l2"]) == ("huber", "momentum", 0.5)
    assert (found["iterations"], found["steps"], found["seed"], found["dtype"]) == (3, 12, 7, "float32")
    assert found["restarts"] == len(found["phases"]["training rows"]["restarts"]["minima"]) == 3
    assert (found["validation_rows"], list(found["phases"])) == (10, ["training rows"])
    assert found["model"] == "there/model.safetensors"
    stored = one_object(done("inspect", "there/model.safetensors", "--json").stdout)["preparation"]
    assert [column["name"] for column in stored["columns"]] == ["älter", "town", "note", "b", "price", "size"]
    assert stored["target_scales"] == [1.0, 1.0]


def test_a_second_run_gets_a_number_and_a_named_folder_is_not_reused():
    done("train", table(), *QUICK, "--quiet")
    assert done("train", "t.csv", *QUICK, "--quiet").stdout == "runs/t-2/model.safetensors\n"
    before = Path("runs/t/run.json").read_bytes()
    sentence = refused("train", "t.csv", *QUICK, "--out", "runs/t")
    assert sentence == "--out runs/t: there is a run already; name another folder, or move that one."
    assert Path("runs/t/run.json").read_bytes() == before


def test_an_overflow_exits_with_its_code_and_keeps_a_model():
    words = ("--optimizer", "gradient_descent", "--learning-rate", "1e9", "--activation", "identity", "--l2", "0")
    result = said("train", table(), *words, "--json")
    assert result.exit_code == 4
    assert one_object(result.stdout)["stop_reason"] == "not_finite"
    done("predict", "runs/t/model.safetensors", "t.csv")


# predict and inspect


def test_predictions_on_stdout_are_the_models(model):
    result = done("predict", model, "t.csv")
    assert pl.read_csv(io.StringIO(result.stdout)).equals(Model.load(model).predict("t.csv"))
    assert re.fullmatch(r"on 40 rows with a known target: price: RMSE \S+, R² \S+\n", result.stderr)


def test_predictions_of_classes_have_a_share_for_each():
    done("train", EXAMPLES / "iris.csv", *QUICK, "--out", "run", "--quiet")
    result = done("predict", "run/model.safetensors", EXAMPLES / "iris.csv")
    found = pl.read_csv(io.StringIO(result.stdout))
    assert found.columns == ["species", "P(setosa)", "P(versicolor)", "P(virginica)"]
    right = int((found["species"] == pl.read_csv(EXAMPLES / "iris.csv")["species"]).sum())
    assert (
        result.stderr == f"on 150 rows with a known target: {right} of 150 right, accuracy {100 * right / 150:.1f} %\n"
    )


def test_a_table_without_the_target_is_predicted_without_a_score(model):
    written("town,a\nRome,1.5\nOslo,2\n", "new.csv")
    result = done("predict", model, "new.csv")
    assert pl.read_csv(io.StringIO(result.stdout)).shape == (2, 1)
    assert result.stderr == ""


def test_predictions_as_json(model):
    found = one_object(done("predict", model, "t.csv", "--json").stdout)
    assert found["rows"] == 40 == len(found["predictions"])
    assert found["predictions"] == Model.load(model).predict("t.csv").to_dicts()
    assert found["score"].keys() == {"rmse", "mae", "r2"}
    written("town,a\nRome,1.5\n", "new.csv")
    assert one_object(done("predict", model, "new.csv", "--json").stdout)["score"] is None


def test_unseen_categories_are_noted_on_stderr(model):
    written("town,a\nLima,1.5\nOslo,2\n", "new.csv")
    result = done("predict", model, "new.csv")
    assert result.stderr.startswith("note: ")
    assert "Lima" in result.stderr
    assert "Lima" not in result.stdout
    assert done("predict", model, "new.csv", "--quiet").stderr == ""


def test_out_writes_a_file_and_replaces_none_unless_told(model):
    result = done("predict", model, "t.csv", "--out", "p.csv", "--quiet")
    assert (result.stdout, result.stderr) == ("", "")
    assert pl.read_csv("p.csv").equals(Model.load(model).predict("t.csv"))
    Path("p.csv").write_text("mine")
    sentence = refused("predict", model, "t.csv", "--out", "p.csv")
    assert sentence == "--out p.csv: there is a file already. Name another, or pass --overwrite."
    assert Path("p.csv").read_text() == "mine"
    done("predict", model, "t.csv", "--out", "p.csv", "--overwrite")
    assert pl.read_csv("p.csv").height == 40
    assert names() == ["p.csv", "run", "t.csv"]


def test_inspect_shows_what_the_model_holds(model):
    text = done("inspect", model).stdout
    assert f"written by Fallline {__version__}" in text
    assert "3-16-1, tanh, identity" in text
    assert "one-hot: 2 categories" in text
    found = one_object(done("inspect", model, "--json").stdout)
    assert (found["shape"], found["parameters"], found["dtype"]) == ([3, 16, 1], 81, "float64")
    assert (found["model"], found["written_by"]) == (model, __version__)


def test_version_and_help():
    assert done("--version").stdout == f"fallline {__version__}\n"
    for words in (["--help"], ["-h"], ["train", "--help"], ["predict", "-h"], ["inspect", "--help"]):
        assert "Usage" in done(*words).stdout


# refusals


BAD_TABLES = {
    "no file": (None, "t.csv: there is no such file in this folder."),
    "empty": ("", "t.csv: the file is empty."),
    "blank": (" \n\n", "t.csv: the file is empty."),
    "header only": ("a,b\n", "t.csv: there is only a header (a, b) and no row of values."),
    "one row": ("a,b\n1,2\n", "t.csv: there is only 1 row of values; a network needs at least two"),
    "ragged": ("a,b\n1,2\n3,4,5\n6,7\n", "t.csv, line 3: expected 2 fields as in the first row, found 3."),
    "no target cell": ("a,price\n1,\n2,\n3,\n", "target 'price': all cells are missing (column 2 of t.csv)."),
    "nothing but missing cells": ("a,y\n,1\n,2.5\n,4\n", "t.csv: no input column is left."),
    "infinities": ("a,y\n1,2\ninf,3\n4,5.5\n", "column 'a'"),
    "duplicate names": ("a,a,y\n1,2,3\n4,5,6.5\n", "t.csv: columns 1 and 2 are both named 'a'."),
    "binary": (bytes(range(256)) * 8, "t.csv: "),
    "constant target": ("a,y\n1,2\n2,2\n3,2\n", "target 'y': every row says 2"),
}


@pytest.mark.parametrize("name", BAD_TABLES)
def test_a_table_that_cannot_be_used_gets_a_sentence(name):
    content, sentence = BAD_TABLES[name]
    if content is not None:
        written(content)
    found = refused("train", "t.csv", "--iterations", "3")
    assert sentence in found
    assert re.search(r"[.)?]$", found)
    assert not Path("runs").exists()


def test_a_folder_gets_a_sentence():
    Path("tables").mkdir()
    table(name="tables/t.csv")
    assert refused("train", "tables") == "tables: this is a folder. Pass one of its files, for instance tables/t.csv."


def test_a_misspelt_file_gets_the_nearest():
    table(name="houses.csv")
    assert refused("train", "hauses.csv") == (
        "hauses.csv: there is no such file in this folder. Did you mean 'houses.csv'?"
    )


def test_a_misspelt_target_gets_the_nearest():
    sentence = refused("train", table(), "--target", "prise")
    assert (
        sentence
        == "t.csv: --target names column 'prise', not in this table. Did you mean 'price'? It has: a, town, price."
    )


def test_a_text_target_with_a_thousand_classes_gets_a_sentence():
    table(a=np.arange(2000) * 0.5, name_of=[f"name {k % 1000}" for k in range(2000)])
    assert refused("train", "t.csv", "--target", "name_of").startswith(
        "target 'name_of': 1,000 different texts (column 2 of t.csv), more than the 200 classes"
    )


USAGE = [
    (["--iterations", "many"], "iterations"),
    (["--seed", "1.5"], "seed"),
    (["--learning-rate", "fast"], "learning-rate"),
    (["--nonsense"], "nonsense"),
    (["--batch-size"], "batch-size"),
]


@pytest.mark.parametrize(("words", "flag"), USAGE, ids=[" ".join(words) for words, _ in USAGE])
def test_words_that_are_none_exit_with_the_usage_code(words, flag):
    result = said("train", table(), *words)
    assert result.exit_code == 2
    assert flag in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("--shape a,b", "--shape a,b: expected whole numbers with commas, such as 10,16,1."),
        ("--shape 3,2.5,1", "--shape 3,2.5,1: expected whole numbers with commas, such as 10,16,1."),
        ("--hidden 4;4", "--hidden 4;4: expected whole numbers with commas, such as 10,16,1."),
        ("--shape 9,1", "--shape 9,1: this table needs 3 inputs and 1 output"),
        ("--hidden 0", "shape [3, 0, 1]: expected at least two sizes of 1 or more"),
        ("--hidden -3", "shape [3, -3, 1]: expected at least two sizes of 1 or more"),
        ("--activation tang", "activation 'tang': there is none of that name; did you mean 'tanh'?"),
        ("--loss mse", "loss 'mse': there is none of that name"),
        ("--initialiser golrot", "initialiser 'golrot': there is none of that name; did you mean 'glorot'?"),
        ("--optimizer admm", "optimizer 'admm': there is none of that name; did you mean 'adam'?"),
        ("--optimizer rprop --batch-size 2", "batch size 2: rprop compares the signs of successive gradients"),
        ("--learning-rate -1", "learning rate -1.0: expected a number above 0, such as 0.01."),
        ("--learning-rate nan", "learning rate nan: expected a number above 0, such as 0.01."),
        ("--schedule linear --iterations 5", "--schedule linear: there are constant, step, cosine, plateau."),
        ("--l2 nan", "--l2 nan: expected a number of 0 or more."),
        ("--l2 -1", "--l2 -1.0: expected a number of 0 or more."),
        ("--batch-size 0", "batch size 0: expected a number of rows, 1 or more."),
        ("--validation 2", "--validation 2: expected a fraction from 0 to 0.9."),
        ("--validation nan", "--validation nan: expected a fraction from 0 to 0.9."),
        ("--iterations -1", "iterations -1: expected a number of 0 or more."),
        ("--time-limit nan", "time limit nan: expected a number of 0 or more."),
        ("--target-error -1", "target error -1.0: expected a number of 0 or more."),
        ("--patience 0", "patience 0: expected a number of 1 or more."),
        ("--seed -1", "--seed -1: expected a whole number of 0 or more."),
        ("--restarts 0", "--restarts 0: expected a number of starts, 1 or more."),
        ("--finish lbfsg", "optimizer 'lbfsg': there is none of that name; did you mean 'lbfgs'?"),
        ("--finish adam", "--finish adam: that is what the finish goes beyond; there are lbfgs"),
        ("--task cluster", "--task cluster: expected one of regression, binary, multiclass."),
        ("--task binary", "target 'price': "),
        ("--kind x", "--kind: expected COLUMN=KIND, such as --kind zip=categorical."),
        ("--kind a=number", "--kind a=number: expected one of numeric, boolean, categorical, date, drop."),
        ("--kind z=numeric", "t.csv: --kind names column 'z', not in this table."),
        ("--drop z", "t.csv: --drop names column 'z', not in this table."),
        ("--drop price --target price", "'price' is both the target and dropped. Choose one of the two."),
        ("--target price,price", "--target: a column is named twice (price, price)."),
        ("--target ,", "--target: expected at least one column."),
        ("--separator ab", "--separator ab: expected one character, or one of comma, semicolon, tab"),
        ("--decimal x", "--decimal x: expected a point or a comma."),
        ("--encoding klingon", "klingon"),
        ("--dtype int8", "dtype int8: expected float32 or float64."),
    ],
)
def test_flags_that_make_no_sense_get_a_sentence(words, sentence):
    assert sentence in refused("train", table(), *words.split())


def test_a_dtype_that_is_none_gets_a_sentence():
    refused("train", table(), "--dtype", "nonsense")


def test_a_network_that_does_not_fit_into_memory_gets_a_sentence():
    refused("train", table(), "--hidden", "1000000000000")
    assert names() == ["t.csv"]


def test_numbers_that_overflow_unscaled_get_a_sentence_or_an_exit_code():
    table(a=RNG.normal(size=40) * 1e160, b=RNG.normal(size=40), y=RNG.normal(size=40) * 1e160)
    assert said("train", "t.csv", "--no-scale", "--iterations", "3").exit_code in (0, 3, 4)


def test_after_a_refusal_the_same_folder_can_be_named_again():
    refused("train", table(), *QUICK, "--initialiser", "golrot", "--out", "run")
    done("train", "t.csv", *QUICK, "--out", "run")


@pytest.mark.parametrize("name", ["speed [m/s]", "[/b]"])
def test_columns_are_called_by_their_names(name):
    table(**{name: RNG.normal(size=40), "y": RNG.normal(size=40)})
    assert name in done("train", "t.csv", *QUICK).stderr


def test_unseen_categories_are_called_by_their_names(model):
    written("town,a\n[/i],1.5\nOslo,2\n", "new.csv")
    assert "[/i]" in done("predict", model, "new.csv").stderr


def test_colons_in_a_sentence_are_as_they_are():
    assert refused("train", ":smile:.csv") == ":smile:.csv: there is no such file in this folder."


def test_names_in_a_sentence_are_as_they_are():
    assert refused("train", "[bold]x[/b].csv") == (
        "[bold]x[/b].csv: there is no such file, nor the folder [bold]x[. Check the path."
    )


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("town,b\nRome,1\n", "new.csv: the model needs column 'a', not in this table."),
        ("x\n1\n", "new.csv: the model needs columns 'a', 'town', not in this table."),
        ("town,a\nRome,high\n", "new.csv"),
        ("", "new.csv: the file is empty."),
        (b"\x00\x01\x02\xff" * 99, "new.csv: "),
    ],
    ids=["a column missing", "all missing", "a text for a number", "empty", "binary"],
)
def test_a_table_that_does_not_fit_the_model_gets_a_sentence(content, sentence, model):
    written(content, "new.csv")
    assert sentence in refused("predict", model, "new.csv")


@pytest.mark.parametrize("command", ["predict", "inspect"])
@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "m.safetensors: there is no such file. Name the model.safetensors of a run."),
        (b"", "m.safetensors: the file is empty (0 bytes), not a model."),
        (b"a,b\n1,2\n", "m.safetensors: not a model file, or a damaged or truncated one ("),
    ],
    ids=["no file", "0 bytes", "a table"],
)
def test_a_model_that_is_none_gets_a_sentence(content, sentence, command):
    if content is not None:
        written(content, "m.safetensors")
    words = [table()] if command == "predict" else []
    assert refused(command, "m.safetensors", *words).startswith(sentence)


@pytest.mark.parametrize("out", ["t.csv/p.csv", "folder", "n" * 300])
def test_predictions_that_cannot_be_written_get_a_sentence(out, model):
    Path("folder").mkdir()
    refused("predict", model, "t.csv", "--out", out, "--overwrite")


def test_a_full_disk_gets_a_sentence(monkeypatch):
    def full(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    refused("train", table(), *QUICK)


CELLS = st.one_of(
    st.sampled_from(
        ["", "1", "2.5", "-3e8", "nan", "inf", "yes", "no", "2020-01-01", '"', "[/b]", "a b", "é", "1,5", "0"]
    ),
    st.text(max_size=4),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.one_of(
        st.binary(max_size=80),
        st.tuples(st.sampled_from(",;\t| "), st.lists(st.lists(CELLS, min_size=1, max_size=4), max_size=8)).map(
            lambda drawn: "\n".join(drawn[0].join(row) for row in drawn[1]).encode("utf-8", "replace")
        ),
        st.tuples(st.integers(1, 4), st.lists(CELLS, min_size=4, max_size=40)).map(
            lambda drawn: "\n".join(
                ",".join(drawn[1][k : k + drawn[0]]) for k in range(0, len(drawn[1]) - drawn[0] + 1, drawn[0])
            ).encode("utf-8", "replace")
        ),
    )
)
def test_any_bytes_give_a_model_or_a_sentence(content):
    written(content)
    result = said("train", "t.csv", "--iterations", "3", "--hidden", "2", "--l2", "0.1", "--quiet")
    assert result.exit_code in (0, 2, 3)
    assert result.stderr.startswith("error: ") == (result.exit_code == 3)


# the real program


def program(*words, **options):
    environment = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR")}
    command = [sys.executable, "-c", "from fallline.cli import main; main()", *map(str, words)]
    return subprocess.Popen(
        command,
        stdout=options.pop("stdout", subprocess.PIPE),
        stderr=subprocess.PIPE,
        text=True,
        env=environment | options.pop("env", {}),
    )


@pytest.mark.parametrize("env", [{}, {"NO_COLOR": "1"}], ids=["no terminal", "NO_COLOR"])
def test_the_program_trains_and_writes_plain_text(env):
    out, err = (process := program("train", table(), *QUICK, env=env)).communicate(timeout=60)
    assert process.returncode == 0
    assert "\x1b" not in out + err
    assert out.rstrip().endswith("model  runs/t/model.safetensors")


def test_the_program_is_installed_under_its_name():
    found = subprocess.run([Path(sys.executable).with_name("fallline"), "--version"], capture_output=True, text=True)
    assert (found.returncode, found.stdout, found.stderr) == (0, f"fallline {__version__}\n", "")


def test_the_program_ends_with_a_sentence_and_without_a_traceback():
    out, err = (process := program("train", "none.csv")).communicate(timeout=60)
    assert (process.returncode, out) == (3, "")
    assert err == "error: none.csv: there is no such file in this folder.\n"


def test_a_reader_that_has_left_is_no_error(model):
    read, write = os.pipe()
    os.close(read)
    process = program("predict", model, "t.csv", "--quiet", stdout=write)
    os.close(write)
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")


@pytest.mark.parametrize("optimizer", ["lbfgs", "adam"])
def test_ctrl_c_ends_the_program_with_a_whole_run(optimizer):
    words = ["--optimizer", optimizer, "--l2", "0", "--no-plateau-stop", "--hidden", "64", "--json"]
    process = program("train", EXAMPLES / "diabetes.csv", *words, "--time-limit", "100")
    metrics = Path("runs/diabetes/metrics.jsonl")
    until = time.monotonic() + 40
    while time.monotonic() < until and not (metrics.exists() and metrics.read_text().count("\n") > 2):
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 130, err
    assert "Traceback" not in err
    found = one_object(out)
    assert found["stop_reason"] == "interrupted"
    assert found["iterations"] > 0
    assert names("runs/diabetes") == [name for name in WHOLE if name != "verdict.json"]
    assert found.pop("verdict") is None
    assert found == one_object(Path("runs/diabetes/run.json").read_text())
    assert Model.load(found["model"]).predict(EXAMPLES / "diabetes.csv").height == 442
    lines = [one_object(line) for line in metrics.read_text().splitlines()]
    assert [line["iteration"] for line in lines] == list(range(found["iterations"] + 1))


def test_every_training_ends_in_a_verdict_which_explain_shows_again():
    trained = done("train", EXAMPLES / "xor.csv", "--hidden", "3", "--quiet", "--out", "run")
    assert trained.stdout.strip() == str(Path("run") / "model.safetensors")
    assert json.loads(Path("run/verdict.json").read_text())["judgement"] == "finished"
    told = done("explain", "run").stdout
    assert told.startswith("verdict")
    assert "Finished: the error is" in " ".join(told.split())
    assert "the error is made of" in told
    again = json.loads(done("explain", "run", "--json", "--seconds", "2", "--no-trials").stdout)
    assert again["judgement"] == "finished"
    assert again["trials"] == []


def test_a_run_that_was_cut_short_is_slow_and_says_what_to_do():
    words = ("--hidden", "4", "--optimizer", "gradient_descent", "--learning-rate", "0.5", "--iterations", "150")
    told = " ".join(done("train", EXAMPLES / "xor.csv", *words, "--out", "run").stdout.split())
    assert "verdict" in told
    assert json.loads(Path("run/verdict.json").read_text())["judgement"] in ("slow", "stuck")
    assert "remedy" in told


def test_no_verdict_is_made_where_none_is_wanted():
    done("train", EXAMPLES / "xor.csv", *QUICK, "--no-verdict", "--quiet", "--out", "run")
    assert "verdict.json" not in names("run")
    assert json.loads(done("explain", "run", "--json", "--no-trials").stdout)["schema"] == 1
    assert "verdict.json" in names("run")


def test_explaining_what_is_no_run_is_a_sentence():
    Path("empty").mkdir()
    assert "there is no run in it" in refused("explain", "empty")
    assert "there is no such folder" in refused("explain", "nowhere")
    assert "expected a number above 0" in refused("explain", _trained(), "--seconds", "0")


def _trained():
    done("train", EXAMPLES / "xor.csv", *QUICK, "--no-verdict", "--quiet", "--out", "trained")
    return "trained"
