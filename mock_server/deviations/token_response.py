"""Deviations of the successful token answer (RFC 6749 5.1)."""

import zlib

from mock_server.deviations.deviation import Deviation, check_header, check_length, check_status
from mock_server.deviations.json_answer import Family, json_error, with_body, with_header
from mock_server.transcript import Answer

_FAMILY = Family("token_response")

# The largest window, in the framing of gzip.
_GZIP = 31

omits = _FAMILY.omits
mistypes = _FAMILY.mistypes
adds = _FAMILY.adds
reverses_members = _FAMILY.reverses_members
repeats = _FAMILY.repeats
answers_with_status = _FAMILY.answers_with_status
sends_body = _FAMILY.sends_body
sets_header = _FAMILY.sets_header
truncates = _FAMILY.truncates
form_encodes = _FAMILY.form_encodes


def errs(error: str, description: str = "", status: int = 400, challenge: str = "") -> Deviation:
    """Answer with an error although the request was right; the code is used up all the same."""
    check_status(status, "token_response.errs")
    check_header("www-authenticate", challenge, "token_response.errs")
    headers = (("www-authenticate", challenge),) if challenge else ()

    def change(answer: Answer) -> Answer:
        return Answer(status, answer.headers + headers, json_error(error, description))

    arguments = (error, description, status, *([challenge] if challenge else []))
    return Deviation("token_response.errs", arguments, "token_response", encoded=change)


def compresses(size: int) -> Deviation:
    """Send the answer in gzip, whether it was asked for or not, with so many spaces behind it (octets): a bomb."""
    check_length(size, "token_response.compresses")

    def change(answer: Answer) -> Answer:
        packed = with_body(answer, zlib.compress(answer.body + b" " * size, level=1, wbits=_GZIP))
        return with_header(packed, "content-encoding", "gzip")

    return Deviation("token_response.compresses", (size,), "token_response", encoded=change)


DEVIATIONS = (*_FAMILY.deviations, errs, compresses)
