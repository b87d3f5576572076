"""What is wrong with what a client did: pure functions from the evidence of one step to violations.

Evidence is what the server saw, and what the client says of itself. A page that merely looks like a good login's is no
evidence here: where nothing stronger is at hand, the requests alone are judged.
"""

from collections.abc import Iterator, Mapping, Sequence, Set

import msgspec

from mock_server.protocol.pkce import s256
from mock_server.protocol.resource import bearer_token
from mock_server.transcript import Answer, Exchange
from scenarios.checks.login import body
from scenarios.fuzzing import invariants, token_invariants
from scenarios.fuzzing.mutations import CANARY
from scenarios.fuzzing.reading import Label, Read, is_code, members_of, read_answer
from scenarios.fuzzing.violation import Violation
from scenarios.model.outcome import Outcome

_FIELDS = frozenset(
    {"grant_type", "code", "redirect_uri", "client_id", "client_secret", "code_verifier", "scope", "resource", "state"}
)
_REFRESH_FIELDS = frozenset(
    {"grant_type", "refresh_token", "scope", "client_id", "client_secret", "client_assertion", "client_assertion_type"}
)
# The highest default of an HTTP client known to us is 30.
_MOST_HOPS = 50
# A call, a refresh, and the call once more; another of each is forgiven.
_MOST_CALLS = 3
_STATE: Mapping[str, type[Violation]] = {
    "state-missing": invariants.StateMissing,
    "state-altered": invariants.StateAltered,
    "state-foreign": invariants.StateForeign,
    "state-used": invariants.StateUsedAgain,
    "error": invariants.ErrorOverlooked,
    "code-missing": invariants.CodeMissing,
    "repeated": invariants.ParameterRepeated,
}
_ANSWER: Mapping[str, type[Violation]] = {
    "status-2xx": token_invariants.OtherSuccess,
    "error-under-200": token_invariants.ErrorTaken,
    "token-type-missing": token_invariants.TypeUnknown,
    "token-type-unknown": token_invariants.TypeUnknown,
    "media-type": token_invariants.MediaTypeIgnored,
    "member-repeated": token_invariants.MemberRepeated,
}


class Held(msgspec.Struct):
    """What a session holds, as far as anybody can tell; a refresh token of nothing is not known."""

    signed_in: bool = False
    access_token: str = ""
    # "" for none, nothing for not known.
    refresh_token: str | None = None
    # Tokens of answers that are no success, with what is wrong with them.
    poisoned: dict[str, Label] = {}
    outage: bool = False
    # What the login's answer granted; nothing where that is not known.
    scope: str | None = None


class Landed(msgspec.Struct, frozen=True):
    """The evidence of one landing."""

    read: Read
    outcome: Outcome
    window: tuple[Exchange, ...]
    asked_scope: str = ""
    challenge: str = ""
    signed_in_before: bool = False
    # A landing with a wrong state came since the login began.
    forged_before: bool = False
    state_is_callers: bool = False
    now: float = 0.0

    @property
    def posts(self) -> tuple[Exchange, ...]:
        """Token requests."""
        return tuple(e for e in self.window if e.endpoint == "token")

    @property
    def taken(self) -> bool:
        """True where the client counts as signed in by this landing, on evidence that leaves no doubt."""
        if self.outcome.kind != "signed_in":
            return False
        return self.outcome.evidence == "adapter" or (
            self.outcome.evidence in ("probe", "api") and not self.signed_in_before
        )

    @property
    def refused(self) -> bool:
        """True where the client itself, or a probe, says that it was refused."""
        return self.outcome.kind == "refused" and self.outcome.evidence in ("adapter", "probe")


def numbers(exchanges: Sequence[Exchange]) -> tuple[int, ...]:
    """The numbers of some exchanges."""
    return tuple(exchange.number for exchange in exchanges)


