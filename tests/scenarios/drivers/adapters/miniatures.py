"""Adapters of a few lines each, right in everything but one thing: `python miniatures.py NAME [ARGUMENT]`.

Each function is one; it is called with every request, until `stop`, and writes what it answers. Some of them, where
the trouble is with starting or ending, do something before the first request: those are called once, with nothing.
"""

import json
import os
import signal
import subprocess
import sys
import time
from typing import Any

CAPABILITIES = ["sessions", "concurrent", "refresh", "call_api"]
CLIENT = {"name": "miniature", "version": "1", "language": "Python"}


def say(*lines):
    """Write lines, or raw octets, at once."""
    octets = b"".join(line if isinstance(line, bytes) else json.dumps(line).encode() + b"\n" for line in lines)
    while octets:
        octets = octets[os.write(1, octets) :]


def right(request, **changed):
    """What a good adapter answers, or that with something changed; `None` leaves a member out."""
    name = request["message"]
    told: dict[str, object]
    if name == "start":
        told = {"message": "started", "version": 1, "client": CLIENT, "capabilities": CAPABILITIES}
    elif name == "begin":
        told = {"message": "begun", "url": f"http://127.0.0.1/auth?session={request['session']}"}
    elif name == "land":
        told = {"message": "outcome", "kind": "signed_in" if "code=" in request["url"] else "refused"}
    else:
        told = {"message": "outcome", "kind": "signed_in"}
    told = {**told, "seq": request["seq"], **changed}
    return {name: value for name, value in told.items() if value is not None}


def at(request, *names):
    """Answer rightly what is none of these; true where it is one of them."""
    if request["message"] in names:
        return True
    say(right(request))
    return False


def good(request):
    say(right(request))


def serial(request):
    """The same, one request at a time."""
    started = {"capabilities": ["sessions", "refresh", "call_api"]} if request["message"] == "start" else {}
    say(right(request, **started))


# Silence.


def silent(request):
    pass


def silent_at_land(request):
    at(request, "land")


def silent_and_serial(request):
    if request["message"] != "land":
        serial(request)


def silent_to_the_first(request):
    """Never answers the landing of one session until it lands a second time."""
    if request["message"] == "land" and "first" in request["url"]:
        kept.append(request)
        return
    good(request)
    if request["message"] == "land":
        say(*map(right, kept))
        kept.clear()


def no_line_feed(request):
    if at(request, "land"):
        say(json.dumps(right(request)).encode())


# What is no answer.


def banner():
    say(b"Listening for requests\n")


def chatty(request):
    say(f"handling {request['message']}\n".encode())
    say(right(request))


def chatty_at_land(request):
    if at(request, "land"):
        noise = b"the access_token=8fJx0aB3 of mock-secret-of-the-basic-app is 1/4kQ0PzcRtB2mYw7uVx9nL5dS\n"
        say(noise, right(request))


def garbage(request):
    if at(request, "land"):
        say(b"\x00\xff\xfe{\x80\n")


def half(request):
    if at(request, "land"):
        say(b'{"message": "outcome", "seq": \n')


def nested(request):
    if at(request, "land"):
        say(b'{"a":' * 50_000 + b"\n")


def number(request):
    if at(request, "land"):
        say(42)


def huge(request):
    if at(request, "land"):
        say(b'{"message": "' + b"x" * (2 << 20))


def flood(request):
    if at(request, "land"):
        while True:
            say(b"y\n" * 10_000)


def flood_of_complaints(request):
    if request["message"] == "land":
        sys.stderr.write("complaint\n" * 500_000)
    good(request)


# Wrong answers to right requests.


def wrong_seq(request):
    say(right(request, seq=request["seq"] + 1000) if request["message"] == "land" else right(request))


def twice(request):
    say(*[right(request)] * (1 if request["message"] == "start" else 2))


def unasked(request):
    say(right(request), *([right(request, seq=9999)] if request["message"] == "begin" else []))


def wrong_version(request):
    say(right(request, version=2))


def missing_field(request):
    say(right(request, url=None) if request["message"] == "begin" else right(request))


def wrong_type(request):
    say(right(request, kind="fine") if request["message"] == "land" else right(request))


