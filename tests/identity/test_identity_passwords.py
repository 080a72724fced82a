"""Passwords as shipped: with the cost that the other tests do without."""

import secrets

import pytest
from argon2 import PasswordHasher, extract_parameters

from orchestrator.identity.passwords import Passwords

MEBI = 2**10  # in KiB


@pytest.fixture
def passwords(monkeypatch: pytest.MonkeyPatch) -> Passwords:
    monkeypatch.setattr("argon2.PasswordHasher", PasswordHasher)
    return Passwords(secrets.token_bytes)


async def test_a_guess_is_dear(passwords: Passwords) -> None:
    kept = await passwords.hash("correct horse battery")
    cost = extract_parameters(kept)
    assert (cost.type.name, cost.memory_cost >= 64 * MEBI, cost.time_cost >= 3, cost.salt_len) == ("ID", True, True, 16)
    assert await passwords.verify(kept, "correct horse battery")
    assert not await passwords.verify(kept, "correct horse batterz")
    assert not passwords.is_dated(kept)
    passwords.close()


async def test_what_was_cheap_is_dated(passwords: Passwords) -> None:
    assert passwords.is_dated(PasswordHasher(time_cost=1, memory_cost=64).hash("correct horse battery"))
    passwords.close()


async def test_nobody_is_compared_as_dearly(passwords: Passwords) -> None:
    """Whether there is such a user is not to be read from the time: the decoy costs as much."""
    assert not await passwords.verify(None, "correct horse battery")
    assert extract_parameters(passwords._decoy) == extract_parameters(await passwords.hash("anything at all"))
    passwords.close()
