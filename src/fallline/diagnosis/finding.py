"""What a rule says of a subject: that its cause is there, that it is not, or that too little is known."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import Enum
from typing import Any


class Status(Enum):
    """What came of a rule."""

    FIRES = "fires"
    CLEAR = "clear"
    NOT_ENOUGH_DATA = "not enough data"


@dataclass(frozen=True)
class Finding:
    """One rule's answer."""

    code: str
    status: Status
    sentence: str  # with the numbers, for this subject
    numbers: dict[str, Any] = field(default_factory=dict)  # plain JSON types
    confidence: float = math.nan  # of what fires, 0 to 1; 1 is a proof
    share: float = math.nan  # of the error at the stop that it explains, 0 to 1; nan where it cannot be told
    remedies: tuple[str, ...] = ()  # codes, the most promising first

    @property
    def fires(self) -> bool:
        """Whether the cause is there."""
        return self.status is Status.FIRES

    def to_dict(self) -> dict[str, Any]:
        """Return it in plain JSON types."""
        return {
            "code": self.code,
            "status": self.status.value,
            "sentence": self.sentence,
            "numbers": self.numbers,
            "confidence": self.confidence,
            "share": self.share,
            "remedies": list(self.remedies),
        }
