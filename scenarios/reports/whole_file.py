"""A file that is written at the end of a run: whole, or not at all."""

import contextlib
import os
from pathlib import Path
from types import TracebackType
from typing import Self


class WholeFile:
    """Holds the place from the start; what stood there stays until everything that replaces it is written.

    `OSError` from the start says that nothing can be written there. One that comes later is in `trouble`.
    """

    def __init__(self, path: Path) -> None:
        if path.is_dir():
            raise IsADirectoryError(21, "it is a folder")
        self.path = path
        self.trouble = ""
        self._part = path.with_name(f"{path.name}.{os.getpid()}.part")
        self._file = self._part.open("wb")

    def write(self, content: bytes) -> None:
        """Write everything, and give the file its name."""
        try:
            self._file.write(content)
            self._file.close()
            self._part.replace(self.path)
        except OSError as error:
            self.trouble = error.strerror or str(error)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(OSError):
            self._file.close()
        with contextlib.suppress(OSError):
            self._part.unlink()
