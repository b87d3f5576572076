"""Certificates, over https: the reference client passes in every seat, each flawed one is caught where it should."""

import os
import ssl

import msgspec
import pytest

from client_ref import client, flawed
from client_ref.exchange import Wire
from mock_server.serving import throw_away_authority
from scenarios.drivers import environment, messages
from scenarios.drivers.environment import trusted_here
from scenarios.drivers.in_process import InProcessDriver
from scenarios.fuzzing.arena import Arena
from scenarios.fuzzing.performance import GENUINE, Seen, perform
from scenarios.reports.shown import Hidden
from scenarios.reports.situation import situation
from tests.examples.seats import SEATS, by_status
from tests.examples.seats import performed as performed_in_a_seat
from tests.scenarios.catalogue.performed import performed as performed_in_time
from tests.scenarios.drivers.apps.assigned import assigned
from tests.scenarios.evidence import Evidence

pytestmark = pytest.mark.slow

CERTIFICATES = ("tls/bad-*", "tls/renewed-certificate")
SOME = ("tls/*expired*", "tls/bad-certificate-of-the-api*", "tls/renewed*", "callback/genuine*")
ROWS = ("self-signed", "expired", "wrong-name", "unknown-authority")
EVERYWHERE = ("of-the-token-endpoint", "at-a-refresh", "of-the-api")


def bad(places=EVERYWHERE, rows=ROWS):
    return {f"tls/bad-certificate-{place}[{row}]" for place in places for row in rows}


def redirects(what, statuses):
    return {f"tls/{what}-redirected-to-cleartext[{status}]" for status in statuses}


CAUGHT = {
    "certificate-not-verified": bad(),
    "certificate-not-verified-at-the-second-try": bad(),
    "certificate-not-verified-at-the-api": bad(["of-the-api"]),
    "certificate-of-another-name-accepted": bad(rows=["wrong-name"]),
    "certificate-pinned": {"tls/renewed-certificate"},
    "token-redirect-followed": redirects("token-request", (302, 303, 307, 308)),
    "api-redirect-followed": redirects("api-call", (302, 307, 308)),
}


def performed(factory, selectors, kind="basic", *, tls=True):
    """The verdicts; on a machine that is busy, handshakes take their time."""
    return performed_in_time(factory, selectors, kinds=(kind,), tls=tls, step_timeout=10.0)


def failed(verdicts):
    return {verdict.identifier for _, verdict in verdicts if verdict.status == "failed"}


@pytest.mark.parametrize("flaw", CAUGHT)
def test_a_flawed_client_is_caught_where_it_is_flawed(flaw):
    verdicts = performed(flawed.factory(flaw), ["tls/*"])
    assert failed(verdicts) == CAUGHT[flaw]
    assert {verdict.status for _, verdict in verdicts} == {"failed", "passed"}


@pytest.mark.parametrize("flaw", ["certificate-not-verified-at-the-second-try", "certificate-not-verified-at-the-api"])
def test_so_is_one_for_asyncio(flaw):
    selected = ["tls/bad-*expired*", "tls/renewed-certificate"]
    assert failed(performed(flawed.async_factory(flaw), selected, "pkce")) == {
        name for name in CAUGHT[flaw] if "expired" in name
    }


def test_one_that_pins_for_asyncio():
    verdicts = performed(flawed.async_factory("certificate-pinned"), CERTIFICATES[1:], "pkce")
    assert failed(verdicts) == {"tls/renewed-certificate"}


@pytest.mark.parametrize("seat", SEATS)
def test_the_reference_client_passes_in_every_seat(seat, tmp_path):
    summary = performed_in_a_seat(SEATS[seat]("basic", "", tmp_path), "basic", SOME, tls=True)
    assert {verdict.status for _, verdict in summary.verdicts} == {"passed"}
    assert len(summary.verdicts) == 9
    assert not [rule for _, rule in summary.rules if rule.status != "passed"]


def test_a_web_application_that_looks_at_nothing_is_caught(tmp_path):
    driver = SEATS["web app"]("basic", "certificate-not-verified", tmp_path)
    assert by_status(performed_in_a_seat(driver, "basic", ["tls/bad-*expired*"], tls=True), "failed") == bad(
        rows=["expired"]
    )


def test_without_tls_they_do_not_apply():
    verdicts = performed(client.factory, ["tls/*"], tls=False)
    assert {(verdict.status, verdict.code) for _, verdict in verdicts} == {("not_applicable", "WITHOUT_TLS")}


def test_a_client_that_cannot_be_told_what_to_trust_is_not_judged():
    def factory(assignment):
        nobody = Wire(trust=lambda _: ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
        return client.Client(client.registration(assignment), wire=nobody)

    verdicts = performed(factory, ["tls/renewed-certificate", "callback/genuine*"])
    assert {(verdict.status, verdict.code) for _, verdict in verdicts} == {("inconclusive", "CANNOT_LOG_IN")}
    assert all(verdict.cause.startswith("CA_NOT_TRUSTED: ") for _, verdict in verdicts)
    assert "docs/tls.md" in verdicts[0][1].next_step
    assert "unknown ca" in verdicts[0][1].cause


def test_what_is_set_in_this_process_is_set_back(monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", "before")
    monkeypatch.delenv("NODE_EXTRA_CA_CERTS", raising=False)
    with throw_away_authority() as authority, trusted_here(str(authority.ca_file)):
        assert os.environ["SSL_CERT_FILE"] == os.environ["NODE_EXTRA_CA_CERTS"] == str(authority.ca_file)
    assert os.environ["SSL_CERT_FILE"] == "before"
    assert "NODE_EXTRA_CA_CERTS" not in os.environ


def test_what_an_application_is_told_of_the_authority():
    """Over http nothing, so that whoever reads an assignment letter by letter sees the one that he knows."""
    for assignment in (assigned(), assigned(ca_file="/a/file.pem")):
        line = msgspec.json.encode(msgspec.convert(assignment, messages.Assigned, from_attributes=True))
        members, variables = msgspec.json.decode(line), environment.assigned(assignment)
        assert members.get("ca_file") == variables.get("SSL_CERT_FILE") == assignment.ca_file
        assert ("ca_file" in members) is (assignment.ca_file is not None)
    assert environment.from_templates({"MY_CA": "{ca_file}"}, assignment) == {"MY_CA": "/a/file.pem"}


def test_fuzzing_over_https():
    with Arena(InProcessDriver(client.factory, step_timeout=10.0), "basic", tls=True) as arena:
        assert arena.server.url.startswith("https:")
        assert not arena.loop.run_until_complete(perform(arena, GENUINE, Seen())).violations
    assert not arena.server.authority.ca_file.exists()


def test_a_failure_says_which_certificate_was_shown():
    evidence = Evidence()
    evidence.authorize("one", "client")
    evidence.event("one", "changes", certificate="expired")
    evidence.event("one", "changes", certificate="trusted")
    changed = [text for label, text in situation(evidence.case(None), Hidden()) if label == "changed"]
    assert changed == ["the server shows another certificate: one that has expired"]
