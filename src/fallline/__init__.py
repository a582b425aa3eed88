"""Fallline trains feed-forward networks down to their floor, and says why when one stops short."""

from fallline.errors import DataError, FalllineError, ModelFileError
from fallline.network import Network

__version__ = "0.1.0"
__all__ = ["DataError", "FalllineError", "ModelFileError", "Network", "__version__"]
