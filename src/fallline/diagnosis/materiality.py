"""Whether a part of the error that nothing can remove holds it up."""

from __future__ import annotations

from fallline.diagnosis.evidence import Evidence
from fallline.diagnosis.stakes import SHARE_OF_CONSTANT

SHARE_OF_ERROR = 0.2  # from which on a part holds the error up


def material(evidence: Evidence, part: float) -> bool:
    """Whether that part of the error is a good share of it, and not next to nothing beside a constant answer's error.

    Next to nothing does not count where it keeps the run from the target that was set.
    """
    target = evidence.subject.limits.target_error
    missed = target is not None and part > target
    return part >= SHARE_OF_ERROR * evidence.error > 0.0 and (
        missed or part >= SHARE_OF_CONSTANT * evidence.constant_error
    )