def judge_landing(landed: Landed) -> Iterator[Violation]:
    """What is wrong with a landing; the first is the one that says most."""
    yield from _ended(landed.outcome)
    yield from _requests(landed)
    word = landed.read.label.word
    if word in _STATE and landed.read.label.kind == "invalid":
        if not (word.startswith("state-") and landed.state_is_callers):
            yield from _must_refuse(landed, _STATE[word])
        return
    if word == "elsewhere" and landed.posts:
        yield invariants.AnotherPlace("the code was sent to the token endpoint", numbers(landed.posts))
    yield from _code(landed)
    if word == "code-foreign":
        granted = [e for e in landed.posts if e.right.status == 200]
        if granted or landed.taken:
            yield invariants.CodeInjected("another session's code was redeemed in this one", numbers(granted))
    mixed = list(_verifier(landed)) if landed.read.label.kind == "valid" or word == "older-login" else []
    yield from mixed
    if landed.read.label.kind == "valid" and not mixed:
        yield from _must_take(landed)
    if landed.posts and landed.posts[-1].right.status == 200 and word != "code-foreign":
        yield from judge_answer(read_answer(landed.posts[-1].sent), landed)
    elif landed.taken and not landed.posts and word not in ("presented-before", "no-state", "older-login"):
        yield token_invariants.InvalidTaken("it says that it is signed in, and no token was issued")


def _ended(outcome: Outcome) -> Iterator[Violation]:
    if outcome.kind == "hung":
        yield invariants.Hung(outcome.detail or "no answer came")
    elif outcome.kind == "crashed":
        yield invariants.Died(outcome.detail or "it died")


