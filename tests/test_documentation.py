"""The examples in the README, the docs and the docstrings do what they say."""

import doctest
import importlib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
MODULES = ["fallline.network.network", "fallline.estimators.regressor", "fallline.estimators.classifier"]


def _marked(page: Path) -> object:
    """A page of a cause takes some seconds, and there are many."""
    return pytest.param(page, marks=pytest.mark.slow) if page.parent.name == "causes" else page


@pytest.mark.parametrize("page", [_marked(page) for page in PAGES], ids=lambda page: page.name)
def test_examples_on_a_page_do_what_they_say(page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    failed, _ = doctest.testfile(str(page), module_relative=False, encoding="utf-8")
    assert failed == 0


def test_the_readme_has_examples() -> None:
    parsed = doctest.DocTestParser().get_examples((ROOT / "README.md").read_text(encoding="utf-8"))
    assert len(parsed) >= 8


@pytest.mark.parametrize("module", MODULES)
def test_examples_in_docstrings_do_what_they_say(module: str) -> None:
    failed, attempted = doctest.testmod(importlib.import_module(module))
    assert failed == 0
    assert attempted > 0


def test_the_pages_of_the_causes_are_those_of_the_rules() -> None:
    from fallline.report.causes import pages

    folder = ROOT / "docs" / "causes"
    assert {path.name for path in folder.iterdir()} == set(pages())
    for name, text in pages().items():
        assert (folder / name).read_text(encoding="utf-8") == text, "python -m fallline.report.causes docs/causes"


def test_links_between_pages_lead_somewhere() -> None:
    import re

    for page in [*PAGES, ROOT / "CONTRIBUTING.md", ROOT / "examples" / "README.md"]:
        for link in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            if "://" not in link:
                assert (page.parent / link).exists(), f"{page.name} links to {link}"
