"""What the control API takes and gives, as types; the OpenAPI document is made from them."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from mock_server.findings import Finding
from mock_server.protocol.vocabulary import Endpoint
from mock_server.web.journal import Outcome
from mock_server.web.written import ChangesDocument

Seconds = Annotated[float, Meta(ge=0, le=60)]
Identifier = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"^[\x21-\x7e]+$")]
Text = Annotated[str, Meta(max_length=1000)]
Header = tuple[str, str]


class HealthDocument(msgspec.Struct):
    """That the mock is there, and how much it holds."""

    status: Literal["ok"]
    mock: bool
    version: str
    provider: str
    issuer: str
    apps: int
    flows: int
    grants: int
    entries: int


class AppDocument(msgspec.Struct):
    """A registered app, with the lines for its `.env`; a PKCE app has no secret."""

    client_id: str
    name: str
    redirect_uris: list[str]
    scopes: list[str]
    pkce: bool
    client_secret: str | None
    env: dict[str, str]


class AppsDocument(msgspec.Struct):
    """Every registered app."""

    apps: list[AppDocument]


class NewApp(msgspec.Struct, forbid_unknown_fields=True):
    """An app to register; the same name gives the same id and secret every time, unless they are given here."""

    name: Annotated[str, Meta(min_length=1, max_length=100)]
    redirect_uris: list[Text] = []
    scopes: list[Text] = []
    pkce: bool = False
    client_id: Text = ""
    client_secret: Text = ""


class FlowDocument(msgspec.Struct):
    """A flow, what is changed for it, and who signed in; `header` is what an authorization request names it by."""

    identifier: str
    changes: ChangesDocument
    email: str
    header: str


class FlowsDocument(msgspec.Struct):
    """The newest flows, and how many there are."""

    flows: list[FlowDocument]
    total: int


class NewFlow(msgspec.Struct, forbid_unknown_fields=True):
    """A flow to open; with `next_login` the next login that names no flow is this one."""

    identifier: Identifier | None = None
    changes: ChangesDocument = msgspec.field(default_factory=ChangesDocument)
    next_login: bool = False


class OwnerDocument(msgspec.Struct, forbid_unknown_fields=True):
    """What the resource owner decides where a flow does not say otherwise, and who it is if nobody signs in."""

    decision: Literal["ask", "allow", "deny", "deny_by_server"] = "ask"
    scopes: list[Text] | None = None
    error: Text | None = None
    error_description: Text | None = None
    email: Annotated[str, Meta(pattern=r"^[^\s@]+@[^\s@]+$", max_length=254)] = "jane@frame.io"
    name: Text = "Jane Doe"


class ProviderChoice(msgspec.Struct, forbid_unknown_fields=True):
    """How the server behaves for flows that begin from now on."""

    name: Text = "frameio"
    variation: dict[str, Any] = {}
    leniencies: list[Text] = []


class ProviderDocument(msgspec.Struct):
    """How the server behaves: every point of the provider."""

    name: str
    points: dict[str, Any]


class Step(msgspec.Struct, forbid_unknown_fields=True):
    """Time to let pass, in seconds; for one flow, or for all."""

    seconds: Annotated[float, Meta(ge=0, le=3_153_600_000)]
    flow: str | None = None


class MessageDocument(msgspec.Struct):
    """A request; header names and values and the target as received."""

    method: str
    target: str
    headers: list[Header]
    body: str


class AnswerDocument(msgspec.Struct):
    """An answer."""

    status: int
    headers: list[Header]
    body: str


class EntryDocument(msgspec.Struct, omit_defaults=True):
    """An exchange, or an event such as `undelivered`; `right` stands beside `sent` only where they differ."""

    number: int
    at: float
    kind: str
    flow: str
    detail: dict[str, Any] = {}
    client_id: str = ""
    endpoint: Endpoint | None = None
    attributed_by: str = ""
    request: MessageDocument | None = None
    sent: AnswerDocument | None = None
    right: AnswerDocument | None = None
    strict: AnswerDocument | None = None
    changes: list[str] = []
    error: str = ""
    explanation: str = ""
    clause: str = ""
    outcomes: list[Outcome] = []
    findings: list[Finding] = []
    curl: str = ""


class JournalDocument(msgspec.Struct):
    """A part of the journal, oldest first; `last` is what to give as `after` to go on."""

    entries: list[EntryDocument]
    last: int
    more: bool


class JournalQuery(msgspec.Struct, forbid_unknown_fields=True):
    """Which entries; with `wait`, the answer comes when there is one, or when so many seconds have passed."""

    after: Annotated[int, Meta(ge=0)] = 0
    limit: Annotated[int, Meta(ge=1, le=1000)] = 100
    wait: Seconds = 0.0
    flow: str | None = None
    app: str | None = None
    endpoint: Endpoint | None = None
    outcome: Outcome | None = None
    reveal: bool = False


class ExchangeQuery(msgspec.Struct, forbid_unknown_fields=True):
    """Whether secrets are shown."""

    reveal: bool = False


class ArgumentDocument(msgspec.Struct):
    """An argument of a change, in the order in which it is given."""

    name: str
    type: str
    default: Any = None
    required: bool = False


class ChangeDocument(msgspec.Struct):
    """A change that can be named."""

    name: str
    text: str
    arguments: list[ArgumentDocument]


class NamesDocument(msgspec.Struct):
    """Every change that can be named: in Python, here, and on the consent page."""

    deviations: list[ChangeDocument]
    deliveries: list[ChangeDocument]
    leniencies: dict[str, str]
    variation: dict[str, Any]
