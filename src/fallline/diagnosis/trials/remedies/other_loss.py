"""Cross-entropy instead of a squared error."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from fallline.diagnosis.evidence import Evidence
from fallline.diagnosis.trials.arm import Arm
from fallline.diagnosis.trials.rates import is_plain, with_rate
from fallline.diagnosis.trials.remedy import Remedy, Start
from fallline.engine import Architecture
from fallline.network import Network
from fallline.optimizers import FirstOrder

INSTEAD = {"sigmoid": "binary_cross_entropy", "softmax": "categorical_cross_entropy"}


class OtherLoss(Remedy):
    """The cross-entropy that belongs to the output activation; it is judged by the loss that the run had."""

    code = "other_loss"
    title = "Use the cross-entropy as the loss"
    words = "the cross-entropy as the loss"
    explanation = (
        "The arm lowers the cross-entropy, whose gradient does not vanish where an output is sure of the wrong class, "
        "as that of a squared error does. Both arms are judged by the run's own loss, and go on from the weights at "
        "the stop. Learning rate and penalty are scaled as the loss is, where it is a mean instead of a sum."
    )
    start = Start.STOP

    def applies(self, evidence: Evidence) -> str | None:
        output, y = evidence.architecture.activations[-1], evidence.y
        if evidence.architecture.loss_function.from_logits_of is not None:
            return "the loss is a cross-entropy already"
        if output not in INSTEAD:
            return f"the output activation {output} gives no probabilities"
        if not np.all((y == 0.0) | (y == 1.0)):
            return "the targets are no classes of 0 and 1"
        if output == "softmax" and not np.all(y.sum(axis=1) == 1.0):
            return "the targets are not one class for each row"
        return None

    def change(self, evidence: Evidence, arm: Arm, work: float, seed: int) -> Arm:
        old = evidence.architecture
        new = Architecture(old.shape, old.activations, INSTEAD[old.activations[-1]])
        rows, outputs = len(arm.training), old.outputs
        ratio = old.loss_function.scale(rows, outputs) / new.loss_function.scale(rows, outputs)
        optimizer = arm.optimizer
        if isinstance(optimizer, FirstOrder) and is_plain(optimizer):
            seen = min(rows, optimizer.batch_size or rows)
            factor = old.loss_function.scale(seen, outputs) / new.loss_function.scale(seen, outputs)
            optimizer = with_rate(optimizer, factor)
        network = Network.from_parameters(new, arm.network.parameters)
        return replace(arm, network=network, optimizer=optimizer, l2=arm.l2 / ratio)
