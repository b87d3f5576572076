"""What a flawed client is: the strict one with one thing changed, and the rows that must catch it."""

from __future__ import annotations

from dataclasses import dataclass

from client_ref.application import Pages
from client_ref.client import AsyncClient, Client
from client_ref.exchange import Wire
from client_ref.flows import Flows
from client_ref.policy import STRICT, Policy

STRICT_FLOWS = Flows()
STRICT_WIRE = Wire()
STRICT_PAGES = Pages()


@dataclass(frozen=True, slots=True)
class Flaw:
    """A client with one thing wrong.

    `rows` are scenario ids of the requirements that must catch it; `incidents` are published reports of the same
    defect. What is changed shows in policy, flows, wire or pages, where it takes two fields at most, or in the clients.
    """

    name: str
    summary: str
    rows: tuple[str, ...]
    incidents: tuple[str, ...] = ()
    policy: Policy = STRICT
    flows: Flows = STRICT_FLOWS
    wire: Wire = STRICT_WIRE
    pages: Pages = STRICT_PAGES
    client: type[Client] = Client
    async_client: type[AsyncClient] = AsyncClient
