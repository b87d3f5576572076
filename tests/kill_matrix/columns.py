"""From performances to what is stored: one flaw's column, and the text of the whole matrix."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from client_ref import flawed
from client_ref.flaws.flaw import STRICT_PAGES
from scenarios.collection import collect, performances
from scenarios.kill_matrix import NOTHING, Flaw, KillMatrix, Kills
from scenarios.model.assignment import AppKind
from scenarios.rules.always import RULES
from tests.kill_matrix.performing import Performed, perform

KINDS: tuple[AppKind, ...] = ("basic", "pkce")

_HEAD = """\
# What kills what: for each flawed client everything that fails it or warns it, as either kind of app (`both`) and as
# one of them alone. Written by `python -m tests.kill_matrix --write`; of `alike` and `unseen` the reasons are yours.
"""


def kills(performed: Performed) -> Kills:
    """What catches a flaw as one kind of app."""

    def of(status: str) -> tuple[str, ...]:
        found = {verdict.identifier for _, _, verdict in performed.told if verdict.status == status}
        found |= {verdict.identifier for verdict in performed.rules if verdict.status == status}
        return tuple(sorted(found))

    return Kills(of("failed"), of("warned"), performed.forgiven, bool(performed.refusal))


def column(name: str, by_kind: Mapping[AppKind, Kills]) -> Flaw:
    """A flaw with what catches it as each kind of app."""
    flaw = flawed.FLAWS[name]
    both = _common(tuple(by_kind.values()))
    return Flaw(
        name,
        flaw.summary,
        flaw.rows,
        "in process" if flaw.pages is STRICT_PAGES else "web app",
        both,
        **{kind: _beyond(each, both) for kind, each in by_kind.items()},
    )


def _common(each: Sequence[Kills]) -> Kills:
    def shared(name: str) -> tuple[str, ...]:
        return tuple(value for value in getattr(each[0], name) if all(value in getattr(one, name) for one in each))

    return Kills(shared("failed"), shared("warned"), shared("forgiven"), all(one.locked_out for one in each))


def _beyond(kills: Kills, both: Kills) -> Kills:
    def alone(name: str) -> tuple[str, ...]:
        return tuple(value for value in getattr(kills, name) if value not in getattr(both, name))

    return Kills(alone("failed"), alone("warned"), alone("forgiven"), kills.locked_out and not both.locked_out)


def measured(name: str, stored: Flaw | None = None, selectors: Sequence[str] = ()) -> Flaw:
    """Perform the catalogue with a flawed client; where a part is selected, the rest is as it is stored."""
    everything = performances(collect(), KINDS, selectors)
    selected = {kind: tuple(each for each in everything if each.app_kind == kind) for kind in KINDS}
    found = {kind: kills(perform(name, each)) for kind, each in selected.items()}
    if selectors and stored is not None:
        known = {each.identifier for each in performances(collect(), KINDS)} | {rule.identifier for rule in RULES}
        elsewhere = known - {each.identifier for each in everything}
        found = {kind: _merged(stored.as_app(kind), each, elsewhere) for kind, each in found.items()}
    return column(name, found)


def _merged(stored: Kills, found: Kills, elsewhere: set[str]) -> Kills:
    """What was performed as it was found, what was not as it is stored.

    Only a whole run takes a rule back, and only a whole run says how a plain login goes.
    """

    def merged(name: str) -> tuple[str, ...]:
        kept = {each for each in getattr(stored, name) if each in elsewhere}
        return tuple(sorted(kept | set(getattr(found, name))))

    return msgspec.structs.replace(stored, failed=merged("failed"), warned=merged("warned"))


def text(matrix: KillMatrix) -> str:
    """The matrix as it is stored: a line for each identifier, so that a change shows as what was gained or lost."""
    return "\n".join(_lines(matrix)) + "\n"


def _lines(matrix: KillMatrix) -> Iterator[str]:
    yield _HEAD.rstrip()
    for alike in matrix.alike:
        yield from ("", "[[alike]]", *_list("flaws", alike.flaws), f"reason = {json.dumps(alike.reason)}")
    for unseen in matrix.unseen:
        yield from ("", "[[unseen]]", f"flaw = {json.dumps(unseen.flaw)}", f"reason = {json.dumps(unseen.reason)}")
    for flaw in matrix.flaws:
        yield from ("", "[[flaws]]", f"name = {json.dumps(flaw.name)}", f"breaks = {json.dumps(flaw.breaks)}")
        yield f"families = {json.dumps(list(flaw.families))}"
        if flaw.seat != "in process":
            yield f"seat = {json.dumps(flaw.seat)}"
        for part in ("both", "basic", "pkce"):
            if getattr(flaw, part) != NOTHING:
                yield from ("", f"[flaws.{part}]", *_kills(getattr(flaw, part)))


def _kills(kills: Kills) -> Iterator[str]:
    for name, value in msgspec.to_builtins(kills).items():
        yield from ["locked_out = true"] if value is True else _list(name, value)


def _list(name: str, values: Sequence[str]) -> Iterator[str]:
    yield f"{name} = ["
    yield from (f"    {json.dumps(value, ensure_ascii=False)}," for value in values)
    yield "]"


def differences(stored: Flaw, found: Flaw) -> list[str]:
    """What a flaw has gained and lost, in lines for a person."""
    lines = []
    for kind in KINDS:
        before, after = stored.as_app(kind), found.as_app(kind)
        for name in ("failed", "warned", "forgiven"):
            old, new = set(getattr(before, name)), set(getattr(after, name))
            lines += [f"{stored.name} ({kind}): {name} gained {each}" for each in sorted(new - old)]
            lines += [f"{stored.name} ({kind}): {name} lost {each}" for each in sorted(old - new)]
        if before.locked_out != after.locked_out:
            lines.append(f"{stored.name} ({kind}): a plain login {'fails' if after.locked_out else 'works'} now")
    for name in ("breaks", "families", "seat"):
        if getattr(stored, name) != getattr(found, name):
            lines.append(f"{stored.name}: {name} is {getattr(found, name)!r} now")
    return lines
