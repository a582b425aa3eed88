"""The derivative taken at the wrong place, left out, or another function's."""

from __future__ import annotations

from collections.abc import Iterator

from ..entry import Helper, Layer, Program
from .editing import Change, DoesNotFitError, name, within
from .planting import Place


def without(statement: str, slope: str) -> str:
    """Return the statement without its factor slope."""
    for factor in (f" * {slope}", f"*{slope}", f"{slope} * ", f"{slope}*", f", {slope}"):
        if factor in statement:
            return statement.replace(factor, "")
    raise DoesNotFitError(f"{slope!r} is no factor of {statement!r}")


def _kind(layer: Layer) -> str:
    try:
        name(layer.slope, layer.a, "a")
    except DoesNotFitError:
        return "z"
    return "a"


def _formula(activation: str, at: str) -> str:
    """Return the derivative in terms of activations, written at any place."""
    return {"sigmoid": f"({at} * (1 - {at}))", "tanh": f"(1 - {at} ** 2)"}[activation]


def _slope(code: str, layer: Layer, new: str) -> Place:
    return Place(code, layer.layers, lambda source: [within(source, layer.delta, layer.slope, new)])


def _of(code: str, layer: Layer, old: str, new: str) -> Place:
    return Place(
        code, layer.layers, lambda source: [within(source, layer.delta, layer.slope, name(layer.slope, old, new))]
    )


def _body(code: str, helper: Helper, new: str) -> Place:
    return Place(code, helper.layers, lambda source: [within(source, helper.line, helper.line, f"return {new}")])


def _activation(program: Program, layer: Layer) -> str:
    return layer.activation or program.activations[layer.layers[-1] - 1]


def _layer(program: Program, layer: Layer, inline: bool) -> Iterator[Place]:
    activation = _activation(program, layer)

    def missing(source: str) -> list[Change]:
        return [within(source, layer.delta, layer.delta, without(layer.delta, layer.slope))]

    yield Place("derivative_missing", layer.layers, missing)
    if _kind(layer) == "a":
        if layer.z and activation != "relu":
            yield _of("derivative_of_pre_activation", layer, layer.a, layer.z)
        f = {"sigmoid": program.f, "tanh": "np.tanh"}.get(activation, "")
        if f and inline:
            yield _of("derivative_of_activation", layer, layer.a, f"{f}({layer.a})")
    else:
        if layer.a:
            yield _of("derivative_of_activation", layer, layer.z, layer.a)
        if activation in ("sigmoid", "tanh"):
            yield _slope("derivative_of_pre_activation", layer, _formula(activation, layer.z))
    at = layer.a if _kind(layer) == "a" else layer.z
    if layer.below:
        yield _of("derivative_of_input", layer, at, layer.below)
    other = {"sigmoid": "tanh", "tanh": "sigmoid", "relu": "sigmoid"}.get(activation)
    if other and layer.a:
        yield _slope("derivative_of_wrong_function", layer, _formula(other, layer.a))
    for neighbour in program.layer:
        visible = neighbour.a if _kind(layer) == "a" else neighbour.z
        if visible and neighbour.layers != layer.layers and len(neighbour.layers) == 1:
            yield _of("derivative_of_wrong_layer", layer, at, visible)


def _helper(helper: Helper) -> Iterator[Place]:
    x = helper.x
    if helper.of not in ("sigmoid", "tanh"):
        return
    if helper.takes == "a":
        f = helper.f or ("np.tanh" if helper.of == "tanh" else "")
        if f:
            formula = f"{f}({x}) * (1 - {f}({x}))" if helper.of == "sigmoid" else f"1 - {f}({x}) ** 2"
            yield _body("derivative_of_activation", helper, formula)
    else:
        formula = f"1 - {x} ** 2" if helper.of == "tanh" else f"{x} * (1 - {x})"
        yield _body("derivative_of_pre_activation", helper, formula)
    other = f"1 - {x} ** 2" if helper.of == "sigmoid" else f"{x} * (1 - {x})"
    if helper.takes == "a":
        yield _body("derivative_of_wrong_function", helper, other)
    elif helper.of == "sigmoid":
        yield _body("derivative_of_wrong_function", helper, f"1 - np.tanh({x}) ** 2")
    else:
        yield _body("derivative_of_wrong_function", helper, f"np.exp(-{x}) / (1 + np.exp(-{x})) ** 2")


def plant(program: Program, source: str) -> Iterator[Place]:
    """Plant the mistakes of derivatives."""
    called = {number for helper in program.helper for number in helper.layers}
    for layer in program.layer:
        if layer.slope:
            yield from _layer(program, layer, inline=not called.issuperset(layer.layers))
        elif program.activations[-1] == "softmax" and layer.layers[-1] == len(program.activations) and layer.error:
            slope = f"{layer.error} * {layer.a} * (1 - {layer.a})"
            yield Place(
                "derivative_of_wrong_function",
                layer.layers,
                lambda text, layer=layer, slope=slope: [within(text, layer.delta, layer.error, slope)],
            )
    for helper in program.helper:
        yield from _helper(helper)
