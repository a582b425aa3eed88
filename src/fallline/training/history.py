"""What a run looked like: one record an iteration, thinned when there are very many."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from fallline.engine import Array


class Record(NamedTuple):
    """One iteration; nan where a quantity does not exist."""

    iteration: int
    steps: int  # evaluations of the gradient so far
    seconds: float
    train_error: float
    validation_error: float
    gradient_norm: float
    step_size: float
    learning_rate: float


class Switch(NamedTuple):
    """A change of the optimizer; the records of later iterations come after it."""

    iteration: int  # after which it came
    optimizer: str  # that goes on
    dtype: str  # in which it goes on
    reason: str  # why the one before had ended
    kept_iteration: int  # whose weights it went on from
    rounding: float = 0.0  # training error that the rounding of the final weights to the network's dtype costs


class History:
    """Records in order, at most `most` of them.

    When there are more, every second one is dropped and from then on only every second iteration is taken: the
    spacing stays even and depends on nothing but the count, so a seeded run has the same history every time.
    """

    def __init__(self, most: int = 4_000) -> None:
        self.records: list[Record] = []
        self.stride = 1
        self.switch: Switch | None = None
        self._most = most

    @classmethod
    def joined(cls, first: History, later: Iterable[Record], switch: Switch) -> History:
        """Return a descent's history, a switch, and the records after it; each part keeps its own spacing."""
        history = cls()
        history.records = [*first.records, *later]
        history.stride = first.stride
        history.switch = switch
        return history

    def __len__(self) -> int:
        return len(self.records)

    def wants(self, iteration: int) -> bool:
        """Whether this iteration is one to be recorded."""
        return iteration % self.stride == 0

    def append(self, record: Record, *, last: bool = False) -> None:
        """Add a record; the last one of a run is never dropped."""
        self.records.append(record)
        if len(self.records) > self._most:
            self.stride *= 2
            self.records = [kept for kept in self.records if self.wants(kept.iteration) or (last and kept is record)]

    def column(self, name: str) -> Array:
        """Return one quantity over the records (records,), float64."""
        return np.array([getattr(record, name) for record in self.records], dtype=np.float64)
