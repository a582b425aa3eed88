"""The whole way from a table to the files of a run, and what they say is true."""

from __future__ import annotations

import json
import math
import signal
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import fallline
from fallline import FalllineError, Model, Settings
from fallline.engine import Objective, Rows
from fallline.training.audience import Audience
from fallline.training.restarts import seeds_of
from fallline.training.run import ON_ALL_ROWS, ON_TRAINING_ROWS
from fallline.training.run_directory import jsonable
from fallline.training.stopping import StopReason

RNG = np.random.default_rng(12)
N = 60
X = RNG.normal(size=(N, 2))
TABLE = {
    "a": X[:, 0] * 10.0 + 3.0,
    "b": X[:, 1],
    "price": 5000.0 + 800.0 * np.tanh(X[:, 0]) + 50.0 * RNG.normal(size=N),
    "size": 0.01 * X[:, 1] + 0.001 * RNG.normal(size=N),
    "colour": np.where(X[:, 0] + X[:, 1] + 0.3 * RNG.normal(size=N) > 0, "red", "blue"),
}
PRICE = {name: TABLE[name] for name in ("a", "b", "price")}
QUICK = {"l2": 0.01, "iterations": 8}


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def names(folder="."):
    return sorted(path.name for path in Path(folder).iterdir())


def csv(columns=PRICE, name="houses.csv"):
    pl.DataFrame(columns).write_csv(name)
    return name


def trained(source=None, save=False, out=None, audience=None, **asked):
    source = PRICE if source is None else source
    settings = Settings(**({"target": "price"} | QUICK | asked))
    return fallline.train(source, settings, save=save, out=out, audience=audience)


def strict(text):
    def none_such(constant):
        raise AssertionError(f"{constant} is no JSON")

    return json.loads(text, parse_constant=none_such)


def metrics(directory):
    return [strict(line) for line in (directory / "metrics.jsonl").read_text().splitlines()]


def contents(folder):
    return {path.name: path.read_bytes() for path in Path(folder).iterdir()}


def test_a_run_leaves_its_three_files_and_nothing_else():
    run = trained(csv(), save=True)
    assert run.directory == Path("runs/houses")
    assert names(run.directory) == ["descent.safetensors", "metrics.jsonl", "model.safetensors", "run.json"]
    assert names() == ["houses.csv", "runs"]


def test_the_metrics_are_the_history_of_every_phase():
    run = trained(csv(), save=True)
    lines = metrics(run.directory)
    assert list(run.phases) == [ON_TRAINING_ROWS, ON_ALL_ROWS]
    assert [line["phase"] for line in lines] == [ON_TRAINING_ROWS] * 9 + [ON_ALL_ROWS] * 9
    for phase, descent in run.phases.items():
        written = [line for line in lines if line["phase"] == phase]
        assert [line["iteration"] for line in written] == list(range(9))
        for line, record in zip(written, descent.history.records, strict=True):
            expected = {name: None if math.isnan(value) else value for name, value in record._asdict().items()}
            assert line == {"phase": phase, **expected}


def test_the_account_on_disk_is_the_runs_own_and_strict_json():
    run = trained(csv(), save=True)
    written = strict((run.directory / "run.json").read_text())
    assert written == json.loads(json.dumps(jsonable(run.to_dict())))
    assert written["stop_reason"] == "iteration_limit" == run.stop_reason.code
    assert (written["shape"], written["optimizer"], written["loss"]) == ([2, 16, 1], "lbfgs", "mean_squared_error")
    assert (written["rows"], written["train_rows"], written["validation_rows"]) == (60, 48, 12)
    assert written["iterations"] == 8
    assert written["model"] == "runs/houses/model.safetensors"
    assert written["train_error"] == run.descent.train_error
    assert written["validation_error"] == run.phases[ON_TRAINING_ROWS].validation_error


def test_an_error_that_overflows_is_null_on_disk():
    run = trained(csv(), save=True, validation=0.0, shape=[2, 4, 1])
    assert math.isnan(run.to_dict()["validation_error"])
    assert strict((run.directory / "run.json").read_text())["validation_error"] is None


def test_the_saved_model_predicts_as_the_run_does():
    run = trained(csv(), save=True)
    loaded = Model.load(run.directory / "model.safetensors")
    assert loaded.network.parameters.tobytes() == run.model.network.parameters.tobytes()
    assert loaded.predict("houses.csv").equals(run.model.predict(PRICE))


