"""`FalllineRegressor`: numbers from numbers, as scikit-learn's `MLPRegressor`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.metrics import r2_score
from sklearn.utils import column_or_1d
from sklearn.utils.metaestimators import available_if

from fallline.engine import Array, Index
from fallline.engine.architecture import nearest
from fallline.errors import FalllineError
from fallline.estimators import choices
from fallline.estimators.callbacks import with_callbacks
from fallline.estimators.estimator import NetworkEstimator

LOSSES = {"squared_error": "mean_squared_error", "absolute_error": "mean_absolute_error", "huber": "huber"}


class FalllineRegressor(RegressorMixin, NetworkEstimator):
    """A feed-forward network for regression; a drop-in for `sklearn.neural_network.MLPRegressor`.

    Where solver and alpha are left open, Fallline standardises rows and finds the penalty; where either is given, all
    is as in scikit-learn. `docs/estimators.md` says what each parameter means, and where it differs.

    Parameters
    ----------
    hidden_layer_sizes
        Units of each hidden layer; () for none.
    activation
        One name for all hidden layers, or one for each: identity, logistic (sigmoid), tanh, relu, leaky_relu, elu,
        softplus, silu, gelu.
    solver
        "auto" chooses by the size of the work; else sgd, adam, lbfgs, levenberg_marquardt, bfgs, newton_cg, rprop,
        adamw, rmsprop, nesterov, momentum, gradient_descent, bayesian_regularisation.
    alpha
        Strength of the penalty ½ · alpha · Σ weights² / rows on the loss; "auto" finds it by cross-validation. None
        does so where the solver is left open, too, and neither early_stopping nor dropout takes its place; else it is
        0.0001.
    loss
        squared_error (half of its mean), absolute_error or huber.
    out_activation
        The output layer's activation.
    dropout
        Chance of each hidden activation to be left out at a step: one for all hidden layers, or one for each; for
        first-order solvers.
    batch_size, learning_rate_init, power_t, shuffle, momentum, nesterovs_momentum, beta_1, beta_2, epsilon
        Of first-order solvers, as in scikit-learn; a batch_size of None takes all rows at each step.
    learning_rate
        Its schedule: constant, step, cosine or plateau; for sgd also invscaling or adaptive.
    max_iter, tol, n_iter_no_change
        When a fit ends, as in scikit-learn, with every solver; a tol of None goes on while the solver finds a way down.
    max_fun
        Evaluations of the loss after which a solver that is not first-order ends.
    standardise
        Whether the descent sees inputs and targets with mean 0 and deviation 1; the weights are then those for the rows
        as they are. None does so where solver and alpha are left open, or alpha is "auto".
    time_limit
        Seconds after which a fit ends; None for no limit.
    early_stopping, validation_fraction
        Whether to hold rows out, to stop by their loss, and to keep the weights that had the lowest.
    restarts
        From how many first weights to start; the best is kept.
    initialiser
        How first weights are drawn; None takes Glorot's for lbfgs, adam and sgd, as in scikit-learn, and for other
        solvers what suits each layer's activation.
    dtype
        "float64" or "float32"; None that of X.
    random_state, verbose, warm_start
        As in scikit-learn.

    Attributes
    ----------
    network_
        The `fallline.Network`.
    coefs_, intercepts_
        Its weights and biases, layer by layer.
    loss_, loss_curve_, best_loss_
        The loss with the penalty, of standardised rows where they are: of the final weights, of each iteration, and the
        lowest of these.
    validation_loss_curve_, validation_scores_, best_validation_score_
        The loss and R² of each iteration on the validation rows; None without such rows.
    n_iter_, t_, n_layers_, n_outputs_, out_activation_, n_features_in_, feature_names_in_
        As in scikit-learn.
    alpha_, optimizer_, optimizer_reason_, stop_reason_, descent_, restarts_
        The penalty's strength, the optimizer and why it was chosen, why it ended, the descent, and the other starts.
    verdict_
        Why it stopped there, what the loss is made of, and what lowers it; examined when first asked for.

    Examples
    --------
    >>> import numpy as np
    >>> X = np.linspace(-3, 3, 50)[:, None]
    >>> model = FalllineRegressor((8,), "tanh", alpha=0.0, tol=1e-6, random_state=0).fit(X, np.sin(X[:, 0]))
    >>> round(model.score(X, np.sin(X[:, 0])), 3)
    1.0
    """

    def __init__(
        self,
        hidden_layer_sizes: int | Sequence[int] = (100,),
        activation: str | Sequence[str] = "relu",
        *,
        solver: str = "auto",
        alpha: float | str | None = None,
        loss: str = "squared_error",
        out_activation: str = "identity",
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
        self.loss = loss
        self.out_activation = out_activation
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
        """Fit the network to rows X (rows, inputs) with targets y (rows,) or (rows, outputs).

        Parameters
        ----------
        X, y
            The rows to learn from.
        sample_weight
            How much each row counts (rows,); None for all alike.
        X_val, y_val
            Rows to watch: with early_stopping they take the place of those held out; without, they change nothing but
            give the validation curves.

        Raises
        ------
        FalllineError
            If a parameter is not what it can be; it is a ValueError.
        """
        return self._fit(X, y, sample_weight, X_val, y_val)

    @available_if(choices.makes_single_passes)
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Make one pass over these rows with a first-order solver, going on from the last call."""
        return self._fit(X, y, sample_weight, incremental=True)

    def predict(self, X: Any) -> Array:
        """Return the predictions (rows,) or (rows, outputs) for rows X (rows, inputs)."""
        outputs = self._outputs(X)
        return outputs.ravel() if outputs.shape[1] == 1 else outputs

    def _targets(self, y: Any, *, reset: bool) -> Array:
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        return np.asarray(y, np.float64).reshape(len(y), -1)

    def _loss_and_output(self) -> tuple[str, str]:
        if self.loss not in LOSSES:
            raise FalllineError(f"loss={self.loss!r}: there is none of that name{nearest(str(self.loss), LOSSES)}.")
        return LOSSES[self.loss], choices.OWN_NAME.get(self.out_activation, self.out_activation)

    def _scored(self, outputs: Array, targets: Array, weights: Array | None) -> float:
        if not np.isfinite(outputs).all():
            return float("nan")
        return float(r2_score(targets, outputs, sample_weight=weights))

    def _strata(self, targets: Array) -> Index | None:
        return None

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags
