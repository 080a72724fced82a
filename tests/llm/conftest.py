from collections.abc import AsyncIterator

import pytest
from servers.clients import WIRES, provider
from servers.models import ModelServer
from servers.scenery import SCENES

from orchestrator.llm.base import Model


@pytest.fixture
async def server() -> AsyncIterator[ModelServer]:
    async with ModelServer(SCENES) as running:
        yield running


@pytest.fixture(params=WIRES)
async def wired(request: pytest.FixtureRequest, server: ModelServer) -> AsyncIterator[Model]:
    model = provider(request.param, server.url)
    yield model
    await model.close()
