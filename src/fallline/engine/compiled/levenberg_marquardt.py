"""Levenberg–Marquardt that stays in compiled code for many iterations, on one thread or on several side by side.

As `optimizers.levenberg_marquardt`, which says what the words mean and why each decision is made. The rows are divided
into parts; loss, gradient and matrix of each are added in a fixed order, so that a run is repeated bit for bit,
whichever thread takes which part. The first thread finds the step and judges it, while the others wait.
"""

from __future__ import annotations

import math

from fallline.engine.arrays import Array, Index
from fallline.engine.compiled.calls import ACCELERATION as ACCELERATION_KIND
from fallline.engine.compiled.cholesky import solve_transposed, solve_upper
from fallline.engine.compiled.damping import dual_step, orthogonal_step, primal_step, solve_dual
from fallline.engine.compiled.descent import scale_of, share_of_step
from fallline.engine.compiled.gauss_newton import accumulate
from fallline.engine.compiled.jit import kernel
from fallline.engine.compiled.lanes import load, pointer, store, width
from fallline.engine.compiled.orthogonal import triangular_factor
from fallline.engine.compiled.projection import output_sums, solve_outputs
from fallline.engine.compiled.team import meet

# Integers of a run …
ROWS, PARTS, SIZE, STRIDE, COLUMNS, COLUMN_STRIDE, EXACT_ROOT, SHIFT = range(8)
READY, STATUS, MADE, EVALUATIONS, ORTHOGONAL, FACTORED, FRESH, LAST = range(8, 16)
OUTPUT_STRIDE, OUTPUTS_FROM = range(16, 18)  # of a variable projection; else 0
ACCELERATION_BY, REJECTED = range(18, 20)  # the first 0 without geodesic acceleration
TRIED, LENGTH, J_SIZE, WORK_SIZE, PROJECTION_SIZE = range(20, 25)  # LENGTH of a vector; sizes for one thread or part
# … where in the one space the buffers begin, behind the numbers and the vectors …
GRADIENTS_AT, MATRICES_AT, FACTOR_AT, R_AT, SCALED_AT, PROJECTIONS_AT, J_AT, WORK_AT, ERRORS_AT = range(25, 34)
SECOND_AT = 34  # … and the addresses of each layer's kernel of f″.
# The numbers of a run …
L2, TARGET, TOLERANCE, LEAST_FACTOR, DAMPING, GROWTH, LEAST_SCALE, FLAT_GRADIENT, OUTPUT_CURVATURE = range(9)
VALUE, PREDICTED, LARGEST, GRADIENT_LENGTH, STEP_LENGTH, FIRST_DAMPING, ERROR = range(9, 16)
STATE_SIZE = 16  # where the vectors begin
# … and its vectors over the parameters.
WEIGHTS, TRIAL, STEP, GRADIENT, SCALE, IS_WEIGHT, DAMPINGS, PENALTY, ONES, SOLUTION, ACCELERATION = range(11)
VECTORS = 11
APART = 8  # float64 between the errors of two parts, so that no two threads write to the same line of the cache

GOES_ON, NOT_FINITE, TARGET_REACHED, CONVERGED, NO_DESCENT = range(5)

EPSILON = 2.0**-52
MOST_ACCELERATION = 0.75  # twice its length by that of the step
PROJECTED_DAMPING = 1e-4  # of the output layer in a variable projection, relative to the largest scale
MOST_DAMPING, LEAST_DAMPING = 1e30, 1e-30

acceleration = ACCELERATION_KIND.call


@kernel
def add_parts(vectors: Array, size: int, start: int, stop: int, parts: int) -> None:
    """Add the parts' vectors of that size onto the first, from start to stop."""
    for part in range(1, parts):
        for i in range(start, stop, width(vectors)):
            store(vectors, i, load(vectors, i) + load(vectors, part * size + i))


