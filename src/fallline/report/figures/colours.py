"""The colours of all figures, by what they stand for, on light paper and on dark.

The hues are those of Okabe & Ito (2008), made for people who do not tell red from green, and darkened or lightened
until each stands out from its paper by 3 : 1, and text by 4.5 : 1 (WCAG 2.2, criteria 1.4.11 and 1.4.3). No figure
says anything by colour alone.
"""

from __future__ import annotations

PAPER, INK, MUTED, GRID, SHADE = "#ffffff", "#1c2127", "#57606a", "#dfe3e8", "#edf0f3"
BLUE, ORANGE, GREEN, PLUM, OCHRE, GREY = "#0072b2", "#c85200", "#00805f", "#a34c8c", "#9a6b00", "#6e7781"

SERIES = (BLUE, ORANGE, GREEN, PLUM, OCHRE, GREY)  # in the order in which they are taken
DASHES = ([1, 0], [6, 3], [2, 2], [8, 3, 2, 3])  # that tell lines apart where there is no colour

DARK = {  # what each becomes on dark paper
    PAPER: "#15191e",
    INK: "#e6e9ed",
    MUTED: "#a9b3bd",
    GRID: "#333b44",
    SHADE: "#252c34",
    BLUE: "#56b4e9",
    ORANGE: "#f59042",
    GREEN: "#38c79a",
    PLUM: "#d992c6",
    OCHRE: "#e0b03c",
    GREY: "#98a2ad",
}
