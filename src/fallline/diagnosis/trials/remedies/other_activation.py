"""Another activation."""

from __future__ import annotations

from dataclasses import replace

from fallline.diagnosis.evidence import Evidence
from fallline.diagnosis.trials.arm import Arm
from fallline.diagnosis.trials.first_weights import are_drawn
from fallline.diagnosis.trials.remedy import Remedy, Start
from fallline.engine import Architecture
from fallline.network import Network

INSTEAD = {"relu": "leaky_relu", "tanh": "leaky_relu"}  # tanh for all others


class OtherActivation(Remedy):
    """An output that can give the targets where the present one cannot; else other hidden units."""

    code = "other_activation"
    title = "Use another activation"
    words = "another activation"
    explanation = (
        "Where the targets lie outside the range of the output activation, the output becomes linear. Else the hidden "
        "units change: relu and tanh to leaky_relu, which neither dies nor saturates, all others to tanh, whose values "
        "are centred. Both arms begin from the same first weights, or from ones drawn to suit each activation."
    )
    start = Start.FIRST

    def applies(self, evidence: Evidence) -> str | None:
        if _cannot_express(evidence) or len(evidence.architecture.shape) > 2:
            return None
        return "there is no hidden layer, and the output activation can give the targets"

    def change(self, evidence: Evidence, arm: Arm, work: float, seed: int) -> Arm:
        old = evidence.architecture
        if _cannot_express(evidence):
            names = (*old.activations[:-1], "identity")
        else:
            names = (*(INSTEAD.get(name, "tanh") for name in old.activations[:-1]), old.activations[-1])
        new = Architecture(old.shape, names, old.loss)
        if evidence.subject.initialiser is None and are_drawn(evidence.subject):
            network = Network(new.shape, names, loss=new.loss, seed=seed, dtype=arm.network.parameters.dtype)
        else:
            network = Network.from_parameters(new, arm.network.parameters)
        return replace(arm, network=network, note=", ".join(names))


def _cannot_express(evidence: Evidence) -> bool:
    if evidence.architecture.loss_function.from_logits_of is not None:
        return False
    low, high = evidence.architecture.layer_activations[-1].range
    return bool(evidence.y.min() < low or evidence.y.max() > high)
