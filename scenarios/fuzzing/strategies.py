"""Strategies for OAuth messages, for your own Hypothesis tests and for `oauthspec fuzz`.

All make values that can be compared, written down and replayed: what is done to a genuine redirect (`callbacks`), to a
token answer (`token_answers`), and short sequences of steps (`callback_examples` and its neighbours). `applied` and
`answered` turn them into a URL and into an answer, together with what a right client makes of it.
"""

import json
from collections.abc import Mapping

import msgspec
from hypothesis import strategies as st

from mock_server.encoding import json_body
from mock_server.transcript import Answer
from scenarios.fuzzing import answers, mutations
from scenarios.fuzzing.answers import AnswerChange, changed_answer
from scenarios.fuzzing.examples import Begins, CallsApi, Example, Expires, Lands, Refreshes, Step
from scenarios.fuzzing.mutations import CANARY, EVIL, MARKED, MOCK, Mutation, arrived, decoded, mutated
from scenarios.fuzzing.reading import HARMLESS, Genuine, Label, read_answer, read_landing

__all__ = [
    "answered",
    "applied",
    "authorization_errors",
    "callback_examples",
    "callbacks",
    "error_answers",
    "refresh_examples",
    "sequence_examples",
    "token_answers",
    "token_examples",
]

_MARKUP = (f"<b id={MARKED}>", f'"><img src=x alt={MARKED}>', f"<script>/*{MARKED}*/</script>")
_ELSEWHERE = (f"https://{EVIL}/", f"//{EVIL}/", f"/\\{EVIL}/")
_NEXT = ("next", "return_to", "redirect", "redirect_to", "url", "continue", "RelayState")
_ERRORS = (
    "access_denied",
    "invalid_request",
    "unauthorized_client",
    "unsupported_response_type",
    "invalid_scope",
    "server_error",
    "temporarily_unavailable",
    "interaction_required",
)
_TEXTS = (
    *("", "null", "undefined", "None", "0", "forged-value-of-nobody"),
    *("\u00e4\u03a9\u96ea", "a\r\nSet-Cookie: x=y", "\x00", "%00"),
)
# What encodings, shells, pages and terminals trip over. All of Unicode would cost seconds at the first start.
_ALPHABET = "ab09AZ-._~ +%&=#?/\\\"'<>;:@!$[]{}`\x00\n\r\t\x1b\x7f\u00e4\u00df\u0130\u03a9\u200b\u202e\u96ea\U0001f600"
# What has broken clients: other decodings, a replacement meant for URLs, a column that is too short.
_CODES = ("a%2Bb", "a%20b", "http-code", "a+b/c==", "a b", "c" * 300, "~.-_", "x")
_PARAMETERS = ("state", "code", "scope")


def _words() -> st.SearchStrategy[str]:
    return st.one_of(
        st.sampled_from(_TEXTS), st.sampled_from(_MARKUP), st.text(_ALPHABET, max_size=12)
    )


def _of_state() -> st.SearchStrategy[Mutation]:
    state = "state"
    return st.one_of(
        st.just(mutations.Drops(state)),
        st.builds(mutations.Sets, st.just(state), _words()),
        st.builds(mutations.Extends, st.just(state), st.sampled_from(("x", " ", "\x00", "%"))),
        st.builds(mutations.Cuts, st.just(state), st.integers(0, 21)),
        st.just(mutations.SwapsCase(state)),
        st.builds(mutations.Borrows, st.just(state), st.just("other")),
        st.builds(mutations.Renames, st.just(state), st.sampled_from(("state[]", "State", "xstate"))),
    )


def _of_code() -> st.SearchStrategy[Mutation]:
    code = "code"
    return st.one_of(
        st.just(mutations.Drops(code)),
        st.builds(mutations.Sets, st.just(code), _words()),
        st.builds(mutations.Borrows, st.just(code), st.just("other")),
        st.builds(mutations.Extends, st.just(code), st.sampled_from(("x", "%41", "+"))),
        st.builds(mutations.Renames, st.just(code), st.sampled_from(("code[]", "Code"))),
    )


