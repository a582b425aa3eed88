"""Each figure shows the numbers of its run, whether the run is in memory or in its folder."""

from __future__ import annotations

import json
import math
import shutil
import sys
from dataclasses import replace

import numpy as np
import pytest

import fallline
from fallline import FalllineError, Settings
from fallline.diagnosis.measurements import Measurements
from fallline.diagnosis.runs import subject_of_run
from fallline.engine import reference
from fallline.report.figures import FIGURES, NotDrawnError
from fallline.report.figures.confusion import confusion
from fallline.training.run_directory import METRICS

from .specifications import column, layers, rows

DRAWN = {
    "slow": {"descent", "budget", "gradients", "saturation", "weights", "spectrum", "residuals", "surface", "trials"},
    "classes": {"descent", "budget", "gradients", "saturation", "weights", "spectrum", "confusion"},
    "xor": {"descent", "budget", "gradients", "saturation", "weights", "spectrum", "confusion", "surface"},
}


@pytest.mark.parametrize("name", DRAWN)
def test_a_run_has_its_figures_in_memory_and_in_its_folder_alike(name, request):
    of = request.getfixturevalue(name)
    here, there = fallline.figures(of.run).drawn, fallline.figures(of.folder).drawn
    assert set(here) - {"trials"} == set(there) - {"trials"} == DRAWN[name] - {"trials"}
    for each in here:
        if each != "descent":  # metrics.jsonl may hold more records than the history in memory
            assert here[each].alternative == there[each].alternative


@pytest.mark.parametrize("name", FIGURES)
@pytest.mark.parametrize("width", [344, 700])
def test_a_figure_is_as_wide_as_asked_for_says_what_it_shows_and_needs_no_network(name, width, slow, classes):
    figure = fallline.figures((classes if name == "confusion" else slow).folder).draw(name, width)
    svg = figure.svg(titled=False)
    assert float(svg.split('width="')[1].split('"')[0]) <= width + 12.0  # and the padding
    assert len(svg) < 700_000
    assert figure.alternative.endswith(".")
    assert len(figure.alternative) > 40
    assert "url" not in json.dumps(figure.to_dict()["datasets"])
    assert figure.to_dict()["description"] == figure.alternative


def test_the_descent_has_every_record_of_the_run(slow):
    figure = fallline.figures(slow.run)["descent"]
    drawn = rows(figure, "error", "line")
    history = slow.run.descent.history
    for line, quantity in (("training rows", "train_error"), ("validation rows", "validation_error")):
        assert column(drawn, "iteration", line=line) == history.column("iteration").tolist()
        assert column(drawn, "error", line=line) == history.column(quantity).tolist()
    curve = next(layer for layer in layers(figure.to_dict()) if layer["mark"]["type"] == "line")
    assert curve["encoding"]["y"]["scale"]["type"] == "log"
    assert f"from {history.records[0].train_error:.4g} to {history.records[-1].train_error:.4g}" in figure.alternative
    assert column(rows(figure, "words"), "words") == ["stop: iteration limit"]
    assert column(rows(figure, "words"), "iteration") == [600]
    assert figure.notes == []


def test_the_weights_that_were_kept_are_marked(classes):
    figure, descent = fallline.figures(classes.run)["descent"], classes.run.descent
    assert descent.kept_iteration < descent.iterations - 10, "the example stops early"
    (place,) = [
        table for table in figure.to_dict()["datasets"].values() if table and set(table[0]) == {"iteration", "error"}
    ]
    assert place[0]["iteration"] == descent.kept_iteration
    assert place[0]["error"] == pytest.approx(descent.validation_error, rel=1e-6)
    assert f"The weights of iteration {descent.kept_iteration:,} were kept." in figure.alternative


