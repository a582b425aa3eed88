"""Vectors of the machine: 32 or 64 bytes of float32 or float64 that one instruction works on together.

A loop that a compiler must first recognise as a vector loop is fast or slow by luck; here the kernels say what
is a vector. `Lanes` behave as a number in arithmetic and comparison; a plain number beside them counts for
every lane. Products and sums may be fused (one rounding instead of two); nothing else is relaxed, so that nan
and infinity go the way IEEE 754 says.

Arrays are flat, or pointers; `load(array, at)` takes the lanes from position `at` on.
"""

from __future__ import annotations

# Numba's own functions have no annotations:
# mypy: disallow-untyped-calls=False
import operator
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import llvmlite.binding as llvm
from llvmlite import ir
from numba.core import types
from numba.extending import lower_builtin, models, register_model, type_callable

from fallline.engine.compiled.jit import intrinsic

Lanes: TypeAlias = Any  # what the kernels hold; Numba knows it as LanesType

BYTES = 64 if llvm.get_host_cpu_features().get("avx512f", False) else 32
FUSED = ("contract",)
FIELD = {types.float32: (23, 127, ir.IntType(32)), types.float64: (52, 1023, ir.IntType(64))}
ELEMENT = {types.float32: ir.FloatType(), types.float64: ir.DoubleType()}


class LanesType(types.Type):
    """Numba's type of a vector of `dtype`."""

    def __init__(self, dtype: Any) -> None:
        self.dtype = dtype
        self.count = BYTES * 8 // dtype.bitwidth
        super().__init__(name=f"Lanes({dtype} x {self.count})")

    @property
    def vector(self) -> ir.VectorType:
        """LLVM's type."""
        return ir.VectorType(ELEMENT[self.dtype], self.count)

    @property
    def integers(self) -> ir.VectorType:
        """LLVM's type of integers as wide as the lanes."""
        return ir.VectorType(FIELD[self.dtype][2], self.count)

    def constant(self, value: float) -> ir.Constant:
        """All lanes the same number."""
        return ir.Constant(self.vector, [ir.Constant(ELEMENT[self.dtype], float(value))] * self.count)

    def integer(self, value: int) -> ir.Constant:
        """All lanes the same integer."""
        return ir.Constant(self.integers, [value] * self.count)


class MaskType(types.Type):
    """Numba's type of what a comparison of lanes gives."""

    def __init__(self, lanes: LanesType) -> None:
        self.lanes = lanes
        super().__init__(name=f"Mask({lanes.dtype} x {lanes.count})")


@register_model(LanesType)
class _LanesModel(models.PrimitiveModel):
    def __init__(self, manager: Any, lanes: LanesType) -> None:
        super().__init__(manager, lanes, lanes.vector)


@register_model(MaskType)
class _MaskModel(models.PrimitiveModel):
    def __init__(self, manager: Any, mask: MaskType) -> None:
        super().__init__(manager, mask, ir.VectorType(ir.IntType(1), mask.lanes.count))


def _lanes_of(*arguments: Any) -> LanesType | None:
    """Return the lanes' type when every argument is of it or a plain number."""
    found = next((a for a in arguments if isinstance(a, LanesType)), None)
    fits = all(a == found or isinstance(a, (types.Float, types.Integer)) for a in arguments)
    return found if fits else None


def widen(context: Any, builder: Any, lanes: LanesType, of: Any, value: Any) -> Any:
    """Return `value` as lanes: itself, or a plain number in every lane."""
    if of == lanes:
        return value
    scalar = context.cast(builder, value, of, lanes.dtype)
    if isinstance(scalar, ir.Constant):
        return ir.Constant(lanes.vector, [scalar] * lanes.count)
    one = builder.insert_element(ir.Constant(lanes.vector, ir.Undefined), scalar, ir.IntType(32)(0))
    everywhere = ir.Constant(ir.VectorType(ir.IntType(32), lanes.count), [0] * lanes.count)
    return builder.shuffle_vector(one, ir.Constant(lanes.vector, ir.Undefined), everywhere)


