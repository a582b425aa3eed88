"""Remedies: one change, one file, one code. A new file in this folder is a new remedy, and no other names it."""

from __future__ import annotations

import importlib
import pkgutil

from fallline.diagnosis.trials.remedy import Remedy


def _remedies() -> dict[str, Remedy]:
    """Return an instance of each remedy class that a module of this folder defines, ordered by code."""
    found: list[Remedy] = []
    for each in pkgutil.iter_modules(__path__):
        module = importlib.import_module(f"{__name__}.{each.name}")
        found += [kind() for kind in vars(module).values() if _is_remedy(kind) and kind.__module__ == module.__name__]
    return {remedy.code: remedy for remedy in sorted(found, key=lambda remedy: remedy.code)}


def _is_remedy(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, Remedy) and "code" in vars(value)


REMEDIES: dict[str, Remedy] = _remedies()
