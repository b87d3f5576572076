"""What probes are made of."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from client_ref.messages import Response
from tests.client_ref.authorization_server import TOKENS, json_response
from tests.client_ref.browser import page_after_landing
from tests.client_ref.seat import Seat

Make = Callable[..., Seat]
Probe = Callable[[Make], bool]


def row(*names: str) -> Callable[[Probe], Probe]:
    """Mark a probe with the rows that it stands for."""

    def marked(probe: Probe) -> Probe:
        probe.rows = names  # type: ignore[attr-defined]
        return probe

    return marked


def query(url: str) -> list[tuple[str, str]]:
    return parse_qsl(urlsplit(url).query, keep_blank_values=True)


def forms(seat: Seat) -> list[dict[str, str]]:
    return [dict(post.form) for post in seat.server.posts]


def s256(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def unpadded(text: str) -> bytes:
    """What base64url without padding holds, or nothing."""
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        return b""


def answers(make: Make, *responses: Response) -> list[str]:
    outcomes = []
    for response in responses:
        seat = make()
        seat.server.token_script = [response]
        outcomes.append(seat.log_in())
    return outcomes


def with_members(**changed: Any) -> Response:
    return json_response({name: value for name, value in {**TOKENS, **changed}.items() if value is not ...})


def page_after(
    make: Make, query: str, *, method: str = "GET", follow: bool = False, begin: str = "/login", forget: bool = False
) -> Any:
    seat = make(redirect_uri="https://client.example/callback")
    return page_after_landing(seat, query, method, follow=follow, begin=begin, forget=forget)
