"""Bytes kept beside the journal, named by their content."""

import hashlib
import os
import tempfile
from pathlib import Path

from orchestrator.kernel.errors import NotFound


class Blobs:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def path(self, identifier: str) -> Path:
        if len(identifier) != 64 or not all(digit in "0123456789abcdef" for digit in identifier):
            raise NotFound(f"{identifier!r} is not the identifier of an artifact.")
        return self._folder / identifier[:2] / identifier

    def put(self, data: bytes) -> str:
        """Keep these bytes; durable when it returns."""
        identifier = hashlib.sha256(data).hexdigest()
        path = self.path(identifier)
        if path.exists():
            return identifier
        path.parent.mkdir(mode=0o700, exist_ok=True)
        number, unfinished = tempfile.mkstemp(prefix=f".{identifier[:8]}", dir=path.parent)
        try:
            with os.fdopen(number, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            Path(unfinished).rename(path)
        except BaseException:
            Path(unfinished).unlink(missing_ok=True)
            raise
        for folder in (path.parent, self._folder):
            _flush(folder)
        return identifier

    def get(self, identifier: str) -> bytes:
        try:
            return self.path(identifier).read_bytes()
        except FileNotFoundError:
            raise NotFound(f"There is no artifact {identifier}.") from None

    def remove(self, identifier: str) -> None:
        self.path(identifier).unlink(missing_ok=True)


def _flush(folder: Path) -> None:
    """Make the names in a folder durable."""
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
