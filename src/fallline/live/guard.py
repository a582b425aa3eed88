"""Who may speak to the server: this machine's browser, by a name that means this machine, and with the token.

A server on loopback can be reached by every page that the browser has open, so that a page elsewhere could ask it, or
point a name of its own at 127.0.0.1 (DNS rebinding) and read the answers. The Host header shows the second and is
checked first; the token, which stands in the address and nowhere else, shuts out the first; and no header ever allows
another origin to read anything.
"""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

NAMES = ("127.0.0.1", "localhost", "[::1]")
HEADERS = {
    "content-security-policy": "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}
NO_TOKEN = "Fallline: this address lacks the token of the run's page. Use the whole address that the terminal shows.\n"


class Guard:
    """Lets through to `app` what is addressed to this machine and has the token, which it takes off the path."""

    def __init__(self, app: App, token: str, port: int) -> None:
        self._app = app
        self._token = token.encode()
        self._hosts = {f"{name}:{port}".encode() for name in NAMES}
        self._origins = {b"http://" + host for host in self._hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            return  # a websocket that nobody accepts is closed by the server

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [
                    *((name, value) for name, value in message.get("headers", []) if name.decode() not in HEADERS),
                    *((name.encode(), value.encode()) for name, value in HEADERS.items()),
                ]
            await send(message)

        refusal = self._refusal(scope)
        if refusal is not None:
            await _say(send_with_headers, *refusal)
            return
        token = self._token.decode()
        path = scope["path"].removeprefix(f"/{token}")
        if path == "":
            await _say(send_with_headers, 308, "", [(b"location", f"/{token}/".encode())])
            return
        await self._app({**scope, "path": path, "raw_path": path.encode()}, receive, send_with_headers)

    def _refusal(self, scope: Scope) -> tuple[int, str] | None:
        """Return the status and the sentence of a refusal; None where there is none."""
        hosts = [value.lower() for name, value in scope["headers"] if name == b"host"]
        if len(hosts) != 1 or hosts[0] not in self._hosts:
            return 421, "Fallline answers to 127.0.0.1, localhost and [::1] alone, with its port.\n"
        _, _, path = scope["path"].encode().partition(b"/")
        if not hmac.compare_digest(path.partition(b"/")[0], self._token):
            return 403, NO_TOKEN
        origins = [value.lower() for name, value in scope["headers"] if name == b"origin"]
        if any(origin not in self._origins for origin in origins):
            return 403, "Fallline answers its own page alone.\n"
        return None


async def _say(send: Send, status: int, sentence: str, headers: list[tuple[bytes, bytes]] | None = None) -> None:
    told = [(b"content-type", b"text/plain; charset=utf-8"), *(headers or [])]
    await send({"type": "http.response.start", "status": status, "headers": told})
    await send({"type": "http.response.body", "body": sentence.encode()})
