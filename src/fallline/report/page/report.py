"""The page of a run: the verdict in words first, then the evidence, the settings, and how to do it again."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, NamedTuple

from fallline import __version__
from fallline.diagnosis.rules import RULES
from fallline.diagnosis.verdict import Verdict
from fallline.errors import FalllineError
from fallline.extras import required
from fallline.files import replacing
from fallline.report.figures import FIGURES, Figures
from fallline.report.figures.colours import BLUE, DARK, GREEN, GRID, INK, MUTED, OCHRE, ORANGE, PAPER, SHADE
from fallline.report.figures.inline import inline_svg
from fallline.report.figures.material import Material, material
from fallline.report.page.account import scores, settings_rows, starts_words, stop_words
from fallline.report.page.command import command_line, python_code
from fallline.report.verdict import budget_rows
from fallline.training.run import Run

REPORT = "report.html"
FLAG = re.compile(r"(?<![\w-])--[a-z][a-z0-9-]*")
HERE = Path(__file__).parent
WIDE, NARROW = 700, 344  # of the figures: across the page, and half of it or a phone
ACROSS = ("descent", "budget", "trials")  # drawn in both widths, of which the page shows one
TONES = {"finished": "good", "stuck": "bad", "wrong": "bad", "slow": "fair", "over_fitted": "fair"}
VARIABLES = {
    "paper": PAPER, "ink": INK, "muted": MUTED, "grid": GRID, "shade": SHADE,
    "link": BLUE, "good": GREEN, "fair": OCHRE, "bad": ORANGE,
}  # fmt: skip


class Picture(NamedTuple):
    """A figure on the page: its heading, its SVG in one width or two, and what it leaves out."""

    name: str
    title: str
    svgs: list[tuple[str, str]]  # class and element
    notes: tuple[str, ...]


def write_report(
    run: Run | str | Path, *, table: str | Path | None = None, verdict: Verdict | dict[str, Any] | None = None
) -> Path:
    """Write the page of a run into its folder, in the place of an older one, and return where it is.

    Parameters
    ----------
    run
        A run that was saved, or its folder.
    table
        The table that it learned from, where it no longer lies where it did.
    verdict
        The verdict on the run, where it does not lie in its folder.

    Raises
    ------
    FalllineError
        If the run was not saved, or what draws is not installed.
    """
    folder = run.directory if isinstance(run, Run) else Path(run)
    if folder is None:
        raise FalllineError("the run was not saved, so that it has no folder for the report. Train with save=True.")
    text = report_html(material(run, table, verdict))
    with replacing(folder / REPORT) as file:
        file.write(text.encode())
    return folder / REPORT


def report_html(of: Material) -> str:
    """Return the page of a run, whole: it asks for nothing beyond itself."""
    jinja2 = required("a report", "plot", "jinja2", "altair", "vl_convert")
    pictures, missing = _pictures(of)
    account, verdict = of.account, of.verdict if of.examined else None
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE), autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    environment.filters["flags"] = _flags
    html: str = environment.get_template("report.html.jinja").render(
        account=account,
        verdict=verdict,
        sentence=_sentence(verdict) if verdict else "",
        tone=TONES.get(verdict["judgement"], "none") if verdict else "none",
        causes=_causes(verdict) if verdict else [],
        budget=budget_rows(verdict["budget"]) if verdict else [],
        rules=RULES,
        scores=scores(account),
        stop=stop_words(account),
        starts=starts_words(account),
        settings=settings_rows(account),
        command=command_line(account["asked"], account["table"]),
        python=python_code(account["asked"]),
        pictures=pictures,
        missing=missing,
        style=(HERE / "style.css").read_text(encoding="utf-8"),
        colours=_colours(),
        version=__version__,
    )
    return html


def _flags(words: str) -> Any:
    """Return words with the options of the command line in them as code, which no line breaks."""
    import markupsafe

    return markupsafe.Markup(FLAG.sub(r"<code>\g<0></code>", str(markupsafe.escape(words))))


def _pictures(of: Material) -> tuple[dict[str, Picture], dict[str, str]]:
    """Return the figures that the run has, and why it lacks the others."""
    figures, found, missing = Figures(of), {}, {}
    for name in FIGURES:
        try:
            figure = figures.draw(name, WIDE if name in ACROSS else NARROW)
            svgs = [("wide" if name in ACROSS else "any", inline_svg(figure, name))]
            if name in ACROSS:
                svgs.append(("narrow", inline_svg(figures.draw(name, NARROW), f"{name}-narrow")))
        except FalllineError as problem:
            missing[name] = str(problem)
            continue
        found[name] = Picture(name, figure.title, svgs, tuple(figure.notes))
    return found, missing


def _sentence(verdict: dict[str, Any]) -> str:
    """Return the verdict in words without its title, which stands above it."""
    words = str(verdict["sentence"]).removeprefix(f"{verdict['title']}: ")
    return words[:1].upper() + words[1:]


def _causes(verdict: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the causes that lead, with what their rules say of them."""
    findings = {each["code"]: each for each in verdict["findings"]}
    return [
        findings[code] | {"explanation": RULES[code].explanation, "remedy": RULES[code].remedy}
        for code in verdict["causes"]
    ]


def _colours() -> str:
    """Return the style sheet's colours: those of the page as variables, and on dark paper those of the figures, too."""
    light = " ".join(f"--{name}: {colour};" for name, colour in VARIABLES.items())
    dark = " ".join(f"--{name}: {DARK[colour]};" for name, colour in VARIABLES.items())
    figures = " ".join(
        f'svg [{what}="{colour}"] {{ {what}: {to}; }}' for colour, to in DARK.items() for what in ("fill", "stroke")
    )
    return f":root {{ {light} }}\n@media screen and (prefers-color-scheme: dark) {{ :root {{ {dark} }} {figures} }}"