def test_a_second_run_of_one_name_leaves_the_first_untouched():
    first = trained(csv(), save=True)
    before = contents(first.directory)
    second = trained("houses.csv", save=True, seed=1)
    assert (first.directory, second.directory) == (Path("runs/houses"), Path("runs/houses-2"))
    assert contents(first.directory) == before
    assert contents(second.directory).keys() == before.keys()


def test_a_folder_with_a_run_is_refused_and_nothing_in_it_changes():
    trained(save=True, out="mine")
    before = contents("mine")
    with pytest.raises(FalllineError, match=r"^--out mine: there is a run already; name another folder, or move that"):
        trained(save=True, out="mine", seed=1)
    assert contents("mine") == before


def test_without_saving_nothing_is_written():
    run = trained(save=False)
    assert names() == []
    assert (run.directory, run.to_dict()["run"], run.to_dict()["model"]) == (None, None, None)


def test_a_run_that_is_refused_leaves_no_folder():
    with pytest.raises(FalllineError):
        trained(save=True, out="mine", initialiser="golrot")
    assert names() == []


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"optimizer": "adam", "batch_size": 8},
        {"target": "colour", "dtype": "float32"},
        {"l2": None, "hidden": [2], "refit": False},
    ],
    ids=["lbfgs", "mini-batches", "classes in float32", "penalty by cross-validation"],
)
def test_the_same_seed_gives_the_same_bits_and_the_same_metrics(asked):
    runs = [trained(TABLE, save=True, **({"seed": 5} | asked)) for _ in range(2)]
    assert runs[0].model.network.parameters.tobytes() == runs[1].model.network.parameters.tobytes()
    one, two = ([line | {"seconds": 0} for line in metrics(run.directory)] for run in runs)
    assert one == two
    varying = {"seconds", "run", "model", "phases"}
    accounts = [{key: value for key, value in run.to_dict().items() if key not in varying} for run in runs]
    assert repr(accounts[0]) == repr(accounts[1])


def test_another_seed_gives_another_split_and_other_weights():
    one, two = trained(seed=1), trained(seed=2)
    assert one.prepared.validation_rows.tolist() != two.prepared.validation_rows.tolist()
    assert one.model.network.parameters.tobytes() != two.model.network.parameters.tobytes()


def test_the_refit_is_a_descent_from_the_first_weights_on_all_rows():
    run = trained()
    prepared, last = run.prepared, run.phases[ON_ALL_ROWS]
    assert run.descent is last
    first = run.plan.network(np.float64)
    assert last.history.records[0].train_error == first.error(prepared.X, prepared.y)
    assert last.train_error == run.model.network.error(prepared.X, prepared.y)
    assert math.isnan(last.validation_error)
    everything = run.scores["train"]["rmse"][0]
    residual = run.model.predict(PRICE)["price"].to_numpy() - PRICE["price"]
    assert everything == pytest.approx(np.sqrt((residual**2).mean()), rel=1e-12)


def test_without_a_refit_the_scores_are_those_of_the_saved_models_predictions():
    run = trained(csv(), save=True, refit=False)
    assert list(run.phases) == [ON_TRAINING_ROWS]
    predicted = Model.load(run.directory / "model.safetensors").predict("houses.csv")["price"].to_numpy()
    for name, rows in (("validation", run.prepared.validation_rows), ("train", run.prepared.train_rows)):
        residual = predicted[rows] - PRICE["price"][rows]
        spread = PRICE["price"][rows] - PRICE["price"][rows].mean()
        assert run.scores[name]["rmse"] == [pytest.approx(np.sqrt((residual**2).mean()), rel=1e-9)]
        assert run.scores[name]["mae"] == [pytest.approx(np.abs(residual).mean(), rel=1e-9)]
        assert run.scores[name]["r2"] == [pytest.approx(1 - (residual**2).sum() / (spread**2).sum(), rel=1e-9)]


def test_the_baselines_are_judged_on_the_validation_rows():
    run = trained()
    train, judged = run.prepared.train_rows, run.prepared.validation_rows
    A = np.column_stack([TABLE["a"], TABLE["b"], np.ones(N)])
    weights = np.linalg.lstsq(A[train], PRICE["price"][train])[0]
    residual = (A @ weights - PRICE["price"])[judged]
    assert run.baselines["linear"]["rmse"] == [pytest.approx(np.sqrt((residual**2).mean()), rel=1e-4)]
    residual = PRICE["price"][train].mean() - PRICE["price"][judged]
    assert run.baselines["constant"]["rmse"] == [pytest.approx(np.sqrt((residual**2).mean()), rel=1e-9)]


