"""Whose a data folder is: one server's, or that of several when the data itself is in PostgreSQL."""

import fcntl
import os
from pathlib import Path
from types import TracebackType

from orchestrator.kernel.errors import DataFolderInUse, InvalidSettings


class FolderLock:
    """Held by the process that owns the data folder; the system frees it when the process dies.

    Shared: by each of several servers, so that nobody who wants it for itself gets it meanwhile.
    """

    def __init__(self, folder: Path, *, shared: bool = False) -> None:
        self._path = folder / "lock"
        self._shared = shared
        self._file: int | None = None

    def __enter__(self) -> "FolderLock":
        try:
            file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise InvalidSettings(
                f"The data folder {self._path.parent} cannot be used: {error.strerror}.",
                hint="Mend it (is it yours? is the disk full?), or choose another with --data.",
            ) from error
        try:
            fcntl.flock(file, (fcntl.LOCK_SH if self._shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except OSError as error:
            owner = os.pread(file, 32, 0).decode("ascii", "replace").strip()
            os.close(file)
            raise DataFolderInUse(
                f"The data folder {self._path.parent} is in use by process {owner or 'unknown'}.",
                hint="Stop it, or choose another folder with --data. While a server runs, commands share its folder.",
            ) from error
        os.ftruncate(file, 0)
        os.pwrite(file, str(os.getpid()).encode(), 0)
        self._file = file
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None
