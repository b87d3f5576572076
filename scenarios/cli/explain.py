"""`oauthspec explain`: what something is, in full."""

import sys

import click

from mock_server.protocol.provider import PROVIDERS, explained


@click.command(short_help="Say what a provider does, with its evidence.")
@click.argument("subject")
@click.argument("name", default="frameio")
def explain(subject: str, name: str) -> None:
    """Explain SUBJECT: `provider` prints every point of the provider NAME with its evidence."""
    if subject != "provider":
        click.echo(f"oauthspec: UNKNOWN_SUBJECT: nothing is called {subject!r}. Known: provider.", err=True)
        sys.exit(2)
    if name not in PROVIDERS:
        known = ", ".join(PROVIDERS)
        click.echo(f"oauthspec: UNKNOWN_PROVIDER: there is no provider {name!r}. Known: {known}.", err=True)
        sys.exit(2)
    rows = [(point, repr(value), kind, where) for point, value, kind, where in explained(PROVIDERS[name])]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, [*widths, 0], strict=True))
        click.echo("  ".join(cells).rstrip())
