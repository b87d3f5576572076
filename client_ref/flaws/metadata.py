"""Flaws of discovery: metadata that are believed, whoever they are of and whatever they ask for."""

from __future__ import annotations

from dataclasses import replace

from client_ref import outgoing
from client_ref.flaws.flaw import Flaw
from client_ref.messages import Form
from client_ref.policy import STRICT, Members
from client_ref.registration import Registration
from client_ref.session import Login


def _of_anybody(_expected: str | None, _members: Members) -> None:
    """Nobody's name is looked at."""


def _first_method(registration: Registration, login: Login) -> Form:
    sent = outgoing.authorization_parameters(registration, login)
    if not registration.code_challenge_methods or registration.code_challenge_methods[0] == "S256":
        return sent
    plain = {"code_challenge": login.code_verifier, "code_challenge_method": registration.code_challenge_methods[0]}
    return tuple((name, plain.get(name, value)) for name, value in sent)


def _is_unpromised(registration: Registration) -> bool:
    return registration.code_challenge_methods is not None and "S256" not in registration.code_challenge_methods


def _challenge_if_promised(registration: Registration, login: Login) -> Form:
    sent = outgoing.authorization_parameters(registration, login)
    without = tuple((name, value) for name, value in sent if not name.startswith("code_challenge"))
    return without if _is_unpromised(registration) else sent


def _verifier_if_promised(registration: Registration, login: Login, code: str) -> Form:
    sent = outgoing.code_parameters(registration, login, code)
    return sent[:-1] if _is_unpromised(registration) else sent


FLAWS = (
    Flaw(
        "metadata-of-anybody",
        "Metadata that name another issuer are gone by.",
        ("S-MIX-02",),
        (),
        replace(STRICT, metadata_issuer=_of_anybody),
    ),
    Flaw(
        "method-of-the-metadata",
        "The first code_challenge_method that the metadata name is the one that is used.",
        ("S-PKCE-02",),
        (),
        replace(STRICT, authorization_parameters=_first_method),
    ),
    Flaw(
        "pkce-if-promised",
        "Where metadata do not promise S256, there is no challenge and no verifier.",
        ("S-PKCE-02",),
        (),
        replace(STRICT, authorization_parameters=_challenge_if_promised, code_parameters=_verifier_if_promised),
    ),
)
