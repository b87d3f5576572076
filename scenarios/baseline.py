"""A baseline: what is known to be wrong with a client, entry by entry, each with its reason.

It is a TOML file of tables `[[expected]]`. An entry names one scenario (with its row) or one rule, one kind of app and
the verdict that is expected; it is no pattern, for what is not named must not be forgiven.
"""

import difflib
import json
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, get_args

import msgspec

from scenarios.collection import collect
from scenarios.model.assignment import AppKind
from scenarios.model.scenario import Scenario
from scenarios.rules.always import RULES

Expected = Literal["failed", "warned", "inconclusive"]


class BaselineError(Exception):
    """A baseline that cannot be used: a stable code, the cause and the next step."""

    def __init__(self, code: str, cause: str, next_step: str) -> None:
        super().__init__(f"{code}: {cause} {next_step}")
        self.code = code
        self.cause = cause
        self.next_step = next_step


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One expected verdict; it holds up to and including the day on which it `expires`."""

    id: str
    app_kind: AppKind
    verdict: Expected
    # Never empty in a baseline that is used.
    reason: str = ""
    link: str = ""
    expires: date | None = None

    def expired(self, today: date) -> bool:
        """True when it holds no more."""
        return self.expires is not None and self.expires < today

    def __str__(self) -> str:
        return f"{self.id} ({self.app_kind})"


class Baseline(msgspec.Struct, frozen=True, dict=True):
    """What is expected to go wrong; empty, nothing is."""

    entries: tuple[Entry, ...] = ()

    def expected(self, identifier: str, app_kind: AppKind) -> Entry | None:
        """The entry of a scenario (with its row in brackets) or of a rule, expired or not."""
        return self._known.get((identifier, app_kind))

    @cached_property
    def _known(self) -> dict[tuple[str, AppKind], Entry]:
        return {(each.id, each.app_kind): each for each in self.entries}


def read(path: Path) -> Baseline:
    """The baseline of a file; `BaselineError` where an entry is none, names nothing, or gives no reason."""
    entries = tuple(entries_of(path))
    known = _known_ids()
    entries = tuple(msgspec.structs.replace(each, id=_checked(path, each, known)) for each in entries)
    seen: set[str] = set()
    for each in entries:
        if str(each) in seen:
            raise BaselineError("BAD_BASELINE", f"{path}: {each} has two entries.", "Leave one of them.")
        seen.add(str(each))
    silent = [each for each in entries if not each.reason.strip()]
    if silent:
        many = f"{len(silent)} entries give no reason, the first is" if len(silent) > 1 else "No reason is given for"
        cause = f"{path}: {many} {silent[0]}."
        raise BaselineError("NO_REASON", cause, 'Write why it is expected into its `reason = ""`.')
    return Baseline(entries)


def entries_of(path: Path) -> Iterator[Entry]:
    """The entries of a file as they stand there, with or without a reason."""
    for number, table in enumerate(_tables(path), 1):
        where = f"{path}: entry {number}" + (f" ({table['id']})" if isinstance(table.get("id"), str) else "")
        _check_keys(where, table)
        try:
            yield msgspec.convert(table, Entry)
        except msgspec.ValidationError as error:
            raise BaselineError("BAD_BASELINE", f"{where}: {_told(error)}.", _SHAPE) from None


_KEYS = tuple(Entry.__struct_fields__)
_SHAPE = "An entry has id, app-kind, verdict and reason, and may have link and expires."


def _told(error: msgspec.ValidationError) -> str:
    """What msgspec says, with our keys in the place of its path: `reason: expected str, got int`."""
    said, _, where = str(error).partition(" - at `$.")
    said = said.replace("Object missing required field", "it lacks").replace("`", "").replace("_", "-")
    if said.startswith("Invalid enum value"):
        said = f"{said}, it is one of {', '.join(get_args(_CHOICES[where.rstrip('`')]))}"
    return f"{where.rstrip('`').replace('_', '-')}: {said[0].lower()}{said[1:]}" if where else said


_CHOICES: Mapping[str, Any] = {"app_kind": AppKind, "verdict": Expected}


def _tables(path: Path) -> list[dict[str, Any]]:
    try:
        document = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        cause = f"{path} cannot be read: {error.strerror}."
        raise BaselineError("NO_BASELINE", cause, "`oauthspec baseline RECORD` writes one.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BaselineError("BAD_BASELINE", f"{path} is not TOML: {error}.", "Mend that line.") from None
    tables = document.pop("expected", [])
    if document or not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        other = f"it holds {next(iter(document))!r}" if document else "`expected` is no list of tables"
        raise BaselineError("BAD_BASELINE", f"{path}: {other}.", "Write each entry as a table [[expected]].")
    return [{key.replace("-", "_"): value for key, value in table.items()} for table in tables]


def _check_keys(where: str, table: Mapping[str, Any]) -> None:
    for key in table:
        if key not in _KEYS:
            near = difflib.get_close_matches(key, _KEYS, 1)
            shown = key.replace("_", "-")
            hint = f"Did you mean {near[0].replace('_', '-')!r}?" if near else _SHAPE
            raise BaselineError("BAD_BASELINE", f"{where} has no key {shown!r}.", hint)


def _known_ids() -> dict[str, tuple[str, tuple[AppKind, ...]]]:
    """Each identifier that can have a verdict, under its names: what it is called now, and for which kinds of app."""
    known = {rule.identifier: (rule.identifier, rule.app_kinds) for rule in RULES}
    for scenario in collect():
        for name in (*scenario.aliases, scenario.identifier):
            known |= {f"{name}{row}": (f"{scenario.identifier}{row}", scenario.app_kinds) for row in _rows(scenario)}
    return known


def _rows(scenario: Scenario) -> Sequence[str]:
    return [f"[{row}]" for row in scenario.rows] or [""]


def _checked(path: Path, entry: Entry, known: Mapping[str, tuple[str, tuple[AppKind, ...]]]) -> str:
    if entry.id not in known:
        rows = [name for name in known if name.startswith(f"{entry.id}[")]
        near = difflib.get_close_matches(entry.id, known, 3)
        hint = "`oauthspec list` shows every identifier."
        hint = f"Near it: {', '.join(near)}." if near else hint
        hint = f"It has rows, each with a verdict: {', '.join(rows[:4])}." if rows else hint
        raise BaselineError("UNKNOWN_ID", f"{path}: nothing is called {entry.id!r}.", hint)
    name, kinds = known[entry.id]
    if entry.app_kind not in kinds:
        cause = f"{path}: {entry.id} is never asked of a {entry.app_kind} app."
        raise BaselineError("BAD_BASELINE", cause, "Take the entry out.")
    return name


def written(entries: Iterable[tuple[Entry, str]]) -> str:
    """A baseline as text; each entry has a line about it, as a comment."""
    return _HEAD + "".join(f"\n{_table(entry, about)}" for entry, about in entries)


_HEAD = """\
# What is known to be wrong with this client: `oauthspec run --baseline FILE` expects exactly this.
# Each entry needs a reason, may have a link, and may end: expires = 2031-12-31.
# One that no longer happens, or is over, fails the run: take it out.
"""


def _table(entry: Entry, about: str) -> str:
    lines = [f"# {about}"] if about else []
    lines += ["[[expected]]", f"id = {quoted(entry.id)}", f'app-kind = "{entry.app_kind}"']
    lines += [f'verdict = "{entry.verdict}"', f"reason = {quoted(entry.reason)}"]
    lines += [f"link = {quoted(entry.link)}"] if entry.link else []
    lines += [f"expires = {entry.expires}"] if entry.expires else []
    return "\n".join(lines) + "\n"


def quoted(text: str) -> str:
    """Text as a basic string of TOML, which is a string of JSON in which DEL is escaped too."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
