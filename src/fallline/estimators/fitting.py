"""One fit of an estimator's network: choices made, Fallline's descent followed, what came of it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from numbers import Real
from typing import Any, NamedTuple

import numpy as np

from fallline.engine import Architecture, Array
from fallline.errors import FalllineError
from fallline.estimators import choices
from fallline.estimators.following import Course, LossUnit
from fallline.estimators.penalty import Search
from fallline.estimators.table import Table
from fallline.network import Network
from fallline.optimizers import BayesianRegularisation, Choice, FirstOrder
from fallline.optimizers.first_order import Memory
from fallline.training.descent import Descent, descend
from fallline.training.interrupt import Interrupt
from fallline.training.penalty import l2_of
from fallline.training.restarts import descend_with_restarts
from fallline.training.settings import MANY_ROWS
from fallline.training.stopping import Limits

USUAL_ALPHA = 1e-4  # scikit-learn's


class Fitted(NamedTuple):
    """What came of a fit."""

    network: Network
    first: Network  # from which the kept descent began
    descent: Descent
    course: Course
    choice: Choice
    limits: Limits
    alpha: float
    l2: float
    loss: float  # of the final weights, with the penalty, in scikit-learn's unit
    restarts: dict[str, Any] | None


def drawn(architecture: Architecture, initialiser: str | None, seed: int, dtype: str) -> Network:
    """Return a network with first weights."""
    shape, names, loss = architecture.shape, architecture.activations, architecture.loss
    network = Network(shape, names, loss=loss, initialiser=initialiser, seed=seed, dtype=dtype)
    return Network.from_parameters(architecture, network.parameters)


def fit(
    estimator: Any,
    first: Network,
    table: Table,
    seed: int,
    interrupt: Interrupt,
    tell: Callable[[int, float, Array], bool],
    *,
    fresh: bool,
    memory: Memory | None = None,
) -> Fitted:
    """Train a copy of a network as the estimator's parameters say.

    Parameters
    ----------
    estimator
        Gives the parameters, the classes of targets (`_strata`) and the score of outputs (`_scored`).
    first
        The network to begin with; other starts, if `restarts` asks for them, are drawn from the same architecture.
    tell
        Called after each iteration, as in `Course`.
    fresh
        Whether the first weights have just been drawn, so that others are as good to begin with.
    memory
        Of a first-order optimizer that makes a single pass, as for `partial_fit`; None for a whole fit.
    """
    architecture, rows = first.architecture, len(table.training)
    dropout = choices.dropout_of(estimator.dropout, len(architecture.shape) - 2, seed)
    single = memory is not None
    choice = choices.optimizer_of(
        estimator,
        architecture,
        rows,
        0 if fresh else estimator.t_,
        seed,
        LossUnit.of(architecture, 0.0, 1.0).factor,
        steps_only=single or dropout is not None,
    )
    if memory is not None:
        choice = _resumed(choice, memory)
    watching = estimator.early_stopping and table.validation is not None
    limits = choices.limits_of(estimator, watching=watching, iterations=1 if single else None)
    alpha = _strength(estimator, first, table, seed, interrupt, fresh=fresh, single=single)
    l2 = l2_of(alpha, architecture, rows) * rows / table.counted
    own_penalty = isinstance(choice.optimizer, BayesianRegularisation)
    unit = LossUnit.of(architecture, 0.0 if own_penalty else alpha, table.counted)

    def course() -> Course:
        return Course(
            architecture,
            unit,
            None if single else estimator.tol,
            estimator.n_iter_no_change,
            watching,
            None if table.validation is None else _Score(estimator, architecture, table),
            tell,
            least_rate=choices.least_rate(choice.optimizer),
            most_steps=math.inf if isinstance(choice.optimizer, FirstOrder) else estimator.max_fun,
        )

    common: dict[str, Any] = {
        "validation": table.validation,
        "l2": l2,
        "limits": limits,
        "interrupt": interrupt,
        "dropout": dropout,
    }
    if estimator.restarts > 1 and fresh and not single:
        courses: dict[int, Course] = {}

        def start(each: int) -> Network:
            return drawn(architecture, choices.initialiser_of(estimator), each, first.parameters.dtype.name)

        found = descend_with_restarts(
            start,
            table.training,
            choice.optimizer,
            starts=estimator.restarts,
            seed=seed,
            followers=lambda each: [courses.setdefault(each, course())],
            **common,
        )
        network, descent, kept, first = found.network, found.descent, courses[found.seed], start(found.seed)
        restarts: dict[str, Any] | None = found.to_dict()
    else:
        network, kept, restarts = Network.from_parameters(architecture, first.parameters), course(), None
        descent = descend(network, table.training, choice.optimizer, followers=[kept], **common)
    loss = unit.loss(descent.train_error, architecture, network.parameters)
    return Fitted(network, first, descent, kept, choice, limits, alpha, l2, loss, restarts)


def _resumed(choice: Choice, memory: Memory) -> Choice:
    """Return a first-order optimizer that goes on from what is remembered, with another order of the rows."""
    optimizer = choice.optimizer
    assert isinstance(optimizer, FirstOrder), "partial_fit is there for no other"
    return choice._replace(optimizer=replace(optimizer, memory=memory, seed=optimizer.seed + memory.steps))


def _strength(
    estimator: Any, first: Network, table: Table, seed: int, interrupt: Interrupt, *, fresh: bool, single: bool
) -> float:
    """Return alpha: as given, as it was before, or as cross-validation on the training rows finds it."""
    asked, rows = estimator.alpha == "auto", len(table.training)
    if isinstance(estimator.alpha, Real):
        return float(estimator.alpha)
    if not fresh:
        return float(estimator.alpha_)
    if not asked and (single or rows >= MANY_ROWS or not choices.chooses_alpha(estimator)):
        return USUAL_ALPHA
    outputs = first.architecture.outputs
    search = Search(table, outputs)
    if not search.enough:
        if asked:
            raise FalllineError(f"alpha='auto': {rows} rows are too few to choose one; give a number.")
        return USUAL_ALPHA
    return search.strength(
        first,
        estimator._strata(table.training.block(0, rows)[1][:, :outputs]),
        seed,
        estimator.max_iter,
        math.inf if estimator.time_limit is None else 0.5 * estimator.time_limit,
        interrupt,
    )


class _Score:
    """The score on the validation rows, for weights; the network is its own, since starts may run side by side."""

    def __init__(self, estimator: Any, architecture: Architecture, table: Table) -> None:
        assert table.validation is not None
        parameters = np.zeros(architecture.parameter_count, table.training.X.dtype)
        self._scored = estimator._scored
        self._network = Network.from_parameters(replace(architecture, weighted=False), parameters)
        self._X, y = table.validation.block(0, len(table.validation))
        self._targets = y[:, : architecture.outputs]
        self._weights = y[:, -1] if table.weighted else None

    def __call__(self, parameters: Array) -> float:
        np.copyto(self._network.parameters, parameters, casting="same_kind")
        return float(self._scored(self._network.run(self._X), self._targets, self._weights))
