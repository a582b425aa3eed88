"""Descents in float32 whose targets need finer numbers.

Certain, because the same descent from the same weights on the same rows was made in float64: it comes to less than a
quarter of the error. The targets stand on a large offset, which the output's bias has already, so that what is to be
learned is a few to a few hundred roundings high; or a target error is asked for that float32 does not resolve.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from drawing.descents import network, table
from fallline import Network
from fallline.diagnosis.subject import Subject, descended
from fallline.optimizers import BFGS, LBFGS, LevenbergMarquardt, Optimizer
from fallline.training.stopping import Limits

# A criterion that takes the end of the resolution for a minimum is a consequence.
ACCEPTED: tuple[str, ...] = ()


def make(rng: np.random.Generator) -> Subject:
    """Return a run that float32 holds up."""
    while True:
        X, y = table(rng, int(rng.integers(20, 80)))
        made = network(rng, X.shape[1])
        optimizer: Optimizer = (LBFGS(), BFGS(), LevenbergMarquardt())[rng.integers(3)]
        teaching = rng.random() < 0.3
        if not teaching:
            offset = float(10.0 ** rng.uniform(2.0, 5.0)) * float(rng.choice([-1.0, 1.0]))
            height = abs(offset) * 6e-8 * float(10.0 ** rng.uniform(0.7, 1.6))
            y = offset + height * y
            made.layers[-1][0] *= height
            made.layers[-1][0, -1] += offset
        else:
            teacher = Network.from_parameters(made.architecture, made.parameters)
            teacher.parameters += 0.3 * rng.standard_normal(len(teacher.parameters))
            y = teacher.run(X)
        X, y = X.astype(np.float32).astype(np.float64), y.astype(np.float32).astype(np.float64)
        coarse = Network.from_parameters(made.architecture, made.parameters.astype(np.float32))
        fine = Network.from_parameters(made.architecture, coarse.parameters.astype(np.float64))
        limits = Limits(iterations=60)
        subject = descended(coarse, X, y, optimizer, limits=limits, compiled=False)
        exact = subject.network.parameters.astype(np.float64)
        stopped = Network.from_parameters(made.architecture, exact).error(X, y)
        again = Network.from_parameters(made.architecture, exact)
        reached = [descended(each, X, y, optimizer, limits=limits, compiled=False).network for each in (fine, again)]
        errors = [each.error(X, y) for each in reached]
        if max(errors) > 0.25 * stopped:
            continue
        if teaching:
            if max(errors) < 1e-4 * stopped:
                return replace(subject, limits=replace(limits, target_error=float(np.sqrt(max(errors) * stopped))))
        elif stopped > 0.01 * float(y.var()):
            return subject
