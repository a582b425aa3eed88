"""What can be done with lanes beyond arithmetic: constants, polynomials, roots, choices, exponents, and sums."""

from __future__ import annotations

# Numba's own functions have no annotations:
# mypy: disallow-untyped-calls=False
from collections.abc import Sequence
from typing import Any

from llvmlite import ir
from numba.core import cgutils, types

from fallline.engine.compiled.jit import intrinsic
from fallline.engine.compiled.lanes import ELEMENT, FIELD, FUSED, LanesType, MaskType, pointer_to, widen


def per_dtype(single: float, double: float) -> Any:
    """Return a function of lanes that gives a constant: one number for float32, another for float64."""

    @intrinsic
    def constant(typing: Any, x: Any) -> Any:
        value = single if x.dtype == types.float32 else double

        def write(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            return x.constant(value)

        return x(x), write

    return constant


def polynomial(single: Sequence[float], double: Sequence[float]) -> Any:
    """Return a function of lanes that evaluates a polynomial, lowest coefficient first, by Estrin's scheme."""

    @intrinsic
    def evaluate(typing: Any, x: Any) -> Any:
        coefficients = single if x.dtype == types.float32 else double

        def write(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            power = arguments[0]
            terms = [x.constant(c) for c in coefficients]
            while len(terms) > 1:
                odd = [builder.fmul(power, t, flags=FUSED) for t in terms[1::2]]
                pairs = zip(terms[::2], odd, strict=False)
                paired = [builder.fadd(product, t, flags=FUSED) for t, product in pairs]
                terms = paired + terms[len(odd) * 2 :]
                power = builder.fmul(power, power, flags=FUSED)
            return terms[0]

        return x(x), write

    return evaluate


def _elementwise(name: str, count: int) -> Any:
    """Return a function of `count` lanes that is one instruction of the machine, by LLVM's name."""

    def write(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        lanes = signature.return_type
        kind = ir.FunctionType(lanes.vector, [lanes.vector] * count)
        full_name = f"{name}.v{lanes.count}f{lanes.dtype.bitwidth}"
        function = cgutils.get_or_insert_function(builder.module, kind, full_name)
        return builder.call(function, arguments)

    @intrinsic
    def one(typing: Any, x: Any) -> Any:
        return x(x), write

    @intrinsic
    def two(typing: Any, x: Any, y: Any) -> Any:
        return x(x, x), write

    return one if count == 1 else two


square_root = _elementwise("llvm.sqrt", 1)
absolute = _elementwise("llvm.fabs", 1)
nearest_integer = _elementwise("llvm.rint", 1)
with_sign = _elementwise("llvm.copysign", 2)


@intrinsic
def where(typing: Any, mask: Any, x: Any, y: Any) -> Any:
    """Return x where the mask holds, else y; a plain number counts for every lane."""
    lanes = mask.lanes

    def write(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        chosen = [widen(context, builder, lanes, *pair) for pair in zip(signature.args[1:], arguments[1:], strict=True)]
        return builder.select(arguments[0], *chosen)

    return lanes(mask, x, y), write


@intrinsic
def raised_to_exponent(typing: Any, shifted: Any) -> Any:
    """Return 2ⁿ for shifted = n + bias + 1.5 · 2ᵐ, m bits of mantissa: n + bias stands in the lowest bits.

    From where it is moved into the exponent's field; n is a normal number's exponent.
    """
    bits, _, _ = FIELD[shifted.dtype]

    def write(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        number = builder.bitcast(arguments[0], shifted.integers)
        return builder.bitcast(builder.shl(number, shifted.integer(bits)), shifted.vector)

    return shifted(shifted), write


_ROOT_HALF = {types.float32: 0x3F3504F3, types.float64: 0x3FE6A09E667F3BCD}  # the bits of √½


def _above_root_half(builder: Any, lanes: LanesType, x: Any) -> Any:
    """Bits of x, raised so that the exponent's field steps from n to n + 1 at 2ⁿ √2 instead of at 2ⁿ⁺¹."""
    bits, bias, _ = FIELD[lanes.dtype]
    raised = (bias << bits) - _ROOT_HALF[lanes.dtype]
    return builder.add(builder.bitcast(x, lanes.integers), lanes.integer(raised))


@intrinsic
def exponent(typing: Any, x: Any) -> Any:
    """Return, as a number, the n of x = 2ⁿ m with m in [√½, √2), for normal x > 0."""
    bits, bias, _ = FIELD[x.dtype]

    def write(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        field = builder.lshr(_above_root_half(builder, x, arguments[0]), x.integer(bits))
        whole = builder.bitcast(x.constant(2.0**bits), x.integers)  # whose mantissa is all zeros
        number = builder.bitcast(builder.or_(field, whole), x.vector)
        return builder.fsub(number, x.constant(2.0**bits + bias))

    return x(x), write


@intrinsic
def significand(typing: Any, x: Any) -> Any:
    """Return the m of x = 2ⁿ m with m in [√½, √2), for normal x > 0."""
    bits, _, _ = FIELD[x.dtype]

    def write(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        mantissa = builder.and_(_above_root_half(builder, x, arguments[0]), x.integer((1 << bits) - 1))
        return builder.bitcast(builder.add(mantissa, x.integer(_ROOT_HALF[x.dtype])), x.vector)

    return x(x), write


@intrinsic
def first(typing: Any, array: Any, count: Any) -> Any:
    """Return the mask, for lanes of the array's dtype, that holds in the first `count` of them."""
    lanes = LanesType(array.dtype)

    def write(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        limit = context.cast(builder, arguments[1], types.intp, lanes.dtype)
        numbers = ir.Constant(lanes.vector, [ir.Constant(ELEMENT[lanes.dtype], float(i)) for i in range(lanes.count)])
        return builder.fcmp_ordered("<", numbers, widen(context, builder, lanes, lanes.dtype, limit))

    return MaskType(lanes)(array, types.intp), write


@intrinsic
def sum_of_lanes(typing: Any, x: Any) -> Any:
    """Return the sum of the lanes, added in halves."""

    def write(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.extract_element(_fold(builder, arguments[0], 1), ir.IntType(32)(0))

    return x.dtype(x), write


@intrinsic
def store_sums(typing: Any, array: Any, at: Any, p: Any, q: Any, r: Any, s: Any, add: Any) -> Any:
    """Put the sums of the lanes of p, q, r and s into array[at : at + 4]; where `add`, onto what is there."""

    def write(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        place = pointer_to(context, builder, signature.args[0], *arguments[:2])
        p, q, r, s = arguments[2:6]
        if array.dtype == types.float32:
            sums = _fold(builder, _add_pairs(builder, _add_pairs(builder, p, q, 4), _add_pairs(builder, r, s, 4), 4), 4)
        else:
            one, two = (_fold(builder, _add_pairs(builder, *pair, 2), 4) for pair in ((p, q), (r, s)))
            sums = builder.fadd(_shuffle(builder, one, two, [0, 1, 4, 5]), _shuffle(builder, one, two, [2, 3, 6, 7]))
        target = builder.bitcast(place, sums.type.as_pointer())
        align = array.dtype.bitwidth // 8
        there = builder.select(arguments[6], builder.load(target, align=align), ir.Constant(sums.type, None))
        builder.store(builder.fadd(there, sums), target, align=align)
        return context.get_dummy_value()

    return types.none(array, types.intp, p, p, p, p, types.boolean), write


def _shuffle(builder: Any, x: Any, y: Any, order: list[int]) -> Any:
    return builder.shuffle_vector(x, y, ir.Constant(ir.VectorType(ir.IntType(32), len(order)), order))


def _fold(builder: Any, x: Any, count: int) -> Any:
    """Add the upper half of the lanes onto the lower until `count` are left."""
    while x.type.count > count:
        half = x.type.count // 2
        low, high = list(range(half)), list(range(half, 2 * half))
        x = builder.fadd(_shuffle(builder, x, x, low), _shuffle(builder, x, x, high))
    return x


def _add_pairs(builder: Any, x: Any, y: Any, chunk: int) -> Any:
    """Add neighbours within chunks of 16 bytes: x₀ + x₁, …, y₀ + y₁, … for each chunk, one instruction on x86."""
    count = x.type.count
    starts = range(0, count, chunk)
    order = [i + base for start in starts for base in (0, count) for i in range(start, start + chunk, 2)]
    return builder.fadd(_shuffle(builder, x, y, order), _shuffle(builder, x, y, [i + 1 for i in order]))
