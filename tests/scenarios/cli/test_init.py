"""`oauthspec init`: files that are valid, said to be so by the verbs that read them; and never over others'."""

from __future__ import annotations

import re
import sys
import tomllib

import pytest
import yaml
from click.testing import CliRunner

from oauthspec.__main__ import main
from scenarios.cli import init

WORKFLOWS = {"github": ".github/workflows/oauthspec.yml", "gitlab": ".gitlab/oauthspec.yml"}


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def oauthspec(*words, **settings):
    return CliRunner().invoke(main, list(words), prog_name="oauthspec", **settings)


def section(here, name="client"):
    return tomllib.loads((here / "oauthspec.toml").read_text())[name]


WEB = ("--login", "/login", "--signed-in", "GET /me is 200", "--env", 'A="{client_id}"', "--app-kind", "pkce")


@pytest.mark.parametrize(
    ("words", "client"),
    [
        (("--client", "my_module:factory"), {"client": "my_module:factory"}),
        (("--adapter", "--", "node", "my adapter.js"), {"adapter": True, "command": ["node", "my adapter.js"]}),
        (
            (*WEB, "--", "python", 'app "x".py'),
            {
                "command": ["python", 'app "x".py'],
                "login": "/login",
                "signed-in": "GET /me is 200",
                "env": {"A": '"{client_id}"'},
                "app-kind": "pkce",
            },
        ),
        (
            ("--asgi", "my_module:app", "--login", "/in", "--tls"),
            {"asgi": "my_module:app", "login": "/in", "tls": True},
        ),
        ((), {}),
    ],
)
def test_what_is_said_is_filled_in(here, words, client):
    result = oauthspec("init", *words)
    assert result.exit_code == 0, result.stderr
    assert result.stdout == ""
    assert section(here) == client
    assert "Wrote oauthspec.toml.\nWrote .github/workflows/oauthspec.yml.\n" in result.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    "words",
    [
        ("--client", "reference"),
        ("--adapter", "--", sys.executable, "-m", "client_ref.adapter"),
        ("--login", "/login", "--signed-in", "GET /me is 200", "--", sys.executable, "-m", "client_ref"),
    ],
)
def test_a_run_needs_no_further_flag(here, words, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(init.Path(init.__file__).parents[2]))
    assert oauthspec("init", *words).exit_code == 0
    result = oauthspec("run", "--select", "callback/genuine-callback")
    assert result.exit_code == 0, result.stderr
    assert "  settings  oauthspec.toml\n" in result.stderr


@pytest.mark.parametrize("words", [(), ("--client", "reference"), ("--login", "/login", "--", "x")])
def test_every_line_that_is_commented_out_is_one_that_may_stand_there(here, words):
    """What is commented is taken in; only keys that stand there already are left as they are."""
    assert oauthspec("init", *words, "--ci", "none").exit_code == 0
    path = here / "oauthspec.toml"
    taken, seen = [], set()
    for line in path.read_text().splitlines():
        key = re.match(r"(?:# )?([a-z-]+) = ", line)
        if key is None or key[1] not in seen:
            taken.append(line.removeprefix("# ") if key else line)
        seen |= {key[1]} if key else set()
    assert len(seen) >= 6
    path.write_text("\n".join(taken))
    (here / "baseline.toml").write_text("[[expected]]")
    result = oauthspec("run")
    assert "BAD_SETTINGS" not in result.stderr
    assert "BAD_BASELINE" in result.stderr, "it has been read to the end, and the baseline is the first to be looked at"


def test_other_flags_of_a_client_are_written_as_they_were_said():
    assert init._toml(("a", 'b "c"')) == '["a", "b \\"c\\""]'
    assert init._toml(True) == "true"
    assert init._toml(8) == "8"


@pytest.mark.parametrize("ci", WORKFLOWS)
def test_the_workflow_runs_it_and_keeps_the_reports(here, ci):
    assert oauthspec("init", "--ci", ci).exit_code == 0
    text = (here / WORKFLOWS[ci]).read_text()
    document = yaml.safe_load(text)
    job = document["jobs"]["oauthspec"] if ci == "github" else document["oauthspec"]
    steps = [step.get("run", "") for step in job["steps"]] if ci == "github" else job["script"]
    line = next(step for step in steps if step.startswith("oauthspec run"))
    assert "--junit oauthspec.xml" in line
    assert not re.search(r"https?://|index-url|pypi|\.(io|com|org)\b", text), "it names no registry"
    assert {file for file in WORKFLOWS.values() if (here / file).exists()} == {WORKFLOWS[ci]}
    options = oauthspec("run", *line.split()[2:], "--help")
    assert options.exit_code == 0


@pytest.mark.parametrize("there", ["oauthspec.toml", WORKFLOWS["github"]])
def test_nothing_is_written_over_what_is_there(here, there):
    path = here / there
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("mine")
    result = oauthspec("init", "--client", "reference")
    assert result.exit_code == 2
    assert result.stderr == f"oauthspec: FILE_EXISTS: {there} is there already. Add --force to replace it.\n"
    assert [file for file in here.rglob("*") if file.is_file()] == [path]
    assert path.read_text() == "mine"
    assert oauthspec("init", "--client", "reference", "--force").exit_code == 0
    assert path.read_text() != "mine"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--client", "x", "--adapter"), "TWO_SEATS"),
        (("--login", "/login"), "COMMAND_MISSING"),
        (("--", "python", "app.py"), "NO_SEAT"),
        (("--ci", "jenkins"), "BAD_COMMAND_LINE"),
    ],
)
def test_mistakes_write_nothing(here, words, code):
    result = oauthspec("init", *words)
    assert (result.exit_code, result.stderr.split(": ")[1]) == (2, code)
    assert list(here.iterdir()) == []


def test_a_place_that_cannot_be_written_is_named(here):
    (here / ".github").write_text("a file")
    result = oauthspec("init")
    assert result.exit_code == 2
    assert "FILE_NOT_WRITABLE: .github/workflows/oauthspec.yml" in result.stderr


@pytest.mark.parametrize(
    ("answers", "client"),
    [
        ("\npython 'my app.py'\n/in\n", {"command": ["python", "my app.py"], "login": "/in"}),
        ("python\nx:y\n", {"client": "x:y"}),
        ("adapter\nnode a.js\n", {"adapter": True, "command": ["node", "a.js"]}),
    ],
)
def test_a_person_at_a_terminal_is_asked(here, monkeypatch, answers, client):
    monkeypatch.setattr(init, "_at_a_terminal", lambda: True)
    result = oauthspec("init", "--ci", "none", input=answers)
    assert result.exit_code == 0, result.output
    assert section(here) == client


def test_nobody_else_is_asked(here):
    result = oauthspec("init", "--ci", "none", input="python\nx:y\n")
    assert section(here) == {}
    assert "How is" not in result.output
