"""Who there is, and how they sign in: by a one-time link, by a password, or from this machine.

Covers: one-time links, passwords and their throttle, sessions of browsers, API clients and the
command line. Does not cover yet: second factors, other identity providers, more than one tenant.
"""

import re
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from msgspec import structs

from orchestrator.identity.base import ALL_SCOPES, TENANT, Principal, Record, Session, Tokens, User
from orchestrator.identity.keys import PREFIX, Keys
from orchestrator.identity.passwords import Passwords, checked
from orchestrator.identity.sessions import DAY, Sessions
from orchestrator.identity.throttle import Throttle
from orchestrator.identity.tokens import Signer, fingerprint, opaque, read_key
from orchestrator.kernel.clock import Clock
from orchestrator.kernel.errors import Conflict, InvalidInput, NotAllowed, NotAuthenticated, NotFound
from orchestrator.kernel.events import Body, PasswordChanged, SignInRefused, UserRegistered
from orchestrator.kernel.ids import Ids
from orchestrator.kernel.messages import Scope
from orchestrator.kernel.settings import Identity
from orchestrator.storage.database import Database
from orchestrator.storage.tables_identity import sign_in_links, users

__all__ = ["Accounts", "Principal", "Session", "Tokens", "User"]

OWNER = "owner"
_NAME = re.compile(r"[a-z0-9][a-z0-9._@+-]{0,63}")
_REFUSED = "The name or the password is wrong."
_REFUSED_HINT = "Someone without a password signs in by the link that the server prints when it starts."


