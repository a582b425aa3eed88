"""The lowest error that a search with the same shape finds: an upper bound of the floor; the weights are its proof."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from fallline.diagnosis.budget.standardised import Standardised
from fallline.diagnosis.clock import Clock
from fallline.diagnosis.subject import Subject
from fallline.engine import Architecture, Array, Objective, Rows
from fallline.network import Network
from fallline.optimizers import Auto
from fallline.training.descent import descend
from fallline.training.restarts import seeds_of
from fallline.training.stopping import Limits, StopReason

MOST_STARTS = 32
SHARE_OF_FIRST = 0.4  # of the time, for the descent from the weights at the stop
NEXT_TO_NOTHING = 1e-9  # of the error to begin with: a floor that near to its lower bound needs no further start


@dataclass(frozen=True)
class Floor:
    """The best weights found."""

    error: float  # the loss, without a penalty
    parameters: Array = field(repr=False)  # float64: the proof
    start: int | None  # seed of the first weights from which they were found; None from the weights at the stop
    starts: int  # how many descents there were
    errors: tuple[float, ...]  # where each came to, in their order
    finished: bool  # whether the last of them ended by itself, and not because the time was over


def search_floor(subject: Subject, rows: Rows, parameters: Array, error: float, bound: float, clock: Clock) -> Floor:
    """Descend from the weights at the stop and then from fresh ones, by second order, until the time is over.

    All of it on standardised inputs, which changes nothing of what the network can compute: where unscaled inputs held
    the descent up, the search is not held up likewise.

    Parameters
    ----------
    subject
        Whose first weights are drawn anew.
    rows, parameters, error
        Training rows in float64; the weights at the stop and their error, which the floor cannot exceed.
    bound
        What no weights can go below; near it the search ends.
    clock
        The time for all of it.
    """
    architecture = subject.network.architecture
    scale = Standardised.of(rows.X)
    scaled = Rows(scale.inputs(rows.X), rows.y)
    best, start, errors, finished = parameters.copy(), None, [error], True
    lowest = error
    for k, seed in enumerate([None, *seeds_of(subject.seed + 1, MOST_STARTS)]):
        if clock.over or lowest - bound <= NEXT_TO_NOTHING * max(errors):
            break
        part = clock.part(SHARE_OF_FIRST if k == 0 else 1.0)
        here = scale.weights_for(architecture, parameters)
        first = here if seed is None else subject.drawn(seed).parameters.astype(parameters.dtype)
        end, finished = descend_from(architecture, first, scaled, part, bound)
        errors.append(end[0])
        if end[0] < lowest:
            weights = scale.weights_from(architecture, end[1])
            reached = Objective(architecture, rows).error(weights)  # differs by rounding
            if reached < lowest:
                lowest, best, start = reached, weights, seed
    return Floor(lowest, best, start, len(errors) - 1, tuple(errors[1:]), finished)


def descend_from(
    architecture: Architecture, first: Array, rows: Rows, clock: Clock, bound: float = 0.0, l2: float = 0.0
) -> tuple[tuple[float, Array], bool]:
    """Return the error and the weights where a second-order descent from `first` ends, and whether by itself."""
    network = Network.from_parameters(architecture, first)
    target = bound * (1.0 + 1e-12) if bound > 0.0 else None
    descent = descend(
        network,
        rows,
        Auto(clock.left).choice(architecture, len(rows)).optimizer,
        l2=l2,
        limits=Limits(seconds=clock.left, target_error=target),
        interrupt=clock.interrupt,
    )
    error = descent.train_error if math.isfinite(descent.train_error) else math.inf
    return (error, network.parameters), descent.stop_reason is not StopReason.TIME_LIMIT
