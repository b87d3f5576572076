"""Refreshing: the request that nobody watches.

It runs an hour after the last look at the screen. A client that gets it wrong logs its users out at random, or keeps
asking the server with a token that is long dead.
"""

from collections.abc import Mapping

from mock_server.protocol.provider import KeptRefreshToken
from scenarios.model.capability import Capability
from scenarios.model.expectation import Accepts, Follows
from scenarios.model.requirement import DERIVED, DOC, MUST, REQUIRED
from scenarios.model.scenario import changed, scenario
from scenarios.model.stage import Stage, accepts, follows
from scenarios.specifications import FRAMEIO_GUIDE, RFC6749

REFRESH = {Capability.REFRESH}

_LOST = "users are logged out an hour after they logged in"


@scenario(
    requirement=REQUIRED("refresh with the refresh token that was issued", RFC6749.section("6")),
    needs=REFRESH,
    risk=_LOST,
    fix="store the refresh token as it came, and send it as it is stored",
    seeds=("S-REF-01", "S-REF-03"),
)
async def issued_refresh_token(stage: Stage) -> Follows:
    """An hour after the login the client refreshes, twice: each time with the token that was issued last."""
    client = stage.session()
    await client.log_in()
    stage.expire_access_token(client)
    await client.refresh()
    stage.expire_access_token(client)
    await client.refresh()
    return follows(client, "refresh_token_is_the_issued_one")


@scenario(
    requirement=REQUIRED("ask with grant_type refresh_token", RFC6749.section("6")),
    needs=REFRESH,
    risk=_LOST,
    fix="send grant_type=refresh_token and refresh_token in a form",
    seeds=("S-REF-01",),
)
async def refresh_request(stage: Stage) -> Follows:
    """An hour after the login the client refreshes: the request has the right grant type."""
    client = stage.session()
    await client.log_in()
    stage.expire_access_token(client)
    await client.refresh()
    return follows(client, "refresh_is_made")


@scenario(
    requirement=MUST("authenticate when refreshing", RFC6749.section("6"), RFC6749.section("3.2.1")),
    needs=REFRESH,
    app_kinds=("basic",),
    risk=_LOST,
    fix="send Authorization: Basic with a refresh too",
    seeds=("S-REF-01",),
)
async def refresh_of_a_basic_app(stage: Stage) -> Follows:
    """An app with a secret refreshes: it authenticates as it did for the code."""
    client = stage.session()
    await client.log_in()
    stage.expire_access_token(client)
    await client.refresh()
    return follows(client, "basic_app_authenticates")


@scenario(
    requirement=DOC("send client_id with a PKCE app's refresh", FRAMEIO_GUIDE.section("refreshing"), refused=True),
    needs=REFRESH,
    app_kinds=("pkce",),
    risk=_LOST,
    fix="add client_id to the body of the refresh",
    incidents=("client-oauth2 #196",),
    seeds=("S-REF-01", "S-TOK-03"),
)
async def refresh_names_a_pkce_app(stage: Stage) -> Follows:
    """A PKCE app refreshes: it names itself in the body."""
    client = stage.session()
    await client.log_in()
    stage.expire_access_token(client)
    await client.refresh()
    return follows(client, "pkce_app_sends_its_client_id")


@scenario(
    requirement=DOC("send no Authorization with a refresh", FRAMEIO_GUIDE.section("refreshing"), refused=True),
    needs=REFRESH,
    app_kinds=("pkce",),
    risk=_LOST,
    fix="leave the header out of the refresh too, also the empty `client_id:`",
    incidents=("client-oauth2 #196",),
    seeds=("S-REF-01", "S-TOK-03"),
)
async def no_authorization_when_a_pkce_app_refreshes(stage: Stage) -> Follows:
    """A PKCE app refreshes: there is no Authorization header."""
    client = stage.session()
    await client.log_in()
    stage.expire_access_token(client)
    await client.refresh()
    return follows(client, "pkce_app_sends_no_authorization")


@scenario(
    requirement=REQUIRED("refresh an access token that has expired", RFC6749.section("6")),
    needs=REFRESH,
    risk=_LOST,
    fix="send the refresh token, take the new tokens, go on",
    control=True,
    seeds=("S-REF-01", "S-REF-03"),
)
async def plain_refresh(stage: Stage) -> Accepts:
    """An hour after the login the client refreshes, and has new tokens."""
    client = stage.session()
    await client.log_in()
    stage.expire_access_token(client)
    await client.refresh()
    return accepts(client, step="refresh")


@scenario(
    requirement=DERIVED(
        "keep the refresh token when none comes back", RFC6749.section("6"), RFC6749.section("1.5"), security=True
    ),
    needs=REFRESH,
    rows={
        "absent": {"refresh_token_rotates": False, "kept_refresh_token": "absent"},
        "null": {"refresh_token_rotates": False, "kept_refresh_token": "null"},
        "empty": {"refresh_token_rotates": False, "kept_refresh_token": "empty"},
    },
    risk="the second refresh fails: users are logged out two hours after they logged in",
    fix="replace the stored refresh token only by a new one that is there",
    incidents=("python-sdk #2270", "simple-oauth2 PR #434", "league/oauth2-client #658", "rust-sdk #949"),
    seeds=("S-REF-02",),
)
async def refresh_answer_without_a_refresh_token(stage: Stage, variation: Mapping[str, KeptRefreshToken]) -> Follows:
    """The server does not rotate: its answer holds no new refresh token, and the old one stays good."""
    client = stage.session()
    await client.log_in(changed(variation))
    stage.expire_access_token(client)
    await client.refresh()
    stage.expire_access_token(client)
    await client.refresh()
    return follows(client, "refreshes_again_with_the_kept_token")
