"""The arithmetic of back-propagation in NumPy, to be read beside a textbook.

Notation, as in Bishop (2006), chapter 5: rows n, layer i with weights W (units, inputs + 1), bias in the last
column. Forward, with a⁽⁰⁾ = X:

    z = a W[:, :-1]ᵀ + W[:, -1],        a = f(z)

Backward, with δ = ∂E/∂z of shape (rows, units):

    δ of the output from the loss,      δ of layer i = f′(z) ∘ (δ of layer i+1 · W[:, :-1] of layer i+1)
    ∂E/∂W = [δᵀ a of the layer below | Σ over rows of δ]

Every function takes the architecture, the flat parameter vector and rows; what it returns has the
parameters' dtype. Other engines are tested against this one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from fallline.engine.architecture import Architecture
from fallline.engine.arrays import Array


class Layer(NamedTuple):
    """What a layer computed: its input a⁽ⁱ⁻¹⁾, pre-activation z and activation a, each (rows, ·)."""

    input: Array
    z: Array
    a: Array


def forward(architecture: Architecture, parameters: Array, X: Array, masks: Sequence[Array] = ()) -> list[Layer]:
    """Return what each layer computes for the rows X (rows, inputs).

    With masks, one (rows, units) for each hidden layer, the next layer sees its activations times the mask: dropout.
    """
    trace = []
    a = X
    for i, (W, activation) in enumerate(
        zip(architecture.layers(parameters), architecture.layer_activations, strict=True)
    ):
        z = a @ W[:, :-1].T + W[:, -1]
        trace.append(Layer(a, z, activation.value(z)))
        a = trace[-1].a * masks[i] if i < len(masks) else trace[-1].a
    return trace


def run(architecture: Architecture, parameters: Array, X: Array) -> Array:
    """Return the network's outputs (rows, outputs) for the rows X (rows, inputs)."""
    return forward(architecture, parameters, X)[-1].a


def loss(architecture: Architecture, parameters: Array, X: Array, y: Array) -> float:
    """Return the loss of the network on rows X (rows, inputs) with targets y (rows, outputs)."""
    output = _seen_by_loss(architecture, forward(architecture, parameters, X)[-1])
    return architecture.loss_function.total(output, y) * _scale(architecture, y)


def loss_by_row(architecture: Architecture, parameters: Array, X: Array, y: Array) -> Array:
    """Return the loss of each row (rows,), as if it were the only one."""
    output = _seen_by_loss(architecture, forward(architecture, parameters, X)[-1])
    elements = architecture.loss_function.elements(output, y)
    return np.asarray(elements.sum(axis=1)) * architecture.loss_function.scale(1, architecture.outputs)


def loss_and_gradient(
    architecture: Architecture, parameters: Array, X: Array, y: Array, masks: Sequence[Array] = ()
) -> tuple[float, Array]:
    """Return the loss and its gradient (parameters,) by back-propagation; masks as for `forward`."""
    trace = forward(architecture, parameters, X, masks)
    value = architecture.loss_function.total(_seen_by_loss(architecture, trace[-1]), y)
    scale = _scale(architecture, y)
    delta = _output_delta(architecture, trace[-1], y) * scale
    return value * scale, _backward(architecture, parameters, trace, delta, masks)


def gradient_by_row(architecture: Architecture, parameters: Array, X: Array, y: Array) -> Array:
    """Return the loss's gradient of each row (rows, parameters), as if it were the only one."""
    trace = forward(architecture, parameters, X)
    delta = _output_delta(architecture, trace[-1], y) * architecture.loss_function.scale(1, architecture.outputs)
    return _backward_rows(architecture, parameters, trace, delta)


def jacobian(architecture: Architecture, parameters: Array, X: Array) -> Array:
    """Return ∂output/∂parameters, shape (rows, outputs, parameters), of the outputs after activation."""
    trace = forward(architecture, parameters, X)
    last = architecture.layer_activations[-1]
    J = np.empty((len(X), architecture.outputs, architecture.parameter_count), dtype=parameters.dtype)
    for k in range(architecture.outputs):
        g = np.zeros_like(trace[-1].a)
        g[:, k] = 1.0
        J[:, k] = _backward_rows(architecture, parameters, trace, last.backward(trace[-1].z, trace[-1].a, g))
    return J


def gauss_newton(architecture: Architecture, parameters: Array, X: Array, y: Array) -> tuple[float, Array, Array]:
    """Return the loss, its gradient, and the generalised Gauss–Newton matrix Jᵀ H J (parameters, parameters).

    J is the Jacobian of what the loss sees (the outputs, or the logits for a cross-entropy) and H the Hessian
    of the loss by it (Schraudolph 2002). For ½ Σ (ŷ − y)² this is JᵀJ.
    """
    value, gradient, A = gauss_newton_root(architecture, parameters, X, y)
    return value, gradient, A.T @ A


