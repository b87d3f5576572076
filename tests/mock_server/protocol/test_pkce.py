"""PKCE: the published vector, the order of checks, and what a missing verifier costs."""

from dataclasses import replace

import pytest

from mock_server.protocol.pkce import check_challenge, check_verifier, s256
from mock_server.protocol.provider import FRAMEIO
from tests.mock_server.in_memory import CHALLENGE, VERIFIER

PLAIN = replace(FRAMEIO, pkce_plain_allowed=True)


def verified(verifier, challenge=CHALLENGE, method="S256", provider=FRAMEIO):
    error = check_verifier(verifier, challenge, method, provider=provider)
    return "" if error is None else error.explanation


def test_vector_of_rfc_7636_appendix_b():
    assert s256(VERIFIER) == CHALLENGE
    assert verified(VERIFIER) == ""


def test_any_bytes_have_a_challenge():
    assert len(s256("\udcff\0é")) == 43


@pytest.mark.parametrize(
    ("verifier", "complaint"),
    [
        # Length low, length high, alphabet, match: each row fails all that follow as well.
        ("", "at least 43"),
        ("!", "at least 43"),
        ("é" * 21, "at least 43"),
        ("!" * 129, "longer than 128"),
        ("é" * 65, "longer than 128"),
        ("!" * 43, "must only contain"),
        ("é" * 22, "must only contain"),
        (VERIFIER + "\n", "must only contain"),
        ("\udcff" * 43, "must only contain"),
        ("a" * 43, "did not match"),
        ("a" * 128, "did not match"),
        (CHALLENGE, "did not match"),
    ],
)
def test_order_of_checks(verifier, complaint):
    assert complaint in verified(verifier)


def test_lengths_at_the_bounds_are_good():
    for length in (43, 128):
        assert verified("a" * length, s256("a" * length)) == ""


@pytest.mark.parametrize(
    ("verifier", "challenge", "complaint"),
    [
        ("", "", ""),
        # RFC 9700 4.8: a verifier for which no challenge was sent is a downgrade, not a courtesy.
        (VERIFIER, "", "did not match"),
        ("short", "", "at least 43"),
        ("", CHALLENGE, "at least 43"),
    ],
)
def test_verifier_and_challenge_come_together(verifier, challenge, complaint):
    assert complaint in verified(verifier, challenge)
    assert bool(verified(verifier, challenge)) == bool(complaint)


@pytest.mark.parametrize("method", ["plain", ""])
def test_plain_compares_the_verifier_itself(method):
    assert verified(VERIFIER, VERIFIER, method, PLAIN) == ""
    assert "did not match" in verified(VERIFIER, CHALLENGE, method, PLAIN)


@pytest.mark.parametrize(
    ("challenge", "method", "provider", "complaint"),
    [
        ("", "", FRAMEIO, ""),
        ("", "bogus", FRAMEIO, ""),
        (CHALLENGE, "S256", FRAMEIO, ""),
        (CHALLENGE, "plain", FRAMEIO, "plain is not allowed"),
        (CHALLENGE, "", FRAMEIO, "plain is not allowed"),
        (CHALLENGE, "s256", FRAMEIO, "is not supported"),
        (CHALLENGE, "S512", FRAMEIO, "is not supported"),
        (CHALLENGE, "plain", PLAIN, ""),
        (CHALLENGE, "", PLAIN, ""),
        # Neither length nor alphabet of a challenge is checked by the engine.
        ("x", "S256", FRAMEIO, ""),
    ],
)
def test_challenge(challenge, method, provider, complaint):
    error = check_challenge(challenge, method, public=True, provider=provider)
    assert (error is None) == (not complaint)
    assert error is None or (error.code == "invalid_request" and complaint in error.explanation)


def test_codes_of_refusals():
    assert check_verifier("", CHALLENGE, "S256", provider=FRAMEIO).code == "invalid_grant"
    assert check_verifier("a" * 43, CHALLENGE, "S256", provider=FRAMEIO).code == "invalid_grant"