def _define(
    function: Any, result: Callable[[LanesType], Any], write: Callable[[Any, LanesType, list[Any]], Any]
) -> None:
    """Give an operator its meaning for lanes with lanes, or with a plain number on either side."""

    def typer_factory(context: Any) -> Callable[..., Any]:
        def typer(x: Any, y: Any) -> Any:
            lanes = _lanes_of(x, y)
            return None if lanes is None else result(lanes)

        return typer

    type_callable(function)(typer_factory)

    def lower(context: Any, builder: Any, signature: Any, arguments: Sequence[Any]) -> Any:
        lanes = _lanes_of(*signature.args)
        assert lanes is not None
        pairs = zip(signature.args, arguments, strict=True)
        return write(builder, lanes, [widen(context, builder, lanes, of, value) for of, value in pairs])

    for number in (types.Float, types.Integer):
        lower_builtin(function, LanesType, number)(lower)
        lower_builtin(function, number, LanesType)(lower)
    lower_builtin(function, LanesType, LanesType)(lower)


def _compare(symbol: str) -> Callable[[Any, LanesType, list[Any]], Any]:
    def write(builder: Any, lanes: LanesType, v: list[Any]) -> Any:
        return builder.fcmp_unordered(symbol, *v) if symbol == "!=" else builder.fcmp_ordered(symbol, *v)

    return write


_define(operator.add, lambda lanes: lanes, lambda builder, lanes, v: builder.fadd(*v, flags=FUSED))
_define(operator.sub, lambda lanes: lanes, lambda builder, lanes, v: builder.fsub(*v, flags=FUSED))
_define(operator.mul, lambda lanes: lanes, lambda builder, lanes, v: builder.fmul(*v, flags=FUSED))
_define(operator.truediv, lambda lanes: lanes, lambda builder, lanes, v: builder.fdiv(*v))
for _operator, _symbol in (
    (operator.lt, "<"),
    (operator.le, "<="),
    (operator.gt, ">"),
    (operator.ge, ">="),
    (operator.eq, "=="),
    (operator.ne, "!="),
):
    _define(_operator, MaskType, _compare(_symbol))


def pointer_to(context: Any, builder: Any, array_type: Any, array: Any, at: Any) -> Any:
    """Write the place of array[at], where the array may be a pointer itself."""
    is_array = isinstance(array_type, types.Array)
    data = context.make_array(array_type)(context, builder, value=array).data if is_array else array
    return builder.gep(data, [at])


@intrinsic
def pointer(typing: Any, array: Any, at: Any) -> Any:
    """Return the place of array[at] in the flat array, as a pointer, which Numba does not count references to.

    Counting them costs more than a small step; whoever holds the array must outlive the pointer.
    """

    def write(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return pointer_to(context, builder, signature.args[0], *arguments)

    return types.CPointer(array.dtype)(array, types.intp), write


@intrinsic
def width(typing: Any, array: Any) -> Any:
    """Return how many lanes of the array's dtype there are."""
    count = LanesType(array.dtype).count

    def write(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return context.get_constant(types.intp, count)

    return types.intp(array), write


@intrinsic
def load(typing: Any, array: Any, at: Any) -> Any:
    """Return as many lanes as there are, from array[at] on."""
    lanes = LanesType(array.dtype)

    def write(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        place = pointer_to(context, builder, signature.args[0], *arguments)
        return builder.load(builder.bitcast(place, lanes.vector.as_pointer()), align=array.dtype.bitwidth // 8)

    return lanes(array, types.intp), write


@intrinsic
def store(typing: Any, array: Any, at: Any, value: Any) -> Any:
    """Put lanes into the array, from array[at] on."""
    lanes = LanesType(array.dtype)

    def write(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        place = pointer_to(context, builder, signature.args[0], *arguments[:2])
        target = builder.bitcast(place, lanes.vector.as_pointer())
        builder.store(arguments[2], target, align=array.dtype.bitwidth // 8)
        return context.get_dummy_value()

    return types.none(array, types.intp, lanes), write


@intrinsic
def spread(typing: Any, array: Any, at: Any) -> Any:
    """Return lanes that all hold array[at]."""
    lanes = LanesType(array.dtype)

    def write(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        number = builder.load(pointer_to(context, builder, signature.args[0], *arguments))
        return widen(context, builder, lanes, array.dtype, number)

    return lanes(array, types.intp), write


@intrinsic
def fill(typing: Any, array: Any, value: Any) -> Any:
    """Return lanes of the array's dtype that all hold `value`."""
    lanes = LanesType(array.dtype)

    def write(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return widen(context, builder, lanes, signature.args[1], arguments[1])

    return lanes(array, value), write
