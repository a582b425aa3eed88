"""A verdict in words for the terminal, from its plain JSON form: so that a stored one reads as a fresh one does."""

from __future__ import annotations

from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from fallline.diagnosis.finding import Status
from fallline.diagnosis.rules import RULES
from fallline.diagnosis.words import PARTS
from fallline.report.facts import Facts

STYLES = {"finished": "green", "stuck": "red", "slow": "yellow", "wrong": "red", "over_fitted": "yellow"}


def verdict_in_words(verdict: dict[str, Any], *, whole: bool = False) -> RenderableType:
    """Return a verdict in words.

    Parameters
    ----------
    verdict
        As `Verdict.to_dict` gives it.
    whole
        Whether to say what each cause is and what was looked at besides.
    """
    facts = Facts()
    words, style = verdict["sentence"], STYLES.get(verdict["judgement"], "bold")
    facts.add("verdict", words, style)
    if verdict["plateau"]:
        facts.add("", verdict["plateau"])
    noise = verdict["budget"]["noise_estimate"]
    if noise["available"]:
        facts.add("noise", noise["sentence"])
    for code in verdict["causes"]:
        finding = next(each for each in verdict["findings"] if each["code"] == code)
        rule = RULES[code]
        first = code == verdict["causes"][0]
        if not first:
            facts.add("also", f"{rule.title}: {finding['sentence']}")
        if whole:
            facts.add("", rule.explanation, "dim")
        if first or whole:
            facts.add("remedy", rule.remedy)
    for name, trial in zip(["tried"] + [""] * len(verdict["trials"]), verdict["trials"], strict=False):
        facts.add(name, trial["sentence"])
    if verdict["judgement"] in ("undetermined", "stuck", "slow") or whole:
        clear = [RULES[each["code"]].title.lower() for each in _of(verdict, Status.CLEAR)]
        if clear:
            facts.add("ruled out", ", ".join(clear), "dim")
    if whole:
        for each in _of(verdict, Status.CLEAR):
            facts.add("", f"{RULES[each['code']].title}: {each['sentence']}", "dim")
        for name, each in zip(["not told"] + [""] * len(RULES), _of(verdict, Status.NOT_ENOUGH_DATA), strict=False):
            facts.add(name, f"{RULES[each['code']].title}: {each['sentence']}", "dim")
        for name, words in zip(["budget"] + [""] * len(PARTS), verdict["budget"]["sentences"].values(), strict=False):
            facts.add(name, words, "dim")
    for note in verdict["notes"]:
        facts.add("note", note, "dim")
    return Group(facts.grid, Text(), budget_table(verdict["budget"]))


def budget_table(budget: dict[str, Any]) -> RenderableType:
    """Return the parts of the error under each other; those that are 0 are left out."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("the error is made of")
    table.add_column("loss", justify="right")
    table.add_column("share", justify="right")
    error = budget["error"]
    for name, words in PARTS.items():
        value = budget[name]
        if value > 0.0:
            share = value / error
            table.add_row(words, f"{value:.4g}", "< 1 %" if share < 0.01 else f"{100 * share:.0f} %")
    table.add_row("in all", f"{error:.4g}", "", style="bold")
    return table


def _of(verdict: dict[str, Any], status: Status) -> list[dict[str, Any]]:
    return [each for each in verdict["findings"] if each["status"] == status.value]
