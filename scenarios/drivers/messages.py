"""The messages between the harness and an adapter: one JSON object per line, questions on stdin, answers on stdout.

Types, and from them the JSON Schemas in `schemas/`; reading, which turns any bytes into an answer or a `Fault`; and
what may be shown of a line that is wrong. Nothing here waits: that is `json_lines`. `docs/adapter-protocol.md` is the
same for those who write adapters.

An adapter is told what any client is told at its registration. No message has a place for a scenario's name, for what
is changed in it or for what is expected.
"""

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

import msgspec
from msgspec import Meta, Struct

from mock_server.redaction import SECRET_PARAMETERS, mark
from scenarios.model.assignment import AppKind
from scenarios.model.capability import Capability

VERSION = 1
LONGEST_LINE = 1 << 20
"""Octets: the longest honest answer is a few hundred; beyond this an adapter is streaming something else."""

Seq = Annotated[int, Meta(ge=1, description="The number of the request; an answer repeats that of its request.")]
SessionName = Annotated[str, Meta(description="Names one user agent; what the client stores for one is its own.")]
Text = Annotated[str, Meta(description="A sentence for a human reader, without secrets.")]
Fingerprint = Annotated[
    str,
    Meta(
        pattern="^[0-9a-f]{16}$",
        description="The first 16 hexadecimal digits of the token's SHA-256; never the token.",
    ),
]


class Assigned(Struct, frozen=True, omit_defaults=True):
    """What the client is told before its first login: endpoints, registration, scope and redirection URI."""

    app_kind: Annotated[AppKind, Meta(description="A basic app has a secret, a pkce app has none.")]
    authorization_endpoint: Annotated[str, Meta(description="Where a login sends its user agent; may have a query.")]
    token_endpoint: Annotated[str, Meta(description="Where codes and refresh tokens are redeemed; may have a query.")]
    revocation_endpoint: Annotated[str | None, Meta(description="Where tokens are revoked, if anywhere.")]
    api_url: Annotated[str, Meta(description="The base of the API; the resource to call is /me below it.")]
    client_id: Annotated[str, Meta(description="The identifier of the registered app.")]
    client_secret: Annotated[str | None, Meta(description="The secret of a basic app, and null for a pkce app.")]
    redirect_uri: Annotated[str, Meta(description="The registered redirection URI; nothing has to listen there.")]
    scope: Annotated[str, Meta(description="The scope to ask for, separated by spaces.")]
    issuer: Annotated[
        str | None,
        Meta(description="The server's issuer identifier: of its metadata, or else of its responses; null without."),
    ]
    ca_file: Annotated[
        str | None, Meta(description="A file of certificates to trust, as PEM; there only where endpoints are https.")
    ] = None
    metadata_url: Annotated[
        str | None, Meta(description="Where the server's metadata are; there only where there are any.")
    ] = None

    def __repr__(self) -> str:
        return f"Assigned({self.app_kind}, {self.client_id!r})"


class ClientIdentity(Struct, frozen=True, forbid_unknown_fields=True):
    """Which client this is; results depend on its version and on the options that it is used with."""

    name: Annotated[str, Meta(min_length=1, description="The name under which its developers publish it.")]
    version: Annotated[str, Meta(min_length=1, description="Its version.")]
    language: Annotated[str, Meta(min_length=1, description="The programming language that it is for.")]
    homepage: Annotated[str | None, Meta(description="Where it can be read about.")] = None
    options: Annotated[
        dict[str, str | int | float | bool | None], Meta(description="The options that the adapter chose for it.")
    ] = {}


class _Message(Struct, frozen=True, tag_field="message", tag=lambda name: re.sub(r"\B(?=[A-Z])", "_", name).lower()):
    """One line."""

    seq: Seq


# From the harness.


class Start(_Message, frozen=True):
    """The first message: make the client, from what it is assigned. Answered with started, or failed."""

    version: Annotated[int, Meta(description="The version of this protocol that the harness speaks.")]
    assignment: Assigned


class Begin(_Message, frozen=True):
    """Begin a login in a session. Answered with begun and the authorization URL."""

    session: SessionName


