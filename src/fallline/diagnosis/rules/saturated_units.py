"""Units so far out on their activation's flat ends that no gradient comes through."""

from __future__ import annotations

from typing import Any

import numpy as np

from fallline.diagnosis.arms import compare, worth_trying
from fallline.diagnosis.evidence import Evidence
from fallline.diagnosis.finding import Finding
from fallline.diagnosis.measurements import Measurements
from fallline.diagnosis.recentring import Mask, recentred
from fallline.diagnosis.rule import Kind, Rule
from fallline.diagnosis.signals import relative_slopes
from fallline.diagnosis.subject import Subject, descended
from fallline.network import Network
from fallline.optimizers import GradientDescent
from fallline.training.stopping import Limits

BENDING = ("sigmoid", "tanh", "elu", "softplus", "silu", "gelu")  # relu is flat at once: see dead_units
FLAT = 0.05  # of the steepest slope: sigmoid beyond |z| = 4.4, tanh beyond 2.2
NEARLY_ALL = 0.9  # of the rows
MOST_OF_A_LAYER = 0.5  # of the units, from which on they can hold the error up
GAIN = 0.15  # share of the error that mending has to win over going on
RATIO = 2.0  # how many times what going on wins
STRICT = 1e-8  # of the largest eigenvalue, from which on the lowest is no flat direction


class SaturatedUnits(Rule):
    """Hidden or output units with f′ ≈ 0 on nearly all rows, where pulling them back lowers the error."""

    code = "saturated_units"
    title = "Saturated units"
    kind = Kind.LANDSCAPE
    explanation = (
        "A sigmoid or tanh is flat at both ends: where a unit's pre-activation is large, its slope f′ is next to 0. "
        "Back-propagation multiplies by that slope, so hardly any gradient reaches the unit's weights, and they stay "
        "as they are whatever the error. Large first weights, inputs that are not scaled, or early steps that were "
        "too long bring units there. Saturation alone is no fault: a classifier that is right and certain is "
        "saturated as well. It is the cause where most units of a layer are flat on nearly all rows and where the "
        "error falls further, with the same work, once their weights are shrunk until the units bend again."
    )
    remedy = (
        "Start from smaller weights (Glorot's suit tanh and sigmoid) and scale the inputs to mean 0 and standard "
        "deviation 1; or use an activation that is not flat on both sides, such as leaky relu."
    )
    remedies = ("other_initialisation", "scale_inputs", "other_activation", "restart", "second_order")
    explains = (
        "vanishing_gradient",
        "flat_region",
        "constant_output",
        "saddle_point",
        "local_minimum",
        "learning_rate_too_small",
        "too_few_iterations",
        "premature_stop",
        "float32_resolution",
        "no_descent_direction",
    )
    sources = (
        "LeCun, Bottou, Orr & Müller (1998): Efficient BackProp. Neural Networks: Tricks of the Trade, section 4.",
        "Glorot & Bengio (2010): Understanding the difficulty of training deep feedforward neural networks. AISTATS.",
    )

    def examine(self, evidence: Evidence) -> Finding:
        masks = saturated(evidence)
        counts = [(int(mask.sum()), len(mask)) for mask in masks]
        numbers: dict[str, Any] = {"saturated": [count for count, _ in counts], "units": [units for _, units in counts]}
        if not any(count for count, _ in counts):
            return self.clear("No unit is saturated on nearly all rows.", **numbers)
        words = _words(counts)
        if all(count < MOST_OF_A_LAYER * units for count, units in counts):
            return self.clear(f"Saturated on nearly all rows: {words}; most of each layer is not.", **numbers)
        if not worth_trying(evidence):
            return self.clear(
                f"Saturated on nearly all rows: {words}; harmless, since {evidence.stakes.sentence}.", **numbers
            )
        spectrum = evidence.spectrum
        if spectrum.lowest.value - spectrum.lowest.residual > STRICT * spectrum.size:
            return self.clear(
                f"Saturated on nearly all rows: {words}; but the error curves upwards in every direction: a "
                "minimum, and no place where slopes are missing.",
                **numbers,
            )
        mended = recentred(evidence, masks)
        trial, helps, share, compared = compare(evidence, mended, GAIN, RATIO, "with their weights pulled back")
        slopes = np.concatenate(
            [relative_slopes(evidence, i)[:, mask] for i, mask in enumerate(masks) if mask.any()], axis=1
        )
        numbers |= {
            "mean_slope": float(slopes.mean()),
            "error": trial.error,
            "error_going_on": trial.control,
            "error_pulled_back": trial.treated,
            "iterations": trial.iterations,
            "optimizer": trial.optimizer,
            "saturated_at_first": None if evidence.first is None else [int(m.sum()) for m in saturated(evidence.first)],
        }
        if not helps:
            return self.clear(
                f"Saturated on nearly all rows: {words}; but that does not hold the error up: {compared}.", **numbers
            )
        return self.fires(
            f"Saturated on nearly all rows: {words}, with {slopes.mean():.2g} of the steepest slope left in the mean"
            f"{_since(evidence, masks)}. This holds the error up: {compared}.",
            confidence=min(0.98, 0.8 + 0.2 * share),
            share=share,
            **numbers,
        )

    def example(self) -> Subject:
        rng = np.random.default_rng(0)
        X = rng.uniform(-1.0, 1.0, (60, 2))
        network = Network([2, 6, 1], ["tanh", "identity"], loss="mean_squared_error", seed=1)
        W = network.architecture.layers(network.parameters)[0]
        W[:, :-1] *= 3.0
        W[:, -1] = np.where(np.arange(6) % 2, 12.0, -12.0)
        y = np.sin(3.0 * X[:, :1]) * X[:, 1:]
        return descended(network, X, y, GradientDescent(0.1), limits=Limits(iterations=1500))


def saturated(measured: Measurements) -> list[Mask]:
    """Return which units of each layer are flat on nearly all rows, (units,) each.

    An output whose loss is a cross-entropy is none: there the gradient is a − y and no slope comes in.
    """
    architecture = measured.architecture
    masks: list[Mask] = []
    for i, (name, units) in enumerate(zip(architecture.activations, architecture.shape[1:], strict=True)):
        is_output = i == len(architecture.activations) - 1
        if name in BENDING and not (is_output and architecture.loss_function.from_logits_of):
            with np.errstate(over="ignore", invalid="ignore"):
                flat = relative_slopes(measured, i) < FLAT
            masks.append(flat.mean(axis=0) >= NEARLY_ALL)
        else:
            masks.append(np.zeros(units, dtype=bool))
    return masks


def _words(counts: list[tuple[int, int]]) -> str:
    return ", ".join(
        f"{count} of {units} unit{'s' * (units > 1)} of layer {i} (of {len(counts)})"
        for i, (count, units) in enumerate(counts, start=1)
        if count
    )


def _since(evidence: Evidence, masks: list[Mask]) -> str:
    if evidence.first is None:
        return ""
    before = sum(int((mask & now).sum()) for mask, now in zip(saturated(evidence.first), masks, strict=True))
    count = sum(int(mask.sum()) for mask in masks)
    if before == count:
        return "; they were so from the first weights on"
    return f"; {before} of these {count} were so from the first weights on" if before else "; none was so at first"
