"""What `serve` is told: each mistake is one line with a code, the cause and the next step."""

import pytest
from click.testing import CliRunner

from mock_server.apps import app_named, with_overrides
from mock_server.command import serve
from mock_server.environment import env_lines, environment
from mock_server.protocol.provider import STRICT
from mock_server.serving import BASIC_APP, PKCE_APP
from mock_server.settings import Settings, SettingsError, check_public_url, from_file, provider_named

FILE = """
[server]
provider = "strict"
host = "127.0.0.1"
port = 0
public_url = "http://localhost:4444"
auto_allow = true

[[apps]]
name = "One"
redirect_uris = ["http://localhost:1/cb", "myapp:///cb"]
scopes = ["offline"]

[[apps]]
name = "Two"
pkce = true
client_id = "two"

[elsewhere]
whatever = 1
"""


def written(tmp_path, text):
    path = tmp_path / "oauthspec.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_a_whole_file(tmp_path):
    settings = from_file(written(tmp_path, FILE))
    assert (settings.provider, settings.port, settings.auto_allow) == (STRICT, 0, True)
    one, two = settings.apps
    assert (one.name, one.redirect_uris[1], one.scopes) == ("One", "myapp:///cb", ("offline",))
    assert (two.client_id, two.is_public, two.client_secret) == ("two", True, None)


def test_an_empty_file_means_the_usual(tmp_path):
    assert from_file(written(tmp_path, "")) == Settings()
    assert Settings().apps == (BASIC_APP, PKCE_APP)


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ("[server", "BAD_SETTINGS", "is not TOML"),
        (b"\xff", "BAD_SETTINGS", "is not TOML"),
        ("server = 1", "BAD_SETTINGS", "server is not a table"),
        ("[server]\nbogus = 1", "BAD_SETTINGS", "no setting 'bogus'. Known: provider, host"),
        ("[server]\nport = '1'", "BAD_SETTINGS", "server.port is '1'. It has to be of type int"),
        ("[server]\nport = true", "BAD_SETTINGS", "server.port is True"),
        ("[server]\nport = 65536", "BAD_PORT", "65536"),
        ("[server]\nport = -1", "BAD_PORT", "-1"),
        ("[server]\nprovider = 'bogus'", "UNKNOWN_PROVIDER", "Known: frameio, strict"),
        ("[server]\npublic_url = 'mock'", "BAD_PUBLIC_URL", "Give scheme and host"),
        ("[server]\npublic_url = 'http://[::1'", "BAD_PUBLIC_URL", "Give scheme and host"),
        ("apps = 1", "BAD_SETTINGS", "apps is not a list"),
        ("apps = [1]", "BAD_SETTINGS", "apps is not a table"),
        ("[[apps]]\nscopes = []", "BAD_SETTINGS", "app 1 has no name"),
        ("[[apps]]\nname = 'a'\nscopes = [1]", "BAD_SETTINGS", "scopes of app 1 holds [1]"),
        ("[[apps]]\nname = 'a'\nscopes = ['a b']", "BAD_SCOPE", "'a b' is not a scope"),
        ("[[apps]]\nname = 'a'\nredirect_uris = ['/cb']", "BAD_REDIRECT_URI", "'/cb' is not an absolute URI"),
        ("[[apps]]\nname = 'a'\nredirect_uris = ['http://[::1/']", "BAD_REDIRECT_URI", "not an absolute URI"),
        ("[[apps]]\nname = 'a'\nredirect_uris = ['http://a/#x']", "BAD_REDIRECT_URI", "without a fragment"),
    ],
)
def test_a_mistake_in_the_file_is_one_line(tmp_path, text, code, words):
    path = written(tmp_path, text)
    with pytest.raises(SettingsError) as caught:
        from_file(path)
    assert caught.value.code == code
    assert words in str(caught.value)
    result = CliRunner().invoke(serve, ["--config", str(path)])
    assert result.exit_code == 2
    assert result.stderr.startswith(f"oauthspec: {code}: ")
    assert result.stderr.count("\n") <= 3  # what is wrong with TOML may be told over lines


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(SettingsError, match=r"NO_SETTINGS_FILE: .* Check the path"):
        from_file(tmp_path / "nothing.toml")


def test_the_same_name_gives_the_same_app():
    assert app_named("My app") == app_named("My app")
    assert app_named("My app").client_secret.startswith("mock-")
    assert len({app_named(name, pkce=pkce).client_id for name in "ab" for pkce in (True, False)}) == 4


def test_overrides():
    (app,) = with_overrides((BASIC_APP,), ("http://x/cb",), ())
    assert (app.redirect_uris, app.scopes) == (("http://x/cb",), BASIC_APP.scopes)
    assert with_overrides((BASIC_APP,), (), ()) == (BASIC_APP,)


@pytest.mark.parametrize("url", ["", "http://localhost:4444", "https://mock.example/base"])
def test_public_url(url):
    assert check_public_url(url) == url


def test_provider_by_name():
    assert provider_named("strict") == STRICT


@pytest.mark.parametrize(
    ("flags", "code"),
    [
        (["--provider", "bogus"], "UNKNOWN_PROVIDER"),
        (["--pkce"], "NO_APP_NAMED"),
        (["--scope", "a b"], "BAD_SCOPE"),
        (["--redirect-uri", "cb"], "BAD_REDIRECT_URI"),
        (["--public-url", "http://[x"], "BAD_PUBLIC_URL"),
        (["--host", "0.0.0.0"], "NOT_LOOPBACK"),
        (["--host", "192.0.2.1", "--i-know-this-is-a-mock", "--port", "0"], "PORT_TAKEN"),
        (["--config", "/nowhere/x.toml"], "NO_SETTINGS_FILE"),
        (["--state", "/nowhere/x.json"], "BAD_STATE_FILE"),
        (["--write-env", "/nowhere/.env"], "BAD_ENV_FILE"),
    ],
)
def test_a_wrong_flag_is_one_line(flags, code):
    result = CliRunner().invoke(serve, flags)
    assert result.exit_code == 2, result.output
    assert result.stderr.startswith(f"oauthspec: {code}: ")
    assert result.stderr.count("\n") == 1


def test_a_busy_port_is_one_line(server):
    result = CliRunner().invoke(serve, ["--port", str(server.port)])
    assert result.exit_code == 2
    assert result.stderr.startswith(f"oauthspec: PORT_TAKEN: 127.0.0.1:{server.port} cannot be listened on: ")


def test_an_env_file_that_is_there_is_kept(tmp_path):
    path = tmp_path / ".env"
    path.write_text("mine")
    result = CliRunner().invoke(serve, ["--port", "0", "--write-env", str(path)])
    assert (result.exit_code, path.read_text()) == (2, "mine")
    assert "ENV_FILE_EXISTS" in result.stderr


def test_env_lines(server):
    lines = environment(server, server.basic_app)
    assert list(lines) == [
        "AUTHORIZE_URL", "TOKEN_URL", "CLIENT_ID", "CLIENT_SECRET", "REDIRECT_URI", "SCOPE", "API_URL",
    ]  # fmt: skip
    assert lines["SCOPE"] == "offline account.read asset.read"
    assert "CLIENT_SECRET" not in environment(server, server.pkce_app)
    assert env_lines({"A": "plain", "B": "two words", "C": 'a"$\\\n'}) == 'A=plain\nB="two words"\nC="a\\"\\$\\\\\\n"\n'
