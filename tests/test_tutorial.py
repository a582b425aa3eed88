"""The tutorial runs from its first cell to its last, and its cells show what their texts say."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

nbformat = pytest.importorskip("nbformat")
nbclient = pytest.importorskip("nbclient")
DOCS = Path(__file__).resolve().parents[1] / "docs"
TUTORIAL = DOCS / "tutorial.ipynb"


def texts(cell) -> str:
    """What a cell put out, as text."""
    return "\n".join(
        "".join(output.get("text", "")) + "".join(output.get("data", {}).get("text/plain", ""))
        for output in cell["outputs"]
    )


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # those of the notebook's own machinery
def test_the_tutorial_runs():
    pytest.importorskip("altair")
    notebook = nbformat.read(TUTORIAL, as_version=4)
    nbclient.NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(DOCS)}}).execute()
    cells = {cell["source"].splitlines()[-1]: texts(cell) for cell in notebook.cells if cell["cell_type"] == "code"}
    assert "iteration    40,000" in cells["network.run(X).round(3)"]
    assert "verdict" in cells["verdict"]
    assert "4 mistakes found." in cells["print(found)"]
    pictures = [
        output
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if "svg" in "".join(output.get("data", {}).get("text/html", "")) or "image/svg+xml" in output.get("data", {})
    ]
    assert len(pictures) >= 4


def test_the_tutorial_is_kept_without_what_it_puts_out():
    cells = json.loads(TUTORIAL.read_text(encoding="utf-8"))["cells"]
    assert all(cell["execution_count"] is None and not cell["outputs"] for cell in cells if cell["cell_type"] == "code")
