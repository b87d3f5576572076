"""`oauthspec.toml`: it holds what the flags hold, each under the name of its flag, and a flag wins over it.

`[client]` says which client, for every verb that takes one; a section named after a verb holds that verb's own flags.
What a key may be is read from the flag itself, so that a new flag is a new key.
"""

import difflib
import tomllib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, NoReturn

import click

from scenarios.cli.verb import Misuse

NAME = "oauthspec.toml"
# `serve` reads these, and looks at them itself.
_OF_THE_SERVER = ("server", "apps")
_VERBS = ("run", "fuzz", "doctor")


def read(path: Path) -> dict[str, Any]:
    """The sections of a file; `Misuse` says what is wrong with it, in a line."""
    try:
        document = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        cause = f"{path} cannot be read: {error.strerror}."
        raise Misuse("NO_SETTINGS_FILE", cause, "Check the path that --config names.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Misuse("BAD_SETTINGS", f"{path} is not TOML: {error}.", "Mend that line.") from None
    known = ("client", *_VERBS, *_OF_THE_SERVER)
    for name, section in document.items():
        if name not in known:
            _refuse(path, f"there is no section [{name}]", _nearest(name, known, "[{}]"))
        if name not in _OF_THE_SERVER and not isinstance(section, dict):
            _refuse(path, f"{name} is not a table", f"Write it as [{name}].")
    return document


def values(path: Path, section: str, keys: Mapping[str, Any], options: Iterable[click.Option]) -> dict[str, Any]:
    """What a section gives to the parameters of these options, by their names; `Misuse` names file and key."""
    known = {_key(option): option for option in options}
    found: dict[str, Any] = {}
    for spelled, value in keys.items():
        key = spelled.replace("_", "-")
        if key not in known:
            _refuse(path, f"[{section}] has no key {spelled!r}", _nearest(key, known, "{!r}"))
        option = known[key]
        found[option.name or key] = _value(path, f"[{section}] {key}", option, value)
    return found


def command(path: Path, value: Any) -> tuple[str, ...]:
    """The command that starts the client: a list of words."""
    if isinstance(value, str):
        hint = 'Write each word by itself, as in command = ["python", "app.py"].'
        _refuse(path, f"[client] command is {value!r}, one string", hint)
    if not isinstance(value, list) or not value or not all(isinstance(word, str) for word in value):
        _refuse(path, f"[client] command is {value!r}", "It has to be a list of strings.")
    return tuple(value)


def _key(option: click.Option) -> str:
    return max(option.opts, key=len).removeprefix("--")


def _value(path: Path, where: str, option: click.Option, value: Any) -> Any:
    wanted, is_that = _shape(option)
    if not is_that(value):
        _refuse(path, f"{where} is {value!r}", f"It has to be {wanted}.")
    if isinstance(value, dict):
        value = [f"{name}={template}" for name, template in value.items()]
    try:
        option.process_value(click.get_current_context(), value)
    except click.BadParameter as error:
        _refuse(path, f"{where}: {error.message.rstrip('.')}", "See `--help` of the flag of that name.")
    return value


def _shape(option: click.Option) -> tuple[str, Callable[[Any], bool]]:
    """What a value has to be, in words and as a question."""
    if option.is_flag:
        return "true or false", lambda value: isinstance(value, bool)
    if option.multiple and option.name == "env":
        return "a table of strings, as in { OAUTH_ID = \"{client_id}\" }", _is_table
    if option.multiple:
        return "a list of strings", lambda value: isinstance(value, list) and all(isinstance(one, str) for one in value)
    if isinstance(option.type, click.types.IntParamType):
        return "a whole number", lambda value: isinstance(value, int) and not isinstance(value, bool)
    if isinstance(option.type, click.types.FloatParamType):
        return "a number", lambda value: isinstance(value, int | float) and not isinstance(value, bool)
    return "a string", lambda value: isinstance(value, str)


def _is_table(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(one, str) for one in value.values())


def _nearest(name: str, known: Iterable[str], shown: str) -> str:
    near = difflib.get_close_matches(name, list(known), 1)
    return f"Did you mean {shown.format(near[0])}?" if near else f"Known: {', '.join(known)}."


def _refuse(path: Path, cause: str, next_step: str) -> NoReturn:
    raise Misuse("BAD_SETTINGS", f"{path}: {cause}.", next_step)
