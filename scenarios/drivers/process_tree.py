"""A look at processes from outside, where the system has /proc: who lives in a group, and who listens where.

Elsewhere nothing is found, and what rests on it is a comfort: a better message, or the end of a daemon that left the
group of its application.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

_PROC = Path("/proc")
_LISTENING = "0A"


def group_lives(group: int) -> bool:
    """True while a process of the group is there; one that only waits for its parent to look is not."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # macOS says so of a group of zombies
        return False
    if not _PROC.is_dir():
        return True
    # Orphans that the system's first process never fetches, as in some containers, would keep the group for ever.
    return any(_state_and_group(process) == (True, group) for process in _processes())


def members(group: int, mark: str) -> list[int]:
    """The living processes of a group, and those that inherited `mark` (as NAME=value) in their environment."""
    found = []
    for process in _processes():
        with suppress(OSError):
            alive, its_group = _state_and_group(process)
            if alive and (its_group == group or mark.encode() in (process / "environ").read_bytes().split(b"\0")):
                found.append(int(process.name))
    return found


def listening_ports(processes: Iterable[int]) -> list[int]:
    """The TCP ports that processes listen on."""
    sockets = dict(_listening_sockets())
    return sorted({sockets[inode] for process in processes for inode in _inodes(process) if inode in sockets})


def _processes() -> Iterator[Path]:
    return (entry for entry in _PROC.iterdir() if entry.name.isdigit()) if _PROC.is_dir() else iter(())


def _state_and_group(process: Path) -> tuple[bool, int]:
    with suppress(OSError):
        # Behind the name, which may hold anything but ends at the last bracket: state, parent, group.
        state, _, group, *_ = (process / "stat").read_text().rpartition(")")[2].split()
        return state not in "ZX", int(group)
    return False, 0


def _listening_sockets() -> Iterator[tuple[str, int]]:
    for table in ("tcp", "tcp6"):
        with suppress(OSError):
            for line in (_PROC / "net" / table).read_text().splitlines()[1:]:
                fields = line.split()
                if fields[3] == _LISTENING:
                    yield fields[9], int(fields[1].rpartition(":")[2], 16)


def _inodes(process: int) -> Iterator[str]:
    with suppress(OSError):
        for entry in (_PROC / str(process) / "fd").iterdir():
            with suppress(OSError):
                yield str(entry.readlink()).removeprefix("socket:[").removesuffix("]")
