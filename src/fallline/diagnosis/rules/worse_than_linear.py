"""A network that errs more than a linear model of the same inputs, however well it was trained."""

from __future__ import annotations

from typing import Any

import numpy as np

from fallline.diagnosis.evidence import Evidence
from fallline.diagnosis.finding import Finding
from fallline.diagnosis.linear_model import linear_model
from fallline.diagnosis.rule import Kind, Rule
from fallline.diagnosis.subject import Subject, descended
from fallline.diagnosis.unseen import constant_loss, of_one_row, paired_gain, per_row, row_losses, too_few
from fallline.network import Network
from fallline.optimizers import LBFGS
from fallline.training.stopping import Limits

LEAST_GAIN = 0.1  # of the network's error, that the linear model saves
LEAST_OF_CONSTANT = 0.005  # of the loss of the best constant answer, likewise
CLEAR = 3.5  # standard errors
AS_WELL = 1.02  # times the linear model's training error, up to which the network has fitted the rows as well
LEAST_ROWS = 10


class WorseThanLinear(Rule):
    """Fires where a linear model errs clearly less, and more descent would not change that."""

    code = "worse_than_linear"
    title = "Worse than a linear model"
    kind = Kind.GENERALISATION
    explanation = (
        "A linear model with the same output and loss, fitted to the same rows, has far fewer weights and one minimum. "
        "A network that errs more than it is worth nothing. Mostly this follows from a descent that stopped short, and "
        "goes away with it; it is a cause of its own in two cases. Either the network fits its training rows as well as "
        "the linear model and new rows worse: it is too flexible for so few rows of a relation that is nearly linear. Or "
        "its shape cannot even express the linear model, such as with fewer hidden units than there are independent "
        "outputs. Both models are compared row by row, so that chance is told apart."
    )
    remedy = "Take the linear model, or a network with fewer units and a penalty; where the shape is too narrow, widen it."
    remedies = ("stronger_penalty", "more_units", "other_activation")
    sources = (
        "R. C. Holte: Very Simple Classification Rules Perform Well on Most Commonly Used Datasets. Machine Learning 11 "
        "(1993), 63-91.",
        "P. Baldi, K. Hornik: Neural Networks and Principal Component Analysis. Neural Networks 2 (1989), 53-58 (a "
        "narrow layer bounds the rank).",
    )

    def examine(self, evidence: Evidence) -> Finding:
        if len(evidence.rows) < LEAST_ROWS:
            return self.not_enough_data(f"{len(evidence.rows)} training rows are too few to compare models on.")
        if evidence.clock.over:
            return self.not_enough_data("There was no time to fit a linear model.")
        held_out = None if too_few(evidence) else evidence.validation
        model, which = linear_model(evidence), "training" if held_out is None else "validation"
        judging = evidence.rows if held_out is None else held_out
        losses = row_losses(evidence.architecture, evidence.parameters, judging)
        others = model.row_losses(judging)
        gain, unit = paired_gain(losses, others), per_row(evidence)
        error, linear = float(losses.mean()), float(others.mean())
        numbers: dict[str, Any] = {
            "judged_on": f"{which} rows",
            "error": error,
            "linear_error": linear,
            "standard_errors": gain.standard_errors,
        }
        least = max(LEAST_GAIN * error, LEAST_OF_CONSTANT * constant_loss(evidence))
        if not (gain.mean >= least and gain.standard_errors >= CLEAR):
            return self.clear(
                f"On the {which} rows the network's error is {error:.4g}{unit}, a linear model's {linear:.4g}.", **numbers
            )
        to_one_row = of_one_row(evidence.architecture, len(evidence.rows))
        fitted, by_linear = evidence.error * to_one_row, float(model.row_losses(evidence.rows).mean())
        numbers |= {"training_error": fitted, "linear_training_error": by_linear}
        worse = (
            f"On the {which} rows a linear model's error is {linear:.4g}{unit}, the network's {error:.4g}: "
            f"{gain.standard_errors:.1f} standard errors more."
        )
        share = gain.mean / error
        if held_out is not None and fitted <= AS_WELL * by_linear:
            return self.fires(
                f"{worse} On the training rows the network's is the lower one, {fitted:.4g} against {by_linear:.4g}: it "
                f"has {evidence.architecture.parameter_count:,} weights and bends them to rows that a straight line "
                "describes better.",
                confidence=0.95,
                share=share,
                remedies=("stronger_penalty",),
                **numbers,
            )
        floor = evidence.budget.floor.error * to_one_row
        numbers["floor"] = floor
        if floor > AS_WELL * by_linear:
            shape = list(evidence.architecture.shape)
            return self.fires(
                f"{worse} The best that a search found for the shape {shape} is {floor:.4g} on the training rows, where "
                f"the linear model has {by_linear:.4g}: the shape cannot express it.",
                confidence=0.95,
                share=share,
                remedies=("more_units", "other_activation"),
                **numbers,
            )
        return self.clear(
            f"{worse} But that is the descent's doing: on the training rows this network reaches {floor:.4g} or less, and "
            f"stands at {fitted:.4g}.",
            **numbers,
        )

    def example(self) -> Subject:
        rng = np.random.default_rng(5)
        X = rng.standard_normal((60, 4))
        y = X[:, :3] + 0.05 * rng.standard_normal((60, 3))
        network = Network([4, 1, 3], ["tanh", "identity"], loss="mean_squared_error", seed=2)
        return descended(network, X, y, LBFGS(), limits=Limits(iterations=500), compiled=False, seed=2)
