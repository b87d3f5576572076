"""Why nobody gets in: from what a plain login left behind to a stable code, the cause and the next step.

`oauthspec doctor` and `oauthspec run` say the same, for this is the one place that knows. The most telling evidence
comes first: what the server was asked for, then what the browser met, then what the application wrote.
"""

from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import msgspec

from mock_server.protocol.form import unquote
from mock_server.protocol.records import App
from mock_server.transcript import Entry, Exchange
from scenarios.checks.login import basic, body, query
from scenarios.complaints import insists_on_https, missing_setting, talks_elsewhere, template_for
from scenarios.model.assignment import Assignment
from scenarios.model.outcome import Outcome


class Diagnosis(msgspec.Struct, frozen=True):
    """What is wrong: a stable code, the cause and the next step."""

    code: str
    cause: str
    next_step: str

    def __str__(self) -> str:
        return f"{self.code}: {self.cause} {self.next_step}"


class Attempt(msgspec.Struct, frozen=True):
    """A plain login, as far as it came."""

    seat: str
    app: App
    assignment: Assignment
    entries: tuple[Entry, ...] = ()
    # What the seat itself said of a step that could not be driven.
    said: Diagnosis | None = None
    # Its process was gone.
    died: bool = False
    outcome: Outcome | None = None
    # Method and path of what came to the mock where nothing is.
    misdirected: tuple[tuple[str, str], ...] = ()
    # What the client said as it broke a handshake off, where it did.
    broken_off: str | None = None
    # What the application wrote last, and the cookies of the browser when it landed, where there are such things.
    wrote: str = ""
    brought: tuple[str, ...] = ()
    withheld: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()

    @property
    def is_web(self) -> bool:
        """True where a browser saw it."""
        return self.seat == "web app"

    def at(self, endpoint: str) -> list[Exchange]:
        """What came to an endpoint, or to none (`other`)."""
        return [e for e in self.entries if isinstance(e, Exchange) and e.endpoint == endpoint]

    def told(self, field: str) -> str:
        """How a client is told something, as the end of `Have it take that from`."""
        if self.is_web:
            return f"{field.upper()} (or from another variable: --env NAME={{{field}}})"
        return f"`{_MEMBERS.get(field, field)}` of its assignment"

    @property
    def shown(self) -> str:
        """All that it has said, on pages and in its output."""
        page = self.outcome.pages[-1].text[:_READ] if self.outcome and self.outcome.pages else ""
        said = self.outcome.detail if self.outcome else ""
        return "\n".join((page, said, self.said.cause if self.said else "", self.wrote))


_MEMBERS = {"authorize_url": "authorization_endpoint", "token_url": "token_endpoint"}
_READ = 16 * 1024
_LOGIN = frozenset({"LOGIN_FAILED", "BEGIN_RAISED", "EXITED_AT_ONCE", "ADAPTER_FAILED", "FACTORY_RAISED"})
UNFORGIVABLE = frozenset(
    {"WRONG_CLIENT_ID", "REDIRECT_URI_NOT_REGISTERED", "SCOPE_NOT_REGISTERED", "WRONG_SECRET", "NO_SECRET"}
)
"""What no leniency of the server helps against."""


def diagnose(attempt: Attempt) -> Diagnosis:
    """Why a plain login did not work."""
    found = (diagnosis for step in _STEPS for diagnosis in step(attempt))
    return next(found, None) or attempt.said or Diagnosis("CANNOT_LOG_IN", _unexplained(attempt), _SERVE)


def of_trouble(said: Diagnosis) -> Diagnosis:
    """What lies behind the trouble that a seat names: its own words, unless the application's output says more."""
    if said.code in _LOGIN:
        return next(_from_output(said.cause, said.cause), said)
    return said


# What the server was asked for.


def _authorization(attempt: Attempt) -> Iterator[Diagnosis]:
    for exchange in attempt.at("authorization"):
        if not exchange.error:
            continue
        sent, app = query(exchange), attempt.app
        if (client_id := sent.get("client_id")) != app.client_id:
            yield _wrong_client_id(attempt, client_id)
        if (uri := sent.get("redirect_uri")) not in app.redirect_uris:
            cause = f"The login sends the redirect_uri {uri!r}, and {app.redirect_uris[0]!r} is registered."
            yield Diagnosis("REDIRECT_URI_NOT_REGISTERED", cause, _other_uri(attempt, uri))
        if exchange.error == "invalid_scope":
            cause = f"The login asks for the scope {sent.get('scope')!r}, and {' '.join(app.scopes)!r} is registered."
            yield Diagnosis("SCOPE_NOT_REGISTERED", cause, f"Have it take the scope from {attempt.told('scope')}.")
        cause = f"The server refuses the authorization request: {exchange.error}: {exchange.explanation}"
        yield Diagnosis("AUTHORIZATION_REFUSED", cause, _SERVE)


