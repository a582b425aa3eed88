"""Updates that do not go down: a mistake in the back-propagation or in the step."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np

from fallline.diagnosis.evidence import Evidence
from fallline.diagnosis.finding import Finding
from fallline.diagnosis.judgement import Judgement
from fallline.diagnosis.rule import Kind, Rule
from fallline.diagnosis.subject import Subject, Update
from fallline.engine import Array, Rows
from fallline.network import Network

LEAST_UPDATES = 5
MOST_UPDATES = 64  # looked at, evenly spread
CLIMBING = -0.2  # mean cosine with the way down, below which a layer climbs
UNRELATED = 0.02  # … and within which the whole update has nothing to do with it
CONSISTENT = 0.75  # share of the updates in which it has to be so
CERTAIN = 4.0  # standard errors of the mean cosine
MOMENTUM = 0.98  # share of an update that the update before and the gradient explain, with the right signs


class NoDescentDirection(Rule):
    """Fires where recorded updates consistently climb, as a whole or in a layer, or ignore the gradient."""

    code = "no_descent_direction"
    title = "Updates that do not go down"
    kind = Kind.DESCENT
    explanation = (
        "A step lowers the error where it makes an acute angle with the negative gradient. These steps were recorded "
        "as they were made and held against the exact gradient at the same weights: as a whole or in a layer, they "
        "consistently point uphill, or have nothing to do with it. No learning rate repairs that; it is a mistake in "
        "the code, most often a sign that enters once per layer, so that every second layer climbs. A single step "
        "uphill proves nothing (momentum overshoots, batches are noisy), so nearly all of them have to agree, and "
        "steps that the one before and the gradient explain are momentum."
    )
    remedy = (
        "Check the back-propagation against finite differences of the error, layer by layer, beginning with the layer "
        "named here, and the sign with which the update is added."
    )
    remedies = ("second_order",)
    explains = (
        "learning_rate_too_small",
        "learning_rate_too_large",
        "gradient_noise",
        "too_few_iterations",
        "premature_stop",
        "saddle_point",
        "local_minimum",
        "flat_region",
        "saturated_units",
        "dead_units",
        "duplicate_units",
        "vanishing_gradient",
        "exploding_gradient",
        "constant_output",
        "worse_than_linear",
    )
    sources = (
        "J. Nocedal, S. J. Wright: Numerical Optimization, 2nd edition. Springer 2006, section 2.2 (directions of "
        "descent).",
    )

    @property
    def judgement(self) -> Judgement:
        """The updates are none of a descent."""
        return Judgement.WRONG

    def examine(self, evidence: Evidence) -> Finding:
        updates = [each for each in evidence.subject.updates if np.any(each.change)]
        if len(updates) < LEAST_UPDATES:
            return self.not_enough_data(
                f"{len(updates)} updates were recorded; to tell their direction takes {LEAST_UPDATES} or more."
            )
        if not evidence.stakes.matters:
            return self.clear(f"Wherever the updates point, they hold nothing up: {evidence.stakes.sentence}.")
        chosen = np.unique(np.linspace(0, len(updates) - 1, MOST_UPDATES).astype(int))
        gradients, changes = [], []
        for i in chosen:
            if evidence.clock.over:
                break
            at = updates[i].parameters.astype(np.float64)
            gradients.append(evidence.objective.error_and_gradient(at)[1])
            changes.append(updates[i].change.astype(np.float64))
        if len(changes) < LEAST_UPDATES:
            return self.not_enough_data("There was no time to hold the updates against the gradient.")
        if momentum_explains(evidence, updates):
            return self.clear("Each update is a share of the one before and a step down the gradient: momentum.")
        whole = _cosines(gradients, changes, slice(None))
        offsets = evidence.architecture.offsets
        layers = [_cosines(gradients, changes, slice(*each)) for each in pairwise(offsets)]
        numbers: dict[str, Any] = {
            "updates": len(changes),
            "cosine": float(np.median(whole)),
            "cosine_of_layers": [float(np.median(each)) for each in layers],
        }
        climbing = [i for i, cosines in enumerate(layers) if _consistently(cosines)]
        seen = f"Of {len(changes)} recorded updates, held against the exact gradient,"
        if _consistently(whole) and len(climbing) != len(layers) - 1:
            climbing = list(range(len(layers)))
        if climbing:
            share = min(float(np.mean(layers[i] < 0.0)) for i in climbing)
            named = ", ".join(f"layer {i + 1}" for i in climbing) + f" (of {len(layers)})"
            where = "the whole network climbs" if len(climbing) == len(layers) > 1 else f"{named} climbs"
            cosine = np.median([np.median(layers[i]) for i in climbing])
            return self.fires(
                f"{seen} {share:.0%} point uphill where {where} (median cosine with the way down {cosine:.2f}).",
                confidence=1.0,
                share=evidence.stakes.share,
                layers=[i + 1 for i in climbing],
                **numbers,
            )
        # Random directions have a cosine of about 1/√parameters, either sign as often.
        downhill = float(np.mean(whole > 0.0))
        error = 0.5 / np.sqrt(len(whole))
        bound = max(UNRELATED, 1.0 / np.sqrt(evidence.architecture.parameter_count))
        if len(whole) >= 20 and abs(float(np.mean(whole))) < bound and abs(downhill - 0.5) < 2.0 * error:
            return self.fires(
                f"{seen} {downhill:.0%} point downhill, as many as by chance, with a mean cosine of "
                f"{np.mean(whole):.3f}: the updates have nothing to do with the gradient.",
                confidence=0.9,
                share=evidence.stakes.share,
                **numbers,
            )
        return self.clear(
            f"{seen} {downhill:.0%} point downhill (median cosine {np.median(whole):.2f}), and no layer climbs.",
            **numbers,
        )

    def example(self) -> Subject:
        X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
        y = np.array([[0.0], [1.0], [1.0], [0.0]])
        network = Network([2, 3, 1], "sigmoid", initialiser="normal", seed=0)
        first = Network.from_parameters(network.architecture, network.parameters)
        updates = []
        for i in range(2_000):
            before = network.parameters.copy()
            network.backpropagate(X, y, 0.5)
            hidden = slice(*network.architecture.offsets[:2])
            step = network.parameters[hidden] - before[hidden]
            network.parameters[hidden] = before[hidden] - step  # the sign that enters once per layer
            if i % 100 == 0:
                updates.append(Update(before, network.parameters - before))
        return replace(
            Subject(network, Rows(X, y), first=first, initialiser="normal", seed=0),
            updates=tuple(updates),
        )


def momentum_explains(evidence: Evidence, updates: list[Update]) -> bool:
    """Whether consecutive updates are μ · (the one before) − rate · gradient, with 0 ≤ μ ≤ 1 and a rate above 0."""
    pairs = [
        (first, second)
        for first, second in pairwise(updates)
        if np.allclose(first.parameters + first.change, second.parameters, rtol=1e-6, atol=1e-12)
    ]
    if not pairs:
        return False
    previous = np.concatenate([first.change for first, _ in pairs[:MOST_UPDATES]]).astype(np.float64)
    changes = np.concatenate([second.change for _, second in pairs[:MOST_UPDATES]]).astype(np.float64)
    at = [second.parameters.astype(np.float64) for _, second in pairs[:MOST_UPDATES]]
    slopes = [evidence.objective.error_and_gradient(each)[1] for each in at]
    A = np.stack([previous, -np.concatenate(slopes)], axis=1)
    (keep, rate), *_ = np.linalg.lstsq(A, changes)
    rest = float(np.square(changes - A @ (keep, rate)).sum())
    return bool(0.0 <= keep <= 1.0 and rate > 0.0 and rest <= (1.0 - MOMENTUM) * float(np.square(changes).sum()))


def _cosines(gradients: list[Array], changes: list[Array], part: slice) -> Array:
    """Return the cosines of the angles between the changes and the way down, (updates,); 0 where one is zero."""
    cosines = []
    for gradient, change in zip(gradients, changes, strict=True):
        lengths = float(np.linalg.norm(gradient[part]) * np.linalg.norm(change[part]))
        cosines.append(-float(gradient[part] @ change[part]) / lengths if lengths > 0.0 else 0.0)
    return np.array(cosines)


def _consistently(cosines: Array) -> bool:
    doubt = CERTAIN * float(np.std(cosines)) / np.sqrt(len(cosines))
    return bool(np.mean(cosines) < min(CLIMBING, -doubt) and np.mean(cosines < 0.0) >= CONSISTENT)
