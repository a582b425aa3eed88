"""The server of one run's page: its files, its events, and the actions, on loopback alone."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fallline.errors import FalllineError
from fallline.extras import required
from fallline.files import replacing
from fallline.live.guard import Guard
from fallline.live.standing import OVER, Folder, is_running
from fallline.training.channel import LIVE, Action, Channel
from fallline.training.run_directory import METRICS, RUN

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response

    from fallline.live.watching import Watching

PAGE = Path(__file__).parent / "page"
ADDRESS = "server.json"  # in the folder `live`: port and token, so that a server that comes back has the same address
LOOK_SECONDS = 1.0
LINGER_SECONDS = 30.0  # without a page, after the end of its training, when a server that came with it goes
MOST_BYTES = 1 << 12  # of an action


class Lookout:
    """Looks after a run: little while there is no page, so that a training's page costs next to nothing unopened."""

    def __init__(self, run: Path) -> None:
        self.folder = Folder(run)
        self.closing: Callable[[], bool] = lambda: False  # whether the server is about to go
        self.pages_left = time.monotonic()  # when the last page was open, or the server began
        self._watching: Watching | None = None

    @property
    def pages(self) -> int:
        """How many pages are open."""
        return 0 if self._watching is None else self._watching.pages

    @property
    def over(self) -> bool:
        """Whether the training has ended."""
        return self.folder.standing(time.time())["status"] in OVER

    def watching(self) -> Watching:
        """Return what pages are told; the first call imports what finds it out."""
        if self._watching is None:
            from fallline.live.watching import Watching

            self._watching = Watching(self.folder)
        return self._watching

    def look(self) -> None:
        """Look at the folder, and say there that a page can be had."""
        if self.pages:
            self.pages_left = time.monotonic()
        with suppress(OSError):  # a folder that cannot be written can be looked at all the same
            self.folder.channel.say_serving(watched=self.pages > 0)
        if self._watching is not None:
            self._watching.look()

    async def end(self) -> None:
        """End what is under way."""
        if self._watching is not None:
            await self._watching.trials.end()


def application(lookout: Lookout, on_start: Callable[[], None] | None = None) -> Starlette:
    """Return the page's files, events and actions, before `Guard`."""
    from starlette.applications import Starlette
    from starlette.responses import JSONResponse, StreamingResponse
    from starlette.routing import Mount, Route
    from starlette.staticfiles import StaticFiles

    async def stream(request: Request) -> Response:
        watching = await asyncio.to_thread(lookout.watching)
        from fallline.live.events import events  # brings Polars, as what is watched does

        after = request.headers.get("last-event-id") or request.query_params.get("after", "")
        return StreamingResponse(events(watching, after, lookout.closing), media_type="text/event-stream")

    async def command(request: Request) -> Response:
        asked = await _asked(request)
        try:
            action = Action(asked.get("action"))
            value = None if asked.get("value") is None else float(asked["value"])
        except (ValueError, TypeError):
            raise FalllineError("expected an action: pause, resume, stop, or learning_rate with a value.") from None
        if lookout.over:
            raise FalllineError("The training is over, so that nothing can be changed in it.")
        return JSONResponse({"number": await asyncio.to_thread(lookout.folder.channel.send, action, value)})

    async def trial(request: Request) -> Response:
        asked = await _asked(request)
        try:
            code, seconds = str(asked["remedy"]), float(asked["seconds"])
        except (KeyError, ValueError, TypeError):
            raise FalllineError("expected a remedy's code, and seconds.") from None
        watching = await asyncio.to_thread(lookout.watching)
        return JSONResponse({"number": await watching.trials.start(code, seconds)})

    async def end_trial(request: Request) -> Response:
        await _asked(request)
        await lookout.end()
        return JSONResponse({})

    async def refused(request: Request, problem: Exception) -> Response:
        return JSONResponse({"sentence": str(problem)}, status_code=409)

    async def unwritable(request: Request, problem: Exception) -> Response:
        reason = getattr(problem, "strerror", None) or problem
        return JSONResponse({"sentence": f"The run's folder cannot be written: {reason}."}, status_code=409)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        looking = asyncio.create_task(_look(lookout))
        if on_start is not None:
            on_start()
        yield
        looking.cancel()
        with suppress(asyncio.CancelledError):
            await looking
        await lookout.end()

    return Starlette(
        routes=[
            Route("/events", stream),
            Route("/commands", command, methods=["POST"]),
            Route("/trials", trial, methods=["POST"]),
            Route("/trials/end", end_trial, methods=["POST"]),
            Mount("/", StaticFiles(directory=PAGE, html=True)),
        ],
        exception_handlers={FalllineError: refused, OSError: unwritable},
        lifespan=lifespan,
    )


