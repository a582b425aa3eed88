"""`FalllineClassifier`: classes from numbers, as scikit-learn's `MLPClassifier`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.preprocessing import LabelBinarizer
from sklearn.utils import column_or_1d
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets, unique_labels

from fallline.engine import Array, Index
from fallline.errors import FalllineError
from fallline.estimators import choices
from fallline.estimators.callbacks import with_callbacks
from fallline.estimators.estimator import NetworkEstimator


class FalllineClassifier(ClassifierMixin, NetworkEstimator):
    """A feed-forward network for classes; a drop-in for `sklearn.neural_network.MLPClassifier`.

    Two classes have one output, the probability of the second (logistic); more have one each (softmax); an indicator
    matrix of several labels a row has an independent output each (logistic). Where solver and alpha are left open,
    Fallline standardises inputs and finds the penalty; where either is given, all is as in scikit-learn.
    `docs/estimators.md` says what each parameter means, and where it differs.

    Parameters
    ----------
    hidden_layer_sizes, activation, solver, alpha, dropout, batch_size, learning_rate, learning_rate_init, power_t, \
max_iter, shuffle, random_state, tol, verbose, warm_start, momentum, nesterovs_momentum, early_stopping, \
validation_fraction, beta_1, beta_2, epsilon, n_iter_no_change, max_fun, standardise, time_limit, restarts, \
initialiser, dtype
        As for `FalllineRegressor`.
    class_weight
        How much the rows of each class count: a dictionary, "balanced", or None for all alike; as in scikit-learn's
        linear classifiers.

    Attributes
    ----------
    classes_
        The classes, in the order of the outputs.
    validation_scores_, best_validation_score_
        The accuracy of each iteration on the validation rows, and the highest.
    others
        As for `FalllineRegressor`.

    Examples
    --------
    >>> model = FalllineClassifier((4,), "tanh", random_state=0)
    >>> model.fit([[0, 0], [0, 1], [1, 0], [1, 1]], ["no", "yes", "yes", "no"]).predict([[0, 1], [1, 1]]).tolist()
    ['yes', 'no']
    """

    def __init__(
        self,
        hidden_layer_sizes: int | Sequence[int] = (100,),
        activation: str | Sequence[str] = "relu",
        *,
        solver: str = "auto",
        alpha: float | str | None = None,
        class_weight: Any = None,
        dropout: float | Sequence[float] = 0.0,
        batch_size: int | str | None = "auto",
        learning_rate: str = "constant",
        learning_rate_init: float = 0.001,
        power_t: float = 0.5,
        max_iter: int = 200,
        shuffle: bool = True,
        random_state: Any = None,
        tol: float | None = 1e-4,
        verbose: bool = False,
        warm_start: bool = False,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        n_iter_no_change: float = 10,
        max_fun: float = 15000,
        standardise: bool | None = None,
        time_limit: float | None = None,
        restarts: int = 1,
        initialiser: str | None = None,
        dtype: str | None = None,
    ) -> None:
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.solver = solver
        self.alpha = alpha
        self.class_weight = class_weight
        self.dropout = dropout
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.learning_rate_init = learning_rate_init
        self.power_t = power_t
        self.max_iter = max_iter
        self.shuffle = shuffle
        self.random_state = random_state
        self.tol = tol
        self.verbose = verbose
        self.warm_start = warm_start
        self.momentum = momentum
        self.nesterovs_momentum = nesterovs_momentum
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.n_iter_no_change = n_iter_no_change
        self.max_fun = max_fun
        self.standardise = standardise
        self.time_limit = time_limit
        self.restarts = restarts
        self.initialiser = initialiser
        self.dtype = dtype

    @with_callbacks
    def fit(self, X: Any, y: Any, sample_weight: Any = None, X_val: Any = None, y_val: Any = None) -> Self:
        """Fit the network to rows X (rows, inputs) with classes y (rows,), or an indicator matrix (rows, labels).

        Parameters
        ----------
        X, y
            The rows to learn from.
        sample_weight
            How much each row counts (rows,); None for all alike. It multiplies `class_weight`.
        X_val, y_val
            Rows to watch: with early_stopping they take the place of those held out; without, they change nothing but
            give the validation curves.

        Raises
        ------
        FalllineError
            If a parameter is not what it can be; it is a ValueError.
        """
        return self._fit(X, y, sample_weight, X_val, y_val, class_weight=self.class_weight)

    @available_if(choices.makes_single_passes)
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None, classes: Any = None) -> Self:
        """Make one pass over these rows with a first-order solver, going on from the last call.

        Parameters
        ----------
        X, y, sample_weight
            As for `fit`; y need not hold every class.
        classes
            All there are, (classes,); needed in the first call.
        """
        if not hasattr(self, "network_"):
            if classes is None and np.ndim(y) < 2:
                raise FalllineError("classes: the first call of partial_fit has to name all classes.")
            self._binarizer = LabelBinarizer().fit(y if classes is None or np.ndim(y) > 1 else classes)
            self.classes_ = self._binarizer.classes_
        elif classes is not None and not np.array_equal(unique_labels(classes), self.classes_):
            raise FalllineError(f"classes={classes!r}: not those of the first call of partial_fit, {self.classes_}.")
        return self._fit(X, y, sample_weight, class_weight=self.class_weight, incremental=True)

    def predict(self, X: Any) -> Any:
        """Return the class of each row of X (rows, inputs), (rows,), or an indicator matrix (rows, labels)."""
        outputs = self._outputs(X)
        return self._binarizer.inverse_transform(outputs.ravel() if outputs.shape[1] == 1 else outputs)

    def predict_proba(self, X: Any) -> Array:
        """Return the probability of each class (rows, classes), or of each label (rows, labels).

        They lie between 0 and 1 as logistic and softmax do: what rounds to these is the number next to them.
        """
        outputs = self._outputs(X)
        if outputs.shape[1] == 1:
            outputs = np.column_stack([1.0 - outputs, outputs])
        one = outputs.dtype.type(1.0)
        return np.clip(outputs, np.finfo(outputs.dtype).tiny, np.nextafter(one, -one))

    def predict_log_proba(self, X: Any) -> Array:
        """Return the logarithm of `predict_proba`."""
        return np.log(self.predict_proba(X))

    def _targets(self, y: Any, *, reset: bool) -> Array:
        check_classification_targets(y)
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        if reset:
            self._binarizer = LabelBinarizer().fit(y)
            self.classes_ = self._binarizer.classes_
        else:
            unknown = np.setdiff1d(unique_labels(y), self.classes_)
            if len(unknown):
                raise FalllineError(
                    f"y: it has classes {unknown} that were not there before; there are {self.classes_}."
                )
        return np.asarray(self._binarizer.transform(y), np.float64)

    def _loss_and_output(self) -> tuple[str, str]:
        if self._binarizer.y_type_ == "multiclass":
            return "categorical_cross_entropy", "softmax"
        return "binary_cross_entropy", "sigmoid"

    def _scored(self, outputs: Array, targets: Array, weights: Array | None) -> float:
        if self._binarizer.y_type_ == "multiclass":
            right = outputs.argmax(axis=1) == targets.argmax(axis=1)
        else:
            right = ((outputs > 0.5) == (targets > 0.5)).all(axis=1)
        return float(np.average(right, weights=weights))

    def _strata(self, targets: Array) -> Index | None:
        if self._binarizer.y_type_.startswith("multilabel"):
            return None
        codes = targets[:, 0] if targets.shape[1] == 1 else targets.argmax(axis=1)
        return codes.astype(np.int64)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags
