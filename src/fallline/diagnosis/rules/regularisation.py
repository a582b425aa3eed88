"""A penalty on large weights so strong that it holds the error up."""

from __future__ import annotations

from typing import Any

import numpy as np

from fallline.diagnosis.budget.floor import descend_from
from fallline.diagnosis.evidence import Evidence
from fallline.diagnosis.finding import Finding
from fallline.diagnosis.rule import Kind, Rule
from fallline.diagnosis.subject import Subject, descended
from fallline.engine import Array, Objective, reference
from fallline.network import Network
from fallline.optimizers import LBFGS
from fallline.training.stopping import Limits

LEAST_SHARE = 0.15  # of the error, that the penalty has to hold up
LEAST_OF_CONSTANT = 0.01  # of the error of the best constant answer, likewise
LEAST_GAIN = 0.25  # of the validation error, that a weaker penalty has to remove …
CERTAIN = 2.5  # … and standard errors of the mean of the rows' differences
WEAKER = (0.1, 0.01)
SECONDS = 0.2  # for the descent with each


class Regularisation(Rule):
    """Fires where the penalty's part of the budget is large and a weaker one lowers the validation error."""

    code = "regularisation"
    title = "Penalty on the weights too strong"
    kind = Kind.DESCENT
    explanation = (
        "The descent lowers the loss plus a penalty ½·l2·Σ weights², and ends where the two pull equally hard: the "
        "gradient of the sum vanishes while the gradient of the loss alone still points down. That is its purpose, "
        "since smaller weights often answer new rows better, and a well-chosen penalty raises the training error "
        "rightly. It is too strong where a weaker one lowers the error on the validation rows as well, which held "
        "against the same descent with the unchanged penalty is the proof."
    )
    remedy = "Weaken the penalty tenfold and compare the errors on validation rows, or let it be chosen there."
    remedies = ("weaker_penalty",)
    explains = ("constant_output", "vanishing_gradient", "flat_region", "worse_than_linear", "saddle_point")
    sources = (
        "A. Krogh, J. A. Hertz: A Simple Weight Decay Can Improve Generalization. NIPS 4, 1991.",
        "C. M. Bishop: Neural Networks for Pattern Recognition. Oxford 1995, section 9.2.",
    )

    def examine(self, evidence: Evidence) -> Finding:
        l2, budget = evidence.subject.l2, evidence.budget
        if l2 == 0.0:
            return self.clear("There is no penalty on the weights.")
        share = budget.share("penalty")
        if share < LEAST_SHARE or budget.penalty < LEAST_OF_CONSTANT * evidence.constant_error:
            return self.clear(f"The penalty holds up {share:.1%} of the error.", share_of_penalty=share)
        free = Objective(evidence.architecture, evidence.rows).error_and_gradient(evidence.parameters)[1]
        pull = l2 * evidence.architecture.is_weight * evidence.parameters
        against = -float(free @ pull) / max(float(np.linalg.norm(free) * np.linalg.norm(pull)), 1e-300)
        if evidence.validation is None:
            return self.not_enough_data(
                f"The penalty holds up {share:.1%} of the error; whether a weaker one is better only validation rows "
                "can tell.",
                share_of_penalty=share,
            )
        if evidence.clock.over:
            return self.not_enough_data("There was no time to try a weaker penalty.", share_of_penalty=share)
        held_out = Objective(evidence.architecture, evidence.validation)
        control_at = min(evidence.parameters, self._with(evidence, 1.0), key=held_out.error)
        control = held_out.error(control_at)
        weaker = {factor: self._with(evidence, factor) for factor in WEAKER} | {0.0: budget.floor.parameters}
        errors = {factor: held_out.error(parameters) for factor, parameters in weaker.items()}
        factor = min(errors, key=lambda each: errors[each])
        numbers: dict[str, Any] = {
            "l2": l2,
            "share_of_penalty": share,
            "slope_against_penalty": against,
            "validation_error": control,
            "weaker_l2": factor * l2,
            "validation_error_at_weaker": errors[factor],
        }
        X, y = evidence.validation.block(0, len(evidence.validation))
        by_row = [reference.loss_by_row(evidence.architecture, at, X, y) for at in (control_at, weaker[factor])]
        gains = by_row[0] - by_row[1]
        doubt = float(gains.std()) / np.sqrt(len(gains))
        if not errors[factor] < (1.0 - LEAST_GAIN) * control or not float(gains.mean()) > CERTAIN * doubt:
            return self.clear(
                f"The penalty holds up {share:.1%} of the training error, and rightly: on the validation rows a weaker "
                f"one comes to {errors[factor]:.4g}, against {control:.4g}.",
                **numbers,
            )
        return self.fires(
            f"The penalty l2 = {l2:.3g} holds up {share:.1%} of the error {evidence.error:.4g}, where the gradient of "
            f"the loss alone points against it (cosine {against:.2f}). With l2 = {factor * l2:.3g} the validation "
            f"error falls from {control:.4g} to {errors[factor]:.4g}.",
            confidence=0.97,
            share=share,
            **numbers,
        )

    def _with(self, evidence: Evidence, factor: float) -> Array:
        """Return the weights where a descent with so many times the penalty ends.

        From the lowest weights known, since a strong penalty leaves weights that are next to a saddle for a weaker one.
        """
        clock = evidence.clock.part(0.3, SECONDS)
        l2 = factor * evidence.subject.l2
        return descend_from(evidence.architecture, evidence.budget.floor.parameters, evidence.rows, clock, l2=l2).parameters

    def example(self) -> Subject:
        X = np.linspace(-1.0, 1.0, 60)[:, None]
        y = np.sin(3.0 * X)
        network = Network([1, 8, 1], ["tanh", "identity"], loss="mean_squared_error", seed=2)
        return descended(
            network,
            X[::2],
            y[::2],
            LBFGS(),
            l2=0.1,
            validation=(X[1::2], y[1::2]),
            limits=Limits(iterations=200),
            compiled=False,
            seed=2,
        )
