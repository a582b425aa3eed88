"""One column of the table as the network meets it: its role, its kind, and the inputs it becomes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from fallline.data.profiles import Kind

Role: TypeAlias = Literal["input", "target", "dropped"]


@dataclass(frozen=True)
class Input:
    """One input of the network: (x − centre) / scale, where a missing x is ``fill``; all in x's own units."""

    name: str
    centre: float = 0.0
    scale: float = 1.0
    fill: float = 0.0
    standardised: bool = False


@dataclass(frozen=True)
class Column:
    """One column: what was found in it, what it is used for, and how it becomes numbers.

    ``inputs`` holds one entry for each input of the network that the column becomes: a categorical column one
    for each category (then "missing" and "other" where they occur), any other column its value (for dates
    also the sine and cosine of the place in the year) and where needed a 0/1 that says "missing".
    """

    name: str
    position: int  # in the table, from 1
    role: Role
    kind: Kind | None = None
    missing: int | None = None  # None: not looked at
    distinct: int | None = None
    distinct_exact: bool = True  # otherwise there are at least so many
    reason: str = ""  # why it is dropped
    categories: tuple[str, ...] = ()
    missing_input: bool = False
    other_input: bool = False
    seasonal: bool = False
    date_format: str | None = None
    inputs: tuple[Input, ...] = field(default=())

    @property
    def encoding(self) -> str:
        """How the column becomes inputs, in words."""
        if self.role != "input":
            return ""
        if self.kind == "categorical":
            others = [", missing"] * self.missing_input + [", other"] * self.other_input
            number = len(self.categories)
            return f"one-hot: {number} categor{'y' if number == 1 else 'ies'}{''.join(others)}"
        words = {"numeric": "number", "boolean": "0/1", "date": "days"}[self.kind or "numeric"]
        if any(each.standardised for each in self.inputs):
            words += ", standardised"
        if self.seasonal:
            words += "; sine and cosine of the year"
        return words + ("; 0/1 where missing" if self.missing_input else "")

    def input_names(self) -> list[str]:
        """Return the names of the inputs, in order."""
        if self.kind == "categorical":
            names = [f"{self.name}={category}" for category in self.categories]
            return names + [f"{self.name} missing"] * self.missing_input + [f"{self.name} other"] * self.other_input
        names = [self.name]
        if self.seasonal:
            names += [f"{self.name} sine of year", f"{self.name} cosine of year"]
        return names + [f"{self.name} missing"] * self.missing_input