def _wrong_client_id(attempt: Attempt, client_id: str) -> Diagnosis:
    sent = f"the client_id {client_id!r}" if client_id else "no client_id"
    cause = f"The client sends {sent}, and {attempt.app.client_id!r} is registered."
    return Diagnosis("WRONG_CLIENT_ID", cause, f"Have it take the id from {attempt.told('client_id')}.")


def _other_uri(attempt: Attempt, uri: str) -> str:
    advice = f"Have it take the redirect URI from {attempt.told('redirect_uri')}"
    try:
        sent, wanted = urlsplit(uri), urlsplit(attempt.app.redirect_uris[0])
    except ValueError:
        return f"{advice}."
    if attempt.is_web and sent.path != wanted.path and sent.path:
        return f"{advice}, or name its own path: --callback {sent.path}."
    if attempt.is_web and sent.hostname != wanted.hostname and sent.hostname:
        return f"{advice}, or name its own host: --host {sent.hostname}."
    return f"{advice}."


def _token(attempt: Attempt) -> Iterator[Diagnosis]:
    for exchange in attempt.at("token"):
        if exchange.error:
            yield of_refusal(attempt, exchange)


def of_refusal(attempt: Attempt, exchange: Exchange) -> Diagnosis:
    """Why the server refused a token request, and what to do about it."""
    form, pair, app = body(exchange), basic(exchange), attempt.app
    client_id = pair[0] if pair else form.get("client_id")
    secret = pair[1] if pair else form.get("client_secret")
    says = f"{exchange.error}: {exchange.explanation}"
    if app.is_public and (pair or form.get("client_secret")):
        cause = "It is registered as a PKCE app, which has no secret, and it authenticates all the same."
        advice = "Run it with --app-kind basic, or let it send its client_id alone."
        return Diagnosis("PKCE_APP_AUTHENTICATES", cause, advice)
    if client_id != app.client_id and exchange.error == "invalid_client":
        return _wrong_client_id(attempt, client_id)
    if not app.is_public and not secret:
        cause = f"It is registered as a Basic app, and its token request has no secret. {says}"
        return Diagnosis("NO_SECRET", cause, "Run it with --app-kind pkce if it is one; else let it send Basic.")
    if not app.is_public and app.client_secret not in (secret, unquote(secret)) and exchange.error == "invalid_client":
        cause = "The secret in its token request is not the one that it was given."
        return Diagnosis("WRONG_SECRET", cause, f"Have it take the secret from {attempt.told('client_secret')}.")
    if form.get("client_secret") and not pair:
        cause = "It sends its secret in the body, and Frame.io wants it in an Authorization: Basic header."
        return Diagnosis("SECRET_IN_BODY", cause, "Tell its OAuth library to authenticate by `client_secret_basic`.")
    return Diagnosis("TOKEN_REQUEST_REFUSED", f"The server refuses its token request: {says}", _SERVE)


def _handshake(attempt: Attempt) -> Iterator[Diagnosis]:
    if attempt.broken_off is not None and not attempt.at("token"):
        cause = "The client breaks the handshake off: it does not trust the authority that it was told of"
        advice = "See docs/tls.md for where it looks for one; without --tls it is judged over http."
        yield Diagnosis("CA_NOT_TRUSTED", f"{cause} ({attempt.broken_off}).", advice)


def _wrong_path(attempt: Attempt) -> Iterator[Diagnosis]:
    if attempt.at("token"):
        return
    for method, path in attempt.misdirected:
        wanted = attempt.assignment.token_endpoint
        if method == "POST":
            cause = f"It sends its token request to the mock's {path!r}, where there is nothing; {wanted} is meant."
            yield Diagnosis("TOKEN_URL_WRONG", cause, f"Have it take the URL from {attempt.told('token_url')}.")


# What the browser met.


def _landing(attempt: Attempt) -> Iterator[Diagnosis]:
    outcome, asked = attempt.outcome, bool(attempt.at("token"))
    if outcome is None:
        return
    if outcome.kind == "hung":
        cause = f"The application did not answer the callback. {outcome.detail}{attempt.wrote}"
        yield Diagnosis("CALLBACK_HUNG", cause, "See what it waits for; it has to serve while it talks to the mock.")
    if outcome.kind == "crashed":
        cause = f"The application broke at the callback. {outcome.detail}{attempt.wrote}"
        yield Diagnosis("CALLBACK_CRASHED", cause, "See its output.")
    first = outcome.pages[0] if outcome.pages else None
    if first is not None and not asked and first.status in (404, 405):
        path = urlsplit(first.url).path
        cause = f"The application answers its callback, {path}, with {first.status}."
        yield Diagnosis("CALLBACK_NOT_FOUND", cause, "Name the path of its redirection endpoint with --callback.")
    if not asked:
        yield from _cookies(attempt)


