"""A place where a mistake may be planted, and the mistake planted there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .editing import Change


@dataclass(frozen=True)
class Place:
    """A mistake and the function that makes its changes; it raises DoesNotFitError where the words are not found."""

    code: str
    layers: tuple[int, ...]
    changes: Callable[[str], list[Change]]


@dataclass(frozen=True)
class Mutation:
    """A mistake that fits into a program's text: the changes that plant it."""

    code: str
    layers: tuple[int, ...]
    changes: tuple[Change, ...]
    also: tuple[tuple[str, tuple[int, ...]], ...] = ()  # other mistakes that are the same text here
