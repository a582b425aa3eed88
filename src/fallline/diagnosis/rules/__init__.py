"""Rules: one cause, one file, one code. A new file in this folder is a new rule; nothing else needs to name it."""

from __future__ import annotations

import importlib
import pkgutil

from fallline.diagnosis.rule import Kind, Rule


def _rules() -> dict[str, Rule]:
    """Return an instance of each rule class that a module of this folder defines, ordered by kind and code."""
    found: list[Rule] = []
    for each in pkgutil.iter_modules(__path__):
        module = importlib.import_module(f"{__name__}.{each.name}")
        found += [kind() for kind in vars(module).values() if _is_rule(kind) and kind.__module__ == module.__name__]
    kinds = list(Kind)
    return {rule.code: rule for rule in sorted(found, key=lambda rule: (kinds.index(rule.kind), rule.code))}


def _is_rule(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, Rule) and "code" in vars(value)


RULES: dict[str, Rule] = _rules()
