"""What the network answers on the rows that judge it: the validation rows, or the training rows without any."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from fallline.engine import Array
from fallline.engine.arrays import Index
from fallline.report.figures.material import Material
from fallline.training.scores import outputs_on, targets_of

MOST_DRAWN, FARTHEST = 1_000, 20  # rows, and those of them that are the farthest out


class Answers(NamedTuple):
    """Outputs and targets (n, outputs), both in the network's units, and where they come from in words."""

    outputs: Array
    targets: Array
    where: str


def answers(material: Material) -> Answers:
    """Return the answers of the network where the descent on the training rows stopped."""
    subject = material.subject
    held_out = subject.validation is not None and len(subject.validation) > 0
    rows = subject.validation if held_out and subject.validation is not None else subject.training
    where = f"{len(rows):,} {'validation' if held_out else 'training'} rows"
    outputs = np.asarray(outputs_on(subject.network, rows), np.float64)
    return Answers(outputs, np.asarray(targets_of(rows), np.float64), where)


def drawn(distances: Array) -> Index:
    """Return the rows to draw (drawn,): all, or some at random and the farthest out of (n,) distances."""
    if len(distances) <= MOST_DRAWN:
        return np.arange(len(distances))
    some = np.random.default_rng(0).choice(len(distances), MOST_DRAWN - FARTHEST, replace=False)
    return np.union1d(some, np.argsort(distances)[-FARTHEST:])
