"""Deviations of the error answer of the token endpoint (RFC 6749 5.2)."""

from mock_server.deviations.json_answer import Family

_FAMILY = Family("error_response")

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

DEVIATIONS = _FAMILY.deviations
