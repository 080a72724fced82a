"""What every test may ask for."""

from pathlib import Path

import pytest
from servers.postgresql import postgresql, postgresql_url

from orchestrator.kernel.clock import ManualClock
from orchestrator.kernel.ids import CountedIds

__all__ = ["clock", "ids", "postgresql", "postgresql_url", "store"]


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def ids() -> CountedIds:
    return CountedIds()


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """For a test that opens a world: it lives in each of the databases."""
    if request.param == "postgresql":
        (tmp_path / "storage.url").write_text(request.getfixturevalue("postgresql_url"), "utf-8")
    return str(request.param)