def test_several_targets_are_scored_each_in_its_own_units():
    columns = {name: TABLE[name] for name in ("a", "b", "price", "size")}
    run = trained(columns, target=["price", "size"], refit=False)
    assert run.model.predict(columns).columns == ["price", "size"]
    predicted = run.model.predict(columns)
    for k, name in enumerate(("price", "size")):
        residual = (predicted[name].to_numpy() - TABLE[name])[run.prepared.validation_rows]
        assert run.scores["validation"]["rmse"][k] == pytest.approx(np.sqrt((residual**2).mean()), rel=1e-9)


def test_classes_are_scored_by_the_rows_that_are_right():
    run = trained(TABLE, target="colour", refit=False)
    answers = run.model.predict(TABLE)["colour"].to_numpy()
    wrong = (answers != TABLE["colour"])[run.prepared.validation_rows].sum()
    assert run.scores["validation"] == {"accuracy": 1 - wrong / 12, "wrong": wrong}


def test_without_validation_rows_the_training_rows_are_judged():
    run = trained(validation=0.0)
    assert list(run.scores) == ["train"]
    assert list(run.phases) == [ON_TRAINING_ROWS]
    assert math.isnan(run.validation_error)


def test_a_penalty_that_was_given_is_the_one_that_is_used():
    run = trained(l2=0.3, iterations=500)
    assert (run.l2, run.l2_strength) == (0.3, None)
    objective = Objective(run.plan.architecture, Rows(run.prepared.X, run.prepared.y), 0.3)
    assert run.stop_reason is StopReason.CONVERGED
    assert np.abs(objective.error_and_gradient(run.model.network.parameters)[1]).max() < 1e-6


def test_the_penalty_is_chosen_anew_for_all_rows():
    class Listener(Audience):
        lines: list[str] = []  # noqa: RUF012 - one run, one list

        def doing(self, what):
            self.lines.append(what)

        def descending(self, phase, plan):
            self.lines.append(phase)

    run = trained(l2=None, hidden=[2], audience=Listener())
    nine = [f"choosing the penalty: {k} of 9 strengths" for k in range(1, 10)]
    assert Listener.lines == [*nine, ON_TRAINING_ROWS, *nine, ON_ALL_ROWS, "comparing with a linear model"]
    assert run.l2 == pytest.approx(2 * run.l2_strength / N)
    assert run.to_dict()["reasons"]["l2"].startswith("5-fold cross-validation")


def test_the_refit_goes_as_far_as_the_watched_descent_found_right():
    asked = {"optimizer": "adam", "batch_size": 8, "learning_rate": 0.05, "patience": 3, "iterations": 400}
    run = trained(refit=True, **asked)
    first, last = run.phases[ON_TRAINING_ROWS], run.phases[ON_ALL_ROWS]
    assert first.stop_reason is StopReason.EARLY_STOPPING
    assert last.iterations == first.kept_iteration < first.iterations


class PressesCtrlC(Audience):
    """Presses Ctrl-C so many times in an iteration of a phase."""

    def __init__(self, phase, iteration, times=1):
        self.where = (phase, iteration)
        self.times = times

    def record(self, phase, record):
        if (phase, record.iteration) == self.where:
            for _ in range(self.times):
                signal.raise_signal(signal.SIGINT)


@pytest.mark.parametrize("phase", [ON_TRAINING_ROWS, ON_ALL_ROWS])
def test_ctrl_c_leaves_a_whole_run_with_the_model_so_far(phase):
    handler = signal.getsignal(signal.SIGINT)
    run = trained(csv(), save=True, audience=PressesCtrlC(phase, 4), iterations=50)
    assert run.stop_reason is StopReason.INTERRUPTED
    assert list(run.phases)[-1] == phase
    assert run.descent.iterations == 4
    assert signal.getsignal(signal.SIGINT) is handler
    assert names(run.directory) == ["descent.safetensors", "metrics.jsonl", "model.safetensors", "run.json"]
    assert strict((run.directory / "run.json").read_text())["stop_reason"] == "interrupted"
    assert Model.load(run.directory / "model.safetensors").predict("houses.csv").equals(run.model.predict(PRICE))
    assert run.baselines["linear"] is None


def test_a_second_ctrl_c_ends_at_once_and_leaves_the_metrics():
    handler = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        trained(csv(), save=True, audience=PressesCtrlC(ON_TRAINING_ROWS, 4, times=2))
    assert signal.getsignal(signal.SIGINT) is handler
    assert names("runs/houses") == ["metrics.jsonl"]
    assert [line["iteration"] for line in metrics(Path("runs/houses"))] == [0, 1, 2, 3]


