"""What a notebook shows of a run and of a verdict: the words of the terminal, and the picture that says the most."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from html import escape
from io import StringIO

from rich.console import Console, RenderableType

from fallline.diagnosis.verdict import Verdict
from fallline.errors import FalllineError
from fallline.report.figures import Figures, NotDrawnError, figures
from fallline.report.figures.inline import inline_svg
from fallline.report.text import summary
from fallline.report.verdict import verdict_in_words
from fallline.training.run import Run
from fallline.training.run_directory import jsonable

WIDTH = 100


def run_bundle(run: Run) -> dict[str, str]:
    """Return the account of a run and its descent."""
    return _bundle(summary(run), run.figures, ["descent"])


def verdict_bundle(verdict: Verdict) -> dict[str, str]:
    """Return a verdict in words, its budget and its trials."""
    return _bundle(verdict_in_words(jsonable(verdict.to_dict())), figures(verdict), ["budget", "trials"])


def _bundle(words: RenderableType, made: Figures, names: Sequence[str]) -> dict[str, str]:
    console = Console(file=StringIO(), width=WIDTH, force_terminal=False, color_system=None)
    console.print(words)
    plain = console.file.getvalue()  # type: ignore[attr-defined]
    parts = [f'<pre style="white-space: pre-wrap">{escape(plain)}</pre>']
    for name in names:
        try:
            figure = made[name]
        except NotDrawnError:
            continue
        except FalllineError as problem:  # the extra is missing: the words stand without the picture
            parts.append(f"<p>{escape(str(problem))}</p>")
            break
        prefix = f"{name}-{sha256(figure.alternative.encode()).hexdigest()[:8]}"
        parts.append(inline_svg(figure, prefix, titled=True))
    return {"text/plain": plain, "text/html": "\n".join(parts)}
