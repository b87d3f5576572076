"""`oauthspec.toml` holds what the flags hold: a flag wins, and a mistake in it is one line."""

from __future__ import annotations

import re
import shlex

import click
import pytest
from click.testing import CliRunner

from oauthspec.__main__ import main
from scenarios.cli.client_flags import client_flags, wanted
from scenarios.cli.verb import Verb

ONE = "callback/state-changed[missing]"


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def oauthspec(*words):
    return CliRunner().invoke(main, list(words), prog_name="oauthspec")


def asked(*words):
    """What a verb would take for the client."""
    found = []

    @click.command("run", cls=Verb, takes_client=True)
    @client_flags
    @click.option("--select", "selectors", multiple=True)
    @click.pass_obj
    def verb(client_command, /, selectors, **flags):
        found.append((wanted(client_command, flags), selectors))

    result = CliRunner().invoke(verb, list(words))
    assert result.exit_code == 0, result.output
    return found[0]


WEB = """
[client]
command = ["python", "my app.py"]
login = "/login"
signed-in = "GET /me is 200"
api_call = "/api"
env = { OAUTH_ID = "{client_id}", DB_PASSWORD = "hunter2" }

[run]
select = ["callback/*"]
"""


def test_what_is_stored_is_what_flags_would_say(here):
    (here / "oauthspec.toml").write_text(WEB)
    client, selectors = asked()
    assert client.command == ("python", "my app.py")
    assert (client.login, client.app_kind, client.client, client.adapter) == ("/login", None, None, False)
    assert client.web["--signed-in"] == "GET /me is 200"
    assert client.web["--api-call"] == "/api", "an underscore is a dash"
    assert client.env == ("OAUTH_ID={client_id}", "DB_PASSWORD=hunter2")
    assert selectors == ("callback/*",)


def test_a_flag_wins(here):
    (here / "oauthspec.toml").write_text(WEB)
    client, selectors = asked("--login", "/other", "--env", "OAUTH_ID=x", "--select", "a", "--", "ruby", "app.rb")
    assert (client.login, client.command, selectors) == ("/other", ("ruby", "app.rb"), ("a",))
    assert client.web["--signed-in"] == "GET /me is 200"
    assert client.env == ("OAUTH_ID=x", "DB_PASSWORD=hunter2")
    assert client.stored_env == {"DB_PASSWORD"}


@pytest.mark.parametrize("words", [("--client", "reference"), ("--adapter", "--", "node", "adapter.js")])
def test_another_kind_of_client_on_the_command_line_has_nothing_of_the_stored_one(here, words):
    (here / "oauthspec.toml").write_text(WEB)
    client, selectors = asked(*words)
    assert client.login is None
    assert client.web["--signed-in"] is None
    assert client.env == ()
    assert client.command == (("node", "adapter.js") if "--" in words else None)
    assert selectors == ("callback/*",), "that is the verb's own"


def test_an_application_object_keeps_its_login_and_yields_to_a_command(here):
    (here / "oauthspec.toml").write_text('[client]\nasgi = "my_module:app"\nlogin = "/login"\n')
    client, _ = asked("--login", "/other")
    assert (client.asgi, client.login) == ("my_module:app", "/other")
    client, _ = asked("--login", "/login", "--", "python", "app.py")
    assert (client.asgi, client.login, client.command) == (None, "/login", ("python", "app.py"))
    (here / "oauthspec.toml").write_text(WEB)
    client, _ = asked("--asgi", "my_module:app", "--login", "/login")
    assert (client.asgi, client.command, client.env) == ("my_module:app", None, ())


def test_without_a_file_nothing_is_stored(here):
    client, selectors = asked("--client", "reference")
    assert (client.client, client.command, selectors) == ("reference", None, ())


def test_a_file_that_is_named_replaces_that_of_the_folder(here):
    (here / "oauthspec.toml").write_text(WEB)
    (here / "other.toml").write_text('[client]\nclient = "reference"\n')
    client, selectors = asked("--config", "other.toml")
    assert (client.client, client.login, selectors) == ("reference", None, ())


