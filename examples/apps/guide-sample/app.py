"""What the sample in Frame.io's guide does, no more and no less. It is not an example to follow: see README.md."""

import os
import uuid
from urllib.parse import urlencode

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

AUTHORIZE_URL = os.environ["AUTHORIZE_URL"]
TOKEN_URL = os.environ["TOKEN_URL"]
CLIENT_ID = os.environ["CLIENT_ID"]
CLIENT_SECRET = os.environ.get("CLIENT_SECRET")
REDIRECT_URI = os.environ["REDIRECT_URI"]
SCOPE = os.environ["SCOPE"]

# As `requests` does in the guide: redirects are followed, and an answer is waited for as long as it takes.
http = httpx.Client(follow_redirects=True, timeout=None)


def argument(request: Request, name: str) -> str | None:
    """The first value of a parameter, as the guide's framework gives it."""
    return next(iter(request.query_params.getlist(name)), None)


def login(_request: Request) -> Response:
    """Send the browser away; the state is made, and kept nowhere."""
    query = {
        "response_type": "code",
        "redirect_uri": REDIRECT_URI,
        "client_id": CLIENT_ID,
        "scope": SCOPE,
        "state": str(uuid.uuid4()),
    }
    return RedirectResponse(f"{AUTHORIZE_URL}?{urlencode(query)}", 302)


def callback(request: Request) -> Response:
    """Show the error, or pass the code on and show whatever comes back; all of it with status 200."""
    error = argument(request, "error")
    if error:
        return HTMLResponse(f"Error: {error}")
    form = {
        "grant_type": "authorization_code",
        "code": argument(request, "code"),
        "redirect_uri": REDIRECT_URI,
        "state": argument(request, "state"),
        "scope": SCOPE,
    }
    if CLIENT_SECRET is None:
        form["client_id"] = CLIENT_ID
    # `requests` leaves out what is None.
    sent = {name: value for name, value in form.items() if value is not None}
    answer = http.post(TOKEN_URL, data=sent, auth=(CLIENT_ID, CLIENT_SECRET) if CLIENT_SECRET is not None else None)
    return HTMLResponse(answer.text)


app = Starlette(routes=[Route("/login", login), Route("/callback", callback)])

if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(os.environ["PORT"]), log_level="warning")
