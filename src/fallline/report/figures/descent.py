"""The descent: the error over the iterations, its plateaus, where it stopped and which weights were kept."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import altair as alt
import numpy as np

from fallline.engine import Array
from fallline.report.figures.colours import BLUE, GREY, INK, MUTED, ORANGE, SHADE
from fallline.report.figures.elements import FIT, colours, dashes, error_axis, iterations_axis, legend, values
from fallline.report.figures.figure import WIDTH, Figure, NotDrawnError
from fallline.report.figures.material import Course, Material
from fallline.report.figures.thinning import MOST_POINTS, thinned
from fallline.training.plateaus import plateaus

TITLE = "The descent"
BARELY = 0.01  # of the iterations, by which the weights kept have to be older than the last to be marked
WORTH_A_WORD = 0.16  # of the width, from which on a plateau is named in the picture
HEIGHT = 260


class _Line(NamedTuple):
    name: str
    iterations: Array
    errors: Array


def draw(material: Material, width: int = WIDTH) -> Figure:
    """Return the descent on the training rows, and the one on all rows behind it where there was one."""
    lines = _lines(material)
    phase, course = next(iter(material.courses.items()))
    about = material.account["phases"][phase]
    last = max(float(about["iterations"]), *(float(line.iterations[-1]) for line in lines))
    positive = [line.errors[line.errors > 0.0] for line in lines]
    lost = sum(len(line.errors) - len(kept) for line, kept in zip(lines, positive, strict=True))
    logarithmic = sum(map(len, positive)) > lost
    rows, notes, most = [], [], MOST_POINTS // len(lines)
    for line in lines:
        places = thinned(np.where(line.errors > 0.0, line.errors, np.nan) if logarithmic else line.errors, most)
        rows += [
            {"iteration": iteration, "error": error, "line": line.name}
            for iteration, error in zip(line.iterations[places].tolist(), line.errors[places].tolist(), strict=True)
        ]
    recorded = sum(len(line.errors) for line in lines) - (lost if logarithmic else 0)
    if recorded > len(rows):
        notes.append(f"Thinned: {len(rows):,} of {recorded:,} points, of each stretch the lowest and the highest.")
    if logarithmic and lost:
        words = "1 error of 0 or below has" if lost == 1 else f"{lost:,} errors of 0 or below have"
        notes.append(f"{words} no place on a logarithmic axis.")
    drawn = np.array([row["error"] for row in rows])
    flat = plateaus(course.iteration, course.train_error)
    layers = [*_shades(flat, course, drawn, last), _curves(rows, lines, drawn, last, width), *_stop(about, width)]
    layers += _kept(about, lines) + _switch(about)
    return Figure(
        "descent",
        TITLE,
        _words(about, lines, flat),
        alt.layer(*layers).properties(width=width, height=HEIGHT, autosize=FIT),
        notes,
    )


def _lines(material: Material) -> list[_Line]:
    lines = []
    for number, course in enumerate(material.courses.values()):
        names = ("training rows", "validation rows") if number == 0 else ("all rows, once more", "")
        for name, errors in zip(names, (course.train_error, course.validation_error), strict=True):
            known = np.isfinite(errors)
            if known.any():
                lines.append(_Line(name, course.iteration[known], errors[known]))
    if not lines:
        raise NotDrawnError("no finite error was recorded of this run.")
    return lines


def _curves(rows: list[dict[str, Any]], lines: list[_Line], drawn: Array, last: float, width: int) -> Any:
    names = [line.name for line in lines]
    colour = {"training rows": BLUE, "validation rows": ORANGE, "all rows, once more": GREY}
    few = max(len(line.errors) for line in lines) < 3
    shown = legend(3 if width > 500 else 2)
    return (
        alt.Chart(values(rows))
        .mark_line(strokeWidth=1.8, point=few)
        .encode(
            x=iterations_axis(last),
            y=error_axis(drawn, "error (loss)"),
            color=alt.Color("line:N", sort=names, scale=colours(names, [colour[name] for name in names]), legend=shown),
            strokeDash=alt.StrokeDash("line:N", sort=names, scale=dashes(names), legend=shown),
            tooltip=[alt.Tooltip("line:N"), alt.Tooltip("iteration:Q"), alt.Tooltip("error:Q")],
        )
    )


def _shades(flat: list[tuple[float, float]], course: Course, drawn: Array, last: float) -> list[Any]:
    """Shade the plateaus; name the wide ones, below the curve where it is high, and above it where it is low."""
    if not flat:
        return []
    rows = [{"iteration": first, "to": end} for first, end in flat]
    layers = [alt.Chart(values(rows)).mark_rect(color=SHADE).encode(x=alt.X("iteration:Q"), x2=alt.X2("to:Q"))]
    middle = math.sqrt(float(drawn.min()) * float(drawn.max())) if drawn.min() > 0.0 else float(drawn.mean())
    for first, end in flat:
        if end - first < WORTH_A_WORD * last:
            continue
        level = float(np.median(course.train_error[(course.iteration >= first) & (course.iteration <= end)]))
        high = level > middle
        layers.append(
            alt.Chart(values([{"iteration": first}]))
            .mark_text(text="plateau", align="left", baseline="bottom" if high else "top", dx=5, color=MUTED)
            .encode(x=alt.X("iteration:Q"), y=alt.value(HEIGHT - 6 if high else 20))
        )
    return layers


def _stop(about: dict[str, Any], width: int) -> list[Any]:
    rows = [{"iteration": about["iterations"], "words": f"stop: {about['stop_reason'].replace('_', ' ')}"}]
    chart = alt.Chart(values(rows)).encode(x=alt.X("iteration:Q"))
    return [
        chart.mark_rule(color=INK, strokeDash=[4, 3]),
        chart.mark_text(align="right", baseline="top", dx=-5, color=INK, fontWeight="bold").encode(
            text=alt.Text("words:N"), y=alt.value(2)
        ),
    ]


def _kept(about: dict[str, Any], lines: list[_Line]) -> list[Any]:
    """Mark the iteration whose weights were kept, where it is not the last one."""
    kept = about["kept_iteration"]
    if about["iterations"] - kept <= max(1.0, BARELY * about["iterations"]):
        return []
    watched = any(line.name == "validation rows" for line in lines)
    error = about["validation_error" if watched else "train_error"]
    if error is None or error <= 0.0:
        return []
    chart = alt.Chart(values([{"iteration": kept, "error": error}])).encode(x=alt.X("iteration:Q"), y=alt.Y("error:Q"))
    late = kept > 0.8 * about["iterations"]
    return [
        chart.mark_point(shape="diamond", size=90, filled=True, color=INK),
        chart.mark_text(
            text="kept", align="right" if late else "left", dx=-9 if late else 9, dy=12, color=INK, fontWeight="bold"
        ),
    ]


def _switch(about: dict[str, Any]) -> list[Any]:
    switch = about.get("switch")
    if not switch:
        return []
    chart = alt.Chart(values([{"iteration": switch["iteration"], "words": switch["optimizer"]}])).encode(
        x=alt.X("iteration:Q")
    )
    return [
        chart.mark_rule(color=MUTED),
        chart.mark_text(align="left", baseline="top", dx=4, color=MUTED).encode(
            text=alt.Text("words:N"), y=alt.value(18)
        ),
    ]


def _words(about: dict[str, Any], lines: list[_Line], flat: list[tuple[float, float]]) -> str:
    told = [
        f"on the {line.name} from {line.errors[0]:.4g} to {line.errors[-1]:.4g}, at the lowest {line.errors.min():.4g}"
        for line in lines
        if line.name != "all rows, once more"
    ]
    words = f"The error over {about['iterations']:,} iterations: {'; '.join(told)}."
    if flat:
        spans = ", ".join(f"from iteration {first:,.0f} to {end:,.0f}" for first, end in flat)
        words += f" It stood still {spans}."
    words += f" Stopped: {about['stop_reason'].replace('_', ' ')}."
    if about["kept_iteration"] < about["iterations"]:
        words += f" The weights of iteration {about['kept_iteration']:,} were kept."
    return words
