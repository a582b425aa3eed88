"""First-order descent that stays in compiled code for many steps, on one thread or on several side by side.

Each step: every thread passes its share of the rows through the network and back, block after block, into a
gradient of its own; then each thread sums and updates its share of the parameters. The same rows meet the
same thread in every run, and partial sums are added in a fixed order, so that a run is repeated bit for bit.
"""

from __future__ import annotations

import math

from fallline.engine.arrays import Array, Index
from fallline.engine.compiled.calls import BACKWARD, FORWARD, GATHER, UPDATE
from fallline.engine.compiled.jit import kernel
from fallline.engine.compiled.lane_functions import sum_of_lanes
from fallline.engine.compiled.lanes import fill, load, pointer, store, width
from fallline.engine.compiled.layout import BACKWARD_BY, FORWARD_BY, GATHER_BY, ROWS, SCALED_BY, SOURCE_SIZE
from fallline.engine.compiled.passes import loss_and_delta
from fallline.engine.compiled.team import meet

# What a run is told, and what it tells: integers …
RULE, ALL_ROWS, BATCH, THREADS, WHOLE, NEXT_ROW, STEPS, STATUS, COUNT = range(9)
RUN_SIZE = 16
# … the settings of the rule in 0 to 3, and then
L2, TARGET, EPOCH_ERROR, BEST_ERROR = range(4, 8)
SETTINGS_SIZE = 8
# … and each thread's partial results.
ERROR, CHECK, SQUARES, MOVED = range(4)
PARTIAL_SIZE = 8

GOES_ON, NOT_FINITE, TARGET_REACHED, FLAT = range(4)


forward, backward, gather, update = FORWARD.call, BACKWARD.call, GATHER.call, UPDATE.call


@kernel
def pack(X: Array, plan: Index, y: Array, start: int, stop: int, padded: int, packed: Array, at: int) -> None:
    """Put the rows from start to stop of X and y into a block that begins at packed[at]."""
    gather(
        packed,
        plan[GATHER_BY],
        (plan, pointer(X, 0), pointer(y, 0), plan, False, start, stop, padded, pointer(packed, at)),
    )


@kernel
def scale_of(plan: Index, rows: int) -> float:
    """Return the factor between the loss's sum over rows and outputs and the loss: 1, or 1 / (rows · divisor)."""
    return 1.0 / (rows * plan[SCALED_BY]) if plan[SCALED_BY] else 1.0


