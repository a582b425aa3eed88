"""What each line of a step computes, in words; the mistakes with their lines, and corrections in the user's names."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from fallline.engine import Array
from fallline.subjects.handwritten.attached import Attached
from fallline.subjects.handwritten.identifying.identification import Identification, Mistake
from fallline.subjects.handwritten.identifying.observed import Observed
from fallline.subjects.handwritten.mistake_texts import MISTAKES
from fallline.subjects.handwritten.narrating.alike import Index
from fallline.subjects.handwritten.narrating.expected import Traced, traced
from fallline.subjects.handwritten.narrating.places.factors import negative_slopes
from fallline.subjects.handwritten.narrating.placing import lines
from fallline.subjects.handwritten.narrating.sights import Sights
from fallline.subjects.handwritten.narrating.tracing import Place, Seen
from fallline.subjects.handwritten.twins.twin import Twin

IN_A = {"sigmoid": "{a} * (1 - {a})", "tanh": "1 - {a} ** 2", "relu": "({a} > 0)"}
WORDS_FOR_FACTORS = {1.0: "", -1.0: "minus ", 0.5: "half of ", 2.0: "twice ", -0.5: "minus half of ", -2.0: "−2 times "}
MOST_WORDS = 4  # quantities of one line


@dataclass(frozen=True)
class Line:
    """A line of the step and what it computes."""

    file: str
    number: int
    text: str
    computes: str
    wrong: bool = False


@dataclass(frozen=True)
class Placed:
    """A mistake with its lines and, where it can be said, the corrected expression in the user's names."""

    mistake: Mistake
    places: tuple[Place, ...]
    correction: str


@dataclass(frozen=True)
class Narration:
    """What one step computes.

    Parameters
    ----------
    mistakes
        In the reading that the lines show.
    others
        Readings that the lines do not rule out.
    lines
        Those of the step that compute something known, or are wrong.
    whole
        Whether all of the step was looked at.
    """

    mistakes: tuple[Placed, ...]
    others: tuple[tuple[Mistake, ...], ...]
    lines: tuple[Line, ...]
    whole: bool = True


def narrate(attached: Attached, twin: Twin, observed: Observed, identification: Identification) -> Narration:
    """Return what each line of a step computes and on which lines the mistakes are."""
    found = traced(attached, twin, observed, identification)
    sights = Sights(found, identification, attached.learning_rate, [slot.name for slot in attached.slots])
    reading, others = _chosen(identification, sights)
    placed = tuple(_placed(m, sights) for m in reading)
    wrong = {place for each in placed for place in each.places}
    return Narration(placed, others, tuple(_lines(sights, wrong)), found.trace.whole)


def _chosen(
    identification: Identification, sights: Sights
) -> tuple[tuple[Mistake, ...], tuple[tuple[Mistake, ...], ...]]:
    """Between a minus sign in each derivative and one in a single update, the lines decide."""
    readings = [identification.mistakes, *identification.alternatives]

    def alternating(reading: Sequence[Mistake]) -> bool:
        return any(mistake.code == "sign_alternating" for mistake in reading)

    if len({alternating(reading) for reading in readings}) == 2:
        in_all = len(negative_slopes(sights)) == sights.q.depth
        readings = [reading for reading in readings if alternating(reading) == in_all]
    if len(readings) == 1:
        return tuple(replace(mistake, certain=True) for mistake in readings[0]), ()
    return readings[0], tuple(readings[1:])


def _placed(mistake: Mistake, sights: Sights) -> Placed:
    places = lines(sights, mistake)
    return Placed(mistake, places, _correction(mistake, sights, {line for _, line in places}))


def _correction(mistake: Mistake, sights: Sights, numbers: set[int]) -> str:
    """Return the general correction, with the expression in the user's names where one is seen."""
    general = MISTAKES[mistake.code].correction
    if not mistake.code.startswith("derivative") or not mistake.layers:
        return general
    expressions = []
    for layer in sorted(mistake.layers, reverse=True):
        form = sights.q.form(layer)
        name = _name(sights.index, sights.q.a[layer][0], numbers)
        if form.name in IN_A and name:
            expressions.append(f"layer {layer}: {IN_A[form.name].format(a=name)}")
    return f"{general} In your names, {'; '.join(expressions)}." if expressions else general


