"""The report of a run is one valid page that loads nothing, says the verdict first, and describes its pictures."""

from __future__ import annotations

import json
import re
import shutil
import sys
from html.parser import HTMLParser

import pytest

import fallline
from fallline import FalllineError
from fallline.report.figures.colours import DARK, GRID, INK, MUTED, PAPER, SERIES, SHADE
from fallline.report.figures.inline import inline_svg
from fallline.report.page import REPORT, report_html, write_report
from fallline.report.page.report import FLAG, VARIABLES

VOID = {"meta", "br", "hr", "img", "input", "link", "col", "wbr"}
LOADING = ("src", "srcset", "action", "poster", "data", "background", "xlink:href")


class Page(HTMLParser):
    """What a page holds: its elements, which must close in order, its text, ids, headings, and what it would load."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.open, self.ids, self.headings, self.loads, self.elements, self.words = [], [], [], [], [], []
        self.feed(text)
        self.close()
        assert not self.open, f"never closed: {self.open}"

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.elements.append((tag, attributes))
        if "id" in attributes:
            self.ids.append(attributes["id"])
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        self.loads += [(tag, name, attributes[name]) for name in LOADING if name in attributes]
        if "href" in attributes and not attributes["href"].startswith("#"):
            self.loads.append((tag, "href", attributes["href"]))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_data(self, data):
        if not {"style", "desc"} & set(self.open):
            self.words.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.words).split())

    def of(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture(scope="module", params=["slow", "classes", "xor"])
def written(request):
    of = request.getfixturevalue(request.param)
    text = write_report(of.folder).read_text(encoding="utf-8")
    return of, text, Page(text)


def test_it_is_one_small_file_that_loads_nothing(written):
    of, text, page = written
    assert sorted(path.name for path in of.folder.glob("*.html")) == [REPORT]
    assert len(text.encode()) < 3_000_000
    assert page.loads == []
    assert not page.of("script")
    assert not page.of("link")
    assert not page.of("iframe")
    style = re.search("<style>(.*?)</style>", text, re.DOTALL)[1]
    assert "@import" not in style
    assert "url(" not in style
    assert set(re.findall(r"url\(([^)]*)\)", text)) <= {f"#{each}" for each in page.ids}
    assert not re.findall(r"https?://(?!www\.w3\.org/)", text)


def test_its_headings_are_in_order_its_ids_are_its_own_and_it_names_its_language(written):
    _, text, page = written
    assert text.startswith("<!DOCTYPE html>")
    assert page.of("html") == [{"lang": "en"}]
    assert page.of("title")
    assert {"name": "viewport", "content": "width=device-width, initial-scale=1"} in page.of("meta")
    assert page.headings[0] == 1
    assert page.headings.count(1) == 1
    assert all(after <= before + 1 for before, after in zip(page.headings, page.headings[1:], strict=False))
    assert len(page.ids) == len(set(page.ids))
    for attributes in page.of("section") + page.of("svg"):
        for name in ("aria-labelledby", "aria-describedby"):
            if name in attributes:
                assert attributes[name] in page.ids
    assert len(page.of("main")) == 1
    for table in page.of("th"):
        assert table.get("scope") in ("row", "col")


def test_every_picture_is_an_image_with_a_name_and_a_description(written):
    of, text, page = written
    figures = fallline.figures(of.folder).drawn
    assert len(page.of("svg")) >= len(figures)
    for svg in page.of("svg"):
        assert svg["role"] == "img"
        assert svg["aria-labelledby"].endswith("-title")
    for figure in figures.values():
        if figure.name != "trials":
            start = text.index(f'id="{figure.name}-words"')
            assert len(text[start : text.index("</desc>", start)]) > 40
    assert {svg["role"] for svg in page.of("svg")} == {"img"}
    assert not any("role" in attributes for attributes in page.of("g") + page.of("path"))
    assert len(page.of("desc")) == len(page.of("svg")) == len(re.findall(r"<svg[^>]*><title", text))


def test_two_pictures_on_a_page_do_not_share_their_ids():
    class Picture:
        title, alternative = "A < B", "One & two."

        def svg(self, *, titled):
            return '<svg class="marks" id="a"><clipPath id="clip0"/><g clip-path="url(#clip0)" role="x"/></svg>'

    assert inline_svg(Picture(), "p") == (
        '<svg class="marks" id="p-a" role="img" aria-labelledby="p-title" aria-describedby="p-words">'
        '<title id="p-title">A &lt; B</title><desc id="p-words">One &amp; two.</desc>'
        '<clipPath id="p-clip0"/><g clip-path="url(#p-clip0)"/></svg>'
    )


def test_the_verdict_comes_first_in_words(written):
    of, _, page = written
    verdict = of.verdict
    sentence = verdict.sentence.removeprefix(f"{verdict.judgement.title}: ")[1:]
    assert page.text.index(verdict.judgement.title) < page.text.index("How good it is")
    assert page.text.index(sentence[:60]) < page.text.index("How good it is")
    for cause in verdict.causes:
        assert cause.sentence in page.text
    for finding in verdict.findings:
        assert finding.sentence.split(" --")[0] in page.text
    for trial in verdict.trials:
        assert trial.sentence in page.text


def test_its_numbers_are_the_runs(written):
    of, _, page = written
    run, score = of.run, of.run.scores.get("validation", of.run.scores["train"])
    if "rmse" in score:
        assert f"this network {score['rmse'][0]:.4g} {score['r2'][0]:.3f}" in page.text
    else:
        rows = len(run.prepared.validation_rows) or len(run.prepared.train_rows)
        assert f"this network {rows - score['wrong']} of {rows} {100 * score['accuracy']:.1f} %" in page.text
    assert f"{run.descent.iterations:,} iterations" in page.text
    assert f"in all {of.verdict.budget.error:.4g}" in page.text
    assert run.stop_reason.text[1:] in page.text
    assert f"seed {run.plan.seed}" in page.text


def test_names_from_the_table_are_text_and_never_markup(classes):
    text = write_report(classes.folder).read_text(encoding="utf-8")
    assert "<oak>" not in text
    assert "<b>" not in text
    assert "<h1>t.csv: tree &lt;b&gt;</h1>" in text
    assert "&lt;oak&gt; &amp; co" in text


def test_options_of_the_command_line_do_not_break(written):
    _, text, _ = written
    for flag in FLAG.findall(re.sub(r"<pre>.*?</pre>|<style>.*?</style>", "", text, flags=re.DOTALL)):
        assert f"<code>{flag}</code>" in text


def test_a_run_that_was_not_examined_says_so_and_keeps_its_pictures(slow, tmp_path):
    folder = shutil.copytree(slow.folder, tmp_path / "run")
    (folder / "verdict.json").unlink()
    page = Page(write_report(folder).read_text())
    assert "No verdict yet" in page.text
    assert "descent-heading" in page.ids
    assert "budget-heading" not in page.ids
    assert page.text.count("Not drawn:") >= 3


def test_a_report_without_the_table_has_the_pictures_that_need_none(slow, tmp_path):
    folder = shutil.copytree(slow.folder, tmp_path / "run")
    account = json.loads((folder / "run.json").read_text())
    account["asked"]["source"] = str(tmp_path / "gone.csv")
    (folder / "run.json").write_text(json.dumps(account))
    page = Page(write_report(folder).read_text())
    assert {"descent-heading", "budget-heading", "trials-heading"} <= set(page.ids)
    assert "gone.csv" in page.text
    assert "residuals-heading" not in page.ids
    assert "residuals-heading" in Page(write_report(folder, table=slow.table).read_text()).ids


def test_the_same_run_has_the_same_report(xor):
    assert write_report(xor.folder).read_bytes() == write_report(xor.run).read_bytes()


def test_a_run_in_memory_has_no_folder_to_write_into():
    table = {"a": [float(k) for k in range(12)], "y": [float(k % 3) for k in range(12)]}
    run = fallline.train(table, fallline.Settings(iterations=2, l2=0.0, task="regression"), save=False)
    with pytest.raises(FalllineError, match="Train with save=True"):
        write_report(run)
    from fallline.report.figures.material import material

    assert "y" in Page(report_html(material(run))).text


def test_without_the_extra_a_sentence_says_what_to_install(xor, monkeypatch):
    monkeypatch.setitem(sys.modules, "vl_convert", None)
    with pytest.raises(FalllineError, match=r"pip install 'fallline\[plot\]'"):
        write_report(xor.folder)


def luminance(colour):
    """Relative luminance, WCAG 2.2."""
    channels = [int(colour[i : i + 2], 16) / 255.0 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("shown", [lambda colour: colour, DARK.__getitem__], ids=["light", "dark"])
def test_text_and_pictures_stand_out_from_their_paper(shown):
    for paper in (PAPER, SHADE):
        assert contrast(shown(INK), shown(paper)) >= 7.0
        assert contrast(shown(MUTED), shown(paper)) >= 4.5
        for colour in SERIES:
            assert contrast(shown(colour), shown(paper)) >= 3.0
    for colour in SERIES:  # the shares stand in the bar of the budget in the colour of the paper
        assert contrast(shown(PAPER), shown(colour)) >= 4.5
    assert contrast(shown(VARIABLES["link"]), shown(PAPER)) >= 4.5
    assert contrast(shown(GRID), shown(PAPER)) < 2.0  # which is not to be looked at


def test_on_dark_paper_every_colour_of_the_figures_changes(written):
    _, text, _ = written
    used = set(
        re.findall(r'(?:fill|stroke)="(#[0-9a-fA-F]{6})"', "".join(re.findall("<svg.*?</svg>", text, re.DOTALL)))
    )
    for colour in used & set(DARK):
        assert f'svg [fill="{colour}"] {{ fill: {DARK[colour]}; }}' in text
        assert f'svg [stroke="{colour}"] {{ stroke: {DARK[colour]}; }}' in text
    assert {INK, MUTED} <= used
