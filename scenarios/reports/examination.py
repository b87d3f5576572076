"""What `oauthspec doctor` tells: facts in a table, and what is wrong with its cause and the next step."""

import textwrap
from collections.abc import Iterator

from scenarios.diagnosis import Diagnosis
from scenarios.examining import Examination
from scenarios.reports.header import APP_KINDS
from scenarios.reports.shown import Hidden

_WIDTH = 110
_LABELS = 19


def laid_out(examination: Examination) -> Iterator[str]:
    """The lines of one examination; no secret is in them."""
    hidden = Hidden(secrets=[examination.secret])
    yield f"As a {APP_KINDS[examination.app_kind]}"
    for label, text in examination.facts:
        yield from _labelled(label, hidden.text(text))
    for diagnosis in examination.wrong:
        yield from _named(diagnosis, hidden)


def conclusion(code: int) -> str:
    """What an exit code means."""
    return f"{_CONCLUSIONS[code]} Exit code {code}."


_CONCLUSIONS = {
    0: "It can be judged: `oauthspec run` takes the same words.",
    1: "It can be judged, and it fails: the mock forgives it what is named above, and Frame.io would not.",
    3: "Not everything can be judged before that is mended.",
}


def _named(diagnosis: Diagnosis, hidden: Hidden) -> Iterator[str]:
    yield f"  {diagnosis.code}"
    yield from _labelled("  cause", hidden.text(diagnosis.cause))
    yield from _labelled("  next step", hidden.text(diagnosis.next_step))


def _labelled(label: str, text: str) -> Iterator[str]:
    lines = textwrap.wrap(text, _WIDTH - _LABELS, break_long_words=False, break_on_hyphens=False) or [""]
    for number, line in enumerate(lines):
        yield f"  {label if number == 0 else '':<{_LABELS}}{line}".rstrip()
