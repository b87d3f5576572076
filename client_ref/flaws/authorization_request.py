"""Flaws of the authorization request: state, PKCE, and the composition of the URL."""

from __future__ import annotations

import base64
import itertools
import json
import random
from dataclasses import replace
from urllib.parse import quote, quote_plus

from client_ref import checks, flows, outgoing
from client_ref.errors import AuthorizationError
from client_ref.flaws.flaw import STRICT_FLOWS, Flaw
from client_ref.messages import Flow, Form, Visit, serialize_form
from client_ref.pkce import new_code_verifier
from client_ref.policy import STRICT, Parameters, Policy
from client_ref.registration import Registration, check_registration
from client_ref.session import LOGINS, Login, Session, Tokens

_counter = itertools.count(10_000_000)
_one_verifier = new_code_verifier()


def _parameters_without(*names: str) -> Policy:
    def parameters(registration: Registration, login: Login) -> Form:
        return tuple(p for p in outgoing.authorization_parameters(registration, login) if p[0] not in names)

    return replace(STRICT, authorization_parameters=parameters)


def _parameters_with(**changed: str) -> Policy:
    def parameters(registration: Registration, login: Login) -> Form:
        return tuple((n, changed.get(n, v)) for n, v in outgoing.authorization_parameters(registration, login))

    return replace(STRICT, authorization_parameters=parameters)


def latest_login(session: Session) -> Login:
    """The login that was begun last in this session, or one made up: what a client has that looks at no state."""
    waiting = session.get(LOGINS, {})
    if not waiting:
        return Login("", new_code_verifier(), 0.0)
    newest = list(waiting)[-1]
    return Login(newest, **waiting.pop(newest))


def _expects_no_state(session: Session, _parameters: Parameters, _now: float) -> Login:
    return latest_login(session)


def _code_parameters_without_verifier(registration: Registration, login: Login, code: str) -> Form:
    return tuple(p for p in outgoing.code_parameters(registration, login, code) if p[0] != "code_verifier")


def _plain(registration: Registration, login: Login) -> Form:
    plain = {"code_challenge": login.code_verifier, "code_challenge_method": "plain"}
    return tuple((n, plain.get(n, v)) for n, v in outgoing.authorization_parameters(registration, login))


def _padded(registration: Registration, login: Login) -> Form:
    return tuple(
        (n, f"{v}=" if n == "code_challenge" else v) for n, v in outgoing.authorization_parameters(registration, login)
    )


def _verifier_in_url(registration: Registration, login: Login) -> Form:
    return (*outgoing.authorization_parameters(registration, login), ("code_verifier", login.code_verifier))


def _client_id_twice(registration: Registration, login: Login) -> Form:
    return (*outgoing.authorization_parameters(registration, login), ("client_id", registration.client_id))


def _offline_added(registration: Registration, login: Login) -> Form:
    wider = replace(registration, scope=(*dict.fromkeys((*registration.scope, "offline")),))
    return outgoing.authorization_parameters(wider, login)


def _scope_always(registration: Registration, login: Login) -> Form:
    parameters = outgoing.authorization_parameters(registration, login)
    return parameters if registration.scope else (*parameters, ("scope", ""))


def _commas(registration: Registration, login: Login) -> Form:
    joined = ",".join(registration.scope)
    return tuple((n, joined if n == "scope" else v) for n, v in outgoing.authorization_parameters(registration, login))


def _query_dropped(endpoint: str, parameters: Form) -> str:
    return f"{endpoint.partition('?')[0]}?{serialize_form(parameters)}"


def _second_question_mark(endpoint: str, parameters: Form) -> str:
    return f"{endpoint}?{serialize_form(parameters)}"


def _client_id_raw(endpoint: str, parameters: Form) -> str:
    query = "&".join(f"{n}={v if n == 'client_id' else quote_plus(v)}" for n, v in parameters)
    return outgoing.with_query(endpoint, ()) + query


def _encoded_twice(endpoint: str, parameters: Form) -> str:
    return outgoing.with_query(endpoint, tuple((n, quote(v, safe=" :/?=-._~")) for n, v in parameters))


def _user_information(endpoint: str, parameters: Form) -> str:
    scheme, _, rest = outgoing.with_query(endpoint, parameters).partition("://")
    return f"{scheme}://{quote(dict(parameters)['client_id'])}@{rest}"


