"""What a verdict can come to."""

from __future__ import annotations

from enum import Enum


class Judgement(Enum):
    """Each has a code, a title, and what it means."""

    FINISHED = ("finished", "Finished", "the error is at the floor of this network on these rows, or next to it")
    STUCK = ("stuck", "Stuck", "a lower error is within this network's reach, and the descent does not get there")
    SLOW = ("slow", "Slow", "the error is on its way to a lower one, and has not arrived")
    WRONG = ("wrong", "Wrong", "the updates of the weights are no descent of the error")
    OVER_FITTED = ("over_fitted", "Over-fitted", "the training error fell at the cost of rows that were not seen")
    UNDETERMINED = ("undetermined", "Undetermined", "a lower error is within reach, and no cause could be shown")

    def __init__(self, code: str, title: str, meaning: str) -> None:
        self.code = code
        self.title = title
        self.meaning = meaning
