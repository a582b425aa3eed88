"""The verdict on a hand-written network after its own training: its twin, where the user's own steps have led it."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from fallline.diagnosis.judge import judge
from fallline.diagnosis.subject import Subject, Update
from fallline.engine import Rows
from fallline.errors import FalllineError
from fallline.network import Network
from fallline.subjects.handwritten.attached import Attached
from fallline.subjects.handwritten.identifying.comparison import CROSS_ENTROPY
from fallline.subjects.handwritten.identifying.identification import Identification
from fallline.subjects.handwritten.twins.twin import Twin

SHARE_OF_TRAINING = 0.5  # of the time
MOST_STEPS = 50_000
KEPT_UPDATES = 20
CROSS_ENTROPIES = {"sigmoid": "binary_cross_entropy", "softmax": "categorical_cross_entropy"}


def verdict_after_training(
    attached: Attached, twin: Twin, identification: Identification | None, seconds: float
) -> dict[str, Any] | None:
    """Return the verdict in plain JSON types; None where the engine has no such network or the steps fail."""
    if not twin.representable or attached.X is None or attached.y is None:
        return None
    output = twin.forms[-1].name
    loss = "half_squared_error"
    if identification is not None and identification.loss == CROSS_ENTROPY:
        loss = CROSS_ENTROPIES.get(output, loss)
    try:
        architecture = twin.architecture(loss)
        attached.reset()
        first = twin.to_parameters(attached.parameters())
        until, updates, now = time.perf_counter() + SHARE_OF_TRAINING * seconds, list[Update](), first
        for _ in range(MOST_STEPS):
            if time.perf_counter() > until:
                break
            attached.step(attached.X.copy(), attached.y.copy())
            before, now = now, twin.to_parameters(attached.parameters())
            updates = [*updates[1 - KEPT_UPDATES :], Update(before, now - before)]
        if not np.isfinite(now).all():
            return None
        subject = Subject(
            network=Network.from_parameters(architecture, now),
            training=Rows(np.ascontiguousarray(attached.X), np.ascontiguousarray(attached.y)),
            first=Network.from_parameters(architecture, first),
            updates=tuple(updates),
        )
        return judge(subject, max(0.2, until - time.perf_counter() + (1 - SHARE_OF_TRAINING) * seconds)).to_dict()
    except FalllineError:
        return None