def _name(index: Index, quantity: Array, numbers: set[int]) -> str:
    """Return what the code calls a quantity, preferably on one of these lines."""
    names = [
        match.seen
        for match in index.whole(quantity)
        if match.factor == 1.0 and isinstance(match.seen.node, ast.Name | ast.Attribute | ast.Subscript)
    ]
    names.sort(key=lambda seen: (seen.line not in numbers, len(seen.text)))
    return names[0].text if names else ""


def _quantities(found: Traced) -> Iterator[tuple[str, Array]]:
    """Return what a line may compute, with its name; what is right comes first."""
    q = found.q
    yield "ŷ − y", q.a[-1][0] - q.y[0]
    for layer in range(1, q.depth + 1):
        here, form = found.layers[layer - 1], q.form(layer)
        yield f"z of layer {layer}", q.z[layer][0]
        yield f"the activation a of layer {layer}" if layer < q.depth else "the output ŷ", q.a[layer][0]
        if here.right_slope is not None:
            yield f"f′(z) of layer {layer}", here.right_slope
            yield f"f′ as a function of z, of a in layer {layer} (f is applied twice)", form.of_z(q.a[layer][0])
        if here.delta is not None:
            right = np.allclose(here.delta.sum(axis=0), found.exact[1][layer - 1], rtol=1e-8, atol=0.0)
            yield f"δ of layer {layer}" + ("" if right else ", as it is used"), here.delta
        yield f"∂E/∂W of layer {layer}", found.exact[0][layer - 1]
        yield f"∂E/∂b of layer {layer}", found.exact[1][layer - 1]
    for here in reversed(found.layers):
        for name, value in (("the error that reaches", here.error), ("the slope", here.slope)):
            if value is not None:
                text = (
                    f"{name} layer {here.number}" if name.startswith("the error") else f"{name} of layer {here.number}"
                )
                yield text, value
        if here.product is not None and here.bias is not None:
            yield f"the gradient of layer {here.number}'s weights, as it is used", here.product
            full = np.column_stack([here.product, here.bias])
            yield f"the gradient of layer {here.number}'s weights and biases, as it is used", full
            yield f"the gradient of layer {here.number}'s biases, as it is used", here.bias
    for number, (W, new) in enumerate(
        zip(q.twin.matrices(found.before), q.twin.matrices(found.before + np.nan_to_num(found.update)), strict=True), 1
    ):
        yield f"the new weights of layer {number}", new[:, :-1]
        yield f"the new biases of layer {number}", new[:, -1]
        yield f"the new weights of layer {number}", new
        yield f"the update of layer {number}'s weights", (new - W)[:, :-1]


def _lines(sights: Sights, wrong: set[Place]) -> Iterator[Line]:
    found = sights.found
    named: dict[int, str] = {}  # by the order of what was seen
    for name, quantity in _quantities(found):
        for match in sights.index.find(quantity):
            if match.seen.order not in named and match.seen.value.size * 8 >= min(quantity.size, 8):
                named[match.seen.order] = _times(match.factor) + name
    words: dict[Place, list[str]] = {}
    for seen in _told(found.trace.seen):
        known = words.setdefault(seen.place, [])
        if seen.order in named and named[seen.order] not in known:
            known.append(named[seen.order])
    first_seen = {place: number for number, place in enumerate(words)}
    for place in sorted({*words, *wrong}, key=lambda p: (first_seen.get(p, 1 << 30), p)):
        told = words.get(place, [])
        if told or place in wrong:
            more = f"; and {len(told) - MOST_WORDS} more" if len(told) > MOST_WORDS else ""
            text = found.trace.texts[place[0]].lines[place[1] - 1].rstrip()
            yield Line(*place, text, "; ".join(told[:MOST_WORDS]) + more, place in wrong)


def _told(seen: Sequence[Seen]) -> Iterator[Seen]:
    """Return what a line comes to: what it assigns or returns, or else its last expression."""
    by_execution: dict[int, list[Seen]] = {}
    for each in seen:
        by_execution.setdefault(each.execution, []).append(each)
    for group in by_execution.values():
        ends = [each for each in group if each.kind != "expression"]
        yield from ends[:1] or group[-1:]


def _times(factor: float) -> str:
    for known, words in WORDS_FOR_FACTORS.items():
        if abs(factor - known) < 1e-9:
            return words
    return f"{factor:.4g} times ".replace("-", "−")
