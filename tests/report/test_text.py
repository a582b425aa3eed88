"""What the terminal says about a run and a model is what they are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import fallline
from fallline import Settings
from fallline.data import read_table
from fallline.report.text import before_training, model_in_words, network_in_words, score_in_words, summary
from fallline.training.stopping import StopReason

from .terminal import shown, words

RNG = np.random.default_rng(3)
N = 60
X = RNG.normal(size=(N, 2))
TABLE = {
    "a": X[:, 0],
    "b": X[:, 1],
    "row_id": np.arange(N) + 1,
    "price": 5e3 + 800.0 * X[:, 0] + 80.0 * RNG.normal(size=N),
    "size": X[:, 1],
    "colour": np.where(X[:, 0] + 0.5 * RNG.normal(size=N) > 0, "red", "blue"),
}


def trained(*targets, **asked):
    columns = {name: TABLE[name] for name in ("a", "b", "row_id", *targets)}
    options = {"target": list(targets), "iterations": 5, "l2": 0.25} | asked
    return fallline.train(columns, Settings(**options), save=False)


@pytest.fixture(scope="module")
def regression():
    return trained("price")


@pytest.fixture(scope="module")
def classes():
    return trained("colour", refit=False)


def test_the_summary_of_a_regression_has_its_numbers(regression):
    run, text = regression, words(summary(regression))
    assert "table the dict: 60 rows, 4 columns; target 'price' (regression)" in text
    assert "network 2-16-1, tanh, identity; 65 parameters, float64" in text
    assert (
        "descent lbfgs (all rows at each step: 48 rows), 5 iterations on training rows and 5 on all rows, "
        f"{run.seconds:.1f} s in all; penalty l2 0.25" in text
    )
    assert f"stopped {StopReason.ITERATION_LIMIT.text}. {StopReason.ITERATION_LIMIT.remedy}" in text
    assert "on 12 validation rows RMSE R²" in text
    for name, score in (
        ("this network", run.scores["validation"]),
        ("a linear model", run.baselines["linear"]),
        ("always the mean", run.baselines["constant"]),
    ):
        assert f"{name} {score['rmse'][0]:.4g} {score['r2'][0]:.3f}" in text
    loss = f"validation {run.validation_error:.4g}, training {run.descent.train_error:.4g}"
    learned = f"{run.scores['train']['rmse'][0]:.4g} {run.scores['train']['r2'][0]:.3f}"
    assert f"loss (mean_squared_error): {loss}; on the rows it learned from: {learned}" in text
    assert "once more on all rows" in text
    assert "model.safetensors" not in text


def test_the_summary_of_classes_has_its_numbers(classes):
    run, text = classes, words(summary(classes))
    assert "target 'colour' (2 classes)" in text
    assert "on 12 validation rows right accuracy" in text
    for name, score in (
        ("this network", run.scores["validation"]),
        ("a linear model", run.baselines["linear"]),
        ("always the majority", run.baselines["constant"]),
    ):
        assert f"{name} {12 - score['wrong']} of 12 {100 * score['accuracy']:.1f} %" in text
    right = 48 - run.scores["train"]["wrong"]
    assert f"on the rows it learned from: {right} of 48 {100 * right / 48:.1f} %" in text
    assert "once more on all rows" not in text


def test_the_summary_of_several_targets_has_columns_for_each():
    run = trained("price", "size")
    text = words(summary(run))
    assert "target 'price', 'size' (regression)" in text
    assert "on 12 validation rows price RMSE price R² size RMSE size R²" in text
    score = run.scores["validation"]
    cells = " ".join(f"{rmse:.4g} {r2:.3f}" for rmse, r2 in zip(score["rmse"], score["r2"], strict=True))
    assert f"this network {cells}" in text


def test_without_validation_rows_the_summary_says_so():
    run = trained("price", validation=0.0)
    text = words(summary(run))
    assert f"on the 60 training rows RMSE R² this network {run.scores['train']['rmse'][0]:.4g}" in text
    assert "validation" not in text


def test_the_summary_names_the_penalty_and_how_it_was_found_only_where_there_is_one(regression):
    assert "penalty" not in words(summary(trained("price", l2=0.0)))
    regression = replace(regression, plan=replace(regression.plan, reasons={"l2": "found by lot"}))
    assert "penalty l2 0.25 (found by lot)" in words(summary(regression))


def test_the_summary_says_where_the_descent_stopped(regression):
    last = replace(regression.descent, stop_reason=StopReason.NOT_FINITE, detail="in iteration 7")
    text = words(summary(replace(regression, phases={"training rows": last})))
    assert f"stopped {StopReason.NOT_FINITE.text} (in iteration 7). {StopReason.NOT_FINITE.remedy}" in text


def test_a_linear_model_that_was_interrupted_is_called_so(regression):
    baselines = regression.baselines | {"linear": None}
    assert "a linear model interrupted always the mean" in words(summary(replace(regression, baselines=baselines)))


def test_a_target_that_does_not_vary_has_no_r2(regression):
    score = {"rmse": [1.0], "mae": [1.0], "r2": [None]}
    scores = regression.scores | {"validation": score}
    assert "this network 1 – a linear model" in words(summary(replace(regression, scores=scores)))


def test_the_summary_ends_with_the_model(regression, tmp_path):
    text = words(summary(replace(regression, directory=tmp_path)))
    end = f"pagefalllinereport{tmp_path}writesonemodel{tmp_path}/model.safetensors"
    assert text.replace(" ", "").endswith(end)
    text = words(summary(replace(regression, directory=tmp_path), None, tmp_path / "report.html"))
    assert text.replace(" ", "").endswith(f"page{tmp_path}/report.htmlmodel{tmp_path}/model.safetensors")


def test_the_summary_fits_the_terminal(regression, classes):
    for run in (regression, classes):
        assert max(len(line) for line in shown(summary(run), 80)) <= 80


def test_before_training_what_was_inferred_is_shown(regression, tmp_path):
    path = tmp_path / "houses.csv"
    path.write_text("a;b\n1,5;2\n3,5;4\n")
    text = words(before_training(read_table(path), regression.prepared, regression.plan))
    assert text.startswith("houses.csv: 60 rows, semicolon-separated, decimal comma, utf-8, with a header column role")
    assert "row_id dropped" in text
    (column,) = [each for each in regression.prepared.preparation.columns if each.name == "row_id"]
    assert column.reason
    assert column.reason in text
    for note in regression.prepared.notes:
        assert f"note: {note}" in text
    assert text.endswith("network 2-16-1, tanh, identity")


@pytest.mark.parametrize(
    ("shape", "activations", "expected"),
    [
        ((2, 3, 1), ("tanh", "identity"), "2-3-1, tanh, identity"),
        ((2, 3, 4, 1), ("tanh", "tanh", "sigmoid"), "2-3-4-1, tanh, sigmoid"),
        ((2, 3, 4, 1), ("tanh", "relu", "sigmoid"), "2-3-4-1, tanh, relu, sigmoid"),
        ((2, 1), ("identity",), "2-1, identity"),
    ],
)
def test_a_network_in_words(shape, activations, expected):
    assert network_in_words(shape, activations) == expected


def test_a_score_in_words(regression, classes):
    score = {"rmse": [53.251], "mae": [1.0], "r2": [0.5234]}
    assert score_in_words(score, 9, regression.model) == "price: RMSE 53.25, R² 0.523"
    assert (
        score_in_words({"accuracy": 0.75, "wrong": 250}, 1000, classes.model) == "750 of 1,000 right, accuracy 75.0 %"
    )


def test_a_model_in_words_has_its_layers_and_columns(classes):
    model = replace(classes.model, written_by="0.1.0")
    text = words(model_in_words("runs/x/model.safetensors", model))
    assert "model runs/x/model.safetensors, written by Fallline 0.1.0 network 2-16-1, tanh, sigmoid" in text
    assert "loss binary_cross_entropy predicts colour (binary) classes blue, red" in text
    for k, (W, name) in enumerate(zip(model.network.layers, ("tanh", "sigmoid"), strict=True), start=1):
        size = f"{W.min():.3g} {W.max():.3g} {np.abs(W).mean():.3g}"
        assert f"{k} {W.shape[0]} {W.shape[1] - 1} {name} {size}" in text
    assert "a input numeric number, standardised" in text
    assert "row_id dropped" in text


@pytest.mark.parametrize("name", ["weight [kg]", "speed [m/s]", "[/b]"])
def test_a_targets_name_is_shown_as_it_is(name):
    run = fallline.train(
        {"a": TABLE["a"], name: TABLE["price"]}, Settings(target=[name], iterations=2, l2=0.0), save=False
    )
    assert f"target '{name}' (regression)" in words(summary(run))
    assert f"predicts {name} (regression)" in words(model_in_words("m", run.model))


def test_the_summary_says_how_many_starts_there_were_and_what_they_say():
    run = trained("price", restarts=6, iterations=60, l2=0.0)
    text, (phase, found) = words(summary(run)), list(run.restarts.items())[-1]
    assert phase == "all rows"
    given_up = f", {found.spread.given_up} given up early" if found.spread.given_up else ""
    assert f"starts 6 starts{given_up}" in text
    assert f"seed {found.seed} kept. {found.spread.sentence}" in text
    found = replace(found, spread=replace(found.spread, starts=2, given_up=1, distinct=2, lowest=0.25, highest=0.5))
    text = words(summary(replace(run, restarts={"training rows": found})))
    assert (
        "starts 2 starts on training rows of 6, as far as there was time, 1 given up early; "
        f"errors at the minima 0.25 to 0.5; seed {found.seed} kept." in text
    )
    assert "starts" not in words(summary(trained("price")))


def test_the_summary_says_where_the_finish_began():
    run = trained("price", optimizer="adam", finish="lbfgs", iterations=7)
    text = words(summary(run))
    assert f"finish lbfgs in float64 from iteration 7 on, after adam: {StopReason.ITERATION_LIMIT.text}." in text
    assert "finish" not in words(summary(trained("price")))
