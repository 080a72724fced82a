"""Disks that are full, and disks that lie: for real, with a small file system and with a tracer that fails fsync."""

import asyncio
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from servers.site import Site, open_site

from crash.harness import Deposit, Folder, migrated
from orchestrator.agents.desk import REVIVE
from orchestrator.cli.remote import Remote
from orchestrator.kernel.clock import ManualClock
from orchestrator.kernel.errors import JournalUnavailable
from orchestrator.kernel.messages import ToolCall
from orchestrator.llm.base import Reply, Request
from orchestrator.llm.providers.scripted import Scripted, say

CI = os.environ.get("CI") == "true"


def lacking(what: str) -> None:
    """What a machine lacks is a reason to skip; not on the machine that says whether all is well."""
    (pytest.fail if CI else pytest.skip)(what)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    place = tmp_path / "data"
    place.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", place], capture_output=True, text=True)
    if made.returncode:
        lacking(f"no small disk can be mounted: {made.stderr.strip()}")
    yield place
    subprocess.run(["umount", "-l", place], check=True)


def fill(disk: Path) -> Path:
    """Not one byte more fits."""
    filler = disk / "filler"
    file = os.open(filler, os.O_WRONLY | os.O_CREAT)
    piece = 65536
    while piece:
        try:
            os.write(file, b"x" * piece)
        except OSError:
            piece //= 2
    os.close(file)
    return filler


def script(request: Request) -> Reply:
    done = sum(message.role == "tool" for message in request.messages)
    if done == 3:
        return say("All is deposited.")
    return say("On it.", ToolCall(f"c{done}", "deposit", {"path": "x", "n": done}))


class Gate:
    """Stops the model before a reply."""

    def __init__(self) -> None:
        self.open = asyncio.Event()
        self.reached = asyncio.Event()

    async def __call__(self) -> None:
        self.reached.set()
        await self.open.wait()


async def socket_says(site: Site, run_id: str) -> dict[str, Any]:
    async with site.socket() as socket:
        await socket.send_json({"type": "watch", "run_id": run_id})
        while (frame := await socket.receive_json())["type"] not in ("error", "complete"):
            pass
        return dict(frame["data"])


async def events_say(site: Site, run_id: str) -> dict[str, Any]:
    headers = {"Accept": "text/event-stream"}
    async with site.http.get(f"{site.api}/runs/{run_id}/events", headers=headers) as reply:
        told = (await reply.text()).split("event: error\ndata: ")[1]
    return dict(json.loads(told))


async def terminal_says(site: Site, run_id: str) -> str:
    remote = Remote(site.url, site.token)
    try:
        async for _ in remote.watch(run_id):
            pass
    except JournalUnavailable as error:
        return str(error)
    finally:
        await remote.close()
    return ""


async def probes_say(site: Site) -> dict[str, tuple[int, str]]:
    told = {}
    for path in ("/health", "/health/ready"):
        async with site.http.get(site.url + path) as reply:
            told[path] = (reply.status, (await reply.json())["status"])
    return told


@pytest.fixture
async def filled(small_disk: Path, tmp_path: Path) -> AsyncIterator[tuple[Site, Gate, ManualClock, Folder]]:
    clock, gate = ManualClock(), Gate()
    shutil.copy(migrated(tmp_path / "template"), small_disk)
    folder = Folder.__new__(Folder)
    folder.witness = tmp_path / "witness"
    deposit = Deposit("deposit", "once", "write", folder, lambda: None)
    async with open_site(tmp_path, Scripted(script, gate=gate, delta=100), [deposit], clock=clock) as site:
        yield site, gate, clock, folder


