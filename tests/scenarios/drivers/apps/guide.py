"""What the sample in Frame.io's guide does: no session, no look at the state, the token answer as text, always 200."""

import os
import urllib.error
import urllib.request
import uuid
from base64 import b64encode
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer
from urllib.parse import parse_qs, urlencode, urlsplit

TOLD = os.environ


def authorization_url():
    asked = {"response_type": "code", "redirect_uri": TOLD["REDIRECT_URI"], "client_id": TOLD["CLIENT_ID"]}
    return f"{TOLD['AUTHORIZE_URL']}?{urlencode(asked | {'scope': TOLD['SCOPE'], 'state': uuid.uuid4()})}"


def token_answer(code, state):
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": TOLD["REDIRECT_URI"]}
    body = urlencode(form | {"state": state, "scope": TOLD["SCOPE"]}).encode()
    pair = b64encode(f"{TOLD['CLIENT_ID']}:{TOLD['CLIENT_SECRET']}".encode()).decode()
    request = urllib.request.Request(TOLD["TOKEN_URL"], body, {"Authorization": f"Basic {pair}"})
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.read()


class Page(BaseHTTPRequestHandler):
    def do_GET(self):
        url = urlsplit(self.path)
        if url.path == "/login":
            self.send_response(302)
            self.send_header("Location", authorization_url())
            self.end_headers()
            return
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        error = query.get("error")
        body = f"Error: {error}".encode() if error else token_answer(query.get("code", ""), query.get("state", ""))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Server(ThreadingTCPServer):
    allow_reuse_address = True


if __name__ == "__main__":
    Server(("127.0.0.1", int(TOLD["PORT"])), Page).serve_forever()