def test_the_second_descent_on_all_rows_is_drawn_behind_the_first(tmp_path):
    X = np.random.default_rng(2).normal(size=(60, 2))
    run = fallline.train(
        {"a": X[:, 0], "b": X[:, 1], "y": X[:, 0] * X[:, 1]}, Settings(iterations=40, l2=0.01), save=False
    )
    drawn = rows(run.figures["descent"], "error", "line")
    again = run.phases["all rows"].history.column("train_error").tolist()
    assert column(drawn, "error", line="all rows, once more") == again


def test_a_long_run_is_thinned_to_5000_points_and_the_figure_says_so(slow, tmp_path):
    folder = shutil.copytree(slow.folder, tmp_path / "long")
    errors = 1.0 / np.arange(1.0, 200_001.0)
    errors[123_456] = 7.0
    record = {"phase": "training rows", "steps": 0, "seconds": 0.0, "validation_error": None, "gradient_norm": 1.0}
    with (folder / METRICS).open("w") as file:
        for i, error in enumerate(errors.tolist()):
            file.write(json.dumps(record | {"iteration": i, "train_error": error, "step_size": None}) + "\n")
    figure = fallline.figures(folder)["descent"]
    drawn = rows(figure, "error", "line")
    assert len(drawn) <= 5_000
    assert {"iteration": 123_456, "error": 7.0, "line": "training rows"} in drawn
    assert drawn[0]["iteration"] == 0
    assert drawn[-1]["iteration"] == 199_999
    (note,) = figure.notes
    assert note == f"Thinned: {len(drawn):,} of 200,000 points, of each stretch the lowest and the highest."
    assert note in figure.to_dict()["title"]["subtitle"]


def test_plateaus_are_shaded(slow, tmp_path):
    folder = shutil.copytree(slow.folder, tmp_path / "flat")
    errors = np.concatenate([np.full(300, 0.5), np.geomspace(0.5, 1e-3, 300)])
    with (folder / METRICS).open("w") as file:
        for i, error in enumerate(errors.tolist()):
            file.write(json.dumps({"phase": "training rows", "iteration": i, "train_error": error}) + "\n")
    figure = fallline.figures(folder)["descent"]
    (shade,) = rows(figure, "to")
    assert shade["iteration"] == 0
    assert shade["to"] == pytest.approx(300, abs=30)
    assert "It stood still from iteration 0 to" in figure.alternative
    marks = [layer["mark"] for layer in layers(figure.to_dict())]
    assert any(mark["type"] == "rect" for mark in marks)
    assert any(mark.get("text") == "plateau" for mark in marks)


def test_errors_of_zero_are_left_out_of_a_logarithmic_axis_and_counted(slow, tmp_path):
    folder = shutil.copytree(slow.folder, tmp_path / "zero")
    with (folder / METRICS).open("w") as file:
        for i, error in enumerate([1.0, 0.1, 0.01, 0.0]):
            file.write(json.dumps({"phase": "training rows", "iteration": i, "train_error": error}) + "\n")
    figure = fallline.figures(folder)["descent"]
    assert column(rows(figure, "error", "line"), "error") == [1.0, 0.1, 0.01]
    assert figure.notes == ["1 error of 0 or below has no place on a logarithmic axis."]


def test_the_budgets_bar_is_as_long_as_the_error(slow):
    figure, budget = slow.verdict.figures["budget"], slow.verdict.budget
    bars = rows(figure, "from", "to")
    assert bars[0]["from"] == 0.0
    assert bars[-1]["to"] == pytest.approx(budget.error, rel=1e-12)
    parts = {name: value for name, value in budget.parts.items() if value > 0.0}
    assert [row["part"].split(":")[0] for row in bars] == list(parts)
    assert [row["to"] - row["from"] for row in bars] == pytest.approx(list(parts.values()))
    for value in parts.values():
        assert f"{value:.4g}" in figure.alternative


