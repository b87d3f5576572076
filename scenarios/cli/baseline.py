"""`oauthspec baseline`: what a recorded run found, as a baseline for the runs to come."""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import click

from scenarios.baseline import BaselineError, Entry, entries_of, written
from scenarios.cli.verb import Misuse, Verb
from scenarios.collection import collect
from scenarios.model.verdict import Status
from scenarios.reports.record_reading import Again, judge_again, read
from scenarios.reports.shown import Hidden, shortened
from scenarios.reports.whole_file import WholeFile
from scenarios.summary import JUDGED


@click.command("baseline", cls=Verb, short_help="Write a baseline from a record.")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--output", type=click.Path(path_type=Path), default=Path("baseline.toml"), help="The file to write.")
@click.option("--reason", default="", help="Why all of it is expected.  [default: empty, for you to fill in]")
@click.option("--force", is_flag=True, help="Replace the file; entries that still hold keep their reasons.")
def command(file: Path, output: Path, reason: str, force: bool) -> None:
    """Write what failed, was warned or was inconclusive in the record FILE as a baseline.

    \b
      oauthspec run --record run.jsonl --client my_module:factory
      oauthspec baseline run.jsonl
      oauthspec run --baseline baseline.toml --client my_module:factory

    Every entry needs a reason before `--baseline` takes the file. What was errored is never written: mend the wiring.
    """
    again = judge_again(read(file), collect())
    statuses = [verdict.status for _, _, verdict in again.judged]
    if not any(status in JUDGED for status in statuses):
        cause = f"In {file} nothing was judged, and a baseline would hide that."
        raise Misuse("NOTHING_JUDGED", cause, "Make the client log in first, and record again.")
    known = _known(output, force)
    found = [(_with_reason(entry, known, reason), about) for entry, about in sorted(_found(again), key=str)]
    _write(output, written(found))
    _tell(output, [entry for entry, _ in found], statuses)


def _known(output: Path, force: bool) -> Mapping[str, Entry]:
    """The entries of the file that is replaced."""
    if not output.exists():
        return {}
    if not force:
        raise Misuse("BASELINE_EXISTS", f"{output} is there already.", "Add --force, or name another with --output.")
    try:
        return {str(entry): entry for entry in entries_of(output)}
    except BaselineError as error:
        raise Misuse(error.code, error.cause, f"{error.next_step} Its reasons would be lost.") from None


def _found(again: Again) -> Iterator[tuple[Entry, str]]:
    """What can be expected, with a line on what was seen."""
    for _, case, verdict in again.judged:
        if verdict.status in ("failed", "warned", "inconclusive"):
            hidden = Hidden(case.entries, () if case.app is None else (case.app.client_secret,))
            about = f"{verdict.code}: {verdict.cause}" if verdict.code else verdict.actual
            yield Entry(verdict.identifier, verdict.app_kind, verdict.status), shortened(hidden.text(about))
    for kind, rule in again.summary.rules:
        if rule.status in ("failed", "warned") and rule.first is not None:
            yield Entry(rule.identifier, kind, rule.status), shortened(Hidden().text(rule.first.actual))


def _with_reason(entry: Entry, known: Mapping[str, Entry], reason: str) -> Entry:
    before = known.get(str(entry))
    if before is not None and before.verdict == entry.verdict and before.reason:
        return before
    said = reason.encode("utf-8", "backslashreplace").decode()
    return Entry(entry.id, entry.app_kind, entry.verdict, said)


def _write(output: Path, text: str) -> None:
    try:
        with WholeFile(output) as file:
            file.write(text.encode())
    except OSError as error:
        cause = f"{output} cannot be written: {error.strerror}."
        raise Misuse("BASELINE_NOT_WRITABLE", cause, "Name another file with --output.") from None
    if file.trouble:
        raise Misuse("BASELINE_NOT_WRITABLE", f"{output} cannot be written: {file.trouble}.", "Make room.")


def _tell(output: Path, entries: list[Entry], statuses: list[Status]) -> None:
    many = "1 entry" if len(entries) == 1 else f"{len(entries)} entries"
    click.echo(f"Wrote {output}: {many}.", err=True)
    silent = sum(not entry.reason for entry in entries)
    if silent:
        click.echo(f"{silent} of them need a reason before --baseline takes the file.", err=True)
    if statuses.count("errored"):
        click.echo(f"{statuses.count('errored')} errored verdicts are not in it: mend the wiring.", err=True)
    sys.exit(0)
