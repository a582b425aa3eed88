"""From an estimator's parameters to what the training needs: sizes, activations, the optimizer, and when to end."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from numbers import Integral, Real
from typing import Any

import numpy as np

from fallline.engine import Architecture, Dropout
from fallline.engine.architecture import nearest
from fallline.errors import FalllineError
from fallline.estimators.schedules import LEAST_RATE, Adaptive, InverseScaling
from fallline.optimizers import (
    LBFGS,
    OPTIMIZERS,
    Adam,
    Auto,
    Choice,
    Cosine,
    FirstOrder,
    GradientDescent,
    Momentum,
    Nesterov,
    OnPlateau,
    Optimizer,
    Schedule,
    Step,
)
from fallline.optimizers.auto import BATCH, PATIENCE, RATE
from fallline.training.settings import MANY_ROWS
from fallline.training.stopping import Limits

OWN_NAME = {"logistic": "sigmoid"}  # scikit-learn's name, and Fallline's
SKLEARN_NAME = {own: name for name, own in OWN_NAME.items()}
SOLVERS = (*OPTIMIZERS, "sgd")
SKLEARN_SOLVERS = ("lbfgs", "adam", "sgd")
SCHEDULES = ("constant", "step", "cosine", "plateau")
SCHEDULES_OF_SGD = ("invscaling", "adaptive")  # without meaning for other solvers, as in scikit-learn
AUTO_SECONDS = 20.0  # that "auto" counts on where there is no limit
GRADIENT_TOLERANCE = 1e-7  # of L-BFGS, as `fallline train` has it
# Steps that L-BFGS remembers: with 50 instead of 10 it comes to lower losses (diabetes 0.0023 instead of 0.0095) in the
# same time, and rounding grows less on the way; where that takes much memory, fewer.
MEMORY, LEAST_MEMORY, MEMORY_NUMBERS = 50, 10, 5_000_000
SOLVERS_LIKE_SGD = ("sgd", "gradient_descent", "momentum", "nesterov")
USUAL_BATCH = 200  # rows, at most, as scikit-learn's
ALL_ROWS_BY_THEMSELVES = ("gradient_descent", "rprop")  # solvers that take all rows unless a batch is asked for


def require(estimator: Any) -> None:
    """Raise a FalllineError, which is a ValueError, if a parameter is not what it can be."""
    for name, least, whole in (
        ("max_iter", 1, True),
        ("learning_rate_init", 0, False),
        ("validation_fraction", 0, False),
        ("n_iter_no_change", 1, False),
        ("momentum", 0, False),
        ("beta_1", 0, False),
        ("beta_2", 0, False),
        ("epsilon", 0, False),
        ("restarts", 1, True),
        ("max_fun", 1, True),
        ("power_t", 0, False),
    ):
        value = getattr(estimator, name)
        fits = isinstance(value, Integral if whole else Real) and not isinstance(value, bool | np.bool_)
        if not fits or not value >= least:
            raise FalllineError(f"{name}={value!r}: expected a{' whole' * whole} number of {least} or more.")
    for name in ("validation_fraction", "momentum", "beta_1", "beta_2"):
        if getattr(estimator, name) >= 1:
            raise FalllineError(f"{name}={getattr(estimator, name)!r}: expected a number below 1.")
    for name in ("tol", "time_limit"):
        value = getattr(estimator, name)
        if value is not None and not (isinstance(value, Real) and float(value) >= 0):
            raise FalllineError(f"{name}={value!r}: expected None, or a number of 0 or more.")
    alpha = estimator.alpha
    if not (alpha is None or alpha == "auto" or (isinstance(alpha, Real) and 0 <= float(alpha) < math.inf)):
        raise FalllineError(f"alpha={alpha!r}: expected None, 'auto', or a number of 0 or more.")
    batch = estimator.batch_size
    if not (batch is None or batch == "auto" or (isinstance(batch, Integral) and int(batch) >= 1)):
        raise FalllineError(
            f"batch_size={batch!r}: expected 'auto', None for all rows, or a number of rows, 1 or more."
        )
    for name, value, known in (
        ("solver", estimator.solver, SOLVERS),
        ("learning_rate", estimator.learning_rate, (*SCHEDULES, *SCHEDULES_OF_SGD)),
        ("dtype", estimator.dtype, (None, "float32", "float64")),
        ("standardise", estimator.standardise, (None, True, False)),
        ("early_stopping", estimator.early_stopping, (True, False)),
    ):
        if value not in known:
            raise FalllineError(f"{name}={value!r}: there is none of that name{nearest(str(value), map(str, known))}.")


def left_open(estimator: Any) -> bool:
    """Whether both the solver and the penalty are left to Fallline."""
    return estimator.solver == "auto" and estimator.alpha is None


def chooses_alpha(estimator: Any) -> bool:
    """Whether the penalty is to be chosen: not where it is given, nor where something else takes its place."""
    return left_open(estimator) and not estimator.early_stopping and not any(np.ravel(estimator.dropout))


def standardises(estimator: Any) -> bool:
    """Whether the descent is to see standardised rows: where asked for, or left open, or alpha is to be compared."""
    if estimator.standardise is not None:
        return bool(estimator.standardise)
    return left_open(estimator) or estimator.alpha == "auto"


def initialiser_of(estimator: Any) -> str | None:
    """Return how first weights are drawn: for a solver of scikit-learn's, on the scale that its networks use.

    He's, which suit relu, are larger where inputs are few: with two of them, and a rate of 0.2, sgd often goes astray.
    """
    if estimator.initialiser is None and estimator.solver in SKLEARN_SOLVERS:
        return "glorot"
    return None if estimator.initialiser is None else str(estimator.initialiser)


def makes_single_passes(estimator: Any) -> bool:
    """Whether the solver can make a single pass over rows, as `partial_fit` does."""
    return estimator.solver in ("auto", "sgd") or issubclass(OPTIMIZERS.get(estimator.solver, FirstOrder), FirstOrder)


def hidden_sizes(hidden_layer_sizes: Any) -> tuple[int, ...]:
    """Return the units of each hidden layer, from one number or several."""
    sizes = hidden_layer_sizes if np.iterable(hidden_layer_sizes) else (hidden_layer_sizes,)
    for size in sizes:
        if not isinstance(size, Integral) or size < 1:
            raise FalllineError(
                f"hidden_layer_sizes={hidden_layer_sizes!r}: expected numbers of units, each 1 or more."
            )
    return tuple(int(size) for size in sizes)


def hidden_activations(activation: str | Sequence[str], layers: int) -> tuple[str, ...]:
    """Return Fallline's name of each hidden layer's activation, from one name for all or one for each."""
    several = isinstance(activation, Sequence | np.ndarray)
    names = (activation,) * layers if isinstance(activation, str) else tuple(activation if several else ())
    if len(names) != layers or not several:
        raise FalllineError(
            f"activation={activation!r}: expected one name, or {layers} names, one for each hidden layer; the output "
            "layer has its own."
        )
    return tuple(OWN_NAME.get(name, name) for name in names)


def dropout_of(rate: float | Sequence[float], layers: int, seed: int) -> Dropout | None:
    """Return the dropout of the hidden layers, from one rate or one for each; None where all are 0."""
    rates = tuple(rate) if np.iterable(rate) and not isinstance(rate, str) else (rate,) * layers
    if not all(isinstance(each, Real) for each in rates):
        raise FalllineError(f"dropout={rate!r}: expected one number, or {layers}, one for each hidden layer.")
    rates = tuple(float(each) for each in rates)
    found = Dropout(rates, seed)
    return found if any(rates) or len(rates) != layers else None


def optimizer_of(
    estimator: Any, architecture: Architecture, rows: int, met: int, seed: int, error_unit: float, *, steps_only: bool
) -> Choice:
    """Return the optimizer of an estimator for that many rows, and the reason.

    Parameters
    ----------
    met
        Rows met in descents before this one, each as often as it was.
    error_unit
        The estimator's loss divided by the engine's error.
    steps_only
        Whether it has to be a first-order one, for single passes over the rows or for dropout.
    """
    name = estimator.solver
    if name == "auto" and steps_only:
        name = "adam"
    if name == "auto":
        return _chosen(estimator, architecture, rows, seed)
    if name == "sgd":
        kind: type[Optimizer] = Nesterov if estimator.nesterovs_momentum else Momentum
        if estimator.momentum == 0.0:
            kind = GradientDescent
    else:
        kind = OPTIMIZERS[name]
    asked = f"solver={estimator.solver!r}"
    if not issubclass(kind, FirstOrder):
        return Choice(kind(), asked)
    own: dict[str, Any] = {}
    if issubclass(kind, Momentum | Nesterov):
        own = {"momentum": estimator.momentum}
    elif issubclass(kind, Adam):
        own = {"beta1": estimator.beta_1, "beta2": estimator.beta_2, "epsilon": estimator.epsilon}
    optimizer = kind(
        learning_rate=_schedule(estimator, rows, met, error_unit),
        batch_size=_batch(estimator, rows),
        seed=seed,
        shuffle=bool(estimator.shuffle),
        **own,
    )
    return Choice(optimizer, asked)


def _chosen(estimator: Any, architecture: Architecture, rows: int, seed: int) -> Choice:
    """Return the choice of "auto": to come down to the floor, the optimizer that does; up to a tolerance, the quickest.

    With 100 units of relu, as scikit-learn has them by default, L-BFGS is at a loss that no longer falls by 1e-4 in a
    tenth of the time of Levenberg–Marquardt, and as a rule at a lower one (blobs, iris, wine, breast cancer).
    """
    if estimator.tol is None:
        seconds = AUTO_SECONDS if estimator.time_limit is None else max(estimator.time_limit, 0.1)
        return Auto(seconds, seed).choice(architecture, rows)
    if rows < MANY_ROWS:
        memory = min(MEMORY, max(LEAST_MEMORY, MEMORY_NUMBERS // architecture.parameter_count))
        optimizer = LBFGS(memory=memory, gradient_tolerance=GRADIENT_TOLERANCE)
        return Choice(optimizer, f"L-BFGS, all rows at each step: {rows:,} rows")
    adam = Adam(OnPlateau(RATE, patience=PATIENCE), BATCH, seed, shuffle=bool(estimator.shuffle))
    return Choice(adam, f"Adam on mini-batches: {rows:,} rows")


def limits_of(estimator: Any, *, watching: bool, iterations: int | None = None) -> Limits:
    """Return when a descent ends; `watching` says whether the rows for early stopping decide."""
    most = estimator.max_iter if iterations is None else iterations
    patience = int(min(estimator.n_iter_no_change, most + 1)) if watching else None
    return Limits(int(most), estimator.time_limit, patience=patience)


def _batch(estimator: Any, rows: int) -> int | None:
    batch = estimator.batch_size
    if batch is None or (batch == "auto" and estimator.solver in ALL_ROWS_BY_THEMSELVES):
        return None
    if batch == "auto":
        return min(USUAL_BATCH, rows)
    if batch > rows:
        warnings.warn(
            f"batch_size={batch} is larger than the number of rows, {rows}, which is taken instead.", stacklevel=2
        )
    return int(min(batch, rows))


def least_rate(optimizer: Optimizer) -> float:
    """Return the learning rate above which standing still lowers it instead of ending the descent."""
    adaptive = isinstance(optimizer, FirstOrder) and isinstance(optimizer.learning_rate, Adaptive)
    return LEAST_RATE if adaptive else math.inf


def _schedule(estimator: Any, rows: int, met: int, error_unit: float) -> float | Schedule:
    rate, name = float(estimator.learning_rate_init), estimator.learning_rate
    if name in SCHEDULES_OF_SGD and estimator.solver not in SOLVERS_LIKE_SGD:
        return rate
    if name == "constant" or not rate > 0.0:
        return rate  # one of 0 is refused by the optimizer
    schedules: dict[str, Schedule] = {
        "step": Step(rate, max(1, estimator.max_iter // 5)),
        "cosine": Cosine(rate, estimator.max_iter),
        "plateau": OnPlateau(rate),
        "invscaling": InverseScaling(rate, float(estimator.power_t), rows, met),
        "adaptive": Adaptive(rate, estimator.n_iter_no_change, (estimator.tol or 0.0) / error_unit),
    }
    return schedules[name]
