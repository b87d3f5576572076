"""Pages from templates: escaped without exception, and under headers that let nothing in from outside."""

import re
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup
from starlette.responses import Response

from mock_server.web.sending import MOCK_HEADER

_HERE = Path(__file__).parent
_STATIC = {"style.css": "text/css", "journal.js": "text/javascript", "icon.svg": "image/svg+xml"}

# What a reader could not see, or what would turn the order of the text around: shown as its code.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff\ud800-\udfff\ufff9-\ufffb]"
)

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; frame-ancestors 'none'; form-action {form_action}"
)
# With "no-referrer", browsers send forms with "Origin: null", and then nobody can tell whose they are.
_HEADERS = {
    "cache-control": "no-store",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    MOCK_HEADER[0].decode(): MOCK_HEADER[1].decode(),
}


def visible(value: object) -> object:
    """Text with its invisible characters shown as codes; jinja asks this of everything that it puts into a page."""
    if not isinstance(value, str) or isinstance(value, Markup):
        return value
    return _INVISIBLE.sub(lambda match: f"\\u{ord(match[0]):04x}", value)


@cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=visible,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def rendered(template: str, **values: Any) -> str:
    """The text of a template."""
    return _environment().get_template(template).render(values)


def headers(form_action: str = "'self'") -> dict[str, str]:
    """The headers of every page; `form_action` says where its forms may lead, redirects included."""
    return _HEADERS | {"content-security-policy": CONTENT_SECURITY_POLICY.format(form_action=form_action)}


def html(template: str, *, status: int = 200, form_action: str = "'self'", **values: Any) -> Response:
    """A page, or a piece of one."""
    body = rendered(template, **values).encode("utf-8", "replace")
    return Response(body, status, headers(form_action), "text/html; charset=utf-8")


def redirect(location: str) -> Response:
    """To a page of our own, after a form."""
    return Response(b"", 303, headers() | {"location": location})


@cache
def static(name: str) -> tuple[bytes, str] | None:
    """A file of ours and its media type; nothing where there is no such file."""
    if name not in _STATIC:
        return None
    return (_HERE / "static" / name).read_bytes(), _STATIC[name]