def token_for_fingerprint(request):
    if at(request, "land"):
        say(right(request, access_token_fingerprint="ory_at_1234567890"))


def misspelt(request):
    say(right(request, granted_scop="x") if request["message"] == "land" else right(request))


def no_seq(request):
    say(right(request, seq=None) if request["message"] == "land" else right(request))


def unknown_message(request):
    say(right(request, message="landed") if request["message"] == "land" else right(request))


def wrong_reply(request):
    if at(request, "land"):
        say({"message": "begun", "seq": request["seq"], "url": "http://127.0.0.1/"})


def unknown_capability(request):
    say(right(request, capabilities=["refresh", "fly"]))


def foreign_capability(request):
    say(right(request, capabilities=["refresh", "html"]))


def unable(request):
    say(right(request, capabilities=["sessions"]) if request["message"] == "start" else right(request))


def takes_it_back(request):
    if at(request, "refresh"):
        say({"message": "unsupported", "seq": request["seq"]})


def fails(request):
    say({"message": "failed", "seq": request["seq"], "detail": "no such class"} if at_step(request) else right(request))


def fails_to_start(request):
    say({"message": "failed", "seq": request["seq"], "detail": "the library is not installed"})


def at_step(request):
    return request["message"] in ("land", "refresh", "call_api")


# Well-formed, and the client's business.


def accepts_everything(request):
    say(right(request, kind="signed_in") if at_step(request) else right(request))


def rejects_everything(request):
    told = {"kind": "refused", "reason": "no", "detail": "never"}
    say(right(request, **told) if at_step(request) else right(request))


def errs(request):
    say(right(request, kind="error", reason="KeyError") if at_step(request) else right(request))


def refuses_to_begin(request):
    if at(request, "begin"):
        say({"message": "outcome", "seq": request["seq"], "kind": "refused", "reason": "not_configured"})


def out_of_order(request):
    """Answers three at a time, the last one first."""
    if request["message"] == "start":
        return good(request)
    kept.append(request)
    if len(kept) == 3:
        say(*map(right, reversed(kept)))
        kept.clear()
    return None


def out_of_order_and_serial(request):
    serial(request) if request["message"] == "start" else out_of_order(request)


def noisy_amid_others(request):
    """Keeps two landings waiting, then writes something that could be the answer to either."""
    if at(request, "land"):
        kept.append(request)
        if len(kept) == 2:
            say(b"oops\n")


# Ends.


def exits_at_once():
    sys.stderr.write("ModuleNotFoundError: No module named 'client'\n")
    sys.exit(3)


def exits_at_land(request):
    if at(request, "land"):
        sys.stderr.write("Traceback: client_secret=mock-secret-of-the-basic-app\nKeyError: 'state'\n")
        sys.exit(1)


def killed_at_land(request):
    if at(request, "land"):
        os.kill(os.getpid(), signal.SIGSEGV)


def exits_with_an_heir(request):
    """Ends, and leaves its stdout open in the hands of a child."""
    if at(request, "land"):
        subprocess.Popen([sys.executable, "-ISc", "import time; time.sleep(60)"], start_new_session=True)
        sys.exit(7)


def closes_stdout(request):
    if at(request, "land"):
        os.close(1)
        time.sleep(60)


SLEEPER = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); time.sleep(60)"


def stubborn(request):
    """Ignores `stop` and SIGTERM, and so does its child, which is in a session of its own."""
    if request["message"] == "start":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        good(request)
    elif request["message"] == "begin":
        command = [sys.executable, "-ISc", SLEEPER]
        child = subprocess.Popen(command, start_new_session=True, stdout=subprocess.PIPE)
        assert child.stdout is not None
        child.stdout.readline()
        say(right(request, url=f"{os.getpid()} {child.pid}"))
    elif request["message"] == "stop":
        time.sleep(60)


kept: list[dict[str, Any]] = []
BEFORE = {banner, exits_at_once}
SEE_STOP = {stubborn}

if __name__ == "__main__":
    chosen = globals()[sys.argv[1]]
    if chosen in BEFORE:
        chosen()
        chosen = good
    for line in sys.stdin:
        message = json.loads(line)
        if message["message"] == "stop" and chosen not in SEE_STOP:
            break
        chosen(message)
