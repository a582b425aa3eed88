"""What both estimators do: validate, train by Fallline's own descent, and keep what came of it."""

from __future__ import annotations

import math
import warnings
from abc import abstractmethod
from dataclasses import replace
from typing import Any, NamedTuple, Self

import numpy as np
from sklearn.base import BaseEstimator, is_regressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from fallline.diagnosis.subject import Subject
from fallline.engine import Architecture, Array, Index, Rows
from fallline.errors import FalllineError
from fallline.estimators import choices
from fallline.estimators.callbacks import CallbackSupportMixin, IterationTasks
from fallline.estimators.explaining import Explained
from fallline.estimators.following import Course, LossUnit
from fallline.estimators.weights import RowWeights, row_weights
from fallline.network import Network
from fallline.optimizers import BayesianRegularisation, FirstOrder, Optimizer
from fallline.optimizers.first_order import Memory
from fallline.training.descent import Descent, descend
from fallline.training.interrupt import Interrupt
from fallline.training.penalty import choose_strength, l2_of
from fallline.training.restarts import descend_with_restarts
from fallline.training.stopping import StopReason

SEEDS = 2**31 - 1
FEWEST_FOR_PENALTY = 10  # rows, to choose a penalty by cross-validation
CUT_SHORT = (StopReason.ITERATION_LIMIT, StopReason.TIME_LIMIT, StopReason.NOT_FINITE)


class _Table(NamedTuple):
    """Rows as the network sees them; with weights, the targets (rows, outputs) have them as one column more."""

    training: Rows
    validation: Rows | None
    counted: float  # the sum of the training rows' weights, as they were given
    weighted: bool


