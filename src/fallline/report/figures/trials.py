"""The trials: each remedy's errors beside those of its unchanged control, pair by pair."""

from __future__ import annotations

from textwrap import wrap

import altair as alt

from fallline.diagnosis.trials.comparison import Outcome
from fallline.report.figures.colours import BLUE, GREY, MUTED, ORANGE
from fallline.report.figures.elements import FIT, NUMBER, decades, values
from fallline.report.figures.figure import WIDTH, Figure, NotDrawnError
from fallline.report.figures.material import Material

TITLE = "Remedies beside an unchanged control"
KINDS = {"control": GREY, "remedy, helps": BLUE, "remedy, harms": ORANGE, "remedy, no difference": MUTED}
SHAPES = ("circle", "triangle-left", "triangle-right", "square")
NARROW, LETTERS = 500, 18  # width from which on a title stands in one line; and letters of a line below
ROW, GAP = 14, 16  # height of a pair, and between remedies


def draw(material: Material, width: int = WIDTH) -> Figure:
    """Return one line a pair, from the control's error to the remedy's; on validation rows where these decided."""
    pairs, points, lost = [], [], 0
    titles: list[str] = []
    for trial in material.verdict["trials"]:
        on = "validation_" if trial["on_validation"] else ""
        errors, control = trial[f"{on}errors"], trial[f"{on}control"]
        kind = {Outcome.HELPS.code: "remedy, helps", Outcome.HARMS.code: "remedy, harms"}.get(
            trial["outcome"], "remedy, no difference"
        )
        title = trial["title"] + (" (validation rows)" if on else "")
        if width < NARROW:
            title = "\n".join(wrap(title, LETTERS))
        for number, (with_it, without) in enumerate(zip(errors, control, strict=True)):
            if with_it is None or without is None or min(with_it, without) <= 0.0:
                lost += 1
                continue
            if title not in titles:
                titles.append(title)
            pairs.append({"remedy": title, "pair": number, "error": without, "to": with_it})
            points.append({"remedy": title, "pair": number, "error": without, "arm": "control"})
            points.append({"remedy": title, "pair": number, "error": with_it, "arm": kind})
    if not points:
        raise NotDrawnError("no remedy was tried, or none came to an error that can be drawn.")
    most = max(row["pair"] for row in pairs) + 1
    errors = [row["error"] for row in points]
    arms = [arm for arm in KINDS if any(row["arm"] == arm for row in points)]
    ticks = decades(min(errors), max(errors), 5)
    x = alt.X(
        "error:Q",
        title="error",
        scale=alt.Scale(type="log", nice=False, padding=14),
        axis=alt.Axis(labelExpr=NUMBER, values=ticks),
    )
    y = alt.Y(
        "remedy:N",
        title=None,
        sort=titles,
        axis=alt.Axis(
            labelExpr="split(datum.label, '\\n')", labelLimit=260, domain=False, ticks=False, grid=False, labelPadding=8
        ),
    )
    offset = alt.YOffset("pair:O", scale=alt.Scale(paddingOuter=0.6))
    colour = alt.Color(
        "arm:N",
        sort=arms,
        scale=alt.Scale(domain=arms, range=[KINDS[arm] for arm in arms]),
        legend=alt.Legend(title=None, orient="top", columns=1 if width < NARROW else 3),
    )
    shape = alt.Shape(
        "arm:N", sort=arms, scale=alt.Scale(domain=arms, range=[SHAPES[list(KINDS).index(arm)] for arm in arms])
    )
    lines = (
        alt.Chart(values(pairs)).mark_rule(color=GREY, opacity=0.6).encode(x=x, x2=alt.X2("to:Q"), y=y, yOffset=offset)
    )
    dots = (
        alt.Chart(values(points))
        .mark_point(filled=True, size=55, opacity=1.0)
        .encode(
            x=x,
            y=y,
            yOffset=offset,
            color=colour,
            shape=shape,
            tooltip=[alt.Tooltip("remedy:N"), alt.Tooltip("arm:N"), alt.Tooltip("error:Q")],
        )
    )
    notes = (
        [f"Pairs with an overflow or an error of 0, which have no place on a logarithmic axis: {lost}."] if lost else []
    )
    tried = [trial["sentence"] for trial in material.verdict["trials"] if trial["errors"]]
    return Figure(
        "trials",
        TITLE,
        " ".join(tried),
        alt.layer(lines, dots).properties(width=width, height=len(titles) * (most * ROW + GAP), autosize=FIT),
        notes,
    )
