"""What each mistake is, why it matters, and how it is corrected: once, for terminal, JSON and documentation."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class MistakeText:
    """Words about a mistake, for somebody who writes a network to learn how it works."""

    title: str
    explanation: str
    correction: str


MISTAKES: dict[str, MistakeText] = {
    "derivative_of_activation": MistakeText(
        "The derivative is taken of the activation",
        "The function for f′ wants z and forms f(z) itself. It is given a = f(z), so f is applied twice: for the "
        "sigmoid the slope then stays between 0.197 and 0.25 whatever the unit does.",
        "Hand over z, or form the derivative from a: a·(1 − a) for the sigmoid, 1 − a² for tanh.",
    ),
    "derivative_of_pre_activation": MistakeText(
        "The formula for activations is given z",
        "a·(1 − a) and 1 − a² hold for a = f(z). With z in the place of a they are some other function, negative for "
        "large z.",
        "Hand over the activation a, or compute f(z) inside of the function.",
    ),
    "derivative_of_input": MistakeText(
        "The derivative is taken at the layer's input",
        "f′ belongs to the layer's own z; the layer's input is another quantity of another layer.",
        "Take the derivative at the layer's own z or activation.",
    ),
    "derivative_missing": MistakeText(
        "The derivative is left out",
        "By the chain rule the delta of a layer is the error that reaches it times f′(z). Without it every unit "
        "counts as if it were linear. (For cross-entropy the output's delta has no f′; that is no mistake.)",
        "Multiply the propagated error by f′(z).",
    ),
    "derivative_of_wrong_function": MistakeText(
        "The derivative is another function's",
        "The forward pass applies one function and the backward pass differentiates another, so the update does not "
        "follow the error's slope.",
        "Use the derivative of the function that the forward pass applies.",
    ),
    "derivative_of_wrong_layer": MistakeText(
        "The derivative is another layer's",
        "f′ is taken at the values of another layer; where shapes allow it, NumPy stretches them without a word.",
        "Take f′ at this layer's own values.",
    ),
    "sign_reversed": MistakeText(
        "The update climbs",
        "The step goes up the error instead of down. One sign decides: ŷ − y goes with a minus in the update, y − ŷ "
        "with a plus.",
        "Turn one sign: that of the difference or that of the update.",
    ),
    "sign_alternating": MistakeText(
        "Every second layer climbs",
        "A minus sign stands in the derivative, so it enters once for each layer that the error passes: the layer "
        "where it has entered an even number of times goes the other way.",
        "Take the minus sign out of the derivative, and put it into the update once.",
    ),
    "error_squared": MistakeText(
        "The delta starts from the squared difference",
        "The squared error is what is reported; its derivative, ŷ − y, is what is propagated. A square has no sign.",
        "Start from ŷ − y.",
    ),
    "error_absolute": MistakeText(
        "The delta starts from the absolute difference",
        "|ŷ − y| does not say on which side of the target the output is.",
        "Start from ŷ − y.",
    ),
    "broadcast_error": MistakeText(
        "The difference is taken between all pairs of rows",
        "An array of shape (n, 1) minus one of shape (n,) is one of shape (n, n): every output minus every target.",
        "Give both the same shape: y.reshape(-1, 1).",
    ),
    "weights_after_update": MistakeText(
        "The error passes weights that were changed already",
        "The gradient is that of the weights with which the outputs were computed.",
        "Compute all deltas before any weights change.",
    ),
    "bias_propagated": MistakeText(
        "The bias takes part in the propagation",
        "Nothing lies below a bias; if its column is kept and another one dropped, each unit receives its "
        "neighbour's share.",
        "Leave the bias's own column out.",
    ),
    "bias_not_updated": MistakeText(
        "The bias never changes",
        "A bias is a weight whose input is 1; without an update it stays at its first value.",
        "Subtract the rate times the sum of the deltas over the rows.",
    ),
    "bias_wrong_sum": MistakeText(
        "The bias gets the wrong sum",
        "Its gradient is the sum of the layer's deltas over the rows, one number for each unit, with the factor that "
        "the weights have.",
        "Sum the deltas over the rows, as the weights' gradient does.",
    ),
    "transposed_weights": MistakeText(
        "The error passes the weights the wrong way round",
        "Backwards the weights act transposed. Where the matrix is square, both ways have the same shape.",
        "Turn the matrix.",
    ),
    "wrong_layer_weights": MistakeText(
        "The error passes another layer's weights",
        "What reaches a layer comes through the weights between it and the layer above.",
        "Use the weights of the layer above.",
    ),
    "layers_out_of_order": MistakeText(
        "Layers get each other's updates",
        "Two layers of the same shape are exchanged, which no shape check can see.",
        "Apply each gradient to its own layer; deltas that are collected backwards must be reversed.",
    ),
    "pre_activation_for_activation": MistakeText(
        "The gradient has z in place of the activation",
        "A weight's gradient is its layer's delta times what came in, which is the activation below.",
        "Multiply by the activation of the layer below.",
    ),
    "wrong_scale_by_features": MistakeText(
        "Divided by the number of features or units",
        "The mean is over rows. Dividing by another size is only a factor on the rate, but an odd one.",
        "Divide by the number of rows.",
    ),
    "mean_for_sum_in_one_layer": MistakeText(
        "One layer takes the mean where the other takes the sum",
        "The layers then learn at different rates.",
        "Use the mean or the sum in all layers.",
    ),
    "scale_of_layer": MistakeText(
        "One layer has another factor",
        "The layers learn at different rates.",
        "Use one rate.",
    ),
    "last_row_only": MistakeText(
        "Only the last row counts",
        "Of a batch, one row's gradient is kept and the others are thrown away.",
        "Add the rows' gradients up.",
    ),
    "first_row_only": MistakeText(
        "Only the first row counts",
        "Of a batch, one row's gradient is kept and the others are thrown away.",
        "Add the rows' gradients up.",
    ),
    "rate_twice": MistakeText(
        "The rate enters twice",
        "The step is as if the rate were its square.",
        "Multiply by the rate once.",
    ),
    "rate_divided": MistakeText(
        "The step is divided by the rate",
        "A smaller rate then makes larger steps.",
        "Multiply by the rate.",
    ),
    "momentum_sign": MistakeText(
        "The momentum has the wrong sign",
        "Each step takes back a part of the last one.",
        "Add the last update's share to the new one.",
    ),
    "integer_weights": MistakeText(
        "The weights are cut to whole numbers",
        "An update smaller than 1 is lost.",
        "Keep the weights as floats.",
    ),
    "shared_arrays": MistakeText(
        "Arrays are shared",
        "Two layers, or two networks, use the same array: what one learns overwrites the other. A list in the class "
        "body is one list for all objects of the class.",
        "Make a new list in __init__, and copy arrays that are to be independent.",
    ),
    "stale_activations": MistakeText(
        "Values of an earlier step are used",
        "The backward pass uses what the forward pass kept for other rows.",
        "Run the forward pass on the same rows first.",
    ),
    "update_lost": MistakeText(
        "The update never reaches the weights",
        "New weights are computed and put into another variable, so that the network stays as it is.",
        "Assign them to the network's own weights.",
    ),
    "output_error_for_hidden": MistakeText(
        "The hidden delta is not made of the propagated delta",
        "A hidden layer has no target of its own; its error is the delta above, through the weights above.",
        "Propagate the delta of the layer above through its weights.",
    ),
    "weight_for_input": MistakeText(
        "The step is multiplied by the weight instead of the input",
        "A weight's gradient is its layer's delta times what came in, not times the weight.",
        "Multiply by the layer's input.",
    ),
    "step_skipped": MistakeText(
        "The training makes fewer steps than iterations",
        "The step stands inside of a condition, such as the one that prints.",
        "Call the step at every iteration, and print inside of the condition.",
    ),
    "data_changed": MistakeText(
        "The step changes its data",
        "X or y is changed in place, so that the next step learns something else.",
        "Work on a copy.",
    ),
    "softmax_axis": MistakeText(
        "The softmax is normalised over the wrong axis",
        "Each row's outputs should sum to 1; here each output's rows do.",
        "Sum over the outputs of each row.",
    ),
}
