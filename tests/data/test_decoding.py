import gzip
import pathlib

import pytest

from fallline.data.decoding import found_encoding, known_encoding, opened, reject_binary, utf8_blocks
from fallline.errors import DataError


def blocks(path, encoding, size=7, certain=False):
    notes = []
    joined = b"".join(utf8_blocks(path, encoding, size, certain=certain, notes=notes))
    return joined.decode(), notes


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "cp1252"])
@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_every_encoding_is_found_and_read_in_blocks_of_any_size(write, encoding, size):
    text = "café;naïve\n1;2\nŒuvre;€\n"
    raw = text.encode(encoding)
    path = write(raw)
    assert found_encoding("f", raw) == encoding
    assert blocks(path, encoding, size) == (text, [])


def test_bytes_undefined_in_windows_1252_are_latin_1():
    assert found_encoding("f", b"a\x81\xe9") == "latin-1"


@pytest.mark.parametrize("size", [1, 4, 5, 6, 1000])
def test_a_late_byte_that_is_not_utf8_turns_ascii_so_far_into_windows_1252(write, size):
    path = write(b"abcde\xe9fg\xe9h")
    assert blocks(path, "utf-8", size) == (
        "abcdeéfgéh",
        ["houses.csv is not UTF-8: read as cp1252. Pass --encoding for another."],
    )


def test_a_bad_byte_after_true_utf8_is_an_error(write):
    path = write("é1234567".encode() + b"\xe9fg")
    with pytest.raises(DataError, match=r"houses.csv: byte 10 is not utf-8 text .* --encoding cp1252"):
        blocks(path, "utf-8")


def test_a_bad_byte_in_the_encoding_asked_for_is_an_error(write):
    with pytest.raises(DataError, match=r"houses.csv: byte 2 is not utf-8 text \(invalid start byte\)"):
        blocks(write(b"a\xff"), "utf-8", certain=True)


def test_an_unknown_encoding_is_named():
    with pytest.raises(DataError, match=r"--encoding klingon: not a known encoding. Try utf-8"):
        known_encoding("klingon")
    assert known_encoding("Latin1") == "iso8859-1"


@pytest.mark.parametrize(
    ("start", "what"),
    [
        (b"\x89PNG\r\n", "a PNG image"),
        (b"PK\x03\x04", "a ZIP archive or an Excel workbook"),
        (b"%PDF-1.7", "a PDF document"),
        (b"PAR1", "a Parquet file"),
        (b"<!DOCTYPE html>", "a web page or XML"),
        (b'{"a": 1}', "JSON"),
    ],
)
def test_files_of_other_kinds_are_named(start, what):
    with pytest.raises(DataError, match=f"x.csv: this looks like {what}.*Save the table as CSV or Parquet"):
        reject_binary("x.csv", start)


def test_zero_bytes_are_reported_early_and_late(write):
    with pytest.raises(DataError, match=r"x: holds zero bytes \(the first at byte 3\).*--encoding utf-16"):
        found_encoding("x", b"ab\0")
    with pytest.raises(DataError, match=r"houses.csv: holds a zero byte after 9 bytes"):
        blocks(write(b"a,b\n1,2\n3\0"), "utf-8")


def test_damaged_gzip_is_reported(write):
    whole = gzip.compress(b"a,b\n1,2\n" * 1000)
    sentence = r"x.csv.gz: the gzip file is damaged or cut off"
    broken = bytearray(whole)
    broken[20] ^= 255
    for raw in (whole[:-9], bytes(broken)):
        with pytest.raises(DataError, match=sentence):
            blocks(write(raw, "x.csv.gz"), "utf-8", 1000)
    with pytest.raises(DataError, match=r"x.csv.gz: the name says gzip, but the file does not begin like one"):
        blocks(write(b"a,b\n", "x.csv.gz"), "utf-8")


def test_missing_permission_is_a_sentence(write, monkeypatch):
    path = write("a,b\n1,2\n")

    def refuse(*_args, **_kwargs):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(pathlib.Path, "open", refuse)
    with (
        pytest.raises(DataError, match=r"houses.csv: no permission to read this file. Change its access"),
        opened(path),
    ):
        pass