async def test_a_full_disk_in_the_middle_of_a_run(
    filled: tuple[Site, Gate, ManualClock, Folder], small_disk: Path
) -> None:
    site, gate, clock, folder = filled
    run = await site.post("/runs", {"goal": "Make the deposits"}, status=201)
    run_id = run["run_id"]
    tellers = asyncio.gather(socket_says(site, run_id), events_say(site, run_id), terminal_says(site, run_id))
    await gate.reached.wait()
    filler = fill(small_disk)
    before = (await site.get(f"/runs/{run_id}/events"))["items"]
    gate.open.set()
    async with asyncio.timeout(20):
        on_socket, on_events, on_terminal = await tellers
    for problem in (on_socket, on_events, await socket_says(site, run_id)):  # who comes later is told, too
        assert problem["code"] == "journal_unavailable" and problem["retryable"], problem
        assert "full" in problem["detail"] and "Nothing acknowledged is lost" in problem["hint"]
    assert "full" in on_terminal and "Nothing acknowledged is lost" in on_terminal
    clock.advance(600)  # one is still known, though "last seen" cannot be written
    refused = await site.post("/chat", {"message": "another"}, status=503)
    assert refused["code"] == "journal_unavailable"
    assert await probes_say(site) == {"/health": (200, "degraded"), "/health/ready": (503, "degraded")}
    assert (await site.get(f"/runs/{run_id}"))["status"] == "running"
    assert (await site.get(f"/runs/{run_id}/events"))["items"][: len(before)] == before
    filler.unlink()
    assert await probes_say(site) == {"/health": (200, "ok"), "/health/ready": (200, "ok")}
    clock.advance(REVIVE)
    async with asyncio.timeout(20):
        while (now := await site.get(f"/runs/{run_id}"))["status"] == "running":
            clock.advance(REVIVE)
            await asyncio.sleep(0.01)
    assert now["answer"] == "All is deposited."
    events = (await site.get(f"/runs/{run_id}/events"))["items"]
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    assert events[: len(before)] == before
    assert len(folder.effects()) == 3 and max(folder.effects().values()) == 1
    assert any(event["type"] == "run.resumed" for event in events)


LIFE = """
import asyncio, sys
from pathlib import Path
sys.path[:0] = ["tests"]
from crash.harness import Folder, live
folder = Folder.__new__(Folder)
folder.root = root = Path(sys.argv[1])
folder.data, folder.witness = root / "data", root / "witness"
folder.acknowledged, folder.resumed = root / "acknowledged", root / "resumed"
asyncio.run(live(folder, None))
"""
REPOSITORY = Path(__file__).resolve().parents[2]


def life(root: Path, *tracer: str) -> subprocess.CompletedProcess[str]:
    command = [*tracer, sys.executable, "-c", LIFE, str(root)]
    return subprocess.run(command, capture_output=True, text=True, cwd=REPOSITORY, timeout=60)


@pytest.mark.parametrize(
    ("when", "error"), [(3, "JournalUnavailable"), (6, "JournalBroken"), (9, "JournalBroken"), (12, "JournalBroken")]
)
def test_a_disk_whose_fsync_fails(tmp_path: Path, when: int, error: str) -> None:
    """The first syncs are of the start, before there is a run; the next of its journal."""
    if shutil.which("strace") is None:
        lacking("strace is not installed")
    root = tmp_path / "life"
    folder = Folder(root, migrated(tmp_path / "template"))
    traced = life(root, "strace", "-f", "-qq", "-o", str(tmp_path / "trace"), "-e", "trace=fsync,fdatasync", "-e",
                  f"inject=fsync,fdatasync:error=EIO:when={when}")  # fmt: skip
    assert "EIO" in (tmp_path / "trace").read_text(), traced.stderr
    assert traced.returncode != 0, traced.stderr
    last = traced.stderr.strip().splitlines()[-1]
    assert last.startswith(f"orchestrator.kernel.errors.{error}:"), traced.stderr
    acknowledged = folder.acknowledged.read_text().splitlines() if folder.acknowledged.exists() else []
    folder.acknowledged.touch()
    again = life(root)
    assert again.returncode == 0, again.stderr
    connection = sqlite3.connect(folder.data / "orchestrator.db")
    rows = connection.execute("SELECT stream, seq, type FROM events WHERE stream LIKE 'run_%' ORDER BY seq").fetchall()
    connection.close()
    assert {f"{stream} {seq} {kind}" for stream, seq, kind in rows} >= set(acknowledged)
    assert rows[-1][2] == "run.finished" and max(folder.effects().values()) == 1
    assert len(folder.effects()) == 8
