"""Mistakes that the program's entry spells out, because only its own words can hold them."""

from __future__ import annotations

from collections.abc import Iterator

from ..entry import Program
from .editing import change
from .planting import Place


def plant(program: Program, source: str) -> Iterator[Place]:
    """Plant the entry's own edits."""
    for edit in program.edit:
        yield Place(edit.code, edit.layers, lambda text, edit=edit: [change(text, edit.old, edit.new)])
