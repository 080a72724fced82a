"""The vault: sealed, bound, never read back; and its values found again however they are written."""

import base64
import hashlib
import html
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from world import opened

from orchestrator.identity.redaction import Redactor
from orchestrator.identity.vault import STREAM, Vault
from orchestrator.journal.keys import Master
from orchestrator.kernel.clock import ManualClock
from orchestrator.kernel.errors import Conflict, InvalidInput, NotAllowed, NotFound
from orchestrator.kernel.events import Body, SecretRemoved, SecretRevealed, SecretStored
from orchestrator.storage.database import Database
from orchestrator.storage.tables_secrets import secrets

VALUE = "s3cr3t/Va+lue=with&odd%signs"
PEM = "-----BEGIN PRIVATE KEY-----\n" + "\n".join(
    base64.b64encode(hashlib.sha512(bytes([line])).digest()[:48]).decode() for line in range(4)
) + "\n-----END PRIVATE KEY-----\n"  # fmt: skip


class World:
    def __init__(self, database: Database) -> None:
        self.database = database
        self.events: list[Body] = []
        self.nonces = 0

    def vault(self, secret: bytes = b"m" * 32) -> Vault:
        return Vault(self.database, Master(secret), ManualClock(), self._entropy, self._record)

    def _entropy(self, size: int) -> bytes:
        self.nonces += 1
        return hashlib.shake_256(str(self.nonces).encode()).digest(size)

    async def _record(self, stream: str, body: Body, *, tenant: str, subject: str) -> None:
        assert (stream, tenant) == (STREAM, "default")
        self.events.append(body)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    made = World(opened(tmp_path))
    yield made
    await made.database.close()


async def test_a_secret_is_revealed_where_it_is_bound_and_nowhere_else(world: World) -> None:
    vault = world.vault()
    await vault.put("github", VALUE, ["API.GitHub.com", "*.githubusercontent.com"], ["http_request"], by="user_1")
    assert await vault.reveal("github", tool="http_request", host="api.github.com", run_id="run_1") == VALUE
    assert await vault.reveal("github", tool="http_request", host="raw.githubusercontent.com.") == VALUE
    for tool, host in [
        ("http_request", "evil.example"),
        ("http_request", "api.github.com.evil.example"),
        ("http_request", "githubusercontent.com"),
        ("http_request", ""),
        ("execute_command", "api.github.com"),
    ]:
        with pytest.raises(NotAllowed, match="bound to the hosts") as refused:
            await vault.reveal("github", tool=tool, host=host)
        assert VALUE not in str(refused.value)
    with pytest.raises(NotFound):
        await vault.reveal("other", tool="http_request", host="api.github.com")
    stored, revealed = world.events
    assert stored == SecretStored("github", "user_1", ("*.githubusercontent.com", "api.github.com"), ("http_request",))
    assert revealed == SecretRevealed("github", "http_request", "api.github.com", "run_1")


async def test_it_is_there_after_a_restart_sealed_and_under_no_other_key(world: World) -> None:
    await world.vault().put("github", VALUE, ["api.github.com"], [], by="user_1")
    async with world.database.engine.connect() as connection:
        row = (await connection.execute(sa.select(secrets))).one()
    assert VALUE.encode() not in row.sealed
    assert await world.vault().reveal("github", tool="any", host="api.github.com") == VALUE
    with pytest.raises(NotAllowed, match="cannot be opened"):
        await world.vault(b"x" * 32).reveal("github", tool="any", host="api.github.com")


@pytest.mark.parametrize("change", [{"hosts": "evil.example"}, {"hosts": ""}, {"tools": "shout"}, {"name": "other"}])
async def test_who_writes_to_the_database_cannot_widen_a_binding(world: World, change: dict[str, str]) -> None:
    await world.vault().put("github", VALUE, ["api.github.com"], [], by="user_1")
    async with world.database.engine.begin() as connection:
        await connection.execute(sa.update(secrets).values(**change))
    vault = world.vault()
    (entry,) = await vault.entries()
    with pytest.raises(NotAllowed):
        await vault.reveal(entry.name, tool="shout", host="evil.example")
    with pytest.raises(NotAllowed):
        await vault.reveal(entry.name, tool="shout", host="api.github.com")


async def test_another_server_learns_of_a_new_value_and_still_hides_the_old(world: World) -> None:
    here, there = world.vault(), world.vault()
    await here.put("github", VALUE, ["h.example"], [], by="user_1")
    assert await there.reveal("github", tool="t", host="h.example") == VALUE
    await here.put("github", "another-value", ["h.example"], [], by="user_1")
    there.learn("identity:default")
    assert await there.reveal("github", tool="t", host="h.example") == VALUE
    there.learn(STREAM)
    assert await there.reveal("github", tool="t", host="h.example") == "another-value"
    assert there.redact(f"{VALUE} another-value") == "[secret github] [secret github]"
    await here.remove("github", by="user_1")
    assert isinstance(world.events[-1], SecretRemoved)
    there.learn("")
    with pytest.raises(NotFound):
        await there.reveal("github", tool="t", host="h.example")
    assert VALUE not in there.redact(VALUE)
    await there.close()


