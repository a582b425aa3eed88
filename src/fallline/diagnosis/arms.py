"""Two arms of an experiment: a descent that goes on as it is, and one from mended weights with the same work.

What a rule says of the landscape is a guess until somebody has walked there. Both arms take the same rows, the same
optimizer and the same number of iterations, so that what is gained is due to the weights alone.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from fallline.diagnosis.measurements import Measurements
from fallline.engine import Array, Rows
from fallline.engine.choice import step_seconds
from fallline.network import Network
from fallline.optimizers import LBFGS, FirstOrder, Optimizer
from fallline.training.descent import descend
from fallline.training.stopping import Limits

MOST_ROWS = 1_000
SECONDS = 0.25  # that each arm is likely to take
MOST_ITERATIONS = 400


class Arms(NamedTuple):
    """How low both arms came, from the same error at the stop; all on the same rows."""

    error: float  # at the stop
    control: float  # as it is
    treated: float  # from the mended weights
    iterations: int  # of each arm at most
    optimizer: str

    @property
    def gain(self) -> float:
        """Share of the error at the stop that the mended weights lost and the others kept; below 0 for a loss."""
        if not math.isfinite(self.error):
            return 1.0 if math.isfinite(self.treated) else 0.0
        if self.error == 0.0:
            return 0.0
        return (min(self.control, self.error) - min(self.treated, self.error)) / self.error

    @property
    def ratio(self) -> float:
        """How many times what the control arm lost the treated arm lost; infinite where the control lost nothing."""
        treated, control = self.error - self.treated, max(0.0, self.error - self.control)
        return treated / control if control > 0.0 else math.inf

    def helps(self, gain: float, ratio: float) -> bool:
        """Whether the mending gains that share of the error, and loses so many times as much as going on does."""
        return self.gain >= gain and (self.ratio >= ratio or not math.isfinite(self.error))


def arms(measured: Measurements, mended: Array, optimizer: Optimizer | None = None) -> Arms:
    """Descend from the weights at the stop and from mended ones (parameters,), and return where both came to.

    Parameters
    ----------
    measured
        Whose rows are taken, at most `MOST_ROWS` of them.
    mended
        The other weights.
    optimizer
        Of both arms; None for L-BFGS, which is blind to the scale of the error and needs no learning rate.
    """
    optimizer = optimizer or LBFGS()
    rows = measured.rows
    if len(rows) > MOST_ROWS:
        rows = Rows(*rows.batch(measured.rng(5).choice(len(rows), MOST_ROWS, replace=False)))
    batch = optimizer.batch_size if isinstance(optimizer, FirstOrder) else None
    steps = 1 if batch is None else math.ceil(len(rows) / batch)
    likely = steps * step_seconds(measured.architecture, min(len(rows), batch or len(rows)))
    iterations = max(1, min(MOST_ITERATIONS, int(SECONDS / likely)))
    at_stop, control, treated = (
        _descended(measured, first, rows, optimizer, most)
        for first, most in ((measured.parameters, 0), (measured.parameters, iterations), (mended, iterations))
    )
    return Arms(at_stop, control, treated, iterations, optimizer.name)


def _descended(measured: Measurements, first: Array, rows: Rows, optimizer: Optimizer, iterations: int) -> float:
    network = Network.from_parameters(measured.architecture, first)
    limits = Limits(iterations=iterations, plateau=False)
    descent = descend(
        network,
        rows,
        optimizer,
        l2=measured.subject.l2,
        limits=limits,
        interrupt=measured.clock.interrupt,
        compiled=False,
    )
    return descent.train_error if math.isfinite(descent.train_error) else math.inf
