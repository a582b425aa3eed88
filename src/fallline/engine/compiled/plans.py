"""Plans with the addresses of the kernels that they need; what no plan needs is never compiled."""

from __future__ import annotations

import numpy as np

from fallline.engine.architecture import Architecture
from fallline.engine.compiled import calls
from fallline.engine.compiled import layout as at
from fallline.engine.compiled.activations import ACTIVATION_KERNELS, through_softmax
from fallline.engine.compiled.few_rows import backward_of_few, forward_of_few
from fallline.engine.compiled.layout import Layout, lanes_in, layout
from fallline.engine.compiled.losses import LOSS_KERNELS
from fallline.engine.compiled.losses_by_weight import LOSS_KERNELS_BY_WEIGHT
from fallline.engine.compiled.matrices import blas_multiply, multiply, outer
from fallline.engine.compiled.passes import backward, forward, gather

FEW_VECTORS = 4  # of rows, and …
FEW_WEIGHTS = 100  # … up to which a step is shorter than the calls to the tiles


def few(found: Layout, architecture: Architecture, dtype: np.dtype[np.floating]) -> bool:
    """Whether the work is small enough for `few_rows`."""
    return found.rows <= FEW_VECTORS * lanes_in(dtype) and architecture.parameter_count <= FEW_WEIGHTS


def training_plan(
    architecture: Architecture,
    dtype: np.dtype[np.floating],
    rows: int,
    *,
    most_rows: int | None = None,
    tiles: bool = False,
    one_block: bool = False,
) -> Layout:
    """Return the plan of loss and gradient over `rows` rows; the rest as for `layout`."""
    found = prediction_plan(architecture, dtype, rows, most_rows=most_rows, tiles=tiles, one_block=one_block)
    plan, last = found.plan, len(found.plan) - at.FIELDS
    loss, outputs = architecture.loss_function, architecture.outputs
    plan[at.SCALED_BY] = 0 if loss.scale(2, outputs) == 1.0 else round(1.0 / loss.scale(1, outputs))
    kernels = LOSS_KERNELS_BY_WEIGHT if architecture.weighted else LOSS_KERNELS
    plan[at.LOSS_BY] = calls.LOSS.address(kernels[loss.name], dtype)
    if few(found, architecture, dtype) and not tiles:
        plan[at.BACKWARD_BY] = calls.BACKWARD.address(backward_of_few, dtype)
    else:
        plan[at.OUTER_BY] = calls.OUTER.address(outer, dtype)
        plan[at.BACKWARD_BY] = calls.BACKWARD.address(backward, dtype)
    if loss.from_logits_of is not None:
        plan[last + at.ACTIVATION_BY] = 0
    elif architecture.activations[-1] == "softmax":
        plan[at.AFTER_BY] = calls.AFTER_LOSS.address(through_softmax, dtype)
    return found


def prediction_plan(
    architecture: Architecture,
    dtype: np.dtype[np.floating],
    rows: int,
    *,
    most_rows: int | None = None,
    tiles: bool = False,
    one_block: bool = False,
) -> Layout:
    """Return the plan of the outputs of `rows` rows; the rest as for `layout`."""
    found = layout(architecture, dtype, rows, most_rows=most_rows, tiles=tiles, one_block=one_block)
    plan = found.plan
    plan[at.GATHER_BY] = calls.GATHER.address(gather, dtype)
    if few(found, architecture, dtype) and not tiles:
        plan[at.FORWARD_BY] = calls.FORWARD.address(forward_of_few, dtype)
    else:
        plan[at.MULTIPLY_BY] = calls.MULTIPLY.address(multiply, dtype)
        plan[at.FORWARD_BY] = calls.FORWARD.address(forward, dtype)
    for i, name in enumerate(architecture.activations):
        p = at.HEAD + at.FIELDS * i
        plan[p + at.ACTIVATION_BY] = calls.ACTIVATION.address(ACTIVATION_KERNELS[name], dtype)
        if plan[p + at.BLAS]:
            plan[at.BLAS_BY] = calls.BLAS.address(blas_multiply, dtype)
    return found
