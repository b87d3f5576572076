"""What a web application is told, as environment variables named as in Frame.io's guide."""

import difflib
import ipaddress
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from urllib.parse import urlsplit

from mock_server.environment import trusting
from scenarios.drivers.driver import CannotStart
from scenarios.model.assignment import Assignment

_FIELD = re.compile(r"\{([a-z_]+)\}")
FIELDS = (
    *("authorize_url", "token_url", "client_id", "client_secret", "redirect_uri", "scope", "port", "api_url"),
    *("revoke_url", "issuer", "metadata_url", "app_kind", "ca_file"),
)
"""What a template can name, whatever the assignment."""

_PROXIES = ("http_proxy", "https_proxy", "all_proxy")


def assigned(assignment: Assignment) -> dict[str, str]:
    """The variables of an assignment; a PKCE app has no secret, so it has no such variable."""
    variables = {
        "AUTHORIZE_URL": assignment.authorization_endpoint,
        "TOKEN_URL": assignment.token_endpoint,
        "CLIENT_ID": assignment.client_id,
        "CLIENT_SECRET": assignment.client_secret,
        "REDIRECT_URI": assignment.redirect_uri,
        "SCOPE": assignment.scope,
        "PORT": str(port_of(assignment.redirect_uri)),
        "API_URL": assignment.api_url,
    }
    given = {name: value for name, value in variables.items() if value is not None}
    return given | trusting(assignment.ca_file)


def from_templates(templates: Mapping[str, str], assignment: Assignment) -> dict[str, str]:
    """The user's own variables, such as `OAUTH_ID={client_id}`; one that wants what there is none of is left out."""
    known = fields(assignment)
    filled = {name: _filled(name, template, known) for name, template in templates.items()}
    return {name: value for name, value in filled.items() if value is not None}


def fields(assignment: Assignment) -> dict[str, str | None]:
    """What a template can name: each variable in lower case, and what applications seldom need beside them."""
    return {
        "client_secret": None,
        **{name.lower(): value for name, value in assigned(assignment).items()},
        "revoke_url": assignment.revocation_endpoint,
        "issuer": assignment.issuer,
        "metadata_url": assignment.metadata_url,
        "app_kind": assignment.app_kind,
        "ca_file": assignment.ca_file,
    }


def whole(assignment: Assignment, templates: Mapping[str, str]) -> dict[str, str]:
    """The environment to start an application in: ours, without what an assignment alone may say."""
    names = {"AUTHORIZE_URL", "TOKEN_URL", "CLIENT_ID", "CLIENT_SECRET", "REDIRECT_URI", "SCOPE", "PORT", "API_URL"}
    inherited = {name: value for name, value in os.environ.items() if name not in names | templates.keys()}
    return inherited | _no_proxy(inherited) | assigned(assignment) | from_templates(templates, assignment)


@contextmanager
def trusted_here(ca_file: str | None) -> Iterator[None]:
    """Let what runs in this process, and what is started from it, trust the authorities of a file meanwhile."""
    given = trusting(ca_file)
    before = {name: os.environ.get(name) for name in given}
    os.environ.update(given)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def port_of(url: str) -> int:
    """The port of a URL, named or not."""
    parts = urlsplit(url)
    return parts.port or (443 if parts.scheme == "https" else 80)


def is_local(host: str) -> bool:
    """True for names and addresses of this machine's loopback interface."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def check_template(name: str, template: str) -> None:
    """Raise `CannotStart` for a variable that could never be filled in."""
    unknown = [field for field in _FIELD.findall(template) if field not in FIELDS]
    if not unknown and name and "=" not in name and "\0" not in name + template:
        return
    cause = f"The environment variable {name}={template} cannot be filled in."
    if unknown:
        near = difflib.get_close_matches(unknown[0], FIELDS, 1)
        cause = f"{name}={template} names {{{unknown[0]}}}, which is nothing that an application is told."
        cause += f" Is {{{near[0]}}} meant?" if near else ""
    raise CannotStart("BAD_ENVIRONMENT", cause, f"It may name {', '.join(f'{{{field}}}' for field in FIELDS)}.")


def _filled(name: str, template: str, known: Mapping[str, str | None]) -> str | None:
    check_template(name, template)
    if any(known.get(field) is None for field in _FIELD.findall(template)):
        return None
    return _FIELD.sub(lambda match: known[match[1]] or "", template)


def _no_proxy(inherited: Mapping[str, str]) -> dict[str, str]:
    """Keep a proxy of the machine away from the mock: it could not reach this machine's loopback address."""
    if not any(name.lower() in _PROXIES for name in inherited):
        return {}
    exempt = inherited.get("no_proxy") or inherited.get("NO_PROXY")
    value = ",".join(filter(None, (exempt, "127.0.0.1,localhost")))
    return {"no_proxy": value, "NO_PROXY": value}
