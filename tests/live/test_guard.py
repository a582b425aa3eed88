"""Who is let through to the page, and what no answer ever says."""

import asyncio

import pytest

from fallline.live.guard import HEADERS, Guard
from fallline.live.server import Lookout, application

from .watched import Client

TOKEN, PORT = "a-token-that-nobody-guesses", 4321


@pytest.fixture
def client(tmp_path):
    (tmp_path / "metrics.jsonl").touch()
    app = Guard(application(Lookout(tmp_path)), TOKEN, PORT)
    return Client(app, f"http://127.0.0.1:{PORT}")


def test_the_page_and_its_parts_are_served_with_the_token(client):
    page = client.get(f"/{TOKEN}/")
    assert page.status_code == 200
    assert "text/html" in page.headers["content-type"]
    for name, kind in (("page.js", "javascript"), ("style.css", "css"), ("icon.svg", "svg")):
        assert kind in client.get(f"/{TOKEN}/{name}").headers["content-type"]
    moved = client.get(f"/{TOKEN}")
    assert (moved.status_code, moved.headers["location"]) == (308, f"/{TOKEN}/")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "LOCALHOST"])
def test_the_names_of_this_machine_are_answered(client, host):
    assert client.get(f"/{TOKEN}/", headers={"host": f"{host}:{PORT}"}).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        f"evil.example:{PORT}",
        "127.0.0.1",
        "127.0.0.1:80",
        "",
        f"127.0.0.1:{PORT}.evil.example",
        f"localhost.evil.example:{PORT}",
        f"0.0.0.0:{PORT}",
        f"127.0.0.1:{PORT}@evil.example",
    ],
)
@pytest.mark.parametrize("path", [f"/{TOKEN}/", f"/{TOKEN}/events", "/"])
def test_any_other_host_is_refused(client, host, path):
    assert client.get(path, headers={"host": host}).status_code == 421


@pytest.mark.parametrize(
    "path", ["/", "/page.js", "/events", f"/{TOKEN[:-1]}/", f"/{TOKEN}x/", "//", f"//{TOKEN}/", "/ä/"]
)
def test_without_the_token_there_is_nothing(client, path):
    answer = client.get(path)
    assert answer.status_code == 403
    assert "whole address" in answer.text
    assert TOKEN not in answer.text


@pytest.mark.parametrize("path", ["commands", "trials", "trials/end"])
def test_actions_need_the_token_and_the_pages_own_origin(client, path):
    asked = {"json": {"action": "pause", "remedy": "restart", "seconds": 5}}
    assert client.post(f"/{path}", **asked).status_code == 403
    foreign = client.post(f"/{TOKEN}/{path}", headers={"origin": "http://evil.example"}, **asked)
    assert foreign.status_code == 403
    assert client.post(f"/{TOKEN}/{path}", headers={"origin": "null"}, **asked).status_code == 403


def test_no_way_leads_out_of_the_pages_folder(client):
    for path in ("../server.py", "%2e%2e/server.py", "..%2fserver.py", "/etc/passwd", "../../cli.py"):
        assert client.get(f"/{TOKEN}/{path}").status_code in (403, 404)


@pytest.mark.parametrize("path", ["/", f"/{TOKEN}/", f"/{TOKEN}/nothing", f"/{TOKEN}"])
def test_every_answer_forbids_what_a_browser_could_do_elsewhere(client, path):
    answer = client.get(path, headers={"origin": f"http://127.0.0.1:{PORT}"})
    for name, value in HEADERS.items():
        assert answer.headers[name] == value
    assert not [name for name in answer.headers if name.startswith("access-control")]
    preflight = client.options(f"/{TOKEN}/commands", headers={"origin": "http://evil.example"})
    assert not [name for name in preflight.headers if name.startswith("access-control")]


def test_a_websocket_is_left_unanswered(client, tmp_path):
    async def never(*message):
        raise AssertionError("answered")

    guard = Guard(never, TOKEN, PORT)
    scope = {"type": "websocket", "path": f"/{TOKEN}/events", "headers": [(b"host", f"localhost:{PORT}".encode())]}
    asyncio.run(guard(scope, never, never))
