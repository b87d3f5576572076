"""What is said of an adapter, and what its answers are held against: the assignment, and what was seen on the wire."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, NamedTuple
from urllib.parse import parse_qsl, urlsplit

from mock_server.transcript import Exchange
from scenarios.checks.login import body, member
from scenarios.drivers.messages import Reported, shown
from scenarios.model.assignment import Assignment
from scenarios.model.capability import Capability

Able = frozenset[Capability]
Status = Literal["ok", "wrong", "untold"]

# A client may count a token as dead some time before it is.
_LEEWAY = 900
_TOKENS = ("access_token", "refresh_token")


class Remark(NamedTuple):
    """What is said of one thing that was asked; `at` is the path of a member."""

    what: str
    status: Status
    code: str = ""
    at: str = ""
    came: str = ""
    expected: str = ""
    next_step: str = ""


class Wrong(NamedTuple):
    """Something that an answer tells, and that is not so; `code` is one of `NEXT_STEPS`."""

    code: str
    at: str
    came: str
    expected: str


NEXT_STEPS: Mapping[str, str] = {
    "BEGIN_REFUSED": "Answer begin with the URL to which the client would send its user.",
    "NOT_THE_ENDPOINT": "Configure the client with the endpoints of the assignment, its whole URL.",
    "NOT_THE_CLIENT_ID": "Configure the client with the client_id of the assignment.",
    "NOT_HONOURED": "Tell or do what was declared, or take the capability back.",
    "UNDECLARED": "Declare what the client can do; answer `unsupported` to the rest.",
    "NOT_ON_THE_WIRE": "Answer when the client is done, and what it says; not what should come of it.",
    "NOT_THE_FINGERPRINT": "Hash the octets of the token with SHA-256, and cut the hexadecimal digits to 16.",
    "NOT_A_TIME": "Tell what the client believes, in seconds since 1970 (not milliseconds, and not a duration).",
    "SESSIONS_MIXED": "Keep what the client stores by `session`, or do not declare sessions and concurrent.",
    "SECRET_TOLD": "Tell fingerprints, and reasons that hold no value of the client's.",
    "DOES_NOT_END": "End the process after `stop`, and where stdin ends.",
    "CANNOT_LOG_IN": "Make a plain login work first: `oauthspec doctor --adapter -- ...` says what it lacks.",
    "DEAD": "Mend what is wrong above, and call this again.",
}


def look_at_url(url: str, assignment: Assignment, able: Able) -> Iterator[Wrong]:
    """The authorization URL of `begun`."""
    parts, expected = urlsplit(url), urlsplit(assignment.authorization_endpoint)
    sent = dict(parse_qsl(parts.query))
    if parts[:3] != expected[:3]:
        came, endpoint = shown(url.partition("?")[0]), assignment.authorization_endpoint
        yield Wrong("NOT_THE_ENDPOINT", "begun.url", came, f"{endpoint}, with a query")
    if sent.get("client_id") != assignment.client_id:
        came = f"client_id={shown(sent.get('client_id', ''))}"
        yield Wrong("NOT_THE_CLIENT_ID", "begun.url", came, f"client_id={assignment.client_id}")
    if Capability.PKCE in able and not sent.get("code_challenge"):
        yield _contradicted(Capability.PKCE, "begun.url", "no code_challenge")


def look_at_request(exchanges: Sequence[Exchange], sent: str) -> Iterator[Wrong]:
    """What was seen during a step that is said to have worked; `sent` is a grant type, or nothing for the API."""
    if sent and not any(body(each).get("grant_type") == sent for each in exchanges if each.endpoint == "token"):
        yield Wrong("NOT_ON_THE_WIRE", "outcome.kind", "signed_in", f"a token request with grant_type={sent}")
    if not sent and not any(each.endpoint == "resource" for each in exchanges):
        yield Wrong("NOT_ON_THE_WIRE", "outcome.kind", "signed_in", "a request to the API")


def look_at_success(
    outcome: Reported, able: Able, tokens: Mapping[str, Sequence[str]], expires_at: float
) -> Iterator[Wrong]:
    """An outcome `signed_in`, beside the tokens that were issued and when the last of them expires."""
    yield from _look_at_fingerprints(outcome, tokens)
    if Capability.GRANTED_SCOPE in able and outcome.granted_scope is None:
        yield _contradicted(Capability.GRANTED_SCOPE, "outcome.granted_scope", "nothing")
    if Capability.EXPIRY in able and outcome.expires_at is None:
        yield _contradicted(Capability.EXPIRY, "outcome.expires_at", "nothing")
    if outcome.expires_at is not None and abs(outcome.expires_at - expires_at) > _LEEWAY:
        told, expected = f"{outcome.expires_at:.0f}", f"seconds since 1970, about {expires_at:.0f}"
        yield Wrong("NOT_A_TIME", "outcome.expires_at", told, expected)


def look_at_refusal(outcome: Reported, able: Able) -> Iterator[Wrong]:
    """An outcome of a login to which the resource owner did not consent."""
    if outcome.kind == "refused" and Capability.REASON in able and not outcome.reason:
        yield _contradicted(Capability.REASON, "outcome.reason", "nothing")


def look_at_moved(outcome: Reported, now: float) -> Iterator[Wrong]:
    """An outcome after the client's clock was moved to `now`: what it has just been issued has not expired."""
    if outcome.kind == "signed_in" and outcome.expires_at is not None and outcome.expires_at < now - _LEEWAY:
        yield _contradicted(Capability.CLOCK, "outcome.expires_at", f"{outcome.expires_at:.0f}, as by another clock")


