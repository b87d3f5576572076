"""Leniencies: points of a provider that forgive. A flow may have some; the strict answer is worked out all the same."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from mock_server.protocol.provider import LENIENCIES, Provider


def lenient(provider: Provider, names: Iterable[str]) -> Provider:
    """A provider that forgives what is named; `ValueError` names an unknown leniency and the known ones."""
    names = tuple(names)
    for name in names:
        if name not in LENIENCIES:
            raise ValueError(f"unknown leniency: {name!r}; known: {', '.join(sorted(LENIENCIES))}")
    forgiven: dict[str, Any] = dict.fromkeys(names, True)
    return replace(provider, **forgiven)
