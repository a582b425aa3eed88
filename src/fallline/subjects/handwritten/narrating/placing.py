"""On which lines of the user's code a mistake is: where the values that it makes first appear.

A new mistake is one more line in `FINDERS`, and a function in `places/` where none of those there finds it.
"""

from __future__ import annotations

from collections.abc import Callable

from fallline.subjects.handwritten.identifying.identification import Mistake
from fallline.subjects.handwritten.narrating.places import derivatives, errors, factors, products, source, updates
from fallline.subjects.handwritten.narrating.sights import Sights
from fallline.subjects.handwritten.narrating.tracing import Place

Finder = Callable[[Sights, Mistake], list[Place]]  # of a mistake as a whole
LayerFinder = Callable[[Sights, int], list[Place]]  # of a mistake in one layer


def in_each_layer(find: LayerFinder) -> Finder:
    """Return what finds a mistake's lines in all of its layers."""
    return lambda sights, mistake: [place for layer in mistake.layers for place in find(sights, layer)]


def in_each_fit(find: LayerFinder) -> Finder:
    """As `in_each_layer`, for what needs a layer's fit: of layers without one, the updates."""
    return in_each_layer(lambda sights, layer: (find if layer in sights.fits else Sights.updates)(sights, layer))


FINDERS: dict[str, Finder] = {
    "derivative_of_activation": in_each_fit(derivatives.wrong_slope),
    "derivative_of_pre_activation": in_each_fit(derivatives.wrong_slope),
    "derivative_of_input": in_each_fit(derivatives.wrong_argument),
    "derivative_of_wrong_function": in_each_fit(derivatives.wrong_function),
    "derivative_of_wrong_layer": in_each_fit(derivatives.other_layers_slope),
    "derivative_missing": in_each_fit(derivatives.missing_slope),
    "sign_reversed": factors.reversed_sign,
    "sign_alternating": factors.alternating_sign,
    "error_squared": in_each_fit(errors.wrong_error),
    "error_absolute": in_each_fit(errors.absolute_error),
    "broadcast_error": in_each_fit(errors.broadcast),
    "data_changed": errors.data_changed,
    "softmax_axis": errors.softmax,
    "weights_after_update": in_each_fit(errors.through_changed_weights),
    "bias_propagated": in_each_fit(errors.wrong_error),
    "transposed_weights": in_each_fit(errors.wrong_error),
    "wrong_layer_weights": in_each_fit(errors.wrong_error),
    "output_error_for_hidden": in_each_fit(errors.wrong_error),
    "pre_activation_for_activation": in_each_fit(products.wrong_product),
    "weight_for_input": in_each_fit(products.wrong_product),
    "last_row_only": in_each_fit(products.one_row),
    "first_row_only": in_each_fit(products.one_row),
    "bias_wrong_sum": in_each_fit(products.bias_sum),
    "bias_not_updated": in_each_layer(updates.without_bias),
    "update_lost": in_each_layer(updates.lost),
    "integer_weights": in_each_layer(updates.cast),
    "layers_out_of_order": in_each_layer(updates.out_of_order),
    "stale_activations": in_each_fit(updates.stale),
    "momentum_sign": in_each_layer(updates.momentum),
    "rate_twice": in_each_layer(factors.rate_twice),
    "rate_divided": in_each_layer(factors.rate_divided),
    "wrong_scale_by_features": in_each_layer(factors.scale_by_features),
    "mean_for_sum_in_one_layer": factors.mean_for_sum,
    "scale_of_layer": in_each_layer(factors.other_scale),
    "shared_arrays": source.shared_arrays,
}


def lines(sights: Sights, mistake: Mistake) -> tuple[Place, ...]:
    """Return the lines of a mistake, in their order; none where nothing tells."""
    find = FINDERS.get(mistake.code) or in_each_fit(lambda sights, layer: _by_part(sights, layer, mistake.code))
    return tuple(sorted(set(find(sights, mistake))))


def _by_part(sights: Sights, layer: int, code: str) -> list[Place]:
    """Of a mistake that the table does not know: where the part of the layer's fit that has its code goes wrong."""
    fit = sights.fits[layer]
    parts = (
        (fit.error, errors.wrong_error),
        (fit.derivative, derivatives.wrong_slope),
        (fit.product, products.wrong_product),
    )
    return next((find(sights, layer) for choice, find in parts if code in choice.codes), sights.updates(layer))
