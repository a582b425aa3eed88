"""Models and networks in other forms: ONNX, a NumPy or C function that stands alone, and PyTorch."""

from fallline.interchange.export import export
from fallline.interchange.pytorch import from_torch, to_torch

__all__ = ["export", "from_torch", "to_torch"]
