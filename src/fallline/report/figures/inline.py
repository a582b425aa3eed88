"""A figure's SVG as a part of a page: named for those who cannot see it, and with ids of its own."""

from __future__ import annotations

import re
from html import escape

from fallline.report.figures.figure import Figure

SPOKEN = re.compile(
    r' (role|aria-[a-z]+)="[^"]*"'
)  # what is said of parts, which the description of the whole replaces


def inline_svg(figure: Figure, prefix: str, *, titled: bool = False) -> str:
    """Return the SVG element of a figure, whose ids begin with `prefix`, which no other on the page has.

    It has the role of an image, with the title for its name and the alternative text for its description.
    """
    svg = figure.svg(titled=titled)
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r'\bid="', f'id="{prefix}-', svg)
    svg = re.sub(r"url\(#", f"url(#{prefix}-", svg)
    svg = re.sub(r'(xlink:)?href="#', rf'\1href="#{prefix}-', svg)
    svg = re.sub(r"<[a-z][^>]*>", lambda tag: SPOKEN.sub("", tag[0]), svg)
    opening, rest = svg.split(">", 1)
    opening = re.sub(r' (version|xmlns(:[a-z]+)?)="[^"]*"', "", opening)
    named = f'role="img" aria-labelledby="{prefix}-title" aria-describedby="{prefix}-words"'
    words = f'<title id="{prefix}-title">{escape(figure.title)}</title>'
    words += f'<desc id="{prefix}-words">{escape(figure.alternative)}</desc>'
    return f"{opening} {named}>{words}{rest}".strip()
