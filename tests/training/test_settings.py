"""What was asked becomes a plan, what was not asked is chosen by the table, and what cannot be is refused."""

from __future__ import annotations

import numpy as np
import pytest

from fallline import FalllineError, Settings
from fallline.data import prepare, read_table
from fallline.optimizers import (
    LBFGS,
    OPTIMIZERS,
    Adam,
    Cosine,
    FirstOrder,
    GradientDescent,
    LevenbergMarquardt,
    OnPlateau,
    Rprop,
    Step,
)
from fallline.training import settings as module
from fallline.training.settings import plan

RNG = np.random.default_rng(0)


def table(rows=50, classes=0, targets=1, validation=None):
    columns = {"a": RNG.normal(size=rows), "b": RNG.normal(size=rows)}
    if classes:
        columns["t"] = np.array(list("xyz"))[np.arange(rows) % classes]
    else:
        columns |= {f"t{k}": RNG.normal(size=rows) for k in range(targets)}
    names = [name for name in columns if name.startswith("t")]
    return prepare(read_table(columns), target=names, validation=validation)


TABLE = table()


def planned(prepared=TABLE, **asked):
    return plan(Settings(**asked), prepared)


def refused(prepared=TABLE, **asked):
    with pytest.raises(FalllineError) as problem:
        planned(prepared, **asked)
    return str(problem.value)


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        (
            {"shape": [2, 3, 1], "hidden": [3]},
            "--shape and --hidden say the same thing; give one of them.",
        ),
        (
            {"shape": [3, 4, 1]},
            "--shape 3,4,1: this table needs 2 inputs and 1 output, such as --shape 2,16,1; or pass --hidden 16.",
        ),
        (
            {"shape": [2, 4, 2]},
            "--shape 2,4,2: this table needs 2 inputs and 1 output, such as --shape 2,16,1; or pass --hidden 16.",
        ),
        (
            {"shape": [2]},
            "--shape 2: this table needs 2 inputs and 1 output, such as --shape 2,16,1; or pass --hidden 16.",
        ),
        (
            {"hidden": [4, 0]},
            "shape [2, 4, 0, 1]: expected at least two sizes of 1 or more, "
            "the first for the inputs and the last for the outputs, such as [2, 3, 1].",
        ),
        (
            {"activation": ["tanh", "relu"], "hidden": [3, 3, 3]},
            "activations: expected 4 names, one for each layer of shape [2, 3, 3, 3, 1], got 2.",
        ),
        (
            {"activation": "tnh"},
            "activation 'tnh': there is none of that name; did you mean 'tanh'? "
            "There are identity, sigmoid, tanh, relu, leaky_relu, elu, softplus, silu, gelu, softmax.",
        ),
        ({"activation": "softmax"}, "activation 'softmax': only the output layer can use it, not a hidden one."),
        (
            {"activation": ["tanh", "tanh"], "loss": "binary_cross_entropy"},
            "loss 'binary_cross_entropy': it needs output activation 'sigmoid', got 'tanh'. "
            "Change the one or the other.",
        ),
        (
            {"loss": "huberr"},
            "loss 'huberr': there is none of that name; did you mean 'huber'? There are mean_squared_error, "
            "half_squared_error, mean_absolute_error, huber, binary_cross_entropy, categorical_cross_entropy.",
        ),
        (
            {"optimizer": "admm"},
            "optimizer 'admm': there is none of that name; did you mean 'adam'? There are gradient_descent, "
            "momentum, nesterov, rmsprop, adam, adamw, rprop, lbfgs, bfgs, newton_cg, levenberg_marquardt, "
            "bayesian_regularisation, auto.",
        ),
        (
            {"optimizer": "lbfgs", "learning_rate": 0.1},
            "--learning-rate: lbfgs has none; leave it out, or choose --optimizer adam.",
        ),
        (
            {"optimizer": "lbfgs", "batch_size": 8},
            "--batch-size: lbfgs has none; leave it out, or choose --optimizer adam.",
        ),
        (
            {"optimizer": "lbfgs", "schedule": "cosine"},
            "--schedule: lbfgs has none; leave it out, or choose --optimizer adam.",
        ),
        ({"learning_rate": -1.0}, "learning rate -1.0: expected a number above 0, such as 0.01."),
        ({"learning_rate": 0.0, "schedule": "plateau"}, "learning rate 0.0: expected a number above 0, such as 0.01."),
        ({"learning_rate": float("nan")}, "learning rate nan: expected a number above 0, such as 0.01."),
        ({"learning_rate": float("inf")}, "learning rate inf: expected a number above 0, such as 0.01."),
        ({"batch_size": 0}, "batch size 0: expected a number of rows, 1 or more."),
        ({"batch_size": -3}, "batch size -3: expected a number of rows, 1 or more."),
        ({"l2": -0.1}, "--l2 -0.1: expected a number of 0 or more."),
        ({"l2": float("nan")}, "--l2 nan: expected a number of 0 or more."),
        ({"l2": float("inf")}, "--l2 inf: expected a number of 0 or more."),
        ({"schedule": "cosine"}, "--schedule cosine needs to know the end: pass --iterations too."),
        ({"schedule": "step"}, "--schedule step needs to know the end: pass --iterations too."),
        (
            {"schedule": "linear", "iterations": 10},
            "--schedule linear: there are constant, step, cosine, plateau.",
        ),
        ({"iterations": -1}, "iterations -1: expected a number of 0 or more."),
        ({"time_limit": -1.0}, "time limit -1.0: expected a number of 0 or more."),
        ({"target_error": float("nan")}, "target error nan: expected a number of 0 or more."),
        ({"patience": 0}, "patience 0: expected a number of 1 or more."),
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence(asked, sentence):
    assert refused(**asked) == sentence


