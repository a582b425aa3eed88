"""A point with no slope that is a minimum in some directions and a maximum in others."""

from __future__ import annotations

from typing import Any

import numpy as np

from fallline.diagnosis.budget.floor import descend_from
from fallline.diagnosis.evidence import Evidence
from fallline.diagnosis.finding import Finding
from fallline.diagnosis.flatness import flatness
from fallline.diagnosis.rule import Kind, Rule
from fallline.diagnosis.subject import Subject, descended
from fallline.diagnosis.walks import along, gradient_steps, value
from fallline.engine import Array
from fallline.network import Network
from fallline.optimizers import GradientDescent
from fallline.training.stopping import Limits

LEAST_RESIDUALS = 5.0  # that the curvature is away from 0
LEAST_CURVATURE = 1e-7  # of the largest, below which it may be rounding
STEEP = 0.01  # of what the descent left: what the best stable step against the gradient may gain at a saddle
QUADRATIC = 0.25  # of ½|λ|s², by which the error has to fall
BY_SLOPE = 0.1  # of that fall, which the slope along v may account for
LEAST = 1e-3  # of what the descent left, that ½|λ|s² has to be for that step
FARTHEST = 3.0  # times the length of the weights, that a step may have
FALLING = 0.1  # of what the descent left, that it gained in the last half of its iterations: it is not held up
BETTER = {0.01: 10.0, 0.001: 100.0}  # gain, of what the descent left -> times what the same steps gain from the stop
LEADS_ON = 0.1  # of what the descent left, that a second-order descent from beside the stop gains
STEPS = (10, 40, 200)  # after so many the two are compared
SECONDS, SHARE_OF_TIME = 0.6, 0.1


