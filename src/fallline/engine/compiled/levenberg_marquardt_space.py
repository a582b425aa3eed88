"""Where everything of a Levenberg–Marquardt run stands: its integers, and one space for all of its numbers.

A small descent is over before a dozen buffers are allocated one by one. What depends on the network and the way of the
descent only is made once for all runs.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from fallline.engine.architecture import Architecture
from fallline.engine.arrays import Index
from fallline.engine.compiled import levenberg_marquardt as kernels
from fallline.engine.compiled.acceleration import acceleration_address
from fallline.engine.compiled.cholesky import MOST_LANES, stride_of
from fallline.engine.compiled.curvature import curvature_plan
from fallline.engine.compiled.layout import ALIGNED, Layout, lanes_in, rounded_up
from fallline.engine.compiled.second_derivatives import second_derivative_addresses
from fallline.engine.losses import LOSSES

DOUBLE = np.dtype(np.float64)


class Space(NamedTuple):
    """What runs of the same kind begin with."""

    plan: Layout
    run: Index  # its integers
    size: int
    output_curvature: float  # of a variable projection
    evaluation_work: float  # multiplications for gradient and matrix …
    trial_work: float  # … and for a step and the error behind it, about


@lru_cache(maxsize=64)
def space(
    architecture: Architecture,
    rows: int,
    parts: int,
    *,
    dual: bool,
    orthogonal: bool,
    variable_projection: bool,
    geodesic_acceleration: bool,
) -> Space:
    """Return the space of such a run on that many rows; what the words mean, `LevenbergMarquardtRun` says."""
    size, outputs, loss = architecture.parameter_count, architecture.outputs, architecture.loss_function
    plan = curvature_plan(architecture, DOUBLE, -(-rows // parts), one_block=dual)
    columns = outputs * rounded_up(rows, lanes_in(DOUBLE)) if dual else 0
    stride, column_stride = stride_of(size), stride_of(columns) if dual else 0
    length = max(rounded_up(size + 32, ALIGNED), column_stride + 32 if dual else 0)
    square = column_stride * columns if dual else size * stride
    run = np.zeros(kernels.SECOND_AT + len(architecture.activations), np.int64)
    run[[kernels.ROWS, kernels.PARTS, kernels.SIZE, kernels.LENGTH]] = rows, parts, size, length
    run[[kernels.STRIDE, kernels.COLUMNS, kernels.COLUMN_STRIDE]] = stride, columns, column_stride
    run[[kernels.EXACT_ROOT, kernels.ORTHOGONAL, kernels.SHIFT]] = loss.has_residual, orthogonal, plan.work_size
    if geodesic_acceleration:
        run[kernels.ACCELERATION_BY] = acceleration_address(DOUBLE)
        run[kernels.SECOND_AT :] = second_derivative_addresses(architecture, DOUBLE)
    projection_size, output_curvature = 0, 0.0
    if variable_projection:
        depth = architecture.shape[-2] + 1
        run[[kernels.OUTPUT_STRIDE, kernels.OUTPUTS_FROM]] = stride_of(depth), architecture.offsets[-2]
        one = np.ones((1, 1))
        curvature = float(LOSSES[architecture.loss].curvature(one, one, one)[0, 0])
        output_curvature = loss.scale(rows, outputs) * curvature
        projection_size = rounded_up(depth * (stride_of(depth) + outputs) + 32, ALIGNED)
    block_columns = max(MOST_LANES, outputs * plan.rows)
    own = {
        kernels.J_SIZE: rounded_up((size + 1) * block_columns, ALIGNED),
        kernels.WORK_SIZE: rounded_up((3 if geodesic_acceleration else 2) * plan.work_size, ALIGNED),
        kernels.PROJECTION_SIZE: projection_size,
    }
    run[list(own)] = list(own.values())
    at = kernels.STATE_SIZE + kernels.VECTORS * length
    for place, needed in (
        (kernels.GRADIENTS_AT, parts * length),
        (kernels.MATRICES_AT, parts * square),
        (kernels.FACTOR_AT, square),
        (kernels.R_AT, columns * columns if dual else square),
        (kernels.SCALED_AT, size * columns),
        (kernels.PROJECTIONS_AT, (parts + 1) * projection_size),
        (kernels.J_AT, parts * own[kernels.J_SIZE]),
        (kernels.WORK_AT, parts * own[kernels.WORK_SIZE]),
        (kernels.ERRORS_AT, parts * kernels.APART),
    ):
        run[place] = at
        at += rounded_up(needed, ALIGNED)
    unknowns, others = (columns, size) if dual else (size, rows * outputs)
    pass_work = 3.0 * rows * size
    matrix_work = 0.5 * others * unknowns**2
    trial_work = unknowns**3 / 6.0 + pass_work + (matrix_work if dual else 0.0)
    return Space(plan, run, at, output_curvature, pass_work if dual else pass_work + matrix_work, trial_work)
