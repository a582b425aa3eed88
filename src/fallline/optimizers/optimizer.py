"""What every optimizer is: something that lowers an objective while it is watched, and says how it ended."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from enum import Enum
from typing import NamedTuple, Protocol

from fallline.engine import Array, Objective


class Outcome(Enum):
    """How an optimizer came to its end."""

    STOPPED = "stopped"  # by the one who watched
    CONVERGED = "converged"  # the gradient is zero as far as the dtype can tell
    NO_DESCENT = "no_descent"  # no step along the search direction lowers the error further
    NOT_FINITE = "not_finite"  # the error or the gradient overflowed


class Iteration(NamedTuple):
    """One epoch of mini-batches, or one step on all rows.

    The error, without the penalty, is that of `parameters`; in an epoch of mini-batches it is the mean over the
    batches, each before its own step, and `parameters` are the weights after the last.
    """

    number: int  # from 1
    steps: int  # evaluations of the gradient so far
    error: float
    gradient_norm: float  # of the gradient on all rows, or the mean over the epoch; with the penalty
    step_size: float  # Euclidean length of what the weights moved
    learning_rate: float  # nan where the optimizer has none
    age: int  # iterations that `parameters` have had: one less than `number` where the error was taken before the step
    parameters: Array | None  # lent: to be copied where they are kept; None where only the error is at hand


class Watch(Protocol):
    """What the optimizer tells about itself while it runs."""

    def iteration(self, iteration: Iteration) -> bool:
        """Take note of an iteration; True asks the optimizer to stop."""

    def portion(self) -> int:
        """How many iterations may pass before one of them can be the last: 1 or more."""

    def wanted(self, first: int, last: int) -> Sequence[int]:
        """Which of the iterations first … last have to be told where they pass at once; the last always has."""

    def target(self) -> float:
        """Error at which a descent on all rows is to tell at once; −inf for none."""

    def interrupted(self) -> bool:
        """Whether to stop at once, in the middle of an epoch: asked before every step."""


class Optimizer(ABC):
    """A way of lowering an objective; it holds settings, and nothing of a run."""

    name: str

    def require_fitting(self, rows: int) -> None:  # noqa: B027 - most have nothing to refuse
        """Raise a FalllineError if the settings make no sense for that many rows."""

    @abstractmethod
    def minimize(self, objective: Objective, parameters: Array, watch: Watch) -> Outcome:
        """Lower the objective from `parameters`, which is changed in place, until watch says stop.

        When the error is not finite, the weights before the step that led there are put back; where only the gradient
        is not, they stay.
        """
