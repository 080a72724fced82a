"""Keys of programs: made by a person, shown once, kept as a hash, revoked at once.

A key is its person's, with no more scopes than they have, and reaches no further than it was made for: the models
of the compatible endpoints, agents there too, or the whole API. Nobody signs in with one.
"""

import contextlib
from collections.abc import Callable, Collection
from typing import Any

import sqlalchemy as sa

from orchestrator.identity.base import ApiKey, Principal, Reach, Record
from orchestrator.identity.known import TRUSTED_SECONDS, Known
from orchestrator.identity.tokens import fingerprint, opaque
from orchestrator.kernel.clock import Clock
from orchestrator.kernel.errors import Conflict, JournalUnavailable, NotAllowed, NotAuthenticated, NotFound
from orchestrator.kernel.events import KeyMade, KeyRevoked
from orchestrator.kernel.ids import Ids
from orchestrator.kernel.messages import Scope
from orchestrator.storage.engine import AsyncEngine
from orchestrator.storage.tables_identity import api_keys, users

PREFIX = "key_"
MOST = 100  # keys of a person that are not revoked
_SHOWN = 4  # characters of a key that are kept to tell it from others
_USED_SECONDS = 300.0  # how precise `last_used` is
_REFUSED = "This key is not valid: it was revoked, has expired, or never was."
_HINT = "Make another: orchestrator users key new"


class Keys:
    def __init__(
        self, engine: AsyncEngine, clock: Clock, ids: Ids, entropy: Callable[[int], bytes], record: Record
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._ids = ids
        self._entropy = entropy
        self._record = record
        self._known = Known()
        self._changes = 0  # counted, so that a look-up under way is not kept when a key is revoked meanwhile

    async def make(
        self,
        owner: Principal,
        name: str,
        *,
        reach: Reach = "models",
        scopes: Collection[Scope] = ("read", "execute"),
        seconds: float | None = None,
    ) -> tuple[ApiKey, str]:
        """A new key, and what it is: shown now and never again. Raises NotAllowed for scopes its owner lacks."""
        if beyond := set(scopes) - owner.scopes:
            raise NotAllowed(
                f"{owner.name} has no scope {min(beyond)!r} to give.",
                hint=f"They have: {', '.join(sorted(owner.scopes))}.",
            )
        if len([key for key in await self.of(owner.tenant, owner.id) if key.revoked_at is None]) >= MOST:
            raise Conflict(f"{owner.name} has {MOST} keys already.", hint="Revoke those that nobody uses.")
        token, now = opaque(PREFIX.rstrip("_"), self._entropy), self._clock.now()
        key = ApiKey(
            self._ids.new("apikey"),
            owner.id,
            owner.name,
            name,
            reach,
            frozenset(scopes),
            token[-_SHOWN:],
            now,
            None if seconds is None else now + seconds,
        )
        row = {
            "id": key.id,
            "tenant": owner.tenant,
            "user_id": owner.id,
            "name": name,
            "token_hash": fingerprint(token),
            "ending": key.ending,
            "reach": reach,
            "scopes": " ".join(sorted(scopes)),
            "created_at": now,
            "expires_at": key.expires_at,
        }
        async with self._engine.begin() as connection:
            await connection.execute(sa.insert(api_keys).values(row))
        made = KeyMade(key.id, owner.id, name, reach, tuple(sorted(scopes)))
        await self._record(f"identity:{owner.tenant}", made, tenant=owner.tenant, subject=owner.id)
        return key, token

    async def of(self, tenant: str, user_id: str | None = None) -> list[ApiKey]:
        """The keys of a person, or of everybody, the newest first; revoked ones too."""
        query = sa.select(api_keys, users.c.name.label("username")).join(users, users.c.id == api_keys.c.user_id)
        query = query.where(api_keys.c.tenant == tenant).order_by(api_keys.c.created_at.desc(), api_keys.c.id.desc())
        if user_id is not None:
            query = query.where(api_keys.c.user_id == user_id)
        async with self._engine.connect() as connection:
            return [_key(row) for row in await connection.execute(query)]

    async def revoke(self, tenant: str, key_id: str, by: str, *, of: str | None = None) -> None:
        """It opens nothing from now on; twice is the same as once. Raises NotFound, for others' than `of` too."""
        who = [api_keys.c.id == key_id, api_keys.c.tenant == tenant]
        if of is not None:
            who.append(api_keys.c.user_id == of)
        ending = sa.update(api_keys).where(*who, api_keys.c.revoked_at.is_(None)).values(revoked_at=self._clock.now())
        async with self._engine.begin() as connection:
            owner = (await connection.execute(sa.select(api_keys.c.user_id).where(*who))).scalar_one_or_none()
            ended = (await connection.execute(ending)).rowcount
        if owner is None:
            raise NotFound(f"There is no key {key_id}.", hint="See: orchestrator users key list")
        self.forget()
        if ended:
            told = KeyRevoked(key_id, owner, by)
            await self._record(f"identity:{tenant}", told, tenant=tenant, subject=owner)

    def recognised(self, token: str) -> Principal | None:
        """Who shows this key, if that was looked up a moment ago."""
        return self._known.get(token, self._clock.now())

    async def authenticate(self, token: str) -> Principal:
        """Who shows this key. Raises NotAuthenticated."""
        now, changes = self._clock.now(), self._changes
        if known := self._known.get(token, now):
            return known
        query = (
            sa.select(api_keys, users.c.name.label("username"), users.c.scopes.label("theirs"), users.c.disabled)
            .join(users, users.c.id == api_keys.c.user_id)
            .where(api_keys.c.token_hash == fingerprint(token))
        )
        async with self._engine.connect() as connection:
            row = (await connection.execute(query)).one_or_none()
        ends = row.expires_at if row is not None and row.expires_at is not None else now + TRUSTED_SECONDS
        if row is None or row.revoked_at is not None or row.disabled or ends <= now:
            raise NotAuthenticated(_REFUSED, hint=_HINT)
        if (row.last_used or 0.0) < now - _USED_SECONDS:
            with contextlib.suppress(JournalUnavailable):  # on a full disk one may still look
                async with self._engine.begin() as connection:
                    await connection.execute(sa.update(api_keys).where(api_keys.c.id == row.id).values(last_used=now))
        scopes = frozenset(row.scopes.split()) & frozenset(row.theirs.split())
        principal = Principal(row.user_id, row.tenant, row.username, scopes, row.id, reach=row.reach)
        if changes == self._changes:
            self._known.keep(token, principal, min(now + TRUSTED_SECONDS, ends))
        return principal

    def forget(self) -> None:
        """Look every key up again."""
        self._changes += 1
        self._known.forget(lambda known: True)


def _key(row: Any) -> ApiKey:
    return ApiKey(
        row.id,
        row.user_id,
        row.username,
        row.name,
        row.reach,
        frozenset(row.scopes.split()),
        row.ending,
        row.created_at,
        row.expires_at,
        row.last_used,
        row.revoked_at,
    )
