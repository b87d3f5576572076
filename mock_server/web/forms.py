"""Forms as browsers send them."""

from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.requests import Request

from mock_server.protocol import form
from mock_server.protocol.form import Parameters
from mock_server.web.endpoints import BodyTooLarge, Disconnected, read_body


@dataclass(frozen=True, slots=True)
class Form:
    """A form's fields, and its body as it came."""

    parameters: Parameters
    body: bytes


async def read_form(request: Request) -> Form:
    """The form of a request; `HTTPException` where it is none."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/x-www-form-urlencoded":
        raise HTTPException(415, "This page takes forms.")
    body = await body_of(request)
    # A browser sends U+FFFD for what it cannot encode; raw bytes come from elsewhere and mean nothing here.
    return Form(_legible(form.parse(body.decode("utf-8", "replace"))), body)


def _legible(parameters: Parameters) -> Parameters:
    pairs = ((name, value.encode("utf-8", "replace").decode()) for name, value in parameters.pairs)
    return Parameters(tuple(pairs))


async def body_of(request: Request) -> bytes:
    """The body, unless it is too large or its sender went away."""
    try:
        return await read_body(request.receive)
    except BodyTooLarge:
        raise HTTPException(413, "The body is too large.") from None
    except Disconnected:
        raise HTTPException(400, "The request ended early.") from None
