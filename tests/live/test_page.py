"""The page in a browser, over real trainings: what a person sees, presses and reads, and what the network sees of it.

Debian's chromium, headless, driven by Playwright; without either these tests are skipped.
"""

import json
import os
import re
import shutil
import signal
import socket
import time
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest

import fallline
from fallline import Settings
from fallline.diagnosis.runs import write_verdict

from .watched import Training, ended, server_of, table, until

playwright_api = pytest.importorskip("playwright.sync_api")
CHROMIUM = shutil.which("chromium")
pytestmark = [pytest.mark.slow, pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")]

expect = playwright_api.expect
PATIENCE = 60_000.0  # milliseconds, of a machine that is busy with other things
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP rebound.example 127.0.0.1",
]
ENDLESS = ("--hidden", "12,8", "--optimizer", "adam", "--learning-rate", "0.003", "--l2", "0", "--no-plateau-stop")
ENDLESS += ("--time-limit", "300", "--no-verdict")


@pytest.fixture(scope="module")
def browser():
    expect.set_options(timeout=PATIENCE)
    with playwright_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


class Window:
    """A browser's window with everything that it asked of the network and said on its console."""

    def __init__(self, browser, **options):
        self.context = browser.new_context(**options)
        self.context.set_default_timeout(PATIENCE)
        self.page = self.context.new_page()
        self.asked, self.complaints = [], []
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", lambda said: said.type == "error" and self.complaints.append(said.text))

    def left_loopback(self):
        return [url for url in self.asked if urlsplit(url).hostname not in ("127.0.0.1", "localhost", "::1")]


@pytest.fixture
def window(browser):
    window = Window(browser, viewport={"width": 1200, "height": 900})
    yield window
    window.context.close()
    assert window.asked
    assert window.left_loopback() == []


@pytest.fixture
def processes():
    """Processes that the test started, ended by their ids."""
    started = []
    yield started
    for each in started:
        if isinstance(each, Training):
            each.end()
        else:
            ended(each)


@pytest.fixture
def training(tmp_path, processes):
    found = Training(table(tmp_path / "t.csv", rows=600), tmp_path / "run", *ENDLESS)
    processes.append(found)
    until(found.records)
    return found


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("finished")
    settings = Settings(hidden=[6, 4], iterations=150, optimizer="gradient_descent", learning_rate=0.02, l2=0.0)
    run = fallline.train(table(folder / "t.csv", rows=200), settings, out=folder / "run")
    write_verdict(run.directory, fallline.explain(run, 3.0, trials=False))
    return folder / "run"


@pytest.fixture
def served(processes):
    def serve(run, *words):
        process, address = server_of(run, *words)
        processes.append(process)
        return address

    return serve


def recorded(page):
    return int(page.locator("#thinning").get_attribute("data-recorded"))


def drawn(page):
    return int(page.locator("#thinning").get_attribute("data-drawn"))


def status(page):
    return page.locator("#status")


def test_a_training_is_watched_to_its_end(window, tmp_path, processes):
    file = table(tmp_path / "t.csv", rows=600)
    options = (
        "--live",
        "--hidden",
        "12",
        "--optimizer",
        "adam",
        "--l2",
        "0",
        "--no-plateau-stop",
        "--time-limit",
        "12",
    )
    training = Training(file, tmp_path / "run", *options)
    processes.append(training)
    address = training.process.stderr.readline().split()[-1]
    page = window.page
    page.goto(address)
    expect(status(page)).to_have_attribute("data-status", "running")
    expect(page.locator("#what")).to_contain_text("network 3-12-1")
    expect(page.locator("#n-left")).to_contain_text(" s")
    expect(page.locator("#heard")).to_contain_text("last heard")
    expect(page.locator("#drawing circle.unit")).to_have_count(3 + 12 + 1)
    before = recorded(page)
    expect(page.locator("#thinning")).not_to_have_attribute("data-recorded", str(before))
    expect(status(page)).to_have_text("ended: the time was used up while the error was still allowed to fall")
    expect(page.locator("#verdict-words")).not_to_be_empty()
    assert training.wait() == 0
    lines = training.records()
    expect(page.locator("#thinning")).to_have_attribute("data-recorded", str(len(lines)))
    expect(page.locator("#n-iteration")).to_have_text(f"{lines[-1]['iteration']:,}")
    expect(page.locator("#actions")).to_be_hidden()
    assert window.complaints == []
    os.kill(json.loads((training.out / "live/server.json").read_text())["pid"], signal.SIGTERM)


