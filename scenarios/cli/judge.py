"""`oauthspec judge`: a stored record again, from its evidence alone."""

import sys
from pathlib import Path

import click

from scenarios.cli.verb import Verb
from scenarios.collection import collect, performances
from scenarios.ground import Learned
from scenarios.reports.console import Console
from scenarios.reports.record_reading import Again, judge_again, read


@click.command("judge", cls=Verb, short_help="Judge a stored record again.")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("-v", "--verbose", is_flag=True, help="A line for each scenario, and for each rule.")
def command(file: Path, verbose: bool) -> None:
    """Judge the record in FILE again, from its evidence alone, and print the same report as its run.

    Exit codes are those of `oauthspec run`; 2 also says that the file is damaged, or no record.
    """
    recorded = read(file)
    catalogue = collect()
    again = judge_again(recorded, catalogue)
    judged = {(each.identifier, each.app_kind) for each, _, _ in again.judged}
    everything = performances(catalogue, recorded.header.app_kinds)
    selected = [each for each in everything if (each.identifier, each.app_kind) in judged]
    console = Console(again.header, selected, verbose=verbose)
    console.begun()
    for line in recorded.prepared:
        learned = Learned(line.leniencies, line.strictly, line.refusal, line.exchange, remarks=line.remarks)
        console.learned(line.app, line.app_kind, line.kind, learned)
    for each in again.judged:
        console.judged(*each)
    console.ended(again.summary)
    _tell_changes(again, console)
    sys.exit(again.summary.exit_code)


def _tell_changes(again: Again, console: Console) -> None:
    for stored, verdict in again.changed:
        name = f"{verdict.identifier} ({verdict.app_kind})"
        console.note(f"Judged otherwise than in the record: {name} was {stored.status}, and is {verdict.status}.")
    for line, rule in again.changed_rules:
        told = f"{rule.identifier} ({line.app_kind}) was {line.status}, {line.count} times"
        console.note(f"Judged otherwise than in the record: {told}, and is {rule.status}, {rule.count} times.")
    if not again.changed and not again.changed_rules:
        console.note(f"Judged again from the record: {len(again.judged)} verdicts, each as it was.")
