"""A verdict in words, from its plain JSON form: so that a stored one reads as a fresh one does."""

from __future__ import annotations

from typing import Any, NamedTuple

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from fallline.diagnosis.finding import Status
from fallline.diagnosis.rules import RULES
from fallline.diagnosis.words import PARTS
from fallline.report.facts import Facts

STYLES = {"finished": "green", "stuck": "red", "slow": "yellow", "wrong": "red", "over_fitted": "yellow"}


class Fact(NamedTuple):
    """A line of the verdict: what it is about (empty where it goes on with the one before), and what it says."""

    name: str
    words: str
    style: str = ""


def verdict_facts(verdict: dict[str, Any], *, whole: bool = False) -> list[Fact]:
    """Return a verdict line by line.

    Parameters
    ----------
    verdict
        As `Verdict.to_dict` gives it.
    whole
        Whether to say what each cause is and what was looked at besides.
    """
    facts = [Fact("verdict", verdict["sentence"], STYLES.get(verdict["judgement"], "bold"))]
    if verdict["plateau"]:
        facts.append(Fact("", verdict["plateau"]))
    noise = verdict["budget"]["noise_estimate"]
    if noise["available"]:
        facts.append(Fact("noise", noise["sentence"]))
    for code in verdict["causes"]:
        finding = next(each for each in verdict["findings"] if each["code"] == code)
        rule = RULES[code]
        first = code == verdict["causes"][0]
        if not first:
            facts.append(Fact("also", f"{rule.title}: {finding['sentence']}"))
        if whole:
            facts.append(Fact("", rule.explanation, "dim"))
        if first or whole:
            facts.append(Fact("remedy", rule.remedy))
    for name, trial in zip(["tried"] + [""] * len(verdict["trials"]), verdict["trials"], strict=False):
        facts.append(Fact(name, trial["sentence"]))
    if verdict["judgement"] in ("undetermined", "stuck", "slow") or whole:
        clear = [RULES[each["code"]].title.lower() for each in _of(verdict, Status.CLEAR)]
        if clear:
            facts.append(Fact("ruled out", ", ".join(clear), "dim"))
    if whole:
        facts += [
            Fact("", f"{RULES[each['code']].title}: {each['sentence']}", "dim") for each in _of(verdict, Status.CLEAR)
        ]
        for name, each in zip(["not told"] + [""] * len(RULES), _of(verdict, Status.NOT_ENOUGH_DATA), strict=False):
            facts.append(Fact(name, f"{RULES[each['code']].title}: {each['sentence']}", "dim"))
        for name, words in zip(["budget"] + [""] * len(PARTS), verdict["budget"]["sentences"].values(), strict=False):
            facts.append(Fact(name, words, "dim"))
    facts += [Fact("note", note, "dim") for note in verdict["notes"]]
    return facts


def verdict_in_words(verdict: dict[str, Any], *, whole: bool = False) -> RenderableType:
    """Return a verdict in words for the terminal; parameters as for `verdict_facts`."""
    facts = Facts()
    for fact in verdict_facts(verdict, whole=whole):
        facts.add(*fact)
    return Group(facts.grid, Text(), budget_table(verdict["budget"]))


def budget_rows(budget: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Return the parts of the error, each with its value and its share; those that are 0 are left out."""
    rows, error = [], budget["error"]
    for name, words in PARTS.items():
        value = budget[name]
        if value > 0.0:
            share = value / error
            rows.append((words, f"{value:.4g}", "< 1 %" if share < 0.01 else f"{100 * share:.0f} %"))
    return rows


def budget_table(budget: dict[str, Any]) -> RenderableType:
    """Return the parts of the error under each other."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("the error is made of")
    table.add_column("loss", justify="right")
    table.add_column("share", justify="right")
    for row in budget_rows(budget):
        table.add_row(*row)
    table.add_row("in all", f"{budget['error']:.4g}", "", style="bold")
    return table


def _of(verdict: dict[str, Any], status: Status) -> list[dict[str, Any]]:
    return [each for each in verdict["findings"] if each["status"] == status.value]
