"""Pictures on the command line, in notebooks, and at the end of a training."""

from __future__ import annotations

import shutil
import sys
import time
from dataclasses import replace

import pytest
from typer.testing import CliRunner

import fallline
from fallline import cli
from fallline.report.text import summary

from .terminal import shown, words

CURVE = "training error, log scale"


def said(*arguments):
    result = CliRunner().invoke(cli.app, [str(word) for word in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def test_plot_writes_one_figure_and_says_where(slow, tmp_path):
    result = said("plot", slow.folder, "--figure", "budget", "--out", tmp_path / "x.svg")
    assert result.exit_code == 0
    assert result.stdout.strip() == str(tmp_path / "x.svg")
    assert "<svg" in (tmp_path / "x.svg").read_text()


def test_plot_writes_all_figures_into_a_folder(xor, tmp_path):
    result = said("plot", xor.folder, "--figure", "all", "--out", tmp_path / "pictures")
    written = [line.rpartition("/")[2] for line in result.stdout.split()]
    assert written == [f"{name}.png" for name in fallline.figures(xor.folder).drawn]
    assert sorted(path.name for path in (tmp_path / "pictures").iterdir()) == sorted(written)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--figure", "residuals"], "figure 'residuals': classes have no residuals; see the figure 'confusion'."),
        (["--figure", "resid"], "figure 'resid': there is none of that name; did you mean 'residuals'?"),
        (["--out", "x.bmp"], "x.bmp: a figure can be written as .png, .svg, .html, .pdf."),
    ],
)
def test_plot_refuses_with_a_sentence(xor, options, sentence):
    result = said("plot", xor.folder, *options)
    assert result.exit_code == 3
    assert result.stdout == ""
    assert sentence in " ".join(result.stderr.split())


def test_report_writes_the_page_and_says_where(xor, tmp_path):
    folder = shutil.copytree(xor.folder, tmp_path / "run")
    (folder / "report.html").unlink(missing_ok=True)
    result = said("report", folder)
    assert result.stdout.strip() == str(folder / "report.html")
    assert (folder / "report.html").exists()


def test_report_refuses_a_folder_without_a_run(tmp_path):
    result = said("report", tmp_path)
    assert result.exit_code == 3
    assert "there is no run in it" in " ".join(result.stderr.split())


def test_train_writes_a_report_where_it_is_asked_to(xor, tmp_path):
    result = said("train", xor.table, "--hidden", "3", "--out", tmp_path / "run", "--report", "--no-verdict")
    assert result.exit_code == 0
    assert (tmp_path / "run" / "report.html").exists()
    assert "page" + str(tmp_path / "run" / "report.html") in "".join(result.stdout.split())


def test_a_short_training_says_how_to_write_one(xor, tmp_path):
    result = said("train", xor.table, "--hidden", "3", "--out", tmp_path / "run", "--no-verdict")
    assert not (tmp_path / "run" / "report.html").exists()
    assert f"pagefalllinereport{tmp_path / 'run'}writesone" in "".join(result.stdout.split())
    assert CURVE in result.stdout


def test_a_long_training_writes_one_by_itself_if_what_draws_is_there(xor, tmp_path, monkeypatch):
    def trained(name, *options):
        said("train", xor.table, "--hidden", "3", "--out", tmp_path / name, "--no-verdict", "--quiet", *options)
        return (tmp_path / name / "report.html").exists()

    monkeypatch.setattr(cli, "WORTH_A_REPORT", 0.0)
    assert trained("a")
    assert not trained("b", "--no-report")
    monkeypatch.setattr(cli, "_drawn", lambda: False)
    assert not trained("c")


def test_a_training_whose_report_fails_is_kept(xor, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "altair", None)
    result = said("train", xor.table, "--hidden", "3", "--out", tmp_path / "run", "--report", "--no-verdict")
    assert result.exit_code == 0
    assert "no report: a report needs the extra 'plot'" in " ".join(result.stderr.split())
    assert (tmp_path / "run" / "model.safetensors").exists()


def test_explain_shows_the_verdict_and_then_the_curve(slow):
    text = said("explain", slow.folder).stdout
    assert text.startswith("verdict")
    assert text.index("the error is made of") < text.index(CURVE)


def test_the_summary_has_the_curve(slow):
    lines = shown(summary(slow.run), 80)
    (place,) = [number for number, line in enumerate(lines) if CURVE in line]
    errors = slow.run.phases["training rows"].history.column("train_error")
    assert lines[place - 5].split()[0] == f"{errors.max():.3g}"
    assert lines[place - 1].split()[0] == f"{errors.min():.3g}"
    assert lines[place].endswith("600 iterations")


def test_a_notebook_shows_a_run_in_words_with_its_descent(slow):
    bundle = slow.run._repr_mimebundle_()
    assert "on 40 validation rows" in bundle["text/plain"]
    assert words(summary(slow.run))[:60] in " ".join(bundle["text/plain"].split())
    assert bundle["text/html"].startswith("<pre")
    assert bundle["text/html"].count("<svg") == 1
    assert 'role="img"' in bundle["text/html"]


def test_a_notebook_shows_a_verdict_in_words_with_its_budget(slow):
    bundle = slow.verdict._repr_mimebundle_()
    assert slow.verdict.judgement.title in bundle["text/plain"]
    assert bundle["text/html"].count("<svg") == 2  # the trials too


def test_a_notebook_shows_a_figure_as_a_picture(xor):
    bundle = xor.run.figures["descent"]._repr_mimebundle_()
    assert bundle["image/svg+xml"].startswith("<svg")
    assert bundle["text/plain"].startswith("The descent. The error over")


def test_without_the_extra_a_notebook_shows_the_words_and_says_what_is_missing(slow, monkeypatch):
    monkeypatch.setitem(sys.modules, "altair", None)
    html = replace(slow.run)._repr_mimebundle_()["text/html"]
    assert "<svg" not in html
    assert "pip install &#x27;fallline[plot]&#x27;" in html
    assert html.startswith("<pre")


@pytest.mark.slow
def test_a_run_of_a_million_records_is_drawn_in_seconds(slow, tmp_path):
    folder = shutil.copytree(slow.folder, tmp_path / "long")
    with (folder / "metrics.jsonl").open("w") as file:
        for i in range(1_000_000):
            file.write(f'{{"phase": "training rows", "iteration": {i}, "train_error": {1.0 / (i + 1)}}}\n')
    began = time.perf_counter()
    figure = fallline.figures(folder)["descent"]
    assert time.perf_counter() - began < 20.0
    assert "of 1,000,000 points" in figure.notes[0]