class Accounts:
    def __init__(
        self,
        database: Database,
        settings: Identity,
        clock: Clock,
        ids: Ids,
        entropy: Callable[[int], bytes],
        record: Record,
        *,
        key_path: Path,
    ) -> None:
        self._engine = database.engine
        self._settings = settings
        self._clock = clock
        self._ids = ids
        self._entropy = entropy
        self._record = record
        self._passwords = Passwords(entropy)
        self._throttle = Throttle(self._engine, settings, clock)
        signer = Signer(read_key(key_path, entropy), entropy)
        self._sessions = Sessions(self._engine, settings, clock, ids, entropy, signer, record)
        self.keys = Keys(self._engine, clock, ids, entropy, record)

    async def close(self) -> None:
        self._passwords.close()

    # Users

    async def ensure_owner(self) -> User:
        """The first user, made at the first start: every scope, no password."""
        row = await self._find(users.c.name == OWNER, TENANT)
        if row is None:
            try:
                return await self.register(OWNER, None, ALL_SCOPES)
            except Conflict:  # another server on the same database was faster
                row = await self._find(users.c.name == OWNER, TENANT)
        return _user(row)

    async def owner(self) -> Principal:
        """Whoever works on this machine with the data folder in hand."""
        return structs.replace(_principal(await self._user_row((await self.ensure_owner()).id)), local=True)

    async def register(
        self,
        name: str,
        password: str | None,
        scopes: Collection[Scope] = ("read", "write", "execute"),
        *,
        tenant: str = TENANT,
    ) -> User:
        """A new user. Raises InvalidInput for a bad name or password, Conflict for a name that is taken."""
        name = name.strip().lower()
        if not _NAME.fullmatch(name):
            raise InvalidInput(
                f"{name!r} cannot be a user's name.",
                hint="Use up to 64 letters a to z, digits and . _ @ + -, a letter or digit first.",
            )
        if unknown := set(scopes) - ALL_SCOPES:
            raise InvalidInput(f"There is no scope {min(unknown)!r}.", hint=f"Known: {', '.join(sorted(ALL_SCOPES))}.")
        hashed = None if password is None else await self._passwords.hash(checked(password, name))
        user = User(
            self._ids.new("user"), tenant, name, frozenset(scopes), hashed is not None, self._clock.now(), False
        )
        row = {
            "id": user.id,
            "tenant": tenant,
            "name": name,
            "password_hash": hashed,
            "scopes": " ".join(sorted(scopes)),
            "created_at": user.created_at,
            "disabled": False,
        }
        try:
            async with self._engine.begin() as connection:
                await connection.execute(sa.insert(users).values(row))
        except sa.exc.IntegrityError as error:
            raise Conflict(f"There is a user {name} already.", hint="Choose another name.") from error
        await self._say(UserRegistered(user.id, name, tuple(sorted(scopes))), tenant, user.id)
        return user

    async def named(self, name: str, tenant: str = TENANT) -> Principal:
        """A person by their name, before any session is open. Raises NotFound."""
        row = await self._find(users.c.name == name.strip().lower(), tenant)
        if row is None:
            raise NotFound(f"There is no user {name}.")
        return _principal(row)

    async def users(self, tenant: str = TENANT) -> list[User]:
        query = sa.select(users).where(users.c.tenant == tenant).order_by(users.c.name)
        async with self._engine.connect() as connection:
            return [_user(row) for row in await connection.execute(query)]

    async def disable(self, user_id: str) -> None:
        """Nothing of the user is lost; nobody signs in as them any more."""
        row = await self._user_row(user_id)
        async with self._engine.begin() as connection:
            await connection.execute(sa.update(users).where(users.c.id == user_id).values(disabled=True))
        await self._sessions.close_others(_principal(row))
        self._sessions.renew(user_id)
        self.keys.forget()

    async def set_password(
        self, principal: Principal, password: str, current: str | None = None, *, name: str | None = None
    ) -> None:
        """Change a password: one's own, with `current` where there is one; other sessions of its user end.

        From this machine's command line anybody's, without `current`: whoever holds the data folder owns it all.
        """
        row = await self._password_of(principal, name)
        if row.password_hash is not None and not principal.local:
            await self._throttle.begin(f"{row.tenant}:{row.name}", "")
            if not await self._passwords.verify(row.password_hash, current or ""):
                raise NotAuthenticated("The current password is wrong.", hint="Type the one in use now.")
            await self._throttle.succeed(f"{row.tenant}:{row.name}", "")
        hashed = await self._passwords.hash(checked(password, row.name))
        async with self._engine.begin() as connection:
            await connection.execute(sa.update(users).where(users.c.id == row.id).values(password_hash=hashed))
        self._sessions.renew(row.id)
        await self._sessions.close_others(principal if principal.id == row.id else _principal(row))
        await self._say(PasswordChanged(row.id), row.tenant, row.id)

    async def _password_of(self, principal: Principal, name: str | None) -> Any:
        name = principal.name if name is None else name.strip().lower()
        if name != principal.name and not principal.local:
            raise NotAllowed(
                "One sets one's own password only.",
                hint=f"On the server's machine, its owner can: orchestrator users password {name}",
            )
        row = await self._find(users.c.name == name, principal.tenant)
        if row is None:
            raise NotFound(f"There is no user {name}.")
        return row

    # Signing in

    async def sign_in_link(self, user_id: str) -> str:
        """A token that signs the user in once, for `link_minutes`."""
        row = await self._user_row(user_id)
        token, now = opaque("link", self._entropy), self._clock.now()
        link = {
            "token_hash": fingerprint(token),
            "tenant": row.tenant,
            "user_id": user_id,
            "expires_at": now + self._settings.link_minutes * 60,
        }
        async with self._engine.begin() as connection:
            await connection.execute(sa.delete(sign_in_links).where(sign_in_links.c.expires_at < now - DAY))
            await connection.execute(sa.insert(sign_in_links).values(link))
        return token

    async def sign_in(self, token: str) -> Session:
        """A browser's session for a link's token. Raises NotAuthenticated when it was used, or is too old."""
        now = self._clock.now()
        use = (
            sa.update(sign_in_links)
            .where(sign_in_links.c.token_hash == fingerprint(token))
            .where(sign_in_links.c.used_at.is_(None), sign_in_links.c.expires_at > now)
            .values(used_at=now)
            .returning(sign_in_links.c.user_id)
        )
        async with self._engine.begin() as connection:  # the link is used up if and only if the session is there
            user_id = (await connection.execute(use)).scalar_one_or_none()
            found = await connection.execute(sa.select(users).where(users.c.id == user_id))
            row = found.one_or_none()
            if row is None or row.disabled:
                raise NotAuthenticated(
                    "This sign-in link was used before, or is too old.", hint="Ask the server for another."
                )
            session = await self._sessions.open(_principal(row), "cookie", "link", connection)
        await self._sessions.opened(session, "link")
        return session

    async def login(self, name: str, password: str, address: str = "", *, tenant: str = TENANT) -> Tokens:
        """Bearer tokens. Raises NotAuthenticated, alike for every reason, and TooManyAttempts."""
        return await self._sessions.open_bearer(await self._check(name, password, address, tenant))

    async def open_cookie(self, principal: Principal) -> Session:
        """A browser's session beside the one that just signed in with a password."""
        return await self._sessions.open(principal, "cookie", "password")

    async def open_local(self, user_id: str, *, alone: bool = True) -> str:
        """The token of a machine's command line; those of earlier starts end, where no other server has them."""
        principal = _principal(await self._user_row(user_id))
        if alone:
            await self._sessions.close_local(principal)
        return (await self._sessions.open(principal, "local", "local")).token

    async def refresh(self, refresh_token: str) -> Tokens:
        return await self._sessions.refresh(refresh_token)

    def learn(self, stream: str) -> None:
        """Another server wrote to a stream; empty: to whatever stream. Who signed out there is signed out here."""
        if stream.startswith("identity:") or not stream:
            self._sessions.forget()
            self.keys.forget()

    async def authenticate(self, token: str) -> Principal:
        """Who shows this cookie, bearer token or key. Raises NotAuthenticated."""
        if token.startswith(PREFIX):
            return await self.keys.authenticate(token)
        return await self._sessions.authenticate(token)

    async def logout(self, principal: Principal) -> None:
        await self._sessions.close(principal)

    async def _check(self, name: str, password: str, address: str, tenant: str) -> Principal:
        name = name.strip().lower()
        row = await self._find(users.c.name == name, tenant)
        await self._throttle.begin(f"{tenant}:{name}", address)
        right = await self._passwords.verify(row.password_hash if row else None, password)
        if not right or row is None or row.disabled:
            # A stranger's name is not kept: people type passwords where their name belongs.
            refused = SignInRefused(row.name if row else "", "wrong name or password")
            await self._say(refused, tenant, row.id if row else "")
            raise NotAuthenticated(_REFUSED, hint=_REFUSED_HINT)
        await self._throttle.succeed(f"{tenant}:{name}", address)
        if self._passwords.is_dated(row.password_hash):
            hashed = await self._passwords.hash(password)
            async with self._engine.begin() as connection:
                await connection.execute(sa.update(users).where(users.c.id == row.id).values(password_hash=hashed))
        return _principal(row)

    async def _find(self, which: sa.ColumnElement[bool], tenant: str) -> Any:
        async with self._engine.connect() as connection:
            return (await connection.execute(sa.select(users).where(which, users.c.tenant == tenant))).one_or_none()

    async def _user_row(self, user_id: str) -> Any:
        async with self._engine.connect() as connection:
            row = (await connection.execute(sa.select(users).where(users.c.id == user_id))).one_or_none()
        if row is None:
            raise NotFound(f"There is no user {user_id}.")
        return row

    async def _say(self, body: Body, tenant: str, subject: str) -> None:
        await self._record(f"identity:{tenant}", body, tenant=tenant, subject=subject)


def _user(row: Any) -> User:
    scopes = frozenset(row.scopes.split())
    return User(row.id, row.tenant, row.name, scopes, row.password_hash is not None, row.created_at, row.disabled)


def _principal(row: Any) -> Principal:
    """The user, before any session is open."""
    return Principal(row.id, row.tenant, row.name, frozenset(row.scopes.split()), "", row.password_hash is not None)
