"""What the tests of the tools share."""

from pathlib import Path

import pytest
from contracts.tool import context_of

from orchestrator.kernel.settings import Tools
from orchestrator.tools.base import Context
from orchestrator.tools.catalogue import Catalogue, kits
from orchestrator.tools.kits import echo
from orchestrator.tools.sandbox.probe import choose


@pytest.fixture
async def catalogue() -> Catalogue:
    settings = Tools()
    return Catalogue(settings, await choose(settings), kits(), more=echo.tools)


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "workspace"
    folder.mkdir()
    return folder


@pytest.fixture
def context(workspace: Path) -> Context:
    return context_of(workspace)
