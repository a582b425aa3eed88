"""The words of a table as numbers, in C: `double predict_encode(int column, const char *text)`."""

from __future__ import annotations

from collections.abc import Sequence

from fallline.data import Column
from fallline.data.cells import BOOLEAN_VALUES, MISSING_MARKERS
from fallline.interchange.c_text import literal

_NO, _YES = ([word for word, each in BOOLEAN_VALUES.items() if each == value] for value in (0.0, 1.0))
_YES_OR_NO = (
    f"place_of(text, length, yes_words, {len(_YES)}, 1) >= 0 ? 1.0\n"
    f"            : place_of(text, length, no_words, {len(_NO)}, 1) >= 0 ? 0.0 : NAN"
)

# `place_of` compares a text of some length with words, either as they are or without regard to case (ASCII).
_PLACE_OF = """static int place_of(const char *text, size_t length, const char *const *words, int count, int any_case)
{
    for (int k = 0; k < count; k++) {
        size_t i = 0;
        if (strlen(words[k]) != length)
            continue;
        while (i < length) {
            char c = text[i];
            if (any_case && c >= 'A' && c <= 'Z')
                c = (char)(c - 'A' + 'a');
            if (c != words[k][i])
                break;
            i++;
        }
        if (i == length)
            return k;
    }
    return -1;
}
"""

_ENCODE = """double predict_encode(int column, const char *text)
{{
    static const char blanks[] = " \\t\\n\\v\\f\\r";
    size_t length;
    text += strspn(text, blanks);
    length = strlen(text);
    while (length > 0 && strchr(blanks, text[length - 1]))
        length--;
    if (place_of(text, length, missing_words, {missing}, 1) >= 0)
        return NAN;
    switch (column) {{
{cases}
    default:
        return NAN;
    }}
}}
"""


def encoding(columns: Sequence[Column]) -> str:
    """Return the function that turns a cell's text into its number, or nothing where no column has words.

    Missing is NAN, a category that training did not have −1, a word that is neither yes nor no NAN, and so is every
    column of numbers, which need no encoding.
    """
    tables, cases = [], []
    if any(column.kind == "boolean" for column in columns):
        tables += [_words("no_words", _NO), _words("yes_words", _YES)]
    for i, column in enumerate(columns):
        if column.kind == "categorical":
            tables.append(_words(f"categories_{i}", column.categories))
            found = f"place_of(text, length, categories_{i}, {len(column.categories)}, 0)"
        elif column.kind == "boolean":
            found = _YES_OR_NO
        else:
            continue
        cases.append(f"    case {i}:\n        return {found};")
    if not cases:
        return ""
    missing = sorted(MISSING_MARKERS)
    tables.append(_words("missing_words", missing))
    return "\n".join(["".join(tables), _PLACE_OF, _ENCODE.format(missing=len(missing), cases="\n".join(cases))])


def _words(name: str, words: Sequence[str]) -> str:
    lines = "".join(f"    {literal(word)},\n" for word in words)
    return f"static const char *const {name}[] = {{\n{lines}}};\n"
