"""A training error that fell at the cost of the rows that were not seen."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from fallline.diagnosis.evidence import Evidence
from fallline.diagnosis.finding import Finding
from fallline.diagnosis.judgement import Judgement
from fallline.diagnosis.rule import Kind, Rule
from fallline.diagnosis.simpler import simpler
from fallline.diagnosis.subject import Subject, descended
from fallline.diagnosis.unseen import (
    CLEAR,
    constant_loss,
    gap_between,
    of_one_row,
    paired_gain,
    per_row,
    row_losses,
    too_few,
)
from fallline.network import Network
from fallline.optimizers import LBFGS
from fallline.training.stopping import Limits, StopReason

LEAST_GAP, GAP_CLEAR = 1.2, 2.0  # times the training error; standard errors
LEAST_GAIN = 0.15  # of the validation error, that holding back has to remove
LEAST_OF_CONSTANT = 0.005  # of the loss of the best constant answer, likewise
HIGHER = 1.05  # times the training error at the stop, that a network held back has at least


class OverFitting(Rule):
    """Fires where another network, or an earlier one of this run, errs more on training rows and less on others."""

    code = "over_fitting"
    title = "Over-fitting"
    kind = Kind.GENERALISATION
    explanation = (
        "A network with many weights and few rows can learn the noise in their targets by heart. Its training error goes "
        "on falling, and on rows that it has not seen it errs more than it did before. A validation error above the "
        "training error is no proof: some gap is always there. The proof is another network of the same shape that errs "
        "more on the training rows and less on the validation rows: one stopped earlier or with a penalty on large "
        "weights, from the same first weights. What one half of the validation rows chooses, the other half judges. "
        "Weights that early stopping restored are those before the over-fitting began."
    )
    remedy = "Penalise large weights, stop early, take fewer units, or get more rows."
    remedies = ("stronger_penalty",)
    explains = ("worse_than_linear", "too_few_iterations", "premature_stop", "local_minimum", "flat_region")
    sources = (
        "T. M. Mitchell: Machine Learning. McGraw-Hill 1997, section 3.7.1 (definition).",
        "S. Geman, E. Bienenstock, R. Doursat: Neural Networks and the Bias/Variance Dilemma. Neural Computation 4 "
        "(1992), 1-58.",
        "L. Prechelt: Early Stopping, But When? In: Neural Networks: Tricks of the Trade, Springer 1998.",
    )

    @property
    def judgement(self) -> Judgement:
        """A finished descent, for the wrong rows."""
        return Judgement.OVER_FITTED

    def examine(self, evidence: Evidence) -> Finding:
        missing, held_out = too_few(evidence), evidence.validation
        if missing or held_out is None:
            return self.not_enough_data(missing)
        losses = row_losses(evidence.architecture, evidence.parameters, held_out)
        gap = gap_between(row_losses(evidence.architecture, evidence.parameters, evidence.rows), losses)
        numbers: dict[str, Any] = {"training_error": gap.training, "validation_error": gap.validation}
        unit = per_row(evidence)
        errors = f"{gap.validation:.4g}{unit} on the validation rows and {gap.training:.4g} on the training rows"
        if not gap.clear(LEAST_GAP, GAP_CLEAR):
            return self.clear(f"The error is {errors}: no gap that tells of over-fitting.", **numbers)
        if restored(evidence.subject):
            return self.clear(f"The error is {errors}; early stopping restored the best weights of the run.", **numbers)
        least = max(LEAST_GAIN * gap.validation, LEAST_OF_CONSTANT * constant_loss(evidence))
        other = simpler(evidence)
        if other is not None and other.training >= HIGHER * gap.training:
            gain = paired_gain(losses, other.losses)
            numbers |= {
                "simpler": other.words,
                "training_error_of_simpler": other.training,
                "validation_error_of_simpler": other.validation,
                "standard_errors": gain.standard_errors,
            }
            if gain.mean >= least and gain.standard_errors >= CLEAR:
                return self.fires(
                    f"The error is {errors}. The same network {other.words}, from the same first weights, comes to "
                    f"{other.validation:.4g} and {other.training:.4g}: it errs more on the rows it was trained on, and "
                    f"less on those it has not seen, by {gain.standard_errors:.1f} standard errors.",
                    confidence=0.97,
                    share=gain.mean / gap.validation,
                    **numbers,
                )
        earlier = _earlier(evidence, gap.training)
        if earlier is not None:
            iteration, error = earlier
            rise = gap.validation - error
            if rise >= least and rise >= CLEAR * float(losses.std()) / math.sqrt(len(losses)):
                return self.fires(
                    f"The error is {errors}. At iteration {iteration:,} of this run, with a higher training error, that "
                    f"on the validation rows was {error:.4g}; since then it has risen by {rise:.4g}.",
                    confidence=0.95,
                    share=rise / gap.validation,
                    lowest_validation_error=error,
                    lowest_at_iteration=iteration,
                    **numbers,
                )
        if other is None:
            return self.not_enough_data(f"The error is {errors}; there was no time to train a simpler network.", **numbers)
        return self.clear(
            f"The error is {errors}, but no network held back from its rows errs clearly less on the validation rows: "
            f"{other.words}, it comes to {other.validation:.4g}.",
            **numbers,
        )

    def example(self) -> Subject:
        rng = np.random.default_rng(3)
        X = rng.uniform(-1.0, 1.0, (80, 1))
        y = np.sin(3.0 * X) + 0.5 * rng.standard_normal(X.shape)
        network = Network([1, 12, 1], ["tanh", "identity"], loss="mean_squared_error", seed=1)
        limits = Limits(iterations=1_000)
        return descended(
            network, X[:20], y[:20], LBFGS(), validation=(X[20:], y[20:]), limits=limits, compiled=False, seed=1
        )


def restored(subject: Subject) -> bool:
    """Whether the weights are those of the lowest validation error on the way."""
    descent = subject.descent
    if descent is None or subject.validation is None or subject.limits.patience is None:
        return False
    return descent.stop_reason is not StopReason.TARGET_REACHED


def _earlier(evidence: Evidence, training: float) -> tuple[int, float] | None:
    """Return where in this run the validation error was lowest, with a higher training error, and how low; per row."""
    subject, held_out = evidence.subject, evidence.subject.validation
    if subject.descent is None or held_out is None:
        return None
    history, architecture = subject.descent.history, evidence.architecture
    on_validation = history.column("validation_error") * of_one_row(architecture, len(held_out))
    on_training = history.column("train_error") * of_one_row(architecture, len(subject.training))
    on_validation[~(on_training >= HIGHER * training) | ~np.isfinite(on_validation)] = np.inf
    if not np.isfinite(on_validation).any():
        return None
    lowest = int(np.argmin(on_validation))
    return history.records[lowest].iteration, float(on_validation[lowest])
