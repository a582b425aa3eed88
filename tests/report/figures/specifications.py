"""What stands in a figure's specification."""

from __future__ import annotations


def layers(specification):
    """Return the charts of a figure, one below the other where they lie in each other."""
    found = []
    for part in specification.get("layer", specification.get("vconcat", [])):
        found += layers(part) if "layer" in part or "vconcat" in part else [part]
    return found or [specification]


def rows(figure, *fields, without=()):
    """Return the rows of the first data that have all these fields, and none of the others."""
    for table in figure.to_dict()["datasets"].values():
        if table and set(fields) <= set(table[0]) and not set(without) & set(table[0]):
            return table
    raise AssertionError(f"no data with {fields}")


def column(table, name, **where):
    return [row[name] for row in table if all(row[key] == value for key, value in where.items())]
