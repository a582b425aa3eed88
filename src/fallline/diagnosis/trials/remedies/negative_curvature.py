"""A step along the direction in which the error bends down."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from fallline.diagnosis.evidence import Evidence
from fallline.diagnosis.spectrum import MOST_PRODUCTS
from fallline.diagnosis.trials.arm import Arm
from fallline.diagnosis.trials.remedy import Remedy, Start
from fallline.diagnosis.trials.work import ERROR, HESSIAN_PRODUCT
from fallline.network import Network

LENGTHS = np.geomspace(1e-3, 10.0, 13)  # of the step, by 1 + the length of the weights


class NegativeCurvature(Remedy):
    """The step of the lowest value along ± the eigenvector of the Hessian's lowest eigenvalue; then on as before."""

    code = "negative_curvature"
    title = "Step along the negative curvature"
    words = "a step along the negative curvature"
    explanation = (
        "At a saddle point the gradient vanishes although the error falls to both sides of one direction, the "
        "eigenvector of the Hessian's lowest eigenvalue. The arm takes the best of 26 steps along it, of both signs "
        "and of lengths from small to large, and then goes on as the run did. Finding the direction and the step is "
        "counted as work."
    )
    start = Start.STOP
    here_only = True

    def applies(self, evidence: Evidence) -> str | None:
        lowest, largest = evidence.spectrum.lowest, evidence.spectrum.size
        if lowest.value + lowest.residual < -math.sqrt(np.finfo(float).eps) * largest:
            return None
        return f"the Hessian's lowest eigenvalue {lowest.value:.3g} is not below zero beyond its own error"

    def change(self, evidence: Evidence, arm: Arm, work: float, seed: int) -> Arm:
        at, v = evidence.parameters, evidence.spectrum.lowest.vector
        objective, unit = evidence.objective, 1.0 + float(np.linalg.norm(at))
        steps = [t * unit for length in LENGTHS for t in (length, -length)]
        with np.errstate(over="ignore", invalid="ignore"):
            values = [objective.error(at + t * v) + objective.penalty(at + t * v) for t in steps]
        best = int(np.nanargmin(values))
        moved = (at + steps[best] * v).astype(arm.network.parameters.dtype)
        products = min(len(at), MOST_PRODUCTS) if evidence.spectrum.values is None else len(at)
        return replace(
            arm,
            network=Network.from_parameters(arm.network.architecture, moved),
            spent=products * HESSIAN_PRODUCT + len(steps) * ERROR,
        )
