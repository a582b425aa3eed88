"""Files as streams of UTF-8: compression, encodings, and files that are no text at all."""

from __future__ import annotations

import codecs
import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

from fallline.errors import DataError

SAMPLE_BYTES = 256 * 1024

_GZIP = b"\x1f\x8b"
_SIGNATURES = (
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"%PDF", "a PDF document"),
    (b"PK\x03\x04", "a ZIP archive or an Excel workbook (.xlsx)"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook (.xls)"),
    (b"PAR1", "a Parquet file"),
    (b"SQLite format 3", "an SQLite database"),
    (b"\x93NUMPY", "a NumPy array file (.npy)"),
    (b"\x89HDF", "an HDF5 file"),
    (b"ARROW1", "an Arrow/Feather file"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ", "an xz archive"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard archive"),
    (b"7z\xbc\xaf", "a 7-Zip archive"),
)
_CSV_REMEDY = "Save the table as CSV or Parquet and pass that file."


@contextmanager
def opened(path: Path) -> Iterator[IO[bytes]]:
    """Open a file for reading bytes, through gzip where it is compressed; failures become sentences."""
    try:
        with path.open("rb") as plain:
            compressed = plain.read(2) == _GZIP
            if path.suffix.lower() == ".gz" and not compressed:
                raise DataError(
                    f"{path.name}: the name says gzip, but the file does not begin like one. "
                    "Compress it again, or remove .gz from its name if it is plain text."
                )
            plain.seek(0)
            if compressed:
                with gzip.open(plain) as stream:
                    yield cast(IO[bytes], stream)
            else:
                yield plain
    except PermissionError:
        raise DataError(f"{path}: no permission to read this file. Change its access rights.") from None
    except (gzip.BadGzipFile, EOFError, zlib.error):
        raise DataError(f"{path.name}: the gzip file is damaged or cut off. Fetch or compress it again.") from None
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror or error}).") from None


def first_bytes(path: Path, size: int = SAMPLE_BYTES) -> bytes:
    """Return the first bytes of the (decompressed) file."""
    with opened(path) as stream:
        return stream.read(size)


def reject_binary(name: str, sample: bytes) -> None:
    """Raise `DataError` if the bytes are not those of a text table."""
    for signature, what in _SIGNATURES:
        if sample.startswith(signature):
            raise DataError(f"{name}: this looks like {what}, not a text table. {_CSV_REMEDY}")
    start = sample.removeprefix(codecs.BOM_UTF8).lstrip()[:200].lower()
    if start.startswith((b"<!doctype", b"<html", b"<?xml")):
        raise DataError(f"{name}: this looks like a web page or XML, not a text table. {_CSV_REMEDY}")
    if start.startswith((b"{", b'[{"', b"[[")):
        raise DataError(f"{name}: this looks like JSON, not a text table. {_CSV_REMEDY}")


def found_encoding(name: str, sample: bytes) -> str:
    """Return the encoding that a file's first bytes show: a byte-order mark, UTF-8, else Windows-1252."""
    if sample.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return "utf-32"
    if sample.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if b"\0" in sample:
        raise DataError(
            f"{name}: holds zero bytes (the first at byte {sample.index(0) + 1}), as binary files do and text "
            f"tables do not. {_CSV_REMEDY} If it is UTF-16 text, pass --encoding utf-16."
        )
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample)
    except UnicodeDecodeError:
        return _western(sample)
    return "utf-8-sig" if sample.startswith(codecs.BOM_UTF8) else "utf-8"


def known_encoding(encoding: str) -> str:
    """Return Python's name of an encoding that a user asked for."""
    try:
        "".encode(encoding)
        return codecs.lookup(encoding).name
    except LookupError:
        raise DataError(f"--encoding {encoding}: not a known encoding. Try utf-8, utf-16, cp1252 or latin-1.") from None


def utf8_blocks(path: Path, encoding: str, size: int, *, certain: bool, notes: list[str]) -> Iterator[bytes]:
    """Yield the file as UTF-8 blocks of about ``size`` bytes, without a byte-order mark.

    If UTF-8 is only what the first bytes suggested (not ``certain``) and so far every byte was ASCII, the
    first byte that is not UTF-8 turns the reading to Windows-1252, with a note.
    """
    decoder = codecs.getincrementaldecoder(encoding)()
    done = 0
    only_ascii = True
    with opened(path) as stream:
        while True:
            block = stream.read(size)
            pending = decoder.getstate()[0]
            if encoding == "utf-8" and only_ascii and not pending and block.isascii():
                text_block = block
            else:
                try:
                    text_block = decoder.decode(block, final=not block).encode()
                except UnicodeDecodeError as error:
                    if certain or not only_ascii or not encoding.startswith("utf-8"):
                        raise _undecodable(path.name, encoding, done, error) from None
                    block = pending + block
                    encoding = _western(block)
                    note = f"{path.name} is not UTF-8: read as {encoding}. Pass --encoding for another."
                    if note not in notes:
                        notes.append(note)
                    decoder = codecs.getincrementaldecoder(encoding)()
                    text_block = decoder.decode(block).encode()
                only_ascii = only_ascii and text_block.isascii()
            if b"\0" in text_block:
                raise DataError(
                    f"{path.name}: holds a zero byte after {done + text_block.index(0):,} bytes, as binary or "
                    f"damaged files do. {_CSV_REMEDY}"
                )
            done += len(block)
            if text_block:
                yield text_block
            if not block:
                return


def _western(sample: bytes) -> str:
    try:
        sample.decode("cp1252")
    except UnicodeDecodeError:
        return "latin-1"
    return "cp1252"


def _undecodable(name: str, encoding: str, done: int, error: UnicodeDecodeError) -> DataError:
    return DataError(
        f"{name}: byte {done + error.start + 1:,} is not {encoding} text ({error.reason}). "
        "Pass --encoding with the file's own, for instance --encoding cp1252."
    )
