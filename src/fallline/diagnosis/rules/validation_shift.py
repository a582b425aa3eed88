"""Validation rows that are unlike the training rows."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from fallline.diagnosis.evidence import Evidence
from fallline.diagnosis.finding import Finding
from fallline.diagnosis.rule import Kind, Rule
from fallline.diagnosis.subject import Subject, descended
from fallline.diagnosis.two_samples import TwoSamples, two_samples
from fallline.diagnosis.unseen import LEAST_ROWS, gap_between, of_one_row, per_row, row_losses, too_few
from fallline.engine import Array, Rows
from fallline.network import Network
from fallline.optimizers import LBFGS
from fallline.training.descent import descend
from fallline.training.stopping import Limits

LEAST_GAP, CLEAR = 1.3, 3.0  # times the other error; standard errors
UNLIKELY = 0.001  # chance of such a difference among rows of one source
LEAST_SHARE = 0.5  # of what the validation error exceeds the training error by
FOLDS, MOST_ROWS, ITERATIONS = 3, 2_000, 300
SHARE_OF_TIME, SECONDS = 0.3, 1.2


class ValidationShift(Rule):
    """Fires where validation rows differ from training rows, and rows held out at random err far less than they."""

    code = "validation_shift"
    title = "Validation rows unlike the training rows"
    kind = Kind.GENERALISATION
    explanation = (
        "A validation error tells what a network is worth on new rows only where the validation rows come from the same "
        "source as the training rows. Where they were taken from another period, place or range, the network has to "
        "answer what it was never shown, and errs more, however well it was trained. It is told from over-fitting in "
        "two steps: a test whether such a difference of inputs and targets comes about by chance, and a control: rows "
        "held out at random from the training rows themselves, for a network trained on the rest to the same error. "
        "Where these err little and the validation rows much, the difference between the rows is the cause."
    )
    remedy = "Draw the validation rows at random from all rows; or gather training rows like those it is meant for."
    explains = ("over_fitting", "worse_than_linear", "premature_stop")
    sources = (
        "H. Shimodaira: Improving Predictive Inference under Covariate Shift by Weighting the Log-Likelihood Function. "
        "Journal of Statistical Planning and Inference 90 (2000), 227-244.",
        "H. Hotelling: The Generalization of Student's Ratio. Annals of Mathematical Statistics 2 (1931), 360-378.",
        "E. J. G. Pitman: Significance Tests Which May Be Applied to Samples from Any Populations. Supplement to the "
        "Journal of the Royal Statistical Society 4 (1937), 119-130.",
    )

    def examine(self, evidence: Evidence) -> Finding:
        missing, held_out = too_few(evidence), evidence.validation
        if missing or held_out is None:
            return self.not_enough_data(missing)
        if len(evidence.rows) < LEAST_ROWS:
            return self.not_enough_data(f"{len(evidence.rows)} training rows are too few to compare others with.")
        unit = per_row(evidence)
        losses = row_losses(evidence.architecture, evidence.parameters, held_out)
        gap = gap_between(row_losses(evidence.architecture, evidence.parameters, evidence.rows), losses)
        numbers: dict[str, Any] = {"training_error": gap.training, "validation_error": gap.validation}
        errors = f"{gap.validation:.4g}{unit} on the validation rows and {gap.training:.4g} on the training rows"
        if not gap.clear(LEAST_GAP, CLEAR):
            return self.clear(f"The error is {errors}: any difference between the rows does no harm.", **numbers)
        test = two_samples(evidence.rows, held_out, evidence.rng(21))
        numbers |= {"p_value": test.p_value, "distance": test.distance}
        if test.p_value > UNLIKELY:
            return self.clear(
                f"The error is {errors}, but the rows are alike: random divisions of them differ as much in "
                f"{test.p_value:.2g} of the cases.",
                **numbers,
            )
        control = held_out_at_random(evidence)
        if control is None:
            return self.not_enough_data("There was no time to hold training rows out at random.", **numbers)
        beyond = gap_between(control, losses)
        share = (gap.validation - beyond.training) / (gap.validation - gap.training)
        numbers |= {"error_held_out_at_random": beyond.training, "share_of_gap": share}
        if not (beyond.clear(LEAST_GAP, CLEAR) and share >= LEAST_SHARE):
            return self.clear(
                f"The validation rows are unlike the training rows, but that is not why their error is {gap.validation:.4g}"
                f"{unit}: training rows held out at random err by {beyond.training:.4g}.",
                **numbers,
            )
        return self.fires(
            f"The error is {errors}, while training rows held out at random err by {beyond.training:.4g} only. The two "
            f"sets of rows are not alike: {_difference(evidence, test)}; fewer than one in "
            f"{1.0 / UNLIKELY:,.0f} random divisions differ as much.",
            confidence=0.97,
            share=min(1.0, (gap.validation - beyond.training) / gap.validation),
            **numbers,
        )

    def example(self) -> Subject:
        rng = np.random.default_rng(7)
        X = np.sort(rng.uniform(-1.0, 1.0, (120, 1)), axis=0)
        y = np.sin(3.0 * X) + 0.1 * rng.standard_normal(X.shape)
        network = Network([1, 4, 1], ["tanh", "identity"], loss="mean_squared_error", seed=1)
        return descended(
            network,
            X[:80],
            y[:80],
            LBFGS(),
            validation=(X[80:], y[80:]),
            limits=Limits(iterations=100),
            compiled=False,
            seed=1,
        )


def held_out_at_random(evidence: Evidence) -> Array | None:
    """Return the loss of each training row (n,) by a network that was trained on others; None for no time.

    Each of `FOLDS` networks begins at the first weights and ends at the training error of the stop.
    """
    subject, clock = evidence.subject, evidence.clock.part(SHARE_OF_TIME, SECONDS)
    first = subject.drawn(subject.seed) if subject.first is None else subject.first
    order = evidence.rng(22).permutation(len(evidence.rows))[:MOST_ROWS]
    losses, to_one_row = [], of_one_row(evidence.architecture, len(evidence.rows))
    for k in range(FOLDS):
        if clock.over:
            return None
        inside = Rows(*evidence.rows.batch(np.delete(order, np.s_[k::FOLDS])))
        network = Network.from_parameters(evidence.architecture, first.parameters.astype(np.float64))
        for_inside = of_one_row(evidence.architecture, len(inside))
        descend(
            network,
            inside,
            LBFGS(),
            l2=subject.l2 * to_one_row / for_inside,
            limits=Limits(
                ITERATIONS,
                clock.left / (FOLDS - k),
                target_error=evidence.error * to_one_row / for_inside,
                plateau=False,
            ),
            interrupt=evidence.clock.interrupt,
            compiled=False,
        )
        losses.append(row_losses(evidence.architecture, network.parameters, Rows(*evidence.rows.batch(order[k::FOLDS]))))
    found = np.concatenate(losses)
    return found if math.isfinite(float(found.sum())) else None


def _difference(evidence: Evidence, test: TwoSamples) -> str:
    inputs = evidence.architecture.inputs
    if test.column < 0:
        return f"their spread or the relation between inputs and targets differs, by {test.distance:.2g} deviations in all"
    if test.column < inputs:
        name = evidence.subject.feature(test.column)
    else:
        name = "the target" if evidence.architecture.outputs == 1 else f"target {test.column - inputs + 1}"
    way = "higher" if test.largest > 0.0 else "lower"
    return f"the mean of {name} is {abs(test.largest):.2g} standard deviations {way} there"