@kernel
def take_point(
    run: Index, state: Array, vectors: Array, length: int, gradients: Array, matrix: Array, J: Array, errors: Array
) -> None:
    """Note value, gradient and scale at the weights; end the run where it has come to its end."""
    size, stride, l2 = run[SIZE], run[STRIDE], state[L2]
    error, penalty, squares, largest, largest_scale, check = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    for part in range(run[PARTS]):
        error += errors[part * APART]
    for i in range(size):
        w, strength = vectors[i], l2 * vectors[IS_WEIGHT * length + i]
        g = gradients[i] + strength * w
        penalty += 0.5 * strength * w * w
        if run[COLUMNS]:
            diagonal, at = strength, i * run[COLUMNS]
            for c in range(run[COLUMNS]):
                diagonal += J[at + c] * J[at + c]
        else:
            diagonal = matrix[i * stride + i] + strength
        check += g + diagonal
        squares += g * g
        largest = max(largest, abs(g))
        vectors[GRADIENT * length + i] = g
        vectors[PENALTY * length + i] = strength * w
        vectors[SCALE * length + i] = max(vectors[SCALE * length + i], diagonal)
        largest_scale = max(largest_scale, vectors[SCALE * length + i])
    state[ERROR], state[VALUE], state[LARGEST] = error, error + penalty, largest
    state[GRADIENT_LENGTH] = math.sqrt(squares)
    if not math.isfinite(error + check):
        run[STATUS] = NOT_FINITE
        return
    for i in range(size):
        scale = max(vectors[SCALE * length + i], state[LEAST_SCALE] * largest_scale)
        if run[OUTPUT_STRIDE] and i >= run[OUTPUTS_FROM]:
            scale = PROJECTED_DAMPING * largest_scale
        vectors[SCALE * length + i] = scale if largest_scale > 0.0 else 1.0
    run[EVALUATIONS] += 1
    state[FIRST_DAMPING] = state[DAMPING]
    run[READY], run[FACTORED], run[FRESH] = 1, 0, 1
    if largest <= state[TOLERANCE] or run[LAST]:
        run[STATUS] = CONVERGED
    elif error <= state[TARGET]:
        run[STATUS] = TARGET_REACHED


@kernel
def find_step(
    plan: Index,
    run: Index,
    state: Array,
    vectors: Array,
    length: int,
    packed: Array,
    work: Array,
    J: Array,
    scaled: Array,
    matrix: Array,
    factor: Array,
    R: Array,
) -> None:
    """Find the step at the present damping, or at the least above it with which the system can be solved."""
    size, stride = run[SIZE], run[STRIDE]
    gradient, step, dampings = GRADIENT * length, STEP * length, DAMPINGS * length
    solved, exact = False, run[EXACT_ROOT] == 1
    while not solved:
        for i in range(size):
            strength = state[L2] * vectors[IS_WEIGHT * length + i]
            vectors[dampings + i] = state[DAMPING] * vectors[SCALE * length + i] + strength
        e, g, s = pointer(vectors, dampings), pointer(vectors, gradient), pointer(vectors, step)
        if run[COLUMNS]:
            ones, solution = pointer(vectors, ONES * length), pointer(vectors, SOLUTION * length)
            columns, stride = run[COLUMNS], run[COLUMN_STRIDE]
            solved = dual_step(plan, J, e, g, scaled, R, matrix, factor, ones, solution, s, size, columns, stride)
        elif run[ORTHOGONAL] == 0:
            solved = primal_step(matrix, e, g, factor, s, size, stride)
        if not solved and run[COLUMNS] == 0:
            if run[FACTORED] == 0:
                shift, rows = run[SHIFT], run[ROWS]
                triangular_factor(plan, pointer(vectors, 0), packed, rows, work, shift, J, R, size, stride, exact)
                run[FACTORED] = 1
            orthogonal_step(R, exact, e, pointer(vectors, PENALTY * length), g, J, factor, s, size, stride)
        predicted, squares = 0.0, 0.0
        for i in range(size):
            move = vectors[step + i]
            predicted += 0.5 * move * (state[DAMPING] * vectors[SCALE * length + i] * move - vectors[gradient + i])
            squares += move * move
            vectors[TRIAL * length + i] = vectors[i] + move
        state[PREDICTED] = predicted
        solved = predicted > 0.0 and math.isfinite(predicted + squares)
        if not solved:
            grow(run, state)
            if run[STATUS] != GOES_ON:
                return


