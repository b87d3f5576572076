"""Assignments for applications that no server is needed for, and drivers of the program with the bad habits."""

import sys
from pathlib import Path
from typing import Any

import msgspec

from scenarios.drivers.web_app import WebAppDriver
from scenarios.model.assignment import PLAIN, Assignment

HABITS = Path(__file__).parent / "habits.py"
CLIENT = Path(__file__).parent / "client.py"

_ASSIGNMENT = Assignment(
    app_kind="basic",
    authorization_endpoint="http://127.0.0.1:4444/oauth2/auth",
    token_endpoint="http://127.0.0.1:4444/oauth2/token",
    revocation_endpoint="http://127.0.0.1:4444/oauth2/revoke",
    api_url="http://127.0.0.1:4444/v2",
    client_id="an-app",
    client_secret="a-secret",
    redirect_uri="http://localhost:5050/callback",
    scope="offline account.read",
)


def assigned(**changed: Any) -> Assignment:
    """An assignment of a server that is not there."""
    return msgspec.structs.replace(_ASSIGNMENT, **changed)


def habitual(start: str, **settings: Any) -> WebAppDriver:
    """A driver of the program that starts in this way."""
    # -S -E: without the site packages it starts in half the time.
    command = [sys.executable, "-S", "-E", str(HABITS), start]
    return WebAppDriver(command, **{"login": "/login", "step_timeout": 20.0, **settings})


def of(driver: WebAppDriver) -> Assignment:
    """An assignment for the next application of a driver."""
    return assigned(redirect_uri=driver.redirect_uri(PLAIN))
