"""A key for every subject, wrapped by one master key. Destroying a subject's key erases what it encrypted.

Bodies are AES-256-GCM under a key per (tenant, subject), with a random nonce before them. The wrapped
keys are rows of `subject_keys`; the master key is a file beside the database, or a setting.

Does not protect against: somebody who reads the master key, or the memory of this process; nor does it
reach into backups, where a wrapped key and the views outlive their erasure.
"""

import hmac
import os
import secrets
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import text

from orchestrator.kernel.errors import InvalidSettings, JournalDamaged
from orchestrator.storage.engine import AsyncConnection, AsyncEngine

SIZE = 32  # bytes of a key
NONCE = 12
_KEPT = 20_000  # keys in memory

# The statements of a store, the same on SQLite and PostgreSQL. Two nodes that create a key at once: one
# row is made, and FIND afterwards gives it to both.
FIND = (
    "SELECT id, tenant, subject, wrapped FROM subject_keys"
    " WHERE tenant = :tenant AND subject = :subject AND destroyed_at IS NULL"
)
CREATE = (
    "INSERT INTO subject_keys (id, tenant, subject, wrapped, created_at)"
    " VALUES (:id, :tenant, :subject, :wrapped, :created_at) ON CONFLICT DO NOTHING"
)
LOOK = "SELECT id, tenant, subject, wrapped FROM subject_keys WHERE id = :id"
_ANY = "SELECT id, tenant, subject, wrapped FROM subject_keys WHERE wrapped IS NOT NULL LIMIT 1"

_pack = msgspec.msgpack.Encoder().encode


class Key:
    """The key of one subject, unwrapped."""

    __slots__ = ("_cipher", "_entropy", "id", "subject", "tenant")

    def __init__(self, id: str, tenant: str, subject: str, secret: bytes, entropy: Callable[[int], bytes]) -> None:
        self.id = id
        self.tenant = tenant
        self.subject = subject
        self._cipher = AESGCM(secret)
        self._entropy = entropy

    def encrypt(self, data: bytes, context: bytes) -> bytes:
        nonce = self._entropy(NONCE)
        return nonce + self._cipher.encrypt(nonce, data, context)

    def decrypt(self, data: bytes, context: bytes) -> bytes:
        try:
            return self._cipher.decrypt(data[:NONCE], data[NONCE:], context)
        except InvalidTag as error:
            raise ValueError("it was not encrypted with this key, in this place") from error


class Master:
    """What wraps the keys of subjects, seals the vault and signs the anchors: three keys drawn from one secret."""

    def __init__(self, secret: bytes) -> None:
        self._wrapping = AESGCM(hmac.digest(secret, b"orchestrator: subject keys", "sha256"))
        self._sealing = AESGCM(hmac.digest(secret, b"orchestrator: vault", "sha256"))
        self._signing = hmac.digest(secret, b"orchestrator: anchors", "sha256")

    def wrap(self, secret: bytes, name: tuple[str, str, str], nonce: bytes) -> bytes:
        return nonce + self._wrapping.encrypt(nonce, secret, _pack(name))

    def unwrap(self, wrapped: bytes, name: tuple[str, str, str]) -> bytes:
        try:
            return self._wrapping.decrypt(wrapped[:NONCE], wrapped[NONCE:], _pack(name))
        except (InvalidTag, ValueError) as error:
            raise JournalDamaged(
                "The keys of this journal do not open with this master key.",
                hint="Put back the master.key that this journal was begun with (or journal.master_key).",
            ) from error

    def seal(self, value: bytes, place: tuple[str, ...], nonce: bytes) -> bytes:
        """A value of the vault, for one place in it: what the place says cannot be changed without the key either."""
        return nonce + self._sealing.encrypt(nonce, value, _pack(place))

    def unseal(self, sealed: bytes, place: tuple[str, ...]) -> bytes:
        """Raises ValueError: another key, or another place."""
        try:
            return self._sealing.decrypt(sealed[:NONCE], sealed[NONCE:], _pack(place))
        except InvalidTag as error:
            raise ValueError("it was not sealed with this key, for this place") from error

    def sign(self, data: bytes) -> bytes:
        return hmac.digest(self._signing, data, "sha256")


class Seals:
    """The master key's seals for one purpose, with nonces of its own: for rooms that know of no keys."""

    def __init__(self, master: Master, purpose: str, entropy: Callable[[int], bytes] = os.urandom) -> None:
        self._master = master
        self._purpose = purpose
        self._entropy = entropy

    def seal(self, value: bytes, place: tuple[str, ...]) -> bytes:
        return self._master.seal(value, (self._purpose, *place), self._entropy(NONCE))

    def unseal(self, sealed: bytes, place: tuple[str, ...]) -> bytes:
        """Raises ValueError."""
        return self._master.unseal(sealed, (self._purpose, *place))


