"""Keys of programs, in a real database of each kind."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from world import opened

from orchestrator.identity.accounts import Accounts
from orchestrator.identity.base import Principal
from orchestrator.kernel.clock import ManualClock
from orchestrator.kernel.errors import NotAllowed, NotAuthenticated, NotFound
from orchestrator.kernel.events import Body, KeyMade, KeyRevoked
from orchestrator.kernel.ids import CountedIds
from orchestrator.kernel.settings import Identity
from orchestrator.storage.tables_identity import api_keys


class House:
    def __init__(self, folder: Path, clock: ManualClock) -> None:
        self.events: list[Body] = []
        self.database = opened(folder)
        self.clock = clock
        drawn = iter(range(1, 1000))
        self.accounts = Accounts(
            self.database,
            Identity(),
            clock,
            CountedIds(),
            lambda size: next(drawn).to_bytes(size, "big"),
            self._record,
            key_path=folder / "signing.key",
        )

    async def _record(self, stream: str, body: Body, *, tenant: str, subject: str) -> None:
        self.events.append(body)

    async def person(self, name: str, scopes: Any = ("read", "execute")) -> Principal:
        await self.accounts.register(name, None, scopes)
        return await self.accounts.named(name)


@pytest.fixture
async def house(tmp_path: Path, clock: ManualClock, store: str) -> AsyncIterator[House]:
    made = House(tmp_path, clock)
    yield made
    await made.accounts.close()
    await made.database.close()


async def test_a_key_is_its_persons_and_no_more(house: House) -> None:
    alice = await house.person("alice")
    key, token = await house.accounts.keys.make(alice, "editor", scopes={"execute"})
    who = await house.accounts.authenticate(token)
    assert (who.id, who.name, set(who.scopes), who.reach) == (alice.id, "alice", {"execute"}, "models")
    assert who.session_id == key.id
    assert [type(body) for body in house.events[-1:]] == [KeyMade]


async def test_the_key_itself_is_kept_nowhere(house: House) -> None:
    _, token = await house.accounts.keys.make(await house.person("alice"), "editor")
    async with house.database.engine.connect() as connection:
        row = (await connection.execute(sa.select(api_keys))).one()
    assert token not in str(row)
    assert all(token not in str(body) for body in house.events)
    assert row.ending == token[-4:]


async def test_a_revoked_key_opens_nothing_from_then_on(house: House) -> None:
    alice = await house.person("alice")
    key, token = await house.accounts.keys.make(alice, "editor")
    await house.accounts.authenticate(token)
    await house.accounts.keys.revoke(alice.tenant, key.id, alice.id)
    await house.accounts.keys.revoke(alice.tenant, key.id, alice.id)
    with pytest.raises(NotAuthenticated, match="revoked"):
        await house.accounts.authenticate(token)
    assert sum(isinstance(body, KeyRevoked) for body in house.events) == 1


async def test_a_key_of_somebody_else_is_not_there(house: House) -> None:
    alice, bob = await house.person("alice"), await house.person("bob")
    key, token = await house.accounts.keys.make(alice, "editor")
    with pytest.raises(NotFound):
        await house.accounts.keys.revoke(bob.tenant, key.id, bob.id, of=bob.id)
    assert (await house.accounts.authenticate(token)).id == alice.id
    assert await house.accounts.keys.of(bob.tenant, bob.id) == []


async def test_a_key_ends_when_it_was_to_end(house: House) -> None:
    _, token = await house.accounts.keys.make(await house.person("alice"), "week", seconds=100.0)
    house.clock.advance(99)
    await house.accounts.authenticate(token)
    house.clock.advance(2)
    with pytest.raises(NotAuthenticated, match="expired"):
        await house.accounts.authenticate(token)


async def test_nobody_gives_what_they_do_not_have(house: House) -> None:
    with pytest.raises(NotAllowed, match="admin"):
        await house.accounts.keys.make(await house.person("alice"), "too much", scopes={"admin"})


async def test_a_disabled_person_has_no_keys(house: House) -> None:
    alice = await house.person("alice")
    _, token = await house.accounts.keys.make(alice, "editor")
    await house.accounts.authenticate(token)
    await house.accounts.disable(alice.id)
    with pytest.raises(NotAuthenticated):
        await house.accounts.authenticate(token)


async def test_a_guess_is_no_key(house: House) -> None:
    with pytest.raises(NotAuthenticated, match="never was"):
        await house.accounts.authenticate("key_" + "A" * 43)


async def test_another_server_revoked_it(house: House) -> None:
    alice = await house.person("alice")
    key, token = await house.accounts.keys.make(alice, "editor")
    await house.accounts.authenticate(token)
    async with house.database.engine.begin() as connection:
        await connection.execute(sa.update(api_keys).where(api_keys.c.id == key.id).values(revoked_at=1.0))
    house.accounts.learn("identity:default")
    with pytest.raises(NotAuthenticated):
        await house.accounts.authenticate(token)
