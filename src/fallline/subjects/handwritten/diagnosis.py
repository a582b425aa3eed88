"""The diagnosis of a hand-written network, in one object."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from fallline.subjects.handwritten.checks.check import Check
from fallline.subjects.handwritten.identifying.identification import Difference, Mistake
from fallline.subjects.handwritten.mistake_texts import MISTAKES
from fallline.subjects.handwritten.narrating.narrate import Line, Placed
from fallline.subjects.handwritten.proving.prove import Proof

SCHEMA = 1  # of `Diagnosis.to_dict`


@dataclass(frozen=True)
class Diagnosis:
    """What is wrong with a hand-written network.

    Parameters
    ----------
    sentence
        The whole of it in one.
    style, assumed
        How it was written, and what was found and assumed about it, in sentences.
    twin
        The project's own network with the same outputs, in words; what stood in the way where there is none.
    mistakes
        Of the back-propagation, with their lines and corrections.
    others
        Other sets of mistakes that make the same step.
    differences
        Each layer's update against the exact gradient.
    step
        What the step does, in a sentence.
    compared
        Whether the step could be compared with the exact gradient.
    lines
        Of the user's step: what each computes.
    checks
        What else was found.
    proof
        What mending does; None where nothing could be trained.
    verdict
        Of the network after its own training, as `Verdict.to_dict` gives it; None without.
    notes
        What could not be done.
    """

    sentence: str
    style: str
    assumed: tuple[str, ...]
    twin: str
    mistakes: tuple[Placed, ...]
    others: tuple[tuple[Mistake, ...], ...]
    differences: tuple[Difference, ...]
    step: str
    compared: bool
    lines: tuple[Line, ...]
    checks: tuple[Check, ...]
    proof: Proof | None
    verdict: dict[str, Any] | None
    notes: tuple[str, ...]
    seconds: float

    @property
    def healthy(self) -> bool | None:
        """Whether nothing was found; None where nothing was, but the step could not be compared with the gradient."""
        if self.mistakes or self.checks or self.unexplained:
            return False
        return True if self.compared else None

    @property
    def unexplained(self) -> bool:
        """Whether the step differs from back-propagation in a way that has no name."""
        return not self.mistakes and "differs" in self.step

    def to_dict(self) -> dict[str, Any]:
        """Return it in plain JSON types; `docs/hand-written.md` describes the schema."""
        return {
            "schema": SCHEMA,
            "sentence": self.sentence,
            "healthy": self.healthy,
            "style": self.style,
            "assumed": list(self.assumed),
            "twin": self.twin,
            "step": self.step,
            "mistakes": [self._mistake(each) for each in self.mistakes],
            "others": [[{"code": m.code, "layers": list(m.layers)} for m in reading] for reading in self.others],
            "differences": [asdict(each) for each in self.differences],
            "checks": [
                {"code": c.code, "sentence": c.sentence, "numbers": c.numbers, "lines": _lines(c.places)}
                for c in self.checks
            ],
            "lines": [asdict(each) for each in self.lines],
            "proof": None if self.proof is None else self.proof.to_dict(),
            "verdict": self.verdict,
            "notes": list(self.notes),
            "seconds": self.seconds,
        }

    def _mistake(self, placed: Placed) -> dict[str, Any]:
        mistake, text = placed.mistake, MISTAKES[placed.mistake.code]
        return {
            "code": mistake.code,
            "title": text.title,
            "layers": list(mistake.layers),
            "certain": mistake.certain,
            "sentence": mistake.sentence,
            "explanation": text.explanation,
            "correction": placed.correction,
            "lines": _lines(placed.places),
            "weight": "" if self.proof is None else self.proof.weights.get(mistake.code, ""),
        }

    def __str__(self) -> str:
        """Return it as the terminal shows it."""
        from fallline.report.handwritten import as_text

        return as_text(self.to_dict())


def _lines(places: tuple[tuple[str, int], ...]) -> list[dict[str, Any]]:
    return [{"file": file, "line": line} for file, line in places]
