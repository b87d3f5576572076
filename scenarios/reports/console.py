"""What a person reads on stderr while a run goes on, and at its end.

Colour says nothing that a word does not say, and there is none without a terminal. Everything shown is redacted.
"""

from collections.abc import Iterable, Sequence
from typing import TextIO

import rich.console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.text import Text

from mock_server.protocol.records import App
from mock_server.transcript import Entry as TranscriptEntry
from scenarios.baseline import Entry
from scenarios.collection import Selected
from scenarios.ground import Learned
from scenarios.model.assignment import AppKind, AssignmentKind
from scenarios.model.case import Case
from scenarios.model.verdict import RuleVerdict, Status, Verdict
from scenarios.performing import Ground
from scenarios.reports import failure, tally
from scenarios.reports.failure import WORDS, Failure
from scenarios.reports.header import APP_KINDS, Header
from scenarios.reports.shown import Hidden
from scenarios.reports.situation import is_plain
from scenarios.rules.always import RULES
from scenarios.running import Plan
from scenarios.summary import Summary

_STYLES: dict[Status, str] = {
    "passed": "green",
    "failed": "bold red",
    "warned": "yellow",
    "inconclusive": "magenta",
    "not_applicable": "dim",
    "errored": "bold magenta",
}
_WIDEST = 100
# Identifiers of what could not be judged, for each reason.
_FEW = 12
# Failures that are told in full on one screen.
_ONE_SCREEN = 3
_RULES = {rule.identifier: rule for rule in RULES}


class _Screen(rich.console.Console):
    """Where nobody reads any more the run goes on in silence, for its files are wanted whole."""

    def on_broken_pipe(self) -> None:
        self.quiet = True


