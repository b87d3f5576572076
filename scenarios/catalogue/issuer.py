"""The issuer of an authorization response: who says so.

A client of several servers can be made to bring a code of one to the other, which then redeems it. `iss` says whose
answer it is; it is worth something only where it is compared exactly, and where a missing one is missed.
"""

from collections.abc import Mapping

from mock_server.changes import Changes
from mock_server.deviations.authorization_response import adds, extends, omits, repeats, replaces, swaps_case, truncates
from mock_server.deviations.deviation import Deviation
from mock_server.protocol.resource_owner import Deny
from scenarios.model.assignment import AssignmentKind
from scenarios.model.capability import Capability
from scenarios.model.expectation import TOKEN_REQUEST, Accepts, Copes, Rejects
from scenarios.model.requirement import DERIVED, MUST, MUST_NOT, SHOULD
from scenarios.model.scenario import changed, scenario
from scenarios.model.stage import Stage, accepts, copes, rejects
from scenarios.specifications import RFC6749, RFC9207, RFC9700

NAMED = AssignmentKind(issuer=True)
_ISSUER = {Capability.ISSUER}
_MIX_UP = "a code and a verifier are brought to a server that they are not for"
_EXACTLY = "compare `iss` with the issuer of the server that was asked, with `==`, before anything is sent"
_OTHER = "https://attacker.example"
_REASONS = ("issuer_mismatch", "issuer_missing", "issuer_repeated")


@scenario(
    requirement=MUST(
        "reject a response of another issuer, compared character by character",
        RFC9207.section("2.4"),
        RFC9700.section("4.4.2.1"),
    ),
    needs=_ISSUER,
    assignment=NAMED,
    rows={
        "other": replaces("iss", _OTHER),
        "suffixed": extends("iss", ".attacker.example"),
        "trailing-slash": extends("iss", "/"),
        "other-port": extends("iss", "0"),
        "path": extends("iss", "/tenant"),
        "percent": extends("iss", "%2F"),
        "truncated": truncates("iss", 16),
        "other-case": swaps_case("iss"),
    },
    risk=_MIX_UP,
    fix=_EXACTLY,
    seeds=("S-MIX-01",),
)
async def another_issuer(stage: Stage, change: Deviation) -> Rejects:
    """The answer is good in all but its issuer, which is another, or nearly the same."""
    client = stage.session()
    await client.log_in(changed(change))
    return rejects(client, before=TOKEN_REQUEST, reasons=_REASONS)


@scenario(
    requirement=MUST("accept a response of the issuer that was asked", RFC9207.section("2.4")),
    needs=_ISSUER,
    assignment=NAMED,
    risk="nobody can log in at a server that names itself",
    fix=_EXACTLY,
    control=True,
    seeds=("S-MIX-01", "S-MIX-02"),
)
async def issuer_that_was_asked(stage: Stage) -> Accepts:
    """The server names itself, rightly."""
    client = stage.session()
    await client.log_in()
    return accepts(client)


@scenario(
    requirement=MUST("reject a response without an issuer, of a server that sends one", RFC9207.section("2.4")),
    needs=_ISSUER,
    assignment=NAMED,
    risk="an attacker's server leaves `iss` out, and is believed",
    fix="take a missing `iss` for a wrong one, wherever an issuer is configured",
    seeds=("S-MIX-02",),
)
async def issuer_missing(stage: Stage) -> Rejects:
    """The server is known to name itself; this answer does not."""
    client = stage.session()
    await client.log_in(changed(omits("iss")))
    return rejects(client, before=TOKEN_REQUEST, reasons=_REASONS)


@scenario(
    requirement=DERIVED("refuse a response with two issuers", RFC9207.section("2.4"), RFC6749.section("3.1"),
                        security=True),
    needs=_ISSUER,
    assignment=NAMED,
    rows={"other-last": repeats("iss", _OTHER), "other-first": repeats("iss", _OTHER, first=True)},
    risk="one reader of the answer compares the first issuer, the next one uses the second",
    fix="refuse a callback in which `code`, `state`, `error` or `iss` comes twice",
    seeds=("S-CB-06",),
)  # fmt: skip
async def two_issuers(stage: Stage, change: Deviation) -> Rejects:
    """The answer names two issuers, the right one among them."""
    client = stage.session()
    await client.log_in(changed(change))
    return rejects(client, before=TOKEN_REQUEST, reasons=(*_REASONS, "parameter_repeated"))


@scenario(
    requirement=MUST_NOT("take an error of another issuer for the asked server's", RFC9207.section("2.4")),
    needs=_ISSUER,
    assignment=NAMED,
    risk="an attacker's server decides what the user is told of the honest one, and what the client does next",
    fix="compare `iss` before `error` is looked at",
    seeds=("S-MIX-03",),
)
async def error_of_another_issuer(stage: Stage) -> Rejects:
    """The user declines, and the answer comes with another issuer."""
    client = stage.session()
    await client.log_in(Changes(resource_owner=Deny(), deviation=replaces("iss", _OTHER)))
    return rejects(client, before=TOKEN_REQUEST, reasons=_REASONS)


@scenario(
    requirement=SHOULD(
        "discard a response with an issuer that nobody announced, or take it by a policy", RFC9207.section("2.4")
    ),
    rows={"right": {"issuer_in_response": True}, "wrong": adds("iss", _OTHER)},
    risk="a server that begins to name itself takes all its clients down",
    fix="ignore `iss` where no issuer is configured, or refuse it in words",
    seeds=("S-MIX-05",),
)
async def issuer_that_nobody_announced(stage: Stage, change: Deviation | Mapping[str, bool]) -> Copes:
    """The application was told no issuer, and the answer names one: it is taken or refused, and that is all."""
    client = stage.session()
    await client.log_in(changed(change))
    return copes(client)