def test_pausing_resuming_another_rate_and_stopping(window, training, served):
    page = window.page
    page.goto(served(training.out))
    expect(page.get_by_role("button", name="Pause")).to_be_enabled()

    page.get_by_role("button", name="Pause").click()
    expect(status(page)).to_have_attribute("data-status", "paused")
    expect(page.locator("#answer")).to_have_text("Paused. Time and iterations stand still.")
    lines = len(training.records())
    time.sleep(1.0)  # that nothing happens cannot be waited for otherwise
    assert len(training.records()) == lines
    expect(page.locator("#thinning")).to_have_attribute("data-recorded", str(lines))

    resume = page.get_by_role("button", name="Resume")
    expect(resume).to_be_focused()
    page.keyboard.press("Enter")
    expect(status(page)).to_have_attribute("data-status", "running")
    until(lambda: len(training.records()) > lines)

    rate = page.get_by_label("Learning rate")
    expect(rate).to_have_value("0.003")
    rate.fill("0.0005")
    page.get_by_role("button", name="Set").click()
    expect(page.locator("#answer")).to_have_text("The learning rate is 0.0005 from here on; it was 0.003.")
    expect(page.locator("#n-rate")).to_have_text("0.0005")
    assert training.records()[-1]["learning_rate"] == pytest.approx(0.0005)

    rate.fill("nonsense")
    page.get_by_role("button", name="Set").click()
    expect(page.locator("#answer")).to_have_text("A learning rate is a number above 0, such as 0.01.")

    page.get_by_role("button", name="Stop").click()
    expect(status(page)).to_contain_text("you stopped it")
    assert training.wait() == 130
    assert json.loads((training.out / "run.json").read_text())["rate_changes"][0]["after"] == 0.0005
    assert window.complaints == []


def test_a_remedy_is_tried_on_a_finished_run_with_its_control_beside_it(window, finished, served):
    page = window.page
    page.goto(served(finished))
    page.get_by_label("Remedy", exact=True).select_option("second_order")
    page.get_by_label("for, in seconds").fill("15")
    page.get_by_role("button", name="Try this remedy").click()
    trial = page.locator(".trial").first
    expect(trial.get_by_role("heading")).to_have_text("Trial 1: Use a second-order method")
    expect(trial.locator("canvas")).to_have_attribute(
        "aria-label", re.compile(r"[1-9]\d* descents with the remedy, [1-9]\d* of the control")
    )
    expect(trial).to_have_attribute("data-outcome", "helps")
    expect(trial.locator(".outcome")).to_contain_text("the unchanged control")
    last = json.loads((finished / "live/trials/0001.jsonl").read_text().splitlines()[-1])
    assert last["kind"] == "ended"
    expect(trial.locator(".outcome")).to_have_text(last["trial"]["sentence"])
    page.reload()
    expect(page.locator(".trial").first.locator(".outcome")).to_have_text(last["trial"]["sentence"])
    assert window.complaints == []


def test_a_remedy_is_tried_while_the_training_goes_and_can_be_ended(window, training, served):
    page = window.page
    page.goto(served(training.out))
    expect(page.locator("#drawing circle.unit").first).to_be_visible()
    page.get_by_label("Remedy", exact=True).select_option("lower_rate")
    page.get_by_label("for, in seconds").fill("60")
    page.get_by_role("button", name="Try this remedy").click()
    first = page.locator(".trial", has_text="Trial 1")
    expect(first).to_have_attribute("data-outcome", re.compile(".+"))
    expect(first.locator(".outcome")).to_contain_text("With a lower learning rate")
    expect(status(page)).to_have_attribute("data-status", "running")
    page.get_by_role("button", name="Try this remedy").click()
    page.get_by_role("button", name="End the trial").click()
    second = page.locator(".trial", has_text="Trial 2")
    expect(second.locator(".outcome")).to_have_text("The trial was ended before its time.")
    assert window.complaints == []


def test_a_server_that_is_killed_and_comes_back_loses_and_repeats_nothing(window, training, processes):
    process, address = server_of(training.out)
    processes.append(process)
    page = window.page
    page.goto(address)
    expect(status(page)).to_have_attribute("data-status", "running")
    until(lambda: recorded(page) > 10)
    process.send_signal(signal.SIGKILL)
    ended(process)
    expect(status(page)).to_have_attribute("data-status", "lost")
    expect(page.locator("#heard")).to_contain_text("ago; trying again")
    lines = len(training.records())
    until(lambda: len(training.records()) > lines + 20)  # the training goes on without a page
    again, same = server_of(training.out)
    processes.append(again)
    assert same == address
    expect(status(page)).to_have_attribute("data-status", "running")
    until(lambda: recorded(page) > lines + 20)
    page.get_by_role("button", name="Stop").click()
    expect(status(page)).to_have_attribute("data-status", "ended")
    training.wait()
    expect(page.locator("#thinning")).to_have_attribute("data-recorded", str(len(training.records())))
    page.reload()
    expect(page.locator("#thinning")).to_have_attribute("data-recorded", str(len(training.records())))


def test_a_server_that_is_stopped_with_a_page_open_goes_without_a_word(window, finished, processes):
    process, address = server_of(finished)
    processes.append(process)
    window.page.goto(address)
    expect(status(window.page)).to_have_attribute("data-status", "ended")
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 0
    assert process.stderr.read() == ""
    expect(status(window.page)).to_have_attribute("data-status", "lost")


def test_a_name_that_was_bound_to_this_machine_is_refused(browser, finished, served):
    address = urlsplit(served(finished))
    window = Window(browser)
    answer = window.page.goto(f"http://rebound.example:{address.port}{address.path}")
    assert answer.status == 421
    assert window.page.locator("#name").count() == 0
    window.context.close()
    with socket.create_connection(("127.0.0.1", address.port)) as plain:
        plain.sendall(f"GET {address.path} HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n".encode())
        assert plain.makefile().readline().split()[1] == "421"


