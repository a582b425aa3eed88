"""What a run looked like: one record an iteration, thinned when there are very many."""

from __future__ import annotations

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


class History:
    """Records in order, at most `most` of them.

    When there are more, every second one is dropped and from then on only every second iteration is taken: the
    spacing stays even and depends on nothing but the count, so a seeded run has the same history every time.
    """

    def __init__(self, most: int = 4_000) -> None:
        self.records: list[Record] = []
        self.stride = 1
        self._most = most

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
