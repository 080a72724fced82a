"""What every test may ask for."""

import pytest

from orchestrator.kernel.clock import ManualClock
from orchestrator.kernel.ids import CountedIds


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def ids() -> CountedIds:
    return CountedIds()
