"""What is measured: how each server is started, and what the load sends to it."""

from __future__ import annotations

import base64
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from benchmarks.load import Order
from mock_server.serving import BASIC_APP, PKCE_APP

_PEER = Path(__file__).parent / "oauth2-mock-server"
_SCOPE = "account.read offline"
_REDIRECT_URI = BASIC_APP.redirect_uris[0]

# RFC 7636 appendix B.
_VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
_CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


@dataclass(frozen=True)
class Subject:
    """A server, and the flow that it is asked for."""

    name: str
    command: Sequence[str | Path]
    authorization_path: str = "/oauth2/auth"
    token_path: str = "/oauth2/token"
    client_id: str = BASIC_APP.client_id
    client_secret: str | None = BASIC_APP.client_secret

    def order(self, port: int, *, flows: int = 0, seconds: float = 0.0) -> Order:
        """The load for this server."""
        asked = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": _REDIRECT_URI,
            "scope": _SCOPE,
        }
        redeemed = {"grant_type": "authorization_code", "redirect_uri": _REDIRECT_URI}
        credentials = ""
        if self.client_secret is None:
            asked |= {"code_challenge": _CHALLENGE, "code_challenge_method": "S256"}
            redeemed |= {"client_id": self.client_id, "code_verifier": _VERIFIER}
        else:
            encoded = base64.b64encode(f"{self.client_id}:{self.client_secret}".encode()).decode()
            credentials = f"Authorization: Basic {encoded}\r\n"
        host = f"Host: 127.0.0.1:{port}\r\n"
        return Order(
            port=port,
            authorize=(
                f"GET {self.authorization_path}?{urlencode(asked)}&state=",
                f" HTTP/1.1\r\n{host}Accept: text/html\r\nUser-Agent: benchmark\r\n\r\n",
            ),
            token_head=f"POST {self.token_path} HTTP/1.1\r\n{host}Accept: application/json\r\nUser-Agent: benchmark\r\n"
            f"{credentials}Content-Type: application/x-www-form-urlencoded\r\nContent-Length: ",
            token_body=(f"{urlencode(redeemed)}&code=", ""),
            flows=flows,
            seconds=seconds,
        )


BARE = Subject("bare ASGI app", [sys.executable, "-m", "benchmarks.bare"])
MOCK = Subject("mock, Basic app", [sys.executable, "-m", "benchmarks.mock"])
MOCK_PKCE = Subject("mock, PKCE app", MOCK.command, client_id=PKCE_APP.client_id, client_secret=None)


def peer() -> Subject | str:
    """The npm package `oauth2-mock-server`, or why it is not here."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return "no node and npm on the path"
    program = _PEER / "node_modules" / "oauth2-mock-server" / "dist" / "oauth2-mock-server.mjs"
    if not program.exists():
        done = subprocess.run([npm, "ci"], cwd=_PEER, capture_output=True, text=True, check=False)
        if done.returncode:
            return f"`npm ci` failed: {done.stderr.strip().splitlines()[-1:]}"
    command: list[str | Path] = [node, program, "-a", "127.0.0.1", "-p", "0"]
    return Subject("npm oauth2-mock-server", command, authorization_path="/authorize", token_path="/token")
