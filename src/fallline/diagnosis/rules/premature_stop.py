"""A criterion that ended the descent although going on would have lowered the error."""

from __future__ import annotations

import math
from dataclasses import fields, replace
from typing import Any

import numpy as np

from fallline.diagnosis.evidence import Evidence
from fallline.diagnosis.finding import Finding
from fallline.diagnosis.rule import Kind, Rule
from fallline.diagnosis.rules.learning_rate_too_small import at_saddle
from fallline.diagnosis.subject import Subject, descended
from fallline.network import Network
from fallline.optimizers import LBFGS, Optimizer
from fallline.training.stopping import Limits, StopReason

LEAST_GAIN = 0.15  # of what is left, or of the validation error, that going on has to remove
LEAST_OF_CONSTANT = 0.005  # of the error of the best constant answer, likewise


class PrematureStop(Rule):
    """Fires where going on without the criterion, and nothing else changed, lowers what it watched."""

    code = "premature_stop"
    title = "Stopped too early"
    kind = Kind.DESCENT
    explanation = (
        "A rule for stopping takes a pause for the end: early stopping with so little patience that one bad stretch of "
        "a jagged validation curve ends the descent, a plateau declared where the error is about to fall again, a "
        "tolerance of the gradient that is loose for the scale of this loss. It is told by going on from the same "
        "weights with the same settings and without that rule: where the error that it watched falls well below the "
        "best until then, the stop was too early. At a minimum, or where over-fitting has begun, it does not."
    )
    remedy = "Wait longer: more patience, a tighter tolerance, or no stop at plateaus."
    remedies = ("longer_run", "second_order")
    explains = ("too_few_iterations",)
    sources = ("L. Prechelt: Early Stopping, But When? In: Neural Networks: Tricks of the Trade, Springer 1998.",)

    def examine(self, evidence: Evidence) -> Finding:
        descent = evidence.subject.descent
        if descent is None:
            return self.not_enough_data("How the descent ended is not known.")
        early = descent.stop_reason is StopReason.EARLY_STOPPING
        if not early and descent.stop_reason not in (StopReason.PLATEAU, StopReason.CONVERGED):
            return self.clear(f"No criterion judged the descent to be at its end: {descent.stop_reason.text}.")
        if not early and not evidence.stakes.matters:
            return self.clear(f"It stopped in time: {evidence.stakes.sentence}.")
        if early and evidence.validation is None:
            return self.not_enough_data("The validation rows that ended it are not known.")
        if not early and at_saddle(evidence):
            return self.clear("The criterion was right that nothing moves here: it is next to a saddle point.")
        descents = evidence.continuations
        if not descents.possible or descents.optimizer is None:
            return self.not_enough_data("The optimizer is not known, or there was no time to go on.")
        longer = descents.run(untiring(descents.optimizer), validating=early)
        if longer is None:
            return self.not_enough_data("There was no time to go on.")
        before, after = evidence.error, longer.level
        least = LEAST_GAIN * evidence.stakes.left
        if early:
            before, after = evidence.validation_error, longer.validation
            least = max(LEAST_GAIN * before, LEAST_OF_CONSTANT * evidence.constant_error)
        what = "validation error" if early else "error"
        numbers: dict[str, Any] = {
            "stop_reason": descent.stop_reason.code,
            "iterations": descent.iterations,
            "more_iterations": longer.iterations,
            "before": before,
            "after": after if math.isfinite(after) else None,
        }
        if not before - after >= least:
            return self.clear(
                f"Going on for {longer.iterations:,} iterations leaves the {what} at {after:.4g}, from {before:.4g}: "
                "it stopped in time.",
                **numbers,
            )
        return self.fires(
            f"It stopped after {descent.iterations:,} iterations: {descent.stop_reason.text}. Going on from "
            f"there as before for {longer.iterations:,} iterations lowers the {what} from {before:.4g} to {after:.4g}.",
            confidence=0.95,
            share=min(1.0, (before - after) / before) if early else evidence.stakes.share,
            **numbers,
        )

    def example(self) -> Subject:
        X = np.linspace(-1.0, 1.0, 40)[:, None]
        network = Network([1, 8, 1], ["tanh", "identity"], loss="mean_squared_error", seed=6)
        optimizer = LBFGS(gradient_tolerance=0.02)
        return descended(network, X, np.sin(3.0 * X), optimizer, limits=Limits(), compiled=False, seed=6)


def untiring(optimizer: Optimizer) -> Optimizer:
    """Return the optimizer with the tightest tolerance of the gradient that its kind has by itself."""
    tolerances = [each for each in fields(optimizer) if each.name == "gradient_tolerance"]  # type: ignore[arg-type]
    if not tolerances:
        return optimizer
    changes: dict[str, Any] = {"gradient_tolerance": tolerances[0].default}
    return replace(optimizer, **changes)  # type: ignore[type-var]
