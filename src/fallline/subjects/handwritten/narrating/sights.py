"""What one traced step shows: where its quantities are seen, and which lines update, read and call."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

import numpy as np

from fallline.engine import Array
from fallline.subjects.handwritten.identifying.explanation import LayerFit
from fallline.subjects.handwritten.identifying.identification import Identification
from fallline.subjects.handwritten.narrating.alike import Index, Match, innermost, signature
from fallline.subjects.handwritten.narrating.expected import Layer, Traced
from fallline.subjects.handwritten.narrating.statements import called_name, targets
from fallline.subjects.handwritten.narrating.tracing import Place, Seen
from fallline.subjects.handwritten.twins.layout import LayerLayout

NEVER = 1 << 60  # later than anything that was seen
MOST_ROWS = 8  # whose gradients are looked for one by one
NOT_BY_ROWS = {"weight_for_input", "last_row_only", "first_row_only"}  # products that are no sum over the rows


class Sights:
    """One traced step and what was identified in it; layers count from 1."""

    def __init__(
        self, found: Traced, identification: Identification, rate: float | None, slot_names: Sequence[str]
    ) -> None:
        n = found.q.rows
        rates = [1.0] if rate is None or rate <= 0.0 else [1.0, rate, 2.0 * rate, rate / n, rate * rate, 1.0 / rate]
        self.index = Index(found.trace.seen, [*rates, 0.5, 2.0, 1.0 / n])
        self.found, self.q, self.trace = found, found.q, found.trace
        self.identification, self.rate, self.slot_names = identification, rate, slot_names
        explanation = identification.explanation
        self.fits: dict[int, LayerFit] = {fit.layer: fit for fit in explanation.fits} if explanation else {}

    # quantities

    def layer(self, number: int) -> Layer:
        """Return a layer's quantities as they are used."""
        return self.found.layers[number - 1]

    def layout(self, number: int) -> LayerLayout:
        """Return in which slots a layer is kept."""
        return self.q.twin.layers[number - 1]

    def new_matrix(self, layer: int) -> Array:
        """Return a layer's W (units, inputs + 1) after the step."""
        return self.q.twin.matrices(self._after)[layer - 1]

    def change(self, layer: int) -> Array:
        """Return what the step adds to a layer's W (units, inputs + 1)."""
        return self.q.twin.matrices(self.found.update)[layer - 1]

    @cached_property
    def old_slots(self) -> list[Array]:
        """The slots' values before the step."""
        return self.q.twin.to_slots(self.found.before, self._empty())

    @cached_property
    def new_slots(self) -> list[Array]:
        """The slots' values after the step."""
        return self.q.twin.to_slots(self._after, self._empty())

    @cached_property
    def _after(self) -> Array:
        return self.found.before + np.nan_to_num(self.found.update)

    def _empty(self) -> list[Array]:
        return [np.zeros(shape) for shape in self.q.twin.shapes]

    def old_values(self, layer: int) -> list[Array]:
        """Return the values before the step of the slots that hold a layer."""
        layout = self.layout(layer)
        return [self.old_slots[slot] for slot in (*layout.weights, *layout.bias)]

    def shaped(self, layer: int, W: Array) -> list[Array]:
        """Return W (units, inputs + 1) in the shapes of the slots that hold the layer."""
        values = self._empty()
        self.layout(layer).write(W, values)
        return [values[slot] for slot in self.layout(layer).weights if values[slot].size > 1]

    def products(self, layer: int) -> list[Array]:
        """Return a layer's gradient as code can have it: alone, with the bias's, in the slots' shapes, of one row."""
        here = self.layer(layer)
        if here.product is None or here.bias is None or here.delta is None:
            return []
        found = [here.product, *self.shaped(layer, np.column_stack([here.product, here.bias]))]
        codes, inputs = set(self.fits[layer].product.codes), self.q.a[layer - 1][0]
        if "pre_activation_for_activation" in codes:
            inputs = self.q.z[layer - 1][0]
        if self.q.rows > 1 and not NOT_BY_ROWS & codes:
            for d, x in zip(here.delta[:MOST_ROWS], inputs, strict=False):
                found += [np.outer(d, x), *self.shaped(layer, np.outer(d, [*x, 1.0]))]
        return found

    def is_right(self, quantity: Array | None) -> bool:
        """Whether a value is a right quantity of the network, so that to compute it is no mistake."""
        if quantity is None:
            return False
        if quantity.ndim == 2 and quantity.shape[1] > 1 and np.ptp(quantity, axis=1).max() == 0.0:
            quantity = quantity[:, :1]  # one column that was stretched
        own = signature(quantity)
        if own is None and quantity.size > 1:
            return True
        q = self.q
        known = [q.a[-1][0] - q.y[0], q.y[0], *(a[0] for a in q.a), *(z[0] for z in q.z), *self._right_errors()]
        if own is None:
            return any(value.size == 1 and np.allclose(np.abs(value), np.abs(quantity).ravel()) for value in known)
        return any((other := signature(value)) is not None and other[0] == own[0] for value in known)

    def _right_errors(self) -> Iterator[Array]:
        """The errors and deltas of the layers in which they are no mistake."""
        for number, fit in self.fits.items():
            here = self.layer(number)
            if here.error is not None and not fit.error.codes:
                yield here.error
            if here.delta is not None and not fit.error.codes and not fit.derivative.codes:
                yield here.delta

    # where they are seen

    def sites(self, quantity: Array | None, since: int = -1) -> list[Place]:
        """Return the lines that compute a quantity, after a time if so asked."""
        if quantity is None:
            return []
        return places(innermost([match for match in self.index.find(quantity) if match.seen.order > since]))

    @cached_property
    def end_of_forward_pass(self) -> int:
        """When the outputs are first seen."""
        return min((match.seen.order for match in self.index.find(self.q.a[-1][0])), default=0)

    def calls_among(self, matches: list[Match]) -> list[Match]:
        """Return the calls of the user's functions among matches, or else all of them."""
        return [match for match in matches if self._is_call(match)] or matches

    def functions_among(self, matches: list[Match]) -> list[Match]:
        """Return what is computed inside of functions or in place, not called; or else all of the matches."""
        return [match for match in matches if not self._is_call(match)] or matches

    def _is_call(self, match: Match) -> bool:
        node: ast.AST | None = match.seen.node
        while isinstance(node, ast.Attribute | ast.Subscript | ast.UnaryOp):
            node = node.operand if isinstance(node, ast.UnaryOp) else node.value
        return isinstance(node, ast.Call) and called_name(node) in self.trace.texts[match.seen.file].functions

    # lines

    def statement(self, place: Place) -> ast.stmt | None:
        """Return the statement on a line."""
        file, line = place
        return self.trace.texts[file].statements.get(line)

    def read_by(self, statement: ast.stmt | None, until: int) -> list[Seen]:
        """Return what a statement reads that an assignment made before, other than what it assigns to itself."""
        if not isinstance(statement, ast.Assign | ast.AugAssign):
            return []
        read = {ast.unparse(node) for node in ast.walk(statement.value) if isinstance(node, ast.expr)}
        own = {ast.unparse(node) for node in targets(statement)}
        names = {seen.text: seen for seen in self.trace.seen[:until] if seen.kind == "assigned"}
        return [names[text] for text in read - own if text in names]

    def callers(self, of: Iterable[Place]) -> list[Place]:
        """Return where the functions that contain lines are called in the step."""
        found = []
        for file, line in of:
            text = self.trace.texts[file]
            inside = {
                f.name for each in text.functions.values() for f in each if f.lineno <= line <= (f.end_lineno or 0)
            }
            for name in {name for own, name in self.trace.calls if own == file} - inside:
                for function in text.functions.get(name, ()):
                    calls = (node for node in ast.walk(function) if isinstance(node, ast.Call))
                    found += [(file, call.lineno) for call in calls if called_name(call) in inside]
        return found

    def updates(self, layer: int, bias: bool | None = None, before: Array | None = None) -> list[Place]:
        """Return the lines on which a layer's parameters change, before a quantity is computed if so asked.

        With bias, those on which the bias changes or, if False, the weights.
        """
        layout, until = self.layout(layer), NEVER
        slots = set(layout.bias if bias else layout.weights if bias is False else (*layout.weights, *layout.bias))
        if before is not None and (sites := innermost(self.index.find(before))):
            until = sites[0].seen.order
        moved = {each.place for each in self.trace.moved if each.slot in slots and each.order <= until}
        found = {place for place in moved if self._assigns(place)}
        made = {place for slot in slots for place in self.sites(self.new_slots[slot])}
        if made and all(self._calls_a_function(place) for place in found):
            return sorted(made)  # the new values come back from a function that computes them
        return sorted(found) or self.sites(self.new_matrix(layer)[:, : None if bias else -1])

    def _assigns(self, place: Place) -> bool:
        """Whether a line that changes parameters itself assigns, not only calls what does."""
        others = any(each.place != place for each in self.trace.moved)
        return isinstance(self.statement(place), ast.Assign | ast.AugAssign) or not others

    def _calls_a_function(self, place: Place) -> bool:
        """Whether a line hands its work to one of the user's functions."""
        statement, functions = self.statement(place), self.trace.texts[place[0]].functions
        nodes = ast.walk(statement) if statement else ()
        return any(isinstance(node, ast.Call) and called_name(node) in functions for node in nodes)


def places(matches: Iterable[Match]) -> list[Place]:
    """Return the lines of matches, each once."""
    return list(dict.fromkeys(match.seen.place for match in matches))
