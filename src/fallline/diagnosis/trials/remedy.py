"""A remedy: what it changes in the control arm, and when it makes no sense."""

from __future__ import annotations

from abc import ABC, abstractmethod
from enum import Enum
from typing import ClassVar

from fallline.diagnosis.evidence import Evidence
from fallline.diagnosis.trials.arm import Arm


class Start(Enum):
    """Where both arms of a trial begin."""

    STOP = "stop"  # at the weights of the stop
    FIRST = "first"  # at first weights, since the remedy changes what the weights mean


class Remedy(ABC):
    """One remedy; the instances stand in `REMEDIES` under their codes, and their texts exist here once."""

    code: ClassVar[str]
    title: ClassVar[str]  # what to do, such as "Scale the inputs"
    words: ClassVar[str]  # what the arm has, after "With …"
    explanation: ClassVar[str]  # what is done in the trial, for a student
    start: ClassVar[Start]
    draws: ClassVar[bool] = False  # whether the seed rules weights that the remedy draws, and not those of the control
    here_only: ClassVar[bool] = False  # whether it is about the very weights at the stop, and no others
    on_validation: ClassVar[bool] = False  # whether it is judged by the validation rows

    @abstractmethod
    def applies(self, evidence: Evidence) -> str | None:
        """Return why it makes no sense for a subject, in words; None where it does."""

    @abstractmethod
    def change(self, evidence: Evidence, arm: Arm, work: float, seed: int) -> Arm:
        """Return the control arm with the remedy.

        Parameters
        ----------
        evidence
            What is known of the subject.
        arm
            The control, where both begin.
        work
            Gradient evaluations that there are for each arm.
        seed
            Of what the remedy draws.
        """