def test_an_overflow_keeps_a_model_that_predicts_finite_numbers():
    asked = {"optimizer": "gradient_descent", "learning_rate": 1e8, "activation": "identity"}
    run = trained(csv(), save=True, refit=False, **asked | {"iterations": 500})
    assert run.stop_reason is StopReason.NOT_FINITE
    assert np.isfinite(Model.load(run.directory / "model.safetensors").predict("houses.csv")["price"].to_numpy()).all()


@pytest.mark.parametrize("seconds", [0.0, 1.0])
def test_the_time_limit_holds_for_the_whole_way(seconds):
    run = trained(TABLE, target="colour", l2=None, iterations=None, time_limit=seconds, plateau_stop=False)
    assert run.seconds < seconds + 10.0
    assert np.isfinite(run.model.network.parameters).all()


def starts_of(run):
    return {phase: [minimum["seed"] for minimum in found.to_dict()["minima"]] for phase, found in run.restarts.items()}


def test_restarts_are_made_in_both_phases_and_the_account_has_every_start():
    alone = trained(iterations=200, seed=4)
    run = trained(csv(), save=True, iterations=200, restarts=5, seed=4)
    seeds = seeds_of(4, 5)
    assert starts_of(run) == {ON_TRAINING_ROWS: seeds, ON_ALL_ROWS: seeds}
    assert run.descent.train_error <= alone.descent.train_error
    written = strict((run.directory / "run.json").read_text())
    assert written["restarts"] == 5
    for phase, found in run.restarts.items():
        account = written["phases"][phase]["restarts"]
        assert account == json.loads(json.dumps(jsonable(found.to_dict())))
        assert account["sentence"].endswith(".")
        assert account["starts"] == len(account["minima"]) == 5
        assert account["given_up"] == sum(each["given_up"] for each in account["minima"])
    kept = [line["train_error"] for line in metrics(run.directory) if line["phase"] == ON_ALL_ROWS]
    assert kept == run.descent.history.column("train_error").tolist()


def test_one_start_is_what_it_was_and_has_no_account_of_restarts():
    run, one = trained(), trained(restarts=1)
    assert run.model.network.parameters.tobytes() == one.model.network.parameters.tobytes()
    assert one.restarts == {}
    assert one.to_dict()["phases"][ON_ALL_ROWS]["restarts"] is None


def test_after_early_stopping_the_refit_begins_where_the_kept_start_began():
    asked = {"optimizer": "adam", "patience": 3, "iterations": 60, "refit": True, "learning_rate": 0.05}
    run = trained(restarts=4, **asked)
    assert list(run.restarts) == [ON_TRAINING_ROWS]
    first, last = run.phases.values()
    assert last.iterations == first.kept_iteration > 0
    network = run.plan.network("float64", run.restarts[ON_TRAINING_ROWS].seed)
    rows = Rows(run.prepared.X, run.prepared.y)
    assert last.history.records[0].train_error == Objective(network.architecture, rows).error(network.parameters)


def test_a_finish_stands_in_the_account_and_the_model_keeps_its_dtype():
    run = trained(csv(), save=True, optimizer="adam", finish="lbfgs", dtype="float32", refit=True, iterations=20)
    assert run.model.network.parameters.dtype == np.float32
    written = strict((run.directory / "run.json").read_text())
    assert written["finish"] == "lbfgs"
    for phase, descent in run.phases.items():
        switch = written["phases"][phase]["switch"]
        assert (switch["iteration"], switch["optimizer"], switch["dtype"]) == (20, "lbfgs", "float64")
        assert descent.iterations > 20
        numbers = [line["iteration"] for line in metrics(run.directory) if line["phase"] == phase]
        assert numbers == list(range(descent.iterations + 1))
    assert trained().to_dict()["phases"][ON_ALL_ROWS]["switch"] is None


def test_after_early_stopping_the_refit_finishes_as_far_as_the_watched_finish_found_right():
    asked = {"optimizer": "adam", "patience": 4, "iterations": 30, "refit": True, "learning_rate": 0.003}
    run = trained(finish="lbfgs", l2=0.0, **{key: value for key, value in asked.items() if key != "l2"})
    first, last = run.phases.values()
    switch = first.history.switch
    assert first.kept_iteration > switch.iteration  # so that the finish was of use
    assert last.history.switch.iteration == switch.kept_iteration
    assert last.iterations == switch.kept_iteration + first.kept_iteration - switch.iteration
