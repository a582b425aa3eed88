"""An ONNX graph that grows node by node, every value under a name of its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from fallline.extras import required


class Graph:
    """Nodes, constants, inputs and outputs as they come; `model` makes the whole of them.

    Parameters
    ----------
    kept
        Names of inputs and outputs, which no other value takes.
    """

    def __init__(self, kept: Iterable[str]) -> None:
        self._onnx = required("ONNX export", "onnx", "onnx")
        self._names = set(kept)
        self._nodes: list[Any] = []
        self._constants: list[Any] = []
        self._inputs: list[Any] = []
        self._outputs: list[Any] = []

    def type_of(self, dtype: npt.DTypeLike) -> int:
        """Return ONNX's number for a dtype; any text is its string."""
        if np.dtype(dtype).kind == "U":
            return int(self._onnx.TensorProto.STRING)
        return int(self._onnx.helper.np_dtype_to_tensor_dtype(np.dtype(dtype)))

    def input(self, name: str, dtype: npt.DTypeLike, meaning: str) -> str:
        """Declare an input (rows, 1); return its name."""
        self._inputs.append(self._value(name, dtype, ["rows", 1], meaning))
        return name

    def output(self, name: str, value: str, dtype: npt.DTypeLike, shape: list[str | int], meaning: str) -> None:
        """Declare a value as an output under this name."""
        self._nodes.append(self._onnx.helper.make_node("Identity", [value], [name]))
        self._outputs.append(self._value(name, dtype, shape, meaning))

    def node(self, operator: str, *inputs: str, **attributes: Any) -> str:
        """Apply an operator; return the name of its value."""
        name = self.fresh(f"/{operator}")
        domain = "ai.onnx.ml" if operator == "LabelEncoder" else ""
        self._nodes.append(self._onnx.helper.make_node(operator, list(inputs), [name], domain=domain, **attributes))
        return name

    def constant(self, name: str, values: npt.ArrayLike) -> str:
        """Keep an array; return its name."""
        name, array = self.fresh(f"/{name}"), np.asarray(values)
        if array.dtype.kind == "U":
            texts = [str(each).encode() for each in array.ravel()]
            tensor = self._onnx.helper.make_tensor(name, self._onnx.TensorProto.STRING, array.shape, texts)
        else:
            tensor = self._onnx.numpy_helper.from_array(np.ascontiguousarray(array).reshape(array.shape), name)
        self._constants.append(tensor)
        return name

    def model(
        self, *, operators: Mapping[str, int], ir_version: int, producer_version: str, properties: Mapping[str, str]
    ) -> Any:
        """Return the `onnx.ModelProto`, checked by ONNX's own checker.

        Parameters
        ----------
        operators
            Version of each set of operators, by its domain.
        ir_version
            Of the file's format.
        properties
            What else the file says, as texts.
        """
        helper = self._onnx.helper
        made = helper.make_model(
            helper.make_graph(self._nodes, "fallline", self._inputs, self._outputs, self._constants),
            opset_imports=[helper.make_opsetid(domain, version) for domain, version in operators.items()],
            ir_version=ir_version,
            producer_name="fallline",
            producer_version=producer_version,
        )
        helper.set_model_props(made, dict(properties))
        self._onnx.checker.check_model(made, full_check=True)
        return made

    def fresh(self, wanted: str) -> str:
        """Return a name that nothing has yet: the one that is wanted, or that with a number."""
        name, number = wanted, 1
        while name in self._names:
            number += 1
            name = f"{wanted} {number}"
        self._names.add(name)
        return name

    def _value(self, name: str, dtype: npt.DTypeLike, shape: list[str | int], meaning: str) -> Any:
        return self._onnx.helper.make_tensor_value_info(name, self.type_of(dtype), shape, meaning)
