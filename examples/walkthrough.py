"""One login of each kind of app against the mock, and what went over the wire; secrets are shown as marks.

Run it with `make run`.
"""

from urllib.parse import parse_qs, urlencode, urlsplit

import httpx

from mock_server.protocol.pkce import s256
from mock_server.protocol.records import App
from mock_server.redaction import redacted_answer, redacted_request
from mock_server.serving import RunningServer, new_value, serve
from mock_server.transcript import Exchange

SCOPE = "offline account.read asset.read"


def log_in(server: RunningServer, app: App, browser: httpx.Client) -> None:
    """Authorization request, callback, code exchange, API call and refresh, as Frame.io's guide has them."""
    redirect_uri, state, verifier = app.redirect_uris[0], new_value(), new_value()
    query = {
        "response_type": "code",
        "client_id": app.client_id,
        "redirect_uri": redirect_uri,
        "scope": SCOPE,
        "state": state,
        "code_challenge": s256(verifier),
        "code_challenge_method": "S256",
    }
    answer = browser.get(f"{server.authorization_endpoint}?{urlencode(query)}")
    callback = parse_qs(urlsplit(answer.headers["location"]).query)
    if callback["state"] != [state]:
        raise SystemExit("The state that came back is not the one that was sent.")
    code = {"grant_type": "authorization_code", "code": callback["code"][0], "redirect_uri": redirect_uri}
    tokens = post(server, app, browser, code | {"code_verifier": verifier})
    browser.get(f"{server.api_url}/me", headers={"authorization": f"Bearer {tokens['access_token']}"})
    old = tokens["refresh_token"]
    post(server, app, browser, {"grant_type": "refresh_token", "refresh_token": old, "scope": SCOPE})


def post(server: RunningServer, app: App, browser: httpx.Client, form: dict[str, str]) -> dict[str, str]:
    """A token request: a Basic app authenticates in the header, a PKCE app names itself in the body."""
    if app.client_secret is None:
        answer = browser.post(server.token_endpoint, data=form | {"client_id": app.client_id})
    else:
        answer = browser.post(server.token_endpoint, data=form, auth=(app.client_id, app.client_secret))
    tokens: dict[str, str] = answer.raise_for_status().json()
    return tokens


def show(exchange: Exchange) -> None:
    """One exchange, without its secrets."""
    request, sent = redacted_request(exchange.request), redacted_answer(exchange.sent)
    print(f"\n  {exchange.number}. {request.method} {request.target}")
    for name, value in request.headers:
        if name in ("authorization", "content-type"):
            print(f"     {name}: {value}")
    if request.body:
        print(f"     {request.body.decode()}")
    print(f"     -> {sent.status} {sent.header('location')}{sent.body.decode()}")


def main() -> None:
    """Start the mock, log in once as each kind of app, print the exchanges."""
    with serve(auto_allow=True) as server, httpx.Client() as browser:
        for app in (server.basic_app, server.pkce_app):
            before = len(server.transcript)
            log_in(server, app, browser)
            exchanges = server.transcript.exchanges[before:]
            print(f"\n{app.name}: {len(exchanges)} exchanges, flow {exchanges[0].flow}")
            for exchange in exchanges:
                show(exchange)
    print("\nBoth kinds of app logged in, called the API and refreshed.")


if __name__ == "__main__":
    main()