class Land(_Message, frozen=True):
    """The user agent of a session has arrived at the redirection endpoint. Answered with outcome."""

    session: SessionName
    url: Annotated[str, Meta(description="The whole URL at which it arrived, exactly as a browser would bring it.")]


class Refresh(_Message, frozen=True):
    """Have the access token of a session refreshed, due or not. Answered with outcome, or unsupported."""

    session: SessionName


class CallApi(_Message, frozen=True):
    """Call the API in the name of a session. Answered with outcome, or unsupported."""

    session: SessionName


class MoveClock(_Message, frozen=True):
    """Have the client believe that so much more time has passed, or less. Answered with moved, or unsupported."""

    seconds: Annotated[float, Meta(description="By how much the clock of the client goes forward; back, if negative.")]


class Stop(_Message, frozen=True):
    """The last message: end the process. It is not answered; the end of stdin means the same."""


# From the adapter.


class _Reply(_Message, frozen=True, forbid_unknown_fields=True):
    """An answer."""


class Started(_Reply, frozen=True):
    """The client is ready: who it is, and what it can be asked to do. Answers start."""

    version: Annotated[Literal[1], Meta(description="The version of this protocol that the adapter speaks.")]
    client: ClientIdentity
    capabilities: Annotated[
        tuple[Capability, ...], Meta(description="What the client can do and the adapter can tell; a closed list.")
    ]
    left_to_caller: Annotated[
        tuple[str, ...],
        Meta(description="What a library leaves to its caller and the adapter does not do for it, such as state."),
    ] = ()


class Begun(_Reply, frozen=True):
    """A login was begun and waits for its landing. Answers begin."""

    url: Annotated[str, Meta(min_length=1, description="The authorization URL to which the user agent is sent.")]


class Reported(_Reply, frozen=True, tag="outcome"):
    """What became of a step, in the client's own words. Answers land, refresh and call_api; also begin, if refused."""

    kind: Annotated[
        Literal["signed_in", "refused", "error"],
        Meta(
            description="The session holds an access token that serves; or the client refused what it was given; or "
            "the client failed in a way that it does not mean as a refusal, such as an exception of no declared kind."
        ),
    ]
    reason: Annotated[str | None, Meta(description="The client's own stable code for a refusal or an error.")] = None
    detail: Text | None = None
    granted_scope: Annotated[
        str | None, Meta(description="The scope that the client believes to have been granted.")
    ] = None
    expires_at: Annotated[
        float | None, Meta(description="When the client believes the access token to expire, in seconds since 1970.")
    ] = None
    token_type: Annotated[str | None, Meta(description="The token type as the client keeps it.")] = None
    access_token_fingerprint: Fingerprint | None = None
    refresh_token_fingerprint: Fingerprint | None = None


class Moved(_Reply, frozen=True):
    """The clock of the client was moved. Answers move_clock."""


class Unsupported(_Reply, frozen=True):
    """The client cannot be asked to do this. Answers what was asked for without its capability."""

    detail: Text | None = None


class Failed(_Reply, frozen=True):
    """The adapter itself could not carry out the request. Answers anything; it is no verdict on the client."""

    detail: Text


Request = Start | Begin | Land | Refresh | CallApi | MoveClock | Stop
Reply = Started | Begun | Reported | Moved | Unsupported | Failed

ANSWERS: dict[str, tuple[type[Struct], ...]] = {
    "start": (Started, Failed),
    "begin": (Begun, Reported, Failed),
    "land": (Reported, Failed),
    "refresh": (Reported, Unsupported, Failed),
    "call_api": (Reported, Unsupported, Failed),
    "move_clock": (Moved, Unsupported, Failed),
    "stop": (),
}

