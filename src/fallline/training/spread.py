"""What the ends of several starts say together: how many minima there are, and whether another start would help.

Minima are told apart by their error: those that differ by an exchange of units or of signs are the same
function, and have the same. Each start counts as a draw of one minimum, with a chance that is the share of the first
weights from which the descent leads there.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from fallline.training.stopping import StopReason

SAME = 1e-3  # relative difference of two errors up to which they are of one minimum
NOTHING = 1e-6  # share of the error before the first step, below which errors count as zero, and so as the same
LIKELY, UNLIKELY = 0.5, 0.1  # chance of a minimum not seen yet, from which on, and up to which

AT_A_MINIMUM = (
    StopReason.CONVERGED,
    StopReason.NO_DESCENT,
    StopReason.PLATEAU,
    StopReason.EARLY_STOPPING,
    StopReason.TARGET_REACHED,
)


@dataclass(frozen=True)
class Minimum:
    """Where one start led."""

    seed: int  # of its first weights
    train_error: float  # of the last weights that it kept; nan where it overflowed
    validation_error: float
    value: float  # by which starts are compared, see `Standing`; infinite where it overflowed
    iterations: int
    stop_reason: StopReason

    @property
    def reached(self) -> bool:
        """Whether it came to its own end, so that its error is that of a minimum."""
        return self.stop_reason in AT_A_MINIMUM

    def to_dict(self) -> dict[str, Any]:
        """Return it in plain JSON types."""
        return asdict(self) | {
            "stop_reason": self.stop_reason.code,
            "given_up": self.stop_reason is StopReason.GIVEN_UP,
        }


@dataclass(frozen=True)
class Spread:
    """The minima found, in numbers; nan where the starts are too few to say."""

    starts: int  # that were begun
    given_up: int
    reached: int  # starts that came to a minimum: the draws of what follows
    distinct: int
    best_found: int  # how often the lowest of them came up
    lowest: float
    highest: float
    unseen: float  # chance that another start leads to a minimum not seen yet, by Good and Turing
    unseen_expected: float  # the same by Boender and Rinnooy Kan
    minima_expected: float  # how many minima there are in all, by Boender and Rinnooy Kan
    lower_at_most: float  # chance that another start ends lower than the best, as far as the starts' number says
    sentence: str


def good_turing(singletons: int, draws: int) -> float:
    """Return the chance that the next draw is of a kind not seen yet (Good 1953, eq. 9)."""
    return singletons / draws if draws else math.nan


def boender_rinnooy_kan(distinct: int, draws: int) -> tuple[float, float]:
    """Return the expected number of minima, and the expected chance of one not seen yet.

    The posterior means under equal chances for every number of minima and a uniform prior for the chances of each
    (Boender & Rinnooy Kan 1987, theorem 2 and its corollary): w (n − 1) / (n − w − 2) and w (w + 1) / (n (n − 1)); the
    first needs n ≥ w + 3 and the second n ≥ w + 2 draws, else they are infinite and nan.
    """
    w, n = distinct, draws
    minima = w * (n - 1) / (n - w - 2) if n >= w + 3 else math.inf
    return minima, w * (w + 1) / (n * (n - 1)) if n >= w + 2 else math.nan


def groups(values: Sequence[float], nothing: float = 0.0) -> list[int]:
    """Return how many of the values belong to each minimum, the lowest first.

    A value belongs to the lowest of a group if it is above it by no more than the share `SAME`, or not above `nothing`.
    """
    sizes: list[int] = []
    highest = -math.inf
    for value in sorted(values):
        if value <= highest:
            sizes[-1] += 1
        else:
            sizes.append(1)
            highest = max(value * (1.0 + SAME), nothing)
    return sizes


def spread(minima: Sequence[Minimum], first_value: float, target: float | None) -> Spread:
    """Return what the minima say.

    Parameters
    ----------
    minima
        Where each start led.
    first_value
        The value before the first step, in the middle of the starts.
    target
        The training error at which the work is done, if there is one.
    """
    reached = [each.value for each in minima if each.reached]
    nothing = NOTHING * first_value if math.isfinite(first_value) else 0.0
    sizes = groups(reached, max(target or 0.0, nothing))
    expected, unseen_expected = boender_rinnooy_kan(len(sizes), len(reached)) if reached else (math.nan, math.nan)
    numbers = {
        "starts": len(minima),
        "given_up": sum(each.stop_reason is StopReason.GIVEN_UP for each in minima),
        "reached": len(reached),
        "distinct": len(sizes),
        "best_found": sizes[0] if sizes else 0,
        "unseen": good_turing(sizes.count(1), len(reached)),
        "lower_at_most": 1.0 / (len(minima) + 1),
    }
    done = ""
    if any(each.stop_reason is StopReason.TARGET_REACHED for each in minima):
        done = "The target is reached, so no other start is needed."
    elif reached and min(reached) <= nothing:
        done = "The lowest error is next to nothing, so no other start is needed."
    return Spread(
        lowest=min(reached, default=math.nan),
        highest=max(reached, default=math.nan),
        unseen_expected=unseen_expected,
        minima_expected=expected,
        sentence=done or _sentence(numbers),
        **numbers,  # type: ignore[arg-type]
    )


def _sentence(numbers: dict[str, Any]) -> str:
    """Say whether another start would help."""
    starts, reached, distinct = numbers["starts"], numbers["reached"], numbers["distinct"]
    found, unseen, lower = numbers["best_found"], numbers["unseen"], numbers["lower_at_most"]
    at_most = (
        f"one more start ends lower than all {starts} with a chance of {100 * lower:.0f} % at most"
        if starts > 1
        else ""
    )
    if reached < 2:
        few = "only one start" if reached == 1 else "no start"
        words = f"{few} reached a minimum, which says nothing about how many there are"
        return f"{words[0].upper()}{words[1:]}{'; ' + at_most if at_most else ''}."
    if distinct == 1:
        return f"All {reached} that reached a minimum reached the same, so another start is unlikely to help."
    times = "once" if found == 1 else f"{found} times"
    words = f"{distinct} different minima in {reached} that reached one, the lowest {times}; "
    words += f"another start leads to one not seen yet with a chance of about {100 * unseen:.0f} %"
    if unseen >= LIKELY or found == 1:
        return f"{words}, so more starts may well find a lower one ({at_most})."
    if unseen <= UNLIKELY:
        return f"{words}, so more starts are unlikely to help."
    return f"{words}, so more starts may help ({at_most})."