def _of_error() -> st.SearchStrategy[Mutation]:
    return st.one_of(
        st.builds(
            mutations.Adds, st.just("error"), st.sampled_from((*_ERRORS, *_MARKUP, "")), first=st.booleans()
        ),
        st.builds(mutations.Adds, st.just("error_description"), st.one_of(st.sampled_from(_MARKUP), _words())),
        st.builds(mutations.Sets, st.just("error_description"), st.one_of(st.sampled_from(_MARKUP), _words())),
    )


def _repeated() -> st.SearchStrategy[Mutation]:
    return st.builds(
        mutations.Repeats,
        st.sampled_from(("state", "code")),
        st.sampled_from(("forged-value-of-nobody", "x", None)),
        st.booleans(),
    )


def _added() -> st.SearchStrategy[Mutation]:
    return st.one_of(
        st.builds(mutations.Adds, st.sampled_from(HARMLESS), st.sampled_from(("1", "consent", ""))),
        st.builds(mutations.Adds, st.sampled_from(_NEXT), st.sampled_from(_ELSEWHERE)),
        st.builds(mutations.Adds, st.sampled_from((*HARMLESS, "__proto__", "iss")), _words()),
        st.just(mutations.Adds("access_token", "token-of-nobody")),
        st.builds(mutations.Adds, st.just("x_unknown"), st.just("x"), st.sampled_from((100, 4_000, 30_000))),
    )


def _spelled() -> st.SearchStrategy[Mutation]:
    return st.one_of(
        st.just(mutations.Reorders()),
        st.builds(
            mutations.Reencodes, st.sampled_from(_PARAMETERS), st.sampled_from(("every-octet", "lower-hex"))
        ),
        st.just(mutations.Drops("scope")),
        st.just(mutations.MovesToFragment()),
        st.builds(mutations.Moves, st.sampled_from(("/", "/extra", "2"))),
    )


def _mutation(fetched: str) -> st.SearchStrategy[Mutation]:
    opaque = st.sampled_from([mutations.Sets("code", code) for code in _CODES])
    kinds: list[st.SearchStrategy[Mutation]] = [opaque, _of_state(), _of_code(), _of_error()]
    kinds += [_repeated(), _added(), _spelled()]
    if fetched:
        kinds.append(st.just(mutations.Adds("error_uri", f"{fetched}?{CANARY}=1")))
    return st.one_of(kinds)


def callbacks(*, fetched: str = "", max_size: int = 3) -> st.SearchStrategy[tuple[Mutation, ...]]:
    """What is done to a genuine redirect: nothing, one thing, or up to `max_size` things.

    `fetched` is an address that a client must not fetch, put where an error_uri goes.
    """
    return st.lists(_mutation(fetched), max_size=max_size).map(tuple)


def authorization_errors(*, fetched: str = "") -> st.SearchStrategy[tuple[Mutation, ...]]:
    """Error answers in the place of a code (RFC 6749 4.1.2.1), with or without a description, genuine or forged."""
    error = st.sampled_from((*_ERRORS, *_MARKUP)).map(lambda each: mutations.Sets("error", each))
    more: list[st.SearchStrategy[Mutation]] = [
        _of_error(), st.sampled_from((mutations.Drops("state"), mutations.Sets("state", "forged-value-of-nobody")))
    ]  # fmt: skip
    if fetched:
        more.append(st.just(mutations.Adds("error_uri", f"{fetched}?{CANARY}=1")))
    return st.builds(lambda e, d: (mutations.Drops("code"), e, *d), error, st.lists(st.one_of(more), max_size=1))


class Landing(msgspec.Struct, frozen=True):
    """A URL to land, and what it is: `valid` has to be taken, `invalid` refused, `free` may be either."""

    url: str
    label: Label


def applied(redirect: str, mutation: tuple[Mutation, ...], *, other: str = "") -> Landing:
    """Mutations applied to a genuine redirect of a session; `other` is a redirect of somebody else's."""
    parameters = {name: dict(decoded(arrived(url))) for name, url in (("own", redirect), ("other", other)) if url}
    url = mutated(redirect, mutation, parameters)
    known = [
        Genuine(each.get("state", ""), each.get("code", ""), "pending" if name == "own" else "foreign")
        for name, each in parameters.items()
    ]
    return Landing(url, read_landing(url, redirect.partition("?")[0], known).label)


