"""Metadata: who is blamed for what they do with them, and who is not asked because they read none."""

from types import SimpleNamespace

import msgspec
import pytest

from client_ref import flawed
from client_ref.client import Client, factory
from client_ref.errors import Refusal
from scenarios.drivers.json_lines import JsonLinesDriver
from scenarios.drivers.web_app import WebAppDriver
from scenarios.judging import judge
from scenarios.reports.record_lines import CaseLine, case_line, case_of
from tests.scenarios.test_running import driver, performed, statuses

CONTROL, ANOTHER = "metadata/login-by-metadata", "metadata/issuer-of-another"
METHODS = ("metadata/method-s256", "metadata/challenge-of-a-pkce-app")


def untold(assignment):
    """The same, without a word of metadata."""
    known = {name: getattr(assignment, name) for name in assignment.__struct_fields__}
    return SimpleNamespace(**{**known, "issuer": None, "metadata_url": None})


def eager(assignment):
    """It reads them before it is ready, as `await discover(issuer)` at the top of a module does."""
    client = factory(assignment)
    client._known()
    return client


def demanding(assignment):
    """It logs nobody in at a server that does not promise S256, as clients of the MCP have to."""
    client = factory(assignment)
    begin = client.begin

    def only_with_s256(session):
        url = begin(session)
        methods = client._known().code_challenge_methods
        if methods is not None and "S256" not in methods:
            raise PermissionError("this server does not promise S256")
        return url

    client.begin = only_with_s256
    return client


def falling_back(assignment):
    """Where metadata cannot be used it goes by the endpoints that it was told."""
    client = factory(assignment)
    try:
        client._known()
    except Refusal:
        return factory(untold(assignment))
    return client


@pytest.mark.parametrize("client", [factory, eager, demanding, falling_back], ids=lambda client: client.__name__)
def test_right_clients_pass_everything(client):
    summary, _ = performed(driver(client), CONTROL, ANOTHER, *METHODS, kinds=("pkce",))
    assert set(statuses(summary)) == {"passed"}


def unread(assignment):
    return factory(untold(assignment))


def test_who_reads_none_and_says_so_has_refused_nothing():
    summary, _ = performed(driver(unread), CONTROL, ANOTHER, *METHODS, kinds=("pkce",))
    assert {verdict.code for _, verdict in summary.verdicts} == {"METADATA_NEVER_READ"}


def never_with_an_issuer(assignment):
    """It refuses the settings, and not what the metadata say."""
    if assignment.issuer:
        raise ValueError("no issuer is known here")
    return factory(assignment)


def begins_nothing_with_an_issuer(assignment):
    client = unread(assignment)
    begin = client.begin
    client.begin = lambda session: 1 / 0 if assignment.issuer else begin(session)
    return client


@pytest.mark.parametrize("client", [never_with_an_issuer, begins_nothing_with_an_issuer])
def test_a_refusal_before_anything_was_read_is_none(client):
    summary, _ = performed(driver(client), ANOTHER)
    assert {verdict.code for _, verdict in summary.verdicts} == {"METADATA_NEVER_READ"}


def dead(assignment):
    """It refuses such metadata, and everybody else as well."""
    client = demanding(assignment)
    client.land = lambda session, url: 1 / 0
    return client


def test_who_logs_in_nowhere_has_refused_nothing():
    summary, _ = performed(driver(dead), ANOTHER)
    assert {verdict.code for _, verdict in summary.verdicts} == {"NOT_ALIVE_BEFORE"}


@pytest.mark.parametrize("client", [eager, demanding])
def test_a_refusal_is_judged_again_from_its_record(client):
    summary, heard = performed(driver(client), ANOTHER)
    (selected, verdict), (case,) = summary.verdicts[0], heard.cases.values()
    stored = msgspec.json.decode(msgspec.json.encode(case_line(case)), type=CaseLine)
    assert case.refused_settings
    assert judge(selected.scenario, case_of(stored)) == verdict


def undeclared(assignment):
    client = flawed.factory("metadata-of-anybody")(assignment)
    client.capabilities = tuple(name for name in Client.capabilities if name != "discovery")
    return client


@pytest.mark.parametrize(
    "seat",
    [driver(undeclared), WebAppDriver(["never-started"], login="/login"), JsonLinesDriver(["never-started"])],
    ids=["in process", "web app", "adapter"],
)
def test_who_reads_none_is_not_asked(seat):
    if isinstance(seat, JsonLinesDriver):
        # What it declared when it was started for something else.
        seat._reads_metadata = False
    summary, _ = performed(seat, CONTROL, ANOTHER, METHODS[0])
    assert {verdict.code for _, verdict in summary.verdicts} == {"CAPABILITY_ABSENT"}
    assert "{metadata_url}" in summary.verdicts[0][1].next_step
