"""Refreshing: the request that nobody watches.

It runs an hour after the last look at the screen. A client that gets it wrong logs its users out at random, or keeps
asking the server with a token that is long dead.
"""

from collections.abc import Mapping

from mock_server.protocol.provider import KeptRefreshToken
from scenarios.model.capability import Capability
from scenarios.model.expectation import Accepts, Follows
from scenarios.model.requirement import DERIVED, DOC, MUST, PROSE, REQUIRED
from scenarios.model.scenario import changed, scenario
from scenarios.model.stage import Stage, accepts, follows
from scenarios.specifications import FRAMEIO_GUIDE, OAUTH21, RFC6749

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
    for _ in range(2):
        stage.expire_access_token(client)
        await client.refresh()
    return follows(client, "refresh_token_is_the_issued_one", of="refresh")


@scenario(
    requirement=REQUIRED("ask with grant_type refresh_token", RFC6749.section("6")),
    needs=REFRESH,
    risk=_LOST,
    fix="send grant_type=refresh_token and refresh_token in a form",
    seeds=("S-REF-01",),
)
async def refresh_request(stage: Stage) -> Follows:
    """An hour after the login the client refreshes, and an hour after that: each request has the right grant type."""
    client = stage.session()
    await client.log_in()
    for _ in range(2):
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
    """An app with a secret refreshes, twice: it authenticates as it did for the code."""
    client = stage.session()
    await client.log_in()
    for _ in range(2):
        stage.expire_access_token(client)
        await client.refresh()
    return follows(client, "basic_app_authenticates", of="refresh")


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
    """A PKCE app refreshes, twice: it names itself in the body."""
    client = stage.session()
    await client.log_in()
    for _ in range(2):
        stage.expire_access_token(client)
        await client.refresh()
    return follows(client, "pkce_app_sends_its_client_id", of="refresh")


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
    """A PKCE app refreshes, twice: there is no Authorization header."""
    client = stage.session()
    await client.log_in()
    for _ in range(2):
        stage.expire_access_token(client)
        await client.refresh()
    return follows(client, "pkce_app_sends_no_authorization", of="refresh")


@scenario(
    requirement=REQUIRED("refresh an access token that has expired", RFC6749.section("6")),
    needs=REFRESH,
    risk=_LOST,
    fix="send the refresh token, take the new tokens, go on",
    control=True,
    seeds=("S-REF-01", "S-REF-03"),
)
async def plain_refresh(stage: Stage) -> Accepts:
    """An hour after the login the client refreshes, and an hour after that; each time it has new tokens."""
    client = stage.session()
    await client.log_in()
    for _ in range(2):
        stage.expire_access_token(client)
        await client.refresh()
    return accepts(client, step="refresh", times=2)


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
    for _ in range(2):
        stage.expire_access_token(client)
        await client.refresh()
    return follows(client, "refreshes_again_with_the_kept_token", of="refreshed")


@scenario(
    requirement=MUST("replace a refresh token by the new one", RFC6749.section("6"), OAUTH21.section("4.3.2")),
    needs=REFRESH,
    risk="the server takes the old token for a stolen one and revokes the whole login",
    fix="store the new refresh token before anything else is done, and forget the old one",
    seeds=("S-REF-03",),
)
async def replaced_refresh_token(stage: Stage) -> Follows:
    """The server rotates: each refresh brings a new refresh token, and the old one is never sent again."""
    client = stage.session()
    await client.log_in()
    for _ in range(3):
        stage.expire_access_token(client)
        await client.refresh()
    return follows(client, "replaced_refresh_token_is_dropped", of="refresh")


@scenario(
    requirement=MUST("replace a refresh token by the new one", RFC6749.section("6"), OAUTH21.section("4.3.2")),
    needs={Capability.REFRESH, Capability.RESTART},
    exclusive=True,
    risk="after each restart the server is shown tokens that are long replaced, and revokes everybody's login",
    fix="store the new refresh token before it is used, where it outlives the process; or let the session go with it",
    seeds=("S-REF-03",),
)
async def replaced_refresh_token_after_a_restart(stage: Stage) -> Follows:
    """The client refreshes, is restarted, and refreshes again: with the new token, or not at all."""
    client = stage.session()
    await client.log_in()
    stage.expire_access_token(client)
    await client.refresh()
    await stage.restart()
    stage.expire_access_token(client)
    await client.refresh()
    return follows(client, "replaced_refresh_token_is_dropped", of="refresh")


@scenario(
    requirement=MUST("replace a refresh token by the new one", RFC6749.section("6"), OAUTH21.section("4.3.2")),
    needs=REFRESH,
    risk=_LOST,
    fix="store the new refresh token before anything else is done, and forget the old one",
    control=True,
    seeds=("S-REF-03",),
)
async def refreshes_under_rotation(stage: Stage) -> Accepts:
    """The server rotates, and takes each refresh token once: three refreshes in a row work."""
    client = stage.session()
    await client.log_in()
    for _ in range(3):
        stage.expire_access_token(client)
        await client.refresh()
    return accepts(client, step="refresh", times=3)


@scenario(
    requirement=PROSE(
        "keep apart what goes to the authorization server and what goes to the API",
        RFC6749.section("1.5"), RFC6749.section("10.4"),
    ),
    needs=REFRESH,
    risk="an access token, or what a user uploads, lies in the log of a server that has nothing to do with it",
    fix="build the refresh from nothing: grant_type, refresh_token, scope, and who the client is",
    incidents=("requests-oauthlib #451", "requests-oauthlib #491"),
    seeds=("S-REF-07",),
)
async def refresh_with_its_own_fields(stage: Stage) -> Follows:
    """The client refreshes, twice: the request holds OAuth's parameters and nothing of the application's."""
    client = stage.session()
    await client.log_in()
    for _ in range(2):
        stage.expire_access_token(client)
        await client.refresh()
    return follows(client, "refresh_holds_only_oauth_fields", of="refresh")


@scenario(
    requirement=PROSE(
        "keep apart what goes to the authorization server and what goes to the API",
        RFC6749.section("1.5"), RFC6749.section("10.4"),
    ),
    needs={Capability.CALL_API},
    risk="the arguments of the call that set off the refresh go to the wrong server",
    fix="build the refresh from nothing, and hand it none of the call's arguments",
    incidents=("requests-oauthlib #451", "requests-oauthlib #491", "requests-oauthlib #264"),
    seeds=("S-REF-07",),
)
async def refresh_set_off_by_an_api_call(stage: Stage) -> Follows:
    """The token dies before its time; the API is called, and a client that refreshes by itself does so now."""
    client = stage.session()
    await client.log_in()
    stage.expire_access_token(client)
    await client.call_api()
    return follows(client, "refresh_holds_only_oauth_fields", of="refresh")
