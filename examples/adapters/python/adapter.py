"""An adapter around Authlib's OAuth2Session: it reads requests on stdin and answers on stdout, one line each."""

import hashlib
import json
import os
import sys
import threading
from importlib.metadata import version

from authlib.common.errors import AuthlibBaseError
from authlib.common.security import generate_token
from authlib.integrations.requests_client import OAuth2Session

# The mock speaks http, on this machine; without this, Authlib refuses to.
os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"

CAPABILITIES = ["sessions", "concurrent", "refresh", "call_api", "reason", "granted_scope", "expiry", "pkce"]
SECONDS = 5


class Adapter:
    """The client's settings, and what it keeps for each session."""

    def __init__(self) -> None:
        self.assigned: dict = {}
        self.sessions: dict[str, dict] = {}

    def answer(self, request: dict) -> dict:
        """Do with Authlib what is asked for; what it raises is an outcome."""
        try:
            told = self.do(request)
        except AuthlibBaseError as error:  # how Authlib declines
            told = {"message": "outcome", "kind": "refused", "reason": error.error or type(error).__name__}
        except Exception as error:  # noqa: BLE001 - it broke; the text may hold a secret, its type does not
            told = {"message": "outcome", "kind": "error", "reason": type(error).__name__}
        return told | {"seq": request["seq"]}

    def do(self, request: dict) -> dict:
        """One request."""
        if request["message"] == "start":
            self.assigned = request["assignment"]
            client = {"name": "Authlib", "version": version("authlib"), "language": "Python"}
            client["options"] = {"code_challenge_method": "S256"}
            return {"message": "started", "version": 1, "client": client, "capabilities": CAPABILITIES}
        session = self.sessions.setdefault(request["session"], {})
        match request["message"]:
            case "begin":
                verifier = generate_token(48)
                endpoint = self.assigned["authorization_endpoint"]
                url, state = self.client().create_authorization_url(endpoint, code_verifier=verifier)
                session.update(login=(state, verifier))
                return {"message": "begun", "url": url}
            case "land":
                state, verifier = session.pop("login")  # each login lands once
                landed = {"authorization_response": request["url"], "state": state, "code_verifier": verifier}
                token = self.client().fetch_token(self.assigned["token_endpoint"], **landed, timeout=SECONDS)
                session.update(token=token)
                return signed_in(token)
            case "refresh":
                oauth = self.client(session["token"])
                token = oauth.refresh_token(self.assigned["token_endpoint"], timeout=SECONDS)
                session.update(token=token)
                return signed_in(token)
            case "call_api":
                oauth = self.client(session["token"])
                oauth.get(f"{self.assigned['api_url']}/me", timeout=SECONDS).raise_for_status()
                session.update(token=oauth.token)
                return signed_in(oauth.token)
        return {"message": "unsupported"}

    def client(self, token: dict | None = None) -> OAuth2Session:
        """Authlib's client, which refreshes by itself where it knows the token endpoint."""
        assigned = self.assigned
        return OAuth2Session(
            assigned["client_id"],
            assigned["client_secret"],
            token_endpoint_auth_method="client_secret_basic" if assigned["client_secret"] else "none",
            scope=assigned["scope"] or None,
            redirect_uri=assigned["redirect_uri"],
            code_challenge_method="S256",
            token=token,
            token_endpoint=assigned["token_endpoint"],
        )


def signed_in(token: dict) -> dict:
    """What Authlib keeps of an answer, where it can be told: fingerprints of tokens, never the tokens."""
    told = {"granted_scope": token.get("scope"), "token_type": token.get("token_type")}
    told = {name: value for name, value in told.items() if isinstance(value, str)}
    if isinstance(token.get("expires_at"), int | float):
        told["expires_at"] = token["expires_at"]
    for name in ("access_token", "refresh_token"):
        if isinstance(token.get(name), str):
            told[f"{name}_fingerprint"] = hashlib.sha256(token[name].encode()).hexdigest()[:16]
    return {"message": "outcome", "kind": "signed_in", **told}


def main() -> None:
    """Serve each request on a thread of its own, until `stop` or the end of stdin."""
    answers, writing = os.fdopen(os.dup(1), "wb", buffering=0), threading.Lock()
    os.dup2(2, 1)  # whatever else is printed belongs on stderr
    adapter = Adapter()

    def work(request: dict) -> None:
        line = json.dumps(adapter.answer(request)).encode() + b"\n"
        with writing:
            answers.write(line)

    for line in sys.stdin.buffer:
        request = json.loads(line)
        if request["message"] == "stop":
            break
        threading.Thread(target=work, args=(request,), daemon=True).start()


if __name__ == "__main__":
    main()
