"""A server for each test, and the clients in other languages, built once."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from mock_server.protocol.records import App
from mock_server.serving import RunningServer, serve
from tests.end_to_end.programs import FOREIGN, built

# Where Debian's packages put the source of Go libraries.
_DEBIAN_GO = "/usr/share/gocode"


@pytest.fixture
def server() -> Iterator[RunningServer]:
    """Whoever asks is let in."""
    with serve(auto_allow=True) as running:
        yield running


@pytest.fixture(params=["basic", "pkce"])
def app(request: pytest.FixtureRequest, server: RunningServer) -> App:
    """Either kind of app."""
    return server.basic_app if request.param == "basic" else server.pkce_app


@pytest.fixture(scope="session")
def node_client() -> list[str | Path]:
    """`openid-client`, installed as its lock file says."""
    home = FOREIGN / "node"
    if not (home / "node_modules" / ".package-lock.json").exists():
        built(["npm", "ci"], cwd=home)
    return ["node", home / "login.mjs"]


@pytest.fixture(scope="session")
def go_client(tmp_path_factory: pytest.TempPathFactory) -> list[str | Path]:
    """`golang.org/x/oauth2` from Debian's package, or from wherever else this machine's GOPATH has it."""
    program = tmp_path_factory.mktemp("go") / "login"
    asked = subprocess.run(["go", "env", "GOPATH"], capture_output=True, text=True, check=True)
    env = os.environ | {"GO111MODULE": "off", "GOPATH": f"{_DEBIAN_GO}:{asked.stdout.strip()}", "GOFLAGS": ""}
    built(["go", "build", "-o", program, "login.go"], cwd=FOREIGN / "go", env=env)
    return [program]
