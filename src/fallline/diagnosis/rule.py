"""A rule: one cause, its texts, and how it is told from the evidence."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from enum import Enum
from typing import Any, ClassVar

from fallline.diagnosis.evidence import Evidence
from fallline.diagnosis.finding import Finding, Status
from fallline.diagnosis.judgement import Judgement
from fallline.diagnosis.subject import Subject


class Kind(Enum):
    """Where a cause lies, and what a verdict comes to where such a cause leads, unless the rule says otherwise."""

    DATA = ("the data", Judgement.FINISHED)
    LANDSCAPE = ("the landscape of the error", Judgement.STUCK)
    DESCENT = ("the descent", Judgement.SLOW)
    GENERALISATION = ("rows that it has not seen", Judgement.FINISHED)

    def __init__(self, title: str, judgement: Judgement) -> None:
        self.title = title
        self.judgement = judgement


class Rule(ABC):
    """One cause; the instances stand in `RULES` under their codes. The texts exist here once, for every report.

    A rule fires where its cause is there *and* holds the error up: what is odd but does no harm is clear, with a
    sentence that says so.
    """

    code: ClassVar[str]
    title: ClassVar[str]  # a noun phrase, such as "Dead units"
    kind: ClassVar[Kind]
    explanation: ClassVar[str]  # of the cause, for a student: what it is, why it holds the error up, how it is told
    remedy: ClassVar[str]  # what to do about it, in words
    remedies: ClassVar[tuple[str, ...]] = ()  # codes of the trials that may prove it, the most promising first
    explains: ClassVar[tuple[str, ...]] = ()  # codes of what follows from this cause, where both are there
    gives_way: ClassVar[bool] = False  # to every other cause of landscape or descent that is there
    sources: ClassVar[tuple[str, ...]] = ()  # literature that the rule rests on

    @property
    def judgement(self) -> Judgement:
        """What a verdict comes to where this cause leads."""
        return self.kind.judgement

    @abstractmethod
    def examine(self, evidence: Evidence) -> Finding:
        """Return whether the cause is there."""

    @abstractmethod
    def example(self) -> Subject:
        """Return a small subject that has the cause, for the documentation and the tests; some seconds at most."""

    def fires(
        self,
        sentence: str,
        *,
        confidence: float,
        share: float = math.nan,
        remedies: Sequence[str] | None = None,
        **numbers: Any,
    ) -> Finding:
        """Return that the cause is there."""
        codes = self.remedies if remedies is None else tuple(remedies)
        return Finding(self.code, Status.FIRES, sentence, numbers, confidence, share, codes)

    def clear(self, sentence: str, **numbers: Any) -> Finding:
        """Return that the cause is not there, or does no harm."""
        return Finding(self.code, Status.CLEAR, sentence, numbers)

    def not_enough_data(self, sentence: str, **numbers: Any) -> Finding:
        """Return that it cannot be told."""
        return Finding(self.code, Status.NOT_ENOUGH_DATA, sentence, numbers)
