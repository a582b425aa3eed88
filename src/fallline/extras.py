"""Packages that only an extra brings: the one sentence about one that is missing."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from fallline.errors import MissingExtraError


def required(what: str, extra: str, *packages: str) -> Any:
    """Return the first of the packages that an extra brings.

    Parameters
    ----------
    what
        What needs it, as the subject of a sentence in the singular.
    extra
        Its name, as in `pip install 'fallline[extra]'`.

    Raises
    ------
    MissingExtraError
        If one is not installed; the sentence says how to install it.
    """
    found = []
    for package in packages:
        try:
            found.append(import_module(package))
        except ModuleNotFoundError as missing:
            if (missing.name or "").split(".")[0] != package:
                raise  # it is there, and something that it needs is not
            raise MissingExtraError(
                f"{what} needs the extra '{extra}' (the package '{package}' is not installed). Install it with: "
                f"pip install 'fallline[{extra}]'",
                name=package,
            ) from None
    return found[0]
