"""A limit that ended the descent while the error was falling properly."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from fallline.diagnosis.evidence import Evidence
from fallline.diagnosis.finding import Finding
from fallline.diagnosis.rule import Kind, Rule
from fallline.diagnosis.rules.learning_rate_too_small import at_saddle
from fallline.diagnosis.subject import Subject, descended
from fallline.network import Network
from fallline.optimizers import Adam
from fallline.training.stopping import Limits, StopReason

LIMITS = (StopReason.ITERATION_LIMIT, StopReason.TIME_LIMIT)
LEAST_GAIN = 0.2  # of what is left, that going on for as much work again has to remove …
LEAST_FALL = 0.15  # … and of the error
SEEN = 0.6  # share of that which the experiment has to show, where it is shorter, for its share of a doubling
STANDING = 0.98  # share of the error left by the last doubling, above which it did not fall


class TooFewIterations(Rule):
    """Fires where a limit ended it, the error was falling, and going on as before lowers it materially."""

    code = "too_few_iterations"
    title = "Too few iterations"
    kind = Kind.DESCENT
    explanation = (
        "The descent was ended from outside, by a limit on its iterations or its time, while the error was falling. "
        "Nothing is wrong with it: it has not arrived. The course of the error says how far it was going to fall, and "
        "the proof is to go on: the same settings, for as much work again, lower the error by a good part of what is "
        "left. Where the steps are so small that this would not, the learning rate is the cause."
    )
    remedy = "Raise the limit and go on from these weights, or take an optimizer that needs fewer iterations."
    remedies = ("longer_run", "second_order", "higher_rate")

    def examine(self, evidence: Evidence) -> Finding:
        descent, descents = evidence.subject.descent, evidence.continuations
        if descent is None:
            return self.not_enough_data("How the descent ended is not known.")
        if descent.stop_reason not in LIMITS:
            return self.clear(f"No limit ended the descent: {descent.stop_reason.text}.")
        if not evidence.stakes.matters:
            return self.clear(f"More iterations would gain nothing: {evidence.stakes.sentence}.")
        left, shares = evidence.stakes.left, descents.history_left()
        records = len(descent.history)
        if records >= 12 and shares > STANDING:
            return self.clear(
                f"The error was not falling any more when the limit came: the last doubling of the iterations left "
                f"{shares:.1%} of it.",
                share_of_error_left_by_doubling=shares,
            )
        if at_saddle(evidence):
            return self.clear("The descent stands next to a saddle point, where waiting is no remedy.")
        if not descents.possible:
            return self.not_enough_data("The optimizer is not known, or there was no time to go on.")
        longer = descents.unchanged()
        if longer is None:
            return self.not_enough_data("There was no time to go on.")
        error = longer.level
        whole_work = longer.iterations >= descent.iterations or longer.iterations < descents.work
        forecast = error if whole_work else min(error, descents.expected_after(descent.iterations))
        numbers: dict[str, Any] = {
            "iterations": descent.iterations,
            "more_iterations": longer.iterations,
            "error_after": error if longer.finite else None,
            "share_of_error_left_by_doubling": shares,
            "forecast": forecast if math.isfinite(forecast) else None,
        }
        gain, seen = descents.recent() - forecast, descents.recent() - error
        enough = max(LEAST_GAIN * left, LEAST_FALL * evidence.error)
        part = 1.0 if whole_work else SEEN * math.log2(1.0 + longer.iterations / descent.iterations)
        if gain < enough or seen < part * enough:
            return self.clear(
                f"Going on as before for {longer.iterations:,} iterations lowers the error from {evidence.error:.4g} "
                f"to {error:.4g} only.",
                **numbers,
            )
        more = "" if whole_work else f", and twice the iterations are likely to reach {forecast:.4g}"
        return self.fires(
            f"It ended after {descent.iterations:,} iterations: {descent.stop_reason.text}. Going on as before for "
            f"{longer.iterations:,} iterations lowers the error from {evidence.error:.4g} to {error:.4g}{more}.",
            confidence=0.9,
            share=min(evidence.stakes.share, max(gain / evidence.error, 0.5 * evidence.stakes.share)),
            **numbers,
        )

    def example(self) -> Subject:
        X = np.linspace(-1.0, 1.0, 40)[:, None]
        network = Network([1, 8, 1], ["tanh", "identity"], loss="mean_squared_error", seed=4)
        limits = Limits(iterations=150, plateau=False)
        return descended(network, X, np.sin(3.0 * X), Adam(0.01), limits=limits, compiled=False, seed=4)
