"""What a console would show."""

from __future__ import annotations

import io

from rich.console import Console


def shown(renderable, width=100):
    """Return the lines of a renderable at a width, without styles and trailing blanks."""
    console = Console(file=io.StringIO(), record=True, width=width)
    console.print(renderable)
    return [line.rstrip() for line in console.export_text().splitlines()]


def words(renderable):
    """Return all of it in one line, blanks squeezed, so that it does not matter where lines break."""
    return " ".join(" ".join(shown(renderable)).split())
