"""A learning rate with a hand on it: the schedule's own, times a factor that may change while the descent goes."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import NamedTuple, TypeVar

from fallline.engine import Array
from fallline.optimizers import FirstOrder, Schedule
from fallline.optimizers.schedules import Course

Rule = TypeVar("Rule", bound=FirstOrder)


class RateChange(NamedTuple):
    """A learning rate that was changed by hand."""

    phase: str
    iteration: int  # after which it came
    before: float
    after: float
    factor: float  # of the schedule's own rate from then on


class Hand:
    """The hand on the rate of one descent."""

    def __init__(self, first: float) -> None:
        self.factor = 1.0
        self.own = first  # what the schedule says by itself, at last

    @property
    def rate(self) -> float:
        """The rate at present."""
        return self.own * self.factor

    def set(self, rate: float) -> None:
        """Make that the rate from here on; the schedule goes on from it in proportion."""
        self.factor = rate / self.own


@dataclass(frozen=True)
class ByHand(Schedule):
    """A schedule with a hand on it; with the factor 1 it is the schedule itself, bit for bit."""

    schedule: Schedule
    hand: Hand

    def course(self) -> Course:
        """Return a course of the schedule with the same hand on it."""
        return _CourseByHand(self.schedule.course(), self.hand)


class _CourseByHand(Course):
    def __init__(self, course: Course, hand: Hand) -> None:
        self.looks_at_errors = course.looks_at_errors
        self._course, self._hand = course, hand

    def rate(self, iteration: int, error: float) -> float:
        self._hand.own = self._course.rate(iteration, error)
        return self._hand.rate

    def rates(self, first: int, count: int, error: float) -> Array:
        own = self._course.rates(first, count, error)
        self._hand.own = float(own[0])
        return own * self._hand.factor


def by_hand(optimizer: Rule) -> tuple[Rule, Hand]:
    """Return the optimizer with a hand on its learning rate, and the hand."""
    schedule = optimizer.schedule()
    hand = Hand(schedule.course().rate(1, math.nan))
    return replace(optimizer, learning_rate=ByHand(schedule, hand)), hand
