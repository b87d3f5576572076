"""What is printed of a campaign: findings that can be read and repeated, without secrets; and what was covered."""

from collections.abc import Iterable, Iterator
from importlib import metadata
from pathlib import Path
from urllib.parse import unquote

import msgspec

from mock_server.redaction import redacted_url
from scenarios.fuzzing.campaign import Campaign, Found
from scenarios.fuzzing.examples import VERSION, Begins, Counterexample, Example, Lands
from scenarios.model.assignment import AppKind

_LONGEST = 300
WORDS = {"failed": "FAILED", "warned": "WARNED", "none": "ADVICE"}


def counterexample(found: Found, campaign: Campaign, app_kind: AppKind) -> Counterexample:
    """A finding as it is stored."""
    requirement = found.violation.requirement
    return Counterexample(
        "oauthspec counterexample",
        VERSION,
        found.violation.identifier,
        app_kind,
        campaign.target,
        found.example,
        clause=str(requirement),
        seen=found.violation.seen,
        seed=campaign.seed,
    )


def file_name(each: Counterexample) -> str:
    """What its file is called: the invariant and the kind of app."""
    return f"{each.invariant.replace('/', '-')}-{each.app_kind}.json"


def told(found: Found, path: Path, client: str) -> Iterator[str]:
    """A finding in a few lines."""
    violation = found.violation
    requirement = violation.requirement
    yield f"{WORDS[violation.severity]}  {violation.identifier}"
    yield f"    {requirement.level.value} {requirement.statement}: {'; '.join(map(str, requirement.clauses))}"
    for line in _story(found):
        yield f"    {line}"
    yield f"    What the client did: {violation.seen}"
    yield f"    Risk: {violation.risk}"
    yield f"    Fix: {violation.fix}"
    if not found.reproducible:
        yield "    It did not happen when the same was done again: the client is not deterministic."
    yield f"    Again: oauthspec replay {path} {client}"


def _story(found: Found) -> Iterator[str]:
    for line in found.story:
        who, opens, url = line.partition(" opens ")
        if opens:
            shown = redacted_url(url)
            line = f"{who}{opens}{shown[:_LONGEST]}" + ("..." if len(shown) > _LONGEST else "")
        yield legible(line)
    yield from changes(found.example)


def changes(example: Example) -> Iterator[str]:
    """What is done to genuine messages, in words."""
    for step in example.steps:
        done = step.mutations if isinstance(step, Lands) else step.answers if isinstance(step, Begins) else ()
        for change in done:
            members = msgspec.to_builtins(change)
            word = members.pop("do").replace("_", " ")
            rest = ", ".join(f"{name} {unquote(str(value))!r}" for name, value in members.items())
            where = "the redirect" if isinstance(step, Lands) else "the token answer"
            yield legible(f"Changed: {where} {word} {rest}"[:_LONGEST])


def legible(text: str) -> str:
    """One line of printable characters."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def progress(campaign: Campaign, app_kind: AppKind) -> str:
    """One line of progress."""
    found = f", {len(campaign.found)} found" if campaign.found else ""
    return f"{campaign.target} ({app_kind}): {campaign.examples} examples, {campaign.rate:.0f} callbacks/s{found}"


def covered(campaign: Campaign, app_kind: AppKind, restarts: int) -> Iterator[str]:
    """What a campaign has done."""
    steps = ", ".join(f"{number} {name}" for name, number in sorted(campaign.seen.steps.items()))
    examples = f"{campaign.examples} examples in {campaign.seconds:.1f} s"
    yield f"{campaign.target} ({app_kind}), seed {campaign.seed}: {examples}"
    rate = f"{campaign.rate:.0f} per second"
    yield f"    {campaign.callbacks} callbacks, {rate}; {campaign.logins} genuine logins between"
    yield f"    steps: {steps or 'none'}"
    if campaign.seen.labels:
        yield "    messages: " + _counted(campaign.seen.labels.most_common())
    if restarts:
        yield f"    the application was started again {restarts} times"
    if campaign.not_deterministic:
        yield "    The client is not deterministic: the same example ended differently when it came again."


def _counted(labels: Iterable[tuple[str, int]]) -> str:
    return ", ".join(f"{number} {word}" for word, number in labels)


def as_pytest(each: Counterexample, client: str) -> str:
    """A test file that performs a counterexample with the public Python API."""
    name = each.invariant.replace("/", "_").replace("-", "_")
    text = msgspec.json.encode(msgspec.structs.replace(each, seen="")).decode()
    return _PYTEST.format(version=metadata.version("oauthspec"), client=client, name=name, text=text)


_PYTEST = '''"""Written by oauthspec {version}: a counterexample that its fuzzer has found."""

from scenarios.drivers.in_process import InProcessDriver, load_factory
from scenarios.fuzzing.examples import read
from scenarios.fuzzing.replaying import replay

COUNTEREXAMPLE = r\'\'\'
{text}
\'\'\'


def test_{name}():
    result = replay(read(COUNTEREXAMPLE.encode()), InProcessDriver(load_factory({client!r})))
    assert result.fixed, result.seen
'''