def _cookies(attempt: Attempt) -> Iterator[Diagnosis]:
    outcome = attempt.outcome
    if attempt.brought or outcome is None or not outcome.pages or insists_on_https(attempt.shown):
        return
    if attempt.withheld:
        cause = f"Its cookie {attempt.withheld[0]!r} is SameSite=Strict: browsers withhold it from the callback."
        yield Diagnosis("SESSION_COOKIE_WITHHELD", cause, "Make it SameSite=Lax: the callback comes from another site.")
    elif attempt.refused:
        cause = f"Browsers refuse the cookie {attempt.refused[0]!r} that its login sets."
        yield Diagnosis("SESSION_COOKIE_REFUSED", cause, "Look at its Domain, its prefix, its SameSite and Secure.")
    elif outcome.pages[0].status >= 400:
        cause = f"Its login set no cookie, and its callback answers {outcome.pages[0].status} without a token request."
        advice = "Let it set its session cookie over http too: `secure` cookies are often not even sent there."
        yield Diagnosis("SESSION_NOT_KEPT", cause, advice)


def _signal(attempt: Attempt) -> Iterator[Diagnosis]:
    outcome = attempt.outcome
    if outcome is None or outcome.kind != "refused" or not any(e.sent.status == 200 for e in attempt.at("token")):
        return
    broke = bool(outcome.pages) and outcome.pages[0].status >= 400
    if outcome.evidence == "probe" and not broke:
        cause = f"The login got its tokens, and the probe says that nobody is signed in. {outcome.detail}"
        yield Diagnosis("PROBE_NEVER_HOLDS", cause, "Give --signed-in what a signed-in browser gets, as in a browser.")
    elif outcome.evidence == "adapter":
        why = outcome.reason or outcome.detail or "no reason named"
        cause = f"The client got a good token answer and refused it: {why}"
        yield Diagnosis("TOKENS_REFUSED", cause, "See what it misses: the mock sends what Frame.io sends.")
    else:
        cause = f"The login got its tokens, and then the application failed. {outcome.detail}{attempt.wrote}"
        yield Diagnosis("CALLBACK_FAILED", cause, "See its output.")


# What it wrote.


def _from_output(text: str, cause: str) -> Iterator[Diagnosis]:
    if name := missing_setting(text):
        if name == "CLIENT_SECRET":
            advice = "A PKCE app is given no secret: run it with --app-kind basic if it needs one."
            yield Diagnosis("SETTING_MISSING", f"The application misses {name}. {cause}", advice)
        advice = f"Give it what it reads: --env {name}={template_for(name)}."
        yield Diagnosis("SETTING_MISSING", f"The application misses {name}. {cause}", advice)
    if line := insists_on_https(text):
        yield Diagnosis("HTTPS_INSISTED", f"The application, or its library, refuses plain http: {line}", _HTTPS)


def _complaints(attempt: Attempt) -> Iterator[Diagnosis]:
    if attempt.at("token"):
        return
    if attempt.said is None or attempt.said.code in _LOGIN:
        cause = attempt.said.cause if attempt.said else attempt.wrote.strip() or attempt.shown.strip()[-_SAID:]
        yield from _from_output(attempt.shown, cause)
    if attempt.said is not None or attempt.outcome is None:
        return
    if line := talks_elsewhere(attempt.shown):
        cause = f"No token request came; the application could not reach whom it asked: {line}"
        wanted = attempt.assignment.token_endpoint
        yield Diagnosis("TOKEN_REQUEST_ELSEWHERE", cause, f"Have it take {wanted} from {attempt.told('token_url')}.")
    cause = f"The callback was opened, and no token request came. {_last_word(attempt)}"
    advice = f"See its output. Its token endpoint has to come from {attempt.told('token_url')}."
    yield Diagnosis("NO_TOKEN_REQUEST", cause, advice)


def _last_word(attempt: Attempt) -> str:
    outcome = attempt.outcome
    said = f"{outcome.reason} {outcome.detail}".strip() if outcome else ""
    return f"{said}{attempt.wrote}".strip()


def _unexplained(attempt: Attempt) -> str:
    return f"A plain login does not work. {_last_word(attempt)}".rstrip()


_SAID = 300
_SERVE = "Make a plain login work first: `oauthspec serve` says what it lacks."
_HTTPS = "Run it with --tls, or turn that off for tests, as with --env OAUTHLIB_INSECURE_TRANSPORT=1."
_STEPS: tuple[Callable[[Attempt], Iterator[Diagnosis]], ...] = (
    _authorization,
    _token,
    _handshake,
    _wrong_path,
    _landing,
    _signal,
    _complaints,
)