class NetworkEstimator(Explained, CallbackSupportMixin, BaseEstimator):
    """The common part of `FalllineRegressor` and `FalllineClassifier`, which say what the parameters mean."""

    network_: Network
    loss_curve_: list[float]
    t_: int

    @abstractmethod
    def _targets(self, y: Any, *, reset: bool) -> Array:
        """Return the targets (rows, outputs) for what `fit` was given."""

    @abstractmethod
    def _loss_and_output(self) -> tuple[str, str]:
        """Return the names of the loss and the output activation in the engine."""

    @abstractmethod
    def _scored(self, outputs: Array, targets: Array, weights: Array | None) -> float:
        """Return the score of outputs (rows, outputs), as `score` counts it."""

    @abstractmethod
    def _strata(self, targets: Array) -> Index | None:
        """Return the class of each row, so that every part of a split has its share; None for no classes."""

    def _fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any,
        X_val: Any = None,
        y_val: Any = None,
        *,
        class_weight: Any = None,
        incremental: bool = False,
    ) -> Self:
        choices.require(self)
        if incremental and self.early_stopping:
            raise FalllineError(
                "partial_fit makes one pass over the rows it is given; early_stopping needs many. Use fit."
            )
        fresh = not hasattr(self, "network_") or not (self.warm_start or incremental)
        given_X, given_y = X, y
        X, y = self._checked(X, y, reset=fresh)
        X = np.ascontiguousarray(X, X.dtype if fresh else self.network_.parameters.dtype)
        X = np.ascontiguousarray(X, X.dtype if fresh else self.network_.parameters.dtype)
        random = check_random_state(self.random_state)
        seed = int(random.randint(SEEDS))
        weights = row_weights(sample_weight, class_weight, X, y)
        targets = self._targets(y, reset=fresh).astype(X.dtype)
        if (X_val is None) != (y_val is None):
            raise FalllineError("X_val and y_val: give both, or neither.")
        held_out = None
        if X_val is not None:
            X_val, y_val = self._checked(X_val, y_val, reset=False)
            held_out = np.ascontiguousarray(X_val, X.dtype), self._targets(y_val, reset=False).astype(X.dtype)
        table = self._table(X, targets, weights, held_out, random)
        first = self._first(X.shape[1], targets.shape[1], seed, X.dtype.name, table, fresh=fresh)
        tasks = IterationTasks(self, 0 if self.restarts > 1 else self.max_iter, given_X, given_y, sample_weight)
        with Interrupt() as interrupt:
            self._train(first, table, seed, tasks, interrupt, fresh=fresh, incremental=incremental)
        tasks.end()
        return self

    def _checked(self, X: Any, y: Any, *, reset: bool) -> tuple[Array, Any]:
        """Return X (rows, inputs) and y as scikit-learn's validation leaves them."""
        X, y = validate_data(
            self,
            X,
            y,
            reset=reset,
            multi_output=True,
            y_numeric=is_regressor(self),
            dtype=(np.float64, np.float32) if self.dtype is None else np.dtype(self.dtype),
        )
        return X, y

    def _table(
        self,
        X: Array,
        targets: Array,
        weights: RowWeights,
        held_out: tuple[Array, Array] | None,
        random: np.random.RandomState,
    ) -> _Table:
        training, validation = weights.kept, np.empty(0, np.int64)
        if self.early_stopping and held_out is None:
            training, validation = train_test_split(
                training,
                random_state=random,
                test_size=self.validation_fraction,
                stratify=self._strata(targets[training]),
            )
            if len(validation) < 2:
                raise FalllineError(
                    f"early_stopping: {len(validation)} rows are too few to be watched. Raise validation_fraction, or "
                    "leave early_stopping out."
                )
        counts = weights.of(training)
        if counts is not None:
            column = np.ones(len(X))
            column[training] = counts
            watched = weights.of(validation) if len(validation) else None
            column[validation] = 1.0 if watched is None else watched
            targets = np.column_stack([targets, column.astype(targets.dtype)])
            if held_out is not None:
                held_out = held_out[0], np.column_stack([held_out[1], np.ones_like(held_out[1][:, :1])])
        rows = Rows(X, targets, None if len(training) == len(X) else training)
        watched_rows = Rows(X, targets, validation) if len(validation) else None
        if held_out is not None:
            watched_rows = Rows(*held_out)
        return _Table(rows, watched_rows, weights.total(training), counts is not None)

    def _first(self, inputs: int, outputs: int, seed: int, dtype: str, table: _Table, *, fresh: bool) -> Network:
        """Return the network from which the descent begins."""
        hidden = choices.hidden_sizes(self.hidden_layer_sizes)
        loss, output = self._loss_and_output()
        names = (*choices.hidden_activations(self.activation, len(hidden)), output)
        architecture = Architecture((inputs, *hidden, outputs), names, loss, table.weighted)
        if fresh:
            return self._drawn(architecture, seed, dtype)
        before = self.network_.architecture
        if before != replace(architecture, weighted=False):
            raise FalllineError(
                f"warm_start: the network has layers {list(before.shape)} with {', '.join(before.activations)}, "
                f"and the parameters now say {list(architecture.shape)} with {', '.join(names)}. Set warm_start=False to "
                "begin anew."
            )
        return Network.from_parameters(architecture, self.network_.parameters)

    def _drawn(self, architecture: Architecture, seed: int, dtype: str) -> Network:
        shape, names, loss = architecture.shape, architecture.activations, architecture.loss
        drawn = Network(shape, names, loss=loss, initialiser=self.initialiser, seed=seed, dtype=dtype)
        return Network.from_parameters(architecture, drawn.parameters)

    def _train(
        self,
        first: Network,
        table: _Table,
        seed: int,
        tasks: IterationTasks,
        interrupt: Interrupt,
        *,
        fresh: bool,
        incremental: bool,
    ) -> None:
        architecture, rows = first.architecture, len(table.training)
        plain, dtype = replace(architecture, weighted=False), first.parameters.dtype.name
        dropout = choices.dropout_of(self.dropout, len(architecture.shape) - 2, seed)
        steps_only = incremental or dropout is not None
        chosen = choices.optimizer_of(self, architecture, rows, seed, steps_only=steps_only)
        optimizer: Optimizer = chosen.optimizer
        if incremental:
            optimizer = self._resumed(optimizer, fresh=fresh)
        watching = self.early_stopping and table.validation is not None
        limits = choices.limits_of(self, watching=watching, iterations=1 if incremental else None)
        alpha = self._strength(first, table, seed, interrupt)
        l2 = l2_of(alpha, architecture, rows) * rows / table.counted
        unit = LossUnit.of(architecture, 0.0 if isinstance(optimizer, BayesianRegularisation) else alpha, table.counted)

        def told(number: int, loss: float, weights: Array) -> bool:
            if self.verbose:
                print(f"Iteration {number}, loss = {loss:.8f}")  # noqa: T201 - asked for, as scikit-learn does
            return tasks.iteration(lambda: {"network_": Network.from_parameters(plain, weights)})

        def course() -> Course:
            score = None if table.validation is None else _Score(self, plain, table)
            tol = None if incremental else self.tol
            return Course(architecture, unit, tol, self.n_iter_no_change, watching, score, told)

        tasks.begin()
        kept, network, found = course(), Network.from_parameters(architecture, first.parameters), None
        if self.restarts > 1 and fresh and not incremental:
            courses: dict[int, Course] = {}
            found = descend_with_restarts(
                lambda each: self._drawn(architecture, each, dtype),
                table.training,
                optimizer,
                starts=self.restarts,
                seed=seed,
                validation=table.validation,
                l2=l2,
                limits=limits,
                interrupt=interrupt,
                follow=lambda each: courses.setdefault(each, course()),
                dropout=dropout,
            )
            network, descent, kept = found.network, found.descent, courses[found.seed]
            first = self._drawn(architecture, found.seed, dtype)
        else:
            descent = descend(
                network,
                table.training,
                optimizer,
                validation=table.validation,
                l2=l2,
                limits=limits,
                interrupt=interrupt,
                follow=kept,
                dropout=dropout,
            )
        self.network_ = Network.from_parameters(plain, network.parameters)
        self.alpha_, self.optimizer_, self.optimizer_reason_ = alpha, optimizer, chosen.reason
        self.restarts_ = None if found is None else found.to_dict()
        self.loss_ = unit.loss(descent.train_error, architecture, network.parameters)
        self._keep(kept, descent, rows, fresh=fresh)
        self._keep_subject(
            Subject(
                network=Network.from_parameters(architecture, network.parameters),
                training=table.training,
                validation=table.validation,
                first=first,
                optimizer=None if steps_only else optimizer,
                limits=limits,
                l2=l2,
                descent=None if steps_only else descent,
                initialiser=self.initialiser,
                seed=seed,
                features=[str(name) for name in getattr(self, "feature_names_in_", ())],
            ),
            descent.train_error,
        )
        if interrupt.wished:
            warnings.warn("Training interrupted by user.", stacklevel=4)
        elif descent.stop_reason in CUT_SHORT and not incremental:
            warnings.warn(_cut_short(self, descent), ConvergenceWarning, stacklevel=4)

    def _resumed(self, optimizer: Optimizer, *, fresh: bool) -> Optimizer:
        """Return a first-order optimizer that goes on from where the last call of `partial_fit` left it."""
        if not isinstance(optimizer, FirstOrder):
            raise AttributeError(
                f"partial_fit makes single passes over the rows, which solver={self.solver!r} cannot. Use fit, or a "
                "first-order solver such as 'adam'."
            )
        if fresh or not hasattr(self, "_memory"):
            self._memory = Memory()
        return replace(optimizer, memory=self._memory, seed=optimizer.seed + self._memory.steps)

    def _strength(self, first: Network, table: _Table, seed: int, interrupt: Interrupt) -> float:
        """Return alpha: as given, or as cross-validation on the training rows finds it."""
        if self.alpha != "auto":
            return float(self.alpha)
        if len(table.training) < FEWEST_FOR_PENALTY:
            raise FalllineError(f"alpha='auto': {len(table.training)} rows are too few to choose one; give a number.")
        _, targets = table.training.block(0, len(table.training))
        return choose_strength(
            first.architecture,
            table.training,
            lambda: Network.from_parameters(first.architecture, first.parameters),
            strata=self._strata(targets[:, : first.architecture.outputs]),
            seed=seed,
            seconds=math.inf if self.time_limit is None else 0.5 * self.time_limit,
            interrupt=interrupt,
            compiled=False,
            tell=lambda line: None,
        ).strength

    def _keep(self, course: Course, descent: Descent, rows: int, *, fresh: bool) -> None:
        """Set the attributes that tell how it went; a warm start appends to the curves."""
        before = [] if fresh else self.loss_curve_
        self.loss_curve_ = [*before, *course.losses]
        self.best_loss_ = None if self.early_stopping else min(self.loss_curve_, default=self.loss_)
        self.validation_loss_curve_ = self.validation_scores_ = self.best_validation_score_ = None
        if course.score is not None:
            self.validation_loss_curve_, self.validation_scores_ = course.validation_losses, course.validation_scores
            self.best_validation_score_ = max(course.validation_scores, default=None)
        self.n_iter_ = descent.iterations
        self.t_ = (0 if fresh else self.t_) + descent.iterations * rows
        self.descent_, self.stop_reason_ = descent, descent.stop_reason.code

    def _outputs(self, X: Any) -> Array:
        """Return the network's outputs (rows, outputs)."""
        check_is_fitted(self, "network_")
        X = validate_data(self, X, reset=False, dtype=(np.float64, np.float32))
        return self.network_.run(X)

    @property
    def coefs_(self) -> list[Array]:
        """The weights of each layer (inputs, units): views into the network's own."""
        return [W[:, :-1].T for W in self._layers("coefs_")]

    @property
    def intercepts_(self) -> list[Array]:
        """The biases of each layer (units,): views into the network's own."""
        return [W[:, -1] for W in self._layers("intercepts_")]

    def _layers(self, asked: str) -> list[Array]:
        if not hasattr(self, "network_"):
            raise AttributeError(f"'{type(self).__name__}' object has no attribute '{asked}': it is not fitted yet.")
        return self.network_.layers

    @property
    def out_activation_(self) -> str:
        """The activation of the output layer, by scikit-learn's name."""
        self._layers("out_activation_")
        name = self.network_.architecture.activations[-1]
        return choices.SKLEARN_NAME.get(name, name)

    @property
    def n_layers_(self) -> int:
        """The number of layers, with the inputs."""
        return len(self._layers("n_layers_")) + 1

    @property
    def n_outputs_(self) -> int:
        """The number of outputs."""
        return int(self._layers("n_outputs_")[-1].shape[0])


