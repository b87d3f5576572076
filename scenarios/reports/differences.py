"""What a changed answer has other than the right one, in words."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from urllib.parse import urlsplit

from mock_server.protocol import form
from mock_server.transcript import Answer
from scenarios.reports.shown import Hidden, legible, location_query, pairs_of

Pairs = Sequence[tuple[str, object]]
Shown = Callable[[str, object], str]

# Headers that follow from something else, or that say how the bytes travel.
_NOT_SAID = frozenset({"content-length", "date", "location", "server"})
# What an answer of another status has not, or has, because it is another answer.
_ASIDE = ("cache-control", "pragma", "x-content-type-options", "x-ratelimit-")


def differences(right: Answer, sent: Answer, hidden: Hidden) -> tuple[str, ...]:
    """Each difference by itself; none where the two are equal."""
    return tuple(_all(right, sent, hidden))


def _all(right: Answer, sent: Answer, hidden: Hidden) -> Iterator[str]:
    if right.status != sent.status:
        yield f"the status is {sent.status} instead of {right.status}"
    yield from _of_location(right, sent, hidden)
    yield from _of_headers(right, sent)
    if right.body != sent.body:
        yield from _of_body(right.body, sent.body, hidden)


def _of_location(right: Answer, sent: Answer, hidden: Hidden) -> Iterator[str]:
    before, after = right.header("location"), sent.header("location")
    if before == after:
        return
    if not after or not before:
        there = urlsplit(after)
        yield "it leads nowhere" if before else f"it leads to {legible(f'{there.scheme}://{there.netloc}')}"
        return
    if _place(before) != _place(after):
        yield f"it leads to {legible(_place(after))}"
    found = list(_of_pairs(form.parse(location_query(right)).pairs, form.parse(location_query(sent)).pairs, hidden))
    yield from found
    if "#" in after and "#" not in before:
        yield "the parameters are in the fragment"
    elif not found and _place(before) == _place(after):
        yield "the parameters are spelled otherwise"


def _place(url: str) -> str:
    return url.partition("#")[0].partition("?")[0]


def _of_headers(right: Answer, sent: Answer) -> Iterator[str]:
    before, after = dict(right.headers), dict(sent.headers)
    other = right.status != sent.status
    for name in sorted({*before, *after} - _NOT_SAID):
        if other and name.startswith(_ASIDE):
            continue
        if name not in after:
            yield f"the header {name} is missing"
        elif before.get(name) != after[name]:
            yield f"the header {name} is {legible(repr(after[name]))}"


def _of_body(right: bytes, sent: bytes, hidden: Hidden) -> Iterator[str]:
    before, after = pairs_of(right), pairs_of(sent)
    if not before or not after:
        yield "the body is empty" if not sent else "the body is another one"
        return
    found = list(_of_pairs(before, after, hidden))
    yield from found
    if not found:
        yield "the body is written otherwise"


def _of_pairs(before: Pairs, after: Pairs, hidden: Hidden) -> Iterator[str]:
    old, new = _grouped(before), _grouped(after)
    if missing := [legible(name) for name in old if name not in new]:
        yield f"{_listed(missing)} missing"
    added: dict[str, list[str]] = {}
    for name, values in new.items():
        shown = " and ".join(hidden.value(name, value) for value in values)
        if name not in old:
            added.setdefault(shown, []).append(legible(name))
        elif len(values) > len(old[name]):
            yield f"{legible(name)} comes {len(values)} times: {shown}"
        elif values != old[name]:
            yield f"{legible(name)} is {_changed(name, old[name][0], values[0], hidden)}"
    yield from (f"{_listed(names)} added: {shown}" for shown, names in added.items())
    if old == new and list(before) != list(after):
        yield "they come in another order"


def _listed(names: Sequence[str]) -> str:
    """`code is`; `code, scope and state are`."""
    *others, last = names
    return f"{', '.join(others)} and {last} are" if others else f"{last} is"


def _changed(name: str, old: object, new: object, hidden: Hidden) -> str:
    if isinstance(new, str) and isinstance(old, str) and old and new:
        if old.startswith(new):
            return f"cut to its first {len(new)} characters"
        if new.startswith(old):
            return f"followed by {legible(repr(new.removeprefix(old)))}"
        if old.lower() == new.lower():
            return f"in another case: {hidden.value(name, new)}" if name != "state" else "in another case"
    return f"{hidden.value(name, new)} instead of {hidden.value(name, old)}"


def _grouped(pairs: Pairs) -> Mapping[str, list[object]]:
    grouped: dict[str, list[object]] = {}
    for name, value in pairs:
        grouped.setdefault(name, []).append(value)
    return grouped