class SaddlePoint(Rule):
    """The gradient has vanished where the Hessian has a negative eigenvalue."""

    code = "saddle_point"
    title = "Saddle point"
    kind = Kind.LANDSCAPE
    explanation = (
        "At a saddle point the gradient is zero, as at a minimum, but along some direction the error curves downwards: "
        "the descent has come down a valley to a pass, where the way on leads off to the side. Near it the gradient is "
        "tiny, so gradient descent takes very many steps to leave, and at the point itself it never does; a saddle "
        "often stands where two units do the same. The proof is an eigenvector v of the Hessian with a negative "
        "eigenvalue (its residual shows how certain that is) and an experiment: a step along v lowers the error by "
        "far more than the slope would, and gradient steps from there gain many times what the same steps gain from "
        "the stop. A negative "
        "eigenvalue alone means nothing, since almost every descent that is still falling has some."
    )
    remedy = "Step along the direction of negative curvature, or add a little noise to the weights, and go on."
    remedies = ("negative_curvature", "second_order", "restart", "other_initialisation")
    explains = (
        "local_minimum",
        "flat_region",
        "too_few_iterations",
        "premature_stop",
        "learning_rate_too_small",
    )
    sources = (
        "Dauphin, Y., Pascanu, R., Gulcehre, C., Cho, K., Ganguli, S. & Bengio, Y. (2014). Identifying and attacking "
        "the saddle point problem in high-dimensional non-convex optimization. NIPS 27, 2933-2941.",
        "Fukumizu, K. & Amari, S. (2000). Local minima and plateaus in hierarchical structures of multilayer "
        "perceptrons. Neural Networks 13, 317-327.",
    )

    def examine(self, evidence: Evidence) -> Finding:
        """Return whether a saddle point holds the error up."""
        if not evidence.stakes.matters:
            return self.clear(f"Nothing to look for: {evidence.stakes.sentence}.")
        left, spectrum, objective = evidence.stakes.left, evidence.spectrum, evidence.objective
        curvature, v, residual = spectrum.lowest
        numbers: dict[str, Any] = {
            "gradient_norm": evidence.gradient_norm,
            "lowest_eigenvalue": curvature,
            "residual": residual,
        }
        if not curvature < -max(LEAST_RESIDUALS * residual, LEAST_CURVATURE * spectrum.size):
            return self.clear(f"The Hessian has no certain negative eigenvalue (lowest {curvature:.2g}).", **numbers)
        a_step = 0.5 * evidence.gradient_norm**2 / spectrum.size
        if a_step > STEEP * left:
            return self.clear(
                f"There is negative curvature ({curvature:.2g}), but the gradient still leads down: a step gains about "
                f"{a_step / left:.1%} of what is left.",
                **numbers,
            )
        if _recent_fall(evidence) > FALLING * left:
            return self.clear(
                f"There is negative curvature ({curvature:.2g}), but the error is still falling.", **numbers
            )
        if flatness(evidence, left).flat:
            return self.clear(f"The curvature {curvature:.2g} is negative, but next to nothing.", **numbers)
        start = value(objective, evidence.parameters)
        predicted = left * np.geomspace(1e-4, 1e3, 36)
        lengths = np.sqrt(2.0 * predicted / abs(curvature))
        near = lengths <= FARTHEST * max(1.0, float(np.linalg.norm(evidence.parameters)))
        if not near.any():
            return self.clear(f"The curvature {curvature:.2g} is negative, but next to nothing.", **numbers)
        predicted, lengths = predicted[near], lengths[near]
        falls = [start - along(objective, evidence.parameters, sign * v, lengths) for sign in (1.0, -1.0)]
        fall = np.maximum(*falls)
        by_slope = abs(float(evidence.gradient @ v)) * lengths
        if not np.any((fall >= QUADRATIC * predicted) & (by_slope <= BY_SLOPE * fall) & (predicted >= LEAST * left)):
            return self.clear(
                f"There is negative curvature ({curvature:.2g}), but a step along it lowers the error by no more than "
                f"the slope does.",
                **numbers,
            )
        best = [int(np.argmax(side)) for side in falls]
        sides = [evidence.parameters + sign * lengths[k] * v for sign, k in zip((1.0, -1.0), best, strict=True)]
        lower = int(falls[1].max() > falls[0].max())
        length = float(lengths[best[lower]])
        return self._compare(evidence, start, (sides[lower], sides[1 - lower]), length, numbers)

    def _compare(
        self, evidence: Evidence, start: float, sides: tuple[Array, Array], length: float, numbers: dict[str, Any]
    ) -> Finding:
        """Descend from beside the saddle and from the stop, by the same steps."""
        left, objective = evidence.stakes.left, evidence.objective
        clock = evidence.clock.part(SHARE_OF_TIME, SECONDS)
        rate = 1.0 / evidence.spectrum.size
        first, steps = clock.part(0.4), 0
        here, there, gain, control_gain = evidence.parameters, sides[0], 0.0, 0.0
        for until in STEPS:
            with_step, there, _ = gradient_steps(objective, there, rate, until - steps, lambda: first.over)
            control, here, _ = gradient_steps(objective, here, rate, until - steps, lambda: first.over)
            steps, gain, control_gain = until, start - with_step, start - control
            proven = any(gain >= least * left and gain >= times * control_gain for least, times in BETTER.items())
            if proven or first.over:
                break
        if not proven:
            return self.clear(
                f"There is negative curvature ({numbers['lowest_eigenvalue']:.2g}), but a step along it and {steps} "
                f"gradient steps gain {gain:.3g}, against {control_gain:.3g} without it.",
                **numbers,
            )
        reached = evidence.error - gain
        for k, side in enumerate(sides):
            part = clock.part(1.0 / (2 - k))
            further = descend_from(evidence.architecture, side, evidence.rows, part, l2=evidence.subject.l2).error
            reached = min(reached, further)
        if evidence.error - reached < LEADS_ON * left:
            return self.clear(f"The way along the negative curvature leads to {reached:.4g} only.", **numbers)
        eigenvalue, residual = numbers["lowest_eigenvalue"], numbers["residual"]
        return self.fires(
            f"The gradient is next to nothing ({numbers['gradient_norm']:.2g}), but the Hessian has the negative "
            f"eigenvalue {eigenvalue:.3g} (residual {residual:.1g}; the largest is "
            f"{evidence.spectrum.highest.value:.3g}): a saddle point. A step of length {length:.3g} along its "
            f"eigenvector and {steps} gradient steps lower the error from {evidence.error:.4g} to "
            f"{evidence.error - gain:.4g}; the same gradient steps from the stop, to "
            f"{evidence.error - control_gain:.4g}.",
            confidence=0.97,
            share=min(evidence.error - reached, left) / evidence.error,
            step_length=length,
            gradient_steps=steps,
            error_with_step=evidence.error - gain,
            error_without=evidence.error - control_gain,
            error_reached=reached,
            **numbers,
        )

    def example(self) -> Subject:
        """A sine from tiny first weights: gradient descent waits beside the saddle point at the origin."""
        X = np.linspace(-1.0, 1.0, 40)[:, None]
        network = Network([1, 4, 1], ["tanh", "identity"], loss="mean_squared_error", seed=1)
        network.parameters *= 1e-6
        return descended(network, X, np.sin(3.0 * X), GradientDescent(0.05), limits=Limits(iterations=100))


def _recent_fall(evidence: Evidence) -> float:
    """Return by how much the error fell in the last half of the iterations; 0 where that is not known."""
    if evidence.subject.descent is None or len(evidence.subject.descent.history) < 3:
        return 0.0
    history = evidence.subject.descent.history
    errors, iterations = history.column("train_error"), history.column("iteration")
    middle = int(np.searchsorted(iterations, 0.5 * iterations[-1]))
    return float(errors[middle] - evidence.error)
