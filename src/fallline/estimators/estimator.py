"""What both estimators share: what is validated, how a fit goes, and what is kept of it."""

from __future__ import annotations

import warnings
from abc import abstractmethod
from dataclasses import replace
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, is_regressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from fallline.diagnosis.subject import Subject
from fallline.engine import Architecture, Array, Index
from fallline.errors import FalllineError
from fallline.estimators import choices
from fallline.estimators.callbacks import CallbackSupportMixin, IterationTasks
from fallline.estimators.explaining import Explained
from fallline.estimators.fitting import Fitted, drawn, fit
from fallline.estimators.sparse import dense
from fallline.estimators.standardising import Standardisation
from fallline.estimators.table import Table, split, table_of
from fallline.estimators.weights import row_weights
from fallline.network import Network
from fallline.optimizers.first_order import Memory
from fallline.training.descent import Descent
from fallline.training.interrupt import Interrupt
from fallline.training.stopping import StopReason

SEEDS = 2**31 - 1
STANDARDISED = tuple((loss, "identity") for loss in ("mean_squared_error", "mean_absolute_error", "huber"))  # targets
DTYPES = (np.float64, np.float32)
SPARSE = ("csr", "csc")  # what others are turned into
CUT_SHORT = (StopReason.ITERATION_LIMIT, StopReason.TIME_LIMIT, StopReason.NOT_FINITE)


