"""What `FRAMEIO` does differently from the engine it is modelled on, case by case, and that this is all.

`FRAMEIO` is the engine of the 0.40.2 recording with what Frame.io documents on top: the scopes of a token answer
are sorted by name, as in the guide's sample. A case is listed here if that shows in it; then its recorded token
answers are rewritten by the rule, and the answers must be equal to the byte again.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import replace

import pytest

from mock_server.protocol.provider import FRAMEIO
from tests.recordings.engines import Engine, items, kept
from tests.recordings.exceptions import EXCEPTIONS
from tests.recordings.player import play
from tests.recordings.recording import Case, Exchange, Step
from tests.recordings.stage import MockServerStage

RECORDED = next(engine for engine in kept() if engine.label == "0.40.2")
FRAMEIO_ENGINE = Engine("FRAMEIO", RECORDED.recording, FRAMEIO)

SORTED_SCOPE = "The scopes of the token answer are sorted by name, as in the guide's sample."

DIFFERENT: Mapping[str, str] = {
    "flow/basic-all-scopes": SORTED_SCOPE,
    "scope/order-kept": SORTED_SCOPE,
    "scope/pattern-registered": SORTED_SCOPE,
}


def as_frameio(case: Case) -> Case:
    """The case with its token answers rewritten as Frame.io documents them."""
    return replace(case, steps=tuple(_with_sorted_scope(step) for step in case.steps))


def _with_sorted_scope(step: Step) -> Step:
    if not isinstance(step, Exchange):
        return step
    body = re.sub(r'"scope":"([^"]*)"', _sorted_member, step.answer.body)
    return replace(step, answer=replace(step.answer, body=body))


def _sorted_member(match: re.Match[str]) -> str:
    return f'"scope":{json.dumps(" ".join(sorted(match.group(1).split(" "))))}'


@pytest.mark.parametrize(("stage", "case"), items([FRAMEIO_ENGINE], EXCEPTIONS), indirect=["stage"])
def test_answers_as_the_engine_but_for_what_is_documented(stage: MockServerStage, case: Case) -> None:
    finding = play(as_frameio(case), stage.engine.recording, stage)
    assert finding is None, f"{case.name}: {case.description}\n{finding}"


@pytest.mark.parametrize("stage", [FRAMEIO_ENGINE], ids=["FRAMEIO"], indirect=True)
@pytest.mark.parametrize("name", DIFFERENT)
def test_does_not_answer_as_the_engine(stage: MockServerStage, name: str) -> None:
    case = next(case for case in RECORDED.recording.cases if case.name == name)
    assert play(case, RECORDED.recording, stage) is not None


def test_every_case_in_which_it_shows_is_listed() -> None:
    changed = {case.name for case in RECORDED.recording.cases if as_frameio(case) != case}
    assert changed == DIFFERENT.keys()
