"""Accounts, in a real database of each kind."""

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import jwt
import pytest
import sqlalchemy as sa
from world import opened

from orchestrator.identity.accounts import Accounts, Principal
from orchestrator.identity.passwords import Passwords
from orchestrator.kernel.clock import ManualClock
from orchestrator.kernel.errors import (
    Conflict,
    InvalidInput,
    InvalidSettings,
    NotAllowed,
    NotAuthenticated,
    NotFound,
    TooManyAttempts,
)
from orchestrator.kernel.events import (
    Body,
    PasswordChanged,
    SessionClosed,
    SessionOpened,
    SignInRefused,
    UserRegistered,
)
from orchestrator.kernel.ids import CountedIds
from orchestrator.kernel.settings import Identity
from orchestrator.storage.tables_identity import attempts, sessions, sign_in_links, users

PASSWORD = "correct horse battery"


class Entropy:
    """Different bytes every time, the same in every test."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, size: int) -> bytes:
        self.calls += 1
        return hashlib.shake_256(str(self.calls).encode()).digest(size)


class World:
    def __init__(self, folder: Path, clock: ManualClock) -> None:
        self.folder, self.clock, self.ids = folder, clock, CountedIds()
        self.entropy = Entropy()
        self.events: list[tuple[str, Body, str, str]] = []
        self.database = opened(folder)
        self.settings = Identity()

    async def record(self, stream: str, body: Body, *, tenant: str, subject: str) -> None:
        self.events.append((stream, body, tenant, subject))

    def accounts(self) -> Accounts:
        key = self.folder / "signing.key"
        return Accounts(self.database, self.settings, self.clock, self.ids, self.entropy, self.record, key_path=key)

    def happened(self, kind: type) -> list[Any]:
        return [body for _, body, _, _ in self.events if isinstance(body, kind)]


@pytest.fixture
async def world(tmp_path: Path, clock: ManualClock, store: str) -> AsyncIterator[World]:
    made = World(tmp_path, clock)
    yield made
    await made.database.close()


@pytest.fixture
async def accounts(world: World) -> AsyncIterator[Accounts]:
    made = world.accounts()
    yield made
    await made.close()


@pytest.fixture
async def alice(accounts: Accounts) -> Principal:
    await accounts.register("alice", PASSWORD, {"read", "write"})
    tokens = await accounts.login("alice", PASSWORD, "192.0.2.1")
    return tokens.principal


# The owner, and one-time links


async def test_two_servers_that_start_at_once_have_one_owner(world: World) -> None:
    servers = [world.accounts() for _ in range(3)]
    owners = await asyncio.gather(*(server.ensure_owner() for server in servers))
    assert len({owner.id for owner in owners}) == 1
    for server in servers:
        await server.close()


async def test_the_first_start_makes_the_owner_once(world: World, accounts: Accounts) -> None:
    first = await accounts.ensure_owner()
    again = await world.accounts().ensure_owner()
    assert first.id == again.id
    assert first.name == "owner" and first.scopes == {"read", "write", "execute", "admin"}
    assert not first.has_password and first.tenant == "default"
    assert len(world.happened(UserRegistered)) == 1
    assert world.events[0][0] == "identity:default" and world.events[0][3] == first.id


async def test_a_link_signs_in_once(world: World, accounts: Accounts) -> None:
    owner = await accounts.ensure_owner()
    token = await accounts.sign_in_link(owner.id)
    session = await accounts.sign_in(token)
    assert (await accounts.authenticate(session.token)).id == owner.id
    assert session.expires_in == 30 * 86400
    with pytest.raises(NotAuthenticated):
        await accounts.sign_in(token)
    assert world.happened(SessionOpened)[0].method == "link"


async def test_a_link_used_by_many_at_once_signs_in_one(accounts: Accounts) -> None:
    owner = await accounts.ensure_owner()
    token = await accounts.sign_in_link(owner.id)
    results = await asyncio.gather(*(accounts.sign_in(token) for _ in range(12)), return_exceptions=True)
    assert sum(not isinstance(result, BaseException) for result in results) == 1
    assert sum(isinstance(result, NotAuthenticated) for result in results) == 11


async def test_a_link_gets_too_old(world: World, accounts: Accounts) -> None:
    token = await accounts.sign_in_link((await accounts.ensure_owner()).id)
    world.clock.advance(30 * 60)
    with pytest.raises(NotAuthenticated, match="too old"):
        await accounts.sign_in(token)


@pytest.mark.parametrize("token", ["", "link_", "nonsense", "\udc80", "link_" + "A" * 43])
async def test_what_is_no_link_signs_nobody_in(accounts: Accounts, token: str) -> None:
    await accounts.ensure_owner()
    with pytest.raises(NotAuthenticated):
        await accounts.sign_in(token)


async def test_a_link_is_for_a_user_there_is(accounts: Accounts) -> None:
    with pytest.raises(NotFound):
        await accounts.sign_in_link("user_404")


async def test_no_token_is_kept_as_it_is(world: World, accounts: Accounts) -> None:
    owner = await accounts.ensure_owner()
    link = await accounts.sign_in_link(owner.id)
    session = await accounts.sign_in(await accounts.sign_in_link(owner.id))
    await accounts.register("alice", PASSWORD)
    tokens = await accounts.login("alice", PASSWORD)
    local = await accounts.open_local(owner.id)
    async with world.database.engine.connect() as connection:
        kept = ""
        for table in (users, sessions, sign_in_links, attempts):
            kept += str((await connection.execute(sa.select(table))).all())
    for secret in (link, session.token, tokens.access_token, tokens.refresh_token, local, PASSWORD):
        assert secret not in kept
    assert "$argon2id$" in kept


# Passwords


async def test_login_gives_tokens_that_authenticate(world: World, accounts: Accounts) -> None:
    user = await accounts.register("Alice", PASSWORD, {"read", "write"})
    tokens = await accounts.login(" ALICE ", PASSWORD, "192.0.2.1")
    principal = await accounts.authenticate(tokens.access_token)
    assert principal.id == user.id and principal.name == "alice" and principal.scopes == {"read", "write"}
    assert principal.has_password and principal.tenant == "default"
    assert tokens.expires_in == 3600
    assert [event.method for event in world.happened(SessionOpened)] == ["password"]


async def test_strangers_wrong_passwords_and_users_without_one_are_told_the_same(
    world: World, accounts: Accounts
) -> None:
    await accounts.ensure_owner()
    await accounts.register("alice", PASSWORD)
    said = set()
    for name, password in (("nobody", PASSWORD), ("alice", "wrong password"), ("owner", ""), ("owner", PASSWORD)):
        with pytest.raises(NotAuthenticated) as refused:
            await accounts.login(name, password)
        said.add(str(refused.value))
    assert len(said) == 1
    assert [refused.name for refused in world.happened(SignInRefused)] == ["", "alice", "owner", "owner"]


async def test_strangers_take_as_long_as_users(accounts: Accounts, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody's password is compared too, with what costs as much: see test_identity_passwords.py."""
    await accounts.register("alice", PASSWORD)
    compared: list[bool] = []
    verify = Passwords.verify

    async def noted(self: Passwords, hashed: str | None, password: str) -> bool:
        compared.append(hashed is not None)
        return await verify(self, hashed, password)

    monkeypatch.setattr(Passwords, "verify", noted)
    for name in ("alice", "nobody"):
        with pytest.raises(NotAuthenticated):
            await accounts.login(name, "wrong password")
    assert compared == [True, False]


