"""`python -m client_ref`: serve the application on this machine, configured by the environment or a `.env` file.

The names are those of Frame.io's guide: AUTHORIZE_URL, TOKEN_URL, CLIENT_ID, CLIENT_SECRET (absent for a PKCE app),
REDIRECT_URI, SCOPE, and beside them API_URL, PORT, and if there is one REVOKE_URL and ISSUER; METADATA_URL, beside
ISSUER, to have the server asked for its endpoints. SSL_CERT_FILE names the authorities to trust in the place of the
system's. CLIENT_REF_FLAW names one of the clients in `flawed.py`, to see what a harness says of it.
"""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

import uvicorn

from client_ref.application import Application, Pages
from client_ref.client import AsyncClient
from client_ref.errors import ConfigurationError
from client_ref.exchange import Wire
from client_ref.redaction import legible
from client_ref.registration import Registration

REQUIRED = ("AUTHORIZE_URL", "TOKEN_URL", "CLIENT_ID", "REDIRECT_URI", "SCOPE", "API_URL")


def read_dotenv(text: str) -> dict[str, str]:
    """Read `NAME=value` lines; quotes round a value and `#` lines are left out."""
    lines = (line.strip().removeprefix("export ") for line in text.splitlines())
    pairs = (line.partition("=") for line in lines if "=" in line and not line.startswith("#"))
    return {name.strip(): value.strip().strip("\"'") for name, _, value in pairs}


def registration(settings: Mapping[str, str]) -> Registration:
    """Read the registration from settings named as in Frame.io's guide."""
    missing = [name for name in REQUIRED if name not in settings]
    if missing:
        raise ConfigurationError(
            "setting_missing",
            f"{', '.join(missing)} not set",
            "Put it into the environment or into a file .env here.",
        )
    return Registration(
        authorization_endpoint=settings["AUTHORIZE_URL"],
        token_endpoint=settings["TOKEN_URL"],
        client_id=settings["CLIENT_ID"],
        client_secret=settings.get("CLIENT_SECRET") or None,
        redirect_uri=settings["REDIRECT_URI"],
        scope=tuple(settings["SCOPE"].split()),
        revocation_endpoint=settings.get("REVOKE_URL") or None,
        issuer=settings.get("ISSUER") or None,
        api_url=settings["API_URL"],
        metadata_url=settings.get("METADATA_URL") or None,
    )


def port(settings: Mapping[str, str]) -> int:
    """The port to listen on: PORT, else that of the redirect_uri."""
    text = settings.get("PORT") or str(urlsplit(settings["REDIRECT_URI"]).port or 8000)
    if not text.isascii() or not text.isdigit() or int(text) > 65535:
        raise ConfigurationError("port_malformed", f"PORT is no port: {legible(text)}", "Choose one up to 65535.")
    return int(text)


def listen(number: int) -> socket.socket:
    """Take the port on loopback before anything else starts, so that a taken one is told plainly."""
    # With the protocol left out, asyncio never sets TCP_NODELAY on what is accepted: 44 ms for each answer.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind(("127.0.0.1", number))
        listening.listen(128)  # from here on nobody is turned away; uvicorn takes over who came early
    except OSError as failure:
        listening.close()
        reason = (failure.strerror or "it cannot be taken").lower()
        raise ConfigurationError("port_taken", f"Port {number}: {reason}", "Choose another PORT.") from None
    return listening


def parts(flaw: str, registration: Registration, ca_file: str | None = None) -> tuple[AsyncClient, Pages]:
    """The client and its pages: the strict ones, unless a flaw is named."""
    if not flaw:
        return AsyncClient(registration, wire=Wire(ca_file=ca_file)), Pages()
    from client_ref import flawed  # the strict application loads none of it

    return flawed.async_client(flaw, registration, ca_file), flawed.flaw(flaw).pages


def main() -> int:
    """Serve until told to stop; 2 means that the configuration cannot be used."""
    dotenv = Path(".env")
    settings = {**(read_dotenv(dotenv.read_text("utf-8")) if dotenv.is_file() else {}), **os.environ}
    try:
        ours = registration(settings)
        client, pages = parts(settings.get("CLIENT_REF_FLAW", ""), ours, settings.get("SSL_CERT_FILE"))
        listening = listen(port(settings))
    except ConfigurationError as error:
        sys.stderr.write(f"client_ref: {error}\n")
        return 2
    sys.stderr.write(f"client_ref: http://127.0.0.1:{listening.getsockname()[1]}/\n")
    application = Application(client, ours.redirect_uri, pages).starlette()
    # uvicorn's access log would hold the code and the state of each callback.
    config = uvicorn.Config(application, ws="none", access_log=False, log_level="warning", lifespan="on")
    uvicorn.Server(config).run(sockets=[listening])
    return 0


if __name__ == "__main__":
    sys.exit(main())