def look_at_metadata(exchanges: Sequence[Exchange]) -> Iterator[Wrong]:
    """What was seen at the address of the server's metadata before a login began."""
    if not any(each.endpoint == "metadata" for each in exchanges):
        yield _contradicted(Capability.DISCOVERY, "begun", "no request for the metadata")


def look_at_sessions(outcomes: Mapping[str, Reported]) -> Iterator[Wrong]:
    """The outcomes of good logins, each in a session of its own."""
    for session, outcome in outcomes.items():
        if outcome.kind != "signed_in":
            came = f"{outcome.kind} in session {session!r}: {shown(outcome.reason or 'no reason named')}"
            yield Wrong("SESSIONS_MIXED", "outcome.kind", came, "signed_in in each of them")


def look_for_secrets(lines: Sequence[bytes], secrets: Mapping[str, Sequence[str]]) -> Iterator[Wrong]:
    """Everything that the adapter wrote to stdout; values of `secrets` by name."""
    for name, values in secrets.items():
        if any(value and value.encode() in line for value in values for line in lines):
            yield Wrong("SECRET_TOLD", "", f"a line with the {name}", "none in any answer")


def issued(exchanges: Sequence[Exchange]) -> dict[str, list[str]]:
    """The tokens that were issued, by name."""
    answers = [each for each in exchanges if each.endpoint == "token" and each.sent.status == 200]
    return {name: [told for each in answers if isinstance(told := member(each, name), str)] for name in _TOKENS}


def _look_at_fingerprints(outcome: Reported, tokens: Mapping[str, Sequence[str]]) -> Iterator[Wrong]:
    for name in _TOKENS:
        told = getattr(outcome, f"{name}_fingerprint")
        if told is not None and told not in {hashlib.sha256(each.encode()).hexdigest()[:16] for each in tokens[name]}:
            expected = f"that of the {name}, as it was issued"
            yield Wrong("NOT_THE_FINGERPRINT", f"outcome.{name}_fingerprint", told, expected)


def _contradicted(capability: Capability, at: str, came: str) -> Wrong:
    return Wrong("NOT_HONOURED", at, came, f"what was declared: {capability.value}")
