"""Grants that outlive a restart (`serve --state FILE`): read at the start, written whole at the end."""

import os
from pathlib import Path

import msgspec

from mock_server.authorization_server import AuthorizationServer
from mock_server.settings import SettingsError


def load(core: AuthorizationServer, path: Path) -> int:
    """Take the grants of a file, if it is there; returns how many."""
    if not path.exists():
        if not path.parent.is_dir():
            cause = f"{path.parent} is no directory."
            raise SettingsError("BAD_STATE_FILE", cause, "Name a --state file in a directory that is there.")
        return 0
    try:
        core.restore(path.read_bytes())
    except OSError as error:
        cause = f"{path} cannot be read: {error.strerror}."
        raise SettingsError("BAD_STATE_FILE", cause, "Name another file with --state.") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        cause = f"{path} holds no grants of this mock: {error}."
        raise SettingsError("BAD_STATE_FILE", cause, "Name another file with --state, or delete this one.") from None
    return len(core.store)


def save(core: AuthorizationServer, path: Path) -> None:
    """Write the grants, for the owner's eyes only; a file is replaced whole or not at all."""
    new = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(core.store.dump())
        new.replace(path)
    except OSError as error:
        new.unlink(missing_ok=True)
        cause = f"{path} cannot be written: {error.strerror}; the grants of this run are lost."
        raise SettingsError("BAD_STATE_FILE", cause, "Name a --state file that can be written.") from None
