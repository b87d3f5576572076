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
from scenarios.fuzzing import answer_changes, answers, mutations, redirect_mutations
from scenarios.fuzzing.answers import AnswerChange, changed_answer
from scenarios.fuzzing.examples import Begins, CallsApi, Example, Expires, Lands, Refreshes, Step
from scenarios.fuzzing.mutations import CANARY, MOCK, Mutation, arrived, decoded, mutated
from scenarios.fuzzing.reading import Genuine, Label, read_answer, read_landing
from scenarios.fuzzing.redirect_mutations import evenly

__all__ = [
    "answered",
    "applied",
    "authorization_errors",
    "callback_examples",
    "callbacks",
    "error_answers",
    "redirected_requests",
    "refresh_examples",
    "sequence_examples",
    "token_answers",
    "token_examples",
]

# What encodings, shells, pages and terminals trip over. All of Unicode would cost seconds at the first start.
_ALPHABET = "ab09AZ-._~ +%&=#?/\\\"'<>;:@!$[]{}`\x00\n\r\t\x1b\x7f\u00e4\u00df\u0130\u03a9\u200b\u202e\u96ea\U0001f600"
_MUTATION = st.sampled_from(evenly(*redirect_mutations.KINDS.values()))


def callbacks(*, fetched: str = "", max_size: int = 3) -> st.SearchStrategy[tuple[Mutation, ...]]:
    """What is done to a genuine redirect: nothing, one thing, or up to `max_size` things.

    `fetched` is an address that a client must not fetch, put where an error_uri goes.
    """
    where = st.sampled_from(("state", "code", "error_description", "x_unknown"))
    free = st.builds(mutations.Sets, where, st.text(_ALPHABET, max_size=12))
    kinds = [st.tuples(*[_MUTATION] * size) for size in range(max_size + 1)]
    error = st.sampled_from(redirect_mutations.WITH_ERROR)
    address = [st.tuples(error, st.just(_fetched(fetched)))] if fetched else []
    return st.one_of([*kinds, st.tuples(free), *address])


def _fetched(address: str) -> Mutation:
    return mutations.Adds("error_uri", f"{address}?{CANARY}=1")


def authorization_errors(*, fetched: str = "") -> st.SearchStrategy[tuple[Mutation, ...]]:
    """Error answers (RFC 6749 4.1.2.1), in the place of a code or beside one, genuine or forged, and told oddly."""
    codes: tuple[tuple[Mutation, ...], ...] = ((mutations.Drops("code"),), ())
    more: list[tuple[Mutation, ...]] = [(), *((each,) for each in redirect_mutations.FORGED_STATES)]
    if fetched:
        more.append((_fetched(fetched),))
    return st.builds(
        lambda code, error, said: (*code, error, *said),
        st.sampled_from(codes),
        st.sampled_from(redirect_mutations.WITH_ERROR),
        st.sampled_from(evenly(tuple(more), tuple((each,) for each in redirect_mutations.SAID))),
    )


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

_CHANGE = st.sampled_from(evenly(*answer_changes.KINDS.values()))


def token_answers(*, max_size: int = 2) -> st.SearchStrategy[tuple[AnswerChange, ...]]:
    """What is done to a genuine token answer: valid, nearly valid and invalid ones; `answered` says which."""
    return st.one_of([st.tuples(*[_CHANGE] * size) for size in range(1, max_size + 1)])


def error_answers() -> st.SearchStrategy[tuple[AnswerChange, ...]]:
    """Error answers (RFC 6749 5.2), right ones and broken ones."""
    descriptions = ("", "The grant is no good.", *redirect_mutations.MARKUP)
    bodies = [
        answers.SetsBody(json.dumps({"error": error, "error_description": description}))
        for error in answer_changes.REFUSALS
        for description in descriptions
    ]
    statuses = [answers.SetsStatus(status) for status in (400, 401, 403, 500, 503, 200)]
    return st.tuples(st.sampled_from(bodies), st.sampled_from(statuses))


def redirected_requests() -> st.SearchStrategy[tuple[AnswerChange, ...]]:
    """Redirects in the place of the login's token answer."""
    return st.sampled_from([(change,) for change in answer_changes.REDIRECTS])


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

_OWN, _THEIRS = Begins("user"), Begins("other")
_DECLINED, _LANDED = Begins("user", denied=True), Lands("user", "user")
_INJECTED = Lands("user", "user", mutations=(mutations.Borrows("code", "other"),))
_SITUATIONS: tuple[tuple[tuple[Step, ...], Lands, tuple[Step, ...]], ...] = (
    # What comes before, the landing that is changed, and what comes after.
    ((_OWN,), _LANDED, ()),
    ((_OWN,), _LANDED, ()),
    ((_THEIRS, _OWN), _LANDED, ()),
    ((_OWN,), _LANDED, (_LANDED,)),
    # Of the earlier of two tabs.
    ((_OWN, _OWN), Lands("user", "user", 0), ()),
    # Another's, beside an own login and in a fresh browser.
    ((_THEIRS, _OWN), Lands("user", "other"), ()),
    ((_THEIRS,), Lands("user", "other"), ()),
    # Again; with another's code, and a stale state too.
    ((_OWN, _LANDED), _LANDED, ()),
    ((_THEIRS, _OWN), _INJECTED, ()),
    ((_OWN, _LANDED, _THEIRS), _INJECTED, ()),
    ((_DECLINED,), _LANDED, ()),
    ((_DECLINED, _LANDED, _OWN), _LANDED, ()),
)
"""The situations that a callback can come in."""


def _landed(situation: tuple[tuple[Step, ...], Lands, tuple[Step, ...]], mutation: tuple[Mutation, ...]) -> Example:
    before, landing, after = situation
    changed = Lands(landing.session, landing.of, landing.which, (*landing.mutations, *mutation))
    return Example((*before, changed, *after))


def callback_examples(*, fetched: str = f"{MOCK}/me") -> st.SearchStrategy[Example]:
    """One callback, in a situation."""
    mutation = st.one_of(callbacks(), authorization_errors(fetched=fetched))
    return st.builds(_landed, st.sampled_from(_SITUATIONS), mutation)


def token_examples() -> st.SearchStrategy[Example]:
    """One login, with a token answer that is changed, or all; then the API is called, and the token refreshed."""
    changes = st.one_of(token_answers(max_size=1), token_answers(), error_answers(), redirected_requests())
    calls, refreshes = CallsApi("user"), Refreshes("user")
    after: tuple[tuple[int, tuple[Step, ...]], ...] = (
        # On which occasion the answer is changed, and what comes after the login.
        *((1, ()), (1, (calls,)), (1, (refreshes,))),
        *((0, (calls,)), (0, (refreshes, calls))),
    )
    return st.builds(
        lambda each, more: Example((Begins("user", answers=each, occasion=more[0]), _LANDED, *more[1])),
        changes,
        st.sampled_from(after),
    )


def refresh_examples() -> st.SearchStrategy[Example]:
    """A good login, and a refresh with an answer that is changed; then another refresh, or a call."""
    changes = st.one_of(token_answers(max_size=1), token_answers(), error_answers())
    again, calls = Refreshes("user"), CallsApi("user")
    after: tuple[tuple[Step, ...], ...] = ((), (again,), (calls,), (again, again))
    return st.builds(
        lambda each, more: Example((Begins("user", answers=each, occasion=2), _LANDED, again, *more)),
        changes,
        st.sampled_from(after),
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
