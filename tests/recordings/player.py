"""Plays a recorded case against a server and says where its answers differ.

`play` is the driver; fill, capture and compare are pure functions. Status, Location and body are compared
byte for byte, headers by value (names without case, in any order). The tolerances are those of the recordings
and no others: see `README.md`.
"""

import html
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from tests.recordings.raw_http import AnswerError, Headers, Received, exchange
from tests.recordings.recording import (
    Advance,
    Answer,
    Capture,
    Case,
    Consent,
    Exchange,
    PkceRequirement,
    Probe,
    Recording,
    Request,
    Reregistration,
    Step,
)

EXTRA_HEADERS = frozenset({"oauthspec-mock"})
"""What our server says beyond the recorded one: that it is a mock. At most six names."""

NOT_COMPARED = frozenset({"date", "content-length"})

PROBED_PATH = "/v2/me"
PROBE_STATUS = {True: 200, False: 401}

PLACEHOLDER = re.compile(r"\{\{((?:code|access_token|refresh_token|verifier|challenge)_\d+(?:\.key|\.signature)?)\}\}")
# Which of the two it says is chance: the library rounds the expiry to the second, then takes off the time.
EXPIRES_IN = re.compile(r'"expires_in":(?:3599|3600)(?!\d)')


class Stage(Protocol):
    """A running server, and the hands on it that are not HTTP."""

    address: tuple[str, int]

    def start(self, pkce_required: PkceRequirement) -> None:
        """Forget everything but the clients of the recording."""

    def decide(self, consent: Consent) -> None:
        """Have the user do this when asked next."""

    def advance(self, seconds: int) -> None:
        """Let time pass."""

    def reregister(self, client_id: str, scopes: tuple[str, ...]) -> None:
        """Replace the scopes which the client may ask for."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as recorded; None stands for a thing that is not there."""

    part: str
    expected: str | None
    got: str | None

    def __str__(self) -> str:
        return f"{self.part}\n  expected {_shown(self.expected)}\n  got      {_shown(self.got)}"


@dataclass(frozen=True, slots=True)
class Finding:
    """The first step of a case whose answer is not as recorded."""

    step: int
    sent: str
    differences: tuple[Difference, ...]

    def __str__(self) -> str:
        return "\n".join([f"step {self.step}: {self.sent}", *map(str, self.differences)])


def play(case: Case, recording: Recording, stage: Stage) -> Finding | None:
    """Play the case up to its first difference, which is returned; None if all is as recorded."""
    stage.start(case.pkce_required)
    values = dict(case.values)
    for number, step in enumerate(case.steps, start=1):
        if differences := _play_step(step, values, recording, stage):
            return Finding(number, _summary(step, values), tuple(differences))
    return None


def _play_step(step: Step, values: dict[str, str], recording: Recording, stage: Stage) -> list[Difference]:
    match step:
        case Advance(seconds):
            stage.advance(seconds)
            return []
        case Reregistration(client_id, scopes):
            stage.reregister(client_id, scopes)
            return []
        case Probe(access_token, active):
            return _probe(stage.address, fill(access_token, values), active)
        case Exchange():
            stage.decide(step.consent)
            return _exchange(stage.address, step, values, recording)


def _probe(address: tuple[str, int], access_token: str, active: bool) -> list[Difference]:
    try:
        received = exchange(address, "GET", PROBED_PATH, [("Authorization", f"Bearer {access_token}")])
    except AnswerError as trouble:
        return [Difference("answer", "one", str(trouble))]
    return _difference("status of the probe", str(PROBE_STATUS[active]), str(received.status))


def _exchange(
    address: tuple[str, int], step: Exchange, values: dict[str, str], recording: Recording
) -> list[Difference]:
    request = fill_request(step.request, values)
    target = request.path if request.query is None else f"{request.path}?{request.query}"
    try:
        received = exchange(address, request.method, target, request.headers, request.body)
    except AnswerError as trouble:
        return [Difference("answer", "one", str(trouble))]
    captured, wrong = read_captures(step.captures, received, values, recording.patterns)
    values.update(captured)
    return wrong + compare(fill_answer(step.answer, values), received)


# --- Placeholders


def fill(text: str, values: Mapping[str, str]) -> str:
    """Put the values in place of their placeholders; `KeyError` for one that has none yet."""
    return PLACEHOLDER.sub(lambda match: _value(match.group(1), values), text)


def _value(name: str, values: Mapping[str, str]) -> str:
    placeholder, _, half = name.partition(".")
    key, _, signature = values[placeholder].partition(".")
    return {"": values[placeholder], "key": key, "signature": signature}[half]


def fill_request(request: Request, values: Mapping[str, str]) -> Request:
    """The request as it goes out."""
    return replace(
        request,
        query=None if request.query is None else fill(request.query, values),
        headers=_fill_headers(request.headers, values),
        body=None if request.body is None else fill(request.body, values),
    )


def fill_answer(answer: Answer, values: Mapping[str, str]) -> Answer:
    """The answer as it must come; a value that was not handed out stays a placeholder, and differs."""
    known = {name: f"{{{{{name}}}}}" for name in _placeholders(answer)} | dict(values)
    return replace(answer, headers=_fill_headers(answer.headers, known), body=fill(answer.body, known))


