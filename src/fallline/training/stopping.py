"""Why a run ends: the limits it was given, and one enumeration of reasons with their texts."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from fallline.errors import FalllineError


class StopReason(Enum):
    """Why the descent ended; each has a code, a text that names the cause, and what to do about it."""

    TARGET_REACHED = (
        "target_reached",
        "the training error reached the target",
        "Nothing is left to do; a lower target would go on.",
    )
    CONVERGED = (
        "converged",
        "the gradient has shrunk to nothing: this is a minimum of the error (or, rarely, a saddle)",
        "A lower error needs another start (--seed), another shape, or a smaller penalty (--l2).",
    )
    NO_DESCENT = (
        "no_descent",
        "no step along the search direction lowers the error any further, which is the limit of the arithmetic",
        "A lower error needs another start (--seed), another shape, or --dtype float64.",
    )
    PLATEAU = (
        "plateau",
        "the error stopped falling",
        "Try another optimizer, learning rate or start (--seed); --no-plateau-stop goes on regardless.",
    )
    EARLY_STOPPING = (
        "early_stopping",
        "the validation error stopped falling, so the weights that had the lowest were restored",
        "More rows, a smaller network or a larger penalty (--l2) narrow the gap; --patience waits longer.",
    )
    ITERATION_LIMIT = (
        "iteration_limit",
        "the iterations were used up while the error was still allowed to fall",
        "Raise --iterations to go on.",
    )
    TIME_LIMIT = (
        "time_limit",
        "the time was used up while the error was still allowed to fall",
        "Raise --time-limit to go on.",
    )
    INTERRUPTED = (
        "interrupted",
        "you stopped it; everything up to there is kept",
        "Run it again to go further.",
    )
    GIVEN_UP = (
        "given_up",
        "other starts were ahead and this one was not catching up, so it was given up",
        "The run went on with the others; --restarts 1 follows a start to its end.",
    )
    NOT_FINITE = (
        "not_finite",
        "the error or the gradient overflowed, so the best weights before that were restored",
        "Lower --learning-rate, scale the inputs, or choose a saturating activation such as tanh.",
    )

    def __init__(self, code: str, text: str, remedy: str) -> None:
        self.code = code
        self.text = text
        self.remedy = remedy


@dataclass(frozen=True)
class Limits:
    """When a run is to end by itself.

    Parameters
    ----------
    iterations
        Most iterations (epochs of mini-batches, or steps on all rows); None for no limit.
    seconds
        Longest time; None for no limit.
    target_error
        Training error at which the run has done its work; None for none.
    patience
        Iterations without a lower validation error after which the run ends; None goes on.
    plateau
        Whether to end where the error has stopped falling.
    """

    iterations: int | None = None
    seconds: float | None = None
    target_error: float | None = None
    patience: int | None = None
    plateau: bool = True

    def __post_init__(self) -> None:
        for name, value, least in (
            ("iterations", self.iterations, 0),
            ("time limit", self.seconds, 0),
            ("target error", self.target_error, 0),
            ("patience", self.patience, 1),
        ):
            if value is not None and not value >= least:
                raise FalllineError(f"{name} {value}: expected a number of {least} or more.")
