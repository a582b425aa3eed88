"""A minimum that is not the floor."""

from __future__ import annotations

from typing import Any

import numpy as np

from fallline.diagnosis.budget.floor import descend_from
from fallline.diagnosis.evidence import Evidence
from fallline.diagnosis.finding import Finding
from fallline.diagnosis.flatness import flatness
from fallline.diagnosis.measurements import Measurements
from fallline.diagnosis.rule import Kind, Rule
from fallline.diagnosis.subject import Subject, descended
from fallline.diagnosis.walks import value
from fallline.engine import Array
from fallline.network import Network
from fallline.optimizers import LevenbergMarquardt

FALLS_ON = 0.03  # of what the descent left, by which a descent from a local minimum may lower the error at most
STILL = 1e-3  # likewise, by which it may go on falling when it has gone on for as long again
RETURNS = 0.05  # likewise, within which a descent after a nudge has come back
ROUNDING = 1e-6  # of the largest eigenvalue, below which a negative one does not count
ZERO = 1e-10  # likewise, below which one is zero to rounding
NUDGES, NUDGE = 4, 0.02  # how many, and their size relative to the root mean square weight
GROWTH = 1.1  # factor of the weights by which a minimum that lies at infinity is told
SECONDS, SHARE_OF_TIME = 0.8, 0.15


class LocalMinimum(Rule):
    """Every way from here leads up, and yet there is a lower point elsewhere."""

    code = "local_minimum"
    title = "Local minimum"
    kind = Kind.LANDSCAPE
    explanation = (
        "At a local minimum every small change of the weights makes the error larger, though other weights of the same "
        "network have a much lower one. No optimizer that only goes down can leave it, by whatever steps. The rule "
        "lets a second-order descent go on from the stop to where it ends; there no eigenvalue of the Hessian is "
        "negative beyond rounding, and descents after small random nudges come back to the same error, while a search "
        "with the same shape has found a lower one. Some such minima lie at infinity: the error still falls a little "
        "while the weights grow without end (XOR with two hidden units has no others: Sprinkhuizen-Kuyper & Boers "
        "1996), and the finding says so. Larger networks have fewer of them."
    )
    remedy = "Start again from other first weights, several times; a few more hidden units make a good start likelier."
    remedies = ("restart", "other_initialisation", "more_units")
    explains = ("premature_stop", "too_few_iterations", "no_descent_direction", "learning_rate_too_small")
    sources = (
        "Sprinkhuizen-Kuyper, I. G. & Boers, E. J. W. (1996). The error surface of the simplest XOR network has only "
        "global minima. Neural Computation 8, 1301-1320.",
        "Sprinkhuizen-Kuyper, I. G. & Boers, E. J. W. (1999). A local minimum for the 2-3-1 XOR network. IEEE "
        "Transactions on Neural Networks 10, 968-971.",
    )

    def examine(self, evidence: Evidence) -> Finding:
        """Return whether a local minimum holds the error up."""
        if not evidence.stakes.matters:
            return self.clear(f"Nothing to look for: {evidence.stakes.sentence}.")
        floor, left, error = evidence.budget.floor, evidence.stakes.left, evidence.error
        from_stop = floor.errors[0] if floor.errors else floor.error
        if floor.start is None or error - from_stop > FALLS_ON * left:
            return self.clear(f"A second-order descent from the stop goes lower, from {error:.4g} to {from_stop:.4g}.")
        clock, l2 = evidence.clock.part(SHARE_OF_TIME, SECONDS), evidence.subject.l2
        end = descend_from(evidence.architecture, evidence.parameters, evidence.rows, clock.part(0.3), l2=l2)
        reached, bottom = end.error, end.parameters
        further = descend_from(evidence.architecture, bottom, evidence.rows, clock.part(0.3), l2=l2).error
        if error - min(reached, further) > FALLS_ON * left:
            return self.clear(f"A second-order descent from the stop goes lower, from {error:.4g} to {further:.4g}.")
        if reached - further > STILL * left:
            return self.not_enough_data("There was no time to descend to where the slope ends.")
        at = evidence.at(bottom)
        if flatness(at, left).flat:
            return self.clear("Slope and curvature are both next to nothing: a flat region, and no minimum.")
        lowest, size = at.spectrum.lowest, at.spectrum.size
        numbers: dict[str, Any] = {
            "lowest_eigenvalue": lowest.value,
            "residual": lowest.residual,
            "largest_eigenvalue": size,
        }
        if lowest.value < -ROUNDING * size - 3.0 * lowest.residual:
            return self.clear(f"The Hessian has the negative eigenvalue {lowest.value:.2g}: no minimum.", **numbers)
        returned = []
        for k in range(NUDGES):
            nudged = bottom + NUDGE * float(np.sqrt(np.mean(bottom**2))) * evidence.rng(20, k).standard_normal(
                len(bottom)
            )
            part = clock.part(1.0 / (NUDGES - k))
            returned.append(descend_from(evidence.architecture, nudged, evidence.rows, part, l2=l2).error)
        if min(returned) < reached - RETURNS * left:
            return self.clear(
                f"After a nudge of {NUDGE:.0%} of the weights a descent goes on to {min(returned):.4g}: no minimum.",
                **numbers,
            )
        finite = not _falls_outwards(at, bottom)
        flat = None if at.spectrum.values is None else int(np.sum(np.abs(at.spectrum.values) <= ZERO * size))
        kind = "a local minimum" if finite else "a local minimum that lies at infinity (the weights grow without end)"
        also = "" if not flat else f", {flat} of {len(bottom)} are zero to rounding"
        return self.fires(
            f"This is {kind}: a second-order descent from the stop ends at {reached:.4g}, where no eigenvalue of the "
            f"Hessian is negative (lowest {lowest.value:.2g}, residual {lowest.residual:.1g}, largest "
            f"{size:.3g}{also}), and {NUDGES} descents after nudges of {NUDGE:.0%} came to {min(returned):.4g} or "
            f"more. Other first weights (seed {floor.start}) lead to {floor.error:.4g} with the same shape.",
            confidence=0.95 if finite else 0.9,
            share=left / error,
            error_here=reached,
            errors_after_nudges=returned,
            finite=finite,
            flat_directions=flat,
            floor=floor.error,
            floor_seed=floor.start,
            distance=float(np.linalg.norm(bottom - evidence.parameters)),
            **numbers,
        )

    def example(self) -> Subject:
        """One unit for two steps, a small one up and a large one down, that has caught the small one."""
        X = np.linspace(-1.0, 1.0, 40)[:, None]
        y = 0.7 * np.tanh(12.0 * (X + 0.5)) - np.tanh(12.0 * (X - 0.5))
        network = Network([1, 1, 1], ["tanh", "identity"], loss="mean_squared_error", seed=0)
        network.parameters[:] = 12.0, 6.0, 0.7, 0.8
        return descended(network, X, y, LevenbergMarquardt())


def _falls_outwards(at: Measurements, bottom: Array) -> bool:
    """Whether the error falls, beyond rounding, when one layer's weights or all of them grow."""
    here = value(at.objective, bottom)
    for i in range(len(at.architecture.shape)):
        grown = bottom.copy()
        for j, W in enumerate(at.architecture.layers(grown)):
            if i in (j, len(at.architecture.shape) - 1):
                W *= GROWTH
        if value(at.objective, grown) < here * (1.0 - 1e-12):
            return True
    return False