def _fragment_accepted(registration: Registration) -> None:
    plain = replace(registration, authorization_endpoint=registration.authorization_endpoint.partition("#")[0])
    check_registration(plain)


def _packed(login: Login) -> str:
    """State and verifier in one piece, as clients make it that keep nothing."""
    text = json.dumps({"nonce": login.state, "verifier": login.code_verifier})
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _verifier_in_state(registration: Registration, login: Login) -> Form:
    return tuple(
        (n, _packed(login) if n == "state" else v) for n, v in outgoing.authorization_parameters(registration, login)
    )


def _state_unpacked(session: Session, parameters: Parameters, now: float) -> Login:
    packed = parameters.get("state", "")
    try:
        nonce = json.loads(base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4)))["nonce"]
    except (ValueError, KeyError, TypeError):
        nonce = packed
    return checks.state(session, {**parameters, "state": str(nonce)}, now)


def _land_and_remember_failure(registration: Registration, session: Session, url: str, policy: Policy) -> Flow[Tokens]:
    try:
        return (yield from flows.land(registration, session, url, policy))
    except AuthorizationError:
        session["downgrade"] = True
        raise


def _begin_downgraded(registration: Registration, session: Session, policy: Policy) -> Visit:
    downgraded = replace(policy, authorization_parameters=_plain) if session.get("downgrade") else policy
    return flows.begin(registration, session, downgraded)


_generator = random.Random()  # noqa: S311 - it is the flaw


def _seeding(registration: Registration) -> None:
    check_registration(registration)
    _generator.seed(7)


def _drawn() -> str:
    return f"{_generator.getrandbits(256):064x}"


