"""A server whose pages nobody opens has not loaded them, and its hot path knows nothing of them."""

from __future__ import annotations

import sys

import httpx
import pytest

from tests.architecture.test_startup import loaded
from tests.processes import environment, served

PAGES = {"jinja2", "markupsafe"}


def run(tmp_path, *paths: str) -> set[str]:
    command = [sys.executable, "-X", "importtime", "-m", "mock_server", "--port", "0", "--auto-allow"]
    with served(command, cwd=tmp_path, env=environment(tmp_path), until="Ctrl-C") as server:
        for path in paths:
            httpx.get(server.url + path)
        assert server.interrupt() in {0, 130}
    return loaded("\n".join(server.lines))


@pytest.mark.slow
def test_templates_are_loaded_with_the_first_page_alone(tmp_path):
    before = run(tmp_path, "/oauth2/auth?client_id=x", "/v2/me", "/nothing")
    assert "uvicorn" in before
    assert not before & {*PAGES, "starlette"}
    assert run(tmp_path, "/apps") >= PAGES
