"""`orchestrator migrate`: a whole installation moved to PostgreSQL, or back into a file."""

import json
import os
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orchestrator.cli.command import Session, command

if TYPE_CHECKING:
    from orchestrator.cli.terminal import Terminal
    from orchestrator.journal.moving import Moved
    from orchestrator.kernel.settings import Settings
    from orchestrator.storage.database import Database


def add_to(application: typer.Typer) -> None:
    @command(application, "migrate")
    def migrate(
        session: Session,
        to: Annotated[str, typer.Option(help="postgresql://user:password@host:5432/database, or sqlite.")],
        configure: Annotated[
            bool, typer.Option(help="Write the new address into the settings file, and put the old file aside.")
        ] = True,
    ) -> None:
        """Move all data to another database, verify it there, and use it from then on.

        All of it is moved or nothing; no server may run meanwhile. Blobs, archives and keys stay in the data folder.
        """
        from orchestrator.storage.lock import FolderLock

        settings, terminal = session.settings, session.terminal
        with FolderLock(settings.data):
            source, target = _pair(settings, to)
            moved = session.do(_moved(source, target, Said(terminal)))
            done = _settle(session, source, to) if configure else _by_hand(to)
        result = {
            "from": source.where,
            "to": target.where,
            "rows": moved.rows,
            "streams": moved.streams,
            "settings": done,
        }
        terminal.result(result, f"{_summary(moved, target)}\n{done}")


def _pair(settings: "Settings", to: str) -> "tuple[Database, Database]":
    from orchestrator.kernel.errors import InvalidInput
    from orchestrator.kernel.settings import Secret, Storage
    from orchestrator.storage.stores import open_database

    url = "" if to == "sqlite" else to
    if bool(url) == bool(settings.storage.url):
        here = "in PostgreSQL" if url else "in a file"
        raise InvalidInput(
            f"The data is {here} already.", hint="Say --to sqlite." if url else "Say --to postgresql://…"
        )
    source = open_database(settings.storage, settings.data)
    return source, open_database(Storage(Secret(url)), settings.data)


async def _moved(source: "Database", target: "Database", said: "Said") -> "Moved":
    import asyncio

    from orchestrator.journal.moving import move

    try:
        await _left_alone(source)
        for database in (source, target):
            await asyncio.to_thread(database.migrate)
        return await move(source, target, said)
    finally:
        await source.close()
        await target.close()


async def _left_alone(source: "Database") -> None:
    from orchestrator.kernel.errors import DataFolderInUse
    from orchestrator.storage.sqlite import SqliteDatabase

    if isinstance(source, SqliteDatabase):
        return  # the lock on the folder says so
    from orchestrator.storage.postgresql import PostgresDatabase

    assert isinstance(source, PostgresDatabase)
    if others := await source.others():
        raise DataFolderInUse(
            f"{others} more {'process uses' if others == 1 else 'processes use'} {source.where}.",
            hint="Stop every server on it first. Nothing was changed.",
        )


class Said:
    """Progress on the terminal, a line for each step."""

    def __init__(self, terminal: "Terminal") -> None:
        self._terminal = terminal
        self._what = ""
        self._at = 0.0

    def __call__(self, what: str, done: int, total: int) -> None:
        now = time.monotonic()
        if done and (done == total or what != self._what or now > self._at + 1.0):
            self._terminal.note(f"{what}: {done:,} of {total:,}")
            self._what, self._at = what, now


def _summary(moved: "Moved", target: "Database") -> str:
    rows = sum(moved.rows.values())
    how = "was there already, and is" if moved.before else "is"
    return (
        f"{moved.rows['events']:,} events in {moved.streams:,} streams, {rows:,} rows in all: everything {how} at"
        f" {target.where}; compared row by row, and every chain of hashes holds."
    )


def _by_hand(to: str) -> str:
    if to == "sqlite":
        return "To use it: take storage.url out of the settings (config.toml, ORCHESTRATOR_STORAGE_URL)."
    return "To use it: set storage.url in config.toml, or ORCHESTRATOR_STORAGE_URL, to that address."


def _settle(session: Session, source: "Database", to: str) -> str:
    """Let the settings name the new place, and put the old file where nobody takes it for the data."""
    from orchestrator.storage.sqlite import SqliteDatabase

    file = session.options.config or session.settings.data / "config.toml"
    said = [f"{file} names it now." if _write(file, "" if to == "sqlite" else to) else _by_hand(to)]
    if isinstance(source, SqliteDatabase):
        said.append(f"The old file was put aside: {_aside(source.path)}. Delete it when you are content.")
    else:
        said.append(f"What {source.where} holds is as it was: drop it when you are content.")
    return "\n".join(said)


def _write(file: Path, url: str) -> bool:
    """Set storage.url in the settings file, or take it out. False when it is written in a way we do not know."""
    text = file.read_text("utf-8") if file.exists() else ""
    changed = named(text, url)
    if changed is None:
        return False
    fresh = file.with_name(f".{file.name}.{os.getpid()}")
    opened = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(opened, "w", encoding="utf-8") as draft:
        draft.write(changed)
        draft.flush()
        os.fsync(draft.fileno())
    fresh.rename(file)
    return True


def named(text: str, url: str) -> str | None:
    """The settings file with that storage.url, everything else as it was; None when it cannot be had so."""
    import tomllib

    wanted = tomllib.loads(text)
    if not url and "url" not in wanted.get("storage", {}):
        return None
    section = wanted.setdefault("storage", {})
    section.pop("url", None)
    line = f"url = {json.dumps(url)}\n" if url else ""
    if url:
        section["url"] = url
    lines = [f"{content}\n" for content in text.splitlines()]
    heads = [index for index, content in enumerate(lines) if re.match(r"\s*\[\s*storage\s*\]", content)]
    if not heads:
        draft = f"{text.rstrip()}\n\n[storage]\n{line}".lstrip()
    else:
        start = heads[0] + 1
        following = (index for index in range(start, len(lines)) if lines[index].lstrip().startswith("["))
        end = next(following, len(lines))
        kept = [content for content in lines[start:end] if not re.match(r"\s*url\s*=", content)]
        draft = "".join([*lines[:start], line, *kept, *lines[end:]])
    try:
        return draft if tomllib.loads(draft) == wanted else None
    except tomllib.TOMLDecodeError:
        return None


def _aside(path: Path) -> Path:
    kept = path.with_name(f"{path.name}.moved-{time.strftime('%Y%m%d-%H%M%S')}")
    for suffix in ("-wal", "-shm", ""):  # the last to close it leaves none of these but the file
        part = path.with_name(path.name + suffix)
        if part.exists():
            part.rename(kept.with_name(kept.name + suffix))
    return kept
