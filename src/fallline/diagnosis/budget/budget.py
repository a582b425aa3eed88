"""The error budget: the error at the stop, split into parts of 0 or more that sum to it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from fallline.diagnosis.budget.answer_groups import AnswerGroups, answer_groups
from fallline.diagnosis.budget.floor import Floor, descend_from, search_floor
from fallline.diagnosis.budget.group_answers import approached_only, best_answers, best_answers_in_range
from fallline.diagnosis.budget.noise import NoiseEstimate, estimate_noise
from fallline.diagnosis.budget.replicates import replicate_groups
from fallline.diagnosis.budget.sentences import budget_sentences
from fallline.diagnosis.budget.units import Units, units
from fallline.diagnosis.measurements import Measurements
from fallline.engine import Objective

SHARE_OF_TIME = 0.35
MOST_SECONDS = 3.0
SHARE_OF_PENALTY, MOST_SECONDS_OF_PENALTY = 0.1, 0.5  # each of two descents with the penalty
ROUNDING = 1e-12  # of the error: differences of sums over rows below it are none
PARTS = ("noise", "range", "architecture", "penalty", "descent")


@dataclass(frozen=True)
class Budget:
    """The parts, in the loss's own unit; added up in their order they are the error, to the last bit.

    An error that is not finite, or below 0 (a cross-entropy with targets that are no shares), is all of the descent.
    """

    error: float
    noise: float  # what no function of these inputs can remove, exactly: equal inputs with different targets
    range: float  # what the output activation cannot express, given the noise
    architecture: float  # what this shape cannot remove: at most this, as far as a search found
    penalty: float  # what the penalty on large weights asks for
    descent: float  # what the descent left: at least this
    approached: bool  # whether noise and range together are only approached, at infinite weights
    floor: Floor = field(repr=False)
    noise_estimate: NoiseEstimate = field(repr=False)  # of continuous inputs: beside the parts, not one of them
    units: Units = field(repr=False)
    groups: AnswerGroups | None = field(repr=False)  # of rows answered alike, where they explain the error

    def share(self, part: str) -> float:
        """Return a part's share of the error, 0 to 1."""
        return float(getattr(self, part)) / self.error if self.error > 0.0 else 0.0

    @property
    def parts(self) -> dict[str, float]:
        """The five parts by name, in their order."""
        return {name: float(getattr(self, name)) for name in PARTS}

    def sentences(self) -> dict[str, str]:
        """Return a sentence for each part that is not 0, for the estimate of noise, and for an odd number."""
        return budget_sentences(self)

    def to_dict(self) -> dict[str, Any]:
        """Return it in plain JSON types.

        Keys: "error" and the parts "noise", "range", "architecture", "penalty" and "descent" in the loss's unit;
        "approached" (true or false); "floor" with "error", "starts", "seed" (null: from the weights at the stop),
        "errors" of the starts, "finished" and "exact"; "noise_estimate" with "available", "error", "low", "high" (null
        where unknown), "variances" and "intervals" of each output, "rows" and "sentence"; "in_other_units" with
        "unit" (null for none), "parts" in it, "root_of_mean_square", and "wrong", "wrong_at_floor" and
        "wrong_by_noise" of "rows" (null without classes); "groups" (null or "groups" and "sentence"); "sentences".
        """
        floor = self.floor
        return {
            "error": self.error,
            **self.parts,
            "approached": self.approached,
            "floor": {
                "error": floor.error,
                "starts": floor.starts,
                "seed": floor.start,
                "errors": [error if math.isfinite(error) else None for error in floor.errors],
                "finished": floor.finished,
                "exact": floor.exact,
            },
            "noise_estimate": self.noise_estimate.to_dict(),
            "in_other_units": self.units.to_dict({"error": self.error, **self.parts}),
            "groups": None if self.groups is None else self.groups.to_dict(),
            "sentences": self.sentences(),
        }


def error_budget(measured: Measurements) -> Budget:
    """Return the budget of a subject."""
    clock = measured.clock.part(SHARE_OF_TIME, MOST_SECONDS)
    error, architecture, y = measured.error, measured.architecture, measured.y
    replicates = replicate_groups(measured.X)
    noise = best_answers(architecture.loss, y, replicates).loss
    confined = best_answers_in_range(architecture, y, replicates)
    levels = [_at_most(noise, error), _at_most(confined.loss, error)]
    floor = search_floor(measured.subject, measured.rows, measured.parameters, error, max(levels), clock)
    levels.append(max(levels) if floor.at_bound else floor.error)
    levels.append(_with_penalty(measured, floor) if measured.subject.l2 > 0.0 else levels[-1])
    noise_part, range_part, architecture_part, penalty, descent = split(error, levels)
    return Budget(
        error=error,
        noise=noise_part,
        range=range_part,
        architecture=architecture_part,
        penalty=penalty,
        descent=descent,
        approached=approached_only(architecture, confined.answers),
        floor=floor,
        noise_estimate=estimate_noise(measured, replicates),
        units=units(measured, floor.parameters, replicates),
        groups=answer_groups(measured, replicates),
    )


def split(error: float, levels: list[float]) -> list[float]:
    """Return the steps from 0 up the levels and to the error: each 0 or more, and their sum is the error.

    A level below the one before it counts as that one, and one above the error as the error. The steps are whole
    multiples of the distance between the error and the next double, so that no sum of them is rounded.
    """
    if not (math.isfinite(error) and error > 0.0):
        return [0.0] * len(levels) + [error]
    unit = math.ulp(error)
    whole, nothing = round(error / unit), round(ROUNDING * error / unit)
    reached, steps = 0, []
    for level in [*levels, error]:
        height = round(min(level, error) / unit) if math.isfinite(level) else reached
        step = height - reached if height - reached > nothing else 0
        steps.append(step)
        reached += step
    largest = max(range(len(steps)), key=lambda k: steps[k])
    steps[largest] += whole - reached  # at most what counted as nothing
    return [step * unit for step in steps]


def _at_most(level: float, error: float) -> float:
    """Return a lower bound of the error that rounding cannot lift above it."""
    return min(level, error) if math.isfinite(level) else 0.0


def _with_penalty(measured: Measurements, floor: Floor) -> float:
    """Return the error where loss and penalty together are least, as far as two descents find it.

    From the weights at the stop and from those of the floor, since the penalised minimum may be near either.
    """
    l2 = measured.subject.l2
    penalised = Objective(measured.architecture, measured.rows, l2)
    lowest, reached = penalised.error(measured.parameters) + penalised.penalty(measured.parameters), measured.error
    for first in (measured.parameters, floor.parameters):
        clock = measured.clock.part(SHARE_OF_PENALTY, MOST_SECONDS_OF_PENALTY)
        end = descend_from(measured.architecture, first, measured.rows, clock, l2=l2)
        value = end.error + penalised.penalty(end.parameters)
        if value < lowest:
            lowest, reached = value, end.error
    return reached
