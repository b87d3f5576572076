"""Keeps what a run shows: the server's own journal is a ring, and forgets."""

from mock_server.serving import RunningServer
from mock_server.transcript import Entry, Exchange


class Recorder:
    """The entries of every flow, and the strays, as they come."""

    def __init__(self, server: RunningServer) -> None:
        self._by_flow: dict[str, list[Entry]] = {}
        self._strays: list[Exchange] = []
        self._stop = server.transcript.listen(self._hear)

    def _hear(self, entry: Entry) -> None:
        if entry.flow:
            self._by_flow.setdefault(entry.flow, []).append(entry)
        elif isinstance(entry, Exchange):
            self._strays.append(entry)

    def entries(self, flows: frozenset[str], since: int, until: int) -> tuple[Entry, ...]:
        """The entries of some flows, and the strays between two numbers; in order."""
        found: list[Entry] = [entry for flow in flows for entry in tuple(self._by_flow.get(flow, ()))]
        found += [stray for stray in tuple(self._strays) if since <= stray.number <= until]
        return tuple(sorted(found, key=lambda entry: entry.number))

    def everything(self) -> tuple[Entry, ...]:
        """Every entry that was heard."""
        found = [entry for entries in tuple(self._by_flow.values()) for entry in tuple(entries)]
        return tuple(sorted([*found, *self._strays], key=lambda entry: entry.number))

    def close(self) -> None:
        """Hear no more."""
        self._stop()
