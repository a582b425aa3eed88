"""What can be wrong beyond a step's own arithmetic, each seen by running: one file a subject.

A new check is one more function from a `Case` to `Check`s in the file of its subject, and in `CHECKS`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from fallline.subjects.handwritten.attached import Attached
from fallline.subjects.handwritten.checks.check import Case, Check
from fallline.subjects.handwritten.checks.data import out_of_range, shuffled_apart
from fallline.subjects.handwritten.checks.first_weights import equal_first_weights, saturated_at_start
from fallline.subjects.handwritten.checks.parameters import bias_for_each_row, growing, never_moved, whole_numbers
from fallline.subjects.handwritten.checks.reports import other_error_reported
from fallline.subjects.handwritten.checks.sharing import shared_between_networks
from fallline.subjects.handwritten.checks.training import handed_apart, skipped_steps
from fallline.subjects.handwritten.identifying.examine import Examination

CHECKS: tuple[Callable[[Case], Iterator[Check]], ...] = (
    skipped_steps,
    shared_between_networks,
    shuffled_apart,
    handed_apart,
    never_moved,
    growing,
    bias_for_each_row,
    equal_first_weights,
    saturated_at_start,
    whole_numbers,
    out_of_range,
    other_error_reported,
)


def checks(attached: Attached, examination: Examination) -> list[Check]:
    """Return all that is found; a network that is as it should be has nothing. It is left as it was."""
    found: list[Check] = []
    for look in CHECKS:
        attached.reset()
        found += look(Case(attached, examination))
    attached.reset()
    return found


__all__ = ["CHECKS", "Check", "checks"]
