"""Every recorded case, played against the mock server under the preset for the engine it came from.

One item per case: ``0.40.2/client-auth/wrong-secret``. The recordings which the environment variable
`OAUTHSPEC_RECORDINGS` names are played as well. See `README.md` beside this file.
"""

import os
import shutil
from collections import Counter
from pathlib import Path

import pytest

from tests.recordings.engines import DATA, PRESETS, Engine, further, items, kept
from tests.recordings.exceptions import (
    EXCEPTIONS,
    LARGEST_SHARE,
    LARGEST_SHARE_OF_A_TOPIC,
    SMALL_TOPIC,
    TOPIC_ENGINE,
)
from tests.recordings.player import EXTRA_HEADERS, play
from tests.recordings.recording import Case
from tests.recordings.stage import MockServerStage

ENGINES = kept()
FURTHER = further(Path(place)) if (place := os.environ.get("OAUTHSPEC_RECORDINGS")) else ()


@pytest.mark.parametrize(("stage", "case"), items(ENGINES + FURTHER, EXCEPTIONS), indirect=["stage"])
def test_answers_as_recorded(stage: MockServerStage, case: Case) -> None:
    finding = play(case, stage.engine.recording, stage)
    assert finding is None, f"{case.name}: {case.description}\n{finding}"


def unanswered(engine: Engine) -> list[Case]:
    """The cases that are no evidence: excepted, or skipped."""
    excepted = EXCEPTIONS[engine.label]
    return [case for case in engine.recording.cases if case.name in excepted or case.unplayable is not None]


@pytest.mark.parametrize("engine", ENGINES, ids=lambda engine: engine.label)
def test_exceptions_are_few(engine: Engine) -> None:
    assert len(unanswered(engine)) <= LARGEST_SHARE[engine.label] * len(engine.recording.cases)


@pytest.mark.parametrize("engine", ENGINES, ids=lambda engine: engine.label)
def test_exceptions_name_cases_that_could_be_played(engine: Engine) -> None:
    playable = {case.name for case in engine.recording.cases if case.unplayable is None}
    assert EXCEPTIONS[engine.label].keys() <= playable


def test_no_topic_of_the_main_engine_is_given_up() -> None:
    engine = next(engine for engine in ENGINES if engine.label == TOPIC_ENGINE)
    sizes = Counter(case.topic for case in engine.recording.cases)
    lost = Counter(case.topic for case in unanswered(engine))
    allowed = {topic: 1 if size < SMALL_TOPIC else LARGEST_SHARE_OF_A_TOPIC * size for topic, size in sizes.items()}
    assert {topic: count for topic, count in lost.items() if count > allowed[topic]} == {}


def test_every_reason_is_a_sentence() -> None:
    reasons = [reason for exceptions in EXCEPTIONS.values() for reason in exceptions.values()]
    assert [reason for reason in reasons if not reason.endswith(".") or len(reason) < 20] == []


def test_every_engine_is_replayed() -> None:
    assert [engine.label for engine in ENGINES] == sorted(PRESETS) == sorted(EXCEPTIONS) == sorted(LARGEST_SHARE)


def test_at_most_six_headers_are_our_own() -> None:
    assert len(EXTRA_HEADERS) <= 6


def test_further_recordings_are_found_in_a_folder_or_named_one_by_one(tmp_path: Path) -> None:
    copy = Path(shutil.copy(DATA / "fosite-0.42.2.json", tmp_path / "mine.json"))
    (in_folder,), (by_name,) = further(tmp_path), further(copy)
    assert in_folder == by_name
    assert in_folder.label == "mine.json"
    assert in_folder.provider == PRESETS["0.42.2"]


def test_a_folder_without_recordings_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no recording"):
        further(tmp_path)


def test_an_engine_without_a_preset_is_an_error(tmp_path: Path) -> None:
    text = (DATA / "fosite-0.42.2.json").read_text(encoding="utf-8")
    (tmp_path / "mine.json").write_text(text.replace("fosite v0.42.2", "fosite v0.49.0"), encoding="utf-8")
    with pytest.raises(ValueError, match=r"mine\.json is of engine 0\.49\.0"):
        further(tmp_path)
