"""An experiment: networks held back from their training rows, from the same first weights, judged on other rows.

A network over-fits where another one errs more on the training rows and less on all others (Mitchell 1997, section
3.7.1). Candidates for the other one are descents with penalties on large weights, and one that is stopped early.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from fallline.diagnosis.measurements import Measurements
from fallline.diagnosis.unseen import constant_loss, row_losses
from fallline.engine import Array, Rows
from fallline.network import Network
from fallline.optimizers import LBFGS
from fallline.training.descent import descend
from fallline.training.penalty import l2_of
from fallline.training.stopping import Limits, StopReason

STRENGTHS = (1.0, 10.0, 0.1)  # of the penalties, in rows' worth; the middle one first
ITERATIONS, PATIENCE = 200, 30
SHARE_OF_TIME, SECONDS = 0.3, 1.5


class Simpler(NamedTuple):
    """The best of the networks that were held back."""

    words: str  # how it was held back
    training: float  # mean loss of a training row
    losses: Array  # of the validation rows (m,), each of the network that the other half of them chose

    @property
    def validation(self) -> float:
        """Mean loss of a validation row."""
        return float(self.losses.mean())


class _Candidate(NamedTuple):
    words: str
    parameters: Array


def simpler(measured: Measurements) -> Simpler | None:
    """Return the best network that was held back; None where there was no time for any.

    The validation rows are halved: what one half chooses, and when it stops a descent, the other half judges, so that
    having been chosen is no advantage.
    """
    held_out, clock = measured.validation, measured.clock.part(SHARE_OF_TIME, SECONDS)
    assert held_out is not None
    penalised: list[_Candidate] = []
    for strength in STRENGTHS:
        l2 = l2_of(strength, measured.architecture, len(measured.rows)) * _squared_unit(measured)
        if l2 > measured.subject.l2 and not clock.over:
            candidate = _held_back(measured, clock.part(0.4).left, l2=l2)
            penalised += [] if candidate is None else [candidate]
    order = measured.rng(20).permutation(len(held_out))
    halves = [np.sort(order[::2]), np.sort(order[1::2])]
    losses, chosen = np.empty(len(held_out)), []
    for own, other in (halves, halves[::-1]):
        choosing = Rows(*held_out.batch(own))
        stopped = None if clock.over else _held_back(measured, clock.part(0.5).left, choosing=choosing)
        candidates = penalised + ([] if stopped is None else [stopped])
        if not candidates:
            return None
        means = [_mean(measured, each.parameters, choosing) for each in candidates]
        best = candidates[int(np.argmin(means))]
        losses[other] = row_losses(measured.architecture, best.parameters, Rows(*held_out.batch(other)))
        chosen.append(best)
    training = float(np.mean([_mean(measured, each.parameters, measured.rows) for each in chosen]))
    return Simpler(" or ".join(dict.fromkeys(each.words for each in chosen)), training, losses)


def _held_back(
    measured: Measurements, seconds: float, *, l2: float | None = None, choosing: Rows | None = None
) -> _Candidate | None:
    """Descend from the first weights with a penalty, or until the error on `choosing` rises; None for no time."""
    subject = measured.subject
    first = subject.drawn(subject.seed) if subject.first is None else subject.first
    network = Network.from_parameters(measured.architecture, first.parameters.astype(np.float64))
    descent = descend(
        network,
        measured.rows,
        LBFGS(),
        validation=choosing,
        l2=subject.l2 if l2 is None else l2,
        limits=Limits(ITERATIONS, seconds, patience=None if choosing is None else PATIENCE, plateau=False),
        interrupt=measured.clock.interrupt,
        compiled=False,
    )
    if descent.stop_reason is StopReason.INTERRUPTED or not math.isfinite(descent.train_error):
        return None
    words = f"stopped at iteration {descent.kept_iteration}" if l2 is None else f"with a penalty of l2 = {l2:.2g}"
    return _Candidate(words, network.parameters.copy())


def _mean(measured: Measurements, parameters: Array, rows: Rows) -> float:
    mean = float(row_losses(measured.architecture, parameters, rows).mean())
    return mean if math.isfinite(mean) else math.inf


def _squared_unit(measured: Measurements) -> float:
    """Return the square of the targets' unit, where the loss is in it, so that a strength means the same in any."""
    if "squared" not in measured.architecture.loss:
        return 1.0
    unit = constant_loss(measured)
    return unit if unit > 0.0 else 1.0
