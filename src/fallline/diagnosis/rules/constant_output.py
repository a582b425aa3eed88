"""A network that answers all but the same whatever the inputs, although the targets differ."""

from __future__ import annotations

from typing import Any

import numpy as np

from fallline.diagnosis.evidence import Evidence
from fallline.diagnosis.finding import Finding
from fallline.diagnosis.rule import Kind, Rule
from fallline.diagnosis.subject import Subject, descended
from fallline.engine import Array
from fallline.network import Network
from fallline.optimizers import GradientDescent
from fallline.training.stopping import Limits

CONSTANT = 0.01  # spread of the outputs, over that of the targets
LOWER = 0.7  # of the error, from which on the search shows that the inputs tell more than the mean
CERTAINTY = 0.5  # of a cause that usually has a cause of its own


class ConstantOutput(Rule):
    """Outputs that hardly differ from row to row, where the same network can tell the rows apart."""

    code = "constant_output"
    title = "Constant output"
    kind = Kind.LANDSCAPE
    explanation = (
        "The network gives all but the same answer for every row, so its error is that of a constant: at best the "
        "mean of the targets. The inputs have no say. As a rule something else is behind it: dead or saturated "
        "units, a gradient that vanishes, a saddle at small weights, a penalty that is too strong; if one of these "
        "is found, it is named first. Where the inputs tell nothing of the targets, a constant is the right answer "
        "and no fault; here the search found weights of the same network that do much better."
    )
    remedy = (
        "Look for what keeps the inputs out: scale them, start from other first weights, and lower a penalty; "
        "then train again."
    )
    remedies = (
        "other_initialisation",
        "restart",
        "negative_curvature",
        "scale_inputs",
        "second_order",
        "weaker_penalty",
    )
    explains = ("worse_than_linear",)
    gives_way = True
    sources = ("Goodfellow, Bengio & Courville (2016): Deep Learning. MIT Press, section 11.5.",)

    def examine(self, evidence: Evidence) -> Finding:
        targets, outputs = _spread(evidence.y), _spread(evidence.outputs)
        if len(evidence.rows) < 2 or targets == 0.0:
            return self.not_enough_data("All targets are the same: a constant answer is the right one.")
        share = outputs / targets
        numbers: dict[str, Any] = {"spread_of_outputs": outputs, "spread_of_targets": targets, "ratio": share}
        if not share < CONSTANT:
            return self.clear(f"The outputs spread {share:.2g} times as far as the targets: they differ.", **numbers)
        constant = f"the outputs spread by {outputs:.2g}, {share:.2g} of the targets' {targets:.2g}"
        if not evidence.stakes.matters:
            return self.clear(f"A constant answer: {constant}; but {evidence.stakes.sentence}.", **numbers)
        floor = evidence.budget.floor
        numbers |= {"error": evidence.error, "constant_error": evidence.constant_error, "floor": floor.error}
        if not floor.error < LOWER * min(evidence.error, evidence.constant_error):
            return self.clear(
                f"A constant answer: {constant}; but the search found no weights that do much better "
                f"({floor.error:.4g} against {evidence.error:.4g}).",
                **numbers,
            )
        seen = float(np.mean(np.square(evidence.outputs.mean(axis=0) - evidence.y.mean(axis=0))) ** 0.5)
        return self.fires(
            f"The network answers all but the same for every row: {constant}, {seen:.2g} away from their mean. "
            f"Its error is {evidence.error:.4g}, that of the best constant answer {evidence.constant_error:.4g}; "
            f"other weights of the same network remove {1.0 - floor.error / evidence.error:.1%} of it.",
            confidence=CERTAINTY,
            share=evidence.budget.share("descent"),
            **numbers,
        )

    def example(self) -> Subject:
        rng = np.random.default_rng(0)
        X = rng.uniform(-1.0, 1.0, (60, 2))
        network = Network([2, 6, 1], ["tanh", "identity"], loss="mean_squared_error", seed=1)
        network.parameters *= 1e-4
        return descended(network, X, X[:, :1] * X[:, 1:], GradientDescent(0.1), limits=Limits(iterations=300))


def _spread(values: Array) -> float:
    """Return the standard deviation from row to row, over all columns (rows, columns)."""
    return float(np.sqrt(np.mean(np.square(values - values.mean(axis=0)))))
