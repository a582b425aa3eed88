"""Each mistake in one sentence: what is done, and what should be done."""

from __future__ import annotations

from collections.abc import Sequence

_TEXTS = {
    "derivative_of_activation": (
        "{In}, f′ is taken as a function of z but given the activation a = f(z), so that f is applied twice; "
        "give it z, or use the formula in a."
    ),
    "derivative_of_pre_activation": "{In}, a formula for activations is given the pre-activation z; give it a = f(z).",
    "derivative_of_input": "{In}, the derivative is taken at the layer's input; take it at the layer's own z.",
    "derivative_missing": "{In}, the delta lacks the factor f′(z).",
    "derivative_of_wrong_function": "{In}, the delta has the derivative of another function: {what}.",
    "derivative_of_wrong_layer": "{In}, the derivative is that of another layer: {what}.",
    "sign_reversed": "{In}, the update goes up the error; turn its sign.",
    "sign_alternating": (
        "A minus sign enters once per layer, so that every second layer climbs ({layers}); "
        "take it out of the derivative and put it into the update once."
    ),
    "error_squared": "The output's delta starts from the squared difference, which has lost its sign; use ŷ − y.",
    "error_absolute": "The output's delta starts from the absolute difference, which has lost its sign; use ŷ − y.",
    "broadcast_error": "The difference is taken between all pairs of rows: {what}; give both the same shape.",
    "weights_after_update": "{In}, the error comes through {what}; propagate it before the weights are changed.",
    "bias_propagated": "{In}, the error comes through the wrong columns: {what}; drop the bias's.",
    "transposed_weights": "{In}, the error comes through {what}; turn them.",
    "wrong_layer_weights": "{In}, the error comes through {what}.",
    "output_error_for_hidden": "{In}, what is propagated is {what}; propagate the delta of the layer above.",
    "bias_not_updated": "{In}, the bias is never updated.",
    "bias_wrong_sum": "{In}, the bias's update is not the sum of the deltas over the rows but {what}.",
    "pre_activation_for_activation": "{In}, the weights' gradient has {what}.",
    "weight_for_input": "{In}, the weights' step has {what}.",
    "last_row_only": "{In}, only the last row of a batch counts.",
    "first_row_only": "{In}, only the first row of a batch counts.",
    "stale_activations": "{In}, values of an earlier step are used: {what}; run the forward pass first.",
    "layers_out_of_order": "{The} get each other's updates.",
    "update_lost": "{The} never move: the update does not reach the weights.",
    "integer_weights": "{In}, the new weights are cut to whole numbers.",
    "momentum_sign": "The last update is subtracted instead of added (momentum {what}).",
    "data_changed": "The step changes the data that it is given.",
    "softmax_axis": "The softmax is normalised over the rows instead of over each row's outputs.",
    "shared_arrays": "{The} share one array.",
    "rate_twice": "{In}, the learning rate enters twice.",
    "rate_divided": "{In}, the update is divided by the learning rate instead of multiplied.",
    "mean_for_sum_in_one_layer": (
        "{In}, the factor is {what} times that of the others: one takes the mean over rows, one the sum."
    ),
    "wrong_scale_by_features": "{In}, the update is divided by a number of features or units: a factor of {what}.",
    "scale_of_layer": "{In}, the update has another factor than elsewhere: {what}.",
}


def sentence(code: str, layers: Sequence[int], what: str = "") -> str:
    """Return the sentence of a mistake in these layers."""
    names = " and ".join(", ".join(str(layer) for layer in layers).rsplit(", ", 1))
    noun = f"layer{'s' if len(layers) > 1 else ''} {names}"
    text = _TEXTS[code].format(In=f"In {noun}", The=noun.capitalize(), layers=noun, what=what)
    if code == "sign_reversed" and what == "bias":
        return f"In {noun}, the bias goes up the error while the weights go down; turn its sign."
    return text
