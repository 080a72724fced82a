"""How a running server tells commands that it is there: `server.json` in its data folder, for its owner's eyes only."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
from msgspec import Struct


class Presence(Struct, frozen=True):
    url: str
    token: str
    pid: int


def _file(data: Path) -> Path:
    return data / "server.json"


def find(data: Path) -> Presence | None:
    """The server that says it owns this folder, when its process is alive."""
    try:
        presence = msgspec.json.decode(_file(data).read_bytes(), type=Presence)
        os.kill(presence.pid, 0)
    except (OSError, OverflowError, msgspec.DecodeError):  # there is none, it is dead, or it is not ours
        return None
    return presence


@contextmanager
def announced(data: Path, url: str, token: str) -> Iterator[Presence]:
    presence = Presence(url, token, os.getpid())
    fresh = data / f"server.json.{presence.pid}"
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    try:
        os.write(descriptor, msgspec.json.encode(presence))
    finally:
        os.close(descriptor)
    fresh.rename(_file(data))
    try:
        yield presence
    finally:
        if find(data) == presence:
            _file(data).unlink(missing_ok=True)
