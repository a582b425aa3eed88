"""Draw the first weights another way."""

from __future__ import annotations

from dataclasses import replace

from fallline.diagnosis.evidence import Evidence
from fallline.diagnosis.trials.arm import Arm
from fallline.diagnosis.trials.first_weights import are_drawn
from fallline.diagnosis.trials.remedy import Remedy, Start
from fallline.network import Network

SATURATING = ("sigmoid", "tanh")


class OtherInitialisation(Remedy):
    """Random weights where they were not drawn; else the initialiser that suits the activations, or the other one."""

    code = "other_initialisation"
    title = "Draw the first weights another way"
    words = "first weights drawn another way"
    explanation = (
        "The first weights are drawn at random, so that no two units are alike, and of a size that suits the "
        "activations: He for relu and its kin, Nguyen–Widrow or Glorot for sigmoid and tanh. The control descends "
        "from first weights as the run's own were."
    )
    start = Start.FIRST
    draws = True

    def applies(self, evidence: Evidence) -> str | None:
        if evidence.subject.first is None:
            return "the first weights of the run are not known"
        return None

    def change(self, evidence: Evidence, arm: Arm, work: float, seed: int) -> Arm:
        architecture = evidence.architecture
        network = Network(
            architecture.shape,
            architecture.activations,
            loss=architecture.loss,
            initialiser=_other(evidence),
            seed=seed,
            dtype=arm.network.parameters.dtype,
        )
        return replace(arm, network=network, note=_other(evidence) or "the one that suits each activation")


def _other(evidence: Evidence) -> str | None:
    """Return the name of the initialiser; None for the one that suits each layer."""
    used, hidden = evidence.subject.initialiser, evidence.architecture.activations[:-1]
    if not are_drawn(evidence.subject):
        return None
    if hidden and all(name in SATURATING for name in hidden):
        return "glorot" if used == "nguyen_widrow" else "nguyen_widrow"
    return "lecun" if used in (None, "he") else None