def _requests(landed: Landed) -> Iterator[Violation]:
    """What no landing may lead to, whatever it holds."""
    redirected = [post for post in landed.posts if post.sent.status // 100 == 3]
    if len(redirected) > _MOST_HOPS:
        seen = f"{len(redirected)} token requests were redirected to where they came from"
        yield token_invariants.RedirectedInCircles(seen, numbers(redirected[:2]))
    fetched = [e for e in landed.window if CANARY in e.request.query]
    if fetched:
        yield invariants.ErrorUriFetched("the client sent a request to an address from the URL", numbers(fetched))
    for post in landed.posts:
        form = body(post)
        grant = form.get("grant_type")
        if grant not in ("authorization_code", "refresh_token", ""):
            yield invariants.OtherGrant(f"a token request with grant_type {grant!r}", (post.number,))
        names = sorted({name for name, _ in form.pairs} & set(landed.read.unknown) - _FIELDS)
        if names:
            yield invariants.Forwarded(f"the token request carries {names[0]} of the URL", (post.number,))


def _must_refuse(landed: Landed, kind: type[Violation]) -> Iterator[Violation]:
    if landed.taken and not landed.posts and "access_token" in landed.read.unknown:
        yield invariants.TokenInCallback("it is signed in with a token from the URL")
    elif landed.posts:
        code = body(landed.posts[0]).get("code")
        what = "with the code of the URL" if code else "with an empty code, or none"
        signed_in = ", and it is signed in" if landed.taken else ""
        yield kind(f"a token request was sent {what}{signed_in}", numbers(landed.posts))
    elif landed.taken:
        yield kind("it is signed in")


def _code(landed: Landed) -> Iterator[Violation]:
    """The code that is posted is the one that was delivered."""
    delivered = landed.read.code
    if not is_code(delivered) or landed.read.label.word == "repeated":
        return
    for post in landed.posts:
        sent = body(post).get("code")
        if sent != delivered and body(post).get("grant_type") == "authorization_code":
            seen = f"a code of {len(delivered)} characters was delivered, and another one of {len(sent)} was sent"
            yield invariants.CodeChanged(seen, (post.number,))


def _verifier(landed: Landed) -> Iterator[Violation]:
    """The verifier is the one of this login, also where the browser has begun another since."""
    verifiers = [body(post).get("code_verifier") for post in landed.posts[:1]]
    if landed.challenge and verifiers and landed.challenge not in (s256(verifiers[0]), verifiers[0]):
        kind = invariants.ForgedEndsLogin if landed.forged_before else invariants.VerifierOfAnother
        yield kind("the verifier does not match this login's challenge", numbers(landed.posts[:1]))


def _must_take(landed: Landed) -> Iterator[Violation]:
    posts = landed.posts
    if any(post.right.status == 200 for post in posts):
        return
    kind = invariants.ForgedEndsLogin if landed.forged_before else invariants.GenuineRefused
    said = landed.outcome.reason or landed.outcome.detail[:120]
    if not posts:
        yield kind("no token request came" + (f": {said}" if said else ""))
    else:
        yield kind(f"the server refused the token request: {posts[-1].error}", numbers(posts))


def judge_answer(label: Label, landed: Landed) -> Iterator[Violation]:
    """What is wrong with how a token answer was taken, the login's or a refresh's."""
    post = landed.posts[-1]
    if label.kind == "invalid":
        if landed.taken:
            yield _taken(label)(f"the answer is no success ({label.word}), and it was taken for one", (post.number,))
        return
    if label.kind == "valid" and landed.refused:
        said = landed.outcome.reason or landed.outcome.detail[:120]
        yield token_invariants.ValidRefused(f"a good answer was refused: {said}", (post.number,))
        return
    if landed.taken:
        yield from _declared(label, landed, post)


def _taken(label: Label) -> type[Violation]:
    default = token_invariants.StatusIgnored if label.word.startswith("status-") else token_invariants.InvalidTaken
    return _ANSWER.get(label.word, default)


def _declared(label: Label, landed: Landed, post: Exchange) -> Iterator[Violation]:
    """What the client says that it holds, against what it was sent."""
    members, outcome = members_of(post.sent), landed.outcome
    if members is None:  # in another encoding: whoever has read it knows more than this oracle
        return
    scope = members.get("scope", landed.asked_scope)
    if outcome.granted_scope is not None and isinstance(scope, str) and label.word in ("token-answer", "scope-empty"):
        believed, granted = set(outcome.granted_scope.split()), set(scope.split())
        if believed != granted and (believed or granted):
            seen = f"granted is {scope!r}, and it believes {outcome.granted_scope!r}"
            yield token_invariants.ScopeInvented(seen, (post.number,))
    lifetime = members.get("expires_in")
    if outcome.expires_at is not None and type(lifetime) is int and label.word == "token-answer":
        left = outcome.expires_at - landed.now
        if not lifetime / 2 - 60 <= left <= lifetime + 60:
            seen = f"expires_in is {lifetime}, and it believes {left:.0f} s"
            yield token_invariants.LifetimeInvented(seen, (post.number,))
    if outcome.refresh_token and "refresh_token" not in members and body(post).get("code"):
        yield token_invariants.RefreshTokenInvented("no refresh token came, and it holds one", (post.number,))


def judge_refresh(landed: Landed, held: Held) -> Iterator[Violation]:
    """What is wrong with a refresh."""
    yield from _ended(landed.outcome)
    posts = [post for post in landed.posts if body(post).get("grant_type") == "refresh_token"]
    for post in posts[:1]:
        form = body(post)
        more = sorted({name for name, _ in form.pairs} - _REFRESH_FIELDS)
        if more:
            yield token_invariants.RefreshCarriesMore(f"it also carries {more[0]}", (post.number,))
        wider = set(form.get("scope").split()) - set((held.scope or "").split())
        if wider and held.scope is not None:
            yield token_invariants.RefreshScopeWider(f"also asked for: {' '.join(sorted(wider))}", (post.number,))
    if held.refresh_token is not None:
        sent = [body(post).get("refresh_token") for post in posts]
        if sent and sent[0] != held.refresh_token:
            kind = "another one than was issued last" if held.refresh_token else "one that was never issued"
            yield token_invariants.RefreshTokenInvented(f"it sent {kind}", numbers(posts[:1]))
            return
        if held.refresh_token and not sent and landed.refused:
            lost = token_invariants.RefreshLost if held.outage else token_invariants.RefreshTokenInvented
            yield lost(f"no refresh came, though a refresh token was issued: {landed.outcome.reason}")
            return
    if len(posts) > 1 and posts[0].sent.status in (400, 401):
        again = [p for p in posts[1:] if body(p).get("refresh_token") == body(posts[0]).get("refresh_token")]
        if again:
            yield token_invariants.RefreshRepeated(f"a refused refresh came {len(again)} times more", numbers(again))
    if posts and posts[-1].right.status == 200:
        yield from judge_answer(read_answer(posts[-1].sent), landed)


def judge_call(window: Sequence[Exchange], outcome: Outcome, held: Held) -> Iterator[Violation]:
    """What is wrong with a call of the API."""
    yield from _ended(outcome)
    calls = [e for e in window if e.endpoint == "resource"]
    bearers, shown = [_bearer(call) for call in calls], numbers(calls)
    wrong = next((held.poisoned[token] for token in bearers if token in held.poisoned), None)
    if wrong is not None:
        yield _taken(wrong)(f"a token from an answer that is no success ({wrong.word}) was used at the API", shown)
    elif held.access_token and bearers and bearers[0] and bearers[0] != held.access_token:
        lengths = f"{len(held.access_token)} characters were issued, {len(bearers[0])} were sent"
        yield token_invariants.TokenChanged(lengths, shown)
    if len(calls) > _MOST_CALLS:
        yield token_invariants.CalledForEver(f"the API was asked {len(calls)} times", shown)
    renewed = ""
    for exchange in window:
        if exchange.endpoint == "token" and read_answer(exchange.sent).kind == "valid":
            renewed = str((members_of(exchange.sent) or {})["access_token"])
        elif renewed and exchange.endpoint == "resource" and _bearer(exchange) not in ("", renewed):
            yield token_invariants.OldTokenUsed("the call was repeated with another token", (exchange.number,))


def _bearer(exchange: Exchange) -> str:
    return bearer_token(exchange.request.header("authorization"))


def judge_kept(window: Sequence[Exchange], gone: Set[str]) -> Iterator[Violation]:
    """What is wrong with refreshes, given the refresh tokens that were refused for good before."""
    again = [e for e in window if e.endpoint == "token" and body(e).get("refresh_token") in gone]
    if again:
        yield token_invariants.RefusedTokenKept("a refresh token that had been refused came again", numbers(again))


def refused(window: Sequence[Exchange]) -> set[str]:
    """The refresh tokens that the server has refused for good, in a way that leaves no doubt."""
    final = [e for e in window if e.endpoint == "token" and e.sent.status in (400, 401) and _is_json(e.sent)]
    gone = (e for e in final if (members_of(e.sent) or {}).get("error") in ("invalid_grant", "token_inactive"))
    return {body(e).get("refresh_token") for e in gone} - {""}


def _is_json(answer: Answer) -> bool:
    return answer.header("content-type").partition(";")[0].strip().lower() == "application/json"


def after_answer(held: Held, label: Label, exchange: Exchange, landed: Landed) -> Held:
    """What a session holds after a token answer."""
    members = members_of(exchange.sent) or {}
    token, refresh = members.get("access_token"), members.get("refresh_token")
    refreshing = body(exchange).get("grant_type") == "refresh_token"
    if label.kind == "invalid":
        poisoned = {token: label} if isinstance(token, str) and token and label.word != "member-repeated" else {}
        outage = exchange.sent.status >= 500 and refreshing
        kept = held.refresh_token if outage else None
        return Held(held.signed_in, "", kept, held.poisoned | poisoned, outage, held.scope)
    if landed.refused or label.kind == "free":
        return Held(held.signed_in or landed.taken, "", None, held.poisoned)
    if "refresh_token" not in members:
        refresh = held.refresh_token if refreshing else ""
    granted = held.scope if refreshing else str(members.get("scope", landed.asked_scope))
    poisoned = {old: why for old, why in held.poisoned.items() if old != token}
    return Held(True, str(token), refresh, poisoned, scope=granted)
