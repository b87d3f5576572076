"""The scope that was granted: what the server says, not what was asked for.

A user may untick a box, and a server may give less, or more, than an application asks for. A client that does not
listen either dies of it, though its token is good, or shows doors as open that are locked, and the reverse.
"""

from mock_server.deviations.deviation import Deviation
from mock_server.deviations.token_response import mistypes, omits
from mock_server.protocol.resource_owner import Allow
from scenarios.model.capability import Capability
from scenarios.model.expectation import Accepts, Copes, Declares, Follows
from scenarios.model.requirement import DERIVED, MUST_NOT, PROSE
from scenarios.model.scenario import changed, scenario
from scenarios.model.stage import Stage, accepts, copes, declares, follows
from scenarios.specifications import RFC6749

DECLARED = {Capability.GRANTED_SCOPE}

# What applications are assigned; the server writes it in the order of the alphabet.
ASKED = "offline account.read asset.read"
LESS = "offline account.read"
MORE = "account.read asset.read comment.create offline"

_LESS_GRANTED = Allow(("offline", "account.read"))

_DIES = "users who grant something else than was asked for cannot log in, though their token is good"
_LISTEN = "take `scope` of the answer for what is granted, and what was asked for where there is none"
_BELIEVES = "the application believes that it may do what it may not: it offers it, or decides by it who is trusted"


@scenario(
    requirement=PROSE("give no meaning to the order of scope tokens", RFC6749.section("3.3")),
    risk="the login breaks with a server that sorts them: Frame.io does",
    fix="compare scopes as sets of tokens, if at all",
    incidents=("oauthlib #562",),
    control=True,
    seeds=("S-RSP-08",),
)
async def scope_in_another_order(stage: Stage) -> Accepts:
    """The answer is good, and names the scope tokens in another order than the request."""
    client = stage.session()
    await client.log_in(changed(mistypes("scope", "asset.read offline account.read")))
    return accepts(client)


@scenario(
    requirement=PROSE("take a missing scope for the one that was asked for", RFC6749.section("5.1")),
    risk="the login breaks with a server that leaves out what goes without saying",
    fix=_LISTEN,
    control=True,
    seeds=("S-RSP-08",),
)
async def scope_left_out(stage: Stage) -> Accepts:
    """The answer is good, and has no scope: it is the one that was asked for."""
    client = stage.session()
    await client.log_in(changed(omits("scope")))
    return accepts(client)


@scenario(
    requirement=PROSE("take a missing scope for the one that was asked for", RFC6749.section("5.1")),
    needs=DECLARED,
    risk="the application believes that it may do nothing",
    fix=_LISTEN,
    seeds=("S-RSP-08",),
)
async def scope_left_out_means_all_that_was_asked_for(stage: Stage) -> Declares:
    """The answer has no scope, and the client says what it believes to have been granted."""
    client = stage.session()
    await client.log_in(changed(omits("scope")))
    return declares(client, scope=ASKED)


@scenario(
    requirement=DERIVED("go on with another scope than was asked for", RFC6749.section("3.3"), RFC6749.section("5.1")),
    rows={"less": _LESS_GRANTED, "more": mistypes("scope", MORE)},
    risk=_DIES,
    fix=_LISTEN,
    incidents=("oauthlib #562", "oauthlib #845", "requests-oauthlib #387"),
    control=True,
    seeds=("S-RSP-08",),
)
async def another_scope_than_asked_for(stage: Stage, change: Allow | Deviation) -> Accepts:
    """The user, or the server, grants less or more than was asked for, and the answer says so."""
    client = stage.session()
    await client.log_in(changed(change))
    return accepts(client)


@scenario(
    requirement=DERIVED(
        "take the scope of the answer for what is granted", RFC6749.section("3.3"), RFC6749.section("5.1"),
        security=True,
    ),
    needs=DECLARED,
    rows={
        "less": (_LESS_GRANTED, LESS),
        "more": (mistypes("scope", MORE), MORE),
        "as-asked": (mistypes("scope", ASKED), ASKED),
    },
    risk=_BELIEVES,
    fix=_LISTEN,
    incidents=("CVE-2022-31690",),
    seeds=("S-RSP-01", "S-RSP-08"),
)
async def scope_that_is_believed(stage: Stage, row: tuple[Allow | Deviation, str]) -> Declares:
    """The answer says what was granted, and the client says what it believes to have been granted."""
    change, granted = row
    client = stage.session()
    await client.log_in(changed(change))
    # Who refuses believes nothing; that it should go on is for another scenario to say.
    return declares(client, scope=granted, may_refuse=True)


