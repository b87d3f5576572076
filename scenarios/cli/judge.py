"""`oauthspec judge`: a stored record again, from its evidence alone."""

import sys
from collections.abc import Sequence
from pathlib import Path

import click
import msgspec

from scenarios.cli.reporting import Files, written
from scenarios.cli.terms import baseline_of, terms_flags, today
from scenarios.cli.verb import Verb
from scenarios.collection import collect, performances
from scenarios.ground import Learned
from scenarios.reports.console import Console
from scenarios.reports.record_reading import Again, Recorded, judge_again, read
from scenarios.running import Listener
from scenarios.summary import FailOn, Terms


@click.command("judge", cls=Verb, short_help="Judge a stored record again.")
@click.argument("file", type=click.Path(path_type=Path))
@terms_flags
@click.option("-v", "--verbose", is_flag=True, help="A line for each scenario, and for each rule.")
def command(
    file: Path, baseline: Path | None, fail_on: FailOn | None, junit: Path | None, verbose: bool
) -> None:
    """Judge the record in FILE again, from its evidence alone, and print the same report as its run.

    Its baseline is that of the run, unless another is given here. Exit codes are those of `oauthspec run`; 2 also says
    that the file is damaged, or no record.
    """
    recorded = read(file)
    catalogue = collect()
    again = judge_again(recorded, catalogue, _terms(recorded.header.terms, baseline, fail_on))
    judged = {(each.identifier, each.app_kind) for each, _, _ in again.judged}
    everything = performances(catalogue, recorded.header.app_kinds)
    selected = [each for each in everything if (each.identifier, each.app_kind) in judged]
    console = Console(again.header, selected, verbose=verbose)
    with written(Files(junit=junit), again.header) as reports:
        _tell(recorded, again, console, reports.listeners)
    _tell_changes(again, console)
    sys.exit(reports.told(console, again.summary.exit_code))


def _terms(terms: Terms, baseline: Path | None, fail_on: FailOn | None) -> Terms:
    if baseline is not None:
        terms = msgspec.structs.replace(terms, baseline=baseline_of(baseline), day=today())
    return terms if fail_on is None else msgspec.structs.replace(terms, fail_on=fail_on)


def _tell(recorded: Recorded, again: Again, console: Console, others: Sequence[Listener]) -> None:
    console.begun()
    for line in recorded.prepared:
        learned = Learned(line.leniencies, line.strictly, line.refusal, line.exchange, remarks=line.remarks)
        console.learned(line.app, line.app_kind, line.kind, learned)
    for listener in (*others, console):
        for each in again.judged:
            listener.judged(*each)
        listener.ended(again.summary)


def _tell_changes(again: Again, console: Console) -> None:
    for stored, verdict in again.changed:
        name = f"{verdict.identifier} ({verdict.app_kind})"
        console.note(f"Judged otherwise than in the record: {name} was {stored.status}, and is {verdict.status}.")
    for line, rule in again.changed_rules:
        told = f"{rule.identifier} ({line.app_kind}) was {line.status}, {line.count} times"
        console.note(f"Judged otherwise than in the record: {told}, and is {rule.status}, {rule.count} times.")
    if not again.changed and not again.changed_rules:
        console.note(f"Judged again from the record: {len(again.judged)} verdicts, each as it was.")
