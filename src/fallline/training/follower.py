"""Who goes along with a descent and sees its weights."""

from __future__ import annotations

from typing import Protocol

from fallline.engine import Array
from fallline.optimizers import Iteration
from fallline.training.stopping import StopReason


class Follower(Protocol):
    """Sees the weights of a descent on the way, and may end it; see `Marks`, `Remote` and the estimators' `Course`.

    Where many iterations pass at once in compiled code, only the weights of the last are at hand: a follower says when
    it needs them, and sees them at times when others do.
    """

    def until_next(self, number: int) -> int | None:
        """Return how many iterations after this one the weights are wanted; None where any will do."""

    def see(self, iteration: Iteration, parameters: Array, validation_error: float) -> StopReason | None:
        """Look at an iteration whose weights are at hand; a reason that is returned ends the descent.

        Parameters
        ----------
        iteration
            Of which number 0 is the beginning.
        parameters (parameters,)
            Its weights: lent, to be looked at before the next step alone.
        validation_error
            nan without validation rows.
        """
