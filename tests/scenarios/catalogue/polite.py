"""A right application that answers whatever it refuses with a friendly page, status 200, as many do."""

from client_ref.application import Application, Pages, page
from client_ref.client import AsyncClient, registration


def refused(_request, _refusal):
    return page("Welcome", "Something did not work, and you are not signed in.")


def factory(assignment):
    client = AsyncClient(registration(assignment))
    return Application(client, assignment.redirect_uri, Pages(refused=refused)).starlette()
