"""Counting verdicts, each apart, and saying in a line what came of a run."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from scenarios.collection import Selected
from scenarios.model.requirement import Level
from scenarios.model.verdict import Status, Verdict
from scenarios.reports.header import APP_KINDS
from scenarios.reports.shown import Hidden, legible
from scenarios.summary import JUDGED, Stale, Summary

Judged = tuple[Selected, Verdict]

STATUSES: tuple[Status, ...] = ("passed", "failed", "warned", "not_applicable", "inconclusive", "errored")
# More than these under one code differ in a value, not in what is to be done.
_MOST = 4
_EXIT_CODES = {
    0: "everything that was judged is as it should be",
    3: "incomplete: not everything could be judged",
}


def table(verdicts: Iterable[Judged]) -> Iterator[str]:
    """Counts by level, in columns; levels that no scenario has are left out."""
    counts: dict[Level, Counter[Status]] = {}
    for selected, verdict in verdicts:
        counts.setdefault(selected.scenario.requirement.level, Counter())[verdict.status] += 1
    columns = [status.replace("_", " ") for status in STATUSES]
    columns.insert(0, "judged")
    yield f"{'level':<15}" + "".join(f"{column:>{len(column) + 3}}" for column in columns)
    total: Counter[Status] = Counter()
    for level in Level:
        if level in counts:
            total += counts[level]
            yield _row(level.value, counts[level], columns)
    yield _row("all", total, columns)


def _row(name: str, counts: Counter[Status], columns: Sequence[str]) -> str:
    cells = [counts[status] for status in STATUSES]
    cells.insert(0, sum(counts[status] for status in JUDGED))
    return f"{name:<15}" + "".join(f"{n:>{len(column) + 3}}" for n, column in zip(cells, columns, strict=True))


@dataclass(frozen=True)
class Group:
    """Scenarios that could not be judged, all for one reason."""

    status: Status
    code: str
    cause: str
    next_step: str
    identifiers: tuple[str, ...]
    # How many further causes there are under the same code.
    others: int


def groups(verdicts: Iterable[Judged], status: Status) -> tuple[Group, ...]:
    """What has this status, by code and cause; causes that are many go by what is to be done, the first of them named.
    """
    by_code: dict[str, list[Verdict]] = {}
    for _, verdict in verdicts:
        if verdict.status == status:
            by_code.setdefault(verdict.code, []).append(verdict)
    return tuple(group for code, found in by_code.items() for group in _groups(status, code, found))


def _groups(status: Status, code: str, found: Sequence[Verdict]) -> Iterator[Group]:
    by_cause: dict[str, list[Verdict]] = {}
    by_next_step: dict[str, list[Verdict]] = {}
    for verdict in found:
        by_cause.setdefault(verdict.cause, []).append(verdict)
        by_next_step.setdefault(verdict.next_step, []).append(verdict)
    for each in next((apart.values() for apart in (by_cause, by_next_step) if len(apart) <= _MOST), [found]):
        first = each[0]
        names = tuple(f"{verdict.identifier} ({APP_KINDS[verdict.app_kind]})" for verdict in each)
        others = len({verdict.cause for verdict in each}) - 1
        yield Group(status, code, first.cause, first.next_step, names, others)


def shown_group(group: Group, hidden: Hidden, *, most: int, total: int) -> Iterator[str]:
    """A group in lines: how many, why, what to do, and which, unless it is all of them."""
    many = len(group.identifiers)
    yield f"{group.code}: {f'all {many} scenarios' if many == total > 1 else many_of(many, 'scenario')}"
    others = f" (and {group.others} more of this kind)" if group.others else ""
    yield f"  cause      {hidden.text(group.cause)}{others}"
    if group.next_step:
        yield f"  next step  {hidden.text(group.next_step)}"
    if many == total > 1:
        return
    for name in group.identifiers[:most]:
        yield f"             {name}"
    if many > most:
        yield f"             {f'and {many - most} more; ' if most else ''}-v names them all"


def in_short(verdicts: Iterable[Judged], status: Status) -> Iterator[str]:
    """What has this status, a line for each scenario: its rows, and the kinds of app."""
    found: dict[str, tuple[list[str], list[str]]] = {}
    for selected, verdict in verdicts:
        if verdict.status == status:
            rows, kinds = found.setdefault(selected.scenario.identifier, ([], []))
            rows += [selected.row] if selected.row and selected.row not in rows else []
            kind = APP_KINDS[verdict.app_kind]
            kinds += [kind] if kind not in kinds else []
    for identifier, (rows, kinds) in found.items():
        shown = f"[{', '.join(rows)}]" if rows else ""
        yield f"{identifier}{shown}  ({', '.join(kinds)})"


def rules_in_short(summary: Summary, status: Status) -> Iterator[str]:
    """The same for rules, without those that the baseline expects to be broken."""
    expected = summary.compared.expected
    found: dict[str, list[str]] = {}
    for kind, rule in summary.rules:
        if rule.status == status and (rule.identifier, kind) not in expected:
            found.setdefault(rule.identifier, []).append(APP_KINDS[kind])
    return (f"{identifier}  ({', '.join(kinds)})" for identifier, kinds in found.items())


def rules_in_a_line(summary: Summary) -> str:
    """How the rules came out."""
    counts = Counter(rule.status for _, rule in summary.rules)
    told = ", ".join(f"{counts[status]} {status.replace('_', ' ')}" for status in STATUSES if counts[status])
    return f"rules over every login: {told or 'none was asked'}"


def result(summary: Summary) -> str:
    """What came of it, in a line."""
    code = summary.exit_code
    meaning = _failure(summary) if code == 1 else _EXIT_CODES[code]
    if code != 1 and not any(verdict.status in JUDGED for _, verdict in summary.verdicts):
        meaning = "incomplete: nothing was judged"
    elif code == 0:
        warned = sum(status == "warned" for status in summary.unexpected)
        meaning = f"nothing failed; {many_of(warned, 'warning')}" if warned else meaning
        meaning += ", or as the baseline expects it" if summary.compared.expected else ""
    interrupted = "Interrupted. " if summary.interrupted else ""
    return f"{interrupted}Exit code {code}: {meaning}. {summary.seconds:.1f} s."


def _failure(summary: Summary) -> str:
    """What an exit code of 1 is about; what the baseline expects is not."""
    expected, stale = summary.compared.expected, summary.compared.stale
    counts: Counter[tuple[str, Status]] = Counter()
    for (identifier, kind), status in summary.statuses.items():
        if (identifier, kind) not in expected:
            counts["rule" if identifier.startswith("rule/") else "scenario", status] += 1
    told = []
    if counts["scenario", "failed"] or counts["rule", "failed"] or not stale:
        failed = f"{many_of(counts['scenario', 'failed'], 'scenario')}, {many_of(counts['rule', 'failed'], 'rule')}"
        told.append(f"the client failed: {failed}")
    warned = counts["scenario", "warned"] + counts["rule", "warned"]
    if warned and summary.terms.fail_on == "warned":
        told.append(f"{many_of(warned, 'warning')}, which --fail-on makes a failure")
    if stale:
        told.append(f"{many_of(len(stale), 'entry')} of the baseline no longer hold{'s' if len(stale) == 1 else ''}")
    return "; ".join(told)


def beside_the_baseline(summary: Summary) -> str:
    """How much of a run its baseline expected; empty without a baseline."""
    entries, compared = summary.terms.baseline.entries, summary.compared
    if not entries:
        return ""
    counts = Counter(entry.verdict for entry in compared.expected.values())
    told = ", ".join(f"{counts[status]} {status}" for status in ("failed", "warned", "inconclusive") if counts[status])
    line = f"baseline: {len(compared.expected)} of {many_of(len(entries), 'entry')} came as expected"
    line += f" ({told})" if told else ""
    line += f", {len(compared.stale)} no longer hold{'s' if len(compared.stale) == 1 else ''}" if compared.stale else ""
    others = len(entries) - len(compared.expected) - len(compared.stale)
    return line + (f", {others} could not be told in this run" if others else "")


def stale_entry(stale: Stale) -> Iterator[str]:
    """An entry of the baseline that no longer holds, in lines; the first is a title."""
    entry = stale.entry
    yield f"STALE  {entry.id}  ({APP_KINDS[entry.app_kind]})"
    yield f"  cause      {stale.cause}"
    yield f"  reason     {legible(entry.reason)}" + (f"  {legible(entry.link)}" if entry.link else "")
    yield f"  next step  {stale.next_step}"


def many_of(number: int, what: str) -> str:
    """A number and a word in singular or plural."""
    plural = f"{what[:-1]}ies" if what.endswith("y") else f"{what}s"
    return f"{number} {what if number == 1 else plural}"
