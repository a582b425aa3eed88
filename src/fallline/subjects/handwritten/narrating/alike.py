"""Which of the seen values are a given quantity: up to transposition, sign, a factor, and the choice of a row."""

from __future__ import annotations

import ast
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fallline.engine import Array
from fallline.subjects.handwritten.narrating.tracing import Seen

DIGITS = 7  # of values relative to their largest one: random probes coincide by chance in fewer
EXACT = 1e-6  # relative, of a factor
MOST_PARTS = 64  # rows, columns or single numbers of a quantity that are looked up one by one


@dataclass(frozen=True)
class Match:
    """A seen value that is a factor times a quantity."""

    seen: Seen
    factor: float


def signature(value: Array) -> tuple[bytes, float] | None:
    """Return what equal arrays up to a factor have in common, and the factor; None for one number or a constant."""
    flat = value.ravel()
    top = flat[int(np.abs(flat).argmax())]
    if flat.size < 2 or top == 0.0 or np.ptp(flat) <= 1e-12 * abs(top):
        return None
    return (np.round(flat / top, DIGITS) + 0.0).tobytes(), float(top)


class Index:
    """The seen values of a step, to be looked up by what they are."""

    def __init__(self, seen: Sequence[Seen], factors: Sequence[float]) -> None:
        """Factors are those that a single number may have; arrays may have any."""
        self._arrays: dict[bytes, list[Match]] = {}
        self._numbers: dict[str, list[Seen]] = {}
        self._factors = sorted({f for positive in factors for f in (positive, -positive)}, key=lambda f: abs(f - 1.0))
        for each in seen:
            if each.value.size == 1:
                self._numbers.setdefault(_digits(float(each.value.ravel()[0])), []).append(each)
                continue
            known = set()
            for order in (each.value, each.value.T):
                found = signature(order)
                if found is not None and found[0] not in known:
                    known.add(found[0])
                    self._arrays.setdefault(found[0], []).append(Match(each, found[1]))

    def whole(self, quantity: Array) -> list[Match]:
        """Return what is this quantity, in the order of time."""
        if quantity.size == 1:
            value = float(quantity.ravel()[0])
            if abs(value) < 1e-12 or abs(abs(value) - 1.0) < 1e-12:
                return []
            found = {
                id(each): Match(each, factor)
                for factor in reversed(self._factors)
                for each in self._numbers.get(_digits(factor * value), ())
            }
        else:
            own = signature(quantity)
            if own is None:
                return []
            found = {id(match.seen): Match(match.seen, match.factor / own[1]) for match in self._arrays.get(own[0], ())}
        return sorted(found.values(), key=lambda match: match.seen.order)

    def find(self, quantity: Array) -> list[Match]:
        """Return what is this quantity; and its rows, columns or numbers where the whole of it is read at most."""
        whole = self.whole(quantity)
        computed = any(match.seen.kind == "expression" and not is_reading(match.seen) for match in whole)
        return whole if computed else self.all(quantity)

    def parts(self, quantity: Array) -> list[Match]:
        """Return what is one of this quantity's rows, columns or numbers, in the order of time.

        With the factors that single numbers may have: a row of an outer product is any multiple of the other vector.
        """
        if quantity.size == 1:
            return []
        by_time: dict[int, Match] = {}
        for parts in (list(quantity), list(quantity.T), list(quantity.ravel())):
            for part in parts[:MOST_PARTS]:
                for match in self.whole(np.asarray(part)):
                    if not any(abs(match.factor - factor) <= EXACT * abs(factor) for factor in self._factors):
                        continue
                    by_time.setdefault(match.seen.order, match)
        return [by_time[order] for order in sorted(by_time)]

    def all(self, quantity: Array) -> list[Match]:
        """Return what is this quantity or a part of it, in the order of time."""
        return sorted([*self.whole(quantity), *self.parts(quantity)], key=lambda match: match.seen.order)


def innermost(matches: Sequence[Match]) -> list[Match]:
    """Return the matches in which the quantity is computed: no part of them is one too, and they are no mere reading.

    Where it is only read (its own line could not be looked into), the readings.
    """
    executions = {match.seen.execution for match in matches if match.seen.kind == "expression"}
    known = {(match.seen.execution, id(match.seen.node)) for match in matches if match.seen.kind == "expression"}
    inner = []
    for match in matches:
        seen = match.seen
        if seen.kind != "expression" or seen.node is None:
            if seen.execution not in executions:
                inner.append(match)
        elif not any((seen.execution, id(node)) in known for node in ast.walk(seen.node) if node is not seen.node):
            inner.append(match)
    computed = [match for match in inner if not is_reading(match.seen) or _is_cut(match.seen, known)]
    return computed or inner


def _is_cut(seen: Seen, known: set[tuple[int, int]]) -> bool:
    """Whether an expression cuts the quantity out of another that is not it."""
    node = seen.node
    if not isinstance(node, ast.Subscript) or (seen.execution, id(node.value)) in known:
        return False
    return any(isinstance(part, ast.Slice) for part in ast.walk(node.slice)) or ast.unparse(node.slice) == "-1"


def is_reading(seen: Seen) -> bool:
    """Whether an expression only reads what was computed before, turned or cut perhaps."""
    node = seen.node
    if seen.kind != "expression" or node is None:
        return False
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return isinstance(node, ast.Name | ast.List | ast.Tuple)


def _digits(value: float) -> str:
    return f"{value:.9e}" if math.isfinite(value) else "nan"