# Token answers.

_MEMBERS = ("expires_in", "refresh_token", "scope", "access_token", "token_type")
_JSON: tuple[object, ...] = (None, "", 0, -1, 1.5, True, [], {}, ["bearer"], {"value": "x"})
_LIFETIMES: tuple[object, ...] = (
    *(1, 60, 3600, 86_400, 2**31 - 1, 0, -1, 2**31, 10**30),
    *(3599.5, "3600", "soon", None, True, {}, [], ""),
)
_TYPES = ("bearer", "Bearer", "BEARER", "bEaReR", "mac", "DPoP", "N_A", "", None, 1, ["bearer"])
_TOKENS = ("t" * 300, "a.b.c", "eyJhbGciOiJub25lIn0.eyJleHAiOjF9.c2ln", "-._~+/==", "", None, 42, {"value": "x"}, "a b")
_SCOPES = ("account.read", "offline", "account.read offline", "admin", "", None, ["offline"], "a\u00e9", 1)
_BODIES = (
    *("", "[]", "null", '"text"', "{", "{}", "NaN", "\ufeff{}", "[" * 5_000),
    "<!doctype html><title>Sign in</title>",
)
_REFUSALS = ("invalid_grant", "invalid_client", "invalid_request", "unknown_error", "")


def _set(member: str, values: tuple[object, ...]) -> st.SearchStrategy[AnswerChange]:
    return st.sampled_from([answers.SetsMember(member, json.dumps(value)) for value in values])


def _members() -> st.SearchStrategy[AnswerChange]:
    return st.one_of(
        st.sampled_from([answers.DropsMember(name) for name in _MEMBERS]),
        _set("token_type", _TYPES),
        _set("access_token", _TOKENS),
        _set("expires_in", _LIFETIMES),
        _set("scope", _SCOPES),
        _set("refresh_token", ("r" * 300, "", None, 7, {})),
        st.builds(
            answers.SetsMember,
            st.sampled_from(("error_free", "then", "__proto__", "id_token", "expires")),
            st.sampled_from([json.dumps(value) for value in _JSON]),
        ),
        _set("error", (*_REFUSALS, None)),
        st.builds(
            answers.RepeatsMember,
            st.sampled_from(("access_token", "expires_in", "token_type")),
            st.sampled_from(('"another"', "1", '"bearer"')),
        ),
        st.just(answers.ReversesMembers()),
    )


def _whole() -> st.SearchStrategy[AnswerChange]:
    media = ("text/html", "text/plain", "application/json", "Application/JSON; charset=utf-8", "", "application/jwt")
    return st.one_of(
        st.builds(answers.SetsStatus, st.sampled_from((201, 206, 299, 302, 400, 401, 403, 404, 429, 500, 503))),
        st.builds(answers.SetsMediaType, st.sampled_from(media)),
        st.builds(answers.SetsBody, st.sampled_from(_BODIES)),
        st.builds(answers.CutsBody, st.integers(0, 60)),
        st.builds(answers.Recodes, st.sampled_from(("utf-16", "utf-8-sig", "form"))),
    )


def token_answers(*, max_size: int = 2) -> st.SearchStrategy[tuple[AnswerChange, ...]]:
    """What is done to a genuine token answer: valid, nearly valid and invalid ones; `answered` says which."""
    return st.lists(st.one_of(_members(), _whole()), min_size=1, max_size=max_size).map(tuple)


def error_answers() -> st.SearchStrategy[tuple[AnswerChange, ...]]:
    """Error answers (RFC 6749 5.2), right ones and broken ones."""

    def made(error: str, status: int, description: str) -> tuple[AnswerChange, ...]:
        members = {"error": error, "error_description": description}
        return (answers.SetsBody(json.dumps(members)), answers.SetsStatus(status))

    descriptions = st.sampled_from(("", "The grant is no good.", *_MARKUP))
    return st.builds(made, st.sampled_from(_REFUSALS), st.sampled_from((400, 401, 403, 500, 503, 200)), descriptions)


