"""What other servers of a cluster add, remove and approve counts here too, within a moment."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from orchestrator.kernel.ending import ended
from orchestrator.kernel.errors import OrchestratorError
from orchestrator.tools.chronicle import STREAM, Chronicle
from orchestrator.tools.mcp.servers import Servers
from orchestrator.tools.openapi.documents import Documents
from orchestrator.tools.skills.skills import Skills

log = logging.getLogger("orchestrator.tools")


class News:
    def __init__(self, chronicle: Chronicle, servers: Servers, documents: Documents, skills: Skills) -> None:
        self._chronicle = chronicle
        self._servers = servers
        self._documents = documents
        self._skills = skills
        self._stirred = asyncio.Event()

    def learn(self, stream: str) -> None:
        """Another process wrote to a stream; empty: to whatever stream."""
        if stream in (STREAM, ""):
            self._stirred.set()

    async def follow(self) -> None:
        """Until it is cancelled."""
        while True:
            await self._stirred.wait()
            self._stirred.clear()
            try:
                await self._chronicle.read()
                await self._servers.refresh()
                self._documents.refresh()
                self._skills.refresh()
            except (OrchestratorError, OSError) as error:
                log.warning("what other servers said of tools is not taken over: %s", error)


@asynccontextmanager
async def followed(news: News) -> AsyncIterator[News]:
    work = asyncio.create_task(news.follow(), name="news of tools")
    try:
        yield news
    finally:
        await ended([work])