@pytest.mark.parametrize("password", ["short", "123456789", "", "alice-in-wonder", "x" * 1025])
async def test_a_password_is_long_and_not_the_name(accounts: Accounts, password: str) -> None:
    with pytest.raises(InvalidInput):
        await accounts.register("alice-in-wonder", password)
    assert await accounts.users() == []


async def test_a_password_written_in_another_form_of_unicode_is_the_same(accounts: Accounts) -> None:
    await accounts.register("rené".replace("é", "e"), "café au lait é")
    assert await accounts.login("rene", "cafe\u0301 au lait e\u0301")


@pytest.mark.parametrize("name", ["", " ", "a b", "é", "x" * 65, "-a", "a\n", "../a", "a/b"])
async def test_a_name_is_plain(accounts: Accounts, name: str) -> None:
    if name == "a\n":
        assert (await accounts.register(name, PASSWORD)).name == "a"
        return
    with pytest.raises(InvalidInput):
        await accounts.register(name, PASSWORD)


async def test_a_name_is_taken_once(accounts: Accounts) -> None:
    await accounts.register("alice", PASSWORD)
    with pytest.raises(Conflict):
        await accounts.register("ALICE", PASSWORD)
    with pytest.raises(InvalidInput):
        await accounts.register("bob", PASSWORD, ["root"])  # type: ignore[list-item]
    assert [user.name for user in await accounts.users()] == ["alice"]


