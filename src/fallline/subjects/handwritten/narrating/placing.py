"""On which lines of the user's code a mistake is: where the values that it makes first appear."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np

from fallline.engine import Array
from fallline.subjects.handwritten.identifying.comparison import CROSS_ENTROPY, SQUARED, exact_gradient
from fallline.subjects.handwritten.identifying.explanation import LayerFit
from fallline.subjects.handwritten.identifying.identification import Identification, Mistake
from fallline.subjects.handwritten.narrating.alike import Index, Match, innermost, signature
from fallline.subjects.handwritten.narrating.expected import Layer, Traced
from fallline.subjects.handwritten.narrating.statements import called_name, targets
from fallline.subjects.handwritten.narrating.tracing import Seen

Place = tuple[str, int]  # file and line
SIGNS = ("sign_reversed", "sign_alternating")
SCALES = (
    "rate_twice", "rate_divided", "wrong_scale_by_features", "mean_for_sum_in_one_layer", "scale_of_layer",
)  # fmt: skip
EXACT = 1e-6
NOTHING = 1e-12  # what is left by rounding where terms cancel
COMMENT = re.compile(r"^\s*(pass\s*)?#+\s*(?P<text>[A-Za-z_].*)")
IN_ERROR = (
    "error_squared", "error_absolute", "weights_after_update", "bias_propagated", "transposed_weights",
    "wrong_layer_weights", "output_error_for_hidden",
)  # fmt: skip
IN_PRODUCT = ("pre_activation_for_activation", "weight_for_input", "last_row_only", "first_row_only")
ABSOLUTE = ("abs", "absolute", "fabs")
CASTS = ("astype", "int", "int_", "int32", "int64", "round", "rint", "floor", "ceil", "trunc", "fix", "around")
IN_CALLS = ("derivative_of_wrong_layer", "derivative_of_input")  # what a function is given is wrong, not the function
IN_EITHER = ("derivative_of_activation", "derivative_of_pre_activation")
IN_FUNCTIONS = ("derivative_of_wrong_function", *SIGNS)


class Placing:
    """Finds the lines of mistakes in one traced step."""

    def __init__(
        self, found: Traced, identification: Identification, rate: float | None, slot_names: Sequence[str]
    ) -> None:
        n = found.q.rows
        self.slot_names = slot_names
        rates = [1.0] if rate is None or rate <= 0.0 else [1.0, rate, 2.0 * rate, rate / n, rate * rate, 1.0 / rate]
        self.index = Index(found.trace.seen, [*rates, 0.5, 2.0, 1.0 / n])
        self.found, self.identification, self.rate = found, identification, rate
        explanation = identification.explanation
        self.fits: dict[int, LayerFit] = {fit.layer: fit for fit in explanation.fits} if explanation else {}

    def lines(self, mistake: Mistake) -> tuple[Place, ...]:
        """Return the lines of a mistake, in their order; none where nothing tells."""
        if mistake.code in SIGNS:
            found = self._sign(mistake)
        elif mistake.code in SCALES:
            found = [place for layer in self._uneven(mistake) for place in self._scaled(layer, mistake.code)]
        elif mistake.code == "data_changed":
            overwritten = any(mistake.code in fit.derivative.codes for fit in self.fits.values())
            found = [*self.found.trace.data, *(self._difference() if overwritten else [])]
        elif mistake.code == "softmax_axis":
            found = self._softmax()
        elif mistake.code == "shared_arrays":
            found = self._made()
        else:
            found = [place for layer in mistake.layers for place in self._of_layer(mistake.code, layer)]
        return tuple(sorted(set(found)))

    def _of_layer(self, code: str, layer: int) -> list[Place]:
        fit, here = self.fits.get(layer), self.found.layers[layer - 1]
        if code == "update_lost":
            return self._lost(layer)
        if code == "integer_weights":
            return [*self._cast(layer), *self.updates(layer)]
        if code == "layers_out_of_order":
            change = self.found.q.twin.matrices(self.found.update)[layer - 1]
            return [*self._sites(change[:, :-1]), *self._sites(change), *self.updates(layer)]
        if code == "momentum_sign":
            return self._velocity(layer) or self.updates(layer)
        if code == "bias_not_updated":
            return self._without_bias(layer)
        if fit is None:
            return self.updates(layer)
        if code == "broadcast_error":
            found = self._pairs() or self._first([here.error, here.delta, here.product], layer)
            return [*found, *self._flat_outputs()]
        if code == "derivative_missing":
            return self._last_delta(here, layer)
        if code == "stale_activations":
            made = [place for values in (*self.found.q.z[1:], *self.found.q.a[1:]) for place in self._sites(values[0])]
            return [*self.updates(layer), *self._callers(made)]
        if code in IN_ERROR or code in fit.error.codes:
            found = self._first([here.error, here.delta, here.product], layer)
            if code == "error_absolute":
                return self._absolute(here) or found
            if code == "weights_after_update":
                return [*found, *self.updates(layer + 1, before=here.error)]
            return [*found, *self._handed_on(here)] if self._is_right(here.error) else found
        if code.startswith("derivative") or code in fit.derivative.codes:
            if code == "derivative_of_wrong_layer":  # its slope is right elsewhere: what is wrong is the delta
                if self._is_right(here.delta):  # one number for all units leaves the delta a multiple of the error
                    return self._last_delta(here, layer)
                return self._first([here.delta, here.product], layer)
            return self._first([here.slope, here.delta, here.product], layer, self._right_slopes(layer), code)
        if code in IN_PRODUCT or code in fit.product.codes:
            bias = self._sites(here.bias) if fit.bias is not None and fit.bias.codes else []
            since = self._behind_forward_pass()
            found = [place for quantity in self._products(layer) for place in self._sites(quantity, since)]
            if code in ("last_row_only", "first_row_only") and not self.index.whole(self.found.q.z[1][0]):
                updates = self.updates(layer)  # rows are taken one at a time: the sum over them, or its last step, is wrong
                called = self._callers(updates)
                return [*called, *updates] if called else self._added_to(layer)
            return [*found, *bias] or self.updates(layer)
        if code == "bias_wrong_sum":
            return [*self._bias_sums(here), *self._added_to(layer, bias=True, further=True)] or self.updates(layer, bias=True)
        return self.updates(layer)

    # where a quantity is computed

    def _first(
        self, chain: Sequence[Array | None], layer: int, right: Sequence[Array] = (), code: str = ""
    ) -> list[Place]:
        """The lines that compute the first quantity of the chain that is wrong and can be seen.

        Lines that compute the right quantities are no mistake if the first of the chain is computed there too.
        """
        innocent = {place for value in right for place in self._sites(value)}
        for quantity in chain:
            if quantity is not None and not self._is_right(quantity):
                places = _places(self._by_part(innermost(self.index.find(quantity)), code))
                if found := [place for place in places if place not in innocent]:
                    return found
            innocent = set()
        return self.updates(layer)

    def _by_part(self, matches: list[Match], code: str) -> list[Match]:
        """Leave out the calls of a function that is itself wrong, or the function that is called wrongly."""
        if code not in (*IN_CALLS, *IN_FUNCTIONS, *IN_EITHER):
            return matches
        calls = [match for match in matches if self._is_call(match)]
        others = [match for match in matches if match not in calls]
        if code in IN_EITHER:
            return [*calls, *others]
        return (calls or others) if code in IN_CALLS else (others or calls)

    def _is_call(self, match: Match) -> bool:
        node = match.seen.node
        while isinstance(node, ast.Attribute | ast.Subscript | ast.UnaryOp):
            node = node.operand if isinstance(node, ast.UnaryOp) else node.value
        text = self.found.trace.texts[match.seen.file]
        return isinstance(node, ast.Call) and called_name(node) in text.functions

    def _sites(self, quantity: Array | None, since: int = -1) -> list[Place]:
        if quantity is None:
            return []
        return _places(innermost([match for match in self.index.find(quantity) if match.seen.order > since]))

    def _products(self, layer: int) -> list[Array]:
        """A layer's gradient in the forms that code can have it: alone, with the bias's, as its slots, of one row."""
        here, q = self.found.layers[layer - 1], self.found.q
        if here.product is None or here.bias is None or here.delta is None:
            return []
        found = [here.product, *self._shaped(layer, np.column_stack([here.product, here.bias]))]
        fit, inputs = self.fits[layer], q.a[layer - 1][0]
        if "pre_activation_for_activation" in fit.product.codes:
            inputs = q.z[layer - 1][0]
        if q.rows > 1 and not {"weight_for_input", "last_row_only", "first_row_only"} & set(fit.product.codes):
            for d, x in zip(here.delta[:8], inputs, strict=False):
                found += [np.outer(d, x), *self._shaped(layer, np.outer(d, [*x, 1.0]))]
        return found

    def _bias_sums(self, here: Layer) -> list[Place]:
        """Where what a bias is changed by is computed: its gradient as identified, or one number for all units."""
        change = self.found.q.twin.matrices(self.found.update)[here.number - 1][:, -1]
        quantities = [*([] if here.bias is None else [here.bias, here.bias[:1]]), change, change[:1]]
        return next((found for quantity in quantities if (found := self._sites(quantity))), [])

    def _added_to(self, layer: int, bias: bool = False, further: bool = False) -> list[Place]:
        """Where what a layer is changed by was last assigned and, further, what that is made of; else where it changes."""
        layout, trace = self.found.q.twin.layers[layer - 1], self.found.trace
        slots = (layout.bias or layout.weights) if bias else (*layout.weights, *layout.bias)
        places = Counter((moved.slot, moved.file, moved.line) for moved in trace.moved)
        found: list[Place] = []
        for moved in trace.moved:
            statement = trace.texts[moved.file].statements.get(moved.line)
            if moved.slot in slots and isinstance(statement, ast.Assign | ast.AugAssign):
                added = self._read_by(statement, moved.order)
                again = places[moved.slot, moved.file, moved.line] > 1
                if again or not added:
                    found.append((moved.file, moved.line))
                if not again or not further:
                    found += [(s.file, s.line) for s in added]
                if further and not again:
                    found += [(s.file, s.line) for e in added for s in self._read_by(self._statement(e), e.order)]
        return found

    def _read_by(self, statement: ast.stmt | None, until: int) -> list[Seen]:
        """What a statement reads that an assignment made before, other than what it assigns to itself."""
        if not isinstance(statement, ast.Assign | ast.AugAssign):
            return []
        read = {ast.unparse(node) for node in ast.walk(statement.value) if isinstance(node, ast.expr)}
        own = {ast.unparse(node) for node in targets(statement)}
        names = {seen.text: seen for seen in self.found.trace.seen[:until] if seen.kind == "assigned"}
        return [names[text] for text in read - own if text in names]

    def _shaped(self, layer: int, W: Array) -> list[Array]:
        """W (units, inputs + 1) in the shapes of the slots that hold the layer."""
        twin = self.found.q.twin
        values: list[Array] = [np.zeros(shape) for shape in twin.shapes]
        layout = twin.layers[layer - 1]
        layout.write(W, values)
        return [values[slot] for slot in layout.weights if values[slot].size > 1]

    def _absolute(self, here: Layer) -> list[Place]:
        """Where an absolute value is taken of as many numbers as there are errors."""
        sizes = {1} if here.error is None else {1, here.error.size, here.error.shape[1]}
        return [
            (seen.file, seen.line)
            for seen in self.found.trace.seen
            if isinstance(seen.node, ast.Call) and called_name(seen.node) in ABSOLUTE and seen.value.size in sizes
        ]

    def _handed_on(self, here: Layer) -> list[Place]:
        """The last assignments of an error that is right elsewhere, before this layer's delta is made of it."""
        if here.error is None or here.delta is None:
            return []
        made = innermost(self.index.find(here.delta))
        until = made[0].seen.order if made else 1 << 60
        narrow = [here.error, here.error[:, :1]]
        found = [m for value in narrow for m in self.index.find(value) if m.seen.kind == "assigned"]
        return _places([match for match in found if match.seen.order < until][-1:])

    def _is_right(self, quantity: Array | None) -> bool:
        """Whether a value is a right quantity of the network, so that to compute it is no mistake."""
        if quantity is None:
            return False
        if quantity.ndim == 2 and quantity.shape[1] > 1 and np.ptp(quantity, axis=1).max() == 0.0:
            quantity = quantity[:, :1]  # one column that was stretched
        own = signature(quantity)
        if own is None and quantity.size > 1:
            return True
        q = self.found.q
        known = [q.a[-1][0] - q.y[0], q.y[0], *(a[0] for a in q.a), *(z[0] for z in q.z), *self._clean_errors()]
        if own is None:
            return any(value.size == 1 and np.allclose(np.abs(value), np.abs(quantity).ravel()) for value in known)
        return any((other := signature(value)) is not None and other[0] == own[0] for value in known)

    def _clean_errors(self) -> Iterable[Array]:
        for number, fit in self.fits.items():
            error = self.found.layers[number - 1].error
            if error is not None and not fit.error.codes:
                yield error
            delta = self.found.layers[number - 1].delta
            if delta is not None and not fit.error.codes and not fit.derivative.codes:
                yield delta

    def _right_slopes(self, layer: int) -> list[Array]:
        """The slopes of other layers where they are right: a function that computes them does nothing wrong."""
        return [
            here.slope
            for here in self.found.layers
            if here.number != layer
            and here.slope is not None
            and here.number in self.fits
            and not self.fits[here.number].derivative.codes
            and signature(here.slope) is not None
        ]

    def _last_delta(self, here: Layer, layer: int) -> list[Place]:
        """Where the delta is made and last passed on before it is used: between them the derivative should have entered."""
        assert here.delta is not None
        deltas = self.index.whole(here.delta)
        if not any(self._passes_on(match.seen) for match in deltas):
            deltas = self.index.all(here.delta)
        quantities = self._products(layer)
        products = [match for quantity in quantities for match in self.index.whole(quantity)]
        products = products or [match for quantity in quantities for match in self.index.find(quantity)]
        since = deltas[0].seen.order if deltas else -1
        products = sorted((m for m in products if m.seen.order > since), key=lambda match: match.seen.order)
        until = products[0].seen.order if products else 1 << 60
        passed = [match for match in deltas if match.seen.order < until and self._passes_on(match.seen)]
        used = [match for match in passed if any(_names(match.seen.text, other.seen.text) for other in products)]
        if passed:
            last = (used or passed)[-1]
            before = [match for match in passed if match.seen.order < last.seen.order]
            handed = [match for match in before if not isinstance(self._statement(match.seen), ast.Assign)]
            named = [passed[0], *before[-1:], *handed, last]
        else:
            named = innermost(deltas) or innermost(products)
        return [*(_places(named) or self.updates(layer)), *self._ones(here.delta), *self._comments()]

    def _passes_on(self, seen: Seen) -> bool:
        """Whether a value is assigned, returned or put into a list there."""
        return seen.kind != "expression" or isinstance(self._statement(seen), ast.Expr)

    def _statement(self, seen: Seen) -> ast.stmt | None:
        return self.found.trace.texts[seen.file].statements.get(seen.line)

    def _ones(self, delta: Array) -> list[Place]:
        """Where a function returns 1 for each unit: a derivative that is left out there."""
        shapes = (delta.shape, delta.T.shape, (), (delta.shape[1],))
        return [
            (seen.file, seen.line)
            for seen in self.found.trace.seen
            if seen.kind == "returned" and seen.value.shape in shapes and (seen.value == 1.0).all()
        ]

    # the update

    def updates(self, layer: int, bias: bool | None = None, before: Array | None = None) -> list[Place]:
        """The lines on which a layer's parameters change, before a quantity is computed if so asked."""
        layout = self.found.q.twin.layers[layer - 1]
        slots = set(layout.bias if bias else layout.weights if bias is False else (*layout.weights, *layout.bias))
        until = 1 << 60
        if before is not None and (sites := innermost(self.index.find(before))):
            until = sites[0].seen.order
        moved = [each for each in self.found.trace.moved if each.slot in slots and each.order <= until]
        found = [(each.file, each.line) for each in moved if self._is_own(each.file, each.line)]
        made = [place for number in slots for place in self._sites(self._new_value(number))]
        if all(self._calls_a_function(*place) for place in found) and made:
            return sorted(set(made))  # the new values come back from a function that computes them
        return sorted(set(found)) or self._sites(self._after(layer)[:, : -1 if not bias else None])

    def _new_value(self, number: int) -> Array:
        """A slot's value after the step."""
        twin = self.found.q.twin
        values: list[Array] = [np.zeros(shape) for shape in twin.shapes]
        return twin.to_slots(self.found.before + np.nan_to_num(self.found.update), values)[number]

    def _old_values(self, layer: int) -> list[Array]:
        layout = self.found.q.twin.layers[layer - 1]
        return [self._old_value(number) for number in (*layout.weights, *layout.bias)]

    def _old_value(self, number: int) -> Array:
        """A slot's value before the step."""
        twin = self.found.q.twin
        return twin.to_slots(self.found.before, [np.zeros(shape) for shape in twin.shapes])[number]

    def _calls_a_function(self, file: str, line: int) -> bool:
        """Whether a line hands its work to one of the user's functions."""
        text = self.found.trace.texts[file]
        statement = text.statements.get(line)
        calls = [node for node in ast.walk(statement) if isinstance(node, ast.Call)] if statement else []
        return any(called_name(call) in text.functions for call in calls)

    def _is_own(self, file: str, line: int) -> bool:
        """Whether a line itself assigns, not only calls what does."""
        statement = self.found.trace.texts[file].statements.get(line)
        others = [each for each in self.found.trace.moved if (each.file, each.line) != (file, line)]
        return isinstance(statement, ast.Assign | ast.AugAssign) or not others

    def _after(self, layer: int) -> Array:
        twin = self.found.q.twin
        return twin.matrices(self.found.before + np.nan_to_num(self.found.update))[layer - 1]

    def _lost(self, layer: int) -> list[Place]:
        """Where new weights are computed that are not kept; else where the old ones are kept; else the last gradient."""
        old, since = self._old_values(layer), self._behind_forward_pass()
        if computed := self._computed_from(old, since):
            functions = {(s.file, s.function) for s in self.found.trace.seen if (s.file, s.line) in computed}
            returned = [
                (seen.file, seen.line)
                for seen in self.found.trace.seen
                if seen.kind == "returned"
                and (seen.file, seen.function) in functions
                and any(_is_of(seen.value, w) for w in old)
            ]
            return [*computed, *returned, *self._local_names(computed)]
        gradient = self._used_gradient(layer)
        return self._kept(old, max([since, *(m.seen.order for m in gradient[:1])])) or _places(gradient[-1:])

    def _local_names(self, places: Sequence[Place]) -> list[Place]:
        """Where the functions with these lines make local names of what the lines assign to, or leave out `global`."""
        found = []
        for file, line in places:
            text = self.found.trace.texts[file]
            statement = text.statements.get(line)
            names = {node.id for node in targets(statement) if isinstance(node, ast.Name)} if statement else set()
            for function in (f for each in text.functions.values() for f in each):
                if not function.lineno <= line <= (function.end_lineno or 0):
                    continue
                for node in ast.walk(function):
                    made = isinstance(node, ast.Assign) and {ast.unparse(t) for t in targets(node)} & names
                    if (made and node.lineno < line) or (names and isinstance(node, ast.Global)):
                        found.append((file, node.lineno))
        return found

    def _behind_forward_pass(self) -> int:
        return min((match.seen.order for match in self.index.find(self.found.q.a[-1][0])), default=0)

    def _computed_from(self, old: Sequence[Array], since: int) -> list[Place]:
        """Where something is added to or subtracted from the weights, behind the forward pass, whatever it is."""
        forward = {match.seen.order for z in self.found.q.z[1:] for match in self.index.find(z[0])}
        known = {(seen.execution, id(seen.node)): seen.value for seen in self.found.trace.seen}
        return [
            (seen.file, seen.line)
            for seen in self.found.trace.seen
            if seen.order > since and seen.order not in forward
            if isinstance(seen.node, ast.BinOp) and isinstance(seen.node.op, ast.Add | ast.Sub)
            for operand in (seen.node.left, seen.node.right)
            if (value := known.get((seen.execution, id(operand)))) is not None
            and any(_is_of(value, w) for w in old)
            and not np.array_equal(value, seen.value)  # nothing is added
        ]

    def _cast(self, layer: int) -> list[Place]:
        """Where numbers are made whole ones, or else where new weights are computed."""
        sizes = {value.size for value in self._old_values(layer)}
        cast = [
            (seen.file, seen.line)
            for seen in self.found.trace.seen
            if isinstance(seen.node, ast.Call) and called_name(seen.node) in CASTS and seen.value.size in {1, *sizes}
        ]
        return cast or self._computed_from(self._old_values(layer), self._behind_forward_pass())

    def _callers(self, places: Sequence[Place]) -> list[Place]:
        """Where the functions that contain these lines are called in the step."""
        found = []
        for file, line in places:
            text = self.found.trace.texts[file]
            inside = {f.name for each in text.functions.values() for f in each if f.lineno <= line <= (f.end_lineno or 0)}
            for name in {name for own, name in self.found.trace.calls if own == file} - inside:
                for function in text.functions.get(name, ()):
                    calls = (node for node in ast.walk(function) if isinstance(node, ast.Call))
                    found += [(file, call.lineno) for call in calls if called_name(call) in inside]
        return found

    def _kept(self, old: Sequence[Array], since: int) -> list[Place]:
        """Where old values are assigned as if they were new, after the gradient is known."""
        return [
            (seen.file, seen.line)
            for seen in self.found.trace.seen
            if seen.kind == "assigned" and seen.order > since and any(_is_of(seen.value, value) for value in old)
            if not isinstance(self._statement(seen), ast.AugAssign)
        ]

    def _used_gradient(self, layer: int) -> list[Match]:
        """Where a layer's gradient is seen, as it is used, if that is known, or the exact one of either loss."""
        gradients = self._products(layer)
        for loss in (SQUARED, CROSS_ENTROPY):
            weights, bias = (part[layer - 1][0] for part in exact_gradient(self.found.q, loss))
            gradients += [weights, *self._shaped(layer, np.column_stack([weights, bias]))]
        return sorted((m for each in gradients for m in self.index.find(each)), key=lambda match: match.seen.order)

    def _velocity(self, layer: int) -> list[Place]:
        """Where the share of the last step enters; where what holds the share is made, if that is negative itself."""
        momentum = abs(self.found.momentum)
        shares = [s for s in self.found.trace.seen if s.value.size == 1 and abs(abs(s.value.item()) - momentum) < EXACT]
        negative = [seen for seen in shares if seen.value.item() < 0.0 and not isinstance(seen.node, ast.UnaryOp)]
        if not negative:
            layout = self.found.q.twin.layers[layer - 1]
            shapes = {self._old_value(number).shape for number in (*layout.weights, *layout.bias)}
            known = {seen.execution for seen in self.found.trace.seen if seen.value.shape in shapes}
            return [(s.file, s.line) for s in shares if s.execution in known] or [(s.file, s.line) for s in shares]
        names = {_last_name(seen.node) for seen in negative if seen.node is not None} - {""}
        return [
            (file, node.lineno)
            for file, text in self.found.trace.texts.items()
            for node in ast.walk(text.tree)
            if isinstance(node, ast.Assign)
            for target in node.targets
            if any(isinstance(part, ast.expr) and _last_name(part) in names for part in ast.walk(target))
        ]

    def _without_bias(self, layer: int) -> list[Place]:
        """The layer's update, where the bias's should stand beside it, stands in a comment, or adds what is nothing."""
        layout = self.found.q.twin.layers[layer - 1]
        gradient = self._used_gradient(layer)
        kept = self._kept([self._old_value(n) for n in layout.bias], gradient[0].seen.order if gradient else 0)
        nothing = [
            (seen.file, seen.line)
            for seen in self.found.trace.seen
            if isinstance(seen.node, ast.Call) and called_name(seen.node) == "sum" and np.abs(seen.value).max() < NOTHING
        ]
        bias = self._sites(self.found.layers[layer - 1].bias)
        updates = self.updates(layer, bias=False)
        return [*updates, *self._loops_over_names(updates), *self._comments(), *kept, *nothing, *bias]

    def _loops_over_names(self, places: Sequence[Place]) -> list[Place]:
        """The loops over names written out that hold these lines: a name that is missing there is not updated."""
        return [
            (file, node.lineno)
            for file, line in places
            for node in ast.walk(self.found.trace.texts[file].tree)
            if isinstance(node, ast.For) and node.lineno < line <= (node.end_lineno or 0)
            if any(isinstance(part, ast.Constant) and isinstance(part.value, str) for part in ast.walk(node.iter))
        ]

    def _comments(self) -> list[Place]:
        """Lines of the step's functions in which an assignment is commented out."""
        found = []
        for file, text in self.found.trace.texts.items():
            ran = {name for own, name in self.found.trace.calls if own == file}
            for name in ran:
                for function in text.functions.get(name, ()):
                    last = function.end_lineno or function.lineno
                    while last < len(text.lines) and re.match(r"\s*(#|$)", text.lines[last]):
                        last += 1  # comments behind the last statement
                    lines = range(function.lineno, last + 1)
                    found += [(file, line) for line in lines if _is_commented_out(text.lines[line - 1])]
            if "<module>" in ran:
                found += [(file, n) for n, line in enumerate(text.lines, 1) if _is_commented_out(line)]
        return found

    # signs

    def negative_slopes(self) -> dict[int, list[Place]]:
        """Return, by layer, the lines that compute minus its derivative, or turn its delta as that of every layer."""
        found = {}
        for here in self.found.layers:
            if here.slope is None:
                continue
            matches = [match for match in innermost(self.index.find(here.slope)) if match.factor < 0.0]
            if signature(here.slope) is None:
                matches = [match for match in matches if here.slope.size == 1 and match.factor == -1.0]
            matches = self._by_part(matches, "sign_alternating")
            if matches:
                found[here.number] = _places(matches)
        turned = [{place for place, ratio in self._ratios(layer, deltas=True) if ratio < 0.0} for layer in self.fits]
        common = set.intersection(*turned) if len(turned) > 1 else set()
        return {layer: sorted(common) for layer in self.fits} if common and not found else found

    def _difference(self) -> list[Place]:
        """Where the error of the outputs is computed: ŷ − y, or the derivative of a cross-entropy in ŷ."""
        q = self.found.q
        a, y = q.a[-1][0], q.y[0]
        with np.errstate(all="ignore"):
            quantities = [a - y, -y / a, (a - y) / (a * (1.0 - a))]
        if (used := self.found.layers[-1].error) is not None:
            quantities.append(used)
        finite = [quantity for quantity in quantities if np.isfinite(quantity).all()]
        return [place for quantity in finite for place in self._sites(quantity)]

    def _sign(self, mistake: Mistake) -> list[Place]:
        depth = self.found.q.depth
        slopes = self.negative_slopes()
        if mistake.code == "sign_alternating" and slopes:
            return [place for places in slopes.values() for place in places]
        if mistake.what == "bias" or mistake.sentence.find("bias goes up") >= 0:
            return [place for layer in mistake.layers for place in self.updates(layer, bias=True)]
        updates = [place for layer in mistake.layers for place in self.updates(layer)]
        if len(mistake.layers) == depth:
            return [*self._difference(), *updates]
        if len(slopes) == depth > 1:  # one minus sign in each layer
            return [place for places in slopes.values() for place in places]
        healthy = [layer for layer in self.fits if layer not in mistake.layers]
        odd = [layer for layer in mistake.layers if layer in slopes and any(h not in slopes for h in healthy)]
        negative = [place for layer in odd for place in slopes[layer]]
        return [*negative, *(updates if not negative else []), *self._turned(mistake.layers, healthy)]

    def _turned(self, layers: Sequence[int], healthy: Sequence[int]) -> list[Place]:
        """Lines at which a layer's delta or gradient gets another sign, where that of healthy layers does not."""
        found = {place for layer in layers for place, ratio in self._ratios(layer) if ratio < 0.0}
        innocent = {place for layer in healthy for place, ratio in self._ratios(layer) if ratio < 0.0}
        return sorted(found - innocent)

    # scales

    def _ratios(self, layer: int, deltas: bool = False) -> list[tuple[Place, float]]:
        """Return each line at which an expression is a part of itself times a factor, with the factor."""
        here, found = self.found.layers[layer - 1], []
        for quantity in (here.error, here.delta, *([] if deltas else [here.product, here.bias])):
            matches = [] if quantity is None else self.index.find(quantity)
            by_node = {(m.seen.execution, id(m.seen.node)): m for m in matches if m.seen.kind == "expression"}
            for match in by_node.values():
                assert match.seen.node is not None
                for child in ast.iter_child_nodes(match.seen.node):
                    inner = by_node.get((match.seen.execution, id(child)))
                    if inner is not None and abs(match.factor / inner.factor - 1.0) > EXACT:
                        found.append(((match.seen.file, match.seen.line), match.factor / inner.factor))
        return found

    def _uneven(self, mistake: Mistake) -> set[int]:
        """The layers of a mistake; of a mean beside a sum also those that are the other of the two in another reading."""
        readings = (self.identification.mistakes, *self.identification.alternatives)
        same = [other for reading in readings for other in reading if other.code == mistake.code]
        return {layer for each in (same if mistake.code == "mean_for_sum_in_one_layer" else [mistake]) for layer in each.layers}

    def _scaled(self, layer: int, code: str) -> list[Place]:
        ratios = [(place, abs(ratio)) for place, ratio in self._ratios(layer) if abs(abs(ratio) - 1.0) > EXACT]
        if code in ("rate_twice", "rate_divided") and self.rate:
            powers = (1, 2) if code == "rate_twice" else (-1,)
            wanted = [self.rate**power for power in powers]
            ratios = [(place, r) for place, r in ratios if any(abs(r / w - 1.0) < EXACT for w in wanted)]
        elif self.rate:
            ratios = [(place, r) for place, r in ratios if abs(r / self.rate - 1.0) > EXACT]
        here = self.found.layers[layer - 1]
        found = [place for place, _ in ratios]
        if code.startswith("rate"):
            return found or self.updates(layer)
        if code == "wrong_scale_by_features":
            found += self._counts(self.found.q.twin.shape)
        return [*found, *self._sites(here.product), *self._sites(here.bias)] or self.updates(layer)

    def _counts(self, numbers: Sequence[int]) -> list[Place]:
        """Where one of these numbers is read off an array's shape and given a name."""
        return [
            (seen.file, seen.line)
            for seen in self.found.trace.seen
            if seen.kind == "assigned" and seen.value.size == 1 and seen.value.item() in numbers
            if (statement := self._statement(seen)) is not None
            if re.search(r"shape|size|len\(", ast.unparse(statement))
        ]

    # the rest

    def _pairs(self) -> list[Place]:
        q = self.found.q
        pairs = q.a[-1][0][:, :1] - q.y[0][:, :1].T
        return self._sites(pairs)

    def _flat_outputs(self) -> list[Place]:
        """Where the outputs, a column, are computed as one row of numbers."""
        flat = [match for match in self.index.whole(self.found.q.a[-1][0]) if match.seen.value.ndim == 1]
        return _places(innermost(flat))

    def _softmax(self) -> list[Place]:
        q = self.found.q
        sums = [self.index.whole(value) for value in _column_sums(q.z[-1][0])]
        divided = [
            match
            for match in self.index.whole(q.a[-1][0])
            if isinstance(match.seen.node, ast.BinOp) and isinstance(match.seen.node.op, ast.Div)
        ]
        return [*self._sites(q.a[-1][0]), *_places(divided), *(p for found in sums for p in _places(innermost(found)))]

    def _made(self) -> list[Place]:
        """Where the source makes what the parameters are kept in, outside of the step: copies by reference, if any."""
        moved = {(each.file, each.line) for each in self.found.trace.moved}
        words = {word for name in self.slot_names for word in re.findall(r"[A-Za-z_]\w*", name)} - {"self"}
        made: list[Place] = []
        by_reference: list[Place] = []
        for file, text in self.found.trace.texts.items():
            for node in ast.walk(text.tree):
                if not isinstance(node, ast.Assign | ast.Return) or node.value is None or (file, node.lineno) in moved:
                    continue
                parts = list(ast.walk(node.value))
                keys = {part.value for part in parts if isinstance(part, ast.Constant)}
                own = set() if isinstance(node, ast.Return) else {_last_name(target) for target in node.targets}
                if words & own or words & keys:
                    made.append((file, node.lineno))
                named = words & (own | keys | {_last_name(node.value)})
                reads = isinstance(node, ast.Assign) and isinstance(node.value, ast.Name | ast.Attribute | ast.Subscript)
                if any(_repeats_one(part) for part in parts) or (named and reads):
                    by_reference.append((file, node.lineno))
        return by_reference or made


