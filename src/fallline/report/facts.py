"""Names and what they stand for, in two columns."""

from __future__ import annotations

from rich.table import Table
from rich.text import Text


class Facts:
    """Names and what they stand for, under each other; no text is read as markup."""

    def __init__(self) -> None:
        self.grid = Table.grid(padding=(0, 2))
        self.grid.add_column(style="bold", no_wrap=True)
        self.grid.add_column()

    def add(self, name: str, words: str, style: str = "") -> None:
        """Add a line."""
        self.grid.add_row(name, Text(words, style=style))