async def test_a_new_password_ends_other_sessions(world: World, accounts: Accounts, alice: Principal) -> None:
    here = await accounts.login("alice", PASSWORD)
    there = await accounts.login("alice", PASSWORD)
    await accounts.authenticate(there.access_token)
    with pytest.raises(NotAuthenticated):
        await accounts.set_password(here.principal, "another good one")
    with pytest.raises(NotAuthenticated):
        await accounts.set_password(here.principal, "another good one", current="wrong password")
    await accounts.set_password(here.principal, "another good one", current=PASSWORD)
    assert (await accounts.authenticate(here.access_token)).id == alice.id
    with pytest.raises(NotAuthenticated):
        await accounts.authenticate(there.access_token)
    with pytest.raises(NotAuthenticated):
        await accounts.login("alice", PASSWORD)
    assert await accounts.login("alice", "another good one")
    assert world.happened(PasswordChanged) == [PasswordChanged(alice.id)]


async def test_whoever_holds_the_data_folder_sets_a_forgotten_password(accounts: Accounts, alice: Principal) -> None:
    browser = await accounts.login("alice", PASSWORD)
    there = await accounts.authenticate(await accounts.open_local((await accounts.ensure_owner()).id))
    for local in (await accounts.owner(), there):
        assert local.local
        await accounts.set_password(local, "a new one for her", name="Alice")
        assert (await accounts.login("alice", "a new one for her")).principal.id == alice.id
        with pytest.raises(NotAuthenticated):
            await accounts.authenticate(browser.access_token)
    with pytest.raises(NotFound):
        await accounts.set_password(there, PASSWORD, name="nobody")


async def test_nobody_else_sets_the_password_of_another(accounts: Accounts, alice: Principal) -> None:
    owner = await accounts.sign_in(await accounts.sign_in_link((await accounts.ensure_owner()).id))
    for someone in (alice, owner.principal, (await accounts.login("alice", PASSWORD)).principal):
        with pytest.raises(NotAllowed, match="users password"):
            await accounts.set_password(someone, "a new one for her", name="bob")
    assert await accounts.login("alice", PASSWORD)


async def test_the_owner_may_set_a_first_password(accounts: Accounts) -> None:
    session = await accounts.sign_in(await accounts.sign_in_link((await accounts.ensure_owner()).id))
    assert not session.principal.has_password
    await accounts.set_password(session.principal, PASSWORD)
    assert (await accounts.authenticate(session.token)).has_password
    assert await accounts.login("owner", PASSWORD)


