"""The weights' gradient from the wrong factor."""

from __future__ import annotations

from collections.abc import Iterator

from ..entry import Program
from .editing import name, within
from .planting import Place


def plant(program: Program, source: str) -> Iterator[Place]:
    """Plant the mistakes of the weights' gradients."""
    for layer in program.layer:
        if not layer.product:
            continue
        if layer.inputs_z:
            yield Place(
                "pre_activation_for_activation",
                layer.layers,
                lambda text, layer=layer: [
                    within(text, layer.grad, layer.product, name(layer.product, layer.inputs, layer.inputs_z))
                ],
            )
        if layer.own and layer.d and program.batch == "sample":
            yield Place(
                "weight_for_input",
                layer.layers,
                lambda text, layer=layer: [within(text, layer.grad, layer.product, f"{layer.d} * {layer.own}")],
            )
    for lower in program.layer:
        for upper in program.layer:
            shapes = [program.shape[layer.layers[0] - 1 : layer.layers[0] + 1] for layer in (lower, upper)]
            if lower.layers >= upper.layers or len(lower.layers + upper.layers) > 2 or shapes[0] != shapes[1]:
                continue
            yield Place(
                "layers_out_of_order",
                lower.layers + upper.layers,
                lambda text, lower=lower, upper=upper: [
                    within(text, lower.grad, lower.product, upper.product),
                    within(text, upper.grad, upper.product, lower.product),
                ],
            )
