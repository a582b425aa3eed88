"""What a user may ask of a training, and what is chosen where nothing was asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from fallline.data import Prepared, Table, Task, prepare
from fallline.engine import LOSSES, Architecture, lookup, per_layer
from fallline.errors import FalllineError
from fallline.network import INITIALISERS, Network
from fallline.optimizers import (
    LBFGS,
    OPTIMIZERS,
    Auto,
    BayesianRegularisation,
    Cosine,
    FirstOrder,
    OnPlateau,
    Optimizer,
    Schedule,
    Step,
)
from fallline.training.stopping import Limits

MANY_ROWS = 20_000  # from here on: mini-batches, early stopping, no search for a penalty
FEW_ROWS = 20  # below: too few to hold some out
DEFAULT_SECONDS = 60.0
SCHEDULES = ("constant", "step", "cosine", "plateau")


@dataclass(frozen=True)
class Settings:
    """What the user said; None leaves the choice to Fallline. See `fallline train --help` for each."""

    target: str | Sequence[str] | None = None
    drop: Sequence[str] = ()
    kinds: Mapping[str, str] = field(default_factory=dict)
    task: str | None = None
    shape: Sequence[int] | None = None
    hidden: Sequence[int] | None = None
    activation: str | Sequence[str] | None = None
    loss: str | None = None
    initialiser: str | None = None
    optimizer: str | None = None
    learning_rate: float | None = None
    schedule: str | None = None
    batch_size: int | None = None
    l2: float | None = None
    iterations: int | None = None
    time_limit: float | None = None
    target_error: float | None = None
    patience: int | None = None
    plateau_stop: bool = True
    validation: float | None = None
    refit: bool | None = None
    seed: int = 0
    dtype: str | None = None
    scale: bool = True
    restarts: int | None = None
    finish: str | None = None

    def __post_init__(self) -> None:
        if self.seed < 0:
            raise FalllineError(f"--seed {self.seed}: expected a whole number of 0 or more.")
        if self.dtype not in (None, "float32", "float64"):
            raise FalllineError(f"dtype {self.dtype}: expected float32 or float64.")
        if self.initialiser is not None:
            lookup(INITIALISERS, self.initialiser, "initialiser")
        if self.restarts is not None and self.restarts < 1:
            raise FalllineError(f"--restarts {self.restarts}: expected a number of starts, 1 or more.")

    def prepare(self, table: Table) -> Prepared:
        """Return the table's rows as these settings want them.

        Raises
        ------
        DataError
            If the table cannot be used, or the settings do not fit it.
        """
        return prepare(
            table,
            target=self.target,
            drop=self.drop,
            kinds=self.kinds or None,
            task=self.task,
            validation=self.validation,
            seed=self.seed,
            dtype=self.dtype,
            scale_inputs=self.scale,
            scale_targets=self.scale,
        )


@dataclass(frozen=True)
class Plan:
    """What is going to be done, with the reasons of what was chosen."""

    architecture: Architecture
    initialiser: str | None
    optimizer: Optimizer
    l2: float
    choose_l2: bool  # by cross-validation, instead of `l2`
    limits: Limits
    refit: bool
    seed: int
    reasons: dict[str, str]
    restarts: int = 1  # starts in all
    finish: Optimizer | None = None  # goes on in float64 where `optimizer` has ended

    def network(self, dtype: Any, seed: int | None = None) -> Network:
        """Return the network with its first weights, of the plan's seed unless another is given."""
        return Network(
            self.architecture.shape,
            self.architecture.activations,
            loss=self.architecture.loss,
            initialiser=self.initialiser,
            seed=self.seed if seed is None else seed,
            dtype=dtype,
        )


def plan(settings: Settings, prepared: Prepared) -> Plan:
    """Return what to do with these rows.

    Raises
    ------
    FalllineError
        If what the user asked for cannot be, or does not fit the table.
    """
    rows, reasons = len(prepared.train_rows), {}
    many = rows >= MANY_ROWS
    if many and settings.optimizer is None:
        reasons["optimizer"] = f"mini-batches: {rows:,} rows"
    elif settings.optimizer is None:
        reasons["optimizer"] = f"all rows at each step: {rows:,} rows"
    patience = settings.patience
    if patience is None and many and len(prepared.validation_rows):
        patience = 20
    if patience is not None and not len(prepared.validation_rows):
        raise FalllineError("--patience needs validation rows; there are none. Raise --validation, or leave it out.")
    seconds = settings.time_limit
    if seconds is None and settings.iterations is None:
        seconds = DEFAULT_SECONDS
    own_penalty = settings.optimizer == BayesianRegularisation.name
    choosable = settings.l2 is None and not many and rows >= FEW_ROWS // 2 and not own_penalty
    if settings.l2 is not None and not 0 <= settings.l2 < float("inf"):
        raise FalllineError(f"--l2 {settings.l2}: expected a number of 0 or more.")
    if own_penalty:
        reasons["l2"] = "bayesian_regularisation finds its own"
    elif settings.l2 is None and not choosable:
        reasons["l2"] = "early stopping takes its place" if many else f"{rows} rows are too few to choose one"
    refit = settings.refit
    if refit is None:
        refit = not many and settings.optimizer is None
    architecture = _architecture(settings, prepared, reasons)
    return Plan(
        architecture=architecture,
        initialiser=settings.initialiser,
        optimizer=_optimizer(settings, architecture, rows, many, seconds, reasons),
        l2=settings.l2 or 0.0,
        choose_l2=choosable,
        limits=Limits(settings.iterations, seconds, settings.target_error, patience, settings.plateau_stop),
        refit=refit and len(prepared.validation_rows) > 0,
        seed=settings.seed,
        reasons=reasons,
        restarts=settings.restarts or 1,
        finish=None if settings.finish is None else _finish(settings.finish),
    )


