"""Flaws of the state: not looked at, not bound to the session, not used up."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import unquote

from client_ref import checks, flows
from client_ref.errors import StateMismatch
from client_ref.flaws.authorization_request import latest_login
from client_ref.flaws.flaw import STRICT_FLOWS, Flaw
from client_ref.messages import Flow, Form, Post, Visit, parse_form
from client_ref.policy import STRICT, Parameters, Policy
from client_ref.registration import Registration
from client_ref.session import LOGINS, Login, Session, Tokens

_cache: dict[str, dict[str, Any]] = {}


def _state_ignored(session: Session, _parameters: Parameters, _now: float) -> Login:
    return latest_login(session)


def _state_when_present(session: Session, parameters: Parameters, now: float) -> Login:
    return checks.state(session, parameters, now) if "state" in parameters else latest_login(session)


def _nothing_equals_nothing(session: Session, parameters: Parameters, now: float) -> Login:
    begun = session.get(LOGINS)
    return checks.state(session, parameters, now) if begun or parameters.get("state") else latest_login(session)


def _begin_in_cache(registration: Registration, session: Session, policy: Policy) -> Visit:
    visit = flows.begin(registration, session, policy)
    _cache.update(session.pop(LOGINS))
    return visit


def _state_in_cache(_session: Session, parameters: Parameters, now: float) -> Login:
    return checks.state({LOGINS: _cache}, parameters, now)


def _state_reusable(session: Session, parameters: Parameters, now: float) -> Login:
    before = dict(session.get(LOGINS, {}))
    login = checks.state(session, parameters, now)
    session[LOGINS] = before
    return login


def _state_suffix_accepted(session: Session, parameters: Parameters, now: float) -> Login:
    received = parameters.get("state", "")
    begun = [waiting for waiting in session.get(LOGINS, {}) if received.startswith(waiting)]
    return checks.state(session, {**parameters, "state": begun[0]} if begun else parameters, now)


def _state_any_case(session: Session, parameters: Parameters, now: float) -> Login:
    received = parameters.get("state", "").lower()
    begun = [waiting for waiting in session.get(LOGINS, {}) if received == waiting.lower()]
    return checks.state(session, {**parameters, "state": begun[0]} if begun else parameters, now)


def _state_decoded_twice(session: Session, parameters: Parameters, now: float) -> Login:
    return checks.state(session, {**parameters, "state": unquote(parameters.get("state", ""))}, now)


def _names_normalized(form: Form) -> dict[str, str]:
    return checks.single_parameters(tuple((name.lower().removesuffix("[]"), value) for name, value in form))


def _state_mismatch_ends_all(session: Session, parameters: Parameters, now: float) -> Login:
    try:
        return checks.state(session, parameters, now)
    except StateMismatch:
        session.pop(LOGINS, None)
        raise


def _state_never_expires(session: Session, parameters: Parameters, _now: float) -> Login:
    return checks.state(session, parameters, 0.0)


def _begin_in_one_slot(registration: Registration, session: Session, policy: Policy) -> Visit:
    visit = flows.begin(registration, session, policy)
    session["verifier"] = list(session[LOGINS].values())[-1]["code_verifier"]
    return visit


def _verifier_of_slot(session: Session, parameters: Parameters, now: float) -> Login:
    return replace(checks.state(session, parameters, now), code_verifier=session.get("verifier", ""))


def _land_code_first(registration: Registration, session: Session, url: str, policy: Policy) -> Flow[Tokens]:
    parameters = checks.single_parameters(parse_form(checks.landing_url(url).query))
    if "code" in parameters and parameters.get("state") not in session.get(LOGINS, {}):
        form = policy.code_parameters(registration, latest_login(dict(session)), parameters["code"])
        yield from policy.send(policy.authenticated(registration, Post(registration.token_endpoint, form)))
    return (yield from flows.land(registration, session, url, policy))


FLAWS = (
    Flaw(
        "state-ignored",
        "The state that comes back is not looked at.",
        ("S-CB-01", "S-CB-02"),
        ("CVE-2025-14546", "fastapi-sso #266"),
        replace(STRICT, state=_state_ignored),
    ),
    Flaw(
        "state-compared-when-present",
        "A landing without a state is taken as good.",
        ("S-CB-02",),
        ("streamlit-oauth #25",),
        replace(STRICT, state=_state_when_present),
    ),
    Flaw(
        "no-state-equals-no-state",
        "In a browser that never began a login, a landing without a state is taken as good: neither side has one.",
        ("S-CB-02",),
        (),
        replace(STRICT, state=_nothing_equals_nothing),
    ),
    Flaw(
        "state-in-shared-cache",
        "Pending logins are kept for all browsers together: anybody's state is good in anybody's browser.",
        ("S-CB-01",),
        ("CVE-2025-68158", "CVE-2026-41425", "CVE-2025-68481"),
        replace(STRICT, state=_state_in_cache),
        replace(STRICT_FLOWS, begin=_begin_in_cache),
    ),
    Flaw(
        "state-reusable",
        "A state stays good after its use.",
        ("S-CB-03", "S-CB-09"),
        ("CVE-2025-68481",),
        replace(STRICT, state=_state_reusable),
    ),
    Flaw(
        "state-suffix-accepted",
        "A state with something appended counts as equal.",
        ("S-CB-02",),
        (),
        replace(STRICT, state=_state_suffix_accepted),
    ),
    Flaw(
        "state-compared-without-case",
        "The state is compared without regard to case.",
        ("S-CB-02",),
        (),
        replace(STRICT, state=_state_any_case),
    ),
    Flaw(
        "state-decoded-twice",
        "The state is percent-decoded once more than it was encoded.",
        ("S-CB-02",),
        (),
        replace(STRICT, state=_state_decoded_twice),
    ),
    Flaw(
        "parameter-names-normalized",
        "Names of parameters are read without regard to case, and arrays as single values.",
        ("S-CB-02",),
        (),
        replace(STRICT, single_parameters=_names_normalized),
    ),
    Flaw(
        "forged-state-ends-login",
        "A landing with a wrong state throws away the logins that wait.",
        ("S-CB-02", "S-CB-10"),
        (),
        replace(STRICT, state=_state_mismatch_ends_all),
    ),
    Flaw(
        "login-never-expires",
        "A login can be finished however long ago it was begun.",
        ("S-CB-19",),
        (),
        replace(STRICT, state=_state_never_expires),
    ),
    Flaw(
        "verifier-of-latest-login",
        "With two tabs open, both send the verifier of the later one.",
        ("S-CB-16",),
        ("next-auth #7894", "nextjs-auth0 #142"),
        replace(STRICT, state=_verifier_of_slot),
        replace(STRICT_FLOWS, begin=_begin_in_one_slot),
    ),
    Flaw(
        "code-sent-before-state-checked",
        "The code is exchanged first, and the state compared afterwards.",
        ("S-CB-01", "S-CB-02"),
        (),
        flows=replace(STRICT_FLOWS, land=_land_code_first),
    ),
)
