"""The figures of a run: one file each, one list of them here, drawn when they are asked for."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fallline.engine.architecture import lookup
from fallline.errors import FalllineError
from fallline.extras import required
from fallline.report.figures.figure import WIDTH, Figure, NotDrawnError, unchecked

if TYPE_CHECKING:
    from fallline.diagnosis.verdict import Verdict
    from fallline.report.figures.material import Material
    from fallline.training.run import Run

FIGURES = {  # by name: what each shows, in the order in which they are looked at
    "descent": "the error over the iterations, plateaus and the stop",
    "budget": "what the error at the stop is made of",
    "gradients": "the gradient of each layer over the iterations",
    "saturation": "units on the flat ends of their activation, by layer over the iterations",
    "weights": "the weights of each layer, at first and at the stop",
    "spectrum": "the Hessian's eigenvalues at the stop",
    "residuals": "what is left of each row's target (regression)",
    "confusion": "which classes are taken for which (classes)",
    "surface": "what a network with two inputs answers",
    "trials": "remedies beside their unchanged control",
}


class Figures:
    """The figures of one run by name, each drawn when it is asked for: `figures["descent"]`.

    Iterating gives the names of all; a run has not every one of them, and `drawn` gives those that it has.
    """

    def __init__(self, material: Material) -> None:
        self._material = material
        self._made: dict[tuple[str, int], Figure | FalllineError] = {}

    def __iter__(self) -> Iterator[str]:
        return iter(FIGURES)

    def __len__(self) -> int:
        return len(FIGURES)

    def __contains__(self, name: object) -> bool:
        return name in FIGURES

    def __getitem__(self, name: str) -> Figure:
        return self.draw(name)

    def __repr__(self) -> str:
        return "Figures:\n" + "\n".join(f"  {name:<10}  {shows}" for name, shows in FIGURES.items())

    def draw(self, name: str, width: int = WIDTH) -> Figure:
        """Return one figure.

        Raises
        ------
        FalllineError
            If there is no figure of that name, this run does not have it, or what draws is not installed.
        """
        lookup(FIGURES, name, "figure")
        required("a picture", "plot", "altair", "vl_convert")
        if (name, width) not in self._made:
            try:
                module = import_module(f"fallline.report.figures.{name}")
                with unchecked():
                    self._made[name, width] = module.draw(self._material, width)
            except FalllineError as problem:
                self._made[name, width] = problem
        made = self._made[name, width]
        if isinstance(made, Figure):
            return made
        raise type(made)(f"figure '{name}': {made}")

    @cached_property
    def drawn(self) -> dict[str, Figure]:
        """All figures that this run has, by name."""
        found: dict[str, Figure] = {}
        for name in FIGURES:
            try:
                found[name] = self.draw(name)
            except NotDrawnError:
                continue
        return found


def figures(
    run: Run | Verdict | str | Path, *, table: str | Path | None = None, verdict: Verdict | dict[str, Any] | None = None
) -> Figures:
    """Return the figures of a run; nothing is drawn yet.

    Parameters
    ----------
    run
        What `fallline.train` returned, or the folder of a run; or a verdict alone, which has budget and trials.
    table
        The table that the run in a folder learned from, where it no longer lies where it did.
    verdict
        The verdict on the run, where it does not lie in its folder.

    Raises
    ------
    FalllineError
        If there is no such run.
    """
    from fallline.report.figures.material import material

    return Figures(material(run, table, verdict))


__all__ = ["FIGURES", "Figure", "Figures", "NotDrawnError", "figures"]
