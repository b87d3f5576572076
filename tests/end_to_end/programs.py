"""Clients in other languages, built where that is missing and run with a time limit, whole process groups at a time."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from mock_server.environment import trusting
from mock_server.protocol.records import App
from mock_server.serving import RunningServer

FOREIGN = Path(__file__).parents[1] / "foreign"

_PATIENCE = 60.0
"""Seconds that a client has for a login, a refresh and an API call."""

_PATIENCE_OF_BUILDS = 240.0

SCOPE = "account.read offline"


def run(command: Sequence[str | Path], *, env: Mapping[str, str], cwd: Path, patience: float) -> tuple[int, str, str]:
    """Run a command to its end; returns exit code, output and errors. Whatever it started is dead afterwards."""
    process = subprocess.Popen(
        command,
        cwd=cwd,
        env=env,
        text=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        output, errors = process.communicate(timeout=patience)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    return process.returncode, output, errors


def built(command: Sequence[str | Path], *, cwd: Path, env: Mapping[str, str] | None = None) -> None:
    """Build a client, or skip with the reason: a machine may lack a library, or the way to a registry."""
    code, output, errors = run(command, env=env or os.environ, cwd=cwd, patience=_PATIENCE_OF_BUILDS)
    if code:
        pytest.skip(f"`{' '.join(map(str, command))}` failed: {(errors or output).strip()[-500:]}")


def logged_in(command: Sequence[str | Path], server: RunningServer, app: App) -> dict[str, Any]:
    """Let a client log in, refresh and call the API; returns what it says that it was given."""
    assignment = {
        "AUTHORIZE_URL": server.authorization_endpoint,
        "TOKEN_URL": server.token_endpoint,
        "API_URL": server.api_url,
        "CLIENT_ID": app.client_id,
        "CLIENT_SECRET": app.client_secret or "",
        "REDIRECT_URI": app.redirect_uris[0],
        "SCOPE": SCOPE,
        **trusting(str(server.authority.ca_file) if server.authority else None),
    }
    code, output, errors = run(command, env=os.environ | assignment, cwd=FOREIGN, patience=_PATIENCE)
    assert code == 0, f"it said {output!r} and ended with {code}:\n{errors}"
    said = json.loads(output)
    assert isinstance(said, dict)
    return said