def test_another_verb_has_the_client_too(here):
    (here / "oauthspec.toml").write_text('[client]\nclient = "flawed:not-there"\n')
    for words in (["run"], ["fuzz"], ["replay", "x"]):
        assert "UNKNOWN_FLAW" in oauthspec(*words).stderr


@pytest.mark.slow
def test_a_run_is_repeated_by_the_line_that_it_prints(here):
    text = f'[client]\nclient = "flawed:state-ignored"\napp-kind = "basic"\n[run]\ntimeout = 19\nselect = ["{ONE}"]\n'
    (here / "mine.toml").write_text(text)
    result = oauthspec("run", "--config", "mine.toml")
    assert result.exit_code == 1, result.stderr
    line = next(line for line in result.stderr.splitlines() if line.startswith("  again"))
    words = shlex.split(line)[1:]
    assert words[1:] == shlex.split(
        f"run --select '{ONE}' --app-kind basic --config mine.toml --timeout 19 --client flawed:state-ignored"
    )
    assert oauthspec(*words[1:]).exit_code == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[clientt]", r"no section \[clientt\]\. Did you mean \[client\]\?"),
        ("zzz = 1", r"no section \[zzz\]\. Known: client, run"),
        ("client = 1", r"client is not a table"),
        ("[client]\nlogn = '/x'", r"\[client\] has no key 'logn'\. Did you mean 'login'\?"),
        ("[client]\nlogin = 1", r"\[client\] login is 1\. It has to be a string"),
        ("[client]\nadapter = 'yes'", r"\[client\] adapter is 'yes'\. It has to be true or false"),
        ("[client]\nenv = ['A=1']", r"\[client\] env is .* a table of strings"),
        ("[client]\nenv = { A = 1 }", r"\[client\] env is .* a table of strings"),
        ("[client]\napp-kind = 'x'", r"\[client\] app-kind: 'x' is not one of"),
        ("[client]\ncommand = 'python app.py'", r"Write each word by itself"),
        ("[client]\ncommand = []", r"\[client\] command is \[\]\. It has to be a list of strings"),
        ("[client]\nconfig = 'x'", r"\[client\] has no key 'config'"),
        ("[run]\nlanes = '1'", r"\[run\] lanes is '1'\. It has to be a whole number"),
        ("[run]\nlanes = true", r"\[run\] lanes is True"),
        ("[run]\nlanes = 99", r"\[run\] lanes: 99 is not in the range"),
        ("[run]\ntimeout = '1'", r"\[run\] timeout is '1'\. It has to be a number"),
        ("[run]\nselect = 'x'", r"\[run\] select is 'x'\. It has to be a list of strings"),
        ("[run]\nlogin = '/x'", r"\[run\] has no key 'login'"),
        ("[run", r"is not TOML"),
        ("x = '\udcff'", r"is not TOML"),
    ],
)
def test_a_mistake_is_one_line_with_code_file_and_key(here, text, said):
    (here / "oauthspec.toml").write_text(text, errors="surrogateescape")
    result = oauthspec("run")
    assert result.exit_code == 2
    assert re.fullmatch(r"oauthspec: BAD_SETTINGS: oauthspec\.toml[: ].+[.?!`\]]\n", result.stderr), result.stderr
    assert re.search(said, result.stderr), result.stderr


def test_a_file_that_is_not_there_is_named(here):
    result = oauthspec("run", "--config", "nowhere.toml")
    assert result.exit_code == 2
    assert result.stderr.startswith("oauthspec: NO_SETTINGS_FILE: nowhere.toml cannot be read")


def test_what_the_server_reads_is_left_to_it(here):
    (here / "oauthspec.toml").write_text('[server]\nport = 1\n[[apps]]\nname = "x"\n')
    assert "NO_CLIENT" in oauthspec("run").stderr


def test_help_needs_no_whole_file(here):
    (here / "oauthspec.toml").write_text("[run")
    assert oauthspec("run", "--help").exit_code == 0
