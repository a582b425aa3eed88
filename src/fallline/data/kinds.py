"""What kind a column is of, and which columns are of no use as inputs: decided once all rows were seen."""

from __future__ import annotations

from collections.abc import Sequence

from fallline.data.cells import boolean_pair, is_date
from fallline.data.dates import DAY_FIRST_FORMATS, MONTH_FIRST_FORMATS
from fallline.data.profiles import Kind, Profile
from fallline.data.table import counted, enumerated
from fallline.errors import DataError

MOST_CATEGORIES = 100
NEARLY_ALL_NUMBERS = 0.95
NEARLY_ALL_DISTINCT = 0.9


def kind_of(profile: Profile, table: str, what: str = "column") -> Kind:
    """Return the column's kind; ``what`` is "column" or "target" in sentences.

    Raises
    ------
    DataError
        If the cells are nested, infinite, nearly all but not all numbers, or not of the kind that was asked for.
    """
    if profile.nested:
        raise DataError(
            f"{what} '{profile.name}' (column {profile.position} of {table}): expected one value in each cell, "
            f"got {_type_words(profile)}. Spread it over several columns, or pass --drop {_quoted(profile.name)}."
        )
    kind = _asked(profile, table, what) if profile.forced else _inferred(profile, table, what)
    if kind == "numeric" and profile.infinite:
        raise DataError(
            f"{what} '{profile.name}': expected finite numbers, got {_listed(profile.infinite)} "
            f"(column {profile.position} of {table}). Correct or empty these cells, or pass "
            f"--drop {_quoted(profile.name)}."
        )
    return kind


def reason_to_drop(profile: Profile, kind: Kind) -> str:
    """Return why the column is of no use as an input, or nothing."""
    if not profile.present:
        return "all cells are missing"
    distinct = profile.distinct()
    if distinct == 1 and profile.complete and not profile.missing:
        return f"constant: every row says {next(iter(profile.counts))}"
    if profile.forced:
        return ""
    if kind == "categorical":
        if profile.unparsable and any(form in profile.date_formats for form in MONTH_FIRST_FORMATS):
            return "dates that can be day/month or month/day; write them as 2024-12-31"
        number = counted(distinct, "different text")
        if not profile.complete:
            return f"at least {distinct:,} different texts, as in an identifier or free text"
        if distinct >= NEARLY_ALL_DISTINCT * profile.present:
            return f"{number} in {counted(profile.present, 'row')}, as in an identifier or free text"
    if kind == "numeric" and profile.whole and profile.present == profile.rows and profile.rows > 1:
        if profile.running:
            return "a running number of the rows"
        if profile.identifier_name and profile.all_distinct:
            return "an identifier: all numbers differ"
    return ""


def is_running_number(profile: Profile) -> bool:
    """Whether the column only counts the rows."""
    return profile.numeric and profile.running and profile.rows > 1


def chosen_categories(profile: Profile) -> tuple[tuple[str, ...], bool]:
    """Return the categories in order, and whether rarer ones are left to "other"."""
    ranked = sorted(profile.counts, key=lambda text: (-profile.counts[text], text))
    kept = ranked[:MOST_CATEGORIES]
    if profile.numeric and profile.complete:
        return tuple(sorted(kept, key=lambda text: (_number(text, profile.decimal), text))), len(ranked) > len(kept)
    return tuple(sorted(kept)), len(ranked) > len(kept) or not profile.complete


def chosen_format(profile: Profile) -> str | None:
    """Return the form of a text column's dates; where day and month could be either, the day comes first."""
    return None if is_date(profile.dtype) else next(iter(profile.date_formats), None)


def _inferred(profile: Profile, table: str, what: str) -> Kind:
    if is_date(profile.dtype):
        return "date"
    if profile.counts and profile.complete and not profile.numeric and boolean_pair(set(profile.counts)):
        return "boolean"
    if profile.numeric:
        alone = profile.missing and profile.complete and profile.distinct() == 1 and what == "column"
        return "categorical" if alone else "numeric"
    numbers = profile.present - profile.unparsable
    if numbers >= NEARLY_ALL_NUMBERS * profile.present:
        raise _not_quite_numbers(profile, table, what)
    if numbers == 0 and profile.date_formats and not _ambiguous(profile.date_formats):
        return "date"
    return "categorical"


def _asked(profile: Profile, table: str, what: str) -> Kind:
    kind = profile.forced
    if kind is None or kind == "categorical" or not profile.present:
        return kind or "categorical"
    name, place = profile.name, f"(column {profile.position} of {table})"
    if kind == "numeric":
        if is_date(profile.dtype):
            raise DataError(f"{what} '{name}': asked to be numeric, holds dates {place}. Pass --kind {name}=date.")
        if profile.unparsable:
            raise _not_quite_numbers(profile, table, what)
    if kind == "boolean":
        words = {text.lower() for text in profile.counts}
        zero_one = profile.numeric and profile.complete and set(profile.values()) <= {0.0, 1.0}
        if not (boolean_pair(words) or zero_one):
            raise DataError(
                f"{what} '{name}': asked to be boolean, holds {enumerated(sorted(profile.counts))} {place}. "
                f"Booleans are true/false, yes/no, t/f, y/n or 1/0; pass --kind {_quoted(name + '=categorical')}."
            )
    if kind == "date" and not is_date(profile.dtype):
        readable = profile.unparsable == profile.present and profile.date_formats
        if not readable:
            raise DataError(
                f"{what} '{name}': asked to be a date, holds {enumerated(list(profile.counts))} {place}. Dates are "
                f"written as 2024-12-31 or 31.12.2024; pass --kind {_quoted(name + '=categorical')} or another kind."
            )
    return kind


def _ambiguous(formats: Sequence[str]) -> bool:
    return any(form in MONTH_FIRST_FORMATS for form in formats) and any(form in DAY_FIRST_FORMATS for form in formats)


def _not_quite_numbers(profile: Profile, table: str, what: str) -> DataError:
    name = profile.name
    found = "are not" if profile.unparsable > 1 else "is not"
    subject = f"{counted(profile.unparsable, 'cell')} {found}"
    comma = all("," in text for _, text in profile.offenders)
    hint = " If these are decimal commas, pass --decimal ','." if comma else ""
    return DataError(
        f"{what} '{name}': expected numbers, but {subject}: {_listed(profile.offenders, profile.unparsable)} "
        f"(column {profile.position} of {table}). Correct or empty the cells, or pass "
        f"--drop {_quoted(name)} or --kind {_quoted(name + '=categorical')}.{hint}"
    )


def _listed(cells: Sequence[tuple[int, str]], total: int = 0) -> str:
    listed = ", ".join(f"'{text[:40]}' in row {row}" for row, text in cells)
    return listed + (", …" if total > len(cells) else "")


def _quoted(argument: str) -> str:
    return f'"{argument}"' if " " in argument else argument


def _type_words(profile: Profile) -> str:
    return f"cells of type {profile.dtype}"


def _number(text: str, decimal: str) -> float:
    return float(text.replace(decimal, "."))
