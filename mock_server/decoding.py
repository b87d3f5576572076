"""From received bytes to messages, as the recorded engine reads them."""

import io
import json
import logging
from urllib.parse import unquote

import python_multipart
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import Field, File, parse_options_header

from mock_server.protocol import form
from mock_server.protocol.form import Parameters
from mock_server.protocol.messages import AuthorizationRequest, TokenRequest
from mock_server.protocol.provider import Provider
from mock_server.transcript import ReceivedRequest

# What is wrong with a client's multipart body is in the answer and the journal, not on the console.
logging.getLogger("python_multipart").addHandler(logging.NullHandler())

# More parameters than any client sends; what comes behind them is not looked at.
MAXIMUM_PARAMETERS = 1000


def authorization_request(request: ReceivedRequest) -> AuthorizationRequest:
    """Query and, for POST, form body; the body's values stand before the query's."""
    in_query = _query(request)
    if request.method != "POST":
        return AuthorizationRequest(_bounded(in_query))
    in_body = _form(request)
    if in_body is None:
        return AuthorizationRequest(in_query, readable=False)
    return AuthorizationRequest(_bounded(Parameters(in_body.pairs + in_query.pairs)))


def token_request(request: ReceivedRequest, provider: Provider) -> TokenRequest:
    """The form body and the first Authorization header; the query is never read unless a leniency says so."""
    parameters = _form(request)
    authorization = request.header("authorization")
    if parameters is None:
        return TokenRequest(Parameters(), authorization, readable=False)
    if provider.accepts_json_body and not parameters:
        parameters = _json(request)
    if provider.accepts_parameters_in_query:
        parameters = Parameters(parameters.pairs + _query(request).pairs)
    return TokenRequest(_bounded(parameters), authorization)


def _query(request: ReceivedRequest) -> Parameters:
    query = request.query
    return form.parse(query if query.isascii() else _text(query.encode("latin-1")))


def _bounded(parameters: Parameters) -> Parameters:
    too_many = len(parameters.pairs) > MAXIMUM_PARAMETERS
    return Parameters(parameters.pairs[:MAXIMUM_PARAMETERS]) if too_many else parameters


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")


def _form(request: ReceivedRequest) -> Parameters | None:
    """The parameters of a form body; none where the body is of another kind, nothing where it cannot be read."""
    content_type = request.header("content-type")
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type == "application/x-www-form-urlencoded":
        return form.parse(_text(request.body))
    if media_type == "multipart/form-data":
        return _multipart(request.body, content_type)
    return Parameters()


def _multipart(body: bytes, content_type: str) -> Parameters | None:
    pairs: list[tuple[str, str]] = []

    def on_field(field: Field) -> None:
        name, value = field.field_name or b"", field.value or b""
        pairs.append((_text(name), _text(value)))

    def on_file(file: File) -> None:
        file.close()

    if not parse_options_header(content_type)[1].get(b"boundary"):
        # Asked here, for the library would log it as an error.
        return None
    headers = {"Content-Type": content_type.encode("latin-1"), "Content-Length": str(len(body)).encode()}
    try:
        python_multipart.parse_form(headers, io.BytesIO(body), on_field, on_file)
    except (FormParserError, ValueError):
        return None
    return Parameters(tuple(pairs)) if body.rstrip().endswith(b"--") else None


def _json(request: ReceivedRequest) -> Parameters:
    try:
        members = json.loads(request.body)
    except (ValueError, RecursionError):
        return Parameters()
    if not isinstance(members, dict):
        return Parameters()
    return Parameters(tuple((_bytes_of(name), _bytes_of(str(value))) for name, value in members.items()))


def _bytes_of(text: str) -> str:
    """Half a surrogate pair, which JSON can spell and no encoding has, as the bytes that it would be."""
    return text.encode("utf-8", "surrogatepass").decode("utf-8", "surrogateescape")


def path_of(request: ReceivedRequest) -> str:
    """The decoded path of a request."""
    return unquote(request.path)
