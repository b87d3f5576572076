"""Who may use the pages and the control API: this machine, under its own names, and never another site's page.

The endpoints of the protocol are open to whoever reaches them. Everything else is for the developer alone:

* A page answers only to the names of this machine, or a site that rebinds its name to 127.0.0.1 could read it.
* A form counts only with its token, and never from another origin; the control API takes nothing from other origins.
* Where others can reach the server, everybody shows the control token: in a header, or once in a form.
"""

import hashlib
import hmac
import ipaddress
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

COOKIE = "oauthspec-control"
_SAFE_METHODS = ("GET", "HEAD", "OPTIONS")


@dataclass(frozen=True, slots=True)
class Access:
    """What is let in. `control_token` is empty on the loopback interface; `key` lives as long as the process."""

    control_token: str = ""
    public_url: str = ""
    host: str = "127.0.0.1"
    key: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)

    @property
    def is_exposed(self) -> bool:
        """True where others than this machine can reach the server."""
        return bool(self.control_token)

    def knows_host(self, host: str) -> bool:
        """True where a Host header names this machine, or what the server is reached by."""
        name = _hostname(host)
        if not name:
            return False
        if name == "localhost" or name.endswith(".localhost") or name == _hostname(urlsplit(self.public_url).netloc):
            return True
        try:
            address = ipaddress.ip_address(name)
        except ValueError:
            return self.is_exposed and name == self.host.lower()
        # Rebinding takes a name: whoever is asked by an address was meant.
        return address.is_loopback or self.is_exposed

    def is_foreign(self, method: str, headers: Mapping[str, str]) -> bool:
        """True for a request that another origin's page makes, as the browser tells it."""
        origin, site = headers.get("origin"), headers.get("sec-fetch-site", "")
        if method in _SAFE_METHODS and headers.get("sec-fetch-mode") == "navigate":
            return False
        if origin is not None:
            return not self._is_own(origin, headers.get("host", ""))
        return site not in ("", "same-origin", "none")

    def _is_own(self, origin: str, host: str) -> bool:
        parts, public = urlsplit(origin), urlsplit(self.public_url)
        if parts.scheme not in ("http", "https"):
            return False
        return parts.netloc == host or (bool(public.netloc) and parts[:2] == public[:2])

    def is_authorized(self, headers: Mapping[str, str], cookies: Mapping[str, str]) -> bool:
        """True where no control token is needed, or the right one is shown."""
        if not self.control_token:
            return True
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and self.is_control_token(token.strip()):
            return True
        return _equal(cookies.get(COOKIE, ""), self.cookie())

    def is_control_token(self, token: str) -> bool:
        """True for the control token."""
        return bool(self.control_token) and _equal(token, self.control_token)

    def cookie(self) -> str:
        """What a browser keeps in the place of the control token; worthless after a restart."""
        return self.form_token(f"cookie {self.control_token}")

    def form_token(self, purpose: str) -> str:
        """What a form has to bring back: only our own pages show it, and other sites cannot read those."""
        return hmac.new(self.key, purpose.encode("utf-8", "surrogateescape"), hashlib.sha256).hexdigest()[:40]

    def is_form_token(self, token: str, purpose: str) -> bool:
        """True for the token of a form of that purpose."""
        return _equal(token, self.form_token(purpose))


def _equal(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode("utf-8", "surrogateescape"), other.encode("utf-8", "surrogateescape"))


def _hostname(netloc: str) -> str:
    if not netloc or any(character in netloc for character in "/@?#\\ \t"):
        return ""
    try:
        parts = urlsplit(f"//{netloc}")
        _ = parts.port
    except ValueError:
        return ""
    return (parts.hostname or "").rstrip(".")
