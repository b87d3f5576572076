"""The one place that remembers grants: in memory, bounded, and changed one whole grant at a time.

`put` replaces a grant and its entries in the three indexes under one lock. Whoever decides and then puts within
`store.lock` therefore uses a code or a refresh token once, however many ask at the same moment. Beyond its capacity
the oldest grant is forgotten: its code and refresh token are then unknown (`invalid_grant`), its access token is
refused.
"""

import json
from collections import OrderedDict
from collections.abc import Mapping
from itertools import count
from threading import RLock

import msgspec

from mock_server.protocol.records import App, Grant

_Index = dict[str, int]


class Store:
    """Registered apps and live grants."""

    def __init__(self, apps: tuple[App, ...] = (), capacity: int = 20_000) -> None:
        self.lock = RLock()
        self._first_apps = apps
        self._capacity = capacity
        self._numbers = count(1)
        self._apps: dict[str, App] = {}
        # Ordered: in a plain dictionary the way to the oldest leads past every gap that an older one has left.
        self._grants: OrderedDict[int, Grant] = OrderedDict()
        self._codes: _Index = {}
        self._access_tokens: _Index = {}
        self._refresh_tokens: _Index = {}
        self.reset()

    @property
    def apps(self) -> Mapping[str, App]:
        """The registered apps by `client_id`."""
        return self._apps

    def register(self, app: App) -> None:
        """Register an app, or replace the one of the same `client_id`."""
        with self.lock:
            self._apps[app.client_id] = app

    def unregister(self, client_id: str) -> App:
        """Forget an app, and return it; `KeyError` where there is none. What it was granted is refused from now on."""
        with self.lock:
            return self._apps.pop(client_id)

    def reset(self) -> None:
        """Forget every grant, and every app that was not there at the start."""
        with self.lock:
            self._apps = {app.client_id: app for app in self._first_apps}
            for index in (self._grants, self._codes, self._access_tokens, self._refresh_tokens):
                index.clear()

    def new_identifier(self) -> int:
        """The identifier of the next grant."""
        return next(self._numbers)

    def put(self, grant: Grant) -> None:
        """Add a grant or replace it."""
        with self.lock:
            old = self._grants.get(grant.identifier)
            if old is not None:
                self._unindex(old, but=grant.code.value)
            elif len(self._grants) >= self._capacity:
                self._unindex(self._grants.popitem(last=False)[1])
            self._grants[grant.identifier] = grant
            self._codes[grant.code.value] = grant.identifier
            if grant.access_token is not None:
                self._access_tokens[grant.access_token.value] = grant.identifier
            for token in grant.refresh_tokens:
                self._refresh_tokens[token.value] = grant.identifier

    def _unindex(self, grant: Grant, but: str = "") -> None:
        if grant.code.value != but:
            self._codes.pop(grant.code.value, None)
        if grant.access_token is not None:
            self._access_tokens.pop(grant.access_token.value, None)
        for token in grant.refresh_tokens:
            self._refresh_tokens.pop(token.value, None)

    def by_code(self, code: str) -> Grant | None:
        """The grant that a code belongs to, dead or alive."""
        return self._find(self._codes, code)

    def by_access_token(self, token: str) -> Grant | None:
        """The grant that an access token belongs to, dead or alive."""
        return self._find(self._access_tokens, token)

    def by_refresh_token(self, token: str) -> Grant | None:
        """The grant that a refresh token belongs to, dead or alive."""
        return self._find(self._refresh_tokens, token)

    def _find(self, index: _Index, value: str) -> Grant | None:
        identifier = index.get(value)
        return None if identifier is None else self._grants.get(identifier)

    def advance(self, seconds: float, flow: str | None = None) -> None:
        """Let time pass for the grants of one flow, or for all: their stored times move back."""
        with self.lock:
            for grant in tuple(self._grants.values()):
                if flow is None or grant.flow == flow:
                    self.put(grant.shifted(seconds))

    def __len__(self) -> int:
        return len(self._grants)

    def dump(self) -> bytes:
        """The grants as JSON, for `--state`; the apps are not among them."""
        with self.lock:
            grants = msgspec.to_builtins(list(self._grants.values()))
        # Not msgspec's own encoder: a challenge or redirect URI of any bytes holds surrogates, which it refuses.
        return json.dumps(grants, separators=(",", ":")).encode()

    def load(self, dumped: bytes) -> list[Grant]:
        """Take grants from `dump`, and return them; `msgspec.DecodeError` says what is wrong with the bytes."""
        try:
            grants = msgspec.convert(json.loads(dumped), list[Grant])
        except (ValueError, RecursionError) as error:
            raise error if isinstance(error, msgspec.DecodeError) else msgspec.DecodeError(str(error)) from None
        with self.lock:
            for grant in grants:
                self.put(grant)
            self._numbers = count(max(self._grants, default=0) + 1)
        return grants
