"""The recorded exchanges as values: what is sent, what must come back, and what happens in between.

Reads the format ``oauth-wire-recording/1``, both as recorded (indented, everything spelled out) and as kept
in ``data/`` (one case per line, without what can be derived; see `tests.recordings.compact`).
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

FORMAT = "oauth-wire-recording/1"

Headers = tuple[tuple[str, str], ...]
PkceRequirement = Literal["nobody", "public_clients", "everyone"]

PKCE_REQUIREMENTS: Mapping[str | None, PkceRequirement] = {
    None: "nobody",
    "required_for_public_clients": "public_clients",
    "required": "everyone",
}


@dataclass(frozen=True, slots=True)
class Request:
    """A request as recorded, placeholders and all; `Host` and `Content-Length` are left to the player."""

    method: str
    path: str
    query: str | None
    headers: Headers
    body: str | None


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as recorded: header order and spelling are the library's."""

    status: int
    headers: Headers
    body: str
    fragment_in_any_order: bool = False


@dataclass(frozen=True, slots=True)
class Capture:
    """Where a value made by the server first appears in an answer."""

    placeholder: str
    place: str
    parameter: str


@dataclass(frozen=True, slots=True)
class Consent:
    """What the user does when asked; `scopes` of None is everything asked for."""

    decision: Literal["grant", "deny", "deny-library"] = "grant"
    scopes: tuple[str, ...] | None = None
    error: str = "access_denied"
    error_description: str = ""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and the answer that must come."""

    request: Request
    answer: Answer
    captures: tuple[Capture, ...]
    consent: Consent


@dataclass(frozen=True, slots=True)
class Advance:
    """That much time passes."""

    seconds: int


@dataclass(frozen=True, slots=True)
class Probe:
    """The access token is, or is not, good for the API now."""

    access_token: str
    active: bool


@dataclass(frozen=True, slots=True)
class Reregistration:
    """The scopes which a client may ask for are replaced."""

    client_id: str
    scopes: tuple[str, ...]


Step = Exchange | Advance | Probe | Reregistration


@dataclass(frozen=True, slots=True)
class Client:
    """A registered application."""

    client_id: str
    client_secret: str | None
    token_endpoint_auth_method: str
    redirect_uris: tuple[str, ...]
    scopes: tuple[str, ...]
    grant_types: tuple[str, ...]
    response_types: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Case:
    """A named sequence of steps that starts from a server which knows the clients and nothing else.

    `unplayable` says why no server that behaves as Hydra does can be held to the case; None where one can.
    """

    name: str
    description: str
    steps: tuple[Step, ...]
    values: Mapping[str, str]
    pkce_required: PkceRequirement
    unplayable: str | None

    @property
    def topic(self) -> str:
        return self.name.partition("/")[0]


@dataclass(frozen=True, slots=True)
class Recording:
    """A file of cases, the engine they came from, and the shape of the values which that engine makes."""

    version: str
    error_page: str
    clients: tuple[Client, ...]
    patterns: Mapping[str, re.Pattern[str]]
    cases: tuple[Case, ...]


def load(path: Path) -> Recording:
    """Read a recording; `ValueError` if the file is no recording of a known format."""
    document = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise ValueError(f"{path.name} is not a recording in the format {FORMAT}")
    return Recording(
        version=document["recorded_from"]["library"].rpartition(" v")[2],
        error_page=document["settings"]["error_page"],
        clients=tuple(_client(member) for member in document["clients"]),
        patterns={kind: re.compile(text) for kind, text in document["dynamic_values"].items()},
        cases=tuple(_case(member) for member in document["cases"]),
    )


def _client(member: Mapping[str, Any]) -> Client:
    return Client(
        client_id=member["client_id"],
        client_secret=member.get("client_secret"),
        token_endpoint_auth_method=member["token_endpoint_auth_method"],
        redirect_uris=tuple(member["redirect_uris"]),
        scopes=tuple(member["scopes"]),
        grant_types=tuple(member["grant_types"]),
        response_types=tuple(member["response_types"]),
    )


def _case(member: Mapping[str, Any]) -> Case:
    return Case(
        name=member["name"],
        description=member["description"],
        steps=tuple(_step(step) for step in member["steps"]),
        values={name: value["text"] for name, value in member.get("values", {}).items()},
        pkce_required=PKCE_REQUIREMENTS[member.get("settings", {}).get("pkce")],
        unplayable=_unplayable(member),
    )


def _unplayable(member: Mapping[str, Any]) -> str | None:
    """Why nobody knows what Hydra would answer: the library was left alone, without a `hydra_response`."""
    if all("hydra_response" in step for step in member["steps"] if step.get("fosite_only")):
        return None
    return str(member.get("hydra_note", "Hydra's router never lets this method through to the library."))


def _step(step: Mapping[str, Any]) -> Step:
    if "advance_seconds" in step:
        return Advance(step["advance_seconds"])
    if "probe" in step:
        return Probe(step["probe"]["access_token"], step["probe"]["active"])
    if "reregister" in step:
        return Reregistration(step["reregister"]["client_id"], tuple(step["reregister"]["scopes"]))
    return Exchange(
        request=_request(step["request"]),
        answer=_answer(step.get("hydra_response", step["response"])),
        captures=tuple(_capture(capture) for capture in step.get("captures", ())),
        consent=_consent(step.get("consent", {})),
    )


def _request(member: Mapping[str, Any]) -> Request:
    return Request(
        method=member["method"],
        path=member["path"],
        query=member.get("query"),
        headers=_headers(member.get("headers", ())),
        body=member.get("body"),
    )


def _answer(member: Mapping[str, Any]) -> Answer:
    return Answer(
        status=member["status"],
        headers=_headers(member.get("headers", ())),
        body=member.get("body", ""),
        fragment_in_any_order="location.fragment" in member.get("unordered", ()),
    )


def _capture(member: Mapping[str, Any]) -> Capture:
    placeholder = member["placeholder"]
    parameter = member.get("parameter", placeholder.rpartition("_")[0])
    return Capture(placeholder, member.get("in", "body.json"), parameter)


def _consent(member: Mapping[str, Any]) -> Consent:
    scopes = member.get("scopes")
    return Consent(
        decision=member.get("decision", "grant"),
        scopes=None if scopes is None else tuple(scopes),
        error=member.get("error", ""),
        error_description=member.get("error_description", ""),
    )


def _headers(pairs: Sequence[Sequence[str]]) -> Headers:
    return tuple((name, value) for name, value in pairs)
