"""A figure: a picture with its title, what it shows in words, and what it leaves out; as SVG, PNG, PDF or HTML."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import wrap
from typing import Any

from fallline.errors import FalllineError
from fallline.files import replacing
from fallline.report.figures.colours import GRID, INK, MUTED, PAPER

FORMATS = ("png", "svg", "html", "pdf")
SCALE = 2.0  # dots of a PNG for each unit of the drawing
WIDTH = 640  # of a figure by itself; the page has its own
LINE = 95  # letters of a note that fit into that

CONFIG: dict[str, Any] = {
    "font": "Helvetica, Arial, sans-serif",
    "background": PAPER,
    "padding": 6,
    "aria": False,  # the whole is described, not each of a thousand points
    "title": {
        "anchor": "start",
        "color": INK,
        "fontSize": 14,
        "subtitleColor": MUTED,
        "subtitleFontSize": 12,
        "offset": 10,
        "limit": 0,
    },
    "axis": {
        "labelColor": MUTED,
        "titleColor": INK,
        "labelFontSize": 12,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
        "gridColor": GRID,
        "domainColor": MUTED,
        "tickColor": MUTED,
    },
    "header": {"labelColor": INK, "labelFontSize": 12, "titleColor": INK},
    "legend": {"labelColor": INK, "titleColor": INK, "labelFontSize": 12, "labelLimit": 0, "symbolStrokeWidth": 2},
    "text": {"color": INK, "fontSize": 12},
    "view": {"stroke": None},
}


class NotDrawnError(FalllineError):
    """A figure that this run does not have; the sentence says why."""


@dataclass(frozen=True)
class Figure:
    """One picture of a run. Notebooks show it; `save` writes it."""

    name: str
    title: str
    alternative: str  # what it shows, in words with the numbers
    chart: Any = field(repr=False)  # of Altair
    notes: Sequence[str] = ()  # what was left out, such as points

    def to_dict(self, *, titled: bool = True) -> dict[str, Any]:
        """Return the Vega-Lite specification, with title and notes unless they stand beside it."""
        with unchecked():
            specification: dict[str, Any] = self.chart.to_dict(validate=False)
        specification["datasets"] = {name: json.loads(rows) for name, rows in specification["datasets"].items()}
        specification["config"] = CONFIG
        specification["description"] = self.alternative
        if titled:
            notes = [line for note in self.notes for line in wrap(note, LINE)]
            specification["title"] = {"text": self.title} | ({"subtitle": notes} if notes else {})
        return specification

    def svg(self, *, titled: bool = True) -> str:
        """Return it as an SVG document; nothing is fetched for it."""
        import vl_convert

        return str(vl_convert.vegalite_to_svg(self.to_dict(titled=titled), allowed_base_urls=[]))

    def png(self, scale: float = SCALE) -> bytes:
        """Return it as a PNG."""
        import vl_convert

        return bytes(vl_convert.vegalite_to_png(self.to_dict(), scale=scale, allowed_base_urls=[]))

    def pdf(self) -> bytes:
        """Return it as a PDF of one page."""
        import vl_convert

        return bytes(vl_convert.vegalite_to_pdf(self.to_dict(), allowed_base_urls=[]))

    def html(self) -> str:
        """Return it as a page that shows the numbers under the pointer, with all the code it needs inside."""
        import vl_convert

        return str(vl_convert.vegalite_to_html(self.to_dict(), bundle=True))

    def save(self, path: str | Path) -> Path:
        """Write it to a file, as its name's ending says: .png, .svg, .html or .pdf.

        Raises
        ------
        FalllineError
            If the ending is another.
        """
        path = Path(path)
        ending = path.suffix.lower().removeprefix(".")
        if ending not in FORMATS:
            raise FalllineError(
                f"{path}: a figure can be written as .{', .'.join(FORMATS)}. Choose one of these endings."
            )
        content = getattr(self, ending)()
        with replacing(path) as file:
            file.write(content.encode() if isinstance(content, str) else content)
        return path

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"image/svg+xml": self.svg(), "text/plain": f"{self.title}. {self.alternative}"}


@contextmanager
def unchecked() -> Iterator[None]:
    """Let Altair take what it is given: checking each part against the schema takes most of the time of drawing."""
    from altair.utils import schemapi

    with schemapi.debug_mode(False):
        yield
