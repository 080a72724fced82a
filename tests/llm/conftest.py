from collections.abc import AsyncIterator

import pytest
from servers.models import ModelServer
from servers.scenery import SCENES


@pytest.fixture
async def server() -> AsyncIterator[ModelServer]:
    async with ModelServer(SCENES) as running:
        yield running
