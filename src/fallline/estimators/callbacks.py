"""scikit-learn's callbacks, where the installed version has them (from 1.9 on): each iteration is a task of the fit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

try:
    from sklearn.callback import CallbackSupportMixin, with_callbacks
except ImportError:  # an earlier version: nobody can have set a callback

    class CallbackSupportMixin:  # type: ignore[no-redef]
        """Nothing is supported."""

    def with_callbacks(method: Any) -> Any:
        """Return the method as it is."""
        return method


__all__ = ["CallbackSupportMixin", "IterationTasks", "with_callbacks"]


class IterationTasks:
    """Tells callbacks of the fit and of each of its iterations; does nothing where nobody has set any.

    A task is begun before it is known whether there will be one: the last may stay empty, and is ended as such.

    Parameters
    ----------
    estimator
        The one that is fitted.
    iterations
        The most there can be; 0 where single iterations are not told.
    X, y, sample_weight
        What `fit` was given.
    """

    def __init__(self, estimator: Any, iterations: int, X: Any, y: Any, sample_weight: Any) -> None:
        self._estimator, self._iterations = estimator, iterations
        self._fit: Any = None
        self._iteration: Any = None
        self._number = 0
        if not getattr(estimator, "_skl_callbacks", None):
            return
        metadata = {} if sample_weight is None else {"sample_weight": sample_weight}
        self._given = {"estimator": estimator, "X": X, "y": y, "metadata": metadata}
        self._fit = estimator._init_callback_context(max_subtasks=iterations)
        self._fit.call_on_fit_task_begin(**self._given)

    @property
    def told(self) -> bool:
        """Whether somebody is told of each iteration."""
        return self._fit is not None and self._iterations > 0

    def iteration(self, fitted: Callable[[], dict[str, Any]]) -> bool:
        """Tell of an iteration's end; True when a callback wants the fit to stop.

        Parameters
        ----------
        fitted
            Returns the attributes that a copy of the estimator needs to predict as after this iteration.
        """
        if not self.told:
            return False
        self._begin()
        assert self._iteration is not None
        stop = self._iteration.call_on_fit_task_end(**self._given, reconstruction_attributes=fitted)
        self._iteration = None
        self._number += 1
        if not stop and self._number < self._iterations:
            self._begin()
        return bool(stop)

    def end(self) -> None:
        """Tell of the end of the fit."""
        if self._fit is None:
            return
        if self._iteration is not None:
            self._iteration.call_on_fit_task_end(estimator=self._estimator)
        self._fit.call_on_fit_task_end(**self._given, reconstruction_attributes=dict)

    def begin(self) -> None:
        """Tell that the first iteration begins."""
        if self.told:
            self._begin()

    def _begin(self) -> None:
        if self._iteration is None:
            assert self._fit is not None
            self._iteration = self._fit.subcontext(task_name="iteration")
            self._iteration.call_on_fit_task_begin(**self._given)
