"""How a text table is written, found from its first rows: separator, decimal mark, header."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from dataclasses import dataclass
from itertools import islice

from fallline.data.cells import is_missing, is_number
from fallline.errors import DataError

WHITESPACE = " "
SEPARATOR_NAMES = {
    "comma": ",",
    "semicolon": ";",
    "tab": "\t",
    "\\t": "\t",
    "pipe": "|",
    "space": WHITESPACE,
    "whitespace": WHITESPACE,
}

_CANDIDATES = ("\t", ";", "|", ",")
_SAMPLE_ROWS = 200
_DECIMAL_COMMA = re.compile(r"[+-]?\d*,\d+(?:[eE][+-]?\d+)?")
_DECIMAL_POINT = re.compile(r"[+-]?\d*\.\d+(?:[eE][+-]?\d+)?")
_MOSTLY = 0.9

Rows = list[list[str]]


@dataclass(frozen=True)
class Dialect:
    """How a text table is written. ``skipped`` counts the lines before the first row, header included."""

    separator: str
    decimal: str
    encoding: str
    header: bool
    skipped: int = 0
    spaced: bool = False  # blanks between a separator and a quoted cell

    def describe(self) -> str:
        """Return the dialect in words, for instance "comma-separated, decimal point, utf-8, with a header"."""
        names = {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe", WHITESPACE: "blank"}
        separator = names.get(self.separator, repr(self.separator))
        mark = {".": "point", ",": "comma"}.get(self.decimal, repr(self.decimal))
        header = "with a header" if self.header else "without a header"
        return f"{separator}-separated, decimal {mark}, {self.encoding.removesuffix('-sig')}, {header}"


@dataclass(frozen=True)
class Asked:
    """What the user said about the dialect; None is to be found."""

    separator: str | None = None
    decimal: str | None = None
    header: bool | None = None

    def __post_init__(self) -> None:
        if self.separator is not None and len(self.separator) != 1:
            raise DataError(
                f"--separator {self.separator}: expected one character, or one of {', '.join(SEPARATOR_NAMES)}."
            )
        if self.decimal not in (None, ".", ","):
            raise DataError(f"--decimal {self.decimal}: expected a point or a comma.")
        if self.decimal is not None and self.separator == self.decimal:
            raise DataError(f"--separator and --decimal are both {self.decimal!r}: they must differ.")


def sniff(name: str, text: str, encoding: str, asked: Asked) -> tuple[Dialect, list[str]]:
    """Return the dialect of a text table from its beginning, and the column names.

    Raises
    ------
    DataError
        If there are no rows, or only a header.
    """
    lines = text.splitlines(keepends=True)
    skipped = 0
    while skipped < len(lines) and (lines[skipped].startswith("#") or not lines[skipped].strip()):
        skipped += 1
    separator = asked.separator
    if skipped < len(lines) and (excel := re.fullmatch(r"sep=(.)\s*", lines[skipped])):
        separator = separator or excel[1]
        skipped += 1
    body = "".join(lines[skipped:])
    if not body.strip(' \r\n"'):
        raise DataError(f"{name}: the file has no rows. Pass a table with a header and rows of values.")
    if separator is None:
        separator = _separator(body)
    spaced = separator != WHITESPACE and re.search(re.escape(separator) + r' +"', body) is not None
    rows, header_lines = parsed(body, separator, spaced)
    if not rows:
        raise DataError(f'{name}: the first row cannot be read; a quote (") in it is opened and never closed.')
    decimal = asked.decimal or _decimal(rows, separator)
    header = asked.header if asked.header is not None else _has_header(rows, decimal)
    if header and len(rows) == 1:
        raise DataError(
            f"{name}: there is only a header ({', '.join(rows[0][:5])}) and no row of values. "
            "If it is a row, pass --no-header."
        )
    dialect = Dialect(separator, decimal, encoding, header, skipped + header_lines * header, spaced)
    return dialect, _names(name, rows, header)


def parsed(text: str, separator: str, spaced: bool = False) -> tuple[Rows, int]:
    """Return the first rows by Python's csv module, and how many lines the first row takes."""
    rows: Rows = []
    first = 0
    source = io.StringIO(text, newline="")
    lines = (" ".join(line.split()) + "\n" for line in source) if separator == WHITESPACE else source
    reader = csv.reader(lines, delimiter=separator, skipinitialspace=spaced)
    try:
        for row in islice(reader, _SAMPLE_ROWS):
            if not row or (len(row) == 1 and not row[0].strip()):
                continue
            first = first or reader.line_num
            rows.append(row)
    except csv.Error:  # a huge cell: what was read before it is enough to judge
        pass
    return rows, first


