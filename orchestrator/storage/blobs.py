"""Bytes kept beside the journal, named by their content."""

import hashlib
import os
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
        unfinished = path.with_name(f".{identifier}.{os.getpid()}")
        with unfinished.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        unfinished.rename(path)
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        return identifier

    def get(self, identifier: str) -> bytes:
        try:
            return self.path(identifier).read_bytes()
        except FileNotFoundError:
            raise NotFound(f"There is no artifact {identifier}.") from None
