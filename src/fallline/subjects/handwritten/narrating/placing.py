"""On which lines of the user's code a mistake is: where the values that it makes first appear."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Sequence

import numpy as np

from fallline.engine import Array
from fallline.subjects.handwritten.identifying.explanation import LayerFit
from fallline.subjects.handwritten.identifying.identification import Identification, Mistake
from fallline.subjects.handwritten.narrating.alike import Index, Match, innermost, signature
from fallline.subjects.handwritten.narrating.expected import Layer, Traced
from fallline.subjects.handwritten.narrating.statements import called_name

Place = tuple[str, int]  # file and line
SIGNS = ("sign_reversed", "sign_alternating")
SCALES = (
    "rate_twice", "rate_divided", "wrong_scale_by_features", "mean_for_sum_in_one_layer", "scale_of_layer",
)  # fmt: skip
EXACT = 1e-6
COMMENTED = re.compile(r"^\s*(pass\s*)?#\s*[\w.\[\]\-+*/ ]+[^=!<>]=[^=]")
IN_ERROR = (
    "error_squared", "error_absolute", "weights_after_update", "bias_propagated", "transposed_weights",
    "wrong_layer_weights", "output_error_for_hidden",
)  # fmt: skip
IN_PRODUCT = ("pre_activation_for_activation", "weight_for_input", "last_row_only", "first_row_only")
IN_CALLS = ("derivative_of_wrong_layer", "derivative_of_input")  # what a function is given is wrong, not the function
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
            found = [place for layer in mistake.layers for place in self._scaled(layer, mistake.code)]
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
        if code in ("integer_weights", "layers_out_of_order"):
            return self.updates(layer)
        if code == "momentum_sign":
            return [*self._velocity(layer), *self.updates(layer)]
        if code == "bias_not_updated":
            return self._without_bias(layer)
        if fit is None:
            return self.updates(layer)
        if code == "broadcast_error":
            return self._pairs() or self._first([here.error, here.delta, here.product], layer)
        if code == "derivative_missing":
            return self._last_delta(here, layer)
        if code in IN_ERROR or code in fit.error.codes:
            found = self._first([here.error, here.delta, here.product], layer)
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
            found = [place for quantity in self._products(layer) for place in self._sites(quantity)]
            return [*found, *bias] or self.updates(layer)
        if code == "bias_wrong_sum":
            return self._bias_sums(here) or self.updates(layer, bias=True)
        return self.updates(layer)

    # where a quantity is computed

    def _first(
        self, chain: Sequence[Array | None], layer: int, right: Sequence[Array] = (), code: str = ""
    ) -> list[Place]:
        """The lines that compute the first quantity of the chain that is wrong and can be seen."""
        for quantity in chain:
            if quantity is None or self._is_right(quantity):
                continue
            places = _places(self._by_part(innermost(self.index.find(quantity)), code))
            innocent = {place for value in right for place in self._sites(value)}
            if [place for place in places if place not in innocent]:
                return [place for place in places if place not in innocent]
        return self.updates(layer)

    def _by_part(self, matches: list[Match], code: str) -> list[Match]:
        """Leave out the calls of a function that is itself wrong, or the function that is called wrongly."""
        if code not in (*IN_CALLS, *IN_FUNCTIONS):
            return matches
        calls = [match for match in matches if self._is_call(match)]
        others = [match for match in matches if match not in calls]
        return (calls or others) if code in IN_CALLS else (others or calls)

    def _is_call(self, match: Match) -> bool:
        node = match.seen.node
        while isinstance(node, ast.Attribute | ast.Subscript | ast.UnaryOp):
            node = node.operand if isinstance(node, ast.UnaryOp) else node.value
        text = self.found.trace.texts[match.seen.file]
        return isinstance(node, ast.Call) and called_name(node) in text.functions

    def _sites(self, quantity: Array | None) -> list[Place]:
        return [] if quantity is None else _places(innermost(self.index.find(quantity)))

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
        for quantity in (here.bias, change, change[:1]):
            if quantity is not None and (found := self._sites(quantity)):
                return found
        return []

    def _shaped(self, layer: int, W: Array) -> list[Array]:
        """W (units, inputs + 1) in the shapes of the slots that hold the layer."""
        twin = self.found.q.twin
        values: list[Array] = [np.zeros(shape) for shape in twin.shapes]
        layout = twin.layers[layer - 1]
        layout.write(W, values)
        return [values[slot] for slot in layout.weights if values[slot].size > 1]

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
        """The last line that makes the delta before it is used: there the derivative should have entered."""
        assert here.delta is not None
        deltas = self.index.find(here.delta)
        quantities = self._products(layer)
        products = [match for quantity in quantities for match in self.index.whole(quantity)]
        products = products or [match for quantity in quantities for match in self.index.find(quantity)]
        products.sort(key=lambda match: match.seen.order)
        until = products[0].seen.order if products else 1 << 60
        assigned = [match for match in deltas if match.seen.kind == "assigned" and match.seen.order < until]
        used = [match for match in assigned if any(_names(match.seen.text, other.seen.text) for other in products)]
        if assigned:
            return [*_places((used or assigned)[-1:]), *self._ones(here.delta)]
        found = _places(innermost(deltas)) or _places(innermost(products)) or self.updates(layer)
        return [*found, *self._ones(here.delta)]

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
        """Where the new weights are computed: the seen value minus the weights is a multiple of the gradient."""
        exact = np.column_stack([part[layer - 1] for part in self.found.exact])
        here = self.found.layers[layer - 1]
        used = exact if here.product is None or here.bias is None else np.column_stack([here.product, here.bias])
        befores = self._shaped(layer, self.found.q.full(layer)[0])
        found = []
        for gradient in (used, exact):
            for old, part in zip(befores, self._shaped(layer, gradient), strict=True):
                own = signature(part)
                for seen in self.found.trace.seen:
                    if own is None or seen.value.shape != old.shape:
                        continue
                    rest = signature(seen.value - old)
                    if rest is not None and rest[0] == own[0]:
                        found.append((seen.file, seen.line))
        return found or [place for quantity in self._products(layer) for place in self._sites(quantity)]

    def _velocity(self, layer: int) -> list[Place]:
        return self._sites(self.found.q.twin.matrices(self.found.update)[layer - 1][:, :-1])

    def _without_bias(self, layer: int) -> list[Place]:
        """The layer's update, where the bias's should stand beside it, or stands in a comment."""
        found = self.updates(layer, bias=False)
        commented = [place for place in self._comments() if place not in found]
        return [*found, *commented, *self._sites(self.found.layers[layer - 1].bias)]

    def _comments(self) -> list[Place]:
        """Lines of the step's functions in which an assignment is commented out."""
        found = []
        for file, text in self.found.trace.texts.items():
            ran = {name for own, name in self.found.trace.calls if own == file}
            for name in ran:
                for function in text.functions.get(name, ()):
                    lines = range(function.lineno, (function.end_lineno or function.lineno) + 1)
                    found += [(file, line) for line in lines if COMMENTED.match(text.lines[line - 1])]
            if "<module>" in ran:
                found += [(file, n) for n, line in enumerate(text.lines, 1) if COMMENTED.match(line)]
        return found

    # signs

    def negative_slopes(self) -> dict[int, list[Place]]:
        """Return, by layer, the lines that compute minus its derivative."""
        found = {}
        for here in self.found.layers:
            if here.slope is None or signature(here.slope) is None:
                continue
            matches = [match for match in innermost(self.index.find(here.slope)) if match.factor < 0.0]
            matches = self._by_part(matches, "sign_alternating")
            if matches:
                found[here.number] = _places(matches)
        return found

    def _difference(self) -> list[Place]:
        q = self.found.q
        return self._sites(q.a[-1][0] - q.y[0])

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

    def _ratios(self, layer: int) -> list[tuple[Place, float]]:
        """Return each line at which an expression is a part of itself times a factor, with the factor."""
        here, found = self.found.layers[layer - 1], []
        for quantity in (here.error, here.delta, here.product, here.bias):
            matches = [] if quantity is None else self.index.find(quantity)
            by_node = {(m.seen.execution, id(m.seen.node)): m for m in matches if m.seen.kind == "expression"}
            for match in by_node.values():
                assert match.seen.node is not None
                for child in ast.iter_child_nodes(match.seen.node):
                    inner = by_node.get((match.seen.execution, id(child)))
                    if inner is not None and abs(match.factor / inner.factor - 1.0) > EXACT:
                        found.append(((match.seen.file, match.seen.line), match.factor / inner.factor))
        return found

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
        return [*found, *self._sites(here.product), *self._sites(here.bias)] or self.updates(layer)

    # the rest

    def _pairs(self) -> list[Place]:
        q = self.found.q
        pairs = q.a[-1][0][:, :1] - q.y[0][:, :1].T
        return self._sites(pairs)

    def _softmax(self) -> list[Place]:
        q = self.found.q
        sums = [self.index.whole(value) for value in _column_sums(q.z[-1][0])]
        return [*self._sites(q.a[-1][0]), *(place for found in sums for place in _places(innermost(found)))]

    def _made(self) -> list[Place]:
        """Where the source makes what the parameters are kept in, outside of the step: copies by reference, if any."""
        moved = {(each.file, each.line) for each in self.found.trace.moved}
        words = {word for name in self.slot_names for word in re.findall(r"[A-Za-z_]\w*", name)} - {"self"}
        made: list[Place] = []
        by_reference: list[Place] = []
        for file, text in self.found.trace.texts.items():
            for node in ast.walk(text.tree):
                if not isinstance(node, ast.Assign) or (file, node.lineno) in moved:
                    continue
                parts = list(ast.walk(node.value))
                repeated = any(isinstance(p, ast.BinOp) and isinstance(p.op, ast.Mult) and _has_list(p) for p in parts)
                keys = {part.value for part in parts if isinstance(part, ast.Constant)}
                named = bool(words & {_last_name(target) for target in node.targets} or words & keys)
                if named or repeated:
                    made.append((file, node.lineno))
                if repeated or (named and isinstance(node.value, ast.Name | ast.Attribute | ast.Subscript)):
                    by_reference.append((file, node.lineno))
        return by_reference or made


def _has_list(product: ast.BinOp) -> bool:
    return isinstance(product.left, ast.List) or isinstance(product.right, ast.List)


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
