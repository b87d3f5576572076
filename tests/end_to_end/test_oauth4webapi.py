"""The strictest client that we know, over the whole catalogue: what it is blamed for is our mistake, or is here."""

from __future__ import annotations

from collections import Counter

import pytest

from scenarios.drivers.json_lines import JsonLinesDriver
from tests.end_to_end.programs import FOREIGN
from tests.examples.runs import installed
from tests.examples.seats import by_status, performed

pytestmark = [pytest.mark.slow, pytest.mark.requires("node", "time")]

HOME = FOREIGN / "oauth4webapi"

WARNED = {
    # 5.1 has unknown names ignored, and `error` is none of a success; the library keeps to that.
    "token-response/error-beside-a-token",
    "refresh-answer/error-beside-a-refreshed-token",
    # It looks at the media type where the body is no JSON, and not before.
    "token-response-body/json-under-another-name[html]",
    "token-response-body/json-under-another-name[plain]",
    # `JSON.parse` takes the last of several members.
    "token-response-members/repeated-member[access_token]",
    "token-response-members/repeated-member[expires_in]",
    # A refresh token is a string of one character or more (RFC 6749 A.17): for null and for "" the answer is refused.
    "refresh-refused/login-without-a-refresh-token[null]",
    "refresh-refused/login-without-a-refresh-token[empty]",
}


@pytest.mark.parametrize("kind", ["basic", "pkce"])
def test_it_fails_nothing(kind):
    summary = performed(_driver(pkce=kind == "pkce"), kind)
    assert not by_status(summary, "failed")
    assert by_status(summary, "warned") == WARNED
    statuses = Counter(verdict.status for _, verdict in summary.verdicts)
    assert set(statuses) == {"passed", "warned", "not_applicable"}
    assert statuses["passed"] > 300
    # Its discovery refuses the document when the first login begins, so that none does.
    assert "metadata/issuer-of-another" in by_status(summary, "passed")
    assert {rule.status for _, rule in summary.rules} == {"passed"}


def test_with_the_fetch_of_node_it_ends_at_a_100_and_reads_without_end():
    """Neither is the library's doing: `fetch` ends at a 100 that nobody asked for, as undici's source says it does."""
    summary = performed(_driver("--own-fetch"), "basic", ["token-endpoint/*", "token-response-body/*"])
    assert by_status(summary, "failed") == {"token-endpoint/interim-answer[100]"}
    assert by_status(summary, "warned") - WARNED == {
        "token-response-body/answer-without-end",
        "token-response-body/answer-that-unpacks-without-end",
    }


def _driver(*words: str, pkce: bool = False) -> JsonLinesDriver:
    installed(HOME)
    return JsonLinesDriver(["node", str(HOME / "adapter.mjs"), *words], pkce=pkce)
