"""Which redirection URI an answer may go to: RFC 6749 3.1.2, RFC 8252 7.3 and the recorded engine's reading of them."""

import re
from functools import lru_cache
from operator import itemgetter
from urllib.parse import SplitResult, quote, unquote, urlsplit, urlunsplit

from mock_server.protocol import form
from mock_server.protocol.provider import Provider
from mock_server.protocol.records import App

_CONTROL = re.compile(r"[\x00-\x20\x7f]")
# RFC 3986 3.5: what stands in a fragment unescaped, beside letters and digits.
_FRAGMENT = "!$&'()*+,;=:@/?-._~"
_NAME = itemgetter(0)
_PORT = re.compile(r":\d*\Z")
_LOOPBACK_AUTHORITY = re.compile(r"(127\.0\.0\.1|\[::1\])(:\d*)?")


def registered_redirect_uri(requested: str, app: App, provider: Provider) -> str | None:
    """The URI to answer to, or nothing: then the error stays with the server and is never redirected."""
    if not requested:
        return app.redirect_uris[0] if len(app.redirect_uris) == 1 else None
    if provider.redirect_uri_decoded_twice:
        requested = form.unquote(requested) or ""
    if requested in app.redirect_uris:
        return requested
    for registered in app.redirect_uris:
        if _same(requested, registered, provider) or _same_loopback(requested, registered, provider):
            return requested
    return None


def _same(requested: str, registered: str, provider: Provider) -> bool:
    return provider.redirect_uri_comparison != "exact" and requested.lower() == registered.lower()


def _same_loopback(requested: str, registered: str, provider: Provider) -> bool:
    """RFC 8252 7.3: on a loopback address, not on `localhost`, any port will do."""
    if provider.loopback_redirect == "exact":
        return False
    asked, known = _split(requested), _split(registered)
    if asked is None or known is None or asked.scheme != "http" or not _is_loopback(asked):
        return False
    if unquote(asked.path) != unquote(known.path) or asked.fragment:
        return False
    if provider.loopback_redirect == "any_port_and_query":
        return known.scheme == "http" and _is_loopback(known)
    return asked.hostname == known.hostname and asked.query == known.query


def _is_loopback(uri: SplitResult) -> bool:
    return _LOOPBACK_AUTHORITY.fullmatch(uri.netloc.rpartition("@")[2]) is not None


def _split(uri: str) -> SplitResult | None:
    if _CONTROL.search(uri):
        return None
    try:
        return urlsplit(uri)
    except ValueError:
        return None


def is_insecure(redirect_uri: str, provider: Provider) -> bool:
    """True for plain http to a host that is not this machine (RFC 6749 3.1.2.1)."""
    scheme, host = _scheme_and_host(redirect_uri)
    if scheme != "http" or host in provider.insecure_redirect_hosts:
        return False
    return not host.endswith(".localhost")


# Few URIs are answered to, and each again and again; so here and below.
@lru_cache(maxsize=256)
def _scheme_and_host(uri: str) -> tuple[str, str]:
    """The host as written: the engine does not take LOCALHOST for localhost here, as `hostname` would."""
    parts = urlsplit(uri)
    return parts.scheme, _PORT.sub("", parts.netloc.rpartition("@")[2]).strip("[]")


def with_query(redirect_uri: str, pairs: form.Pairs, *, space: str, in_order: bool = True) -> str:
    """The URI with an answer in its query, merged with its own query; sorted by name as the engine writes it."""
    base, own = _base_and_query(redirect_uri)
    if own:
        answered = {name for name, _ in pairs}
        pairs = (*(pair for pair in own if pair[0] not in answered), *pairs)
    query = form.serialize(sorted(pairs, key=_NAME) if in_order else pairs, space=space)
    return f"{base}?{query}" if query else base


@lru_cache(maxsize=256)
def _base_and_query(uri: str) -> tuple[str, form.Pairs]:
    parts = urlsplit(uri)
    return _unsplit(parts._replace(query="", fragment=""), uri), form.parse(parts.query).pairs


def with_fragment(redirect_uri: str, pairs: form.Pairs, *, raw: bool = False) -> str:
    """The URI with an answer in its fragment; `raw` leaves what a fragment may hold, `&` and `=` included, as it is."""
    in_order = sorted(pairs, key=_NAME)
    base = _unsplit(urlsplit(redirect_uri)._replace(fragment=""), redirect_uri)
    if not raw:
        return f"{base}#{form.serialize(in_order)}"
    text = "&".join(f"{name}={value}" for name, value in in_order)
    return f"{base}#{quote(text, safe=_FRAGMENT, encoding='utf-8', errors='surrogateescape')}"


def _unsplit(uri: SplitResult, original: str) -> str:
    """The URI as text, with the empty authority of `myapp:///callback`, which `urlunsplit` would drop."""
    text = urlunsplit(uri)
    dropped = not uri.netloc and original.partition(":")[2].startswith("//") and not text.startswith(f"{uri.scheme}://")
    return f"{uri.scheme}://{text[len(uri.scheme) + 1 :]}" if dropped else text
