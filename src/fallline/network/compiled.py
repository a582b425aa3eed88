"""Many steps of gradient descent in the compiled engine, for `Network.train`."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from fallline.engine import Architecture, Array, reference
from fallline.engine.compiled.first_order import FirstOrderRun, Status, parts_for


def compiled_steps(
    architecture: Architecture, parameters: Array, X: Array, y: Array, learning_rate: float, iterations: int
) -> Iterator[Array | list[float]]:
    """Change the parameters by so many steps; yield the error before each and after the last, as they come."""
    parts = parts_for(architecture, len(X))
    X, y = np.ascontiguousarray(X), np.ascontiguousarray(y)
    run = FirstOrderRun(architecture, parameters, X, y, "gradient_descent", parts=parts)
    try:
        done, status = 0, Status.GOES_ON
        while done < iterations and status is not Status.NOT_FINITE:
            count = min(run.iterations_at_once(), iterations - done)
            records = np.empty((count, 3))
            status, made = run.iterations(np.full(count, learning_rate), records)
            np.copyto(parameters, run.parameters)
            done += made
            if made:
                yield records[:made, 0]
        error = reference.loss(architecture, parameters, X, y)
        if status is Status.NOT_FINITE:
            error = np.inf
        elif not np.isfinite(error):
            np.copyto(parameters, run.before)
        yield [float(error)]
    finally:
        run.close()