def gauss_newton_root(architecture: Architecture, parameters: Array, X: Array, y: Array) -> tuple[float, Array, Array]:
    """Return the loss, its gradient, and A = SᵀJ (rows · outputs, parameters), with S Sᵀ = H: so that AᵀA = JᵀHJ.

    For ½ Σ (ŷ − y)² this is the Jacobian.
    """
    trace = forward(architecture, parameters, X)
    final, last, loss = trace[-1], architecture.layer_activations[-1], architecture.loss_function
    seen, scale = _seen_by_loss(architecture, final), _scale(architecture, y)
    S = loss.curvature_root(seen, y) * np.sqrt(scale)
    A = np.empty((len(X), architecture.outputs, architecture.parameter_count), dtype=parameters.dtype)
    for k in range(architecture.outputs):
        delta = np.ascontiguousarray(S[:, :, k])
        if loss.from_logits_of is None:
            delta = last.backward(final.z, final.a, delta)
        A[:, k] = _backward_rows(architecture, parameters, trace, delta)
    gradient = _backward(architecture, parameters, trace, _output_delta(architecture, final, y) * scale)
    return loss.total(seen, y) * scale, gradient, A.reshape(-1, architecture.parameter_count)


def residual(architecture: Architecture, parameters: Array, X: Array, y: Array) -> Array:
    """Return ρ (rows · outputs,) with Aᵀρ = the gradient, for a loss that has one; for ½ Σ (ŷ − y)² this is ŷ − y."""
    seen = _seen_by_loss(architecture, forward(architecture, parameters, X)[-1])
    return np.asarray(architecture.loss_function.residual(seen, y).reshape(-1) * np.sqrt(_scale(architecture, y)))


def gauss_newton_product(architecture: Architecture, parameters: Array, X: Array, y: Array, v: Array) -> Array:
    """Return the generalised Gauss–Newton matrix times v (parameters,), without forming the matrix."""
    trace = forward(architecture, parameters, X)
    final, last = trace[-1], architecture.layer_activations[-1]
    dz = _forward_tangent(architecture, parameters, trace, v)[-1][0]
    curvature = architecture.loss_function.curvature
    if architecture.loss_function.from_logits_of is not None:
        delta = curvature(final.z, y, dz)
    else:
        delta = last.backward(final.z, final.a, curvature(final.a, y, last.tangent(final.z, final.a, dz)))
    delta = delta * _scale(architecture, y)
    return _backward(architecture, parameters, trace, delta)


def second_derivative_product(architecture: Architecture, parameters: Array, X: Array, y: Array, v: Array) -> Array:
    """Return Jᵀ H f″(v, v) (parameters,), f″(v, v) being the second derivative along v of what the loss sees.

    J and H as in `gauss_newton`. For ½ Σ (ŷ − y)² this is Jᵀ r″ with the residuals r.
    """
    trace = forward(architecture, parameters, X)
    tangents = _forward_tangent(architecture, parameters, trace, v)
    ddz: Array = np.zeros_like(trace[0].z)
    dda: Array = ddz
    layers, directions = architecture.layers(parameters), architecture.layers(v)
    for i, (W, V, activation) in enumerate(zip(layers, directions, architecture.layer_activations, strict=True)):
        if i > 0:
            ddz = 2.0 * tangents[i - 1][1] @ V[:, :-1].T + dda @ W[:, :-1].T
        dz = tangents[i][0]  # whose change is ddz; forward as backward, since every activation's Jacobian is symmetric
        dda = activation.backward_tangent(trace[i].z, trace[i].a, dz, dz, ddz)
    final, curvature = trace[-1], architecture.loss_function.curvature
    if architecture.loss_function.from_logits_of is not None:
        delta = curvature(final.z, y, ddz)
    else:
        delta = architecture.layer_activations[-1].backward(final.z, final.a, curvature(final.a, y, dda))
    return _backward(architecture, parameters, trace, delta * _scale(architecture, y))


