"""More hidden units."""

from __future__ import annotations

from dataclasses import replace

from fallline.diagnosis.evidence import Evidence
from fallline.diagnosis.trials.arm import Arm
from fallline.diagnosis.trials.remedy import Remedy, Start
from fallline.network import Network

DOUBLE, LEAST = 2, 4


class MoreUnits(Remedy):
    """Each hidden layer twice as wide and by 4 units at least; one such layer where there is none."""

    code = "more_units"
    title = "Take more hidden units"
    words = "more hidden units"
    explanation = (
        "Each hidden layer gets twice its units, and 4 more at least; a network without one gets one of tanh units. "
        "A gradient of the larger network costs more, so that it makes fewer iterations with the same work. Both arms "
        "begin from first weights that are drawn alike."
    )
    start = Start.FIRST
    draws = True

    def applies(self, evidence: Evidence) -> str | None:
        return None

    def change(self, evidence: Evidence, arm: Arm, work: float, seed: int) -> Arm:
        architecture = evidence.architecture
        hidden = [max(DOUBLE * units, units + LEAST) for units in architecture.shape[1:-1]]
        activations = architecture.activations
        if not hidden:
            hidden, activations = [max(LEAST, DOUBLE * architecture.inputs)], ("tanh", *activations)
        network = Network(
            (architecture.inputs, *hidden, architecture.outputs),
            activations,
            loss=architecture.loss,
            initialiser=evidence.subject.initialiser,
            seed=seed,
            dtype=arm.network.parameters.dtype,
        )
        return replace(arm, network=network, note=f"shape {list(network.shape)}")
