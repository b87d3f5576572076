"""Deviations of the metadata document (RFC 8414 3.2): it promises what is not so, or is somebody else's."""

from mock_server.deviations.deviation import Deviation
from mock_server.deviations.json_answer import Family
from mock_server.protocol.messages import MetadataResponse

_FAMILY = Family("metadata")

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


MARK = "metadata=of-another"
"""The query of the authorization endpoint in a document that names another issuer."""


def names(issuer: str) -> Deviation:
    """Name another issuer; so that whoever goes by it is seen, its authorization endpoint has a query of its own."""

    def spoil(message: MetadataResponse) -> MetadataResponse:
        own = dict(message.members)
        own |= {"issuer": issuer, "authorization_endpoint": f"{own['authorization_endpoint']}?{MARK}"}
        return message._replace(members=tuple(own.items()))

    return Deviation("metadata.names", (issuer,), "metadata", message=spoil)


DEVIATIONS = (*_FAMILY.deviations, names)
