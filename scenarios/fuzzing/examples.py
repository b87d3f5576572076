"""An example: a short sequence of steps of some sessions. Every target makes these, and nothing else is replayed."""

from typing import Literal

import msgspec

from scenarios.fuzzing.answers import AnswerChange
from scenarios.fuzzing.mutations import Mutation
from scenarios.model.assignment import AppKind

Target = Literal["callback", "token-response", "refresh-response", "sequence", "authorization-request"]
TARGETS: tuple[Target, ...] = ("callback", "token-response", "refresh-response", "sequence", "authorization-request")

VERSION = 1


class _Step(msgspec.Struct, frozen=True, tag_field="step", omit_defaults=True):
    """What one session is made to do."""

    session: str


class Begins(_Step, frozen=True, tag="begins"):
    """Begin a login and get through consent: a genuine redirect is in hand, and not followed.

    `answers` spoil the token answer of that `occasion`: 1 is the login's, 2 the first refresh's, 0 is every one.
    """

    denied: bool = False
    answers: tuple[AnswerChange, ...] = ()
    occasion: int = 1


class Lands(_Step, frozen=True, tag="lands"):
    """Open a genuine redirect, its own or another session's, after some mutations; `which` counts from the first."""

    of: str
    which: int = -1
    mutations: tuple[Mutation, ...] = ()


class Refreshes(_Step, frozen=True, tag="refreshes"):
    """Have the access token refreshed."""


class CallsApi(_Step, frozen=True, tag="calls_api"):
    """Have the API called."""


class Expires(_Step, frozen=True, tag="expires"):
    """Let an hour pass for what the session was granted."""


Step = Begins | Lands | Refreshes | CallsApi | Expires


class Example(msgspec.Struct, frozen=True, omit_defaults=True):
    """Some steps, in order."""

    steps: tuple[Step, ...]

    @property
    def size(self) -> tuple[int, int, int]:
        """How large it is: mutations, steps, characters. The smaller of two that break the same is shown."""
        return (self.mutations, len(self.steps), len(msgspec.json.encode(self)))

    @property
    def mutations(self) -> int:
        """How many changes of genuine messages it holds."""
        landed = sum(len(step.mutations) for step in self.steps if isinstance(step, Lands))
        return landed + sum(len(step.answers) for step in self.steps if isinstance(step, Begins))


class Counterexample(msgspec.Struct, frozen=True):
    """One finding as it is stored: what to do with which kind of app, and what that broke."""

    format: Literal["oauthspec counterexample"]
    version: int
    invariant: str
    app_kind: AppKind
    target: Target
    example: Example
    # For people: what was seen, without secrets.
    clause: str = ""
    seen: str = ""
    seed: int | None = None


class UnreadableExample(Exception):
    """A file that cannot be replayed: a stable code, and why."""

    def __init__(self, code: str, cause: str) -> None:
        super().__init__(f"{code}: {cause}")
        self.code = code


def written(counterexample: Counterexample) -> bytes:
    """The text of its file."""
    return msgspec.json.format(msgspec.json.encode(counterexample), indent=2) + b"\n"


def read(text: bytes) -> Counterexample:
    """A counterexample from its file; `UnreadableExample` says why there is none."""
    try:
        head = msgspec.json.decode(text)
    except msgspec.DecodeError as error:
        raise UnreadableExample("NOT_JSON", f"it is no JSON: {error}.") from None
    if not isinstance(head, dict) or head.get("format") != "oauthspec counterexample":
        raise UnreadableExample("NOT_A_COUNTEREXAMPLE", "it does not say that it is an oauthspec counterexample.")
    if head.get("version") != VERSION:
        cause = f"it is of version {head.get('version')!r}, and this oauthspec reads version {VERSION}."
        raise UnreadableExample("OTHER_VERSION", cause)
    try:
        return msgspec.json.decode(text, type=Counterexample)
    except msgspec.ValidationError as error:
        raise UnreadableExample("NOT_UNDERSTOOD", f"this oauthspec does not understand it: {error}.") from None