def hessian_vector_product(architecture: Architecture, parameters: Array, X: Array, y: Array, v: Array) -> Array:
    """Return the Hessian of the loss times v (parameters,), exactly, by Pearlmutter's R operator (1994).

    R{·} is the derivative of a quantity in direction v; it obeys the rules of differentiation, so each
    line of the forward and backward pass has its R twin.
    """
    trace = forward(architecture, parameters, X)
    tangents = _forward_tangent(architecture, parameters, trace, v)
    scale = _scale(architecture, y)
    delta = _output_delta(architecture, trace[-1], y) * scale
    d_delta = _output_delta_tangent(architecture, trace[-1], y, *tangents[-1]) * scale
    layers, directions = architecture.layers(parameters), architecture.layers(v)
    product = np.empty_like(parameters)
    for i in reversed(range(len(layers))):
        d_input = tangents[i - 1][1] if i > 0 else None
        out = architecture.layers(product)[i]
        out[:, :-1] = d_delta.T @ trace[i].input
        if d_input is not None:
            out[:, :-1] += delta.T @ d_input
        out[:, -1] = d_delta.sum(axis=0)
        if i > 0:
            below, activation = trace[i - 1], architecture.layer_activations[i - 1]
            g = delta @ layers[i][:, :-1]
            dg = d_delta @ layers[i][:, :-1] + delta @ directions[i][:, :-1]
            delta = activation.backward(below.z, below.a, g)
            d_delta = activation.backward_tangent(below.z, below.a, g, tangents[i - 1][0], dg)
    return product


def _scale(architecture: Architecture, y: Array) -> float:
    return architecture.loss_function.scale(len(y), architecture.outputs)


def _seen_by_loss(architecture: Architecture, final: Layer) -> Array:
    return final.a if architecture.loss_function.from_logits_of is None else final.z


def _output_delta(architecture: Architecture, final: Layer, y: Array) -> Array:
    """∂total/∂z of the output layer."""
    loss = architecture.loss_function
    if loss.from_logits_of is not None:
        return loss.gradient(final.z, y)
    return architecture.layer_activations[-1].backward(final.z, final.a, loss.gradient(final.a, y))


def _output_delta_tangent(architecture: Architecture, final: Layer, y: Array, dz: Array, da: Array) -> Array:
    """The change of `_output_delta` for a change dz of the output layer's pre-activations."""
    loss = architecture.loss_function
    if loss.from_logits_of is not None:
        return loss.curvature(final.z, y, dz)
    g, dg = loss.gradient(final.a, y), loss.curvature(final.a, y, da)
    return architecture.layer_activations[-1].backward_tangent(final.z, final.a, g, dz, dg)


def _backward(
    architecture: Architecture, parameters: Array, trace: list[Layer], delta: Array, masks: Sequence[Array] = ()
) -> Array:
    """Σ over rows of δᵀ ∂z/∂parameters, (parameters,), for the output layer's δ (rows, outputs)."""
    gradient = np.empty_like(parameters)
    layers, out = architecture.layers(parameters), architecture.layers(gradient)
    for i in reversed(range(len(layers))):
        np.matmul(delta.T, trace[i].input, out=out[i][:, :-1])
        np.add.reduce(delta, axis=0, out=out[i][:, -1])
        if i > 0:
            below, activation = trace[i - 1], architecture.layer_activations[i - 1]
            g = delta @ layers[i][:, :-1]
            delta = activation.backward(below.z, below.a, g * masks[i - 1] if masks else g)
    return gradient


def _backward_rows(architecture: Architecture, parameters: Array, trace: list[Layer], delta: Array) -> Array:
    """As `_backward`, but each row by itself: (rows, parameters)."""
    rows = len(delta)
    layers = architecture.layers(parameters)
    parts: list[Array] = [np.empty(0)] * len(layers)
    for i in reversed(range(len(layers))):
        with_bias = np.concatenate([trace[i].input, np.ones((rows, 1), delta.dtype)], axis=1)
        parts[i] = (delta[:, :, None] * with_bias[:, None, :]).reshape(rows, -1)
        if i > 0:
            below, activation = trace[i - 1], architecture.layer_activations[i - 1]
            delta = activation.backward(below.z, below.a, delta @ layers[i][:, :-1])
    return np.concatenate(parts, axis=1)


def _forward_tangent(
    architecture: Architecture, parameters: Array, trace: list[Layer], v: Array
) -> list[tuple[Array, Array]]:
    """The changes (dz, da) of each layer when the parameters change by v."""
    tangents: list[tuple[Array, Array]] = []
    layers, directions = architecture.layers(parameters), architecture.layers(v)
    for i, (W, V, activation) in enumerate(zip(layers, directions, architecture.layer_activations, strict=True)):
        dz = trace[i].input @ V[:, :-1].T + V[:, -1]
        if i > 0:
            dz = dz + tangents[-1][1] @ W[:, :-1].T
        tangents.append((dz, activation.tangent(trace[i].z, trace[i].a, dz)))
    return tangents
