"""One candidate for a part of the back-propagation: what it computes and which mistakes it is."""

from __future__ import annotations

from dataclasses import dataclass, field

from fallline.engine import Array


@dataclass(frozen=True)
class Choice:
    """A candidate.

    Parameters
    ----------
    value
        What it computes, with the probes as the first axis.
    codes
        The mistakes it stands for; empty where it is right.
    what
        What is used, as part of a sentence: "σ′ taken of the activation".
    """

    value: Array = field(repr=False)
    codes: tuple[str, ...] = ()
    what: str = ""


@dataclass(frozen=True)
class Above:
    """What the layer above has chosen: its δ, the error that δ was made of, and the difference at the output.

    All (K, n, units of that layer), the last (K, n, outputs).
    """

    delta: Array
    error: Array
    difference: Array
