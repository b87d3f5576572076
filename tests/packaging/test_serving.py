"""The server of the installed wheel, as its user meets it: it says where it is, answers, and stops at Ctrl-C."""

from __future__ import annotations

import httpx
import pytest

from tests.processes import served

pytestmark = pytest.mark.slow

COMMANDS = [["oauthspec", "serve"], ["python", "-m", "oauthspec", "serve"], ["python", "-m", "mock_server"]]


@pytest.fixture(params=COMMANDS, ids=" ".join)
def server(request, installation, tmp_path):
    program, *rest = request.param
    command = [installation.bin / program, *rest, "--port", "0", "--auto-allow"]
    home = {"HOME": str(tmp_path)}
    with served(command, cwd=tmp_path, env=installation.environment | home, until="Ctrl-C") as server:
        yield server


def test_it_prints_where_it_is_answers_and_stops_at_ctrl_c(server):
    refused = httpx.get(f"{server.url}/oauth2/auth")
    assert refused.status_code == 302  # no app is named, so to our own error page
    page = httpx.get(httpx.URL(server.url).join(refused.headers["location"]))
    assert (page.status_code, "mock" in page.text) == (400, True)
    assert server.interrupt() == 0
    printed = "\n".join(server.lines)
    assert f"{server.url}/oauth2/token" in printed
    assert "Traceback" not in printed


def apps_printed(lines: list[str]) -> list[dict[str, str]]:
    """Return the `.env` lines of each app; a line with `#` begins the next."""
    apps: list[dict[str, str]] = []
    for line in lines:
        name, is_setting, value = line.partition("=")
        if line.startswith("#"):
            apps.append({})
        elif apps and is_setting:
            apps[-1][name] = value.strip('"')
    return apps


def log_in(app: dict[str, str]) -> httpx.Response:
    """Log in as an app that knows its `.env` lines and nothing else; return the token answer."""
    asked = {"response_type": "code", "state": "of-this-session", "redirect_uri": app["REDIRECT_URI"]}
    redirect = httpx.get(app["AUTHORIZE_URL"], params=asked | {"client_id": app["CLIENT_ID"], "scope": app["SCOPE"]})
    code = httpx.URL(redirect.headers["location"]).params["code"]
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": app["REDIRECT_URI"]}
    if "CLIENT_SECRET" in app:
        return httpx.post(app["TOKEN_URL"], data=form, auth=(app["CLIENT_ID"], app["CLIENT_SECRET"]))
    return httpx.post(app["TOKEN_URL"], data=form | {"client_id": app["CLIENT_ID"]})


def test_what_it_prints_is_enough_for_each_kind_of_app_to_log_in(server):
    basic, pkce = apps_printed(server.lines)
    assert ("CLIENT_SECRET" in basic, "CLIENT_SECRET" in pkce) == (True, False)
    assert [log_in(app).status_code for app in (basic, pkce)] == [200, 200]