NEXT_STEPS = {
    "ADAPTER_NOT_FOUND": "Check the path of the command; every argument is a word of its own, nothing is split.",
    "ADAPTER_CANNOT_RUN": "Make it executable, or put its interpreter first.",
    "ADAPTER_EXITED": "Read what it wrote to stderr; an adapter ends only after `stop` or at the end of its stdin.",
    "ADAPTER_SILENT": "Flush stdout after each line; answer `failed` where a request cannot be carried out.",
    "ADAPTER_FAILED": "Look for the text in the adapter; the client has not been judged.",
    "ADAPTER_STOPPED": "Nothing is wrong with the adapter: the run was stopping it.",
    "STDOUT_CLOSED": "Keep stdout open until `stop`.",
    "STDOUT_NOISE": "Keep stdout for answers; print to stderr, which is captured.",
    "NOT_JSON": "Write each answer with a JSON library, as one line of UTF-8, and end it with a line feed.",
    "NOT_AN_OBJECT": "Write one JSON object per line.",
    "LINE_TOO_LONG": "End each answer with a line feed, and keep it short.",
    "UNKNOWN_MESSAGE": "Answer with started, begun, outcome, moved, unsupported or failed.",
    "SCHEMA": "Compare the answer with its schema in scenarios/drivers/schemas.",
    "WRONG_REPLY": "Answer start with started, begin with begun, the others with outcome; or any with failed.",
    "WRONG_SEQ": "Copy `seq` from the request into its answer.",
    "ANSWERED_TWICE": "Write one line for each request, with the `seq` of that request.",
    "UNASKED": "Write nothing but answers to requests.",
    "WRONG_VERSION": f"Speak version {VERSION}, or use the release of oauthspec that speaks the adapter's version.",
    "CAPABILITY_OF_ANOTHER_SEAT": "Declare what these messages can carry; test the rest as a web app.",
    "UNSUPPORTED": "Declare the capability if the client can do this, and take it back if it cannot.",
    "BEGIN_REFUSED": "Read the reason; every login begins with an authorization URL.",
}
"""Every code of this seat, with what helps."""


# Writing and reading.


def encode(request: Request) -> bytes:
    """A request as a line."""
    return msgspec.json.encode(request) + b"\n"


class Fault(Struct, frozen=True):
    """A line that is no answer: a code of `NEXT_STEPS`, what is wrong, and the `seq` that it names, if it does."""

    code: str
    cause: str
    seq: int | None = None


_JSON = msgspec.json.Decoder()
_REPLIES: dict[str, type[Reply]] = {str(kind.__struct_config__.tag): kind for kind in get_args(Reply)}
_TEXT = re.compile(rb"[\t\x20-\x7e\x80-\xff]+\r?")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def read_reply(line: bytes, hide: Iterable[str] = ()) -> Reply | Fault:
    """Read one line, whatever it is; the values in `hide` are shown in no fault."""
    try:
        content = _JSON.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return _unreadable(line, error, hide)
    if not isinstance(content, dict):
        return Fault("NOT_AN_OBJECT", f"A line is JSON, but no object: {shown(line, hide)}.")
    seq = content.get("seq")
    try:
        return _reply(content, seq if type(seq) is int else None, hide)
    except msgspec.ValidationError as error:
        where = str(error).replace("`$.", "`").replace(" - at `$`", "")
        cause = f"An answer does not fit its schema: {shown(where, hide)}. The line: {shown(line, hide)}."
        return Fault("SCHEMA", cause, seq if type(seq) is int else None)


def _reply(content: dict[str, Any], seq: int | None, hide: Iterable[str]) -> Reply | Fault:
    name = content.get("message")
    if not isinstance(name, str):
        absent = "Object missing required field `message`"
        raise msgspec.ValidationError("Expected `str` - at `$.message`" if "message" in content else absent)
    if name not in _REPLIES:
        return Fault("UNKNOWN_MESSAGE", f"No answer is called {shown(name, hide)}.", seq)
    version = content.get("version", VERSION)
    if name == "started" and type(version) is int and version != VERSION:
        return Fault("WRONG_VERSION", f"The adapter speaks version {shown(str(version))}, not {VERSION}.", seq)
    reply: Reply = msgspec.convert(content, _REPLIES[name])
    return reply


