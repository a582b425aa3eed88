"""What a rule may look at: the measurements, and what they are held against, computed once when first asked for."""

from __future__ import annotations

from functools import cached_property

from fallline.diagnosis.budget import Budget, error_budget
from fallline.diagnosis.continuation import Continuations
from fallline.diagnosis.measurements import Measurements
from fallline.diagnosis.stakes import Stakes, stakes


class Evidence(Measurements):
    """The measurements of a subject, its error budget, and what is at stake."""

    @cached_property
    def budget(self) -> Budget:
        """What the error at the stop is made of; takes a search of some seconds."""
        return error_budget(self)

    @cached_property
    def stakes(self) -> Stakes:
        """Whether what the descent left is worth removing: rules of landscape and descent are clear where it is not."""
        return stakes(self, self.budget)

    @cached_property
    def continuations(self) -> Continuations:
        """Experiments: the descent going on from the stop, unchanged or with one setting changed."""
        return Continuations(self)
