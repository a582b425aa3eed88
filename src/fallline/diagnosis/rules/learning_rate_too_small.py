"""A learning rate so small that the descent hardly moves."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from fallline.diagnosis.continuation import Continuations, Course
from fallline.diagnosis.evidence import Evidence
from fallline.diagnosis.finding import Finding
from fallline.diagnosis.rule import Kind, Rule
from fallline.diagnosis.subject import Subject, descended
from fallline.network import Network
from fallline.optimizers import FirstOrder, GradientDescent, Rprop
from fallline.training.stopping import Limits

FAR_BELOW = 0.02  # rate · λmax / the limit of stability: there a rate a fifty times larger would still be stable
LEAST_GAIN = 0.1  # of what is left, that a higher rate has to remove in the experiment
FACTORS = (10.0, 100.0, 1_000.0, 10_000.0)  # times the rate, until one of them gains that
LEAST_RATIO = 4.0  # between the falls at ten times the rate and at the rate
SHALLOW = 1e-4  # of what is left, that a step of 1/λ along the gradient promises: a stationary point
DOWNWARD = 0.05  # of the spectral norm: a curvature that is clearly negative
SATURATED = 0.05  # mean slope of the hidden units, over its largest, below which they are the cause


class LearningRateTooSmall(Rule):
    """Fires where 10 and 100 times the rate, with the same work, lower the error far more."""

    code = "learning_rate_too_small"
    title = "Learning rate too small"
    kind = Kind.DESCENT
    explanation = (
        "Each step goes downhill by the learning rate times the gradient, so a tiny rate makes tiny steps: the error "
        "falls at every one of them and yet seems to stand still. The surface is not flat: from the same weights and "
        "with the same number of steps, ten times the rate lowers the error about ten times as much, and even a "
        "hundred times the rate is stable. That is how it is told from badly scaled inputs, where a larger rate "
        "overflows, and from a saddle point, where the gradient itself has nearly vanished."
    )
    remedy = (
        "Raise the learning rate tenfold, and again, until the error stops falling smoothly; or let a second-order "
        "method choose its own steps."
    )
    remedies = ("higher_rate", "second_order", "longer_run")
    explains = ("too_few_iterations", "premature_stop", "constant_output", "flat_region")
    sources = (
        "Y. LeCun, L. Bottou, G. Orr, K.-R. Müller: Efficient BackProp. In: Neural Networks: Tricks of the Trade, "
        "Springer 1998, section 4.7 (the rate against the largest eigenvalue of the Hessian).",
    )

    def examine(self, evidence: Evidence) -> Finding:
        descents = evidence.continuations
        if not isinstance(descents.optimizer, FirstOrder) or isinstance(descents.optimizer, Rprop):
            name = "unknown" if descents.optimizer is None else descents.optimizer.name
            if descents.optimizer is None:
                return self.not_enough_data("The optimizer is not known, so neither is its learning rate.")
            return self.clear(f"{name} chooses the length of its steps by itself.")
        if not evidence.stakes.matters:
            return self.clear(f"The learning rate holds nothing up: {evidence.stakes.sentence}.")
        if not descents.possible:
            return self.not_enough_data("There was no descent, or no time to try another rate.")
        descent = evidence.subject.descent
        if descent is not None and _rate(descents) < 0.1 * float(np.nanmax(descent.history.column("learning_rate"))):
            return self.clear(f"The schedule has lowered the learning rate to {_rate(descents):.3g} on purpose.")
        relative = math.nan
        if not math.isnan(descents.drive):
            relative = descents.rate * descents.drive * evidence.spectrum.size / 2.0
        if relative > FAR_BELOW:
            return self.clear(
                f"The learning rate {_rate(descents):.3g} is {relative:.2g} of the largest stable one, 2/λmax: not "
                "far below it.",
                relative=relative,
            )
        left, once = evidence.stakes.left, descents.unchanged()
        courses = [once]
        for k, factor in enumerate(FACTORS):
            if k < 2 or not _gains(evidence, courses[-1]):
                courses.append(descents.at_rate(factor))
        if once is None or any(each is None for each in courses):
            return self.not_enough_data("There was no time to try another rate.")
        falls = [evidence.error - each.level if each is not None else math.nan for each in courses]
        predicted = descents.rate * descents.drive * evidence.gradient_norm**2
        numbers: dict[str, Any] = {
            "learning_rate": _rate(descents),
            "share_of_stable_rate": None if math.isnan(relative) else relative,
            "iterations": once.iterations,
            "falls": [fall if math.isfinite(fall) else None for fall in falls],
            "factors": [1.0, *FACTORS[: len(falls) - 1]],
            "fall_of_a_step_by_the_gradient": None if math.isnan(predicted) else predicted,
        }
        better = falls[1] >= LEAST_RATIO * max(falls[0], 0.0) and falls[2] >= min(0.9 * falls[1], 0.8 * left)
        if not better or not _gains(evidence, courses[-1]):
            return self.clear(
                f"From the same weights and by the same work, 10 and 100 times the learning rate {_rate(descents):.3g} "
                f"lower the error by {falls[1]:.3g} and {falls[2]:.3g}, the rate itself by {falls[0]:.3g}: not far "
                "more.",
                **numbers,
            )
        reason = elsewhere(evidence)
        if reason:
            return self.clear(f"A higher rate may help here, but {reason}.")
        work = once.iterations
        needed = left / falls[0] * work if falls[0] > 0.0 else math.inf
        numbers["iterations_needed"] = needed if math.isfinite(needed) else None
        long = f" At this rate, the rest needs at least {needed:,.0f} iterations more." if needed < 1e15 else ""
        below = (
            f", which is {relative:.1g} of the largest stable one (2/λmax, λmax = {evidence.spectrum.size:.3g})"
            if not math.isnan(relative)
            else ""
        )
        return self.fires(
            f"The learning rate is {_rate(descents):.3g}{below}. In {work:,} iterations from the stop the error falls "
            f"by {max(falls[0], 0.0):.3g}; at {FACTORS[0]:.0f} times the rate by {falls[1]:.3g}, at "
            f"{FACTORS[len(falls) - 2]:,.0f} times by {falls[-1]:.3g}.{long}",
            confidence=0.97 if not math.isnan(relative) else 0.93,
            share=evidence.stakes.share,
            **numbers,
        )

    def example(self) -> Subject:
        X = np.linspace(-1.0, 1.0, 40)[:, None]
        network = Network([1, 6, 1], ["tanh", "identity"], loss="mean_squared_error", seed=3)
        limits = Limits(iterations=1_000, plateau=False)
        return descended(network, X, np.sin(3.0 * X), GradientDescent(0.0001), limits=limits, compiled=False, seed=3)


def _gains(evidence: Evidence, course: Course | None) -> bool:
    return course is not None and evidence.error - course.level >= LEAST_GAIN * evidence.stakes.left


def elsewhere(evidence: Evidence) -> str:
    """Return in words what makes every small step small here but the rate, empty for nothing."""
    slopes = []
    for activation, layer in zip(evidence.architecture.layer_activations[:-1], evidence.trace[:-1], strict=True):
        slope = np.abs(activation.derivative(layer.z, layer.a))
        largest = float(np.abs(activation.derivative(np.zeros(1), activation.value(np.zeros(1))))[0]) or 1.0
        slopes.append(float(slope.mean()) / largest)
    if slopes and min(slopes) < SATURATED:
        return f"the units of layer {1 + int(np.argmin(slopes))} have next to no slope, on average {min(slopes):.1%}"
    if at_saddle(evidence):
        return "the gradient has nearly vanished where the error curves downwards: a saddle point"
    return ""


def at_saddle(evidence: Evidence) -> bool:
    """Whether the stop is next to stationary with a clearly negative curvature."""
    spectrum = evidence.spectrum
    if spectrum.size == 0.0 or spectrum.lowest.value > -DOWNWARD * spectrum.size:
        return False
    return evidence.gradient_norm**2 / spectrum.size < SHALLOW * evidence.stakes.left


def _rate(descents: Continuations) -> float:
    assert isinstance(descents.optimizer, FirstOrder)
    return float(descents.optimizer.schedule().course().rate(1, math.nan))
