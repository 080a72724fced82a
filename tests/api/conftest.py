"""The whole product, served, and a client."""

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from servers.site import Opening, Site, open_site


@pytest.fixture
def opening(tmp_path: Path) -> Opening:
    """Opens a site with a model, tools or settings of the test's choice."""
    return lambda **options: open_site(tmp_path, **options)


@pytest.fixture
async def site(opening: Opening) -> AsyncIterator[Site]:
    async with opening() as made:
        yield made


@pytest.fixture
async def anyone() -> AsyncIterator[aiohttp.ClientSession]:
    """A client that is not signed in."""
    async with aiohttp.ClientSession() as session:
        yield session