def test_the_server_listens_on_loopback_alone(finished, served):
    port = urlsplit(served(finished)).port
    sockets = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    listening = [address for _, address, _, state, *_ in sockets if state == "0A" and address.endswith(f":{port:04X}")]
    assert listening == [f"0100007F:{port:04X}"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1200, 360])
def test_axe_finds_nothing_serious_and_nothing_is_wider_than_the_window(
    browser, scheme, width, finished, training, served, tmp_path
):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    for run in (finished, training.out):
        # Playwright's scripts are let past the page's own policy, which forbids them
        window = Window(browser, color_scheme=scheme, viewport={"width": width, "height": 900}, bypass_csp=True)
        page = window.page
        page.goto(served(run))
        expect(page.locator("#drawing circle.unit").first).to_be_visible()
        found = axe.run(page).response["violations"]
        assert [each["id"] for each in found if each["impact"] in ("serious", "critical")] == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.screenshot(path=tmp_path / "page.png", full_page=True)
        assert (tmp_path / "page.png").stat().st_size > 10_000
        window.context.close()


def test_everything_can_be_reached_with_the_keyboard(window, training, served):
    page = window.page
    page.goto(served(training.out))
    expect(page.get_by_role("button", name="Set")).to_be_enabled()
    expect(page.locator("#look")).to_be_enabled()
    reached = []
    for _ in range(12):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.id"))
    for name in ("pause", "stop", "rate", "rate-set", "look", "remedy", "seconds", "try"):
        assert name in reached
    page.locator("#look").focus()
    for _ in range(20):
        page.keyboard.press("ArrowLeft")
    expect(page.locator("#looked")).to_contain_text("training error")


def million(folder):
    """A run of a million records, as a training writes them."""
    rng = np.random.default_rng(0)
    n = 1_000_000
    errors = np.exp(-3.0 * np.arange(n) / n) * (1.0 + 0.1 * rng.random(n))
    errors[777_777] = 5.0  # one peak that no thinning may lose
    folder.mkdir()
    with (folder / "metrics.jsonl").open("w") as file:
        for i, error in enumerate(errors):
            file.write(
                f'{{"phase": "training rows", "iteration": {i}, "steps": {i}, "seconds": {i / 1000}, "train_error": '
                f'{error}, "validation_error": {1.1 * error}, "gradient_norm": 0.5, "step_size": 0.1, '
                '"learning_rate": 0.01}\n'
            )
    return folder


def test_a_million_points_stay_responsive_and_are_said_to_be_thinned(window, tmp_path, served):
    run = million(tmp_path / "run")
    page = window.page
    page.goto(served(run))
    expect(page.locator("#thinning")).to_have_attribute("data-recorded", "1000000")
    assert 1000 < drawn(page) <= 5000
    expect(page.locator("#thinning")).to_contain_text(
        "Thinned: 1,000,000 iterations are recorded, with 2,000,000 errors; "
    )
    expect(page.locator("#n-iteration")).to_have_text("999,999")
    started = time.monotonic()
    page.locator("#look").fill("778")
    expect(page.locator("#looked")).to_contain_text("training error")
    with (run / "metrics.jsonl").open("a") as file:
        file.write('{"phase": "training rows", "iteration": 1000000, "steps": 1000000, "seconds": 1000.0, ')
        file.write('"train_error": 0.04, "validation_error": 0.05, "gradient_norm": 0.5, "step_size": 0.1, ')
        file.write('"learning_rate": 0.01}\n')
    expect(page.locator("#n-iteration")).to_have_text("1,000,000")
    assert time.monotonic() - started < 10.0
    label = page.locator("#chart").get_attribute("aria-label")
    assert "1,000,000 iterations" in label
    assert window.complaints == []


def test_ten_runs_open_at_once_are_told_each_its_own(browser, tmp_path, served):
    settings = Settings(hidden=[3], iterations=40, optimizer="adam", l2=0.0)
    file, windows = table(tmp_path / "t.csv", rows=60), []
    for number in range(10):
        run = fallline.train(file, settings, out=tmp_path / f"run-{number}")
        # as if it were still under way, with records to come
        (run.directory / "run.json").rename(run.directory / "kept.json")
        window = Window(browser)
        window.page.goto(served(run.directory))
        windows.append((run.directory, window))
    for folder, window in windows:
        expect(window.page.locator("#name")).to_have_text(folder.name)
        expect(window.page.locator("#thinning")).to_have_attribute("data-recorded", "41")
        with (folder / "metrics.jsonl").open("a") as metrics:
            metrics.write((folder / "metrics.jsonl").read_text().splitlines()[-1].replace(": 40,", ": 41,") + "\n")
    started = time.monotonic()
    for _, window in windows:
        expect(window.page.locator("#n-iteration")).to_have_text("41")
        window.context.close()
    assert time.monotonic() - started < 20.0
