"""A Flask application on requests-oauthlib, put together as its documentation's Flask examples do it."""

import os
from time import time

from flask import Flask, jsonify, redirect, request, session, url_for
from oauthlib.oauth2 import WebApplicationClient
from requests_oauthlib import OAuth2Session
from werkzeug.serving import WSGIRequestHandler

# The documentation has this for development without https, which is where a mock is.
os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"

authorization_base_url = os.environ["AUTHORIZE_URL"]
token_url = os.environ["TOKEN_URL"]
me_url = f"{os.environ['API_URL']}/me"
client_id = os.environ["CLIENT_ID"]
client_secret = os.environ.get("CLIENT_SECRET")
redirect_uri = os.environ["REDIRECT_URI"]
scope = os.environ["SCOPE"].split()

app = Flask(__name__)
app.secret_key = os.urandom(24)


@app.route("/login")
def login():
    """Step 1: user authorization."""
    frameio = OAuth2Session(client_id, scope=scope, redirect_uri=redirect_uri)
    authorization_url, state = frameio.authorization_url(authorization_base_url, **challenge())
    # State is used to prevent CSRF, keep this for later.
    session["oauth_state"] = state
    return redirect(authorization_url)


def challenge():
    """What PKCE adds to the request: oauthlib documents how to make it. Where there is a secret, nothing."""
    if client_secret:
        return {}
    client = WebApplicationClient(client_id)
    session["code_verifier"] = client.create_code_verifier(64)
    made = client.create_code_challenge(session["code_verifier"], "S256")
    return {"code_challenge": made, "code_challenge_method": "S256"}


@app.route("/callback", methods=["GET"])
def callback():
    """Step 3: retrieving an access token."""
    frameio = OAuth2Session(client_id, state=session["oauth_state"], redirect_uri=redirect_uri)
    token = frameio.fetch_token(
        token_url,
        client_secret=client_secret,
        authorization_response=request.url,
        code_verifier=session.get("code_verifier"),
    )
    session["oauth_token"] = token
    return redirect(url_for(".me"))


@app.route("/me", methods=["GET"])
def me():
    """Fetching a protected resource using an OAuth 2 token."""
    frameio = OAuth2Session(client_id, token=session["oauth_token"])
    answer = frameio.get(me_url)
    return jsonify(answer.json()), answer.status_code


@app.route("/refresh", methods=["GET"])
def automatic_refresh():
    """Refreshing an OAuth 2 token using a refresh token."""
    token = session["oauth_token"]
    # We force an expiration by setting expired at in the past.
    token["expires_at"] = time() - 10
    extra = {"client_id": client_id}
    if client_secret:
        extra["client_secret"] = client_secret

    def token_updater(token):
        session["oauth_token"] = token

    frameio = OAuth2Session(
        client_id,
        token=token,
        auto_refresh_kwargs=extra,
        auto_refresh_url=token_url,
        token_updater=token_updater,
    )
    # Trigger the automatic refresh.
    answer = frameio.get(me_url)
    return jsonify(answer.json()), answer.status_code


if __name__ == "__main__":
    WSGIRequestHandler.log_request = lambda *_: None
    app.run(port=int(os.environ["PORT"]))
