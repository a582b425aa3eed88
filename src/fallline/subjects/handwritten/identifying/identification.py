"""What was found out about a back-propagation: its mistakes, what speaks for each, and what stays open."""

from __future__ import annotations

from dataclasses import dataclass

from fallline.subjects.handwritten.identifying.explanation import Explanation


@dataclass(frozen=True)
class Mistake:
    """One mistake.

    Parameters
    ----------
    code
        Its name.
    layers
        The layers that it is in, from 1.
    sentence
        What is done, and what should be.
    certain
        Whether no other explanation with as few mistakes makes the same updates.
    """

    code: str
    layers: tuple[int, ...]
    sentence: str
    certain: bool = True
    what: str = ""  # what is used in place of the right quantity


@dataclass(frozen=True)
class Difference:
    """How a layer's observed update compares with the way down."""

    layer: int
    relative: float  # largest difference after the best factor, relative to the largest change
    cosine: float  # of the angle to −gradient; NaN where the layer did not move


@dataclass(frozen=True)
class Identification:
    """The result.

    Parameters
    ----------
    mistakes
        What reproduces the updates, with the fewest mistakes; empty for a healthy step.
    alternatives
        Other sets of mistakes that reproduce them as well: only what is seen inside of a step tells them apart.
    differences
        Each layer against the exact gradient.
    unexplained
        Layers that nothing reproduces: they differ, and that is all that is said.
    factor
        The positive factor c in ΔW = −c · gradient of ½Σ(ŷ − y)² or of the summed cross-entropy; NaN without.
    factor_text
        What the factor is made of.
    loss
        The loss whose gradient the output layer's delta is.
    explanation
        The choices layer by layer; None where there was nothing to explain.
    notes
        What else was seen, in sentences.
    """

    mistakes: tuple[Mistake, ...]
    alternatives: tuple[tuple[Mistake, ...], ...]
    differences: tuple[Difference, ...]
    unexplained: tuple[int, ...]
    factor: float
    factor_text: str
    loss: str
    explanation: Explanation | None
    notes: tuple[str, ...] = ()

    @property
    def healthy(self) -> bool:
        """Whether the step is back-propagation up to one positive factor."""
        return not self.mistakes and not self.unexplained and self.explanation is not None

    @property
    def sentence(self) -> str:
        """All of it in a sentence."""
        if self.healthy:
            return f"The step goes down the exact gradient of the {self.loss}, times {self.factor_text}."
        if self.unexplained:
            parts = [
                f"layer {item.layer} by {100 * item.relative:.2g} % (cosine {item.cosine:.3f} to the way down)"
                for item in self.differences
                if item.layer in self.unexplained
            ]
            named = " ".join(mistake.sentence for mistake in self.mistakes)
            told = "The step differs from back-propagation, and no known mistake makes the difference: "
            return f"{told}{', '.join(parts)}. {named}".strip()
        return " ".join(mistake.sentence for mistake in self.mistakes)
