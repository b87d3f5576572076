"""One call of the control API, and the table row that says what it takes, gives and refuses."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from mock_server.authorization_server import AuthorizationServer
from mock_server.web.live import Live


@dataclass(frozen=True, slots=True)
class Call:
    """A call, with its path, query and body already held against their types."""

    core: AuthorizationServer
    live: Live
    path: Mapping[str, str]
    query: Any
    body: Any


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path; `problems` are the codes that it adds to those that every operation may have."""

    method: str
    path: str
    answer: Callable[[Call], Awaitable[Any]]
    result: type | None
    status: int = 200
    body: Any = None
    query: Any = None
    problems: tuple[str, ...] = ()

    @property
    def summary(self) -> str:
        """One sentence, the handler's own."""
        return (self.answer.__doc__ or "").partition("\n")[0]

    @property
    def name(self) -> str:
        """The operation's name, for generated clients."""
        return self.answer.__name__
