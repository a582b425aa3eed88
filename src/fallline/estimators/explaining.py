"""The verdict on a fit: examined when it is asked for, from the rows that the estimator still remembers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from fallline.diagnosis.subject import Subject
from fallline.engine import Objective
from fallline.errors import FalllineError

if TYPE_CHECKING:
    from fallline.diagnosis.verdict import Verdict

SECONDS = 10.0
SAME = 1e-4  # relative difference of the error, up to which the rows are those that were learned from


class NoVerdictError(FalllineError, AttributeError):
    """There is none; an AttributeError too, so that `hasattr` says no."""


class Explained:
    """Adds `verdict_` and `explain`; stands behind `BaseEstimator` among the bases, which goes through all names.

    The rows of the last fit are referred to, not copied, and are left out where the estimator is pickled or copied.
    """

    _subject: Subject | None = None
    _error: float = math.nan
    _verdict: Verdict | None = None

    @property
    def verdict_(self) -> Verdict:
        """Why the fit stopped where it did, what the loss is made of, and what lowers it; takes up to ten seconds."""
        if self._verdict is None:
            self._verdict = self.explain()
        return self._verdict

    def explain(self, seconds: float = SECONDS, *, trials: bool = True) -> Verdict:
        """Return the verdict on the last fit, as `fallline.explain` does for a run.

        Parameters
        ----------
        seconds
            How long it may take.
        trials
            Whether remedies are tried, each against an unchanged control.

        Raises
        ------
        FalllineError
            If there is no fit, its rows counted differently, or they are no longer at hand.
        """
        from fallline.diagnosis.judge import judge  # the rules and remedies: some dozen modules

        subject = self._subject
        if subject is None:
            raise NoVerdictError(
                "no verdict: there is no fit yet, or it came from a file, which keeps no rows. Fit again."
            )
        if subject.network.architecture.weighted:
            raise NoVerdictError("no verdict: it is about rows that all count alike. Fit without weights to have one.")
        error = Objective(subject.network.architecture, subject.training).error(subject.network.parameters)
        if math.isfinite(self._error) and not math.isclose(error, self._error, rel_tol=SAME, abs_tol=1e-12):
            raise NoVerdictError("no verdict: the array that was fitted has been changed since. Fit again.")
        return judge(subject, seconds, trials=trials, seed=subject.seed)

    def _keep_subject(self, subject: Subject, error: float) -> None:
        self._subject, self._error, self._verdict = subject, error, None

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "_subject"}

    def __dir__(self) -> list[str]:
        """All names but that of a verdict which is not there yet: whoever goes through them would wait for it."""
        return [name for name in super().__dir__() if name != "verdict_" or self._verdict is not None]