async def test_a_disabled_user_is_out(accounts: Accounts, alice: Principal) -> None:
    tokens = await accounts.login("alice", PASSWORD)
    link = await accounts.sign_in_link(alice.id)
    await accounts.authenticate(tokens.access_token)
    await accounts.disable(alice.id)
    with pytest.raises(NotAuthenticated):
        await accounts.authenticate(tokens.access_token)
    with pytest.raises(NotAuthenticated):
        await accounts.refresh(tokens.refresh_token)
    with pytest.raises(NotAuthenticated):
        await accounts.login("alice", PASSWORD)
    with pytest.raises(NotAuthenticated):
        await accounts.sign_in(link)


# The throttle


async def test_a_clock_set_back_does_not_make_a_pause_longer(world: World, accounts: Accounts) -> None:
    await accounts.register("alice", PASSWORD)
    for _ in range(5):
        with pytest.raises(NotAuthenticated):
            await accounts.login("alice", "wrong password", "192.0.2.1")
    world.clock.jump(-3 * 86_400)
    assert await accounts.login("alice", PASSWORD, "192.0.2.1")


async def test_too_many_wrong_passwords_bring_a_pause(world: World, accounts: Accounts) -> None:
    await accounts.register("alice", PASSWORD)
    for _ in range(5):
        with pytest.raises(NotAuthenticated):
            await accounts.login("alice", "wrong password", "192.0.2.1")
    with pytest.raises(TooManyAttempts, match=r"6[01] seconds") as paused:
        await accounts.login("alice", PASSWORD, "192.0.2.2")  # by name, from anywhere
    assert paused.value.retry_after == 60
    with pytest.raises(TooManyAttempts):
        await accounts.login("bob", PASSWORD, "192.0.2.1")  # by address, for anyone
    with pytest.raises(TooManyAttempts):
        await world.accounts().login("alice", PASSWORD, "192.0.2.2")  # across restarts
    world.clock.advance(61)
    assert await accounts.login("alice", PASSWORD, "192.0.2.2")


async def test_a_right_password_forgets_wrong_ones(accounts: Accounts) -> None:
    await accounts.register("alice", PASSWORD)
    for _ in range(3):
        for _ in range(4):
            with pytest.raises(NotAuthenticated):
                await accounts.login("alice", "wrong password")
        await accounts.login("alice", PASSWORD)


async def test_one_wrong_password_after_a_pause_brings_another(world: World, accounts: Accounts) -> None:
    await accounts.register("alice", PASSWORD)
    for _ in range(5):
        with pytest.raises(NotAuthenticated):
            await accounts.login("alice", "wrong password")
    world.clock.advance(61)
    with pytest.raises(NotAuthenticated):
        await accounts.login("alice", "wrong password")
    with pytest.raises(TooManyAttempts):
        await accounts.login("alice", PASSWORD)


async def test_many_guesses_at_once_count_as_many(accounts: Accounts) -> None:
    await accounts.register("alice", PASSWORD)
    guesses = [accounts.login("alice", f"wrong password {guess}") for guess in range(20)]
    results = await asyncio.gather(*guesses, return_exceptions=True)
    assert sum(isinstance(result, NotAuthenticated) for result in results) == 5
    assert sum(isinstance(result, TooManyAttempts) for result in results) == 15


async def test_an_own_account_does_not_reset_the_address(world: World, accounts: Accounts) -> None:
    await accounts.register("alice", PASSWORD)
    await accounts.register("mallory", PASSWORD)
    for guess in range(4):
        with pytest.raises(NotAuthenticated):
            await accounts.login(f"victim{guess}", "wrong password", "192.0.2.9")
        await accounts.login("mallory", PASSWORD, "192.0.2.9")
    with pytest.raises(NotAuthenticated):
        await accounts.login("alice", "wrong password", "192.0.2.9")
    with pytest.raises(TooManyAttempts):
        await accounts.login("mallory", PASSWORD, "192.0.2.9")


# Sessions


