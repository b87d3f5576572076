"""An application that runs already, and applications that are called by another name."""

import subprocess
import sys

import pytest
from click.testing import CliRunner

from mock_server.apps import BASIC_APP, PKCE_APP
from oauthspec.__main__ import main
from scenarios.collection import collect, performances
from scenarios.drivers.environment import FIELDS, fields
from scenarios.drivers.environment import assigned as variables
from scenarios.drivers.process import free_port
from scenarios.drivers.web_app import WebAppDriver
from scenarios.examining import examine
from scenarios.model.assignment import PLAIN, AssignmentKind
from scenarios.running import Plan, run
from tests.processes import environment
from tests.scenarios.drivers.apps.assigned import CLIENT, assigned

pytestmark = pytest.mark.slow

COMMAND = [sys.executable, "-S", "-E", str(CLIENT)]


class Started:
    """What a person does who reads the settings: starts the application with them, once."""

    def __init__(self, port, tmp_path):
        self.said, self.process = [], None
        self._port, self._home = port, tmp_path

    def __call__(self, text):
        self.said.append(text)
        lines = [line.partition("=")[::2] for line in text.splitlines() if line.partition("=")[0].isupper()]
        told = {name: value.strip('"') for name, value in lines} | {"PORT": str(self._port)}
        if self.process is None:
            self.process = subprocess.Popen(
                COMMAND, env=environment(self._home) | told, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL
            )


@pytest.fixture
def started(tmp_path):
    person = Started(free_port(), tmp_path)
    yield person
    if person.process is not None:
        person.process.kill()
        person.process.wait()


@pytest.mark.parametrize("app", [BASIC_APP, PKCE_APP], ids=lambda app: app.name)
async def test_it_is_told_what_to_set_and_waited_for(started, app):
    uri = f"http://localhost:{started._port}/callback"
    driver = WebAppDriver(
        None, login="/login", signed_in="GET /me is 200", pkce=app.is_public, fixed_redirect_uri=uri,
        env={"OAUTH_ID": "{client_id}"}, announce=started,
    )  # fmt: skip
    port = free_port()
    reserved = () if app.is_public else ("token-request/basic-with-reserved-characters",)
    selectors = ("callback/genuine-callback", *reserved)
    selected = performances(collect(), driver.app_kinds, selectors)
    summary = await run(Plan(driver, selected, port=port), [])
    again = await run(Plan(driver, selected, port=port), [])
    assert len(started.said) == 1, "the settings are the same each time, so that they are set once"
    assert f"CLIENT_ID={app.client_id}\n" in started.said[0]
    assert f"OAUTH_ID={app.client_id}\n" in started.said[0]
    assert ("CLIENT_SECRET=mock-secret-of-the-basic-app" in started.said[0]) is not app.is_public
    assert f"TOKEN_URL=http://127.0.0.1:{port}/oauth2/token\n" in started.said[0]
    for each in (summary, again):
        told = {selected.scenario.assignment == PLAIN: verdict for selected, verdict in each.verdicts}
        assert told[True].status == "passed"
        if not app.is_public:
            assert (told[False].status, told[False].code) == ("not_applicable", "ATTACHED")
    assert started.process.poll() is None, "it is not ours to stop"


@pytest.mark.parametrize(("host", "mock"), [("127.0.0.1", "localhost"), ("app.localhost", "127.0.0.1")])
async def test_app_and_mock_have_two_names(host, mock):
    driver = WebAppDriver(COMMAND, login="/login", signed_in="GET /me is 200", host=host)
    assert driver.mock_host == mock
    (examination,) = [each async for each in examine(driver, driver.app_kinds, host=driver.mock_host)]
    assert examination.wrong == ()
    strict = WebAppDriver([*COMMAND, "strict-cookie"], login="/login", signed_in="GET /me is 200", host=host)
    (examination,) = [each async for each in examine(strict, strict.app_kinds, host=strict.mock_host)]
    assert examination.mistake.code == "SESSION_COOKIE_WITHHELD"


def said(*words):
    result = CliRunner().invoke(main, ["doctor", "--login", "/login", *words], prog_name="oauthspec")
    assert result.stdout == ""
    return result.exit_code, result.stderr


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--attach", "localhost:5050"), "BAD_ATTACH"),
        (("--attach", "http://app.example/callback"), "BAD_ATTACH"),
        (("--attach", "http://localhost:5050/callback", "--", "python"), "ATTACH_AND_COMMAND"),
        (("--attach", "http://localhost:5050/callback", "--app-kind", "both"), "ATTACH_ONE_KIND"),
        (("--host", "app.example", "--", "python"), "BAD_HOST"),
        (("--mock-port", "many", "--", "python"), "BAD_PORT"),
        (("--env", "ID={clientid}", "--", "python"), "BAD_ENVIRONMENT"),
    ],
)
def test_mistakes_on_the_command_line(words, code):
    exit_code, stderr = said(*words)
    assert (exit_code, stderr.startswith(f"oauthspec: {code}: "), stderr.count("\n")) == (2, True, 1), stderr


def test_a_bad_template_is_named_and_so_is_what_it_may_be():
    _, stderr = said("--env", "ID={clientid}", "--", "python")
    assert "ID={clientid} names {clientid}, which is nothing" in stderr
    assert "Is {client_id} meant?" in stderr
    assert "{token_url}, {client_id}, {client_secret}" in stderr


def test_a_port_that_somebody_has_is_told_in_a_line():
    from mock_server.serving import serve

    with serve() as other:
        words = ("--attach", "http://localhost:1/callback", "--mock-port", str(other.port))
        exit_code, stderr = said(*words)
    assert exit_code == 3
    assert "MOCK_PORT_TAKEN" in stderr
    assert "Traceback" not in stderr


def test_the_fields_of_templates_are_all_there():
    known = fields(assigned(issuer="http://127.0.0.1:1", kind=AssignmentKind(issuer=True)))
    assert set(FIELDS) <= known.keys()
    assert {name.lower() for name in variables(assigned())} <= set(FIELDS)
