"""The model: a network with the preparation of its table, and the one file that keeps both.

The file is safetensors: the parameter vector as one tensor, everything else as JSON in one entry of the metadata
(several would be written in an order drawn by lot). Loading it runs no code from the file.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import safetensors
import safetensors.numpy

from fallline.data import Preparation, Table, read_table
from fallline.engine import Architecture, Array
from fallline.errors import FalllineError, ModelFileError
from fallline.files import replacing
from fallline.network.network import Network

if TYPE_CHECKING:
    import polars as pl

FORMAT = "fallline-model"
FORMAT_VERSION = 1
_TENSOR = "parameters"


@dataclass(frozen=True)
class Model:
    """What a training leaves: predicts any table that has the columns of the one it was trained on."""

    network: Network
    preparation: Preparation
    written_by: str = ""  # version of Fallline, where the model comes from a file

    def outputs(self, table: Table, notes: list[str] | None = None) -> Array:
        """Return the network's outputs (rows, outputs), in its own units; see `Preparation.transform`."""
        X = self.preparation.transform(table, self.network.parameters.dtype, notes=notes)
        return self.network.run(X)

    def predict(self, source: Any, notes: list[str] | None = None) -> pl.DataFrame:
        """Return the predictions for a file, a frame or an array, in the target's own units.

        For classes: the label, and a column with the probability of each class. Sentences that the user
        should see (categories that training did not have) are appended to `notes`.

        Raises
        ------
        DataError
            If the table cannot be read or lacks a column.
        """
        return self.preparation.predictions(self.outputs(read_table(source), notes))

    def save(self, path: str | Path) -> None:
        """Write the model file; what stood there before is replaced only when the new one is complete."""
        from fallline import __version__

        architecture = self.network.architecture
        about = {
            "format_version": FORMAT_VERSION,
            "fallline_version": __version__,
            "shape": list(architecture.shape),
            "activations": list(architecture.activations),
            "loss": architecture.loss,
            "preparation": self.preparation.to_dict(),
        }
        about["checksum"] = checksum(about, self.network.parameters)
        content = safetensors.numpy.save({_TENSOR: self.network.parameters}, metadata={FORMAT: json.dumps(about)})
        with replacing(Path(path)) as file:
            file.write(content)

    @classmethod
    def load(cls, path: str | Path) -> Model:
        """Return the model in a file.

        Raises
        ------
        ModelFileError
            If the file is missing, damaged, of another kind, or of a later version than this one can read.
        """
        path = Path(path)
        about, parameters = _read(path)
        version = about.get("format_version", 0)
        if isinstance(version, int) and version > FORMAT_VERSION:
            raise ModelFileError(
                f"{path.name}: written in model format {version} by Fallline {about.get('fallline_version', '?')}; "
                f"this version reads formats up to {FORMAT_VERSION}. Update Fallline (pip install -U fallline)."
            )
        try:
            if checksum(about, parameters) != about["checksum"]:
                raise FalllineError("its content does not fit its checksum.")
            architecture = Architecture(tuple(about["shape"]), tuple(about["activations"]), about["loss"])
            network = Network.from_parameters(architecture, parameters)
            preparation = Preparation.from_dict(about["preparation"])
            if (preparation.inputs, preparation.outputs) != (network.shape[0], network.shape[-1]):
                raise FalllineError("network and preparation do not fit.")
            version_of_writer = str(about["fallline_version"])
            if not np.isfinite(parameters).all():
                raise FalllineError("its weights are not all finite numbers.")
        except KeyError as missing:
            raise ModelFileError(f"{path.name}: the model file is damaged: it lacks {missing}.") from None
        except (FalllineError, TypeError, ValueError, ArithmeticError, AttributeError) as problem:
            raise ModelFileError(f"{path.name}: the model file is damaged: {problem}") from None
        return cls(network, preparation, version_of_writer)


def checksum(about: dict[str, Any], parameters: Array) -> str:
    """Return the SHA-256 of what a model file says, but for the checksum itself, and of its parameters."""
    said = {key: value for key, value in about.items() if key != "checksum"}
    content = json.dumps(said, sort_keys=True).encode() + parameters.tobytes()
    return hashlib.sha256(content).hexdigest()


def _read(path: Path) -> tuple[dict[str, Any], Array]:
    """Return what a model file says, and its parameter vector."""
    try:
        if path.is_dir():
            raise ModelFileError(f"{path}: a folder, not a model file. Name the model.safetensors inside it.")
        size = path.stat().st_size
        if size == 0:
            raise ModelFileError(f"{path.name}: the file is empty (0 bytes), not a model.")
        with safetensors.safe_open(str(path), framework="numpy") as file:
            told = (file.metadata() or {}).get(FORMAT)
            if told is None:
                raise ModelFileError(
                    f"{path.name}: a safetensors file, but not a Fallline model. "
                    "Name the model.safetensors that `fallline train` wrote."
                )
            about = json.loads(told)
            if not isinstance(about, dict):
                raise ModelFileError(f"{path.name}: the model file is damaged: it does not say what it is.")
            if _TENSOR not in file.keys():  # noqa: SIM118 - a file handle, not a mapping
                raise ModelFileError(f"{path.name}: the model file is damaged: it has no parameters.")
            return about, np.array(file.get_tensor(_TENSOR))
    except FileNotFoundError:
        raise ModelFileError(f"{path}: there is no such file. Name the model.safetensors of a run.") from None
    except OSError as problem:
        raise ModelFileError(f"{path}: cannot be read: {problem.strerror or problem}.") from None
    except (AttributeError, TypeError):
        raise ModelFileError(
            f"{path.name}: the model file is damaged: its parameters are of an unknown type."
        ) from None
    except (safetensors.SafetensorError, json.JSONDecodeError, RecursionError) as problem:
        raise ModelFileError(
            f"{path.name}: not a model file, or a damaged or truncated one ({problem}; {size:,} bytes). "
            "Name the model.safetensors that `fallline train` wrote."
        ) from None
