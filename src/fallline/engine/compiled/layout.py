"""Where everything stands: an architecture as integers, and the flat buffers of one thread.

A block of up to `rows` rows goes through the network at a time. In the buffer `work`, layer i has

- its activations a, (units + 1, rows), whose last row is all ones: the input of the bias, and
- its pre-activations z, (units, rows), over which the forward pass writes f′(z) and the backward pass δ.

The inputs and targets of a block stand in `source`: X as (inputs + 1, rows) with the row of ones, then y as
(targets, rows). Where BLAS multiplies the first layer, X stands as (rows, inputs + 1), as in a table, instead.
"""

from __future__ import annotations

import itertools
from typing import NamedTuple

import numpy as np

from fallline.engine.architecture import Architecture
from fallline.engine.arrays import Array, Index
from fallline.engine.compiled.lanes import BYTES

# The plan: first what concerns all, then FIELDS numbers for each layer. Names in …_BY are addresses of kernels.
LAYERS, ROWS, SOURCE_SIZE, TARGETS_AT, X_BY_ROWS, SCALED_BY, LOSS_BY, AFTER_BY = range(8)
MULTIPLY_BY, OUTER_BY, BLAS_BY, GATHER_BY, FORWARD_BY, BACKWARD_BY, TARGETS, CURVATURE_BY = range(8, 16)
HEAD = 16
INPUTS, UNITS, ACTIVATION_BY, WEIGHTS_AT, A_AT, Z_AT, BLAS, LAST = range(8)
FIELDS = 8

BLAS_FROM = 10_000  # weights of a layer from which BLAS is faster than tiles
BLAS_ROWS = 2048  # of a block, where packing the weights costs BLAS little beside the product
CACHE_BYTES = 192 * 1024  # of a thread's buffers: what stays in the second-level cache beside the weights
ALIGNED = 16  # every part begins at a multiple of this


class Layout(NamedTuple):
    """The plan of an architecture for blocks of at most `rows` rows, and the sizes of its buffers."""

    plan: Index
    rows: int
    source_size: int
    work_size: int
    padded: int  # length of a vector over the parameters, a multiple of the lanes


def lanes_in(dtype: np.dtype[np.floating]) -> int:
    """Return how many numbers of this dtype a vector holds."""
    return BYTES // dtype.itemsize


def rounded_up(value: int, multiple: int) -> int:
    """Return the least multiple that is not below value."""
    return -(-value // multiple) * multiple


def layout(
    architecture: Architecture,
    dtype: np.dtype[np.floating],
    rows: int,
    *,
    most_rows: int | None = None,
    tiles: bool = False,
    one_block: bool = False,
) -> Layout:
    """Return the layout for passes over `rows` rows, in blocks that suit the cache and have at most `most_rows`.

    With `tiles` no layer goes through BLAS; with `one_block` all rows stand in one block, however many.
    """
    shape = architecture.shape
    lanes = lanes_in(dtype)
    weights = [(n + 1) * m for n, m in itertools.pairwise(shape)]
    blas = [size >= BLAS_FROM and not tiles for size in weights]
    per_row = (2 * sum(shape) + len(shape)) * dtype.itemsize
    longest = max(BLAS_ROWS if any(blas) else 4 * lanes, CACHE_BYTES // per_row // (2 * lanes) * 2 * lanes)
    if one_block:
        longest = rounded_up(rows, lanes)
    elif most_rows is not None:
        longest = min(longest, rounded_up(most_rows, lanes))
    blocks = -(-rows // longest)
    block = rounded_up(-(-rows // blocks), lanes)

    plan = np.zeros(HEAD + FIELDS * len(weights), np.int64)
    inputs_size = rounded_up((shape[0] + 1) * block, ALIGNED)
    source_size = inputs_size + rounded_up(architecture.targets * block, ALIGNED)
    at = 0
    for i, (n, m) in enumerate(itertools.pairwise(shape)):
        last = i == len(weights) - 1
        a_size, z_size = (rounded_up(size * block, ALIGNED) for size in (m + (not last), m))
        plan[HEAD + FIELDS * i : HEAD + FIELDS * (i + 1)] = (
            n,
            m,
            0,
            architecture.offsets[i],
            at,
            at + a_size,
            blas[i],
            last,
        )
        at += a_size + z_size
    at += 2 * block  # room for two numbers for each row
    plan[[LAYERS, ROWS, SOURCE_SIZE, TARGETS_AT]] = len(weights), block, source_size, inputs_size
    plan[[X_BY_ROWS, TARGETS]] = blas[0], architecture.targets
    return Layout(plan, block, source_size, at, rounded_up(architecture.parameter_count, ALIGNED))


def zeros(size: int, dtype: np.dtype[np.floating]) -> Array:
    """Return that many zeros, beginning at a multiple of 64 bytes."""
    raw = np.zeros(size * dtype.itemsize + 64, np.uint8)
    start = -raw.__array_interface__["data"][0] % 64
    return raw[start : start + size * dtype.itemsize].view(dtype)