async def test_signing_out_ends_the_session_at_once(world: World, accounts: Accounts, alice: Principal) -> None:
    tokens = await accounts.login("alice", PASSWORD)
    principal = await accounts.authenticate(tokens.access_token)
    await accounts.logout(principal)
    await accounts.logout(principal)
    with pytest.raises(NotAuthenticated):
        await accounts.authenticate(tokens.access_token)
    with pytest.raises(NotAuthenticated):
        await accounts.refresh(tokens.refresh_token)
    assert world.happened(SessionClosed) == [SessionClosed(principal.session_id, alice.id)]
    assert await accounts.authenticate((await accounts.login("alice", PASSWORD)).access_token)


async def test_an_access_token_expires(world: World, accounts: Accounts, alice: Principal) -> None:
    tokens = await accounts.login("alice", PASSWORD)
    world.clock.advance(3590)
    await accounts.authenticate(tokens.access_token)
    world.clock.advance(11)
    with pytest.raises(NotAuthenticated, match="expired"):
        await accounts.authenticate(tokens.access_token)


async def test_a_browser_session_expires(world: World, accounts: Accounts) -> None:
    session = await accounts.sign_in(await accounts.sign_in_link((await accounts.ensure_owner()).id))
    world.clock.advance(30 * 86400 - 1)
    await accounts.authenticate(session.token)
    world.clock.advance(2)
    with pytest.raises(NotAuthenticated):
        await accounts.authenticate(session.token)


async def test_a_session_outlives_the_process(world: World, accounts: Accounts, alice: Principal) -> None:
    tokens = await accounts.login("alice", PASSWORD)
    cookie = await accounts.open_cookie(tokens.principal)
    after = world.accounts()
    assert (await after.authenticate(tokens.access_token)).id == alice.id
    assert (await after.authenticate(cookie.token)).session_id == cookie.id


async def test_refreshing_turns_the_token(world: World, accounts: Accounts, alice: Principal) -> None:
    first = await accounts.login("alice", PASSWORD)
    world.clock.advance(6 * 86400)
    second = await accounts.refresh(first.refresh_token)
    assert second.refresh_token != first.refresh_token
    assert (await accounts.authenticate(second.access_token)).session_id == first.principal.session_id
    world.clock.advance(6 * 86400)
    third = await accounts.refresh(second.refresh_token)
    world.clock.advance(7 * 86400 + 1)
    with pytest.raises(NotAuthenticated):
        await accounts.refresh(third.refresh_token)


async def test_a_refresh_token_that_comes_back_closes_the_session(
    world: World, accounts: Accounts, alice: Principal
) -> None:
    first = await accounts.login("alice", PASSWORD)
    second = await accounts.refresh(first.refresh_token)
    await accounts.authenticate(second.access_token)
    with pytest.raises(NotAuthenticated, match="used before"):
        await accounts.refresh(first.refresh_token)
    with pytest.raises(NotAuthenticated):
        await accounts.refresh(second.refresh_token)
    with pytest.raises(NotAuthenticated):
        await accounts.authenticate(second.access_token)
    assert len(world.happened(SessionClosed)) == 1


async def test_a_refresh_token_used_by_two_at_once_works_for_one_at_most(accounts: Accounts, alice: Principal) -> None:
    first = await accounts.login("alice", PASSWORD)
    results = await asyncio.gather(*(accounts.refresh(first.refresh_token) for _ in range(4)), return_exceptions=True)
    assert sum(not isinstance(result, BaseException) for result in results) <= 1


async def test_a_forged_refresh_token_closes_nothing(accounts: Accounts, alice: Principal) -> None:
    tokens = await accounts.login("alice", PASSWORD)
    body, _, signature = tokens.refresh_token.rpartition(".")
    session = tokens.principal.session_id
    forgeries = (f"rt_{session}.guess.guess", f"{body}x.{signature}", body, "", "..", "rt_é.é.é", "\udc80.\udc80")
    for forged in forgeries:
        with pytest.raises(NotAuthenticated):
            await accounts.refresh(forged)
    assert await accounts.authenticate(tokens.access_token)