def test_the_layers_gradients_are_those_of_the_weights_and_add_up_to_the_recorded_norm(slow):
    drawn, history = rows(slow.run.figures["gradients"], "layer", "value"), slow.run.descent.history
    subject = subject_of_run(slow.run)
    layers_drawn = ["layer 1 (tanh)", "output (identity)"]
    recorded = dict(zip(history.column("iteration"), history.column("gradient_norm"), strict=True))
    iterations = column(drawn, "iteration", layer=layers_drawn[0])
    assert len(iterations) >= 30
    assert iterations[-1] == slow.run.descent.kept_iteration
    for number, iteration in enumerate(iterations[:-1]):
        norm = math.hypot(*(column(drawn, "value", layer=name)[number] for name in layers_drawn))
        assert norm == pytest.approx(recorded[iteration + 1], rel=1e-4)  # which is that of the weights before the step
    measured = Measurements(subject)
    last = [np.linalg.norm(W) for W in subject.network.architecture.layers(measured.gradient)]
    assert [column(drawn, "value", layer=name)[-1] for name in layers_drawn] == pytest.approx(last, rel=1e-9)


def test_saturation_counts_flat_answers_and_dead_relu_units(classes):
    figure, subject = classes.run.figures["saturation"], subject_of_run(classes.run)
    drawn = rows(figure, "layer", "value")
    assert {row["layer"] for row in drawn} == {"layer 1 (tanh)", "layer 2 (relu)"}
    network = subject.network
    trace = reference.forward(network.architecture, network.parameters, subject.training.block(0, 10_000)[0])
    flat = (1.0 - np.square(np.tanh(trace[0].z)) < 0.05).mean()
    dead = (trace[1].z <= 0.0).all(axis=0).mean()
    kept = classes.run.descent.kept_iteration
    for layer, share in (("layer 1 (tanh)", flat), ("layer 2 (relu)", dead)):
        (value,) = column(drawn, "value", layer=layer, iteration=kept)
        assert value == pytest.approx(share)


def test_a_network_without_flat_ends_has_no_saturation():
    X = np.random.default_rng(1).normal(size=(30, 2))
    settings = Settings(hidden=[3], activation="leaky_relu", iterations=5, l2=0.0)
    run = fallline.train({"a": X[:, 0], "b": X[:, 1], "y": X.sum(axis=1)}, settings, save=False)
    with pytest.raises(NotDrawnError, match="no layer has an activation with flat ends"):
        run.figures["saturation"]


def test_the_spectrum_is_that_of_the_hessian(slow):
    measured = Measurements(subject_of_run(slow.run))
    size = measured.architecture.parameter_count
    X, y = measured.X, measured.y
    columns = [
        reference.hessian_vector_product(measured.architecture, measured.parameters, X, y, e) for e in np.eye(size)
    ]
    eigenvalues = np.linalg.eigvalsh(np.array(columns))[::-1]
    drawn = rows(slow.run.figures["spectrum"], "place", "kind")
    assert column(drawn, "value") == pytest.approx(eigenvalues, rel=1e-6, abs=1e-8 * abs(eigenvalues).max())
    largest = abs(eigenvalues).max()
    down = int((eigenvalues < -1e-8 * largest).sum())
    assert column(drawn, "kind").count("curves down") == down
    assert down == 0 or f"{down} of {size} directions: curves down" in slow.run.figures["spectrum"].alternative


def test_the_spectrum_of_a_large_network_is_an_estimate_and_says_so():
    rng = np.random.default_rng(3)
    X = rng.normal(size=(80, 4))
    settings = Settings(hidden=[40, 12], iterations=20, l2=0.0, refit=False)
    run = fallline.train({**{f"x{k}": X[:, k] for k in range(4)}, "y": X[:, 0] * X[:, 1]}, settings, save=False)
    measured = Measurements(subject_of_run(run))
    assert measured.architecture.parameter_count > 400
    figure = run.figures["spectrum"]
    drawn = rows(figure, "place", "kind")
    assert column(drawn, "value")[0] == pytest.approx(measured.spectrum.highest.value, rel=1e-3)
    assert all(0.0 <= place <= measured.architecture.parameter_count for place in column(drawn, "place"))
    assert figure.notes[0].startswith(f"Estimated from {len(drawn):,} products")


