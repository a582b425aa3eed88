"""A model into a file that runs without Fallline."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from fallline.engine.architecture import lookup
from fallline.errors import FalllineError
from fallline.files import replacing
from fallline.network.model import Model

SUFFIXES = {".onnx": "onnx", ".py": "numpy", ".c": "c"}


def export(model: Model, path: str | Path, to: str | None = None) -> None:
    """Write what the model does, from the table's own columns to the prediction, as a file of another kind.

    What stood there before is replaced only when the new file is complete.

    Parameters
    ----------
    model
        Network and preparation, such as `run.model` or `Model.load("model.safetensors")`.
    path
        The file to write.
    to
        "onnx" (an ONNX graph; needs the extra `onnx`), "numpy" (a Python file that needs NumPy alone) or "c" (a C99
        file that needs nothing but the C library); None goes by the path's ending: .onnx, .py or .c.

    Raises
    ------
    FalllineError
        If it is no model, the form is unknown, a package is missing, or the network is too large to be written out as
        source code.
    """
    if not isinstance(model, Model):
        raise FalllineError(f"expected a model, such as run.model or Model.load(path), got {type(model).__name__}.")
    path = Path(path)
    content = lookup(_WRITERS, form(path, to), "--to")(model)
    with replacing(path) as file:
        file.write(content)


def form(path: Path, to: str | None) -> str:
    """Return the form that was asked for, or the one that the path's ending names."""
    if to is not None:
        return to
    if path.suffix.lower() in SUFFIXES:
        return SUFFIXES[path.suffix.lower()]
    raise FalllineError(f"{path}: its ending does not say what to write. Name it .onnx, .py or .c, or pass --to.")


def _onnx(model: Model) -> bytes:
    from fallline.interchange.to_onnx import to_onnx

    return bytes(to_onnx(model).SerializeToString())


def _numpy(model: Model) -> bytes:
    from fallline.interchange.to_numpy import to_numpy

    return to_numpy(model).encode()


def _c(model: Model) -> bytes:
    from fallline.interchange.to_c import to_c

    return to_c(model).encode()


_WRITERS: dict[str, Callable[[Model], bytes]] = {"onnx": _onnx, "numpy": _numpy, "c": _c}
