"""Texts as C source: literals of UTF-8 bytes, and comments that end where they should."""

from __future__ import annotations

import string

_PLAIN = {ord(each) for each in string.ascii_letters + string.digits + " !#$%&'()*+,-./:;<=>@[]^_`{|}~"}


def literal(text: str) -> str:
    """Return a string literal of the text's UTF-8 bytes, which every compiler reads alike.

    What is no plain ASCII is written in octal, and so are the quote, the backslash, and the question mark, with
    which a trigraph could begin.
    """
    return '"' + "".join(chr(byte) if byte in _PLAIN else f"\\{byte:03o}" for byte in text.encode()) + '"'


def remark(text: str) -> str:
    """Return the text as a comment of one line; what cannot be printed is a question mark."""
    line = "// " + "".join(each if each.isprintable() else "?" for each in text)
    # A backslash at the end, or the trigraph ??/ for one, would take the next line into the comment.
    return line.rstrip() + (" ." if line.rstrip().endswith(("\\", "/")) and text else "")