FLAWS = (
    Flaw(
        "state-absent",
        "No state is sent, and none is looked for.",
        ("S-AUTH-01", "S-CB-01"),
        ("CVE-2025-14546",),
        replace(_parameters_without("state"), state=_expects_no_state),
    ),
    Flaw(
        "response-type-of-two",
        "Both a code and a token are asked for.",
        ("S-AUTH-01",),
        (),
        _parameters_with(response_type="code token"),
    ),
    Flaw(
        "response-type-left-out",
        "The request does not say what it asks for.",
        ("S-AUTH-01",),
        (),
        _parameters_without("response_type"),
    ),
    Flaw(
        "user-information-in-url",
        "The client_id stands before the host as well.",
        ("S-URI-01",),
        (),
        replace(STRICT, with_query=_user_information),
    ),
    Flaw(
        "state-beyond-ascii",
        "The state holds characters that are no printable ASCII.",
        ("S-AUTH-05",),
        (),
        replace(STRICT, new_state=lambda: new_code_verifier() + "\u00e9\u2713"),
    ),
    Flaw(
        "verifier-in-state",
        "The verifier is packed into the state, where base64 hides it from nobody.",
        ("S-AUTH-05", "S-URI-01"),
        (),
        replace(STRICT, authorization_parameters=_verifier_in_state, state=_state_unpacked),
    ),
    Flaw(
        "state-constant",
        "One state for all logins of all users.",
        ("S-AUTH-05", "S-CB-01"),
        ("CVE-2023-31999",),
        replace(STRICT, new_state=lambda: "frameio-login"),
    ),
    Flaw(
        "state-seeded-alike",
        "The random numbers of its states begin alike at each start.",
        ("S-AUTH-05",),
        (),
        replace(STRICT, check_registration=_seeding, new_state=_drawn),
    ),
    Flaw(
        "state-counted",
        "The state is a counter.",
        ("S-AUTH-05",),
        (),
        replace(STRICT, new_state=lambda: str(next(_counter))),
    ),
    Flaw(
        "pkce-absent",
        "Neither challenge nor verifier, as in the PKCE sample of Frame.io's guide.",
        ("S-PKCE-01", "S-PKCE-06"),
        (),
        replace(
            _parameters_without("code_challenge", "code_challenge_method"),
            code_parameters=_code_parameters_without_verifier,
        ),
    ),
    Flaw(
        "verifier-not-sent",
        "A challenge goes out, the verifier never follows.",
        ("S-PKCE-01",),
        ("CVE-2023-27490",),
        replace(STRICT, code_parameters=_code_parameters_without_verifier),
    ),
    Flaw(
        "verifier-reused",
        "One verifier for all logins of the process.",
        ("S-PKCE-01", "S-AUTH-05"),
        (),
        replace(STRICT, new_code_verifier=lambda: _one_verifier),
    ),
    Flaw(
        "verifier-too-short",
        "A verifier of 32 characters.",
        ("S-PKCE-01",),
        ("social-core #1681",),
        replace(STRICT, new_code_verifier=lambda: new_code_verifier()[:32]),
    ),
    Flaw(
        "verifier-too-long",
        "A verifier of 134 characters.",
        ("S-PKCE-01",),
        ("streamlit-oauth #25", "django-allauth #3237"),
        replace(STRICT, new_code_verifier=lambda: (4 * new_code_verifier())[:134]),
    ),
    Flaw(
        "verifier-in-url",
        "The verifier travels in the authorization request.",
        ("S-PKCE-05", "S-URI-01"),
        (),
        replace(STRICT, authorization_parameters=_verifier_in_url),
    ),
    Flaw(
        "challenge-method-lower-case",
        "The method is spelled s256.",
        ("S-PKCE-01",),
        ("social-core #1681",),
        _parameters_with(code_challenge_method="s256"),
    ),
    Flaw(
        "challenge-method-absent",
        "The challenge is hashed, and its method left out, which means plain.",
        ("S-PKCE-01",),
        (),
        _parameters_without("code_challenge_method"),
    ),
    Flaw(
        "challenge-plain",
        "The challenge is the verifier.",
        ("S-PKCE-01", "S-PKCE-05"),
        (),
        replace(STRICT, authorization_parameters=_plain),
    ),
    Flaw(
        "challenge-padded",
        "The challenge keeps the padding of base64.",
        ("S-PKCE-01",),
        (),
        replace(STRICT, authorization_parameters=_padded),
    ),
    Flaw(
        "challenge-downgraded-after-error",
        "After an error the next login of the session uses plain.",
        ("S-PKCE-02",),
        (),
        flows=replace(STRICT_FLOWS, begin=_begin_downgraded, land=_land_and_remember_failure),
    ),
    Flaw(
        "redirect-uri-omitted",
        "The authorization request has no redirect_uri.",
        ("S-AUTH-06",),
        (),
        _parameters_without("redirect_uri"),
    ),
    Flaw(
        "offline-added",
        "The scope `offline` is asked for unbidden.",
        ("S-AUTH-01",),
        (),
        replace(STRICT, authorization_parameters=_offline_added),
    ),
    Flaw(
        "scope-sent-empty",
        "Without a scope the parameter is sent all the same, empty.",
        ("S-AUTH-01",),
        (),
        replace(STRICT, authorization_parameters=_scope_always),
    ),
    Flaw(
        "scope-with-commas",
        "Scope tokens are separated by commas.",
        ("S-AUTH-04",),
        (),
        replace(STRICT, authorization_parameters=_commas),
    ),
    Flaw(
        "client-id-twice",
        "client_id is in the authorization request twice.",
        ("S-AUTH-01", "S-TOK-09"),
        (),
        replace(STRICT, authorization_parameters=_client_id_twice),
    ),
    Flaw(
        "client-id-not-encoded",
        "client_id is put into the URL as it is.",
        ("S-AUTH-04",),
        (),
        replace(STRICT, with_query=_client_id_raw),
    ),
    Flaw(
        "parameters-encoded-twice",
        "Reserved characters are percent-encoded twice.",
        ("S-AUTH-04",),
        (),
        replace(STRICT, with_query=_encoded_twice),
    ),
    Flaw(
        "authorization-query-dropped",
        "A query that the authorization endpoint has already is lost.",
        ("S-AUTH-02",),
        (),
        replace(STRICT, with_query=_query_dropped),
    ),
    Flaw(
        "fragment-accepted",
        "An endpoint with a fragment is taken as it is, and parameters are put behind the #.",
        ("S-AUTH-02",),
        (),
        replace(STRICT, check_registration=_fragment_accepted),
    ),
    Flaw(
        "second-question-mark",
        "Parameters are appended behind a question mark of their own.",
        ("S-AUTH-02",),
        ("python-sdk #3505", "simple-oauth2 #335", "oauth2-client PR #196"),
        replace(STRICT, with_query=_second_question_mark),
    ),
)