@kernel
def share_of_step(
    plan: Index,
    w: Array,
    X: Array,
    y: Array,
    order: Index,
    packed: Array,
    start: int,
    stop: int,
    whole: bool,
    source: Array,
    work: Array,
    gradient: Array,
    size: int,
    thread: int,
    threads: int,
    scale: float,
    slopes: bool,
) -> float:
    """Loss of this thread's share of the rows start to stop, and, where `slopes`, its gradient.

    On all rows these stand ready in `packed`, block after block; otherwise they are order[start:stop] of X and y.
    """
    n, block = width(w), plan[ROWS]
    unit = block if whole else n
    chunk = ((stop - start + unit - 1) // unit + threads - 1) // threads * unit
    begin = min(stop, start + thread * chunk)
    end = min(stop, begin + chunk)
    error = 0.0
    for at in range(begin, end, block):
        rows = min(end - at, block)
        padded = (rows + n - 1) // n * n
        batch, batch_at = source, 0
        if whole:
            batch, batch_at = packed, at // block * plan[SOURCE_SIZE]
        else:
            gather(w, plan[GATHER_BY], (plan, X, y, order, True, at, at + rows, padded, source))
        forward(w, plan[FORWARD_BY], (plan, w, batch, batch_at, work, padded))
        error += loss_and_delta(plan, batch, batch_at, work, rows, padded, scale)
        if slopes:
            backward(w, plan[BACKWARD_BY], (plan, w, batch, batch_at, work, padded, gradient, at > begin))
    if slopes and begin == end:
        for i in range(size):
            gradient[i] = 0.0
    return error * scale


@kernel
def sum_gradients(
    gradients: Array,
    w: Array,
    mean: Array,
    is_weight: Array,
    size: int,
    start: int,
    stop: int,
    threads: int,
    penalty: float,
    share: float,
    partial: Array,
) -> None:
    """Sum the threads' gradients and the penalty's into the first; note the sum of squares, and whether it is finite.

    `mean` takes the gradient's share in its epoch, if it has one.
    """
    n = width(w)
    check, squares = fill(w, 0.0), fill(w, 0.0)
    for i in range(start, stop, n):
        g, weight = load(gradients, i), load(w, i)
        for thread in range(1, threads):
            g = g + load(gradients, thread * size + i)
        if penalty != 0.0:
            g = g + penalty * (load(is_weight, i) * weight)
        store(gradients, i, g)
        if share != 0.0:
            store(mean, i, load(mean, i) + share * g)
        check = check + g * 0.0
        squares = squares + g * g
    partial[CHECK] = sum_of_lanes(check)
    partial[SQUARES] = sum_of_lanes(squares)


@kernel
def squared_distance(p: Array, q: Array, start: int, stop: int) -> float:
    """Σ (p − q)² over a range of the parameters."""
    total = fill(p, 0.0)
    for i in range(start, stop, width(p)):
        d = load(p, i) - load(q, i)
        total = total + d * d
    return float(sum_of_lanes(total))


@kernel
def length(p: Array, size: int, squares: float) -> float:
    """Euclidean length of p, given its sum of squares; summed again in float64 where that over- or underflowed."""
    if 1e-30 < squares < math.inf:
        return math.sqrt(squares)
    total = 0.0
    for i in range(size):
        total += float(p[i]) * float(p[i])
    return math.sqrt(total)


@kernel
def descend(
    plan: Index,
    run: Index,
    settings: Array,
    X: Array,
    y: Array,
    order: Index,
    packed: Array,
    vectors: Array,
    buffers: Array,
    partial: Array,
    counter: Index,
    rates: Array,
    records: Array,
    thread: int,
    steps: int,
) -> None:
    """Make up to `steps` steps; called by each of the threads with its own number.

    vectors (7, padded)
        The weights, those before the last step, the best, the mean gradient, is_weight, and the rule's two slots.
    buffers (threads, ·)
        Each thread's gradient, source and work; the gradients stand together at the beginning.
    rates, records
        For each step on all rows, its learning rate, and (error, length of the gradient, length of the step).
        For mini-batches the one rate; the error of the epoch adds up in `settings`.
    """
    n, size = width(vectors), vectors.shape[1]
    w, before, best = pointer(vectors, 0), pointer(vectors, size), pointer(vectors, 2 * size)
    mean, is_weight = pointer(vectors, 3 * size), pointer(vectors, 4 * size)
    one, two = pointer(vectors, 5 * size), pointer(vectors, 6 * size)
    all_rows, threads, whole, batch = run[ALL_ROWS], run[THREADS], run[WHOLE] == 1, run[BATCH]
    own = (buffers.size - threads * size) // threads
    at = threads * size + thread * own
    gradients, gradient = pointer(buffers, 0), pointer(buffers, thread * size)
    source, work = pointer(buffers, at), pointer(buffers, at + plan[SOURCE_SIZE])
    rows_X, rows_y, numbers, blocks = pointer(X, 0), pointer(y, 0), pointer(order, 0), pointer(packed, 0)
    parts, own_part = pointer(partial, 0), pointer(partial, thread * PARTIAL_SIZE)
    the_plan, numbers_of_rule = pointer(plan, 0), pointer(settings, 0)
    begin = size // n * thread // threads * n
    end = size // n * (thread + 1) // threads * n
    scale_of_all = scale_of(the_plan, all_rows)
    next_row, done, status, best_error, epoch_error = run[NEXT_ROW], run[STEPS], GOES_ON, settings[BEST_ERROR], 0.0
    first_step, meeting = run[STEPS], 1
    while done - first_step < steps and status == GOES_ON and (whole or next_row < all_rows):
        stop = all_rows if whole else min(all_rows, next_row + batch)
        rows = all_rows if whole else stop - next_row
        scale = scale_of(the_plan, rows)
        share = scale_of_all / scale
        own_part[ERROR] = share_of_step(
            the_plan,
            w,
            rows_X,
            rows_y,
            numbers,
            blocks,
            0 if whole else next_row,
            stop,
            whole,
            source,
            work,
            gradient,
            size,
            thread,
            threads,
            scale,
            True,
        )
        meeting = meet(counter, threads, meeting)
        error = 0.0
        for t in range(threads):
            error += parts[t * PARTIAL_SIZE + ERROR]
        if not math.isfinite(error):
            status = NOT_FINITE
            break
        if whole and error < best_error:
            best_error = error
            for i in range(begin, end, n):
                store(best, i, load(w, i))
        penalty = settings[L2] * (rows / all_rows) / share
        sum_gradients(
            gradients,
            w,
            mean,
            is_weight,
            size,
            begin,
            end,
            threads,
            penalty,
            0.0 if whole else share,
            own_part,
        )
        meeting = meet(counter, threads, meeting)
        check, squares = 0.0, 0.0
        for t in range(threads):
            check += parts[t * PARTIAL_SIZE + CHECK]
            squares += parts[t * PARTIAL_SIZE + SQUARES]
        if check != 0.0:
            status = NOT_FINITE
            break
        gradient_length = length(gradients, size, squares) if whole else 0.0
        for i in range(begin, end, n):
            store(before, i, load(w, i))
        done += 1
        rate = rates[done - first_step - 1] if whole else rates[0]
        update(w, run[RULE], (numbers_of_rule, w, gradients, one, two, begin, end, rate, done))
        epoch_error += error * share
        if whole:
            own_part[MOVED] = squared_distance(w, before, begin, end)
        next_row = stop
        meeting = meet(counter, threads, meeting)
        if whole:
            moved = 0.0
            for t in range(threads):
                moved += parts[t * PARTIAL_SIZE + MOVED]
            if thread == 0:
                i = done - first_step - 1
                records[i, 0], records[i, 1], records[i, 2] = error, gradient_length, math.sqrt(moved)
            if error <= settings[TARGET]:
                status = TARGET_REACHED
            elif gradient_length == 0.0:
                status = FLAT
    if thread == 0:
        run[NEXT_ROW], run[STATUS], run[COUNT] = next_row, status, done - first_step
        settings[EPOCH_ERROR] += epoch_error
        run[STEPS] = done
        settings[BEST_ERROR] = best_error