class Keyring:
    """The keys of subjects, as they are met. One for a process; nothing here waits."""

    def __init__(self, master: Master, entropy: Callable[[int], bytes] = os.urandom, *, encrypt: bool = True) -> None:
        self.master = master
        self.encrypts = encrypt  # new bodies; what is encrypted already is read either way
        self._entropy = entropy
        self._current: dict[tuple[str, str], Key] = {}
        self._known: dict[str, Key | None] = {}  # by id; None: destroyed

    def current(self, tenant: str, subject: str) -> Key | None:
        """The key for new events of a subject, when it has been met before."""
        return self._current.get((tenant, subject))

    def make(self, tenant: str, subject: str, now: float) -> dict[str, Any]:
        """A new key as the values of CREATE. It counts once FIND gives it back, and the transaction was committed."""
        id = self._entropy(8).hex()
        wrapped = self.master.wrap(self._entropy(SIZE), (tenant, subject, id), self._entropy(NONCE))
        return {"id": id, "tenant": tenant, "subject": subject, "wrapped": wrapped, "created_at": now}

    def unwrap(self, id: str, tenant: str, subject: str, wrapped: bytes) -> Key:
        secret = self.master.unwrap(bytes(wrapped), (tenant, subject, id))
        return Key(id, tenant, subject, secret, self._entropy)

    def hold(self, key: Key) -> None:
        """Remember a key that is durable."""
        if len(self._known) >= _KEPT:
            self._known.clear()
            self._current.clear()
        self._current[key.tenant, key.subject] = key
        self._known[key.id] = key

    def forget(self, tenant: str, subject: str) -> None:
        """The key of a subject was destroyed, here or by another node: ask the table."""
        self._current.pop((tenant, subject), None)
        for id in [id for id, key in self._known.items() if key and (key.tenant, key.subject) == (tenant, subject)]:
            del self._known[id]

    async def obtain(self, connection: AsyncConnection, tenant: str, subject: str, now: float) -> Key:
        """The key for new events of a subject, made if need be in this transaction; `hold` it once that is durable."""
        if key := self.current(tenant, subject):
            return key
        who = {"tenant": tenant, "subject": subject}
        row = (await connection.execute(text(FIND), who)).one_or_none()
        if row is None:
            await connection.execute(text(CREATE), self.make(tenant, subject, now))
            row = (await connection.execute(text(FIND), who)).one()
        return self.unwrap(*row)

    async def named(self, connection: AsyncConnection, ids: Iterable[str]) -> dict[str, Key | None]:
        """The keys of these rows; None for what was destroyed, or never was."""
        found: dict[str, Key | None] = {}
        for id in set(ids) - {""}:
            if id not in self._known:
                row = (await connection.execute(text(LOOK), {"id": id})).one_or_none()
                if row is None:
                    found[id] = None  # the row is gone: not ours to remember
                    continue
                self._known[id] = self.unwrap(*row) if row.wrapped is not None else None
            found[id] = self._known[id]
        return found


async def unlock(
    engine: AsyncEngine, path: Path, entropy: Callable[[int], bytes], *, given: str = "", encrypt: bool = True
) -> Keyring:
    """The keyring of a journal. The master key is made at the first start, and never again. Raises InvalidSettings."""
    async with engine.connect() as connection:
        row = (await connection.execute(text(_ANY))).first()
    keyring = Keyring(read_master(path, entropy, given, fresh=row is None), entropy, encrypt=encrypt)
    if row is not None:
        try:
            keyring.unwrap(*row)
        except JournalDamaged as error:
            raise InvalidSettings(error.detail, hint=error.hint) from error
    return keyring


def read_master(path: Path, entropy: Callable[[int], bytes], given: str = "", *, fresh: bool = True) -> Master:
    """The master key: the one given in the settings, or that of the file, made at the first start (`fresh`).

    Raises InvalidSettings.
    """
    if given:
        return Master(_parsed(given))
    try:
        if not path.exists():
            if not fresh:
                raise InvalidSettings(
                    f"The master key {path} is gone; without it nobody can read this journal.",
                    hint="Put it back from your backup, or give it with ORCHESTRATOR_JOURNAL_MASTER_KEY.",
                )
            _write(path, entropy(SIZE))
        if path.stat().st_mode & 0o077:
            path.chmod(0o600)
        secret = path.read_bytes()
    except OSError as error:
        raise InvalidSettings(f"The master key cannot be read: {error}.", hint="Mend its permissions.") from error
    if len(secret) != SIZE:
        raise InvalidSettings(f"The master key {path} is damaged.", hint="Put it back from your backup.")
    return Master(secret)


def _parsed(given: str) -> bytes:
    try:
        secret = bytes.fromhex(given)
    except ValueError:
        secret = b""
    if len(secret) != SIZE:
        raise InvalidSettings(
            "journal.master_key is not 64 hexadecimal digits.", hint="Make one with: openssl rand -hex 32"
        )
    return secret


def _write(path: Path, secret: bytes) -> None:
    """All of it or nothing."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(secret)
        file.flush()
        os.fsync(file.fileno())
    draft.rename(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
