"""Certificates of a throw-away authority: good ones, and those that no client may take.

The libraries that make them take a tenth of a second to load, so this module is imported by whoever serves https, and
by nobody else. The authority's key never leaves the process.
"""

import ipaddress
import os
import ssl
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Self

import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from mock_server.apps import SettingsError
from mock_server.protocol.vocabulary import Certificate

LOCAL_NAMES = ("127.0.0.1", "::1", "localhost")
_ELSEWHERE = "elsewhere.example"
_MARK = "# The certificate authority of an oauthspec mock, thrown away when it ends.\n"
_DAY = timedelta(days=1)


class Authority:
    """A certificate authority for the names of one server, in use as a context manager: its file goes with it.

    `ca_file` is what clients are given: its certificate, and behind it those that this machine trusts anyway, for most
    runtimes trust what such a file holds and nothing else. A file that is named is written there and stays.
    """

    def __init__(self, names: Sequence[str] = (), ca_file: Path | None = None) -> None:
        self._authority = trustme.CA(organization_name="oauthspec, a throw-away authority")
        self._unknown = trustme.CA(organization_name="an authority that nobody knows")
        self._names = tuple(dict.fromkeys((*LOCAL_NAMES, *names)))
        self._folder = tempfile.TemporaryDirectory(prefix="oauthspec-") if ca_file is None else None
        self.ca_file = ca_file or Path(self._folder.name if self._folder else "", "ca.pem")
        try:
            _write(self.ca_file, _MARK + self.pem + _trusted_here())
        except BaseException:
            self.close()
            raise
        self._contexts: dict[Certificate, ssl.SSLContext] = {}

    @property
    def pem(self) -> str:
        """The certificate of the authority alone."""
        return self._authority.cert_pem.bytes().decode()

    def trusting(self) -> ssl.SSLContext:
        """What a client of our own connects with: it trusts this authority and no other."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(cadata=self.pem)
        return context

    def presenting(self, certificate: Certificate) -> ssl.SSLContext:
        """What the server presents; no session outlives its connection, or a client would look at nothing."""
        if certificate not in self._contexts:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._load(context, certificate)
            context.num_tickets = 0
            context.options |= ssl.OP_NO_TICKET
            context.set_alpn_protocols(["http/1.1"])
            self._contexts[certificate] = context
        return self._contexts[certificate]

    def _load(self, context: ssl.SSLContext, certificate: Certificate) -> None:
        now = datetime.now(UTC)
        if certificate == "self_signed":
            _load_pem(context, _self_signed(self._names, now))
        elif certificate == "expired":
            long_ago, ended = now - 2 * _DAY, now - _DAY
            self._authority.issue_cert(*self._names, not_before=long_ago, not_after=ended).configure_cert(context)
        elif certificate == "unknown_authority":
            self._unknown.issue_cert(*self._names).configure_cert(context)
        else:
            names = (_ELSEWHERE,) if certificate == "wrong_name" else self._names
            # Renewed is a second one of the same kind, of the same authority, with a key of its own.
            self._authority.issue_cert(*names).configure_cert(context)

    def close(self) -> None:
        """Remove the temporary file."""
        if self._folder is not None:
            with suppress(OSError):
                self._folder.cleanup()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _write(path: Path, text: str) -> None:
    """Write the authority's file; one that is there is replaced only where it is an old one of ours."""
    try:
        if path.exists() and not path.read_text("utf-8", errors="replace").startswith(_MARK):
            cause = f"{path} is there already, and is not the file of an earlier mock."
            raise SettingsError("BAD_CA_FILE", cause, "Name another file with --tls-ca.")
        path.write_text(text, "utf-8")
    except OSError as error:
        cause = f"{path} cannot be written: {error.strerror}."
        raise SettingsError("BAD_CA_FILE", cause, "Name another file with --tls-ca.") from None


@lru_cache(maxsize=1)
def _trusted_here() -> str:
    """The certificates that programs on this machine trust by default, as PEM; empty where they are in no file."""
    named = ssl.get_default_verify_paths().cafile
    try:
        return "\n" + Path(named).read_text("utf-8", errors="replace") if named else ""
    except OSError:
        return ""


def _self_signed(names: Sequence[str], now: datetime) -> bytes:
    """A key, and a certificate for the right names that it has signed for itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, names[0])])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _DAY)
        .not_valid_after(now + 30 * _DAY)
        .add_extension(x509.SubjectAlternativeName([_general_name(each) for each in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private + made.public_bytes(serialization.Encoding.PEM)


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _load_pem(context: ssl.SSLContext, pem: bytes) -> None:
    # The library takes a chain from a file alone.
    descriptor, name = tempfile.mkstemp(prefix="oauthspec-", suffix=".pem")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(pem)
        context.load_cert_chain(name)
    finally:
        Path(name).unlink()
