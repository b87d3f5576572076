"""The client against the mock server, over HTTP: in this process, and as the application in one of its own."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from types import SimpleNamespace

import httpx
import pytest

from client_ref.__main__ import main, read_dotenv
from client_ref.client import async_factory, factory
from client_ref.errors import Refusal
from mock_server.protocol.resource_owner import Allow, Deny
from mock_server.serving import serve
from tests.client_ref.test_client import Blocking

SCOPE = "account.read offline"
OURS = (
    "AUTHORIZE_URL",
    "TOKEN_URL",
    "CLIENT_ID",
    "CLIENT_SECRET",
    "REDIRECT_URI",
    "SCOPE",
    "PORT",
    "API_URL",
    "ISSUER",
)


@pytest.fixture(scope="module")
def server():
    with serve(auto_allow=True) as running:
        yield running


@pytest.fixture(params=["basic_app", "pkce_app"])
def app(request, server):
    return getattr(server, request.param)


@pytest.fixture
def assignment(server, app):
    return SimpleNamespace(
        authorization_endpoint=server.authorization_endpoint,
        token_endpoint=server.token_endpoint,
        revocation_endpoint=server.revocation_endpoint,
        api_url=server.api_url,
        client_id=app.client_id,
        client_secret=app.client_secret,
        redirect_uri=app.redirect_uris[0],
        scope=SCOPE,
        issuer=None,
    )


@pytest.fixture(params=["sync", "async"])
def client(request, assignment):
    with asyncio.Runner() as runner:
        ours = factory(assignment) if request.param == "sync" else Blocking(async_factory(assignment), runner)
        yield ours
        ours.close()


def landing(url: str) -> str:
    """What a browser would be sent to."""
    return httpx.get(url, follow_redirects=False).headers["location"]


def test_login_refresh_denial_and_recovery(server, client):
    session = {}
    held = client.land(session, landing(client.begin(session)))
    assert (held["scope"], held["token_type"]) == (SCOPE, "bearer")
    assert client.call_api(session) == held
    renewed = client.refresh(session)
    assert renewed["refresh_token_fingerprint"] != held["refresh_token_fingerprint"]
    assert client.call_api(session) == renewed
    server.resource_owner = Deny()
    with pytest.raises(Refusal) as denied:
        client.land(session, landing(client.begin(session)))
    server.resource_owner = Allow()
    assert (denied.value.code, denied.value.error) == ("authorization_error", "access_denied")
    client.land(session, landing(client.begin(session)))
    client.log_out(session)
    with pytest.raises(Refusal, match="holds no tokens"):
        client.call_api(session)


def test_a_revoked_login_is_over(server, client):
    session = {}
    client.land(session, landing(client.begin(session)))
    copy = {"oauth.tokens": dict(session["oauth.tokens"])}
    client.log_out(session)
    with pytest.raises(Refusal):
        client.call_api(copy)
    with pytest.raises(Refusal) as over:
        client.refresh(copy)
    assert over.value.code in {"login_required", "not_logged_in"}


@contextlib.contextmanager
def running(tmp_path, settings, dotenv=""):
    """`python -m client_ref` in a process group of its own; the group is killed whole."""
    (tmp_path / ".env").write_text(dotenv)
    environment = {name: value for name, value in os.environ.items() if name not in OURS} | settings
    process = subprocess.Popen(
        [sys.executable, "-m", "client_ref"],
        cwd=tmp_path,
        env=environment,
        text=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        said = process.stderr.readline()
        yield process, said
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        process.stderr.close()


def free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def settings(server):
    """The settings of an application whose redirect URI is registered anew, for its own port."""
    from dataclasses import replace

    def of(app):
        port = free_port()
        redirect_uri = f"http://127.0.0.1:{port}/callback"
        server.register(replace(app, redirect_uris=(*app.redirect_uris, redirect_uri)))
        secret = {"CLIENT_SECRET": app.client_secret} if app.client_secret else {}
        return {
            "AUTHORIZE_URL": server.authorization_endpoint,
            "TOKEN_URL": server.token_endpoint,
            "API_URL": server.api_url,
            "CLIENT_ID": app.client_id,
            "REDIRECT_URI": redirect_uri,
            "SCOPE": SCOPE,
            "PORT": str(port),
            **secret,
        }

    return of


@pytest.mark.slow
def test_two_browsers_at_the_application_in_its_own_process(tmp_path, app, settings):
    ours = settings(app)
    dotenv = "".join(f"{name}='{value}'\n" for name, value in ours.items() if name != "PORT")
    with running(tmp_path, {"PORT": ours["PORT"]}, dotenv) as (process, said):
        address = f"http://127.0.0.1:{ours['PORT']}"
        assert said == f"client_ref: {address}/\n"
        with httpx.Client(base_url=address) as ann, httpx.Client(base_url=address) as bob:
            assert [jar.get("/me").status_code for jar in (ann, bob)] == [401, 401]
            assert "Logged in" in ann.get("/login", follow_redirects=True).text
            assert [jar.get("/me").status_code for jar in (ann, bob)] == [200, 401]
            assert bob.get(landing(ann.get("/login").headers["location"])).status_code == 400
            assert "Logged in" in ann.get("/refresh", follow_redirects=True).text
            assert "Logged in" in bob.get("/login", follow_redirects=True).text
            assert [jar.get("/me").status_code for jar in (ann, bob)] == [200, 200]
        process.send_signal(signal.SIGTERM)
        rest = process.stderr.read()
        assert process.wait() in {0, -signal.SIGTERM}
    assert "state_mismatch" in rest or "No login that this browser began" in rest
    assert "code=" not in rest
    assert "state=" not in rest


@pytest.mark.slow
def test_the_application_can_be_flawed(tmp_path, server, settings):
    ours = {**settings(server.basic_app), "CLIENT_REF_FLAW": "state-ignored"}
    with running(tmp_path, ours) as (_, said):
        address = said.removeprefix("client_ref: ").strip()
        with httpx.Client(base_url=address) as ann, httpx.Client(base_url=address) as bob:
            bob.get("/login")
            bob.get(landing(ann.get("/login").headers["location"]))
    assert b"grant_type=authorization_code" in server.transcript.exchanges[-1].request.body


@pytest.fixture
def run_main(tmp_path, monkeypatch, capsys):
    """Call `main` with these settings only; its exit code and what it says."""

    def run(settings):
        monkeypatch.chdir(tmp_path)
        for name in OURS:
            monkeypatch.delenv(name, raising=False)
        for name, value in settings.items():
            monkeypatch.setenv(name, value)
        return main(), capsys.readouterr().err

    return run


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"TOKEN_URL": None}, "TOKEN_URL not set"),
        ({"TOKEN_URL": None, "SCOPE": None}, "TOKEN_URL, SCOPE not set"),
        ({"TOKEN_URL": "http://server.example/token"}, "http on a host that is not this machine"),
        ({"AUTHORIZE_URL": "nonsense"}, "not an absolute http(s) URL"),
        ({"PORT": "nonsense"}, "PORT is no port"),
        ({"PORT": "65536"}, "PORT is no port"),
        ({"CLIENT_REF_FLAW": "nonsense"}, "no flawed client nonsense"),
        ({"PORT": "taken"}, "address already in use"),
        ({"PORT": None, "REDIRECT_URI": "taken"}, "address already in use"),
    ],
)
def test_a_configuration_that_cannot_be_used_is_one_line_and_exit_2(run_main, server, settings, changed, said):
    taken = {"PORT": str(server.port), "REDIRECT_URI": f"{server.url}/callback"}
    changed = {name: taken[name] if value == "taken" else value for name, value in changed.items()}
    ours = {name: value for name, value in {**settings(server.basic_app), **changed}.items() if value is not None}
    code, line = run_main(ours)
    assert code == 2
    assert line.startswith("client_ref: ")
    assert said in line
    assert line.count(". ") >= 1, "a cause and a next step"
    assert line.count("\n") == 1


def test_exit_2_is_that_of_the_process(tmp_path):
    with running(tmp_path, {}) as (process, line):
        assert process.wait() == 2
    assert line.startswith("client_ref: AUTHORIZE_URL, TOKEN_URL")


def test_what_a_dotenv_may_hold():
    text = "# a comment\nexport A=1\n B = 'two words' \nC=\"a=b\"\n\nnonsense\nD=\n"
    assert read_dotenv(text) == {"A": "1", "B": "two words", "C": "a=b", "D": ""}
