"""The diagnosis of a hand-written network in words, from its plain JSON form, with the user's own lines."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from fallline.report.facts import Facts

MARK = "▶"


def diagnosis_in_words(found: dict[str, Any]) -> RenderableType:
    """Return a diagnosis, as `Diagnosis.to_dict` gives it, in words."""
    facts = Facts()
    facts.add("diagnosis", found["sentence"], "green" if found["healthy"] else "red")
    if found["twin"]:
        facts.add("network", found["twin"])
    for name, words in zip(["found"] + [""] * len(found["assumed"]), found["assumed"], strict=False):
        facts.add(name, words, "dim")
    if found["step"] and not found["mistakes"]:
        facts.add("step", found["step"])
    parts: list[RenderableType] = [facts.grid]
    number = 0
    for mistake in found["mistakes"]:
        number += 1
        parts += [Text(), *_mistake(number, mistake)]
    for check in found["checks"]:
        number += 1
        parts += [Text(), _headed(number, check["sentence"], check["lines"])]
    for reading in found["others"]:
        names = ", ".join(f"{each['code']} in layers {each['layers']}" for each in reading)
        parts += [Text(), Text(f"These would make the same step: {names}.", style="dim")]
    if found["lines"]:
        parts += [Text(), Text("what each line of the step computes", style="bold"), _listing(found)]
    if found["proof"]:
        parts += [Text(), _proof(found)]
    end = Facts()
    verdict = found["verdict"]
    if verdict:
        end.add("after training", verdict["plateau"] or verdict["sentence"])
    for note in found["notes"]:
        end.add("note", note, "dim")
    if end.grid.row_count:
        parts += [Text(), end.grid]
    return Group(*parts)


def as_text(found: dict[str, Any], width: int = 120) -> str:
    """Return a diagnosis as plain text."""
    output = io.StringIO()
    Console(file=output, width=width, color_system=None, highlight=False).print(diagnosis_in_words(found))
    return "\n".join(line.rstrip() for line in output.getvalue().splitlines())


def _mistake(number: int, mistake: dict[str, Any]) -> list[RenderableType]:
    facts = Facts()
    facts.add("", mistake["sentence"])
    facts.add("why", mistake["explanation"], "dim")
    facts.add("mend", mistake["correction"])
    if mistake["weight"]:
        facts.add("weight", mistake["weight"])
    if not mistake["certain"]:
        facts.add("", "Another mistake would make the same step; see below.", "dim")
    return [_headed(number, mistake["title"], mistake["lines"]), facts.grid]


def _headed(number: int, title: str, places: Sequence[dict[str, Any]]) -> Text:
    return Text.assemble((f"{number}. ", "bold red"), (title, "bold"), (_where(places), "bold"))


def _where(places: Sequence[dict[str, Any]]) -> str:
    by_file: dict[str, list[int]] = {}
    for place in places:
        by_file.setdefault(place["file"], []).append(place["line"])
    told = []
    for file, lines in by_file.items():
        word = "line" if len(lines) == 1 else "lines"
        told.append(f"{Path(file).name}, {word} {' and '.join(', '.join(map(str, lines)).rsplit(', ', 1))}")
    return f" ({'; '.join(told)})" if told else ""


def _listing(found: dict[str, Any]) -> Table:
    table = Table.grid(padding=(0, 1))
    table.add_column(width=1, style="bold red")
    table.add_column(justify="right", style="dim")
    table.add_column(overflow="fold", ratio=3)
    table.add_column(overflow="fold", ratio=2)
    wrong = {(place["file"], place["line"]) for each in found["checks"] for place in each["lines"]}
    for line in found["lines"]:
        marked = line["wrong"] or (line["file"], line["number"]) in wrong
        code = Text(line["text"], style="bold" if marked else "")
        table.add_row(MARK if marked else "", str(line["number"]), code, Text(line["computes"], style="cyan"))
    return table


def _proof(found: dict[str, Any]) -> Table:
    proof, titles = found["proof"], {each["code"]: each["title"] for each in found["mistakes"]}
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column(f"trained {proof['steps']:,} steps from the same first weights")
    table.add_column("learn", justify="right")
    table.add_column("errors", overflow="fold")
    codes = set(titles)
    for variant in proof["variants"]:
        mended = variant["mended"]
        name = "as written" if not mended else "all mended" if set(mended) == codes else (
            "only mended: " + ", ".join(titles[code] for code in mended)
        )  # fmt: skip
        finite = sorted(error for error in variant["errors"] if error is not None)
        errors = ", ".join(dict.fromkeys(f"{error:.2g}" for error in finite))
        lost = len(variant["errors"]) - len(finite)
        errors += f"{', ' if finite else ''}{lost} overflow" if lost else ""
        table.add_row(Text(name), f"{variant['learned']} of {variant['of']}", Text(errors))
    return table