@kernel
def accelerate(
    run: Index, state: Array, vectors: Array, length: int, force: Array, J: Array, scaled: Array, factor: Array
) -> None:
    """Bend the trial's step by half its acceleration; reject it where that is too long for its length.

    The factor is the step's: of the whole system, whichever way it came, or of the dual one.
    """
    size, squares, step_squares = run[SIZE], 0.0, 0.0
    a = pointer(vectors, ACCELERATION * length)
    if run[COLUMNS]:
        e, solution = pointer(vectors, DAMPINGS * length), pointer(vectors, SOLUTION * length)
        solve_dual(J, e, force, scaled, factor, solution, a, size, run[COLUMNS], run[COLUMN_STRIDE])
    else:
        for i in range(size):
            a[i] = -force[i]
        solve_transposed(factor, size, run[STRIDE], a)
        solve_upper(factor, size, run[STRIDE], a)
    for i in range(size):
        scale, move = vectors[SCALE * length + i], vectors[STEP * length + i]
        squares += scale * a[i] * a[i]
        step_squares += scale * move * move
    if 4.0 * squares <= MOST_ACCELERATION**2 * step_squares:
        run[REJECTED] = 0
        for i in range(size):
            vectors[TRIAL * length + i] += 0.5 * a[i]
    else:
        run[REJECTED] = 1
        grow(run, state)


@kernel
def grow(run: Index, state: Array) -> None:
    """Raise the damping, ever faster; beyond all measure there is no way down."""
    state[DAMPING] *= state[GROWTH]
    state[GROWTH] *= 2.0
    run[FRESH] = 0
    if not state[DAMPING] < MOST_DAMPING:
        run[STATUS] = NO_DESCENT


@kernel
def judge(run: Index, state: Array, vectors: Array, length: int, errors: Array) -> None:
    """Take the step where it lowers the value; choose the damping of the next."""
    size, error, penalty, squares = run[SIZE], 0.0, 0.0, 0.0
    for part in range(run[PARTS]):
        error += errors[part * APART]
    for i in range(size):
        w = vectors[TRIAL * length + i]
        penalty += 0.5 * state[L2] * vectors[IS_WEIGHT * length + i] * w * w
        squares += (w - vectors[i]) ** 2
    value, predicted = error + penalty, state[PREDICTED]
    tiny = predicted <= EPSILON * abs(state[VALUE])
    if value < state[VALUE]:
        run[LAST] = 1 if tiny and state[DAMPING] <= 1.0 else 0
        centred = 2.0 * (state[VALUE] - value) / predicted - 1.0
        state[DAMPING] = max(LEAST_DAMPING, state[DAMPING] * max(state[LEAST_FACTOR], 1.0 - centred**3))
        state[GROWTH], state[STEP_LENGTH] = 2.0, math.sqrt(squares)
        for i in range(size):  # the weights before are kept in the other's place
            vectors[i], vectors[TRIAL * length + i] = vectors[TRIAL * length + i], vectors[i]
        run[READY] = 0
        return
    bottom = state[LARGEST] <= state[FLAT_GRADIENT] or (run[FRESH] == 1 and state[DAMPING] <= 1.0)
    if tiny and bottom:
        run[STATUS] = CONVERGED
    elif tiny and run[COLUMNS] == 0 and run[ORTHOGONAL] == 0:
        run[ORTHOGONAL] = 1
        state[DAMPING], state[GROWTH] = state[FIRST_DAMPING], 2.0
    elif tiny:
        run[STATUS] = NO_DESCENT
    else:
        grow(run, state)


@kernel
def project(
    plan: Index,
    run: Index,
    state: Array,
    w: Array,
    vectors: Array,
    packed: Array,
    work: Array,
    projections: Array,
    counter: Index,
    thread: int,
    threads: int,
    meeting: int,
) -> int:
    """Put the best output weights into w, if there is one best; return the number of the next meeting."""
    parts, stride, size = run[PARTS], run[OUTPUT_STRIDE], run[PROJECTION_SIZE]
    for part in range(thread, parts, threads):
        output_sums(plan, w, packed, run[ROWS], work, pointer(projections, part * size), stride, part, parts)
    meeting = meet(counter, threads, meeting)
    if thread == 0:
        factor = pointer(projections, parts * size)
        add_parts(projections, size, 0, size, parts)
        dampings, b = pointer(vectors, DAMPINGS * run[LENGTH]), pointer(vectors, SOLUTION * run[LENGTH])
        solve_outputs(plan, w, projections, factor, dampings, b, stride, state[OUTPUT_CURVATURE], state[L2])
    return meet(counter, threads, meeting)