def _fill_headers(headers: Headers, values: Mapping[str, str]) -> Headers:
    return tuple((name, fill(value, values)) for name, value in headers)


def _placeholders(answer: Answer) -> set[str]:
    texts = [answer.body, *(value for _, value in answer.headers)]
    return {name.partition(".")[0] for text in texts for name in PLACEHOLDER.findall(text)}


# --- Captures


def read_captures(
    captures: Iterable[Capture],
    received: Received,
    known: Mapping[str, str],
    patterns: Mapping[str, re.Pattern[str]],
) -> tuple[dict[str, str], list[Difference]]:
    """The values which the server made, and what is wrong with them: absent, misshapen, handed out before."""
    captured: dict[str, str] = {}
    wrong: list[Difference] = []
    for capture in captures:
        part = f"{capture.placeholder} in {capture.place}"
        pattern = patterns[capture.placeholder.rpartition("_")[0]]
        value = PLACES[capture.place](received, capture.parameter)
        if value is None:
            wrong.append(Difference(part, pattern.pattern, None))
            continue
        if not pattern.fullmatch(value):
            wrong.append(Difference(part, pattern.pattern, value))
        if value in known.values() or value in captured.values():
            wrong.append(Difference(part, "a value of its own", value))
        captured[capture.placeholder] = value
    return captured, wrong


def _in_query(received: Received, parameter: str) -> str | None:
    query = _location(received).partition("#")[0].partition("?")[2]
    return _first(query, parameter)


def _in_fragment(received: Received, parameter: str) -> str | None:
    return _first(_location(received).partition("#")[2], parameter)


def _in_json(received: Received, parameter: str) -> str | None:
    try:
        value = json.loads(received.body)[parameter]
    except (ValueError, LookupError, TypeError):
        return None
    return value if isinstance(value, str) else None


def _in_html_form(received: Received, parameter: str) -> str | None:
    field = re.search(rf'<input[^>]* name="{re.escape(parameter)}" value="([^"]*)"', received.body)
    return html.unescape(field.group(1)) if field else None


PLACES: Mapping[str, Callable[[Received, str], str | None]] = {
    "location.query": _in_query,
    "location.fragment": _in_fragment,
    "body.json": _in_json,
    "body.html_form": _in_html_form,
}


def _location(received: Received) -> str:
    return next((value for name, value in received.headers if name.lower() == "location"), "")


def _first(parameters: str, name: str) -> str | None:
    # As it stands on the wire: these values need no encoding, and one that is encoded must not match.
    pairs = (pair.partition("=") for pair in parameters.split("&"))
    return next((value for key, _, value in pairs if key == name), None)


# --- Comparison


def compare(expected: Answer, received: Received) -> list[Difference]:
    """Everything in which the answer is not the expected one."""
    return [
        *_difference("status", str(expected.status), str(received.status)),
        *_compare_headers(expected, received.headers),
        *_compare_body(expected.body, received.body),
    ]


def _compare_headers(expected: Answer, received: Headers) -> list[Difference]:
    ours = _by_name(expected.headers)
    theirs = {name: value for name, value in _by_name(received).items() if name in ours or name not in EXTRA_HEADERS}
    found: list[Difference] = []
    for name in sorted(ours.keys() | theirs.keys()):
        want, got = ours.get(name), theirs.get(name)
        if name == "location" and expected.fragment_in_any_order:
            same = _unordered(want) == _unordered(got)
        else:
            same = want == got
        if not same:
            found.append(Difference(f"header {name}", _joined(want), _joined(got)))
    return found


def _by_name(headers: Headers) -> dict[str, list[str]]:
    fields: dict[str, list[str]] = {}
    for name, value in sorted(headers, key=lambda pair: pair[1]):
        if name.lower() not in NOT_COMPARED:
            fields.setdefault(name.lower(), []).append(value)
    return fields


def _unordered(locations: list[str] | None) -> list[tuple[str, list[str]]]:
    parts = [location.partition("#") for location in locations or ()]
    return [(base + mark, sorted(fragment.split("&"))) for base, mark, fragment in parts]


def _compare_body(expected: str, got: str) -> list[Difference]:
    if EXPIRES_IN.sub('"expires_in":3600', expected) == EXPIRES_IN.sub('"expires_in":3600', got):
        return []
    return [Difference("body", expected, got)]


def _difference(part: str, expected: str, got: str) -> list[Difference]:
    return [] if expected == got else [Difference(part, expected, got)]


def _joined(values: list[str] | None) -> str | None:
    return None if values is None else " | ".join(values)


# --- Words


def _summary(step: Step, values: Mapping[str, str]) -> str:
    if not isinstance(step, Exchange):
        return str(step)
    request = fill_request(step.request, values)
    target = request.path if request.query is None else f"{request.path}?{request.query}"
    headers = "; ".join(f"{name}: {value}" for name, value in request.headers)
    return f"{request.method} {target}\n  headers  {headers or 'none'}\n  body     {_shown(request.body)}"


def _shown(text: str | None) -> str:
    return "nothing" if text is None else ascii(text)