@pytest.mark.parametrize("dtype", ["int8", "float16", "float128", "nonsense", ""])
def test_another_dtype_is_refused(dtype):
    assert refused(dtype=dtype) == f"dtype {dtype}: expected float32 or float64."


def test_a_negative_seed_is_refused():
    assert refused(seed=-1) == "--seed -1: expected a whole number of 0 or more."


def test_patience_without_validation_rows_is_refused():
    sentence = refused(table(validation=0.0), patience=5)
    assert sentence == "--patience needs validation rows; there are none. Raise --validation, or leave it out."


def test_a_shape_for_several_targets_is_refused_in_the_plural():
    assert refused(table(targets=2), shape=[2, 4, 1]) == (
        "--shape 2,4,1: this table needs 2 inputs and 2 outputs, such as --shape 2,16,2; or pass --hidden 16."
    )


def test_an_unknown_schedule_is_called_so_even_without_iterations():
    assert refused(schedule="linear") == "--schedule linear: there are constant, step, cosine, plateau."


def test_rprop_with_batches_is_refused_before_the_run_begins():
    assert refused(optimizer="rprop", batch_size=8).startswith("batch size 8: rprop compares the signs")


def test_an_unknown_initialiser_is_refused_before_the_run_begins():
    assert refused(initialiser="golrot").startswith("initialiser 'golrot': there is none of that name")


@pytest.mark.parametrize(
    ("asked", "shape", "activations"),
    [
        ({}, (2, 16, 1), ("tanh", "identity")),
        ({"hidden": [5]}, (2, 5, 1), ("tanh", "identity")),
        ({"hidden": []}, (2, 1), ("identity",)),
        ({"shape": [2, 1]}, (2, 1), ("identity",)),
        ({"shape": [2, 3, 4, 1]}, (2, 3, 4, 1), ("tanh", "tanh", "identity")),
        ({"hidden": [3, 4], "activation": "relu"}, (2, 3, 4, 1), ("relu", "relu", "identity")),
        ({"hidden": [3, 4], "activation": ["relu"]}, (2, 3, 4, 1), ("relu", "relu", "identity")),
        ({"hidden": [3, 4], "activation": ["relu", "elu"]}, (2, 3, 4, 1), ("relu", "elu", "identity")),
        ({"hidden": [3, 4], "activation": ["relu", "elu", "tanh"]}, (2, 3, 4, 1), ("relu", "elu", "tanh")),
    ],
)
def test_shape_hidden_and_activation_combine(asked, shape, activations):
    architecture = planned(**asked).architecture
    assert (architecture.shape, architecture.activations) == (shape, activations)


@pytest.mark.parametrize(
    ("prepared", "shape", "output", "loss"),
    [
        (TABLE, (2, 16, 1), "identity", "mean_squared_error"),
        (table(targets=3), (2, 16, 3), "identity", "mean_squared_error"),
        (table(classes=2), (2, 16, 1), "sigmoid", "binary_cross_entropy"),
        (table(classes=3), (2, 16, 3), "softmax", "categorical_cross_entropy"),
    ],
    ids=["one number", "three numbers", "two classes", "three classes"],
)
def test_the_task_chooses_the_output_and_the_loss(prepared, shape, output, loss):
    architecture = planned(prepared).architecture
    assert (architecture.shape, architecture.activations[-1], architecture.loss) == (shape, output, loss)


def test_a_loss_that_is_asked_for_keeps_the_tasks_output_or_brings_its_own():
    assert planned(loss="huber").architecture.activations == ("tanh", "identity")
    assert planned(table(classes=2), loss="half_squared_error").architecture.activations == ("tanh", "sigmoid")
    assert planned(table(classes=3), loss="binary_cross_entropy").architecture.activations == ("tanh", "sigmoid")


@pytest.mark.parametrize(("rows", "width"), [(50, 16), (1000, 16), (1249, 16), (1250, 64), (6250, 64)])
def test_the_hidden_layer_grows_with_the_training_rows(rows, width):
    chosen = planned(table(rows))
    assert chosen.architecture.shape == (2, width, 1)
    assert chosen.reasons["shape"] == f"{width} hidden units for {round(0.8 * rows):,} rows"