@pytest.mark.parametrize(
    ("name", "value", "hosts", "tools"),
    [
        ("github", VALUE, [], []),
        ("github", "short", ["h.example"], []),
        ("github", "      \n", ["h.example"], []),
        ("github", "with\0zero", ["h.example"], []),
        ("github", "lone \ud800 half", ["h.example"], []),
        ("github", "x" * 70_000, ["h.example"], []),
        ("", VALUE, ["h.example"], []),
        ("1st", VALUE, ["h.example"], []),
        ("a b", VALUE, ["h.example"], []),
        ("a" * 65, VALUE, ["h.example"], []),
        ("github", VALUE, ["https://h.example/"], []),
        ("github", VALUE, ["*"], []),
        ("github", VALUE, ["h.example evil.example"], []),
        ("github", VALUE, [f"h{number}.example" for number in range(40)], []),
        ("github", VALUE, [], ["a tool"]),
    ],
)
async def test_what_cannot_be_is_refused(
    world: World, name: str, value: str, hosts: list[str], tools: list[str]
) -> None:
    vault = world.vault()
    with pytest.raises((InvalidInput, Conflict)) as refused:
        await vault.put(name, value, hosts, tools, by="user_1")
    assert value not in str(refused.value)
    assert not await vault.entries() and not world.events


SPELLINGS: dict[str, Callable[[str], str]] = {
    "plain": lambda value: value,
    "json": json.dumps,
    "json in json": lambda value: json.dumps(json.dumps(value)[1:-1]) if '"' not in value else json.dumps(value),
    "json with slashes escaped": lambda value: json.dumps(value).replace("/", "\\/"),
    "json of anything": lambda value: json.dumps(value, ensure_ascii=False),
    "address": lambda value: quote(value, safe=""),
    "form": quote_plus,
    "html": html.escape,
    "base64": lambda value: base64.b64encode(value.encode()).decode(),
    "base64 of a header": lambda value: base64.b64encode(b"user:" + value.encode()).decode(),
    "base64 for addresses": lambda value: base64.urlsafe_b64encode(b"ab" + value.encode() + b"c").decode(),
    "backwards": lambda value: value[::-1],
    "hexadecimal": lambda value: value.encode().hex(),
    "HEXADECIMAL": lambda value: value.encode().hex().upper(),
    "broken over lines": lambda value: "\n".join(value[at : at + 9] for at in range(0, len(value), 9)),
    "base64 in lines": lambda value: base64.encodebytes(b"0" * 40 + value.encode() * 3).decode(),
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_value_is_found_however_it_is_written(spelling: str) -> None:
    redactor = Redactor([("github", VALUE)])
    text = f"before {SPELLINGS[spelling](VALUE)} after"
    cleaned = redactor.redact(text)
    assert redactor.found(text) == ["github"]
    assert "[secret github]" in cleaned and cleaned.startswith("before ") and cleaned.endswith(" after")
    for part in (VALUE, VALUE[:12], VALUE[-12:]):
        assert SPELLINGS["base64"](part)[:-4] not in cleaned and part not in cleaned


def test_a_private_key_is_found_line_by_line() -> None:
    redactor = Redactor([("key", PEM)])
    lines = PEM.splitlines()
    cleaned = redactor.redact(f"cat: {PEM}\n---\nline 2 is {lines[2]}\n" + json.dumps({"key": PEM}))
    assert not any(line in cleaned for line in lines[1:-1])
    assert cleaned.count("[secret key]") == 3


def test_other_words_stay() -> None:
    text = "Nothing of it stands here: s3cr3t, Va+lue, 4142, c2VjcmV0.\n" * 50
    assert Redactor([("github", VALUE), ("key", PEM)]).redact(text) == text
    assert Redactor([]).redact(text) == text and Redactor([("github", VALUE)]).found(text) == []


@settings(max_examples=150, deadline=None)
@given(
    value=st.text(
        st.characters(min_codepoint=33, max_codepoint=0x2FFF, exclude_categories=("C", "Z")), min_size=6, max_size=40
    ),
    before=st.text(max_size=20),
    spelling=st.sampled_from(["plain", "json", "json of anything", "address", "form", "html"]),
)
def test_no_value_goes_through(value: str, before: str, spelling: str) -> None:
    redactor = Redactor([("it", value)])
    written = SPELLINGS[spelling](value)
    cleaned = redactor.redact(f"{before} {written} .")
    assert written.strip('"') not in cleaned or written.strip('"') in "[secret it]"
