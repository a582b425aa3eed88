"""Networks into PyTorch and back: a `torch.nn.Sequential` of `Linear` layers and activations."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from fallline.engine import Architecture, Array
from fallline.engine.activations import LEAKY_SLOPE
from fallline.engine.architecture import lookup
from fallline.errors import FalllineError
from fallline.extras import required
from fallline.network.network import Network

# PyTorch's softplus is z from its threshold on: by default from 20, where ln(1 + eᶻ) − z is 2e-9; from 40 it is 4e-18.
_SOFTPLUS_THRESHOLD = 40.0
_LEAST_SOFTPLUS_THRESHOLD = 15.0  # 3e-7

_MODULES: dict[str, Callable[[Any], Any]] = {
    "sigmoid": lambda nn: nn.Sigmoid(),
    "tanh": lambda nn: nn.Tanh(),
    "relu": lambda nn: nn.ReLU(),
    "leaky_relu": lambda nn: nn.LeakyReLU(LEAKY_SLOPE),
    "elu": lambda nn: nn.ELU(),
    "softplus": lambda nn: nn.Softplus(threshold=_SOFTPLUS_THRESHOLD),
    "silu": lambda nn: nn.SiLU(),
    "gelu": lambda nn: nn.GELU(),
    "softmax": lambda nn: nn.Softmax(dim=-1),
}

# Activations that PyTorch has in more forms than one: which of them a network has, and in words.
_ANY: tuple[Callable[[Any], bool], str] = (lambda module: True, "")
_FORMS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "leaky_relu": (lambda module: module.negative_slope == LEAKY_SLOPE, f"with the slope {LEAKY_SLOPE}"),
    "elu": (lambda module: module.alpha == 1.0, "with alpha 1"),
    "softplus": (
        lambda module: module.beta == 1.0 and module.threshold >= _LEAST_SOFTPLUS_THRESHOLD,
        f"with beta 1 and a threshold of {_LEAST_SOFTPLUS_THRESHOLD:g} or more",
    ),
    "gelu": (lambda module: module.approximate == "none", "in its exact form, approximate='none'"),
    "softmax": (lambda module: module.dim in (1, -1), "over the units, dim=-1"),
}


def to_torch(network: Network, dtype: npt.DTypeLike | None = None) -> Any:
    """Return a `torch.nn.Sequential` that computes what the network does.

    Each layer is a `Linear`, followed by its activation unless that is the identity. The weights are copies, and
    they require gradients, as those of any new module.

    Parameters
    ----------
    network
        Such as `model.network`; a model's preparation of the table's columns is not part of it.
    dtype
        "float64" or "float32"; None keeps the network's.

    Raises
    ------
    FalllineError
        If PyTorch is not installed, or the dtype is another.
    """
    torch = required("to_torch", "torch", "torch")
    nn = torch.nn
    name = network.parameters.dtype.name if dtype is None else np.dtype(dtype).name
    wanted = lookup({"float64": torch.float64, "float32": torch.float32}, name, "dtype")
    modules = []
    for W, activation in zip(network.layers, network.architecture.activations, strict=True):
        # skip_init draws no first weights, which would move PyTorch's generator of random numbers.
        linear = nn.utils.skip_init(nn.Linear, W.shape[1] - 1, W.shape[0], dtype=wanted)
        with torch.no_grad():
            linear.weight.copy_(torch.tensor(W[:, :-1]))
            linear.bias.copy_(torch.tensor(W[:, -1]))
        modules.append(linear)
        if activation != "identity":
            modules.append(_MODULES[activation](nn))
    return nn.Sequential(*modules)


def from_torch(sequential: Any, loss: str = "half_squared_error") -> Network:
    """Return a network that computes what a `torch.nn.Sequential` does when it is evaluated.

    It may hold `Linear`, `Sigmoid`, `Tanh`, `ReLU`, `LeakyReLU(0.01)`, `ELU(1)`, `Softplus`, `SiLU`, `GELU` (the exact
    form), a last `Softmax`, and `Identity`, `Dropout` and further `Sequential`s of these. The weights are copies.

    Parameters
    ----------
    sequential
        With weights in float64 or float32, on any device.
    loss
        The loss that the network is to have; a `Sequential` has none.

    Raises
    ------
    FalllineError
        If it holds anything else, naming the first such layer; or if its layers do not fit each other.
    """
    torch = required("from_torch", "torch", "torch")
    if not isinstance(sequential, torch.nn.Sequential):
        raise FalllineError(
            f"expected a torch.nn.Sequential of Linear layers and activations, got {type(sequential).__name__}."
        )
    layers: list[Array] = []
    activations: list[str] = []
    closed = True  # whether the last layer has its activation
    for place, module in _flat(torch.nn, sequential, ""):
        if type(module) is torch.nn.Linear:
            layers.append(_weights(torch, place, module))
            if len(layers) > 1 and layers[-1].shape[1] - 1 != len(layers[-2]):
                raise FalllineError(
                    f"layer {place}, {module}: takes {module.in_features} inputs, "
                    f"but {len(layers[-2])} units come before it."
                )
            activations.append("identity")
            closed = False
            continue
        name = _activation(torch.nn, place, module)
        if closed:
            what = "another activation" if layers else "no Linear layer"
            raise FalllineError(
                f"layer {place}, {module}: {what} stands before it; "
                "a network has one activation after each Linear layer."
            )
        activations[-1], closed = name, True
    if not layers:
        raise FalllineError("the Sequential holds no Linear layer, so that there is no network in it.")
    dtypes = sorted({W.dtype.name for W in layers})
    if len(dtypes) > 1:
        raise FalllineError(f"the layers have different dtypes ({', '.join(dtypes)}). Convert it with .double() first.")
    shape = (layers[0].shape[1] - 1, *(len(W) for W in layers))
    architecture = Architecture(shape, tuple(activations), loss)
    return Network.from_parameters(architecture, np.concatenate([W.ravel() for W in layers]))


def _flat(nn: Any, sequential: Any, prefix: str) -> Iterator[tuple[str, Any]]:
    """Yield the modules but those that do nothing, with their places ("2.0" is the first of the third)."""
    for i, module in enumerate(sequential):
        if type(module) is nn.Sequential:
            yield from _flat(nn, module, f"{prefix}{i}.")
        elif type(module) not in (nn.Identity, nn.Dropout):
            yield f"{prefix}{i}", module


def _weights(torch: Any, place: str, module: Any) -> Array:
    """Return W (units, inputs + 1), bias in the last column, 0 where the layer has none."""
    if module.weight.dtype not in (torch.float64, torch.float32):
        raise FalllineError(
            f"layer {place}, {module}: its weights are {module.weight.dtype}; expected float64 or float32. "
            "Convert it with .float() first."
        )
    weight = module.weight.detach().cpu().numpy()
    bias = np.zeros(len(weight), weight.dtype) if module.bias is None else module.bias.detach().cpu().numpy()
    return np.column_stack([weight, bias])


def _activation(nn: Any, place: str, module: Any) -> str:
    """Return the name of an activation, or refuse what a network has no counterpart for."""
    for name, make in _MODULES.items():
        if type(module) is type(make(nn)):
            fits, only = _FORMS.get(name, _ANY)
            if not fits(module):
                raise FalllineError(f"layer {place}, {module}: a network has this activation only {only}.")
            return name
    known = ", ".join(type(make(nn)).__name__ for make in _MODULES.values())
    raise FalllineError(
        f"layer {place}, {module}: a network has nothing that corresponds to it. It can hold Linear, {known}, "
        "Identity, Dropout and Sequential."
    )
