"""Challenge and verifier: RFC 7636 4."""

import base64
import hashlib
import re
from collections.abc import Iterator, Sequence

from scenarios.checks.login import Login, body, query
from scenarios.model.verdict import Finding

_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")
_S256_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")


def s256(verifier: str) -> str:
    """The harness's own; the server's and the client's are judged by it."""
    digest = hashlib.sha256(verifier.encode("utf-8", "surrogateescape")).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def challenge_is_sent(logins: Sequence[Login]) -> Iterator[Finding]:
    """The authorization request has a code_challenge (RFC 7636 4.3)."""
    for login in logins:
        first = login.authorization_request
        if first is not None and not query(first).get("code_challenge"):
            yield Finding("a code_challenge", "none", first.number)


def challenge_method_is_s256(logins: Sequence[Login]) -> Iterator[Finding]:
    """code_challenge_method is S256, spelled so (RFC 7636 4.2, 4.3)."""
    for login in logins:
        first = login.authorization_request
        if first is None or not query(first).get("code_challenge"):
            continue
        method = query(first).get("code_challenge_method")
        if method != "S256":
            actual = f"code_challenge_method {method!r}" if method else "no code_challenge_method, which means plain"
            yield Finding("code_challenge_method S256", actual, first.number)


def challenge_is_well_formed(logins: Sequence[Login]) -> Iterator[Finding]:
    """An S256 challenge is 43 characters of base64url without padding (RFC 7636 4.2)."""
    for login in logins:
        first = login.authorization_request
        if first is None or query(first).get("code_challenge_method") != "S256":
            continue
        challenge = query(first).get("code_challenge")
        if challenge and not _S256_CHALLENGE.fullmatch(challenge):
            actual = f"{len(challenge)} characters" + (" with padding" if "=" in challenge else "")
            yield Finding("a challenge of 43 characters of base64url", actual, first.number)


def verifier_is_well_formed(logins: Sequence[Login]) -> Iterator[Finding]:
    """A code_verifier has 43 to 128 unreserved characters (RFC 7636 4.1)."""
    for login in logins:
        for exchange in login.code_requests:
            for verifier in body(exchange).all("code_verifier"):
                if verifier and not _VERIFIER.fullmatch(verifier):
                    foreign = sorted(set(re.sub(r"[A-Za-z0-9._~-]", "", verifier)))
                    actual = f"{len(verifier)} characters" + (f", among them {''.join(foreign)!r}" if foreign else "")
                    yield Finding("a code_verifier of 43 to 128 unreserved characters", actual, exchange.number)


def verifier_matches_the_challenge(logins: Sequence[Login]) -> Iterator[Finding]:
    """The code_verifier is the one of a challenge that this client sent (RFC 7636 4.5).

    Of any of its logins: who is made to land another login's code may well send its own verifier with it.
    """
    challenges = {query(e).get("code_challenge") for login in logins for e in login.requests("authorization")}
    for login in logins:
        for exchange in login.code_requests:
            verifier = body(exchange).get("code_verifier")
            if not verifier or {s256(verifier), verifier} & challenges:
                continue
            padded = f"{s256(verifier)}=" in challenges
            actual = "one whose challenge was sent with padding" if padded else "another verifier"
            yield Finding("the verifier of a challenge that was sent", actual, exchange.number)


def verifier_goes_with_a_challenge(logins: Sequence[Login]) -> Iterator[Finding]:
    """A code_verifier is sent if, and only if, the login had a code_challenge (RFC 7636 4.5; RFC 9700 4.8)."""
    for login in logins:
        first = login.authorization_request
        if first is None:
            continue
        challenged = bool(query(first).get("code_challenge"))
        for exchange in login.code_requests:
            if not body(exchange).get("code"):
                continue
            verified = bool(body(exchange).get("code_verifier"))
            if challenged and not verified:
                yield Finding("a code_verifier, as the login had a challenge", "none, or an empty one", exchange.number)
            elif verified and not challenged:
                yield Finding("no code_verifier, as the login had no challenge", "one", exchange.number)
