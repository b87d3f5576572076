"""A web application object, asked without a socket: it is handed the bytes of a request, and gives those of an answer.

An ASGI application runs under uvicorn's own protocol, over a transport that is a buffer; a WSGI application under
`wsgiref`. So both are served as they would be, and a browser reads what comes as it reads a connection.
"""

import asyncio
import io
import logging
import wsgiref.handlers
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any, Protocol
from urllib.parse import unquote_to_bytes

import uvicorn
from uvicorn.lifespan.on import LifespanOn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from scenarios.drivers.fetching import Answer, Wanted, read_answer

MOST_OF_AN_ANSWER = 2 * 1024 * 1024
"""Bytes beyond which nothing more is taken from an application: more than a browser reads of a page."""

_MOST_LINES = 40


class StartUpFailed(Exception):
    """The application says that it cannot start, or raised when it was to."""


class Served(Protocol):
    """An application that can be asked; each method is called on a thread, or the loop, that is the application's."""

    log: "Log"

    def start(self) -> Any:
        """Let it start; `StartUpFailed` says why it did not."""

    def ask(self, request: bytes, wanted: Wanted) -> Any:
        """The answer to a request."""

    def stop(self) -> Any:
        """Let it stop."""


class Log(logging.Handler):
    """The last lines that an application's server has to say of it."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: deque[str] = deque(maxlen=_MOST_LINES)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a record, with its traceback."""
        self.write(self.format(record))

    def write(self, text: str) -> None:
        """Keep lines."""
        self.lines.extend(line for line in text.splitlines() if line.strip())

    def writelines(self, lines: Iterable[str]) -> None:
        """Keep lines."""
        self.write("".join(lines))

    def flush(self) -> None:
        """Nothing is held back."""

    def logger(self) -> logging.Logger:
        """A logger that says everything here and nothing elsewhere."""
        # In no tree, so that nobody else hears it; of each connection uvicorn would have something to say.
        logger = logging.Logger("application under test", logging.INFO)  # noqa: LOG001
        logger.addHandler(self)
        return logger


class Asgi:
    """An ASGI application, on the loop that its methods are awaited on."""

    def __init__(self, application: Any, port: int) -> None:
        self.log = Log()
        self._logger = self.log.logger()
        self._port = port
        self._config = uvicorn.Config(
            application,
            interface="asgi3",
            lifespan="auto",
            ws="none",
            log_config=None,
            access_log=False,
            proxy_headers=False,
        )
        self._config.load()
        self._lifespan: LifespanOn | None = None

    async def start(self) -> None:
        """Its lifespan begins, where it has one."""
        self._lifespan = lifespan = LifespanOn(self._config)
        lifespan.logger = self._logger
        await lifespan.startup()
        if lifespan.should_exit:
            raise StartUpFailed(self.log.lines[-1] if self.log.lines else "it gave no reason")

    async def ask(self, request: bytes, wanted: Wanted) -> Answer:
        """The answer, read as far as it is wanted; what the application still does for it then is cut short."""
        state, reader = ServerState(), asyncio.StreamReader()
        protocol = HttpToolsProtocol(self._config, state, self._lifespan.state if self._lifespan else {})
        protocol.logger = self._logger
        pipe = _Pipe(reader, protocol, self._port)
        protocol.connection_made(pipe)
        try:
            protocol.data_received(request)
            return await read_answer(reader, wanted)
        finally:
            protocol.connection_lost(None)
            for task in tuple(state.tasks):
                task.cancel()
            await asyncio.gather(*state.tasks, return_exceptions=True)

    async def stop(self) -> None:
        """Its lifespan ends."""
        if self._lifespan is not None:
            await self._lifespan.shutdown()


class _Pipe(asyncio.Transport):
    """A connection whose other end is a reader in the same loop; it takes no more than anybody would read."""

    def __init__(self, reader: asyncio.StreamReader, protocol: asyncio.Protocol, port: int) -> None:
        super().__init__({"sockname": ("127.0.0.1", port), "peername": ("127.0.0.1", 50000)})
        self._reader = reader
        self._protocol = protocol
        self._written = 0
        self._closed = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Hand on what is written, up to a bound; who writes more waits, as for a browser that reads no further."""
        if self._closed or self._written > MOST_OF_AN_ANSWER:
            return
        self._written += len(data)
        self._reader.feed_data(bytes(data))
        if self._written > MOST_OF_AN_ANSWER:
            self._protocol.pause_writing()

    def is_closing(self) -> bool:
        """Whether nothing more is taken."""
        return self._closed

    def close(self) -> None:
        """End what is read."""
        if not self._closed:
            self._closed = True
            self._reader.feed_eof()

    abort = close

    def pause_reading(self) -> None:
        """Nothing more is sent anyway."""

    def resume_reading(self) -> None:
        """Nothing more is sent anyway."""


class Wsgi:
    """A WSGI application: each request blocks the thread that it is asked on."""

    def __init__(self, application: Callable[..., Any], port: int) -> None:
        self.log = Log()
        self._application = application
        self._port = port

    def start(self) -> None:
        """WSGI knows no beginning."""

    def ask(self, request: bytes, wanted: Wanted) -> Any:
        """The answer, as something to be awaited: it is read as any other."""
        head, _, body = request.partition(b"\r\n\r\n")
        answer = _Bounded()
        environ = _environ(head.decode("latin-1"), len(body), self._port)
        handler = _Handler(io.BytesIO(body), answer, self.log, environ, multithread=True, multiprocess=False)
        handler.run(self._application)
        return _read(answer.getvalue(), wanted)

    def stop(self) -> None:
        """WSGI knows no end."""


class _Handler(wsgiref.handlers.SimpleHandler):
    """A server's way to call an application; the environment of this process is no part of a request."""

    os_environ: dict[str, str] = {}  # noqa: RUF012 - the name and the kind are the base class's
    origin_server = True
    http_version = "1.1"


class _Bounded(io.BytesIO):
    """An answer that is written; beyond the bound the connection is broken, for the application."""

    def write(self, data: Any) -> int:
        """Take a piece."""
        if self.tell() > MOST_OF_AN_ANSWER:
            raise ConnectionAbortedError
        return super().write(data)


async def _read(answer: bytes, wanted: Wanted) -> Answer:
    reader = asyncio.StreamReader()
    reader.feed_data(answer)
    reader.feed_eof()
    return await read_answer(reader, wanted)


def _environ(head: str, length: int, port: int) -> dict[str, Any]:
    """What WSGI makes of the head of a request (PEP 3333)."""
    line, *lines = head.split("\r\n")
    method, target, protocol = line.split(" ")
    path, _, query = target.partition("?")
    headers = {name.lower(): value.strip() for name, _, value in (each.partition(":") for each in lines)}
    environ = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "QUERY_STRING": query,
        "SERVER_PROTOCOL": protocol,
        "SERVER_NAME": "localhost",
        "SERVER_PORT": str(port),
        "REMOTE_ADDR": "127.0.0.1",
        "CONTENT_TYPE": headers.pop("content-type", ""),
        "CONTENT_LENGTH": headers.pop("content-length", str(length) if length else ""),
    }
    return environ | {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()}