def _repeats_one(node: ast.AST) -> bool:
    """Whether an expression makes a list of one thing many times, other than of a number: `[[0.0] * n] * m`."""
    if not isinstance(node, ast.BinOp) or not isinstance(node.op, ast.Mult):
        return False
    lists = [side for side in (node.left, node.right) if isinstance(side, ast.List)]
    return any(not isinstance(item, ast.Constant | ast.UnaryOp) for side in lists for item in side.elts)


def _is_of(value: Array, weights: Array) -> bool:
    """Whether a value is these weights, turned perhaps, or one number of them."""
    if value.size == 1:
        return bool((weights == value.ravel()[0]).any())
    return any(value.shape == turned.shape and np.array_equal(value, turned) for turned in (weights, weights.T))


def _is_commented_out(line: str) -> bool:
    """Whether a line is a comment whose text assigns something."""
    comment = COMMENT.match(line)
    try:
        parsed = ast.parse(comment["text"].strip()).body if comment else []
    except SyntaxError:
        return False
    return any(isinstance(statement, ast.Assign | ast.AugAssign) for statement in parsed)


def _last_name(target: ast.expr) -> str:
    while isinstance(target, ast.Subscript):
        target = target.value
    return target.attr if isinstance(target, ast.Attribute) else getattr(target, "id", "")


def _column_sums(z: Array) -> list[Array]:
    e = np.exp(z)
    return [e.sum(axis=0), np.exp(z - z.max()).sum(axis=0)]


def _names(name: str, text: str) -> bool:
    """Whether a text has this name as a word."""
    return re.search(rf"(?<![\w.]){re.escape(name)}(?![\w.])", text) is not None


def _places(matches: Iterable[Match]) -> list[Place]:
    return list(dict.fromkeys((match.seen.file, match.seen.line) for match in matches))