@scenario(
    requirement=DERIVED(
        "take an empty scope for none, never for all", RFC6749.section("3.3"), RFC6749.section("5.1"), security=True
    ),
    needs=DECLARED,
    risk=_BELIEVES,
    fix="tell an empty `scope` from one that is not there; refuse it, or take it for no permission at all",
    incidents=("CVE-2022-31690",),
    seeds=("S-RSP-08",),
)
async def empty_scope(stage: Stage) -> Declares:
    """The scope of the answer is the empty string: the client refuses it, or believes to have been granted nothing."""
    client = stage.session()
    await client.log_in(changed(mistypes("scope", "")))
    return declares(client, scope="", may_refuse=True)


@scenario(
    requirement=DERIVED("come to an end whatever `scope` holds", RFC6749.section("5.1")),
    rows={
        "array": mistypes("scope", ["offline", "account.read"]),
        "null": mistypes("scope", None),
        "number": mistypes("scope", 7),
        "commas": mistypes("scope", "offline,account.read"),
    },
    risk="an odd member that nothing hangs on crashes the login",
    fix="look at the type before the scope is split",
    seeds=("S-RSP-08",),
)
async def scope_of_another_kind(stage: Stage, change: Deviation) -> Copes:
    """The scope of the answer is no list of tokens; it may be accepted as well as refused."""
    client = stage.session()
    await client.log_in(changed(change))
    return copes(client)


@scenario(
    requirement=MUST_NOT("ask for more than was granted when refreshing", RFC6749.section("6")),
    needs={Capability.REFRESH},
    risk="a strict server refuses every refresh, and users who granted less have to log in every hour",
    fix="send the scope of the answer to the login, or none",
    seeds=("S-REF-08",),
)
async def refresh_after_a_narrower_grant(stage: Stage) -> Follows:
    """The user grants less than was asked for; the client refreshes, twice."""
    client = stage.session()
    await client.log_in(changed(_LESS_GRANTED))
    for _ in range(2):
        stage.expire_access_token(client)
        await client.refresh()
    return follows(client, "refresh_scope_is_within_the_grant", of="refresh")


@scenario(
    requirement=MUST_NOT("ask for more than was granted when refreshing", RFC6749.section("6")),
    needs={Capability.REFRESH},
    rows={"left-out": omits("scope"), "less": mistypes("scope", LESS), "more": mistypes("scope", MORE)},
    risk="a strict server refuses every refresh from the second one on",
    fix="send the scope of the answer to the login, or none, whatever a refresh was answered",
    seeds=("S-REF-08",),
)
async def refresh_after_another_scope(stage: Stage, change: Deviation) -> Follows:
    """The answer to a refresh names another scope than the login, or none; the next refresh asks for no more for it."""
    client = stage.session()
    await client.log_in()
    stage.change(client, changed(change))
    for _ in range(2):
        stage.expire_access_token(client)
        await client.refresh()
    return follows(client, "refresh_scope_is_within_the_grant", of="refresh")


@scenario(
    requirement=PROSE("take a scope that a refresh leaves out for unchanged", RFC6749.section("6")),
    needs={Capability.REFRESH, Capability.GRANTED_SCOPE},
    risk="an hour after the login the application believes that it may do nothing",
    fix="keep the scope that is known where the answer to a refresh has none",
    seeds=("S-REF-08",),
)
async def scope_left_out_of_a_refresh(stage: Stage) -> Declares:
    """The login grants what was asked for; the answer to its refresh has no scope."""
    client = stage.session()
    await client.log_in()
    stage.expire_access_token(client)
    stage.change(client, changed(omits("scope")))
    await client.refresh()
    return declares(client, step="refresh", scope=ASKED)


@scenario(
    requirement=DERIVED(
        "take the scope of a refresh's answer for what is granted now", RFC6749.section("3.3"), RFC6749.section("6"),
        security=True,
    ),
    needs={Capability.REFRESH, Capability.GRANTED_SCOPE},
    risk=_BELIEVES,
    fix="read the answer to a refresh by the same function as the first one",
    seeds=("S-REF-08",),
)
async def scope_narrowed_by_a_refresh(stage: Stage) -> Declares:
    """The answer to the refresh names less than the login granted."""
    client = stage.session()
    await client.log_in()
    stage.expire_access_token(client)
    stage.change(client, changed(mistypes("scope", LESS)))
    await client.refresh()
    return declares(client, step="refresh", scope=LESS, may_refuse=True)


@scenario(
    requirement=DERIVED("go on with another scope than before", RFC6749.section("3.3"), RFC6749.section("6")),
    needs={Capability.REFRESH},
    rows={"less": mistypes("scope", LESS), "more": mistypes("scope", MORE)},
    risk="users are logged out an hour after they logged in, though their new token is good",
    fix="read the answer to a refresh by the same function as the first one, and take its scope for what is granted",
    control=True,
    seeds=("S-REF-08",),
)
async def another_scope_after_a_refresh(stage: Stage, change: Deviation) -> Accepts:
    """The answer to the refresh is good, and names less or more than the login granted."""
    client = stage.session()
    await client.log_in()
    stage.expire_access_token(client)
    stage.change(client, changed(change))
    await client.refresh()
    return accepts(client, step="refresh")
