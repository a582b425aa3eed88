"""Mini-batches whose gradients differ so much that the error hovers instead of falling."""

from __future__ import annotations

from typing import Any

import numpy as np

from fallline.diagnosis.evidence import Evidence
from fallline.diagnosis.finding import Finding
from fallline.diagnosis.judgement import Judgement
from fallline.diagnosis.rule import Kind, Rule
from fallline.diagnosis.subject import Subject, descended
from fallline.network import Network
from fallline.optimizers import FirstOrder, GradientDescent
from fallline.training.stopping import Limits

LEAST_NOISE = 0.1  # variance of a batch's gradient over the square of the gradient on all rows: below, none hovers
LEAST_GAIN = 0.15  # of what is left, that each remedy has to remove beyond what going on would;
LEAST_OF_LEFT, HALF = 0.05, 0.5  # or so much of it, where that is half of the error


class GradientNoise(Rule):
    """Fires where batches disagree, and both a lower rate and steps on all rows go further down."""

    code = "gradient_noise"
    title = "Noise of the mini-batches"
    kind = Kind.DESCENT
    explanation = (
        "A mini-batch shows a few of the rows, so its gradient is that of all rows plus noise. Near a minimum the "
        "gradient shrinks and the noise does not: steps at a constant rate then wander about at a height that grows "
        "with the rate and shrinks with the size of the batch, while the gradient on all rows still points down. The "
        "proof is twofold: the noise of a batch exceeds the gradient, and from the same weights both a lower rate and "
        "steps on all rows come to a lower error. A rate that is simply too large fails on all rows, too."
    )
    remedy = "Lower the learning rate towards the end (a schedule), take larger batches, or finish on all rows."
    remedies = ("lower_rate", "larger_batch", "second_order")
    explains = ("too_few_iterations", "premature_stop")
    sources = (
        "H. Robbins, S. Monro: A Stochastic Approximation Method. Annals of Mathematical Statistics 22 (1951).",
        "L. Bottou, F. E. Curtis, J. Nocedal: Optimization Methods for Large-Scale Machine Learning. SIAM Review 60 "
        "(2018), section 4.",
    )

    @property
    def judgement(self) -> Judgement:
        """It does not arrive with these batches and this rate."""
        return Judgement.STUCK

    def examine(self, evidence: Evidence) -> Finding:
        descents = evidence.continuations
        if descents.optimizer is None:
            return self.not_enough_data("The optimizer is not known, so neither is the size of its batches.")
        batch = descents.batch
        if batch is None or not isinstance(descents.optimizer, FirstOrder):
            return self.clear("Each step sees all rows: there is no noise.")
        if not evidence.stakes.matters:
            return self.clear(f"The noise of batches holds nothing up: {evidence.stakes.sentence}.")
        noise = batch_noise(evidence, batch)
        if noise < LEAST_NOISE:
            return self.clear(
                f"Batches of {batch} rows agree: the noise of their gradients is {noise:.2g} of the gradient's square.",
                noise=noise,
            )
        if not descents.possible:
            return self.not_enough_data("There was no descent, or no time to try a lower rate.", noise=noise)
        once, lower, whole = descents.unchanged(), descents.at_rate(0.1), descents.on_all_rows()
        if once is None or lower is None or whole is None:
            return self.not_enough_data("There was no time to try a lower rate.", noise=noise)
        # The error of the last weights is a matter of chance; what counts is how high the error hovers over the floor.
        expected, left = descents.expected(), evidence.stakes.left - (evidence.error - descents.recent())
        numbers: dict[str, Any] = {
            "batch": batch,
            "noise": noise,
            "iterations": once.iterations,
            "error_unchanged": once.level if once.finite else None,
            "error_at_a_tenth_of_the_rate": lower.level if lower.finite else None,
            "error_on_all_rows": whole.level if whole.finite else None,
            "steps_on_all_rows": whole.iterations,
        }
        gains = [expected - each.level if each.finite else -1.0 for each in (lower, whole)]
        enough = gains[0] >= LEAST_GAIN * left or (gains[0] >= LEAST_OF_LEFT * left and lower.level <= HALF * expected)
        if not enough or gains[1] < 0.3 * gains[0]:
            return self.clear(
                "Batches differ, but neither a lower rate nor all rows at each step do better.", **numbers
            )
        return self.fires(
            f"The gradients of batches of {batch} rows carry {noise:.3g} times as much noise as slope. Going on so for "
            f"{once.iterations:,} epochs ends at the error {once.level:.4g}; a tenth of the rate comes to "
            f"{lower.level:.4g} by the same work, and {whole.iterations:,} steps of the same length on all rows to "
            f"{whole.level:.4g}.",
            confidence=0.95,
            share=evidence.stakes.share,
            **numbers,
        )

    def example(self) -> Subject:
        rng = np.random.default_rng(5)
        X = rng.uniform(-1.0, 1.0, (64, 2))
        y = np.sin(3.0 * X[:, :1]) * X[:, 1:] + 0.1 * rng.standard_normal((64, 1))
        network = Network([2, 12, 1], ["tanh", "identity"], loss="mean_squared_error", seed=5)
        optimizer = GradientDescent(0.2, batch_size=2)
        limits = Limits(iterations=150, plateau=False)
        return descended(network, X, y, optimizer, limits=limits, compiled=False, seed=5)


def batch_noise(evidence: Evidence, batch: int) -> float:
    """Return tr(Σ) / (B ‖g‖²), with Σ the covariance of the rows' gradients and g their mean; inf where g is zero."""
    gradients = evidence.row_gradients()
    n = len(gradients)
    if n < 2:
        return 0.0
    mean = gradients.mean(axis=0)
    trace = float(np.square(gradients - mean).sum()) / (n - 1)
    # The mean of a sample of rows is longer than that of all by the noise that is left in it.
    slope = float(mean @ mean) - (trace / n if n < len(evidence.rows) else 0.0)
    return trace / (batch * slope) if slope > 0.0 else float("inf") if trace > 0.0 else 0.0
