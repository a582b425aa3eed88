"""The lowest error that a search with the same shape finds: an upper bound of the floor; the weights are its proof."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from fallline.diagnosis.budget.linear_floor import is_convex, is_linear, linear_floor
from fallline.diagnosis.budget.standardised import Standardised
from fallline.diagnosis.clock import Clock
from fallline.diagnosis.subject import Subject
from fallline.engine import Architecture, Array, Objective, Rows
from fallline.network import Network
from fallline.optimizers import Auto
from fallline.training.descent import descend
from fallline.training.restarts import seeds_of
from fallline.training.spread import UNLIKELY, good_turing
from fallline.training.stopping import Limits, StopReason

MOST_STARTS = 16
LEAST_DRAWS = 6  # of minima, before their spread says that another start is unlikely to help
SHARE_OF_STARTS = 0.7  # of the time; the rest is for the best of them to go on
SHARE_OF_FIRST = 0.5  # of that, for the descent from the weights at the stop
SAME = 0.01  # of the error at the stop: minima that differ by less count as one, and a gain below it as none
NEGLIGIBLE = 1e-6  # of the error at the stop: a floor that near to its lower bound needs no further search
MOST_ITERATIONS = 200  # of a descent from fresh weights; the best of them goes on
SECONDS_OF_CHOICE = 3.0  # for which the optimizer is chosen, whatever is left, so that the search repeats itself


@dataclass(frozen=True)
class Floor:
    """The best weights found."""

    error: float  # the loss, without a penalty
    parameters: Array = field(repr=False)  # float64: the proof
    start: int | None  # seed of the first weights from which they were found; None from the weights at the stop
    starts: int  # how many descents there were
    errors: tuple[float, ...]  # where each came to, in their order
    finished: bool  # whether the search ended by itself, and not because the time was over
    exact: bool = False  # whether no weights can do better: in closed form, a convex problem, or at the lower bound
    at_bound: bool = False  # whether it is so near to the lower bound that the difference does not count


@dataclass(frozen=True)
class End:
    """Where a descent came to."""

    error: float
    parameters: Array
    finished: bool  # by itself
    in_time: bool


def search_floor(subject: Subject, rows: Rows, parameters: Array, error: float, bound: float, clock: Clock) -> Floor:
    """Descend from the weights at the stop and then from fresh ones, by second order.

    It ends at the lower bound, when the minima found so far say that another start is unlikely to help (by Good and
    Turing, as `training/spread.py`), or when the time is over.

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
    near = bound + NEGLIGIBLE * max(0.0, error - bound)
    if error <= bound or not math.isfinite(error):
        return Floor(error, parameters.copy(), None, 0, (), True, exact=error <= bound, at_bound=error <= bound)
    if is_linear(architecture):
        solution = linear_floor(architecture, rows)
        least = Objective(architecture, rows).error(solution)
        best_weights = solution if least < error else parameters.copy()
        return Floor(min(least, error), best_weights, None, 0, (), True, exact=True, at_bound=least <= near)
    scale = Standardised.of(rows.X)
    scaled, here = Rows(scale.inputs(rows.X), rows.y), scale.weights_for(architecture, parameters)
    best, start, in_time = End(error, here, True, True), None, True
    ends: list[End] = []
    starting = clock.part(SHARE_OF_STARTS)
    for k, seed in enumerate([None, *seeds_of(subject.seed + 1, MOST_STARTS)]):
        part = starting.part(SHARE_OF_FIRST if k == 0 else 1.0)
        first = here if seed is None else subject.drawn(seed).parameters.astype(parameters.dtype)
        end = descend_from(architecture, first, scaled, part, target=near, iterations=MOST_ITERATIONS)
        ends.append(end)
        if end.error < best.error:
            best, start = end, seed
        if best.error <= near or (is_convex(architecture) and end.finished):
            break
        if starting.over:
            in_time = False
            break
        if best.error <= bound + SAME * error or _settled([end.error for end in ends], SAME * error):
            break
    if not best.finished and best.error > near and not clock.over:
        end = descend_from(architecture, best.parameters, scaled, clock, target=near)
        in_time = in_time and end.in_time
        best = end if end.error < best.error else best
    weights = scale.weights_from(architecture, best.parameters)
    lowest = Objective(architecture, rows).error(weights)  # differs by rounding
    if not lowest < error:
        lowest, weights, start = error, parameters.copy(), None
    errors = tuple(end.error for end in ends)
    at_bound = lowest <= near
    exact = at_bound or (is_convex(architecture) and any(end.finished for end in ends))
    return Floor(lowest, weights, start, len(ends), errors, in_time, exact, at_bound)


def _settled(errors: list[float], same: float) -> bool:
    """Whether another start is unlikely to help: the lowest minimum came up again, and hardly any only once.

    Errors that differ by `same` at most are of one minimum.
    """
    sizes: list[int] = []
    lowest = -math.inf
    for error in sorted(filter(math.isfinite, errors)):
        if error <= lowest + same:
            sizes[-1] += 1
        else:
            sizes.append(1)
            lowest = error
    if sum(sizes) < LEAST_DRAWS:
        return False
    return sizes[0] > 1 and good_turing(sizes.count(1), sum(sizes)) <= UNLIKELY


def descend_from(
    architecture: Architecture,
    first: Array,
    rows: Rows,
    clock: Clock,
    *,
    target: float | None = None,
    l2: float = 0.0,
    iterations: int | None = None,
) -> End:
    """Return where a second-order descent from `first` ends: at the target, by itself, or when a limit is reached."""
    network = Network.from_parameters(architecture, first)
    descent = descend(
        network,
        rows,
        Auto(SECONDS_OF_CHOICE).choice(architecture, len(rows)).optimizer,
        l2=l2,
        limits=Limits(iterations=iterations, seconds=clock.left, target_error=None if l2 else target),
        interrupt=clock.interrupt,
    )
    error = descent.train_error if math.isfinite(descent.train_error) else math.inf
    reason = descent.stop_reason
    limited = (StopReason.TIME_LIMIT, StopReason.ITERATION_LIMIT, StopReason.INTERRUPTED)
    return End(error, network.parameters, reason not in limited, reason is not StopReason.TIME_LIMIT)
