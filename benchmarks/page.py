"""Writes a measured table into its place on a page of the documentation."""

from collections.abc import Sequence
from pathlib import Path

DOCS = Path(__file__).resolve().parents[1] / "docs"


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table, every column but the first set to the right."""
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def write(page: str, section: str, text: str) -> None:
    """Put text between the marks `<!-- section -->` and `<!-- end of section -->` of a page, and print it."""
    print(text)
    path = DOCS / page
    content = path.read_text(encoding="utf-8")
    begin, end = f"<!-- {section} -->\n", f"<!-- end of {section} -->"
    if begin not in content or end not in content:
        raise SystemExit(f"{path}: there is no place marked '{section}'.")
    before, rest = content.split(begin, 1)
    path.write_text(before + begin + "\n" + text + "\n\n" + end + rest.split(end, 1)[1], encoding="utf-8")