def _separator(body: str) -> str:
    """Return the separator under which most rows have the same number of fields, more than one."""
    best, best_score = "", 0.0
    for candidate in _CANDIDATES:
        rows, _ = parsed(body, candidate)
        score = _agreement(rows)
        if score > best_score + 1e-9:
            best, best_score = candidate, score
    blank_rows, _ = parsed(body, WHITESPACE)
    blank_score = _agreement(blank_rows)
    if best:
        cells = [row[0] for row in parsed(body, best)[0][1:] if row]
        runs_of_numbers = cells and all(
            len(cell.split()) > 1 and all(is_number(part) or is_missing(part) for part in cell.split())
            for cell in cells
        )
        if best_score >= blank_score or not blank_score:
            return WHITESPACE if blank_score >= _MOSTLY and runs_of_numbers else best
        return WHITESPACE if runs_of_numbers or best_score < 0.5 else best
    return WHITESPACE if blank_score else ","


def _agreement(rows: Rows) -> float:
    """Return the share of rows that have the first row's (or the usual) number of fields; 0 for one field."""
    if not rows:
        return 0.0
    usual, count = Counter(len(row) for row in rows).most_common(1)[0]
    if usual < 2:
        return 0.0
    agreeing = count / len(rows)
    return agreeing if len(rows[0]) == usual else 0.5 * agreeing


def _decimal(rows: Rows, separator: str) -> str:
    if separator == ",":
        return "."
    cells = [cell.strip() for row in rows for cell in row]
    commas = sum(_DECIMAL_COMMA.fullmatch(cell) is not None for cell in cells)
    points = sum(_DECIMAL_POINT.fullmatch(cell) is not None for cell in cells)
    return "," if commas > points else "."


def _has_header(rows: Rows, decimal: str) -> bool:
    """Whether the first row names the columns.

    It does if some column's other cells are numbers and its first is not; it does not if a column of numbers
    begins with one; among nothing but texts it does if its cells are all different and none comes again below.
    """
    first, rest = rows[0], rows[1:]
    if not rest:
        return not any(is_number(cell, decimal) for cell in first)
    begins_with_number = False
    for j, cell in enumerate(first):
        column = [row[j] for row in rest if j < len(row) and not is_missing(row[j])]
        if not column or sum(is_number(value, decimal) for value in column) < _MOSTLY * len(column):
            continue
        if not is_number(cell, decimal) and not is_missing(cell):
            return True
        begins_with_number = begins_with_number or is_number(cell, decimal)
    if begins_with_number:
        return _is_count_of_columns(first) and any(
            _DECIMAL_POINT.fullmatch(cell.strip().replace(decimal, ".")) for row in rest for cell in row
        )
    cells = [cell.strip() for cell in first]
    if len(set(cells)) < len(cells) or any(is_missing(cell) for cell in cells[1:]):
        return False
    return not any(cell == row[j].strip() for j, cell in enumerate(cells) for row in rest if j < len(row))


def _is_count_of_columns(first: list[str]) -> bool:
    """Whether the cells are 0, 1, 2, …: what pandas writes for columns without names."""
    return len(first) > 2 and [cell.strip() for cell in first] == [str(j) for j in range(len(first))]


def _names(name: str, rows: Rows, header: bool) -> list[str]:
    if not header:
        return [f"x{j + 1}" for j in range(len(rows[0]))]
    names = [cell.strip() for cell in rows[0]]
    rest = rows[1:]
    if rest and all(len(row) == len(names) + 1 for row in rest):
        # One name short: a separator at each line's end, or R's unnamed first column of row names.
        at_end = all(not row[-1].strip() for row in rest)
        names = [*names, ""] if at_end else ["", *names]
    names = [each or f"column {j + 1}" for j, each in enumerate(names)]
    reject_duplicates(name, names)
    return names


def reject_duplicates(name: str, names: list[str]) -> None:
    """Raise `DataError` if two columns share a name."""
    twice = [each for each, count in Counter(names).items() if count > 1]
    if twice:
        where = " and ".join(str(j + 1) for j, each in enumerate(names) if each == twice[0])
        raise DataError(
            f"{name}: columns {where} are both named '{twice[0]}'. Give every column a name of its own, "
            "or pass --no-header if the first row holds values."
        )
