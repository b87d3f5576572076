"""A request as a command line for curl that sends it again."""

import re

from mock_server.transcript import ReceivedRequest

# Set by curl itself, or true of one connection only.
_LEFT_OUT = frozenset({"accept-encoding", "connection", "content-length", "host", "transfer-encoding"})
_PLAIN = re.compile(rb"[A-Za-z0-9_@%+=:,./?&~^\[\]{}()!*;<>|#$ \"`\\-]*")


def command(request: ReceivedRequest) -> str:
    """One command for bash or zsh; whatever a request holds, no part of it is run or read as a file name."""
    # --data-raw, because --data would read a file where the body begins with "@"; --globoff for brackets in URLs.
    words = ["curl", "--include", "--globoff", "--path-as-is"]
    if request.method != ("POST" if request.body else "GET"):
        words += ["--request", quoted(request.method.encode("latin-1", "replace"))]
    for name, value in request.headers:
        if name.lower() in _LEFT_OUT or name.startswith("@"):
            continue
        # curl leaves a header without value out unless it ends in a semicolon.
        text = f"{name}: {value}" if value.strip() else f"{name};"
        words += ["\\\n  --header", quoted(text.encode("latin-1", "replace"))]
    if request.body:
        words += ["\\\n  --data-raw", quoted(request.body)]
    url = request.origin + request.target
    words += ["\\\n  --url", quoted(url.encode("latin-1", "replace"))]
    return " ".join(words)


def quoted(value: bytes) -> str:
    """One word of the shell."""
    if _PLAIN.fullmatch(value):
        return "'" + value.decode("ascii") + "'"
    return "$'" + "".join(_escaped(byte) for byte in value) + "'"


def _escaped(byte: int) -> str:
    if byte in b"\\'":
        return "\\" + chr(byte)
    if 0x20 <= byte < 0x7F:
        return chr(byte)
    # Three digits in octal, so that a following digit is not taken for part of it. NUL ends a word in any shell.
    return f"\\{byte:03o}" if byte else "\\xef\\xbf\\xbd"
