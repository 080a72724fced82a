"""What an orchestrator's probes are told: all is well, it will pass, or only a new start helps."""

import asyncio
import sqlite3
from typing import Any

import aiohttp
import pytest
from servers.site import Opening, Site

from orchestrator.cli.doctor import health
from orchestrator.journal.sqlite import SqliteJournal
from orchestrator.kernel.errors import JournalBroken, OrchestratorError


class Sick:
    """The journal's connection to a disk that fails."""

    in_transaction = True

    def __init__(self, real: sqlite3.Connection, name: str) -> None:
        self.real = real
        self.name = name

    def execute(self, sql: str, values: Any = ()) -> sqlite3.Cursor:
        if sql == "COMMIT":
            error = sqlite3.OperationalError("the test says so")
            error.sqlite_errorname = self.name
            raise error
        return self.real.execute(sql, values)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)


def journal_of(site: Site) -> SqliteJournal:
    assert isinstance(site.app.journal, SqliteJournal)
    return site.app.journal


async def fails(site: Site, name: str) -> sqlite3.Connection:
    """The next write meets this error of the disk."""
    journal = journal_of(site)
    real = journal.connection
    journal.connection = Sick(real, name)  # type: ignore[assignment]
    refused = await site.post("/runs", {"goal": "Hello"}, status=503 if name == "SQLITE_FULL" else 500)
    assert refused["code"].startswith("journal_")
    return real


async def asked(anyone: aiohttp.ClientSession, site: Site) -> dict[str, tuple[int, Any]]:
    told = {}
    for path in ("/health", "/api/v1/health", "/health/ready"):
        async with anyone.get(site.url + path) as reply:
            told[path] = (reply.status, await reply.json())
    return told


async def test_all_is_well(site: Site, anyone: aiohttp.ClientSession) -> None:
    well = (200, {"status": "ok"})
    assert await asked(anyone, site) == {"/health": well, "/api/v1/health": well, "/health/ready": well}


async def test_a_monitor_may_ask_for_the_head_alone(site: Site, anyone: aiohttp.ClientSession) -> None:
    for path in ("/health", "/health/ready", "/api/v1/health"):
        async with anyone.head(f"{site.url}{path}") as reply:
            assert (reply.status, await reply.read()) == (200, b""), path


async def test_a_full_disk_is_no_reason_to_start_again_and_is_over_when_there_is_room(
    site: Site, anyone: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = await fails(site, "SQLITE_FULL")
    journal = journal_of(site)
    engine = journal._engine

    class Full:
        def begin(self) -> Any:
            raise OrchestratorError("The disk is full.")

    monkeypatch.setattr(journal, "_engine", Full())
    ill = {"status": "degraded", "code": "journal_unavailable"}
    expected = {"/health": (200, ill), "/api/v1/health": (200, ill), "/health/ready": (503, ill)}
    assert await asked(anyone, site) == expected
    monkeypatch.setattr(journal, "_engine", engine)
    journal.connection = real
    assert (await asked(anyone, site))["/health/ready"] == (200, {"status": "ok"})  # and nothing was recorded between
    await site.post("/runs", {"goal": "Hello"}, status=201)


async def test_a_disk_that_lied_needs_a_new_start(opening: Opening, anyone: aiohttp.ClientSession) -> None:
    async with opening() as site:
        real = await fails(site, "SQLITE_IOERR_FSYNC")
        ill = (503, {"status": "failing", "code": "journal_broken"})
        journal = journal_of(site)
        journal.connection = real  # though the disk works again: who trusts it now
        try:
            assert await asked(anyone, site) == {"/health": ill, "/api/v1/health": ill, "/health/ready": ill}
        finally:
            journal._pending._refused = None  # so that the test can end


async def test_the_doctor_tells_it(site: Site) -> None:
    said = await asyncio.to_thread(health, site.url, "running")
    assert said == ("server", "ok", "running", "")
    journal_of(site)._pending.trouble = JournalBroken("The disk failed.")
    said = await asyncio.to_thread(health, site.url, "running")
    assert (said.state, said.detail) == ("fail", "running; journal_broken") and "start it again" in said.hint
