"""The factor f′ of a layer's delta: taken of the right quantity, of another, of another function, or left out."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from fallline.engine import Array
from fallline.subjects.handwritten.identifying.mistakes.choice import Choice
from fallline.subjects.handwritten.identifying.quantities import Quantities
from fallline.subjects.handwritten.twins.activation_forms import COMMON, Form
from fallline.subjects.handwritten.twins.layout import BiasPlace

OVERWRITTEN = "its formula given the difference ŷ − y, which has overwritten the activation"
OTHERS = tuple(form for form in COMMON if form.name != "identity")


def derivatives(
    q: Quantities, layer: int, previous: Quantities | None = None, squared: bool = False
) -> Iterator[Choice]:
    """Return candidates for f′ (K, n, units) of a layer, the right one first.

    `previous` is given where activations may be stale. A delta of the output layer without f′ is the cross-entropy's,
    unless the loss is known to be `squared`. For softmax, whose derivative is no factor, the right one is left to
    `Form.backward`.
    """
    form, z, a = q.form(layer), q.z[layer], q.a[layer]
    if form.elementwise:
        yield Choice(form.of_z(z))
    yield from _of_elsewhere(q, layer, form)
    no_mistake = form.name == "identity" or (
        layer == q.depth and not squared and form.name.startswith(("sigmoid", "softmax"))
    )
    yield Choice(np.ones_like(z), () if no_mistake else ("derivative_missing",), f"no factor {_prime(form)}")
    for other in OTHERS:
        if other.name == form.name:
            continue
        assert other.of_a is not None
        if (other.of_a(a) == 1.0).all():
            continue  # a relu's of activations that are all positive: the same as none
        wrong = ("derivative_of_wrong_function",)
        yield Choice(other.of_a(a), wrong, f"{other.name}'s derivative in place of {form.name}'s")
        yield Choice(other.of_z(z), wrong, f"{other.name}'s derivative in place of {form.name}'s")
        yield Choice(
            other.of_z(a), (*wrong, "derivative_of_activation"), f"{other.name}'s derivative, of the activation"
        )
        yield Choice(other.of_a(z), (*wrong, "derivative_of_pre_activation"), f"{other.name}'s formula, of z")
    if not form.elementwise:
        yield Choice(a * (1.0 - a), ("derivative_of_wrong_function",), "sigmoid's derivative in place of softmax's")
    yield Choice(a, ("derivative_of_wrong_function",), "the activation itself in place of its derivative")
    if layer == q.depth and form.of_a is not None:
        yield Choice(form.of_a(a - q.y), ("data_changed",), OVERWRITTEN)
        yield Choice(form.of_a(q.y - a), ("data_changed",), OVERWRITTEN)
    yield from _of_other_layers(q, layer, form)
    if previous is not None and form.elementwise:
        yield Choice(form.of_z(previous.z[layer]), ("stale_activations",), "the derivative at an earlier step's values")


def _prime(form: Form) -> str:
    return {"sigmoid": "σ′", "tanh": "tanh′"}.get(form.name, f"{form.name}′")


def _of_elsewhere(q: Quantities, layer: int, form: Form) -> Iterator[Choice]:
    """The layer's own derivative at the layer's own quantities, but the wrong ones."""
    z, a, x = q.z[layer], q.a[layer], q.a[layer - 1]
    yield Choice(
        form.of_z(a), ("derivative_of_activation",), f"{_prime(form)} as a function of z, given the activation"
    )
    if form.of_a is not None:
        formula = "the formula for activations, given z"
        yield Choice(form.of_a(z), ("derivative_of_pre_activation",), formula)
    if x.shape[2] + 1 == z.shape[2] and q.twin.layers[layer - 1].place in (BiasPlace.LAST, BiasPlace.FIRST):
        ones = np.ones((*x.shape[:2], 1))  # the bias's, which stands beside the input
        x = np.concatenate([x, ones] if q.twin.layers[layer - 1].place is BiasPlace.LAST else [ones, x], axis=2)
    if fits(x, z):
        yield Choice(form.of_z(x) + 0.0 * z, ("derivative_of_input",), f"{_prime(form)} of the layer's input")
        if form.of_a is not None:
            yield Choice(
                form.of_a(x) + 0.0 * z, ("derivative_of_input",), f"{_prime(form)}'s formula of the layer's input"
            )


def _of_other_layers(q: Quantities, layer: int, form: Form) -> Iterator[Choice]:
    for other in range(1, q.depth + 1):
        if other == layer or not fits(q.z[other], q.z[layer]):
            continue
        wide, theirs = 0.0 * q.z[layer], q.form(other)
        what = f"the derivative at layer {other}"
        for value in (form.of_z(q.z[other]), form.of_a(q.a[other]) if form.of_a else None, theirs.of_z(q.z[other])):
            if value is not None:
                yield Choice(value + wide, ("derivative_of_wrong_layer",), what)
        yield Choice(form.of_z(q.a[other]) + wide, ("derivative_of_wrong_layer", "derivative_of_activation"), what)
        if form.of_a is not None:
            both = ("derivative_of_wrong_layer", "derivative_of_pre_activation")
            yield Choice(form.of_a(q.z[other]) + wide, both, what)


def fits(value: Array, like: Array) -> bool:
    """Whether NumPy would stretch the one to the shape of the other without a word."""
    return value.shape[2] in (1, like.shape[2])
