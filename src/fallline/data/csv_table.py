"""Text tables read in batches: whole records go to Polars as strings, a few megabytes at a time."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import polars as pl

from fallline.data.decoding import first_bytes, found_encoding, known_encoding, reject_binary, utf8_blocks
from fallline.data.dialect import SEPARATOR_NAMES, WHITESPACE, Asked, Dialect, sniff
from fallline.errors import DataError

CHUNK_BYTES = 1024 * 1024

_LONGEST_RECORD = 64 * 1024 * 1024
_BLANK_LINE = re.compile(rb"^ *\r?\n", re.MULTILINE)
_BLANKS = re.compile(rb"[ \t]+")
_BLANKS_OUTSIDE_QUOTES = re.compile(rb'("[^"\n]*")|[ \t]+')
_EDGE_TABS = re.compile(rb"^\t+|\t+(?=\r?$)", re.MULTILINE)


@dataclass
class CsvTable:
    """A text table; ``batches`` reads the file anew each time, in bounded memory, all cells as text."""

    path: Path
    columns: list[str]
    dialect: Dialect
    certain_encoding: bool
    notes: list[str] = field(default_factory=list)
    carriage_returns: bool = False  # lines end in \r alone

    @property
    def name(self) -> str:
        """The file's name without its folder."""
        return self.path.name

    @property
    def decimal(self) -> str:
        """The decimal mark of the table's numbers."""
        return self.dialect.decimal

    @property
    def read_as(self) -> str:
        """How the text was read, in words."""
        return self.dialect.describe()

    def batches(self) -> Iterator[pl.DataFrame]:
        """Yield the rows in order, as frames of strings with the table's column names."""
        for chunk, line in self._chunks():
            if len(frame := self._frame(chunk, line)):
                yield frame

    def _chunks(self) -> Iterator[tuple[bytes, int]]:
        """Yield bytes of whole records, and the number of the line they begin in (from 1)."""
        rest = b""
        line = 1
        skip = self.dialect.skipped
        blocks = utf8_blocks(
            self.path, self.dialect.encoding, CHUNK_BYTES, certain=self.certain_encoding, notes=self.notes
        )
        for block in blocks:
            data = rest + (block.replace(b"\r", b"\n") if self.carriage_returns else block)
            while skip and (end := data.find(b"\n") + 1):
                data, skip, line = data[end:], skip - 1, line + 1
            cut = 0 if skip else _last_record_end(data)
            rest = data[cut:]
            if len(rest) > _LONGEST_RECORD:
                raise self._unclosed_quote(line + data[:cut].count(b"\n"))
            if cut:
                records = data[:cut]
                yield records, line
                line += _count(records, b"\n")
        if rest and not skip:
            yield rest, line

    def _frame(self, chunk: bytes, line: int) -> pl.DataFrame:
        separator = self.dialect.separator
        plain = chunk
        if separator == WHITESPACE:
            plain, separator = _tabulated(chunk), "\t"
        if self.dialect.spaced:
            return self._frame_by_csv(plain, line, separator)
        frame = self._frame_by_polars(plain, separator)
        if frame is None and b'"' not in plain:
            unbroken = _BLANK_LINE.sub(b"", plain)
            if not unbroken.strip(b" \r\n"):
                return pl.DataFrame()
            frame = self._frame_by_polars(unbroken, separator) if len(unbroken) < len(plain) else None
        return self._frame_by_csv(plain, line, separator) if frame is None else frame

    def _frame_by_polars(self, plain: bytes, separator: str) -> pl.DataFrame | None:
        """Return the frame, or None where Polars refuses or the rows are not all of the same length."""
        quoted = b'"' in plain
        try:
            frame = pl.read_csv(
                plain,
                has_header=False,
                separator=separator,
                schema=dict.fromkeys(self.columns, pl.String()),
                quote_char='"' if quoted else None,
                empty_string_is_null=False,
            )
        except pl.exceptions.PolarsError:
            return None
        # Polars fills short rows up without a word: the number of separators tells.
        records, separators = _structure(plain, separator.encode())
        blank = len(self.columns) == 1 and (frame.to_series() == "").any()
        regular = len(frame) == records and separators == records * (len(self.columns) - 1) and not blank
        return frame if regular else None

    def _frame_by_csv(self, chunk: bytes, line: int, separator: str) -> pl.DataFrame:
        """Read what Polars refused, or say which line is wrong and how."""
        expected = len(self.columns)
        cells: list[list[str]] = [[] for _ in range(expected)]
        text = chunk.decode()
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=self.dialect.spaced)
        row: list[str] = []
        start = end = 0
        try:
            for row in reader:
                start, end = end, reader.line_num
                if not row or (len(row) == 1 and not row[0].strip()):
                    continue
                if len(row) != expected:
                    raise self._ragged(line + start, expected, len(row), end - start > 1)
                for column, cell in zip(cells, row, strict=True):
                    column.append(cell)
        except csv.Error:
            raise self._unclosed_quote(line + end) from None
        if row and end - start > 1 and "\n" in row[-1] and not text.rstrip().endswith('"'):
            raise self._unclosed_quote(line + start)
        return pl.DataFrame(dict(zip(self.columns, cells, strict=True)), schema_overrides=self._schema())

    def _schema(self) -> dict[str, pl.DataType]:
        return dict.fromkeys(self.columns, pl.String())

    def _ragged(self, line: int, expected: int, found: int, several_lines: bool) -> DataError:
        quote = " A quoted cell that is never closed can cause this." if several_lines else ""
        return DataError(
            f"{self.name}, line {line}: expected {expected} field{'s' * (expected != 1)} "
            f"as in the first row, found {found}.{quote} Correct the line, or pass --separator if the table "
            f"is not {self.dialect.describe().split(',')[0]}."
        )

    def _unclosed_quote(self, line: int) -> DataError:
        return DataError(
            f'{self.name}, line {line}: a quote (") is opened in this line and never closed. '
            "Close it, or double it if it is part of the text."
        )


