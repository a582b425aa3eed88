"""An error that is reported and is not the one that is descended."""

from __future__ import annotations

from collections.abc import Iterator

from fallline.subjects.handwritten.checks.check import Case, Check


def other_error_reported(case: Case) -> Iterator[Check]:
    """A right gradient of one loss beside the report of another: what is printed need not fall."""
    examination = case.examination
    found, told = examination.identification, examination.reported
    if found is not None and found.healthy and told is not None and told != found.loss:
        sentence = (
            f"The program computes the {told}, and its step goes down the {found.loss}: what is reported is not what "
            "is descended, and it need not fall. Report the error whose gradient the step goes down, or descend the "
            "one that is reported."
        )
        yield Check("other_error_reported", sentence)
