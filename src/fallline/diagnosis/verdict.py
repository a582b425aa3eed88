"""The verdict: why a descent stopped where it did, what its error is made of, and what lowers it, in one object."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from fallline.diagnosis.budget import Budget
from fallline.diagnosis.finding import Finding, Status
from fallline.diagnosis.judgement import Judgement
from fallline.diagnosis.rule import Kind
from fallline.diagnosis.rules import RULES
from fallline.diagnosis.stakes import Stakes
from fallline.diagnosis.trials import Trial

if TYPE_CHECKING:
    from fallline.report.figures import Figures

SCHEMA = 1  # of `Verdict.to_dict`
NARROWER = (Kind.LANDSCAPE, Kind.DESCENT)  # causes that say more than one that gives way


@dataclass(frozen=True)
class Verdict:
    """Why a descent stopped, what the error is made of, and what lowers it."""

    judgement: Judgement
    sentence: str  # the whole of it in one
    budget: Budget
    stakes: Stakes
    plateau: str  # why the error has just this value; empty where that has no simple answer
    causes: tuple[Finding, ...]  # that fire and do not follow from another, in the order of what the trials showed
    findings: tuple[Finding, ...]  # all, of every rule
    trials: tuple[Trial, ...]
    stop: str  # why the descent stopped; empty where that is not known
    notes: tuple[str, ...]  # what the examination itself had to leave out
    seconds: float

    @property
    def cause(self) -> Finding | None:
        """The leading cause."""
        return self.causes[0] if self.causes else None

    def of(self, status: Status) -> list[Finding]:
        """Return the findings with that status."""
        return [each for each in self.findings if each.status is status]

    @cached_property
    def figures(self) -> Figures:
        """The pictures of its budget and its trials: `verdict.figures["budget"]`."""
        from fallline.report.figures import figures  # this way up only when somebody looks

        return figures(self)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        from fallline.report.notebook import verdict_bundle

        return verdict_bundle(self)

    def to_dict(self) -> dict[str, Any]:
        """Return it in plain JSON types; `docs/verdict.md` describes the schema."""
        return {
            "schema": SCHEMA,
            "judgement": self.judgement.code,
            "title": self.judgement.title,
            "meaning": self.judgement.meaning,
            "sentence": self.sentence,
            "stop": self.stop,
            "budget": self.budget.to_dict(),
            "stakes": {"left": self.stakes.left, "share": self.stakes.share, "matters": self.stakes.matters}
            | {"sentence": self.stakes.sentence},
            "plateau": self.plateau,
            "causes": [each.code for each in self.causes],
            "findings": [each.to_dict() | {"title": RULES[each.code].title} for each in self.findings],
            "trials": [each.to_dict() for each in self.trials],
            "notes": list(self.notes),
            "seconds": self.seconds,
        }


def leading(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Return what fires and does not follow from another that fires, the weightiest first.

    The weight is the share of the error that a finding explains times its confidence.
    """
    firing = {each.code: each for each in findings if each.fires}
    roots = [each for each in firing.values() if not _explained(each.code, firing)]
    return tuple(sorted(roots, key=_weight, reverse=True))


def _explained(code: str, firing: dict[str, Finding]) -> bool:
    """Whether another cause that fires explains this one; two that explain each other do not."""
    others = [RULES[other] for other in firing if other != code]
    if RULES[code].gives_way and any(rule.kind in NARROWER and not rule.gives_way for rule in others):
        return True
    return any(code in rule.explains and rule.code not in RULES[code].explains for rule in others)


def _weight(finding: Finding) -> float:
    share = 0.0 if math.isnan(finding.share) else finding.share
    return share * finding.confidence
