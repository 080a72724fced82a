"""What every test may ask for."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import argon2
import pytest
from servers.postgresql import postgresql, postgresql_url

from orchestrator.kernel.clock import ManualClock
from orchestrator.kernel.ids import CountedIds

__all__ = ["clock", "ids", "postgresql", "postgresql_url", "store"]
LONG = tuple(Path(__file__).parent / name for name in ("crash", "api/test_api_schema.py", "cluster", "web"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest begins first: in the end, one process would work on it and the others wait."""
    items.sort(key=lambda item: next((at for at, path in enumerate(LONG) if item.path.is_relative_to(path)), len(LONG)))


@pytest.fixture(scope="session", autouse=True)
def quick_passwords() -> Iterator[None]:
    """As shipped, each hash takes 64 MiB and half a second of a busy machine: test_identity_passwords.py tries that."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("argon2.PasswordHasher", partial(argon2.PasswordHasher, time_cost=1, memory_cost=64))
        yield


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
