"""Puts a recording into the form kept in ``data/``: one case per line, without what can be derived.

    python tests/recordings/compact.py fosite-0.40.2.json tests/recordings/data/fosite-0.40.2.json

Left out of each case: `topic` (the name's first part), `location` (the Location header, cut up),
`Content-Length` and the members of requests, answers and captures that stand at their defaults. `expand` puts
all but `Content-Length` back; the script refuses to write what it could not restore.
"""

import copy
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

REQUEST_DEFAULTS: Mapping[str, Any] = {"query": None, "headers": [], "body": None}
ANSWER_DEFAULTS: Mapping[str, Any] = {"headers": [], "body": ""}


def compact(recording: Mapping[str, Any]) -> dict[str, Any]:
    """The recording without what `expand` can put back, and without `Content-Length`."""
    return _rewritten(without_lengths(recording), _compact_case)


def expand(recording: Mapping[str, Any]) -> dict[str, Any]:
    """A compact recording with everything but `Content-Length` spelled out again."""
    return _rewritten(recording, _expand_case)


def without_lengths(recording: Mapping[str, Any]) -> dict[str, Any]:
    """The recording without its `Content-Length` headers, which belong to the values of the recording run."""

    def drop(case: dict[str, Any]) -> None:
        for answer in _answers(case):
            answer["headers"] = [pair for pair in answer["headers"] if pair[0].lower() != "content-length"]

    return _rewritten(recording, drop)


def write(recording: Mapping[str, Any]) -> str:
    """The JSON text: the head of the file on a line per member, then one case per line."""
    head = [f" {_json(name)}:{_json(value)}" for name, value in recording.items() if name != "cases"]
    cases = ",\n".join(_json(case) for case in recording["cases"])
    return "{\n" + ",\n".join(head) + ',\n "cases":[\n' + cases + "\n]}\n"


def _rewritten(recording: Mapping[str, Any], rewrite: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    result: dict[str, Any] = copy.deepcopy(dict(recording))
    for case in result["cases"]:
        rewrite(case)
    return result


def _compact_case(case: dict[str, Any]) -> None:
    if case.get("topic") == _topic(case):
        del case["topic"]
    for answer in _answers(case):
        if "location" in answer and answer["location"] == _cut(answer):
            del answer["location"]
        _drop_defaults(answer, ANSWER_DEFAULTS)
    for request in _requests(case):
        _drop_defaults(request, REQUEST_DEFAULTS)
    for capture in _captures(case):
        _drop_defaults(capture, _capture_defaults(capture))


def _expand_case(case: dict[str, Any]) -> None:
    case.setdefault("topic", _topic(case))
    for request in _requests(case):
        _put_defaults(request, REQUEST_DEFAULTS)
    for capture in _captures(case):
        _put_defaults(capture, _capture_defaults(capture))
    for answer in _answers(case):
        _put_defaults(answer, ANSWER_DEFAULTS)
        if (location := _cut(answer)) is not None:
            answer.setdefault("location", location)


def _topic(case: Mapping[str, Any]) -> str:
    return str(case["name"]).partition("/")[0]


def _requests(case: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    return (step["request"] for step in case["steps"] if "request" in step)


def _answers(case: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    members = ("response", "hydra_response")
    return (step[member] for step in case["steps"] for member in members if member in step)


def _captures(case: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    return (capture for step in case["steps"] for capture in step.get("captures", ()))


def _capture_defaults(capture: Mapping[str, Any]) -> dict[str, str]:
    """The usual place, and the parameter after which the placeholder is named."""
    return {"in": "body.json", "parameter": str(capture["placeholder"]).rpartition("_")[0]}


def _cut(answer: Mapping[str, Any]) -> dict[str, str | None] | None:
    """The raw Location header as base, query and fragment; None without one."""
    for name, value in answer["headers"]:
        if name.lower() == "location":
            rest, mark, fragment = value.partition("#")
            base, question, query = rest.partition("?")
            return {
                "base": base,
                "query": query if question else None,
                "fragment": fragment if mark else None,
            }
    return None


def _drop_defaults(member: dict[str, Any], defaults: Mapping[str, Any]) -> None:
    for name, default in defaults.items():
        if name in member and member[name] == default:
            del member[name]


def _put_defaults(member: dict[str, Any], defaults: Mapping[str, Any]) -> None:
    for name, default in defaults.items():
        member.setdefault(name, copy.copy(default))


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))


def main(arguments: list[str]) -> int:
    """Convert the file named first into the file named second."""
    if len(arguments) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    source, target = map(Path, arguments)
    recording = json.loads(source.read_text(encoding="utf-8"))
    small = compact(recording)
    if expand(small) != without_lengths(expand(recording)):
        print(f"{source.name} cannot be restored from its compact form; nothing written", file=sys.stderr)
        return 1
    target.write_text(write(small), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