class _Score:
    """The score on the validation rows, for weights; the network is its own, since starts may run side by side."""

    def __init__(self, estimator: NetworkEstimator, architecture: Architecture, table: _Table) -> None:
        assert table.validation is not None
        self._estimator = estimator
        self._network = Network.from_parameters(
            architecture, np.zeros(architecture.parameter_count, table.training.X.dtype)
        )
        self._X, y = table.validation.block(0, len(table.validation))
        self._targets = y[:, : architecture.outputs]
        self._weights = y[:, -1] if table.weighted else None

    def __call__(self, parameters: Array) -> float:
        np.copyto(self._network.parameters, parameters, casting="same_kind")
        return self._estimator._scored(self._network.run(self._X), self._targets, self._weights)


def _cut_short(estimator: Any, descent: Descent) -> str:
    if descent.stop_reason is StopReason.ITERATION_LIMIT:
        return f"max_iter={estimator.max_iter} was reached while the loss was still falling; a higher one goes on."
    if descent.stop_reason is StopReason.TIME_LIMIT:
        return f"time_limit={estimator.time_limit} was reached while the loss was still allowed to fall."
    return (
        f"the loss overflowed {descent.detail}, so the best weights before that were kept. Scale the inputs, or lower "
        "learning_rate_init."
    )