class NetworkEstimator(CallbackSupportMixin, BaseEstimator, Explained):
    """The common part of `FalllineRegressor` and `FalllineClassifier`, which say what the parameters mean."""

    network_: Network
    loss_curve_: list[float]
    t_: int
    _standardisation: Standardisation | None

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
            raise FalllineError("partial_fit makes one pass over its rows, and early_stopping needs many. Use fit.")
        if (X_val is None) != (y_val is None):
            raise FalllineError("X_val and y_val: give both, or neither.")
        fresh = not hasattr(self, "network_") or not (self.warm_start or incremental)
        given_X, given_y = X, y
        X, y = self._checked(X, y, reset=fresh)
        X = np.ascontiguousarray(X, X.dtype if fresh else self.network_.parameters.dtype)
        random = check_random_state(self.random_state)
        seed = int(random.randint(SEEDS))
        weights = row_weights(sample_weight, class_weight, X, y)
        targets = self._targets(y, reset=fresh and not incremental).astype(X.dtype)
        held_out, watched = None, np.empty(0, np.int64)
        if X_val is not None:
            X_val, y_val = self._checked(X_val, y_val, reset=False)
            held_out = np.ascontiguousarray(X_val, X.dtype), self._targets(y_val, reset=False).astype(X.dtype)
            if held_out[1].shape[1:] != targets.shape[1:]:
                raise FalllineError(
                    f"y_val: expected {targets.shape[1]} columns, as y has, got {held_out[1].shape[1]}."
                )
        elif self.early_stopping:
            _, watched = split(weights.kept, self.validation_fraction, random, self._strata(targets))
        if fresh:
            self._standardisation = None
            if choices.standardises(self) and not incremental:
                with_targets = self._loss_and_output() in STANDARDISED
                kept = weights.kept
                self._standardisation = Standardisation.of(
                    X[kept], targets[kept], weights.values[kept], with_targets=with_targets
                )
        to_standard = self._standardisation
        if to_standard is not None:
            X, targets = to_standard.inputs(X), to_standard.targets(targets)
            if held_out is not None:
                held_out = to_standard.inputs(held_out[0]), to_standard.targets(held_out[1])
        table = table_of(X, targets, weights, watched, held_out)
        first = self._first(X, targets, seed, table, fresh=fresh)
        memory = self._remembered(fresh=fresh) if incremental else None
        tasks = IterationTasks(self, 0 if self.restarts > 1 else self.max_iter, given_X, given_y, sample_weight)
        plain = replace(first.architecture, weighted=False)

        def tell(number: int, loss: float, parameters: Array) -> bool:
            if self.verbose:
                print(f"Iteration {number}, loss = {loss:.8f}")  # noqa: T201 - asked for, as in scikit-learn
            return tasks.iteration(lambda: {"network_": self._as_given(plain, parameters)})

        tasks.begin()
        with Interrupt() as interrupt:
            fitted = fit(self, first, table, seed, interrupt, tell, fresh=fresh, memory=memory)
        self._keep(fitted, plain, len(table.training), fresh=fresh)
        self._keep_subject(self._subject_of(fitted, table, seed, whole=not incremental), fitted.descent.train_error)
        tasks.end()
        if interrupt.wished:
            warnings.warn("Training interrupted by user.", stacklevel=4)
        elif fitted.descent.stop_reason in CUT_SHORT and not incremental:
            warnings.warn(_cut_short(self, fitted.descent), ConvergenceWarning, stacklevel=4)
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
            accept_sparse=SPARSE,
            dtype=DTYPES if self.dtype is None else np.dtype(self.dtype),
        )
        return dense(X), y

    def _first(self, X: Array, targets: Array, seed: int, table: Table, *, fresh: bool) -> Network:
        """Return the network from which the descent begins."""
        hidden = choices.hidden_sizes(self.hidden_layer_sizes)
        loss, output = self._loss_and_output()
        names = (*choices.hidden_activations(self.activation, len(hidden)), output)
        architecture = Architecture((X.shape[1], *hidden, targets.shape[1]), names, loss, table.weighted)
        if fresh:
            return drawn(architecture, choices.initialiser_of(self), seed, X.dtype.name)
        before = self.network_.architecture
        if before != replace(architecture, weighted=False):
            raise FalllineError(
                f"warm_start: the network has layers {list(before.shape)} ({', '.join(before.activations)}), and now "
                f"the parameters say {list(architecture.shape)} ({', '.join(names)}). Begin anew with warm_start=False."
            )
        parameters = self.network_.parameters
        if self._standardisation is not None:
            parameters = self._standardisation.unfolded(architecture, parameters)
        return Network.from_parameters(architecture, parameters)

    def _as_given(self, plain: Architecture, parameters: Array) -> Network:
        """Return the network for rows as they are given, from the parameters for rows as the descent sees them."""
        if self._standardisation is not None:
            parameters = self._standardisation.folded(plain, parameters)
        return Network.from_parameters(plain, parameters)

    def _remembered(self, *, fresh: bool) -> Memory:
        """Return what the optimizer of `partial_fit` knows from the calls before."""
        if fresh or not hasattr(self, "_memory"):
            self._memory = Memory()
        return self._memory

    def _keep(self, fitted: Fitted, plain: Architecture, rows: int, *, fresh: bool) -> None:
        """Set the attributes that tell how it went; a warm start appends to the loss curve."""
        course, descent = fitted.course, fitted.descent
        self.network_ = self._as_given(plain, fitted.network.parameters)
        self.loss_ = fitted.loss
        self.loss_curve_ = [*([] if fresh else self.loss_curve_), *course.losses]
        self.best_loss_ = None if self.early_stopping else min(self.loss_curve_, default=self.loss_)
        self.validation_loss_curve_ = self.validation_scores_ = self.best_validation_score_ = None
        if course.score is not None:
            self.validation_loss_curve_, self.validation_scores_ = course.validation_losses, course.validation_scores
            self.best_validation_score_ = max(course.validation_scores, default=None)
        self.n_iter_ = descent.iterations
        self.t_ = (0 if fresh else self.t_) + descent.iterations * rows
        self.alpha_, self.restarts_ = fitted.alpha, fitted.restarts
        self.optimizer_, self.optimizer_reason_ = fitted.choice
        self.descent_, self.stop_reason_ = descent, descent.stop_reason.code

    def _subject_of(self, fitted: Fitted, table: Table, seed: int, *, whole: bool) -> Subject:
        """Return what a verdict is about; a descent with dropout, or of one pass, is none of the error itself."""
        descended = whole and not any(np.ravel(self.dropout))
        return Subject(
            network=fitted.network,
            training=table.training,
            validation=table.validation,
            first=fitted.first,
            optimizer=fitted.choice.optimizer if descended else None,
            limits=fitted.limits,
            l2=fitted.l2,
            descent=fitted.descent if descended else None,
            initialiser=choices.initialiser_of(self),
            seed=seed,
            features=[str(name) for name in getattr(self, "feature_names_in_", ())],
        )

    def _outputs(self, X: Any) -> Array:
        """Return the network's outputs (rows, outputs)."""
        check_is_fitted(self, "network_")
        return self.network_.run(dense(validate_data(self, X, reset=False, accept_sparse=SPARSE, dtype=DTYPES)))

    def _layers(self, asked: str) -> list[Array]:
        if not hasattr(self, "network_"):
            raise AttributeError(f"'{type(self).__name__}' object has no attribute '{asked}': it is not fitted yet.")
        return self.network_.layers

    @property
    def coefs_(self) -> list[Array]:
        """The weights of each layer (inputs, units): views into the network's own."""
        return [W[:, :-1].T for W in self._layers("coefs_")]

    @property
    def intercepts_(self) -> list[Array]:
        """The biases of each layer (units,): views into the network's own."""
        return [W[:, -1] for W in self._layers("intercepts_")]

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

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags


def _cut_short(estimator: Any, descent: Descent) -> str:
    if descent.stop_reason is StopReason.ITERATION_LIMIT:
        return f"max_iter={estimator.max_iter} was reached while the loss was still falling; a higher one goes on."
    if descent.stop_reason is StopReason.TIME_LIMIT:
        return f"time_limit={estimator.time_limit} was reached while the loss was still falling."
    return (
        f"the loss overflowed {descent.detail}, so the best weights before that were kept. Scale the inputs, or lower "
        "learning_rate_init."
    )
