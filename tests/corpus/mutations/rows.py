"""One row's gradient in place of the batch's, and means where the other layers have sums."""

from __future__ import annotations

from collections.abc import Iterator

from ..entry import Layer, Program
from .editing import Change, name, within
from .planting import Place


def _one(program: Program, source: str, layer: Layer, which: str) -> list[Change]:
    index = f"[:, {which}]" if program.rows == "columns" else f"[{which}]"
    product = name(layer.product, layer.inputs, layer.inputs + index)
    product = name(product, layer.d, layer.d + index)
    changes = [within(source, layer.grad, layer.product, product)]
    if layer.total:
        changes.append(within(source, layer.bias, layer.total, name(layer.total, layer.d, layer.d + index)))
    return changes


def _mean(program: Program, source: str, layer: Layer) -> list[Change]:
    divided = f" / {program.n}"
    statements = [(layer.grad, layer.product)] + ([(layer.bias, layer.total)] if layer.total else [])
    if divided in layer.grad:  # the healthy program has means: this layer gets sums
        return [within(source, statement, divided, "") for statement, _ in statements]
    return [within(source, statement, text, f"({text}) / {program.n}") for statement, text in statements]


def plant(program: Program, source: str) -> Iterator[Place]:
    """Plant the mistakes of rows; only where rows come together."""
    if program.batch == "sample":
        return
    layers = [layer for layer in program.layer if layer.product and layer.d]
    numbers = tuple(number for layer in layers for number in layer.layers)
    for code, which in (("last_row_only", "-1:"), ("first_row_only", ":1")):
        for layer in layers:
            yield Place(code, layer.layers, lambda text, layer=layer, which=which: _one(program, text, layer, which))
        if len(layers) > 1:
            yield Place(
                code,
                numbers,
                lambda text, which=which: [part for layer in layers for part in _one(program, text, layer, which)],
            )
    if program.n and len(layers) > 1:
        for layer in layers:
            yield Place(
                "mean_for_sum_in_one_layer", layer.layers, lambda text, layer=layer: _mean(program, text, layer)
            )