async def test_the_local_token_is_this_start_s(world: World, accounts: Accounts) -> None:
    owner = await accounts.ensure_owner()
    before = await accounts.open_local(owner.id)
    assert (await accounts.authenticate(before)).scopes == owner.scopes
    now = await accounts.open_local(owner.id)
    assert (await accounts.authenticate(now)).id == owner.id
    with pytest.raises(NotAuthenticated):
        await accounts.authenticate(before)
    assert (await accounts.owner()).id == owner.id


async def test_a_recognised_token_costs_next_to_nothing(accounts: Accounts, alice: Principal) -> None:
    token = (await accounts.login("alice", PASSWORD)).access_token
    await accounts.authenticate(token)
    fastest = 1.0
    for _ in range(5):
        start = time.process_time()
        for _ in range(1000):
            await accounts.authenticate(token)
        fastest = min(fastest, (time.process_time() - start) / 1000)
    assert fastest < 50e-6


async def test_memory_of_tokens_is_bounded(accounts: Accounts) -> None:
    owner = await accounts.ensure_owner()
    principal = await accounts.owner()
    first = (await accounts.open_cookie(principal)).token
    assert (await accounts.authenticate(first)).id == owner.id
    known = accounts._sessions._known
    for number in range(3000):
        known.keep(f"token {number}", principal, 1e12)
    assert len(known._tokens) <= 1024
    assert (await accounts.authenticate(first)).id == owner.id


# Forged access tokens


async def forged(accounts: Accounts, world: World) -> dict[str, str]:
    good = (await accounts.login("alice", PASSWORD)).access_token
    key = (world.folder / "signing.key").read_bytes()
    claims = jwt.decode(good, key, algorithms=["HS256"], options={"verify_exp": False, "verify_iat": False})
    header, payload, signature = good.split(".")
    return {
        "another key": jwt.encode(claims, b"x" * 32, algorithm="HS256"),
        "no algorithm": jwt.encode(claims, "", algorithm="none"),
        "another algorithm": jwt.encode(claims, key * 2, algorithm="HS512"),
        "no signature": f"{header}.{payload}.",
        "a changed signature": f"{header}.{payload}.{signature[:-2]}{'AA' if signature[-2:] != 'AA' else 'BB'}",
        "another payload": f"{header}.{payload[:-3]}abc.{signature}",
        "no session": jwt.encode({key: value for key, value in claims.items() if key != "sid"}, key),
        "no end": jwt.encode({key: value for key, value in claims.items() if key != "exp"}, key),
        "another type": jwt.encode({**claims, "typ": "refresh"}, key),
        "an odd session": jwt.encode({**claims, "sid": ["session_1"]}, key),
        "a session there is not": jwt.encode({**claims, "sid": "session_404"}, key),
        "over already": jwt.encode({**claims, "exp": 1}, key),
        "dots": "..",
        "nothing": "",
        "not ascii": "é.é.é",
        "a surrogate": "\udc80",
    }


async def test_forged_access_tokens_are_refused(world: World, accounts: Accounts, alice: Principal) -> None:
    for what, token in (await forged(accounts, world)).items():
        with pytest.raises(NotAuthenticated):
            await accounts.authenticate(token)
            pytest.fail(what)


# The key


async def test_the_key_is_its_owner_s_alone(world: World, accounts: Accounts) -> None:
    key = world.folder / "signing.key"
    assert key.stat().st_mode & 0o777 == 0o600 and len(key.read_bytes()) == 32
    key.chmod(0o644)
    before = key.read_bytes()
    world.accounts()
    assert key.stat().st_mode & 0o777 == 0o600 and key.read_bytes() == before


async def test_a_damaged_key_is_said_to_be_so(world: World, accounts: Accounts) -> None:
    (world.folder / "signing.key").write_bytes(b"short")
    with pytest.raises(InvalidSettings, match="damaged"):
        world.accounts()
