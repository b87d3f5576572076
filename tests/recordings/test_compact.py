"""What is kept in ``data/`` says what was recorded, and new recordings can be added by the script."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.recordings.compact import compact, expand, main, without_lengths, write
from tests.recordings.recording import load

DATA = Path(__file__).parent / "data"


@pytest.fixture(scope="module", params=sorted(path.name for path in DATA.glob("*.json")))
def kept(request: pytest.FixtureRequest) -> Path:
    return DATA / str(request.param)


def spelled_out(path: Path) -> dict[str, Any]:
    return expand(json.loads(path.read_text(encoding="utf-8")))


def test_kept_files_are_compact_with_one_case_per_line(kept: Path) -> None:
    text = kept.read_text(encoding="utf-8")
    recording = spelled_out(kept)
    assert text == write(compact(recording))
    assert text.count("\n") == len(recording["cases"]) + len(recording) + 2


def test_kept_files_have_the_cases_they_count(kept: Path) -> None:
    recording = spelled_out(kept)
    names = [case["name"] for case in recording["cases"]]
    assert len(set(names)) == len(names) == recording["counts"]["cases"]
    assert sum(len(case["steps"]) for case in recording["cases"]) == recording["counts"]["steps"]


def test_the_indented_original_is_read_as_the_kept_file_is(kept: Path, tmp_path: Path) -> None:
    original = tmp_path / kept.name
    original.write_text(json.dumps(spelled_out(kept), indent=1), encoding="utf-8")
    assert load(original) == load(kept)


def test_spelling_out_restores_all_but_the_lengths() -> None:
    recording = {
        "format": "oauth-wire-recording/1",
        "cases": [
            {
                "name": "flow/x",
                "topic": "flow",
                "steps": [
                    {
                        "request": {"method": "GET", "path": "/", "query": None, "headers": [], "body": ""},
                        "response": {
                            "status": 302,
                            "headers": [["Location", "x:/?#"], ["Content-Length", "0"]],
                            "body": "",
                            "location": {"base": "x:/", "query": "", "fragment": ""},
                        },
                        "captures": [
                            {"placeholder": "code_1", "in": "location.query", "parameter": "code"},
                            {"placeholder": "access_token_1", "in": "body.json", "parameter": "access_token"},
                        ],
                    },
                    {"advance_seconds": 3},
                ],
            },
        ],
    }
    (case,) = compact(recording)["cases"]
    assert case == {
        "name": "flow/x",
        "steps": [
            {
                "request": {"method": "GET", "path": "/", "body": ""},
                "response": {"status": 302, "headers": [["Location", "x:/?#"]]},
                "captures": [
                    {"placeholder": "code_1", "in": "location.query"},
                    {"placeholder": "access_token_1"},
                ],
            },
            {"advance_seconds": 3},
        ],
    }
    assert expand(compact(recording)) == without_lengths(recording) != recording


def test_script_converts_a_file(kept: Path, tmp_path: Path) -> None:
    original, target = tmp_path / "original.json", tmp_path / "kept.json"
    original.write_text(json.dumps(spelled_out(kept), indent=1), encoding="utf-8")
    assert main([str(original), str(target)]) == 0
    assert target.read_bytes() == kept.read_bytes()


def test_script_wants_two_names(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["one.json"]) == 2
    assert "compact.py" in capsys.readouterr().err
