"""Reading a file of Python, and saying what is wrong with it where it cannot be read."""

from __future__ import annotations

import ast
import re
import tokenize
import warnings
from dataclasses import dataclass
from pathlib import Path

from fallline.errors import FalllineError

_PYTHON_2 = (
    r"^\s*print\s+[^=\s(]",
    r"^\s*print\s+\(.*\)\s*[%,]",
    r"^\s*print\s*$",
    r"^\s*except\s+[\w.]+\s*,\s*\w+\s*:",
    r"^\s*exec\s+[\"']",
    r"<>",
    r"^\s*raise\s+\w+\s*,",
)

_DATA = {
    ".csv",
    ".tsv",
    ".parquet",
    ".json",
    ".jsonl",
    ".npy",
    ".npz",
    ".xlsx",
    ".xls",
    ".arff",
    ".pkl",
    ".safetensors",
}


@dataclass(frozen=True)
class Source:
    """A file's text and what it says."""

    path: Path
    text: str
    tree: ast.Module

    @property
    def directory(self) -> Path:
        """Where its own imports and data files stand."""
        return self.path.resolve().parent


def read_source(path: str | Path) -> Source:
    """Read and parse a file.

    Raises
    ------
    FalllineError
        If it is not there, not Python 3, or does not parse; the message has the line.
    """
    path = Path(path)
    if path.suffix == ".ipynb":
        raise FalllineError(
            f"{path.name} is a notebook: save it as a script (File → Save and Export As → Executable Script)."
        )
    if path.suffix.lower() in _DATA:
        raise FalllineError(
            f"{path.name} is data, not a program: name the file with the network, and the data with --data {path.name}."
        )
    try:
        with tokenize.open(path) as file:
            text = file.read()
    except OSError as error:
        raise FalllineError(f"{path}: cannot be read ({error.strerror or error}).") from None
    except (SyntaxError, UnicodeDecodeError) as error:
        raise FalllineError(f"{path.name}: is not text in a known encoding ({error}).") from None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text, filename=str(path))
    except SyntaxError as error:
        raise FalllineError(_unreadable(path, text, error)) from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise FalllineError(f"{path.name}: cannot be parsed ({error}).") from None
    if not tree.body:
        raise FalllineError(f"{path.name}: the file is empty.")
    return Source(path, text, tree)


def _unreadable(path: Path, text: str, error: SyntaxError) -> str:
    lines = text.splitlines()
    number = error.lineno or 1
    around = [n for n in (number, number - 1) if 0 < n <= len(lines)]
    for n in [*around, *range(1, len(lines) + 1)]:
        if any(re.search(pattern, lines[n - 1]) for pattern in _PYTHON_2):
            return (
                f"{path.name}, line {n}: this is Python 2 (`{lines[n - 1].strip()}`); Fallline runs Python 3. "
                "Put what is printed into parentheses, or convert the file (2to3)."
            )
    shown = f" (`{lines[number - 1].strip()}`)" if 0 < number <= len(lines) else ""
    return f"{path.name}, line {number}: does not parse: {error.msg}{shown}."
