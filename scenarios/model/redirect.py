"""An authorization response on its way, and what somebody may make of it before a browser opens it.

A forged callback needs no server that lies: whoever can make a browser open a URL writes that URL himself. These are
changes of the harness's user agent, so no rule ever speaks of them.
"""

from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import msgspec


class Redirect(msgspec.Struct, frozen=True):
    """The URL that a user agent is about to open, and the flow it is of."""

    url: str
    flow: str

    def parameter(self, name: str) -> str:
        """The first value of a parameter, or nothing."""
        return next((value for key, value in self._pairs() if key == name), "")

    def with_parameters(self, **changed: str | None) -> "Redirect":
        """The same with other values, in their old places or at the end; without those that are `None`."""
        kept = [(name, changed.get(name, value)) for name, value in self._pairs()]
        names = {name for name, _ in kept}
        new = [(name, value) for name, value in changed.items() if name not in names]
        return self._of([(name, value) for name, value in (*kept, *new) if value is not None])

    def adding(self, *pairs: tuple[str, str]) -> "Redirect":
        """The same with more parameters behind the others, repeated or not."""
        return self._of([*self._pairs(), *pairs])

    def preceded_by(self, *pairs: tuple[str, str]) -> "Redirect":
        """The same with more parameters before the others, repeated or not."""
        return self._of([*pairs, *self._pairs()])

    def twice(self, name: str) -> "Redirect":
        """The same with a parameter sent twice, both times with the same value."""
        return self.adding((name, self.parameter(name)))

    def at(self, path: str) -> "Redirect":
        """The same at another path of the application."""
        return Redirect(urlunsplit(urlsplit(self.url)._replace(path=path)), self.flow)

    def under(self, host: str) -> "Redirect":
        """The same at another host, or port."""
        return Redirect(urlunsplit(urlsplit(self.url)._replace(netloc=host)), self.flow)

    def answering(self, *, query: str = "", fragment: str = "") -> "Redirect":
        """Another answer at the same place: what the query and the fragment say, word for word."""
        return Redirect(urlunsplit(urlsplit(self.url)._replace(query=query, fragment=fragment)), self.flow)

    def _pairs(self) -> list[tuple[str, str]]:
        return parse_qsl(urlsplit(self.url).query, keep_blank_values=True)

    def _of(self, pairs: list[tuple[str, str]]) -> "Redirect":
        return Redirect(urlunsplit(urlsplit(self.url)._replace(query=urlencode(pairs))), self.flow)