def open_csv(
    path: Path,
    *,
    separator: str | None = None,
    decimal: str | None = None,
    encoding: str | None = None,
    header: bool | None = None,
) -> CsvTable:
    """Open a text table, finding out from its first rows what the caller did not say.

    Raises
    ------
    DataError
        If the file is empty, no text, damaged, or without rows.
    """
    asked = Asked(SEPARATOR_NAMES.get(separator, separator) if separator else None, decimal, header)
    sample = first_bytes(path)
    if not sample.strip():
        raise DataError(f"{path.name}: the file is empty. Pass a table with a header and rows of values.")
    reject_binary(path.name, sample)
    found = known_encoding(encoding) if encoding else found_encoding(path.name, sample)
    text = _sample_text(sample, found)
    carriage_returns = "\r" in text and "\n" not in text
    if carriage_returns:
        text = text.replace("\r", "\n")
    if len(sample) >= 1024 * 256 and (cut := text.rfind("\n") + 1):
        text = text[:cut]
    dialect, columns = sniff(path.name, text, found, asked)
    return CsvTable(path, columns, dialect, certain_encoding=encoding is not None, carriage_returns=carriage_returns)


def _sample_text(sample: bytes, encoding: str) -> str:
    text = sample.decode(encoding, errors="replace")
    return text.removeprefix("\ufeff")


def _last_record_end(data: bytes) -> int:
    """Return the position after the last line end that is outside quotes; 0 if there is none."""
    cut = data.rfind(b"\n") + 1
    inside = data.count(b'"', 0, cut) % 2
    while inside and cut:
        previous, cut = cut, data.rfind(b"\n", 0, cut - 1) + 1
        inside ^= data.count(b'"', cut, previous) % 2
    return cut


def _structure(plain: bytes, separator: bytes) -> tuple[int, int]:
    """Return how many records and separators there are outside quotes."""
    outside = b"".join(plain.split(b'"')[::2]) if b'"' in plain else plain
    return _count(outside, b"\n") + (not plain.endswith(b"\n")), _count(outside, separator)


def _count(data: bytes, byte: bytes) -> int:
    """Return how often a byte occurs; several times faster than `bytes.count` for one that is frequent."""
    if len(byte) > 1:  # a separator that is not ASCII
        return data.count(byte)
    return int(np.count_nonzero(np.frombuffer(data, dtype=np.uint8) == byte[0]))


def _tabulated(chunk: bytes) -> bytes:
    """Return lines of cells parted by runs of blanks as lines of cells parted by single tabs."""
    if b'"' in chunk:
        tabbed = _BLANKS_OUTSIDE_QUOTES.sub(lambda match: match[1] or b"\t", chunk)
    else:
        tabbed = _BLANKS.sub(b"\t", chunk)
    return _EDGE_TABS.sub(b"", tabbed)
