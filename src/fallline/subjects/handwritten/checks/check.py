"""Something that is wrong beyond a step's own arithmetic."""

from __future__ import annotations

from dataclasses import dataclass, field

from fallline.subjects.handwritten.attached import Attached
from fallline.subjects.handwritten.identifying.examine import Examination
from fallline.subjects.handwritten.identifying.observed import Observed
from fallline.subjects.handwritten.twins.twin import Twin


@dataclass(frozen=True)
class Check:
    """Something that was found: a code, a sentence, numbers, and lines of the user's files."""

    code: str
    sentence: str
    numbers: dict[str, float] = field(default_factory=dict)
    places: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True)
class Case:
    """A network and what is known of it when it is checked."""

    attached: Attached
    examination: Examination

    @property
    def twin(self) -> Twin | None:
        """The network that computes the same; None without."""
        return self.examination.twin

    @property
    def observed(self) -> Observed | None:
        """What its step does; None where none could be observed."""
        return self.examination.observed
