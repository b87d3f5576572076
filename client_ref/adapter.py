"""The reference client as an adapter: `python -m client_ref.adapter [--flaw NAME]`.

An adapter lets a harness drive a client in any language. It reads one JSON object per line on stdin, does what each
asks for with the client, and writes one per line on stdout: `docs/adapter-protocol.md`. This one serves each request
on a thread of its own, so that sessions do not wait for each other.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import threading
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

from client_ref.client import Assignment, Client, Granted, factory
from client_ref.errors import ProgrammerError, Refusal
from client_ref.session import Session

Message = dict[str, Any]

VERSION = 1
CAPABILITIES = (
    *("sessions", "concurrent", "refresh", "call_api", "parallel_calls"),
    *("signed_in", "reason", "granted_scope", "expiry", "pkce", "issuer", "discovery", "clock"),
)


class Adapter:
    """The client, the sessions of its users, and what to answer to each request."""

    def __init__(self, make: Callable[[Assignment], Client], flaw: str = "") -> None:
        self._make = make
        self._flaw = flaw
        self._client: Client
        self._sessions: dict[str, Session] = {}

    def answer(self, request: Message) -> Message:
        """Do what a request asks for. The client's refusals are outcomes; so are its crashes, of another kind."""
        try:
            return self._answer(request) | {"seq": request["seq"]}
        except Refusal as refusal:
            reply = {"message": "outcome", "kind": "refused", "reason": refusal.code, "detail": str(refusal)}
        except ProgrammerError as error:  # such as an assignment that the client will not work with
            reply = {"message": "failed", "detail": str(error)}
        except Exception as error:  # noqa: BLE001 - that the client crashed is for the harness to judge
            # Its text may hold a secret.
            reply = {"message": "outcome", "kind": "error", "reason": type(error).__name__}
        return reply | {"seq": request["seq"]}

    def _answer(self, request: Message) -> Message:
        if request["message"] == "start":
            return self._start(request["assignment"])
        if request["message"] == "move_clock":
            self._client.move_clock(request["seconds"])
            return {"message": "moved"}
        session = self._sessions.setdefault(request["session"], {})
        match request["message"]:
            case "begin":
                return {"message": "begun", "url": self._client.begin(session)}
            case "land":
                return signed_in(self._client.land(session, request["url"]))
            case "refresh":
                return signed_in(self._client.refresh(session))
            case "call_api":
                return signed_in(self._client.call_api(session))
        return {"message": "unsupported"}

    def _start(self, assignment: Message) -> Message:
        self._client = self._make(cast("Assignment", SimpleNamespace(**assignment)))
        client: Message = {"name": "client_ref", "version": "0.1.0", "language": f"Python {platform.python_version()}"}
        client |= {"options": {"flaw": self._flaw}}
        return {"message": "started", "version": VERSION, "client": client, "capabilities": CAPABILITIES}


def signed_in(granted: Granted) -> Message:
    """Report what a session holds: fingerprints, never tokens."""
    told = {"granted_scope" if name == "scope" else name: value for name, value in granted.items()}
    return {"message": "outcome", "kind": "signed_in", **told}


def serve(adapter: Adapter) -> None:
    """Answer until `stop` or the end of stdin; what is under way then is not waited for."""
    answers = os.dup(sys.stdout.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # stdout is for answers: whatever prints goes to stderr
    writing = threading.Lock()

    def work(request: Message) -> None:
        line = json.dumps(adapter.answer(request)).encode() + b"\n"
        with writing:
            os.write(answers, line)

    for line in sys.stdin.buffer:
        request = json.loads(line)
        if request["message"] == "stop":
            return
        threading.Thread(target=work, args=(request,), daemon=True).start()


def main() -> int:
    """Serve; 2 means that there is no such flaw."""
    parser = argparse.ArgumentParser(prog="python -m client_ref.adapter", description="The reference client.")
    parser.add_argument("--flaw", default="", metavar="NAME", help="one of the clients in client_ref/flawed.py")
    flaw: str = parser.parse_args().flaw
    if not flaw:
        serve(Adapter(factory))
        return 0
    from client_ref import flawed  # the flaws bring a web framework along

    if flaw not in flawed.FLAWS:
        parser.error(f"there is no such flaw; choose one of: {', '.join(flawed.FLAWS)}")
    serve(Adapter(flawed.factory(flaw), flaw))
    return 0


if __name__ == "__main__":
    sys.exit(main())
