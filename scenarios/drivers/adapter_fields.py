"""What is wrong with an adapter's answer, member by member: `read_reply` names the first, here is each of them."""

import difflib
import re
from collections.abc import Iterable, Iterator
from enum import Enum
from types import UnionType
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin

import msgspec
from msgspec import Meta, Struct

from scenarios.drivers.messages import Reply, shown

_REPLIES: dict[str, type[Struct]] = {str(kind.__struct_config__.tag): kind for kind in get_args(Reply)}
_ERROR = re.compile(r"(?:Expected (?P<expected>.+?)(?:, got .+?)?|.+?)(?: - at `\$(?P<where>.*)`)?")
# msgspec names types as Python does, and an adapter may be written in anything.
_WORDS = {"int": "integer", "str": "string", "float": "number", "bool": "boolean", "object": "object", "array": "array"}


class Member(NamedTuple):
    """A member that does not fit its schema: its path, what came there, and what is expected."""

    path: str
    came: str
    expected: str


def unfit_members(line: bytes, hide: Iterable[str] = ()) -> tuple[Member, ...]:
    """The members of a line that no schema allows, or that are missing; none where the line is no object."""
    hide = tuple(hide)
    try:
        content = msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ()
    if not isinstance(content, dict):
        return ()
    name = content.get("message")
    kind = _REPLIES.get(name) if isinstance(name, str) else None
    if kind is None:
        came = _shown(name, hide) if "message" in content else "nothing"
        return (Member("message", came, f"one of {', '.join(_REPLIES)}"),)
    members = {each: value for each, value in content.items() if each != "message"}
    return tuple(_unfit(kind, members, str(name), hide))


def _unfit(kind: type[Struct], members: dict[str, Any], path: str, hide: tuple[str, ...]) -> Iterator[Member]:
    fields = {field.name: field for field in msgspec.structs.fields(kind)}
    for name, field in fields.items():
        where = f"{path}.{name}"
        if name not in members:
            if field.required:
                yield Member(where, "nothing", _expected(field.type, ""))
        elif _is_struct(field.type) and isinstance(members[name], dict):
            yield from _unfit(field.type, members[name], where, hide)
        else:
            yield from _misfit(field.type, members[name], where, hide)
    for name in members.keys() - fields.keys():
        near = difflib.get_close_matches(name, fields, 1)
        hint = f"; did you mean {near[0]}?" if near else ""
        yield Member(f"{path}.{name}", _shown(members[name], hide), f"no member of this name{hint}")


def _misfit(kind: Any, value: Any, path: str, hide: tuple[str, ...]) -> Iterator[Member]:
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        found = _ERROR.fullmatch(str(error))
        said, where = (found["expected"], found["where"] or "") if found else ("", "")
        yield Member(path + where, _shown(value, hide), _expected(kind, said or ""))


def _expected(kind: Any, said: str) -> str:
    """The type, or the values that there are, and what the schema says of the member."""
    values = _choices(kind)
    what = f"one of {', '.join(values)}" if values else _in_words(said or _type(kind))
    what = f"a list, each {what}" if values and _is_list(kind) else what
    description = next((meta.description for meta in _metas(kind) if meta.description), "")
    return f"{what}: {description}" if description else what


def _in_words(said: str) -> str:
    return re.sub(r"`([^`]*)`", lambda found: re.sub(r"\w+", lambda word: _WORDS.get(word[0], word[0]), found[1]), said)


def _is_list(kind: Any) -> bool:
    return get_origin(get_args(kind)[0] if get_origin(kind) is Annotated else kind) is tuple


def _type(kind: Any) -> str:
    """The name of a type, as msgspec has it: it says so of a value that fits none."""
    try:
        msgspec.convert(_Nothing(), kind, from_attributes=False)
    except msgspec.ValidationError as error:
        found = _ERROR.fullmatch(str(error))
        return (found["expected"] or "") if found else ""
    return ""


class _Nothing:
    """No value of JSON."""


def _metas(kind: Any) -> Iterator[Meta]:
    if get_origin(kind) is Annotated:
        yield from (meta for meta in get_args(kind)[1:] if isinstance(meta, Meta))
        yield from _metas(get_args(kind)[0])
    if get_origin(kind) in (Union, UnionType):
        for part in get_args(kind):
            yield from _metas(part)


def _choices(kind: Any) -> list[str]:
    """The values of an enumeration, or of a list of its members."""
    if isinstance(kind, type) and issubclass(kind, Enum):
        return [str(member.value) for member in kind]
    if get_origin(kind) is Literal:
        return [str(value) for value in get_args(kind)]
    if get_origin(kind) in (Annotated, tuple):
        return _choices(get_args(kind)[0])
    return []


def _is_struct(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Struct)


def _shown(value: Any, hide: tuple[str, ...]) -> str:
    return shown(msgspec.json.encode(value), hide)
