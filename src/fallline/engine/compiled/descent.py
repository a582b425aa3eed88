"""First-order descent that stays in compiled code for many steps, on one thread or on several side by side.

The rows of a step, and the parameters, are divided into parts. Each part's rows pass through the network and back,
block after block, into a gradient of its own; then the gradients are summed and the parameters updated, part by part.
Partial sums are added in a fixed order, so that a run is repeated bit for bit, whichever thread takes which part.
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
RULE, ALL_ROWS, BATCH, PARTS, WHOLE, NEXT_ROW, STEPS, STATUS, MADE = range(9)
RUN_SIZE = 16
# … the settings of the rule in 0 to 3, and then
L2, TARGET, EPOCH_ERROR, BEST_ERROR = range(4, 8)
SETTINGS_SIZE = 8
# … and each part's partial results.
ERROR, CHECK, SQUARES, MOVED = range(4)
PARTIAL_SIZE = 8

GOES_ON, NOT_FINITE, TARGET_REACHED, FLAT = range(4)


forward, backward, gather, update = FORWARD.call, BACKWARD.call, GATHER.call, UPDATE.call


@kernel
def pack(X: Array, plan: Index, y: Array, packed: Array) -> None:
    """Put all rows of X and y into blocks, one after the other."""
    n, block, rows, the_plan = width(packed), plan[ROWS], X.shape[0], pointer(plan, 0)
    for start in range(0, rows, block):
        stop = min(rows, start + block)
        padded = (stop - start + n - 1) // n * n
        to = pointer(packed, start // block * plan[SOURCE_SIZE])
        given = (the_plan, pointer(X, 0), pointer(y, 0), the_plan, False, start, stop, padded, to)
        gather(packed, plan[GATHER_BY], given)


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
    part: int,
    parts: int,
    scale: float,
    slopes: bool,
) -> float:
    """Loss of one of the parts of the rows start to stop, and, where `slopes`, its gradient.

    On all rows these stand ready in `packed`, block after block; otherwise they are order[start:stop] of X and y.
    """
    n, block = width(w), plan[ROWS]
    unit = block if whole else n
    chunk = ((stop - start + unit - 1) // unit + parts - 1) // parts * unit
    begin = min(stop, start + part * chunk)
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
    parts: int,
    penalty: float,
    share: float,
    partial: Array,
) -> None:
    """Sum the parts' gradients and the penalty's into the first; note the sum of squares, and whether it is finite.

    `mean` takes the gradient's share in its epoch, if it has one.
    """
    n = width(w)
    check, squares = fill(w, 0.0), fill(w, 0.0)
    for i in range(start, stop, n):
        g, weight = load(gradients, i), load(w, i)
        for part in range(1, parts):
            g = g + load(gradients, part * size + i)
        if penalty != 0.0:
            g = g + penalty * (load(is_weight, i) * weight)
        store(gradients, i, g)
        if share != 0.0:
            store(mean, i, load(mean, i) + share * g)
        check = check + g * 0.0
        squares = squares + g * g
    partial[CHECK] = sum_of_lanes(check)
    partial[SQUARES] = sum_of_lanes(squares)
    if not 1e-30 < partial[SQUARES] < math.inf:  # over- or underflow, unless the gradient is what it says
        total = 0.0
        for i in range(start, stop):
            total += float(gradients[i]) * float(gradients[i])
        partial[SQUARES] = total


@kernel
def squared_distance(p: Array, q: Array, start: int, stop: int) -> float:
    """Σ (p − q)² over a range of the parameters."""
    total = fill(p, 0.0)
    for i in range(start, stop, width(p)):
        d = load(p, i) - load(q, i)
        total = total + d * d
    return float(sum_of_lanes(total))


@kernel
def length_of_share(p: Array, start: int, stop: int) -> float:
    """Σ p² over a range of the parameters, in float64."""
    total = 0.0
    for i in range(start, stop):
        total += float(p[i]) * float(p[i])
    return total


@kernel
def descend(
    plan: Index,
    run: Index,
    settings: Array,
    X: Array,
    y: Array,
    orders: Index,
    packed: Array,
    vectors: Array,
    buffers: Array,
    partial: Array,
    counter: Index,
    rates: Array,
    records: Array,
    thread: int,
    threads: int,
    steps: int,
) -> None:
    """Make up to `steps` steps, or as many iterations as there are rates: steps on all rows, or epochs of mini-batches.

    Called by each of the threads, at most as many as there are parts, with its own number. An epoch that is left in the
    middle is gone on with by the next call.

    vectors (8, padded)
        The weights, those before the last step, the best, the mean gradient of the epoch, is_weight, the rule's two
        slots, and the weights before the epoch.
    buffers (parts, ·)
        Each part's gradient, and each thread's source and work; the gradients stand together at the beginning.
    orders (iterations · rows,)
        For mini-batches, the rows of each epoch in their order.
    rates, records
        For each iteration its learning rate, and (error, length of the gradient, length of the step). Of an epoch these
        are the mean error of the batches, each before its own step, the mean gradient, and the way from its beginning.
    """
    n, size = width(vectors), vectors.shape[1]
    w, before, best = pointer(vectors, 0), pointer(vectors, size), pointer(vectors, 2 * size)
    mean, is_weight = pointer(vectors, 3 * size), pointer(vectors, 4 * size)
    one, two, epoch_start = pointer(vectors, 5 * size), pointer(vectors, 6 * size), pointer(vectors, 7 * size)
    all_rows, parts, whole, batch = run[ALL_ROWS], run[PARTS], run[WHOLE] == 1, run[BATCH]
    at = parts * size + (buffers.size - parts * size) // parts * thread
    gradients, source, work = pointer(buffers, 0), pointer(buffers, at), pointer(buffers, at + plan[SOURCE_SIZE])
    rows_X, rows_y, numbers, blocks = pointer(X, 0), pointer(y, 0), pointer(orders, 0), pointer(packed, 0)
    results, the_plan, numbers_of_rule = pointer(partial, 0), pointer(plan, 0), pointer(settings, 0)
    scale_of_all = scale_of(the_plan, all_rows)
    next_row, done, best_error, epoch_error = run[NEXT_ROW], run[STEPS], settings[BEST_ERROR], settings[EPOCH_ERROR]
    last_step, meeting, made, status = run[STEPS] + steps, 1, 0, GOES_ON
    while done < last_step and status == GOES_ON and made < rates.size:
        begun = made * all_rows
        start = 0 if whole else next_row
        stop = all_rows if whole else min(all_rows, next_row + batch)
        rows = stop - start
        scale = scale_of(the_plan, rows)
        share = scale_of_all / scale
        for part in range(thread, parts, threads):
            results[part * PARTIAL_SIZE + ERROR] = share_of_step(
                the_plan,
                w,
                rows_X,
                rows_y,
                numbers,
                blocks,
                start if whole else begun + start,
                stop if whole else begun + stop,
                whole,
                source,
                work,
                pointer(buffers, part * size),
                size,
                part,
                parts,
                scale,
                True,
            )
        meeting = meet(counter, threads, meeting)
        error = 0.0
        for part in range(parts):
            error += results[part * PARTIAL_SIZE + ERROR]
        if not math.isfinite(error):
            status = NOT_FINITE
            break
        better = whole and error < best_error
        if better:
            best_error = error
        penalty = settings[L2] * (rows / all_rows) / share
        for part in range(thread, parts, threads):
            begin, end = size // n * part // parts * n, size // n * (part + 1) // parts * n
            for i in range(begin, end, n):
                store(before, i, load(w, i))
            if better:
                for i in range(begin, end, n):
                    store(best, i, load(w, i))
            if not whole and next_row == 0:
                for i in range(begin, end, n):
                    store(epoch_start, i, load(w, i))
                    store(mean, i, fill(mean, 0.0))
            own = pointer(partial, part * PARTIAL_SIZE)
            sum_gradients(gradients, w, mean, is_weight, size, begin, end, parts, penalty, 0.0 if whole else share, own)
            update(w, run[RULE], (numbers_of_rule, w, gradients, one, two, begin, end, rates[made], done + 1))
            if whole:
                own[MOVED] = squared_distance(w, before, begin, end)
            elif stop == all_rows:
                own[SQUARES] = length_of_share(mean, begin, end)
                own[MOVED] = squared_distance(w, epoch_start, begin, end)
        meeting = meet(counter, threads, meeting)
        check, squares, moved = 0.0, 0.0, 0.0
        for part in range(parts):
            check += results[part * PARTIAL_SIZE + CHECK]
            squares += results[part * PARTIAL_SIZE + SQUARES]
            moved += results[part * PARTIAL_SIZE + MOVED]
        if check != 0.0:
            status = NOT_FINITE
            break
        done += 1
        epoch_error = error if whole else epoch_error + error * share
        next_row = stop
        if stop == all_rows:
            gradient_length = math.sqrt(squares)
            if thread == 0:
                records[made, 0], records[made, 1], records[made, 2] = epoch_error, gradient_length, math.sqrt(moved)
            if whole and error <= settings[TARGET]:
                status = TARGET_REACHED
            elif gradient_length == 0.0:
                status = FLAT
            made += 1
            next_row, epoch_error = 0, 0.0
    if thread == 0:
        run[NEXT_ROW], run[STATUS], run[STEPS], run[MADE] = next_row, status, done, made
        settings[EPOCH_ERROR], settings[BEST_ERROR] = epoch_error, best_error
