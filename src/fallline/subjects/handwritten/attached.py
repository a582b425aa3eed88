"""A hand-written network that can be asked for its outputs and made to step, whatever its style."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any

from fallline.engine import Array

if TYPE_CHECKING:
    from fallline.subjects.handwritten.attaching.world import World
CodePlace = tuple[str, int, int]  # file, line from 1, column from 0 as in `ast`


class Style(Enum):
    """How the network was written."""

    OBJECT = "an object"
    FUNCTIONS = "functions with global variables"
    SCRIPT = "a script that trains when it runs"


@dataclass(frozen=True)
class Slot:
    """One array of parameters, or a list of numbers that serves as one."""

    name: str  # as its owner would write it: "self.weights[0]", "W1", "net.layers[1].bias"
    read: Callable[[], Any]  # the user's own value
    write: Callable[[Any], None]  # puts a value of the same kind in its place

    def values(self) -> Array:
        """Return it as a float64 array, copied."""
        import numpy as np

        return np.array(self.read(), dtype=np.float64)


@dataclass(frozen=True)
class Attached:
    """A network that can be examined; all of it works on a copy, never on the user's own objects.

    Parameters
    ----------
    style
        How it was written.
    slots
        Its parameters, in the order in which they were found.
    run
        Outputs (n, outputs) for rows (n, inputs), float64: with the orientation and batching of the user's own forward
        pass taken care of. None where there is no forward pass to call (a script whose passes stand in its loop).
    step
        Makes the user's own step on rows (n, inputs) with targets (n, outputs): once in full batch, or once for each
        row in their order where it takes one row at a time.
    per_sample
        Whether the step takes one row at a time.
    learning_rate
        Its value, where it was found; None where it was not.
    rate_name
        What it is called in the user's code ("learning_rate", "self.lr", "0.1 in line 33").
    code
        The user's source text by file name, for reports with lines.
    functions
        The user's functions that a step runs through: name, file and first line.
    X, y
        The user's own data (n, inputs) and (n, outputs), where it was given or found.
    assumed
        What was found and what was assumed, in sentences.
    reset
        Puts everything back as it was when it was attached: parameters, velocities, counters, stored activations and
        random states. A step goes on from what the last one left, as the user's own does.
    world
        The copies that all of it works on; None for a network that was attached otherwise.
    printed
        What the user's code printed when it last ran (for the last row only, where the step takes one at a time).
    with_rate
        The same network, with the same slots, whose steps are made at another learning rate. None where the rate was
        not found, or stands in the code alone and there is no file to attach to again.
    iterate
        Makes the iteration of that number, from 0, of a script's training loop; None where the step is no loop.
    rate_places
        Where it stands in the code, if it is a number there and nowhere else.
    """

    style: Style
    slots: Sequence[Slot]
    run: Callable[[Array], Array] | None
    step: Callable[[Array, Array], Any]
    per_sample: bool
    learning_rate: float | None
    rate_name: str
    code: dict[str, str]
    functions: Sequence[tuple[str, str, int]] = ()
    X: Array | None = None
    y: Array | None = None
    assumed: Sequence[str] = field(default=())
    reset: Callable[[], None] = lambda: None
    world: World | None = None
    printed: Callable[[], str] = lambda: ""
    with_rate: Callable[[float], Attached] | None = None
    iterate: Callable[[Array, Array, int], Any] | None = None
    rate_places: Sequence[CodePlace] = ()

    def parameters(self) -> list[Array]:
        """Return all slots' values, copied."""
        return [slot.values() for slot in self.slots]
