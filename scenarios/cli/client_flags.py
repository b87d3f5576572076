"""The flags that say which client, for every verb that takes one."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import click

from scenarios.cli.seats import Wanted

_Command = TypeVar("_Command", bound=Callable[..., Any])

_KINDS = click.Choice(["basic", "pkce", "both"])
_WEB = {"callback": "--callback", "signed_in": "--signed-in", "refresh": "--refresh", "api_call": "--api-call"}
_FLAGS = (
    click.option("--client", metavar="NAME", help="A client in this process: module:factory, reference, flawed:NAME."),
    click.option("--login", metavar="PATH", help="A web application, after --: where its login begins."),
    click.option("--adapter", is_flag=True, help="An adapter, after --: it answers JSON lines on stdout."),
    click.option("--app-kind", type=_KINDS, help="What the client is registered as.  [default: both; web: basic]"),
    click.option("--callback", metavar="PATH", help="Web: the path of its redirection endpoint.  [default: /callback]"),
    click.option("--signed-in", metavar="PROBE", help="Web: how to see who is signed in, as in 'GET /me is 200'."),
    click.option("--refresh", metavar="PATH", help="Web: where it refreshes; POST before the path if it wants one."),
    click.option("--api-call", metavar="PATH", help="Web: where it calls the API."),
    click.option("--env", multiple=True, metavar="NAME=TEMPLATE", help="Web: one more variable, as in ID={client_id}."),
)


def client_flags(command: _Command) -> _Command:
    """Add the flags to a command."""
    for flag in reversed(_FLAGS):
        command = flag(command)
    return command


def wanted(command: tuple[str, ...] | None, flags: Mapping[str, Any]) -> Wanted:
    """What the flags say of the client."""
    web = {name: flags[key] for key, name in _WEB.items()}
    return Wanted(
        client=flags["client"],
        login=flags["login"],
        adapter=flags["adapter"],
        command=command,
        app_kind=flags["app_kind"],
        web=web,
        env=flags["env"],
    )
