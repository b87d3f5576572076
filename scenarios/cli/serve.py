"""`oauthspec serve`: the mock with the rules: each violation is named as it happens, on the console and in the journal.

The server imports nothing from here: it is handed a listener of its transcript.
"""

from typing import TYPE_CHECKING, Any

import click

from mock_server.authorization_server import AuthorizationServer
from mock_server.command import serve
from mock_server.findings import Finding as Shown

if TYPE_CHECKING:
    from scenarios.model.verdict import Finding
    from scenarios.rules.rule import Rule


def watch(core: AuthorizationServer) -> None:
    """Ask the rules of every flow as it grows, and of what it was before."""
    # Loaded by the time that something is there to be watched, which answers already.
    from scenarios.rules.always import RULES
    from scenarios.rules.rule import Watcher

    def report(rule: "Rule", finding: "Finding") -> None:
        said = f"expected {finding.expected}; it was {finding.actual}"
        clause = str(rule.requirement.clauses[0])
        level = rule.requirement.severity
        if level != "none":
            core.findings.add(finding.exchange, Shown(rule.identifier, level, said, clause, rule.fix))
        line = f"  {level if level != 'none' else 'noted'}: {rule.identifier}: {said}. {clause}. Fix: {rule.fix}."
        click.echo(line.encode("ascii", "backslashreplace").decode(), err=True)

    watcher = Watcher(RULES, core.store.apps.values, report)
    # No exchange is added meanwhile.
    with core.store.lock:
        for entry in core.transcript:
            watcher(entry)
        core.transcript.listen(watcher)


def _with_rules(**settings: Any) -> None:
    click.get_current_context().obj = (watch,)
    assert serve.callback is not None  # noqa: S101 - it is a command with a function
    serve.callback(**settings)


command = click.Command(
    "serve", params=serve.params, callback=_with_rules, help=serve.help, short_help=serve.short_help
)
