"""What is granted and revoked on one server counts on the others: by the news at once, else at the next look."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from cluster.worker import Config, opened

from orchestrator.app import App
from orchestrator.identity.base import TENANT
from orchestrator.kernel.errors import LaneUnavailable
from orchestrator.kernel.events import GrantGiven

SHAPE = ("execute_command", "ls *")


@pytest.fixture
async def apps(tmp_path: Path, postgresql_url: str) -> AsyncIterator[tuple[App, App]]:
    async with AsyncExitStack() as stack:
        here, there = [
            await stack.enter_async_context(opened(Config(str(tmp_path), name, postgresql_url))) for name in ("a", "b")
        ]
        yield here, there


async def counts(app: App, so: bool) -> None:
    """Until the grant counts there, or does so no more: a run that is at work asks just so."""
    granted = await app.runs.grants.reader(TENANT, "u")
    async with asyncio.timeout(60):
        while (SHAPE in granted()) != so:  # noqa: ASYNC110  (the news have no event that a test could wait for)
            await asyncio.sleep(0.01)


async def test_what_is_revoked_here_counts_no_more_there(
    apps: tuple[App, App], monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = apps
    await there.runs.grants.given(TENANT)  # it has in memory that there are none
    await here.runs.grants.give(TENANT, GrantGiven("grant_1", *SHAPE, "u"), "u")
    await counts(there, True)
    assert here.node is not None
    cut = asyncio.Event()

    async def publish(subject: str, payload: bytes) -> None:
        cut.set()
        raise LaneUnavailable("The lane is cut.")

    monkeypatch.setattr(here.node._lane, "publish", publish)
    await here.runs.grants.revoke(TENANT, "grant_1", "u")
    await cut.wait()  # no message will tell of it
    await counts(there, False)
