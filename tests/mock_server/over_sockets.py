"""A client on real sockets: plain requests by http.client, and raw bytes where a request is not to be polite."""

import http.client
import json
import socket
import struct
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

from mock_server.changes import NONE, Changes
from mock_server.protocol import form
from mock_server.protocol.records import App
from mock_server.serving import RunningServer
from tests.mock_server.in_memory import FORM, authorization_parameters, basic, code_form

PATIENCE = 10.0


@dataclass(frozen=True)
class Received:
    """An answer as it came: header names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, str]:
        decoded: dict[str, str] = json.loads(self.body)
        return decoded


def request(
    port: int, method: str, target: str, body: bytes = b"", headers: tuple[tuple[str, str], ...] = ()
) -> Received:
    """One request on a connection of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        connection.request(method, target, body or None, dict(headers))
        answer = connection.getresponse()
        return Received(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
    finally:
        connection.close()


def raw(port: int, sent: bytes) -> bytes:
    """Send bytes and read until the server closes."""
    with connected(port) as connection:
        connection.sendall(sent)
        return read_all(connection)


def connected(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)


def read_all(connection: socket.socket) -> bytes:
    parts = []
    while part := connection.recv(65536):
        parts.append(part)
    return b"".join(parts)


def cut(connection: socket.socket) -> None:
    """Close with a reset."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


class Client:
    """A well-behaved client of a running server."""

    def __init__(self, server: RunningServer, app: App | None = None) -> None:
        self.server = server
        self.app = app or server.basic_app

    def flow(self, changes: Changes = NONE) -> str:
        return self.server.core.open_flow(changes).identifier

    def code(self, flow: str = "") -> str:
        query = form.serialize(authorization_parameters(self.app))
        headers = (("oauthspec-flow", flow),) if flow else ()
        answer = request(self.server.port, "GET", f"/oauth2/auth?{query}", headers=headers)
        return dict(parse_qsl(urlsplit(answer.headers["location"]).query))["code"]

    def redeem(self, code: str) -> Received:
        return self.post("/oauth2/token", code_form(code, self.app))

    def refresh(self, token: str) -> Received:
        return self.post("/oauth2/token", {"grant_type": "refresh_token", "refresh_token": token})

    def post(self, target: str, sent: dict[str, str]) -> Received:
        body = form.serialize(sent.items()).encode()
        return request(self.server.port, "POST", target, body, (FORM, basic(self.app)))

    def raw_token_request(self, code: str) -> bytes:
        body = form.serialize(code_form(code, self.app).items()).encode()
        headers = "".join(f"{name}: {value}\r\n" for name, value in (FORM, basic(self.app)))
        return f"POST /oauth2/token HTTP/1.1\r\nhost: x\r\n{headers}content-length: {len(body)}\r\n\r\n".encode() + body

    def me(self, token: str) -> int:
        return request(self.server.port, "GET", "/v2/me", headers=(("authorization", f"Bearer {token}"),)).status

    def login(self) -> dict[str, str]:
        return self.redeem(self.code()).json
