"""A learning rate so large that steps overshoot."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from fallline.diagnosis.evidence import Evidence
from fallline.diagnosis.finding import Finding
from fallline.diagnosis.judgement import Judgement
from fallline.diagnosis.rule import Kind, Rule
from fallline.diagnosis.subject import Subject, descended
from fallline.network import Network
from fallline.optimizers import FirstOrder, GradientDescent, Rprop
from fallline.training.stopping import Limits, StopReason

LEAST_GAIN = 0.3  # of what is left, that a lower rate has to remove beyond what the rate itself would
LEAST_GAIN_AT_EDGE = 0.6  # … where the rate is at the edge of stability, which healthy descents go along
LEAST_GAIN_FROM_OVERFLOW = 0.02  # … where the rate itself overflows
STILL_FALLING = 0.25  # of what is left, removed at the rate itself: then it is no fault
LEAST_GAIN_ANEW = 0.5  # … where the descent is made again from its first weights
LOWER = (0.5, 0.1, 0.01)  # times the rate
EDGE = 0.8  # of the limit of stability: at the edge, λmax hovers around it
CLIMBED = 1.2  # times the first error: what a stable descent never exceeds
BEYOND = 1.3  # times the limit of stability: no longer its edge
BOUNCING = 0.1  # share of steps that climb


class LearningRateTooLarge(Rule):
    """Fires where steps climb, and a half or a tenth of the rate does better from the same weights by the same work."""

    code = "learning_rate_too_large"
    title = "Learning rate too large"
    kind = Kind.DESCENT
    explanation = (
        "A step of the learning rate times the gradient overshoots the valley where the rate exceeds 2/λmax, with λmax "
        "the largest curvature: the error bounces from wall to wall, or overflows. A rate at that edge is no fault by "
        "itself, since networks often go on falling there for a long time. So the proof is an experiment: from the "
        "same weights and by the same number of steps, a half or a tenth of the rate comes out far lower. The noise "
        "of mini-batches makes an error hover, too; there, steps of the same length on all rows go down."
    )
    remedy = "Lower the learning rate to a half or a tenth, or lower it on the way (a schedule)."
    remedies = ("lower_rate", "second_order")
    explains = (
        "gradient_noise",
        "too_few_iterations",
        "premature_stop",
        "exploding_gradient",
        "saturated_units",
        "dead_units",
        "constant_output",
        "flat_region",
    )
    sources = (
        "J. Cohen, S. Kaur, Y. Li, J. Z. Kolter, A. Talwalkar: Gradient Descent on Neural Networks Typically Occurs at "
        "the Edge of Stability. ICLR 2021.",
    )

    @property
    def judgement(self) -> Judgement:
        """It does not arrive at this rate."""
        return Judgement.STUCK

    def examine(self, evidence: Evidence) -> Finding:
        descents = evidence.continuations
        if descents.optimizer is None:
            return self.not_enough_data("The optimizer is not known, so neither is its learning rate.")
        if not isinstance(descents.optimizer, FirstOrder) or isinstance(descents.optimizer, Rprop):
            return self.clear(f"{descents.optimizer.name} chooses the length of its steps by itself.")
        if not evidence.stakes.matters:
            return self.clear(f"The learning rate holds nothing up: {evidence.stakes.sentence}.")
        descent = evidence.subject.descent
        if descent is None or not descents.possible:
            return self.not_enough_data("There was no descent, or no time to try another rate.")
        overflowed = descent.stop_reason is StopReason.NOT_FINITE
        relative = math.nan
        if not math.isnan(descents.stability):
            relative = descents.rate * evidence.spectrum.highest.value / descents.stability
        bounces = descents.bounces()
        rate = descents.optimizer.schedule().course().rate(1, math.nan)
        highest = float(np.nanmax(descent.history.column("train_error")))
        climbed = highest > CLIMBED * descent.history.records[0].train_error
        if not overflowed and not climbed and not relative > EDGE and bounces < BOUNCING:
            return self.clear(f"Hardly any step climbs ({bounces:.0%}) at the learning rate {rate:.3g}.")
        # The error of the last weights is a matter of chance; what counts is how high the error hovers over the floor.
        left, once = evidence.stakes.left - (evidence.error - descents.recent()), descents.unchanged()
        if once is None:
            return self.not_enough_data("There was no time to try another rate.")
        # Coming down from where it was thrown, an error falls fast for a while; its power law promises nothing then.
        reference = min(once.level if climbed else descents.expected(), descents.recent())
        if overflowed and once.finite and evidence.error - once.level > LEAST_GAIN * left:
            return self.clear(f"The descent overflowed, but from the weights kept it goes on at the rate {rate:.3g}.")
        goes_on = descents.recent() - reference
        if not overflowed and not climbed and goes_on > STILL_FALLING * left:
            return self.clear(f"The error goes on falling at the rate {rate:.3g}, by {goes_on:.3g} in the same work.")
        best, factor = once, 1.0
        for lower in LOWER:
            course = descents.at_rate(lower)
            if course is None:
                return self.not_enough_data("There was no time to try another rate.")
            if course.finite and (course.level < best.level or not best.finite):
                best, factor = course, lower
        gain = reference - best.level if factor < 1.0 else 0.0
        numbers: dict[str, Any] = {
            "learning_rate": rate,
            "share_of_stable_rate": None if math.isnan(relative) else relative,
            "share_of_steps_that_climb": bounces,
            "iterations": once.iterations,
            "error_unchanged": once.level if once.finite else None,
            "lower_rate": factor * rate,
            "error_at_lower_rate": best.level if best.finite else None,
        }
        least = LEAST_GAIN_AT_EDGE if EDGE < relative < BEYOND else LEAST_GAIN
        if gain < (LEAST_GAIN_FROM_OVERFLOW if overflowed else least) * left:
            return self._from_the_beginning(evidence, numbers)
        if descents.batch is not None and not overflowed:
            whole = descents.on_all_rows()
            if whole is None:
                return self.not_enough_data("There was no time to tell the rate from the noise of the batches.")
            if whole.finite and reference - whole.level > 0.3 * gain:
                return self.clear(
                    "Steps of the same length on all rows go down: it is the noise of batches.", **numbers
                )
        edge = f", {relative:.2g} of the limit of stability," if not math.isnan(relative) else ""
        how = (
            f"the error overflowed {descent.detail}"
            if overflowed
            else f"{bounces:.0%} of the last steps climb, and {once.iterations:,} iterations more end at "
            + (f"the error {once.level:.4g}" if once.finite else "an overflow")
        )
        return self.fires(
            f"At the learning rate {rate:.3g}{edge} {how}. From the same weights and by the same work, the rate "
            f"{factor * rate:.3g} comes to {best.level:.4g}, from {evidence.error:.4g}.",
            confidence=0.97 if overflowed or relative > EDGE else 0.9,
            share=evidence.stakes.share,
            **numbers,
        )

    def _from_the_beginning(self, evidence: Evidence, numbers: dict[str, Any]) -> Finding:
        """Tell whether overshooting has thrown the weights to where no rate helps any more."""
        descents, descent, first = evidence.continuations, evidence.subject.descent, evidence.first
        rate = numbers["learning_rate"]
        clear = self.clear(
            f"A lower rate does no better than the rate {rate:.3g} itself, which is no fault then, even at the edge of "
            "stability.",
            **numbers,
        )
        if descent is None or first is None or descents.batch is not None:
            return clear
        highest = float(np.nanmax(descent.history.column("train_error")))
        if not highest > CLIMBED * first.error:
            return clear
        trials = [descents.at_rate(factor, anew=True) for factor in LOWER[1:]]
        if any(each is None for each in trials):
            return self.not_enough_data("There was no time to begin again at a lower rate.", **numbers)
        factor, anew = min(
            ((factor, each) for factor, each in zip(LOWER[1:], trials, strict=True) if each is not None),
            key=lambda pair: pair[1].level,
        )
        gain = min(evidence.error, first.error) - anew.level
        if not gain >= LEAST_GAIN_ANEW * min(evidence.stakes.left, first.error):
            return clear
        numbers |= {"highest_error": highest, "lower_rate": factor * rate, "error_from_first_weights": anew.level}
        return self.fires(
            f"At the learning rate {rate:.3g} the error climbed from {first.error:.4g} to {highest:.4g}, and the steps "
            f"threw the weights to where no rate helps any more. From the first weights, {anew.iterations:,} "
            f"iterations at the rate {factor * rate:.3g} come to {anew.level:.4g}, against {evidence.error:.4g} at the "
            "stop.",
            confidence=0.9,
            share=evidence.stakes.share,
            **numbers,
        )

    def example(self) -> Subject:
        X = np.linspace(-1.0, 1.0, 40)[:, None]
        network = Network([1, 8, 1], ["tanh", "identity"], loss="mean_squared_error", seed=1)
        limits = Limits(iterations=400, plateau=False)
        return descended(network, X, np.sin(3.0 * X), GradientDescent(0.8), limits=limits, compiled=False, seed=1)