def test_a_small_table_is_descended_on_all_rows_with_a_penalty_and_a_refit():
    chosen = planned()
    assert chosen.optimizer == LBFGS(gradient_tolerance=1e-7)
    assert chosen.choose_l2
    assert chosen.refit
    assert (chosen.limits.seconds, chosen.limits.iterations, chosen.limits.patience) == (60.0, None, None)
    assert chosen.limits.plateau
    assert chosen.reasons["optimizer"] == "all rows at each step: 40 rows"


def test_many_rows_are_descended_in_batches_with_early_stopping_instead_of_a_penalty(monkeypatch):
    monkeypatch.setattr(module, "MANY_ROWS", 40)
    chosen = planned(seed=7)
    assert chosen.optimizer == Adam(OnPlateau(0.002, patience=5), batch_size=256, seed=7)
    assert (chosen.choose_l2, chosen.refit, chosen.l2) == (False, False, 0.0)
    assert chosen.limits.patience == 20
    assert chosen.reasons["optimizer"] == "mini-batches: 40 rows"
    assert chosen.reasons["l2"] == "early stopping takes its place"
    assert planned(table(validation=0.0)).limits.patience is None


def test_the_fewest_rows_get_no_penalty():
    chosen = planned(table(8))
    assert not chosen.choose_l2
    assert chosen.reasons["l2"] == "8 rows are too few to choose one"
    assert planned(table(10)).choose_l2


def test_without_validation_rows_there_is_no_refit():
    assert not planned(table(validation=0.0)).refit
    assert not planned(table(validation=0.0), refit=True).refit
    assert not planned(refit=False).refit
    assert not planned(optimizer="adam").refit
    assert planned(optimizer="adam", refit=True).refit


def test_what_is_asked_for_is_taken():
    chosen = planned(l2=0.5, iterations=9, target_error=0.1, patience=3, plateau_stop=False, seed=4)
    assert (chosen.l2, chosen.choose_l2, chosen.seed) == (0.5, False, 4)
    limits = chosen.limits
    assert (limits.iterations, limits.seconds, limits.target_error, limits.patience) == (9, None, 0.1, 3)
    assert not limits.plateau
    assert planned(l2=0.0).choose_l2 is False
    assert planned(iterations=9, time_limit=2.0).limits.seconds == 2.0


@pytest.mark.parametrize("name", [name for name in OPTIMIZERS if name != "auto"])  # which becomes another
def test_every_optimizer_can_be_asked_for_by_name(name):
    optimizer = planned(optimizer=name, seed=3).optimizer
    assert optimizer.name == name
    if isinstance(optimizer, FirstOrder):
        assert optimizer.seed == 3
        assert optimizer.learning_rate == type(optimizer)().learning_rate
        assert optimizer.batch_size == (None if name in ("gradient_descent", "rprop") else 40)


@pytest.mark.parametrize(
    ("asked", "optimizer"),
    [
        ({"learning_rate": 0.5}, Adam(0.5, batch_size=40)),
        ({"batch_size": 7}, Adam(batch_size=7)),
        ({"optimizer": "gradient_descent", "batch_size": 7}, GradientDescent(batch_size=7)),
        ({"optimizer": "rprop", "learning_rate": 0.5}, Rprop(0.5)),
        ({"schedule": "constant"}, Adam(batch_size=40)),
        ({"schedule": "plateau"}, Adam(OnPlateau(0.001), batch_size=40)),
        ({"schedule": "cosine", "iterations": 30}, Adam(Cosine(0.001, 30), batch_size=40)),
        ({"schedule": "step", "iterations": 30}, Adam(Step(0.001, 6), batch_size=40)),
        ({"schedule": "step", "iterations": 3, "learning_rate": 2.0}, Adam(Step(2.0, 1), batch_size=40)),
    ],
)
def test_rate_batches_and_schedule_make_the_optimizer(asked, optimizer):
    assert planned(**asked).optimizer == optimizer


def test_mini_batches_have_two_hundred_rows_where_there_are_more():
    assert planned(table(400), optimizer="adam").optimizer.batch_size == 200


def test_the_network_of_a_plan_has_its_seed_initialiser_and_dtype():
    network = planned(initialiser="normal", seed=3).network("float32")
    assert network.parameters.dtype == np.float32
    assert network.parameters.tobytes() == planned(initialiser="normal", seed=3).network("float32").parameters.tobytes()
    assert network.parameters.tobytes() != planned(initialiser="he", seed=3).network("float32").parameters.tobytes()
    assert network.parameters.tobytes() != planned(initialiser="normal", seed=4).network("float32").parameters.tobytes()


def test_bayesian_regularisation_finds_its_own_penalty():
    found = planned(optimizer="bayesian_regularisation")
    assert not found.choose_l2
    assert found.reasons["l2"] == "bayesian_regularisation finds its own"


def test_auto_becomes_an_optimizer_with_its_reason():
    found = planned(optimizer="auto", hidden=[4])
    assert isinstance(found.optimizer, LevenbergMarquardt)
    assert found.optimizer.variable_projection
    assert found.reasons["optimizer"].startswith("Levenberg–Marquardt, the linear output layer solved exactly: ")