@kernel
def descend(
    plan: Index,
    numbers: Index,
    packed: Array,
    space: Array,
    counter: Index,
    records: Array,
    thread: int,
    threads: int,
    trials: int,
) -> None:
    """Try up to `trials` steps, or as many as give `records` their rows.

    Called by each of the threads, at most as many as there are parts, with its own number.

    numbers, space
        As `levenberg_marquardt_space` lays them out.
    records (·, 3)
        Of each iteration: error, length of the gradient, and length of the step that led there.
    """
    the_plan, run, blocks = pointer(plan, 0), pointer(numbers, 0), pointer(packed, 0)
    n, length, parts, rows, size = width(space), run[LENGTH], run[PARTS], run[ROWS], run[SIZE]
    stride = 0 if run[COLUMNS] else run[STRIDE]
    whole, shift = size * stride, run[SHIFT]
    state, vectors = pointer(space, 0), pointer(space, STATE_SIZE)
    w, trial = vectors, pointer(vectors, TRIAL * length)
    gradients, matrices = pointer(space, run[GRADIENTS_AT]), pointer(space, run[MATRICES_AT])
    factor, R, scaled = pointer(space, run[FACTOR_AT]), pointer(space, run[R_AT]), pointer(space, run[SCALED_AT])
    projections, errors = pointer(space, run[PROJECTIONS_AT]), pointer(space, run[ERRORS_AT])
    J = pointer(space, run[J_AT] + thread * run[J_SIZE])
    work = pointer(space, run[WORK_AT] + thread * run[WORK_SIZE])
    scale, tried, meeting, second = scale_of(the_plan, rows), 0, 1, pointer(numbers, SECOND_AT)
    if run[OUTPUT_STRIDE] and run[EVALUATIONS] == 0:
        meeting = project(
            the_plan, run, state, w, vectors, blocks, work, projections, counter, thread, threads, meeting
        )
    while True:
        if run[READY] == 0:
            first = run[EVALUATIONS] == 0
            for part in range(thread, parts, threads):
                gradient, matrix = pointer(gradients, part * length), pointer(matrices, part * whole)
                errors[part * APART] = accumulate(
                    the_plan, w, blocks, rows, work, shift, J, gradient, matrix, size, stride, part, parts
                )
            meeting = meet(counter, threads, meeting)
            if parts > 1:
                begin, end = whole // n * thread // threads * n, whole // n * (thread + 1) // threads * n
                add_parts(matrices, whole, begin, end, parts)
                if thread == 0:
                    add_parts(gradients, length, 0, length, parts)
                meeting = meet(counter, threads, meeting)
            if thread == 0:
                take_point(run, state, vectors, length, gradients, matrices, J, errors)
                if not first and run[STATUS] != NOT_FINITE:
                    made = run[MADE]
                    records[made, 0], records[made, 1] = state[ERROR], state[GRADIENT_LENGTH]
                    records[made, 2] = state[STEP_LENGTH]
                    run[MADE] = made + 1
        if thread == 0 and run[STATUS] == GOES_ON and run[MADE] < records.shape[0] and tried < trials:
            find_step(the_plan, run, state, vectors, length, blocks, work, J, scaled, matrices, factor, R)
        meeting = meet(counter, threads, meeting)
        if run[STATUS] != GOES_ON or run[MADE] >= records.shape[0] or tried >= trials:
            break
        tried += 1
        if run[ACCELERATION_BY]:
            v = pointer(vectors, STEP * length)
            for part in range(thread, parts, threads):
                gradient = pointer(gradients, part * length)
                given = (the_plan, second, w, v, blocks, rows, work, shift, gradient, part, parts)
                acceleration(w, run[ACCELERATION_BY], given)
            meeting = meet(counter, threads, meeting)
            if thread == 0:
                add_parts(gradients, length, 0, length, parts)
                accelerate(run, state, vectors, length, gradients, J, scaled, factor)
            meeting = meet(counter, threads, meeting)
            if run[STATUS] != GOES_ON:
                break
            if run[REJECTED]:
                continue
        if run[OUTPUT_STRIDE]:
            meeting = project(
                the_plan, run, state, trial, vectors, blocks, work, projections, counter, thread, threads, meeting
            )
        for part in range(thread, parts, threads):
            errors[part * APART] = share_of_step(
                the_plan,
                trial,
                blocks,
                blocks,
                the_plan,
                blocks,
                0,
                rows,
                True,
                blocks,
                work,
                gradients,
                size,
                part,
                parts,
                scale,
                False,
            )
        meeting = meet(counter, threads, meeting)
        if thread == 0:
            judge(run, state, vectors, length, errors)
        meeting = meet(counter, threads, meeting)
        if run[STATUS] != GOES_ON:
            break
    if thread == 0:
        run[TRIED] = tried
