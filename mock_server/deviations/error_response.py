"""Deviations of the error answer of the token endpoint (RFC 6749 5.2)."""

from mock_server.deviations.json_answer import Family

_FAMILY = Family("error_response")

omits = _FAMILY.omits
mistypes = _FAMILY.mistypes
adds = _FAMILY.adds
answers_with_status = _FAMILY.answers_with_status
sends_body = _FAMILY.sends_body
sets_header = _FAMILY.sets_header
truncates = _FAMILY.truncates

DEVIATIONS = _FAMILY.deviations
