"""Two arms of an experiment: a descent that goes on as it is, and one from mended weights with the same work.

What a rule says of the landscape is a guess until somebody has walked there. Both arms take the same rows, the same
optimizer and the same number of iterations, so that what is gained is due to the weights alone.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from fallline.diagnosis.evidence import Evidence
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
FAR_BELOW = 0.25  # of the control's error


NEARLY_CONSTANT = 0.95  # of the error of the best constant answer
STALLED = 0.02  # share of the error that an arm at a standstill loses at most
QUICKER = 10.0  # times as fast is another thing than a standstill
LEFT = 0.5  # of the error: what second order has to bring it down to, where the mended arm is only quicker


class Arms(NamedTuple):
    """How low both arms came; all on the same rows."""

    error: float  # at the stop
    control: float  # as it is
    mended: float  # of the mended weights, before any step
    treated: float  # from there
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

    @property
    def released(self) -> bool:
        """Whether going on is at a standstill, and the mended weights are not."""
        stood = max(0.0, self.error - self.control)
        return stood <= STALLED * self.error and self.mended - self.treated > max(QUICKER * stood, 1e-9 * self.error)

    def helps(self, gain: float, ratio: float) -> bool:
        """Whether the mending gains that share of the error, and wins clearly over going on.

        That is: it loses so many times as much of the error, or has next to nothing left beside the other.
        """
        far_below = self.treated < FAR_BELOW * self.control
        return self.gain >= gain and (self.ratio >= ratio or far_below or not math.isfinite(self.error))


def worth_trying(evidence: Evidence) -> bool:
    """Whether arms may show something: much is at stake, or the error is a constant's and nothing speaks against it.

    A search from a network that passes no signal may find nothing either, and so take a plateau for the floor.
    """
    constant = evidence.validation is None and evidence.error >= NEARLY_CONSTANT * evidence.constant_error
    return evidence.stakes.matters or constant


class Comparison(NamedTuple):
    """What came of mended weights: the arms that show the most, and whether mending helps."""

    arms: Arms
    helps: bool
    share: float  # of the error at the stop that goes, 0 to 1
    words: str


def compare(measured: Measurements, mended: Array, gain: float, ratio: float, change: str) -> Comparison:
    """Try mended weights by the subject's own first-order optimizer, and where that shows nothing by L-BFGS.

    Parameters
    ----------
    measured, mended
        As in `arms`.
    gain, ratio
        As in `Arms.helps`.
    change
        What was mended, such as "with their weights pulled back".
    """
    optimizer = measured.subject.optimizer
    own = arms(measured, mended, optimizer) if isinstance(optimizer, FirstOrder) else None
    if own is not None and own.helps(gain, ratio):
        return Comparison(own, True, min(1.0, own.gain), _words(own, change))
    second = arms(measured, mended)
    if second.helps(gain, ratio):
        return Comparison(second, True, min(1.0, second.gain), _words(second, change))
    if own is not None and own.released and second.treated < LEFT * own.error:
        # second order frees itself by its own curvature, which says nothing of a descent that has none
        words = (
            f"{own.iterations} more iterations of {own.optimizer} lower the error {own.error:.4g} by "
            f"{max(0.0, own.error - own.control):.2g}; {change}, by {own.mended - own.treated:.2g}, "
            f"and {second.iterations} of {second.optimizer} bring it to {second.treated:.4g}"
        )
        return Comparison(own, True, 1.0 - max(0.0, second.treated) / own.error, words)
    return Comparison(second, False, 0.0, _words(second, change))


def _words(trial: Arms, change: str) -> str:
    return (
        f"{change}, {trial.iterations} iterations of {trial.optimizer} come to {trial.treated:.4g}; "
        f"from where it stopped ({trial.error:.4g}), to {trial.control:.4g}"
    )


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
    at_stop, control, before, treated = (
        _descended(measured, first, rows, optimizer, most)
        for first, most in (
            (measured.parameters, 0),
            (measured.parameters, iterations),
            (mended, 0),
            (mended, iterations),
        )
    )
    return Arms(at_stop, control, before, treated, iterations, optimizer.name)


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
