"""The errors of the control API: `application/problem+json` (RFC 9457) with codes that stay."""

from collections.abc import Mapping

import msgspec
from starlette.responses import Response

from mock_server.web.rendering import headers

# code: status, title.
CODES: Mapping[str, tuple[int, str]] = {
    "bad_json": (400, "The body is not JSON"),
    "bad_body": (422, "The body does not fit"),
    "bad_query": (422, "The query does not fit"),
    "bad_change": (422, "There is no such change"),
    "bad_app": (422, "An app cannot be like that"),
    "bad_provider": (422, "A provider cannot be like that"),
    "media_type": (415, "The body has to be application/json"),
    "body_too_large": (413, "The body is too large"),
    "no_control_token": (401, "The control token is missing or wrong"),
    "foreign_origin": (403, "Pages of other origins may not use the control API"),
    "foreign_host": (421, "The control API answers to the names of this machine alone"),
    "unknown_path": (404, "The control API has no such path"),
    "other_method": (405, "This path has other methods"),
    "unknown_app": (404, "There is no such app"),
    "unknown_flow": (404, "There is no such flow"),
    "unknown_exchange": (404, "The journal holds no such exchange"),
    "app_exists": (409, "There is such an app already"),
    "flow_exists": (409, "There is such a flow already"),
}


class ProblemDocument(msgspec.Struct):
    """What went wrong (RFC 9457): `code` is stable, `title` says what that means, `detail` speaks of this request."""

    type: str
    title: str
    status: int
    code: str
    detail: str = ""


class Problem(Exception):
    """A refusal by the control API."""

    def __init__(self, code: str, detail: str = "", extra: Mapping[str, str] | None = None) -> None:
        super().__init__(f"{code}: {detail}")
        self.code, self.detail, self.extra = code, detail, dict(extra or {})

    def document(self) -> ProblemDocument:
        """The problem as it is sent."""
        status, title = CODES[self.code]
        detail = self.detail.encode("utf-8", "replace").decode()
        return ProblemDocument(f"urn:oauthspec:problem:{self.code}", title, status, self.code, detail)

    def response(self) -> Response:
        """The answer."""
        challenge = {"www-authenticate": 'Bearer realm="oauthspec"'} if self.code == "no_control_token" else {}
        body = msgspec.json.encode(self.document())
        status = CODES[self.code][0]
        return Response(body, status, headers() | challenge | self.extra, "application/problem+json")