async def _asked(request: Request) -> dict[str, Any]:
    """Return the object in a request's body: JSON by its type, which no page elsewhere can send unasked."""
    if request.headers.get("content-type", "").split(";")[0].strip() != "application/json":
        raise FalllineError("expected a body of type application/json.")
    content = b""
    async for part in request.stream():
        content += part
        if len(content) > MOST_BYTES:
            raise FalllineError(f"expected no more than {MOST_BYTES} bytes.")
    try:
        asked = json.loads(content)
    except ValueError:
        raise FalllineError("expected a JSON object.") from None
    if not isinstance(asked, dict):
        raise FalllineError("expected a JSON object.")
    return asked


async def _look(lookout: Lookout) -> None:
    while True:
        await asyncio.to_thread(lookout.look)
        await asyncio.sleep(LOOK_SECONDS)


def serve(run: Path, port: int = 0, *, training: int | None = None, tell: Callable[[str], None] = print) -> None:
    """Serve a run's page until Ctrl-C.

    Parameters
    ----------
    run
        The run's folder.
    port
        Where to listen; 0 for the port that the run's page had before, or any.
    training
        Number of the process that trains, where the server came with it: then it goes when the training is over and no
        page has been open for a while.
    tell
        Called with the page's address when it can be had.

    Raises
    ------
    FalllineError
        If the folder holds no run, the port is taken, or what serves the page is not installed.
    """
    required("The live page", "live", "starlette", "uvicorn")
    _require_run(run)
    import uvicorn

    lookout = Lookout(run)
    earlier_port, token = _earlier(run)
    listening = _socket(port, earlier_port)
    port = listening.getsockname()[1]
    _remember(run, port, token)
    address = f"http://127.0.0.1:{port}/{token}/"
    app = Guard(application(lookout, lambda: tell(address)), token, port)
    config = uvicorn.Config(
        app,
        log_level="critical",
        access_log=False,
        server_header=False,
        lifespan="on",
        timeout_graceful_shutdown=1,
        ws="none",
    )
    server = uvicorn.Server(config)
    lookout.closing = lambda: server.should_exit

    async def until_over() -> None:
        while training is not None and not server.should_exit:
            await asyncio.sleep(LOOK_SECONDS)
            alone = not lookout.pages and time.monotonic() - lookout.pages_left > LINGER_SECONDS
            if alone and (not is_running(training) or lookout.over):
                server.should_exit = True

    async def both() -> None:
        waiting = asyncio.create_task(until_over())
        try:
            await server.serve(sockets=[listening])
        finally:
            waiting.cancel()

    with suppress(KeyboardInterrupt):
        asyncio.run(both())


def _require_run(run: Path) -> None:
    if not run.is_dir():
        raise FalllineError(f"{run}: there is no such folder. Name the folder of a run, such as runs/iris.")
    if not any((run / name).exists() for name in (METRICS, RUN)):
        raise FalllineError(f"{run}: there is no run in it. Name the folder of a run, such as runs/iris.")


def _earlier(run: Path) -> tuple[int, str]:
    """Return port and token that the run's page had before; 0 and a new token where it had none."""
    try:
        known = json.loads((run / LIVE / ADDRESS).read_text(encoding="utf-8"))
        return int(known["port"]), str(known["token"])
    except (OSError, ValueError, KeyError, TypeError):
        return 0, secrets.token_urlsafe(24)


def _remember(run: Path, port: int, token: str) -> None:
    """Write the address down, for its owner's eyes alone; a folder that cannot be written has a new one each time."""
    try:
        Channel(run).open()
        with replacing(run / LIVE / ADDRESS, durable=False) as file:
            Path(file.name).chmod(0o600)
            file.write(json.dumps({"port": port, "token": token, "pid": os.getpid()}).encode())
    except OSError:
        pass


def _socket(port: int, earlier: int) -> socket.socket:
    """Return a socket on loopback: on that port, or else on the earlier one if it is free, or on any."""
    for each in [port] if port else [earlier, 0]:
        listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind(("127.0.0.1", each))
            listening.listen()  # so that who comes before the server is ready waits for it
        except OSError as problem:
            listening.close()
            if port:
                raise FalllineError(f"--port {port}: {problem.strerror}. Name another, or leave it out.") from None
        else:
            return listening
    raise FalllineError("there is no free port on 127.0.0.1.")