def test_the_residuals_are_those_of_the_score(slow):
    figure, score = slow.run.figures["residuals"], slow.run.scores["validation"]
    drawn = rows(figure, "predicted", "residual")
    assert len(drawn) == len(slow.run.prepared.validation_rows)
    assert np.sqrt(np.square(column(drawn, "residual")).mean()) == pytest.approx(score["rmse"][0], rel=1e-9)
    assert f"root mean square {score['rmse'][0]:.4g}" in figure.alternative


def test_several_targets_have_a_picture_each():
    rng = np.random.default_rng(3)
    X = rng.normal(size=(60, 2))
    table = {"a": X[:, 0], "b": X[:, 1], "u": X[:, 0] * 10.0, "v": X[:, 1] ** 2}
    run = fallline.train(table, Settings(target=["u", "v"], iterations=10, l2=0.0), save=False)
    figure = run.figures["residuals"]
    assert len(figure.to_dict()["vconcat"]) == 2
    for name, rmse in zip("uv", run.scores["validation"]["rmse"], strict=True):
        assert f"'{name}': root mean square {rmse:.4g}" in figure.alternative


def test_a_confusion_matrix_counts_who_is_taken_for_whom():
    matrix = confusion(np.array([0, 1, 1, 2, 0]), np.array([0, 1, 2, 2, 2]), 3)
    assert matrix.tolist() == [[1, 0, 0], [0, 1, 0], [1, 1, 1]]


def test_the_confusion_has_as_many_mistakes_as_the_score(classes):
    figure, score = classes.run.figures["confusion"], classes.run.scores["validation"]
    drawn = rows(figure, "class", "taken for")
    judged = len(classes.run.prepared.validation_rows)
    assert len(drawn) == 9
    assert sum(column(drawn, "rows")) == judged
    assert sum(column(drawn, "rows", right="wrong")) == score["wrong"]
    assert f"On {judged} validation rows {judged - score['wrong']} of {judged} are right." in figure.alternative
    for row in drawn:  # a mistake that was never made is left blank
        assert row["label"] == ("" if row["right"] == "wrong" and not row["rows"] else str(row["rows"]))


