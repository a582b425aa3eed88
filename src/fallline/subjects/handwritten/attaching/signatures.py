"""Which argument of a hand-written function is what: by the names that people give them, and by their order."""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

_ROLES: tuple[tuple[str, str], ...] = (
    ("rate", r"l_?r|(l|learn|learning|training|train)_?rate|rate|alpha|eta|eps|epsilon|step_?size|"
             r"N|gamma|speed|learning"),
    ("momentum", r"M|mu|momentum|moment|mom|beta"),
    ("batch", r"(mini_?)?batch_?(size|len|length)"),
    ("iterations", r".*(epoc|iter|times|cycles|loops).*|(num_?|n_?|no_?|max_?)?steps|number_of_.*|n|count|rounds"),
    ("flag", r"(is_?)?(verb|print|display|plot|debug|show|log|graph).*"),
    ("network", r"self|net|nn|network|model|mlp|neural_?net(work)?|ann|layers"),
    ("estimates", r"y_?_?(hat|pred|predicted|out|output)|predictions?|preds?|o|out|y_?p|final_outputs?|guess"),
    ("pairs", r"training_?data|mini_?batch|batch|data_?set|patterns|training_set|training_examples|pairs|train_data"),
    ("targets", r"(.*_)?(y|ys|t|target|targets|tgt|label|labels|lbl|expected|desired|truth|answer|answers|keys?)(_.*)?|"
                r"y[A-Z].*|y_?(true|train|real|batch)|one_hot.*|targets?_?(list|vector|array|data|output)?"),
    ("outputs", r"(.*_)?outputs?(_.*)?|train(ing)?_?(set_)?out.*"),
    ("inputs", r"x|xs|a|a0|p|d|.*input.*|.*inp|x_?.*|data|features?|samples?|rows?|images?|pattern|example|observation|"
               r"vec(tor)?|signal|feat"),
)  # fmt: skip
_EXACT_CASE = {"N", "M", "n"}


@functools.lru_cache(maxsize=4096)
def role(name: str) -> str:
    """Return what an argument of this name usually is, "" where the name does not tell."""
    plain = name.strip("_")
    for found, pattern in _ROLES:
        for choice in _split(pattern):
            case = plain if choice in _EXACT_CASE else plain.lower()
            if re.fullmatch(choice, case):
                return found
    return ""


def _split(pattern: str) -> list[str]:
    parts, depth, current = [], 0, ""
    for character in pattern:
        depth += (character == "(") - (character == ")")
        if character == "|" and not depth:
            parts.append(current)
            current = ""
        else:
            current += character
    return [*parts, current]


@dataclass(frozen=True)
class Arguments:
    """A function's arguments by role: the names in their order, with the defaults that they have."""

    roles: dict[str, str]  # argument → role
    defaults: dict[str, Any]
    positional: frozenset[str] = frozenset()

    def of(self, wanted: str) -> str | None:
        """Return the first argument of a role."""
        return next((name for name, found in self.roles.items() if found == wanted), None)


def arguments(function: Callable[..., Any], known: set[str] | None = None) -> Arguments | None:
    """Return a function's arguments, None where it cannot be asked.

    Those that are named as a global variable in `known` are given it ("state"). Required ones whose name does not tell
    are taken for the inputs, then the targets, in their order.
    """
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return None
    parameters = [p for p in parameters if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    roles: dict[str, str] = {}
    defaults = {p.name: p.default for p in parameters if p.default is not p.empty}
    for p in parameters:
        found = role(p.name)
        if found == "outputs":
            found = "estimates" if any(role(q.name) == "targets" for q in parameters) else "targets"
        if known and p.name in known and (found not in ("inputs", "targets", "rate", "iterations", "pairs")):
            found = "state"
        if found == "iterations" and p.name == "n" and p is parameters[0]:
            found = ""
        if found in ("inputs", "targets") and found in roles.values():
            found = "targets" if found == "inputs" and "targets" not in roles.values() else ""
        roles[p.name] = found
    for p in parameters:
        if roles[p.name] or p.name in defaults:
            continue
        for wanted in ("inputs", "targets"):
            if wanted not in roles.values() and not (wanted == "inputs" and "pairs" in roles.values()):
                roles[p.name] = wanted
                break
    positional = frozenset(p.name for p in parameters if p.kind is p.POSITIONAL_ONLY)
    return Arguments(roles, defaults, positional)
