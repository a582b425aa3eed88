"""A run that is still under way, as a subject: its network where it was last seen."""

from __future__ import annotations

import math
from pathlib import Path

from fallline.diagnosis.runs.finished import subject_of
from fallline.diagnosis.runs.folder import prepared_again, read_history
from fallline.diagnosis.subject import Subject
from fallline.errors import FalllineError
from fallline.network import Network
from fallline.training.channel import Channel
from fallline.training.descent import Descent
from fallline.training.history import Record
from fallline.training.rate_by_hand import RateChange
from fallline.training.run import ON_TRAINING_ROWS
from fallline.training.stopping import StopReason


def subject_under_way(folder: Path) -> Subject:
    """Return the descent on the training rows of a watched run, as if it had stopped where its weights were last seen.

    Raises
    ------
    FalllineError
        If the training has not shown its weights, has left the training rows behind, or its table is missing.
    """
    channel = Channel(folder)
    state, standing = channel.state(), channel.weights()
    if state is None or standing is None:
        raise FalllineError(f"{folder}: the training has not shown its weights yet. Try again in a second.")
    if standing.phase != ON_TRAINING_ROWS:
        raise FalllineError(
            f"{folder}: the training is past the descent on the training rows, of which a trial would be. Try again "
            "when it has ended."
        )
    source, prepared, chosen = prepared_again(folder, state["asked"])
    if standing.parameters.shape != (chosen.architecture.parameter_count,):
        raise FalllineError(
            f"{source}: the table has changed since the training began, so that its network is another."
        )
    history = read_history(folder, ON_TRAINING_ROWS)
    history.records = [each for each in history.records if each.iteration <= standing.iteration]
    last = history.records[-1] if history.records else Record(0, 0, 0.0, *[math.nan] * 5)
    first = chosen.network(prepared.X.dtype)
    return subject_of(
        prepared,
        chosen,
        state["l2_strength"],
        first,
        Network.from_parameters(chosen.architecture, standing.parameters),
        Descent(
            stop_reason=StopReason.INTERRUPTED,
            detail="",
            iterations=standing.iteration,
            steps=last.steps,
            seconds=last.seconds,
            train_error=last.train_error,
            validation_error=last.validation_error,
            kept_iteration=standing.iteration,
            history=history,
        ),
        [RateChange(**each) for each in state["changes"]],
    )
