"""Packages that only an extra brings."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from fallline.errors import FalllineError


def required(package: str, extra: str) -> Any:
    """Return a package that the extra brings.

    Raises
    ------
    FalllineError
        If it is not installed; the sentence says how to install it.
    """
    try:
        return import_module(package)
    except ModuleNotFoundError as missing:
        if (missing.name or "").split(".")[0] != package:
            raise  # it is there, and something that it needs is not
        raise FalllineError(
            f"the package '{package}' is not installed. Install it with: pip install 'fallline[{extra}]'"
        ) from None
