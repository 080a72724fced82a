"""Sessions: opened, recognised by a token, refreshed, closed. A closed one is forgotten at once."""

import contextlib
from collections.abc import Callable
from typing import Any, Literal

import sqlalchemy as sa
from msgspec import structs

from orchestrator.identity.base import Principal, Record, Session, SessionKind, Tokens
from orchestrator.identity.known import TRUSTED_SECONDS, Known
from orchestrator.identity.tokens import Signer, fingerprint, opaque
from orchestrator.kernel.clock import Clock
from orchestrator.kernel.errors import JournalUnavailable, NotAuthenticated
from orchestrator.kernel.events import SessionClosed, SessionOpened
from orchestrator.kernel.ids import Ids
from orchestrator.kernel.settings import Identity
from orchestrator.storage.engine import AsyncConnection, AsyncEngine
from orchestrator.storage.tables_identity import sessions, users

DAY = 86_400.0
_SEEN_SECONDS = 300.0  # how precise `last_seen` is

_OVER = "The session is over."
_UNKNOWN = "Nobody has this token or key, or it is not valid any more."
_SIGN_IN = "Sign in again."


class Sessions:
    def __init__(
        self,
        engine: AsyncEngine,
        settings: Identity,
        clock: Clock,
        ids: Ids,
        entropy: Callable[[int], bytes],
        signer: Signer,
        record: Record,
    ) -> None:
        self._engine = engine
        self._settings = settings
        self._clock = clock
        self._ids = ids
        self._entropy = entropy
        self._signer = signer
        self._record = record
        self._known = Known()
        self._closings = 0  # counted, so that a look-up under way is not kept when a session closes meanwhile

    async def open(
        self,
        principal: Principal,
        kind: SessionKind,
        method: Literal["link", "password", "local"],
        connection: AsyncConnection | None = None,
    ) -> Session:
        """A session with an opaque token, in the caller's transaction if there is one: say `opened` afterwards."""
        token = opaque("st", self._entropy)
        seconds = self._settings.session_days * DAY
        session_id = await self._insert(principal, kind, seconds, {"token_hash": fingerprint(token)}, connection)
        session = Session(session_id, token, seconds, _of(principal, session_id))
        if connection is None:
            await self.opened(session, method)
        return session

    async def opened(self, session: Session, method: Literal["link", "password", "local"]) -> None:
        await self._say(SessionOpened(session.id, session.principal.id, method), session.principal)

    async def open_bearer(self, principal: Principal) -> Tokens:
        session_id = self._ids.new("session")
        refresh = self._signer.refresh(session_id)
        values = {"id": session_id, "refresh_hash": fingerprint(refresh)}
        await self._insert(principal, "bearer", self._settings.refresh_days * DAY, values)
        await self._say(SessionOpened(session_id, principal.id, "password"), principal)
        return self._tokens(_of(principal, session_id), refresh)

    async def refresh(self, refresh_token: str) -> Tokens:
        """New tokens for a refresh token, which works once. One that comes back ends the session: it was stolen."""
        session_id = self._signer.refreshed_session(refresh_token)
        if session_id is None:
            raise NotAuthenticated("The refresh token is not valid.", hint=_SIGN_IN)
        now, renewed = self._clock.now(), self._signer.refresh(session_id)
        turn = (
            sa.update(sessions)
            .where(sessions.c.id == session_id, sessions.c.refresh_hash == fingerprint(refresh_token))
            .where(sessions.c.closed_at.is_(None), sessions.c.expires_at > now)
            .values(
                refresh_hash=fingerprint(renewed), expires_at=now + self._settings.refresh_days * DAY, last_seen=now
            )
        )
        async with self._engine.begin() as connection:
            turned = (await connection.execute(turn)).rowcount == 1
            row = await self._row(connection, sessions.c.id == session_id)
        if row is None or row.closed_at is not None or row.expires_at <= now or row.disabled:
            raise NotAuthenticated(_OVER, hint=_SIGN_IN)
        if not turned:
            await self.close(_principal(row))
            raise NotAuthenticated(
                "This refresh token was used before, so its session was closed: someone may have copied it.",
                hint=_SIGN_IN,
            )
        return self._tokens(_principal(row), renewed)

    async def authenticate(self, token: str) -> Principal:
        now = self._clock.now()
        if known := self._known.get(token, now):
            return known
        closings = self._closings
        if token.count(".") == 2:
            session_id, ends = self._signer.session_of(token, now)
            where = sessions.c.id == session_id
        else:
            where, ends = sessions.c.token_hash == fingerprint(token), now + TRUSTED_SECONDS
        async with self._engine.connect() as connection:
            row = await self._row(connection, where)
        if row is None:
            raise NotAuthenticated(_UNKNOWN, hint=_SIGN_IN)
        if row.closed_at is not None or row.expires_at <= now or row.disabled:
            raise NotAuthenticated(_OVER, hint=_SIGN_IN)
        if row.last_seen < now - _SEEN_SECONDS:
            with contextlib.suppress(JournalUnavailable):  # on a full disk one may still look
                async with self._engine.begin() as connection:
                    await connection.execute(sa.update(sessions).where(sessions.c.id == row.id).values(last_seen=now))
        principal = _principal(row)
        if closings == self._closings:
            self._known.keep(token, principal, min(now + TRUSTED_SECONDS, ends, row.expires_at))
        return principal

    async def close(self, principal: Principal) -> None:
        """End this session. Ending it twice is the same as once."""
        await self._close(principal, sessions.c.id == principal.session_id)

    async def close_others(self, principal: Principal) -> None:
        """End every session of the user but this one."""
        await self._close(principal, (sessions.c.user_id == principal.id) & (sessions.c.id != principal.session_id))

    async def close_local(self, principal: Principal) -> None:
        """End the local sessions of earlier starts."""
        await self._close(principal, (sessions.c.user_id == principal.id) & (sessions.c.kind == "local"))

    async def _close(self, principal: Principal, which: sa.ColumnElement[bool]) -> None:
        ending = sa.update(sessions).where(which, sessions.c.closed_at.is_(None)).values(closed_at=self._clock.now())
        async with self._engine.begin() as connection:
            closed = {row.id for row in await connection.execute(ending.returning(sessions.c.id))}
        self._closings += 1
        self._known.forget(lambda known: known.session_id in closed)
        for session_id in sorted(closed):
            await self._say(SessionClosed(session_id, principal.id), principal)

    def renew(self, user_id: str) -> None:
        """What is known of a user has changed: look again."""
        self._closings += 1
        self._known.forget(lambda known: known.id == user_id)

    def forget(self) -> None:
        """Look every token up again."""
        self._closings += 1
        self._known.forget(lambda known: True)

    def _tokens(self, principal: Principal, refresh_token: str) -> Tokens:
        seconds = self._settings.access_minutes * 60
        access = self._signer.access(principal.session_id, principal.id, self._clock.now(), seconds)
        return Tokens(access, refresh_token, seconds, principal)

    async def _insert(
        self,
        principal: Principal,
        kind: SessionKind,
        seconds: float,
        values: dict[str, str],
        connection: AsyncConnection | None = None,
    ) -> str:
        now = self._clock.now()
        session_id = values.get("id") or self._ids.new("session")
        row = {
            "tenant": principal.tenant,
            "user_id": principal.id,
            "kind": kind,
            "created_at": now,
            "expires_at": now + seconds,
            "last_seen": now,
            **values,
            "id": session_id,
        }
        if connection is not None:
            await connection.execute(sa.insert(sessions).values(row))
            return session_id
        async with self._engine.begin() as own:
            await own.execute(sa.insert(sessions).values(row))
        return session_id

    async def _row(self, connection: AsyncConnection, where: sa.ColumnElement[bool]) -> sa.Row[Any] | None:
        columns = (users.c.name, users.c.scopes, users.c.disabled, users.c.password_hash)
        query = sa.select(sessions, *columns).join(users, users.c.id == sessions.c.user_id).where(where)
        return (await connection.execute(query)).one_or_none()

    async def _say(self, body: SessionOpened | SessionClosed, principal: Principal) -> None:
        await self._record(f"identity:{principal.tenant}", body, tenant=principal.tenant, subject=principal.id)


def _of(principal: Principal, session_id: str) -> Principal:
    return structs.replace(principal, session_id=session_id)


def _principal(row: Any) -> Principal:
    scopes = frozenset(row.scopes.split())
    known = row.password_hash is not None
    return Principal(row.user_id, row.tenant, row.name, scopes, row.id, known, local=row.kind == "local")
