"""One server for one data folder: the lock that says whose it is."""

import fcntl
import os
from pathlib import Path
from types import TracebackType

from orchestrator.kernel.errors import DataFolderInUse, InvalidSettings


class FolderLock:
    """Held by the process that owns the data folder; the system frees it when the process dies."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "lock"
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
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
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