def test_the_surface_is_what_the_network_answers_in_the_tables_units(slow):
    figure, run = slow.run.figures["surface"], slow.run
    cells, dots = rows(figure, "x2", "answer"), rows(figure, "x", "y", "answer", without=["x2"])
    middle = cells[len(cells) // 3]
    table = {"a": [(middle["x"] + middle["x2"]) / 2.0], "b": [(middle["y"] + middle["y2"]) / 2.0]}
    assert run.model.predict(table)["y"][0] == pytest.approx(middle["answer"], rel=1e-6)
    assert min(row["x"] for row in cells) < 34.5  # column a goes from 34 to 46
    a, b, y = (np.array(column(dots, name)) for name in ("x", "y", "answer"))
    assert len(y) == len(run.prepared.train_rows)
    assert y == pytest.approx(100.0 * np.sin(2.0 * (a - 40.0) / 3.0) * b, abs=1e-6)


@pytest.mark.parametrize(("name", "why"), [("residuals", "no residuals"), ("surface", "this network has 3")])
def test_a_figure_that_a_run_has_not_says_why(classes, name, why):
    with pytest.raises(NotDrawnError, match=f"figure '{name}': .*{why}"):
        classes.run.figures[name]


def test_the_trials_errors_are_drawn_pair_by_pair(slow):
    tried = [trial.to_dict() for trial in slow.verdict.trials if trial.errors]
    assert tried, "the example is slow enough for a remedy to be tried"
    figure = slow.verdict.figures["trials"]
    pairs = rows(figure, "remedy", "to")
    expected = []
    for trial in tried:
        on = "validation_" if trial["on_validation"] else ""
        expected += list(zip(trial[f"{on}control"], trial[f"{on}errors"], strict=True))
    assert [(row["error"], row["to"]) for row in pairs] == [pair for pair in expected if None not in pair]
    for trial in tried:
        assert trial["sentence"] in figure.alternative


def test_a_verdict_alone_draws_what_it_knows(slow):
    assert set(slow.verdict.figures.drawn) == {"budget", "trials"}


def test_a_run_that_was_not_examined_has_no_budget(slow, tmp_path):
    folder = shutil.copytree(slow.folder, tmp_path / "unexamined")
    (folder / "verdict.json").unlink()
    with pytest.raises(NotDrawnError, match="has not been examined"):
        fallline.figures(folder)["budget"]


def test_the_weights_lie_between_their_ends(slow):
    drawn = rows(slow.run.figures["weights"], "median", "when")
    W = slow.run.networks["training rows"].layers[0][:, :-1]
    (row,) = [row for row in drawn if row["layer"] == "layer 1 (tanh)" and row["when"] == "at the stop"]
    assert (row["low"], row["median"], row["high"]) == pytest.approx((W.min(), np.median(W), W.max()))
    assert [row["when"] for row in drawn] == ["at first", "at the stop"] * 2


def test_a_table_that_has_moved_can_be_named(slow, tmp_path):
    folder, moved = shutil.copytree(slow.folder, tmp_path / "run"), tmp_path / "elsewhere.csv"
    account = json.loads((folder / "run.json").read_text())
    account["asked"]["source"] = str(tmp_path / "gone.csv")
    (folder / "run.json").write_text(json.dumps(account))
    shutil.copy(slow.table, moved)
    with pytest.raises(FalllineError, match=r"gone\.csv"):
        fallline.figures(folder)["residuals"]
    assert fallline.figures(folder)["descent"].name == "descent"  # for which no table is needed
    assert fallline.figures(folder, table=moved)["residuals"].name == "residuals"


def test_a_run_of_an_earlier_version_shows_its_ends(slow):
    run = slow.run
    phases = {name: replace(descent, marks=None) for name, descent in run.phases.items()}
    figure = replace(run, phases=phases).figures["gradients"]
    assert column(rows(figure, "layer", "value"), "iteration", layer="layer 1 (tanh)") == [
        0,
        run.descent.kept_iteration,
    ]
    assert figure.notes == ["Of this run only the first weights and those at the stop are kept."]


def test_an_unknown_figure_is_refused_with_the_nearest_name(slow):
    with pytest.raises(FalllineError, match="figure 'residual': there is none of that name; did you mean 'residuals'"):
        slow.run.figures["residual"]


@pytest.mark.parametrize("missing", ["altair", "vl_convert"])
def test_without_the_extra_a_sentence_says_what_to_install(slow, missing, monkeypatch):
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(
        FalllineError, match=r"'plot' \(.* is not installed\)\. Install it with: pip install 'fallline\[plot\]'"
    ):
        fallline.figures(slow.folder)["descent"]


@pytest.mark.parametrize(
    ("ending", "begins"), [("png", b"\x89PNG"), ("svg", b"<svg"), ("html", b"<"), ("pdf", b"%PDF")]
)
def test_a_figure_is_written_as_its_name_says(slow, tmp_path, ending, begins):
    path = slow.run.figures["budget"].save(tmp_path / f"budget.{ending}")
    content = path.read_bytes()
    assert content.lstrip().startswith(begins)
    if ending == "html":
        assert b"cdn.jsdelivr" not in content
        assert b'src="http' not in content


def test_another_ending_is_refused(slow, tmp_path):
    with pytest.raises(FalllineError, match=r"a figure can be written as \.png, \.svg, \.html, \.pdf"):
        slow.run.figures["budget"].save(tmp_path / "budget.bmp")


def test_import_fallline_brings_nothing_that_draws():
    import subprocess

    code = "import fallline, sys; sys.exit(bool({'altair', 'vl_convert', 'jinja2', 'numpy'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