class TokenAnswer(msgspec.Struct, frozen=True):
    """A token answer, and what it is: `valid` has to be taken, `invalid` refused, `free` may be either."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    label: Label


def answered(changes: tuple[AnswerChange, ...], members: Mapping[str, object] | None = None) -> TokenAnswer:
    """Changes applied to a genuine answer of these members."""
    given = members or {"access_token": "a" * 43, "expires_in": 3600, "scope": "offline", "token_type": "bearer"}
    genuine = Answer(200, (("content-type", "application/json"),), json_body(tuple(given.items())))
    answer = changed_answer(genuine, changes)
    return TokenAnswer(answer.status, dict(answer.headers), answer.body, read_answer(answer))


# Examples of the targets.


def _landed(situation: str, mutation: tuple[Mutation, ...]) -> Example:
    """A landing in one of the situations that a callback can come in."""
    own, theirs = Begins("user"), Begins("other")
    steps: dict[str, tuple[Step, ...]] = {
        "own": (own, Lands("user", "user", mutations=mutation)),
        "own, beside another": (theirs, own, Lands("user", "user", mutations=mutation)),
        "own, genuine one afterwards": (
            own,
            Lands("user", "user", mutations=mutation),
            Lands("user", "user"),
        ),
        "own, of the earlier of two tabs": (own, own, Lands("user", "user", 0, mutation)),
        "another's": (theirs, own, Lands("user", "other", mutations=mutation)),
        "another's, in a fresh browser": (theirs, Lands("user", "other", mutations=mutation)),
        "again": (own, Lands("user", "user"), Lands("user", "user", mutations=mutation)),
        "stale state, new code": (
            own,
            Lands("user", "user"),
            Begins("other"),
            Lands("user", "user", mutations=(mutations.Borrows("code", "other"), *mutation)),
        ),
        "declined": (Begins("user", denied=True), Lands("user", "user", mutations=mutation)),
    }
    return Example(steps[situation])


_SITUATIONS = (
    *("own", "own", "own, beside another", "own, genuine one afterwards", "own, of the earlier of two tabs"),
    "another's",
    *("another's, in a fresh browser", "again", "stale state, new code", "declined"),
)


def callback_examples(*, fetched: str = f"{MOCK}/me") -> st.SearchStrategy[Example]:
    """One callback, in a situation."""
    several, one = callbacks(fetched=fetched), callbacks(fetched=fetched, max_size=1)
    mutation = st.one_of(several, one, authorization_errors(fetched=fetched))
    return st.builds(_landed, st.sampled_from(_SITUATIONS), mutation)


def token_examples() -> st.SearchStrategy[Example]:
    """One login, with a token answer that is changed; then the API is called, and the token refreshed."""
    changes = st.one_of(token_answers(max_size=1), token_answers(), error_answers())
    after = st.sampled_from(((), (CallsApi("user"),), (Refreshes("user"),)))
    return st.builds(
        lambda each, more: Example((Begins("user", answers=each), Lands("user", "user"), *more)), changes, after
    )


def refresh_examples() -> st.SearchStrategy[Example]:
    """A good login, and a refresh with an answer that is changed; then another refresh, or a call."""
    changes = st.one_of(token_answers(max_size=1), token_answers(), error_answers())
    after = st.sampled_from(((), (Refreshes("user"),), (CallsApi("user"),), (Refreshes("user"), Refreshes("user"))))
    begun = (Lands("user", "user"), Refreshes("user"))
    return st.builds(
        lambda each, more: Example((Begins("user", answers=each, occasion=2), *begun, *more)), changes, after
    )


def sequence_examples(*, max_size: int = 12) -> st.SearchStrategy[Example]:
    """Steps of two or three sessions in any order; most of them can be taken."""
    who = st.sampled_from(("a", "b", "c"))
    step: st.SearchStrategy[Step] = st.one_of(
        st.builds(Begins, who, st.booleans()),
        st.builds(Lands, who, who, st.integers(-1, 3)),
        st.builds(Refreshes, who),
        st.builds(Expires, who),
        st.builds(CallsApi, who),
    )
    return st.lists(step, min_size=1, max_size=max_size).map(lambda steps: Example(tuple(steps)))