def _architecture(settings: Settings, prepared: Prepared, reasons: dict[str, str]) -> Architecture:
    preparation, rows = prepared.preparation, len(prepared.train_rows)
    inputs, outputs = preparation.inputs, preparation.outputs
    if settings.shape is not None and settings.hidden is not None:
        raise FalllineError("--shape and --hidden say the same thing; give one of them.")
    if settings.shape is not None:
        shape = list(settings.shape)
        if len(shape) < 2 or shape[0] != inputs or shape[-1] != outputs:
            raise FalllineError(
                f"--shape {','.join(map(str, shape))}: this table needs {inputs} inputs and {outputs} "
                f"output{'s' * (outputs > 1)}, such as --shape {inputs},16,{outputs}; or pass --hidden 16."
            )
    elif settings.hidden is not None:
        shape = [inputs, *settings.hidden, outputs]
    else:
        width = 16 if rows < 1000 else 64
        shape = [inputs, width, outputs]
        reasons["shape"] = f"{width} hidden units for {rows:,} rows"
    output, loss = {
        Task.REGRESSION: ("identity", "mean_squared_error"),
        Task.BINARY: ("sigmoid", "binary_cross_entropy"),
        Task.MULTICLASS: ("softmax", "categorical_cross_entropy"),
    }[preparation.task]
    loss = settings.loss or loss
    output = lookup(LOSSES, loss, "loss").from_logits_of or output
    activation = settings.activation if settings.activation is not None else "tanh"
    layers = len(shape) - 1
    if isinstance(activation, str) or len(activation) == 1:
        names = (*per_layer(activation if isinstance(activation, str) else activation[0], layers - 1), output)
    elif len(activation) == layers - 1:
        names = (*activation, output)
    else:
        names = tuple(activation)
    return Architecture(tuple(shape), names, loss)


def _optimizer(
    settings: Settings,
    architecture: Architecture,
    rows: int,
    many: bool,
    seconds: float | None,
    reasons: dict[str, str],
) -> Optimizer:
    rate, batch = settings.learning_rate, settings.batch_size
    if settings.optimizer is None and rate is None and batch is None and settings.schedule is None:
        if not many:
            return LBFGS(gradient_tolerance=1e-7)
        return OPTIMIZERS["adam"](learning_rate=OnPlateau(0.002, patience=5), batch_size=256, seed=settings.seed)  # type: ignore[call-arg]
    name = settings.optimizer or "adam"
    kind = lookup(OPTIMIZERS, name, "optimizer")
    if not issubclass(kind, FirstOrder):
        for flag, value in (("learning-rate", rate), ("batch-size", batch), ("schedule", settings.schedule)):
            if value is not None:
                raise FalllineError(f"--{flag}: {name} has none; leave it out, or choose --optimizer adam.")
        if kind is Auto:
            optimizer, reasons["optimizer"] = Auto(seconds, settings.seed).choice(architecture, rows)
            return optimizer
        return kind()
    if batch is None and name not in ("gradient_descent", "rprop"):
        batch = min(200, rows)
    first = rate if rate is not None else _default_rate(kind)
    kind(learning_rate=first, batch_size=batch, seed=settings.seed).require_fitting(rows)
    return kind(learning_rate=_schedule(settings, first), batch_size=batch, seed=settings.seed)


def _finish(name: str) -> Optimizer:
    kind = lookup(OPTIMIZERS, name, "optimizer")
    if issubclass(kind, FirstOrder):
        fitting = ", ".join(other for other, each in OPTIMIZERS.items() if not issubclass(each, FirstOrder))
        raise FalllineError(f"--finish {name}: that is what the finish goes beyond; there are {fitting}.")
    return kind()


def _default_rate(kind: type[FirstOrder]) -> float:
    (rate,) = (each.default for each in fields(kind) if each.name == "learning_rate")
    assert isinstance(rate, float)
    return rate


def _schedule(settings: Settings, rate: float) -> float | Schedule:
    name = settings.schedule or "constant"
    if name not in SCHEDULES:
        raise FalllineError(f"--schedule {name}: there are {', '.join(SCHEDULES)}.")
    if name == "constant":
        return rate
    if name == "plateau":
        return OnPlateau(rate)
    if settings.iterations is None:
        raise FalllineError(f"--schedule {name} needs to know the end: pass --iterations too.")
    if name == "cosine":
        return Cosine(rate, settings.iterations)
    return Step(rate, max(1, settings.iterations // 5))
