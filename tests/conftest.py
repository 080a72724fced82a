"""What every test may ask for."""

import pytest
from servers.postgresql import postgresql, postgresql_url

from orchestrator.kernel.clock import ManualClock
from orchestrator.kernel.ids import CountedIds

__all__ = ["clock", "ids", "postgresql", "postgresql_url"]


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def ids() -> CountedIds:
    return CountedIds()