def _unreadable(line: bytes, error: Exception, hide: Iterable[str]) -> Fault:
    """Tell text that was never meant for us from an answer that went wrong."""
    meant = line.lstrip().startswith((b"{", _BYTE_ORDER_MARK))
    if not meant and not isinstance(error, UnicodeDecodeError) and _TEXT.fullmatch(line):
        return Fault("STDOUT_NOISE", f"Something else than an answer is on stdout: {shown(line, hide)}.")
    why = "it is nested too deeply" if isinstance(error, RecursionError) else shown(str(error), hide)
    return Fault("NOT_JSON", f"A line is not JSON ({why}): {shown(line, hide)}.")


class Lines:
    """Cuts a stream of bytes into lines; blank ones are left out, for they say nothing."""

    def __init__(self, longest: int = LONGEST_LINE) -> None:
        self._longest = longest
        self._rest = bytearray()

    @property
    def begun(self) -> bytes:
        """The line that is not ended yet."""
        return bytes(self._rest)

    def feed(self, octets: bytes) -> list[bytes | Fault]:
        """The lines that are whole now. A `Fault` ends the stream: where the next line begins is not known."""
        lines: list[bytes | Fault] = []
        *ended, rest = octets.split(b"\n")
        for piece in ended:
            self._rest += piece
            if len(self._rest) > self._longest:
                return [*lines, self._too_long()]
            if self._rest.strip():
                lines.append(bytes(self._rest))
            self._rest.clear()
        self._rest += rest
        return [*lines, self._too_long()] if len(self._rest) > self._longest else lines

    def _too_long(self) -> Fault:
        cause = f"A line is longer than {self._longest} octets; it begins with {shown(self.begun)}."
        return Fault("LINE_TOO_LONG", cause)


# Showing.

_LONGEST_SHOWN = 200
_LONGEST_READ = 8192
_NAMED = re.compile(
    rf"""\b((?:{"|".join(sorted(SECRET_PARAMETERS))})\w*)(["']?\s*[:=]\s*["']?)([^\s"'&,;{{}}]+)""", re.IGNORECASE
)
_CREDENTIALS = re.compile(r"\b(Bearer|Basic)(\s+)([^\s\"',;]+)")
_RANDOM = re.compile(r"[A-Za-z0-9_~+=-]{20,}")


def shown(text: bytes | str, hide: Iterable[str] = ()) -> str:
    """A stranger's text as it may stand in a report: bounded, in printable ASCII, without anything like a secret."""
    if isinstance(text, bytes):
        text = text[:_LONGEST_READ].decode("utf-8", "backslashreplace")
    text = text[:_LONGEST_READ]
    for secret in sorted(filter(None, hide), key=len, reverse=True):
        text = text.replace(secret, mark(secret))
    text = _NAMED.sub(_marked, _CREDENTIALS.sub(_marked, text))
    # Long words and names of members have no digits; of tokens of this length hardly any has none.
    text = _RANDOM.sub(lambda found: mark(found[0]) if re.search(r"\d", found[0]) else found[0], text)
    text = "".join(c if " " <= c <= "~" else c.encode("unicode_escape").decode() for c in text.strip())
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}..."


def _marked(found: re.Match[str]) -> str:
    """Mark a value, unless it stands in a sentence (`a code: none was there`) or is marked already."""
    name, between, value = found.groups()
    told = between.strip() == ":" and not re.search(r"\d", value)
    return f"{name}{between}{value if told or value.startswith('[') else mark(value)}"


# The schemas.

SCHEMAS = Path(__file__).with_name("schemas")


def schemas() -> dict[str, str]:
    """The text of each file in `schemas/`, by its name."""
    kinds: tuple[type[Struct], ...] = (*get_args(Request), *get_args(Reply))
    return {f"{kind.__struct_config__.tag}.json": _schema(kind) for kind in kinds}


def _schema(kind: type[Struct]) -> str:
    (_, parts), name = msgspec.json.schema_components([kind], ref_template="#/$defs/{name}"), kind.__name__
    schema = parts.pop(name)
    schema["title"] = kind.__struct_config__.tag
    schema["properties"]["message"]["description"] = "The name of the message."
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return json.dumps({**head, **schema, **({"$defs": parts} if parts else {})}, indent=2) + "\n"


if __name__ == "__main__":
    for file, text in schemas().items():
        (SCHEMAS / file).write_text(text)
