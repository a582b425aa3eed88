"""What is wrong with an attached network, as far as it is seen without training it."""

from __future__ import annotations

from dataclasses import dataclass

from fallline.errors import FalllineError
from fallline.subjects.handwritten.attached import Attached
from fallline.subjects.handwritten.checks import Check, checks
from fallline.subjects.handwritten.identifying.examine import Examination, examine
from fallline.subjects.handwritten.narrating.narrate import Narration, Placed, narrate

NO_TWIN = "No network of known layers computes the same outputs, so the step could not be compared with its gradient."


@dataclass(frozen=True)
class Findings:
    """What was found.

    Parameters
    ----------
    examination
        The twin, the step's observed updates and what identifies them.
    narration
        What the step's lines compute; None where there is no step to be told, or telling it failed.
    checks
        What is wrong beyond the step's own arithmetic; nothing that is among the mistakes.
    notes
        What could not be done, in sentences.
    """

    examination: Examination
    narration: Narration | None
    checks: tuple[Check, ...]
    notes: tuple[str, ...]

    @property
    def mistakes(self) -> tuple[Placed, ...]:
        """The mistakes of the back-propagation with their lines."""
        return self.narration.mistakes if self.narration else ()


def look(attached: Attached, seed: int = 0) -> Findings:
    """Return what is wrong with a network; it is left as it was."""
    examination = examine(attached, seed)
    attached.reset()
    twin, observed, identification = examination.twin, examination.observed, examination.identification
    notes = [] if twin is not None else [NO_TWIN]
    notes += identification.notes if identification is not None else ()
    narration = None
    if twin is not None and observed is not None and observed.probes and identification is not None:
        try:
            narration = narrate(attached, twin, observed, identification)
        except (FalllineError, ValueError, IndexError, KeyError, ArithmeticError) as problem:
            notes.append(f"The lines could not be told ({type(problem).__name__}: {problem}).")
        attached.reset()
    found = checks(attached, examination)
    codes = {placed.mistake.code for placed in narration.mistakes} if narration else set()
    return Findings(examination, narration, tuple(each for each in found if each.code not in codes), tuple(notes))
