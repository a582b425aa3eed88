"""The error budget: the error at the stop, split into parts of 0 or more that sum to it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from fallline.diagnosis.budget.floor import Floor, descend_from, search_floor
from fallline.diagnosis.budget.noise import replicate_noise
from fallline.diagnosis.measurements import Measurements

SHARE_OF_TIME = 0.35
MOST_SECONDS = 3.5


@dataclass(frozen=True)
class Budget:
    """The parts, in the loss's own unit; they sum to the error."""

    error: float
    noise: float  # what no function of these inputs can remove, exactly: equal inputs with different targets
    range: float  # what the output activation cannot express, given the noise
    architecture: float  # what this shape cannot remove: at most this, as far as a search found
    penalty: float  # what the penalty on large weights asks for
    descent: float  # what the descent left: at least this
    floor: Floor = field(repr=False)

    def share(self, part: str) -> float:
        """Return a part's share of the error, 0 to 1."""
        return float(getattr(self, part)) / self.error if self.error > 0.0 else 0.0

    def to_dict(self) -> dict[str, Any]:
        """Return it in plain JSON types."""
        parts = ("error", "noise", "range", "architecture", "penalty", "descent")
        return {name: getattr(self, name) for name in parts} | {
            "floor": {"error": self.floor.error, "starts": self.floor.starts, "seed": self.floor.start}
        }


def error_budget(measured: Measurements) -> Budget:
    """Return the budget of a subject."""
    clock = measured.clock.part(SHARE_OF_TIME, MOST_SECONDS)
    error, subject, rows = measured.error, measured.subject, measured.rows
    noise = min(error, replicate_noise(measured))
    output_range = 0.0
    floor = search_floor(subject, rows, measured.parameters, error, noise + output_range, clock)
    reached = floor.error
    if subject.l2 > 0.0:
        (penalised, _), _ = descend_from(
            measured.architecture, measured.parameters, rows, measured.clock.part(0.1, 1.0), l2=subject.l2
        )
        reached = min(error, max(penalised, floor.error))
    return Budget(
        error=error,
        noise=noise,
        range=output_range,
        architecture=floor.error - noise - output_range,
        penalty=reached - floor.error,
        descent=error - reached,
        floor=floor,
    )