class Console:
    """A listener that prints; `selected` gives the order in which failures are told at the end."""

    def __init__(
        self, header: Header, selected: Sequence[Selected], *, verbose: bool = False, file: TextIO | None = None
    ) -> None:
        self._header = header
        self._verbose = verbose
        self._out = _Screen(
            file=file, stderr=file is None, highlight=False, markup=False, emoji=False, soft_wrap=True
        )
        self._order = {(each.identifier, each.app_kind): number for number, each in enumerate(selected)}
        self._cases: list[tuple[Selected, Case, Verdict]] = []
        self._leniencies: list[str] = []
        self._remarks: dict[str, str] = {}
        self._secrets: set[str] = set()
        # Reasons that were told while it ran: one that holds for a hundred scenarios is told once, and counted.
        self._told: set[tuple[Status, str]] = set()
        self._after_a_gap = False
        self._progress: Progress | None = None
        self._task = TaskID(0)

    # What a run tells.

    def begun(self, plan: Plan | None = None) -> None:
        """Print the header, and show progress where somebody watches."""
        header = self._header
        kinds = " and ".join(f"a {APP_KINDS[kind]}" for kind in header.app_kinds)
        chosen = f" ({' '.join(header.selectors)})" if header.selectors else ""
        scenarios = tally.many_of(header.selected, "scenario")
        self._print(f"oauthspec {header.version}: {scenarios}{chosen}, as {kinds}", "bold")
        self._print(f"  client    {header.seat}: {header.client}")
        self._print(f"  provider  {header.provider}")
        self._print(f"  lanes     {header.lanes}")
        if header.settings:
            self._print(f"  settings  {header.settings}")
        if header.terms.baseline.entries:
            self._print(f"  baseline  {len(header.terms.baseline.entries)} expected verdicts")
        self._gap()
        if plan is not None and self._out.is_terminal and not self._out.is_dumb_terminal:
            self._show_progress(len(plan.performances))

    def prepared(self, ground: Ground, app_kind: AppKind, kind: AssignmentKind, learned: Learned) -> None:
        """Remember what the application was forgiven."""
        if self._verbose:
            able = " ".join(sorted(capability.value for capability in ground.capabilities))
            self._print(f"started as a {APP_KINDS[app_kind]} ({kind}); it can: {able}")
        self.learned(ground.app, app_kind, kind, learned)

    def learned(self, app: App, app_kind: AppKind, kind: AssignmentKind, learned: Learned) -> None:
        """Remember which leniencies were needed, and why; and what hampers the judging."""
        self._secrets.add(app.client_secret or "")
        for remark in learned.remarks:
            self._remarks.setdefault(remark.code, self._hidden().text(str(remark)))
        if learned.leniencies:
            names = " and ".join(learned.leniencies)
            why = self._hidden().text(learned.strictly)
            which = APP_KINDS[app_kind] + ("" if str(kind) == "plain" else f" with {kind}")
            self._leniencies.append(
                f"As a {which} it is judged with {names}, because the server refuses it otherwise: {why} "
                f"(exchange {learned.exchange})"
            )

    def judged(self, selected: Selected, case: Case, verdict: Verdict) -> None:
        """Print a line for what did not pass; why something could not be judged is told at the end, once."""
        self._cases.append((selected, case, verdict))
        if self._progress is not None:
            self._progress.advance(self._task)
        entry = self._header.terms.expects(verdict.identifier, verdict.app_kind, verdict.status)
        reason = (verdict.status, verdict.code)
        quiet = verdict.status in ("passed", "not_applicable") or (verdict.code and reason in self._told) or entry
        if self._verbose or not quiet:
            self._print_line(case, verdict, entry)
        if verdict.code and entry is None:
            self._told.add(reason)

    def ended(self, summary: Summary) -> None:
        """Print failures in full, what could not be judged, the rules, and the counts."""
        if self._progress is not None:
            self._progress.stop()
        self._cases.sort(key=lambda each: self._order.get((each[0].identifier, each[0].app_kind), 0))
        self._print_failures(summary)
        self._print_stale(summary)
        for status in ("errored", "inconclusive", "not_applicable"):
            self._print_groups(summary, status)
        self._print_footer(summary)

    # How it is put on the screen.

    def note(self, text: str) -> None:
        """A line after the report."""
        self._print(text)

    def _show_progress(self, total: int) -> None:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        self._progress = Progress(
            *columns, console=self._out, transient=True, redirect_stdout=False, redirect_stderr=False
        )
        self._task = self._progress.add_task("judging", total=total)
        self._progress.start()

    def _print_line(self, case: Case, verdict: Verdict, entry: Entry | None) -> None:
        hidden = self._hidden(case.entries)
        said = f"expected by the baseline: {entry.reason}" if entry else verdict.code or verdict.actual
        shown = f"{case.identifier}  ({APP_KINDS[case.app_kind]})" + (f"  {hidden.text(said)}" if said else "")
        self._print(Text.assemble((f"{WORDS[verdict.status]:<15}", _STYLES[verdict.status]), shown))

    def _print_failures(self, summary: Summary) -> None:
        expected = summary.compared.expected
        found = [
            failure.of_scenario(selected.scenario, case, verdict, self._header)
            for selected, case, verdict in self._cases
            if verdict.status in ("failed", "warned") and (verdict.identifier, verdict.app_kind) not in expected
        ]
        found += [
            failure.of_rule(
                _RULES[verdict.identifier],
                verdict,
                APP_KINDS[kind],
                summary.entries,
                failure.first_seen(verdict, kind, (case for _, case, _ in self._cases), self._header),
                self._hidden(),
            )
            for kind, verdict in summary.rules
            if verdict.first is not None
            and verdict.status in ("failed", "warned")
            and verdict.identifier in _RULES
            and (verdict.identifier, kind) not in expected
        ]
        for each in found:
            self._gap()
            self._print_failure(each)

    def _print_failure(self, told: Failure) -> None:
        self._print(told.title, _STYLES[told.status])
        for label, text in told.laid_out(min(self._out.width, _WIDEST) if self._out.is_terminal else _WIDEST):
            self._print(Text.assemble((label, "bold"), text))

    def _print_stale(self, summary: Summary) -> None:
        for stale in summary.compared.stale:
            self._gap()
            for number, line in enumerate(tally.stale_entry(stale)):
                self._print(line, _STYLES["failed"] if number == 0 else "")

    def _print_groups(self, summary: Summary, status: Status) -> None:
        found = tally.groups(self._unexpected(summary), status)
        if not found:
            return
        self._gap()
        self._print(f"{WORDS[status]}, which is not a pass:", _STYLES[status])
        most = 10_000 if self._verbose else 0 if status == "not_applicable" else _FEW
        for group in found:
            for line in tally.shown_group(group, self._hidden(), most=most, total=len(summary.verdicts)):
                self._print(f"  {line}")

    def _print_footer(self, summary: Summary) -> None:
        self._gap()
        if self._verbose:
            self._print_rules(summary.rules)
        self._print_in_short(summary)
        for line in tally.table(summary.verdicts):
            self._print(line)
        self._print(tally.rules_in_a_line(summary))
        if summary.terms.baseline.entries:
            self._print(tally.beside_the_baseline(summary))
        for line in (*self._leniencies, *self._remarks.values()):
            self._print(line, _STYLES["warned"])
        if summary.interrupted:
            left = self._header.selected - len(summary.verdicts)
            self._print(f"{tally.many_of(left, 'scenario')} {'was' if left == 1 else 'were'} not performed.")
        style = {0: "passed", 1: "failed", 3: "inconclusive"}[summary.exit_code]
        self._print(tally.result(summary), _STYLES[style])  # type: ignore[index]

    def _unexpected(self, summary: Summary) -> list[tuple[Selected, Verdict]]:
        """What was performed and is not as the baseline expects, in order."""
        expected = summary.compared.expected
        told = ((selected, verdict) for selected, _, verdict in self._cases)
        return [each for each in told if (each[1].identifier, each[1].app_kind) not in expected]

    def _print_in_short(self, summary: Summary) -> None:
        """What failed once more, where its messages are longer than a screen."""
        told = self._unexpected(summary)
        statuses: tuple[Status, ...] = ("failed", "warned")
        found = [(s, line) for s in statuses for line in (*tally.in_short(told, s), *tally.rules_in_short(summary, s))]
        if len(found) > 1 and sum(verdict.status in statuses for _, verdict in told) + len(found) > _ONE_SCREEN:
            for status, line in found:
                self._print(f"{WORDS[status]:<8}{line}", _STYLES[status])
            self._gap()
        if found:
            name = found[0][1].partition("  ")[0].partition("[")[0]
            plainest = self._plainest(summary) if len(found) > 1 else ""
            if plainest:
                name = plainest.partition("[")[0]
                self._print(f"Begin with {plainest}: every answer was right there, and others may follow from it.")
            self._print(f"`oauthspec explain {name}` tells more of it; --last-failed runs what did not pass again.")
            self._gap()

    def _plainest(self, summary: Summary) -> str:
        """Of what failed in a plain login, or a refresh or call after it, the one with the fewest steps; or nothing."""
        expected = summary.compared.expected
        plain = [
            (len(case.events("step")), verdict.identifier)
            for selected, case, verdict in self._cases
            if verdict.status == "failed"
            and (verdict.identifier, verdict.app_kind) not in expected
            and is_plain(case, selected.assignment)
        ]
        return min(plain, key=lambda each: each[0], default=(0, ""))[1]

    def _print_rules(self, rules: Iterable[tuple[AppKind, RuleVerdict]]) -> None:
        for kind, verdict in rules:
            evidence = f"  {verdict.count} times, first in exchange {verdict.first.exchange}" if verdict.first else ""
            line = f"{verdict.identifier}  ({APP_KINDS[kind]}){evidence}"
            self._print(f"{WORDS[verdict.status]:<15}{line}", _STYLES[verdict.status])
        self._gap()

    def _hidden(self, entries: Iterable[TranscriptEntry] = ()) -> Hidden:
        return Hidden(entries, self._secrets)

    def _gap(self) -> None:
        """One empty line, however many parts of a report want one here."""
        if not self._after_a_gap:
            self._print("")
        self._after_a_gap = True

    def _print(self, text: str | Text, style: str = "") -> None:
        self._after_a_gap = False
        self._out.print(text, style=style or None)
