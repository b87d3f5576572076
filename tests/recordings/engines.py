"""The recorded engines, each with its cases and the provider that must answer as it did."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from _pytest.mark import ParameterSet

from mock_server.protocol.provider import FOSITE_0_32_2, FOSITE_0_40_2, FOSITE_0_42_2, Provider
from tests.recordings.recording import Case, Recording, load

DATA = Path(__file__).parent / "data"

PRESETS: Mapping[str, Provider] = {
    "0.32.2": FOSITE_0_32_2,
    "0.40.2": FOSITE_0_40_2,
    "0.42.2": FOSITE_0_42_2,
}


@dataclass(frozen=True, slots=True)
class Engine:
    """A recording, under a label, and the provider to play it under."""

    label: str
    recording: Recording
    provider: Provider


def kept() -> tuple[Engine, ...]:
    """The engines whose recordings are kept in ``data/``, labelled with their versions."""
    recordings = (load(path) for path in sorted(DATA.glob("*.json")))
    return tuple(Engine(recording.version, recording, PRESETS[recording.version]) for recording in recordings)


def further(place: Path) -> tuple[Engine, ...]:
    """The recordings in a file or a folder, labelled with their file names.

    `ValueError` if there is none, or one of an engine for which there is no preset.
    """
    paths = sorted(place.glob("*.json")) if place.is_dir() else [place]
    if not paths:
        raise ValueError(f"there is no recording (*.json) in {place}")
    return tuple(_engine(path) for path in paths)


def _engine(path: Path) -> Engine:
    recording = load(path)
    if recording.version not in PRESETS:
        known = ", ".join(PRESETS)
        raise ValueError(f"{path.name} is of engine {recording.version}; there are presets for {known}")
    return Engine(path.name, recording, PRESETS[recording.version])


def items(engines: Iterable[Engine], exceptions: Mapping[str, Mapping[str, str]]) -> list[ParameterSet]:
    """One pytest item for each case, marked where it is skipped or expected to differ."""
    return [
        pytest.param(
            engine, case, id=f"{engine.label}/{case.name}", marks=_marks(case, exceptions[engine.recording.version])
        )
        for engine in engines
        for case in engine.recording.cases
    ]


def _marks(case: Case, exceptions: Mapping[str, str]) -> list[pytest.MarkDecorator]:
    if case.unplayable is not None:
        return [pytest.mark.skip(reason=case.unplayable)]
    if case.name in exceptions:
        # Strict: an exception that passes is stale. Only a difference counts, no other error.
        return [pytest.mark.xfail(raises=AssertionError, strict=True, reason=exceptions[case.name])]
    return []
