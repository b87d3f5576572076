"""The client against an authorization server that nobody here wrote: the npm package `oidc-provider`.

It demands PKCE, sends `iss`, spells the type `Bearer`, rotates refresh tokens, and ends the grant when one is used
twice. Its Basic app has a name and a secret full of reserved characters.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import shutil
import signal
import subprocess
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urljoin

import httpx
import pytest

from client_ref.client import async_factory, factory
from client_ref.errors import Refusal
from tests.client_ref.test_client import Blocking

FOLDER = Path(__file__).parents[1] / "foreign" / "oidc-provider"
REDIRECT_URI = "http://127.0.0.1:5050/callback"
SECRET = "a+b%c d:e&f"
APPS = {"basic app": SECRET, "pkce-app": None}

pytestmark = [pytest.mark.requires("node"), pytest.mark.slow]


@contextlib.contextmanager
def group(command: list[str], **settings: str):
    """A process in a group of its own, which is killed whole."""
    process = subprocess.Popen(
        command,
        cwd=FOLDER,
        env={**os.environ, **settings},
        text=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()


@pytest.fixture(scope="module")
def issuer():
    if not (FOLDER / "node_modules").is_dir():
        npm = shutil.which("npm")
        if npm is None:
            pytest.skip("npm is not installed")
        with group([npm, "ci", "--no-audit", "--no-fund"]) as install:
            said = install.communicate()[0]
        assert install.returncode == 0, said
    with group(["node", "server.mjs"], REDIRECT_URI=REDIRECT_URI, CLIENT_SECRET=SECRET) as server:
        address = server.stdout.readline().strip()
        assert address.startswith("http://127.0.0.1:")
        yield address


@pytest.fixture(params=APPS)
def assignment(request, issuer):
    return SimpleNamespace(
        authorization_endpoint=f"{issuer}/auth",
        token_endpoint=f"{issuer}/token",
        revocation_endpoint=f"{issuer}/token/revocation",
        api_url=issuer,
        client_id=request.param,
        client_secret=APPS[request.param],
        redirect_uri=REDIRECT_URI,
        scope="openid account.read",
        issuer=issuer,
    )


@pytest.fixture(params=["sync", "async"])
def client(request, assignment):
    with asyncio.Runner() as runner:
        ours = factory(assignment) if request.param == "sync" else Blocking(async_factory(assignment), runner)
        yield ours
        ours.close()


def landing(url: str, *, allow: bool = True) -> str:
    """A person at a browser, who fills in whatever form comes, until the browser is sent to the client."""
    with httpx.Client() as browser:
        answer = browser.get(url)
        for _ in range(12):
            if answer.is_redirect:
                location = urljoin(str(answer.url), answer.headers["location"])
                if location.startswith(REDIRECT_URI):
                    return location
                answer = browser.get(location)
            elif allow:
                action = re.search(r'action="([^"]+)"', answer.text)[1]
                hidden = dict(re.findall(r'name="(prompt)" value="(\w+)"', answer.text))
                answer = browser.post(
                    urljoin(str(answer.url), action), data={**hidden, "login": "ann", "password": "x"}
                )
            else:
                answer = browser.get(urljoin(str(answer.url), re.search(r'href="([^"]+/abort)"', answer.text)[1]))
    raise AssertionError(f"the browser never came to the client: {answer.status_code} {answer.text[:500]}")


def test_login_api_refresh_denial_and_recovery(client):
    session = {}
    held = client.land(session, landing(client.begin(session)))
    assert (held["scope"], held["token_type"]) == ("openid account.read", "Bearer")
    assert client.call_api(session) == held
    renewed = client.refresh(session)
    assert renewed["refresh_token_fingerprint"] != held["refresh_token_fingerprint"]
    assert client.call_api(session) == renewed
    with pytest.raises(Refusal) as denied:
        client.land(session, landing(client.begin(session), allow=False))
    assert (denied.value.code, denied.value.error) == ("authorization_error", "access_denied")
    client.land(session, landing(client.begin(session)))
    client.log_out(session)
    with pytest.raises(Refusal) as out:
        client.call_api(session)
    assert out.value.code == "not_logged_in"


def test_a_refresh_token_used_twice_ends_the_login(client):
    session = {}
    client.land(session, landing(client.begin(session)))
    stolen = {"oauth.tokens": dict(session["oauth.tokens"])}
    client.refresh(session)
    for each in (stolen, session):
        with pytest.raises(Refusal) as ended:
            client.refresh(each)
        assert ended.value.code == "login_required"


def test_the_issuer_is_compared(client):
    session = {}
    genuine = landing(client.begin(session))
    with pytest.raises(Refusal) as other:
        client.land(session, re.sub(r"iss=[^&]+", "iss=https%3A%2F%2Fevil.example", genuine))
    assert other.value.code == "iss_mismatch"


def test_the_attackers_code_is_refused(client):
    attacker, victim = {}, {}
    stolen = landing(client.begin(attacker))
    own = landing(client.begin(victim))
    code = re.search(r"code=[^&]+", stolen)[0]
    with pytest.raises(Refusal) as refused:
        client.land(victim, re.sub(r"code=[^&]+", code, own))
    assert (refused.value.code, refused.value.error) == ("token_error", "invalid_grant")
