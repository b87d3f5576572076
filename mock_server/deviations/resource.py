"""Deviations of the API's answers (RFC 6750 3)."""

from mock_server.deviations.deviation import Deviation, check_header, check_status
from mock_server.deviations.json_answer import Family, json_error
from mock_server.transcript import Answer

_FAMILY = Family("resource")

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


def refuses(error: str, status: int = 401, scheme: str = "Bearer") -> Deviation:
    """Refuse the token with a Bearer challenge, although it is good; `scheme` is how the challenge spells it."""
    check_status(status, "resource.refuses")
    check_header("www-authenticate", error + scheme, "resource.refuses")

    def change(answer: Answer) -> Answer:
        headers = (*answer.headers, ("www-authenticate", f'{scheme} realm="frame.io", error="{error}"'))
        return Answer(status, headers, json_error(error, "The access token was refused."))

    arguments = (error, status, *([scheme] if scheme != "Bearer" else []))
    return Deviation("resource.refuses", arguments, "resource", encoded=change)


DEVIATIONS = (*_FAMILY.deviations, refuses)
