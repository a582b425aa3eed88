"""Which engine does the work: NumPy's reference, or the compiled kernels where they repay what they cost to load."""

from __future__ import annotations

from fallline.engine.architecture import Architecture

CALLS_SECONDS = 250e-6  # what one step of a descent takes in the reference however small it is
PRODUCTS_A_SECOND = 1e9  # multiplications with their share of the activations, in the reference
WORTH_COMPILING = 4.0  # seconds of the reference, from which loading or compiling the kernels is repaid
WORTH_COMPILING_RUN = 1.0  # the same for the outputs alone, whose kernels are fewer


def step_seconds(architecture: Architecture, rows: int) -> float:
    """Return about how long the reference takes for loss and gradient on that many rows."""
    return CALLS_SECONDS + 3.0 * rows * architecture.parameter_count / PRODUCTS_A_SECOND


def worth_compiling(architecture: Architecture, rows: int, steps: float) -> bool:
    """Whether so many steps of so many rows each are work enough for the compiled engine."""
    return steps * step_seconds(architecture, rows) > WORTH_COMPILING


def worth_compiling_run(architecture: Architecture, rows: int) -> bool:
    """Whether the outputs of so many rows are; the answer depends on nothing else, so that neither do the bits."""
    return rows * architecture.parameter_count / PRODUCTS_A_SECOND > WORTH_COMPILING_RUN
