"""Tokens for a server at an address: kept in the vault, bound to its host. Imported when a server wants one.

What is kept: the access and the refresh token, each a secret of its own, so that neither can be said by any tool,
and the registration of this installation with the server that signs people in.
"""

import contextlib
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import msgspec
from mcp.client.auth import OAuthClientProvider
from mcp.shared.auth import (
    AuthorizationCodeResult,
    OAuthClientInformationFull,
    OAuthClientMetadata,
    OAuthMetadata,
    OAuthToken,
)
from msgspec import Struct

from orchestrator.kernel.errors import NotAllowed, NotFound, ToolFailed
from orchestrator.tools.mcp.signin import SignIn, SignInNeeded

if TYPE_CHECKING:
    from orchestrator.tools.mcp.connection import Over
    from orchestrator.tools.mcp.dialling import Keys

_NOWHERE = "http://127.0.0.1/callback"  # where nobody comes back to: only a person who signs in opens a door


class Kept(Struct, frozen=True):
    """Beside the tokens."""

    client: dict[str, Any] = {}
    metadata: dict[str, Any] = {}
    expires_at: float = 0.0  # seconds since the Unix epoch; 0: it was not said
    scope: str = ""


class Storage:
    """The vault, as the SDK wants it. `by` is who signs in; what is refreshed later is kept in their name too."""

    def __init__(self, name: str, url: str, keys: "Keys", by: str) -> None:
        self._name = name
        self._host = urlsplit(url).hostname or ""
        self._keys = keys
        self._by = by
        self.provider: OAuthClientProvider | None = None
        self.kept = Kept()
        self.remembers = True  # what was kept is used: whoever signs in gets new tokens

    async def load(self) -> None:
        text = await self._read("client")
        with contextlib.suppress(msgspec.DecodeError):
            self.kept = msgspec.json.decode(text or "{}", type=Kept)

    async def get_tokens(self) -> OAuthToken | None:
        access = await self._read("access")
        if not access or not self.remembers:
            return None
        refresh = await self._read("refresh")
        return OAuthToken(access_token=access, refresh_token=refresh or None, scope=self.kept.scope or None)

    async def set_tokens(self, tokens: OAuthToken) -> None:
        assert self.provider is not None
        metadata = self.provider.context.oauth_metadata
        expires = time.time() + tokens.expires_in if tokens.expires_in else 0.0
        self.kept = msgspec.structs.replace(
            self.kept,
            metadata=metadata.model_dump(mode="json", exclude_none=True) if metadata else {},
            expires_at=expires,
            scope=tokens.scope or "",
        )
        await self._write("access", tokens.access_token)
        if tokens.refresh_token:
            await self._write("refresh", tokens.refresh_token)
        await self._write("client", msgspec.json.encode(self.kept).decode())

    async def get_client_info(self) -> OAuthClientInformationFull | None:
        return OAuthClientInformationFull.model_validate(self.kept.client) if self.kept.client else None

    async def set_client_info(self, client_info: OAuthClientInformationFull) -> None:
        self.kept = msgspec.structs.replace(self.kept, client=client_info.model_dump(mode="json", exclude_none=True))

    async def _read(self, what: str) -> str:
        try:
            return str(await self._keys.reveal(f"mcp.{self._name}.{what}", tool=f"mcp:{self._name}", host=self._host))
        except (NotFound, NotAllowed):
            return ""

    async def _write(self, what: str, value: str) -> None:
        await self._keys.put(f"mcp.{self._name}.{what}", value, [self._host], [f"mcp:{self._name}"], by=self._by)


class Client(Struct, frozen=True):
    """As what this installation is known to those who sign people in; empty: it registers itself."""

    id: str = ""
    secret: str = ""

    @property
    def document(self) -> str | None:
        return self.id if self.id.startswith("https://") else None


async def provider(
    name: str, url: str, keys: "Keys", sign_in: SignIn | None, by: str, client: Client, over: "Over"
) -> OAuthClientProvider:
    """Answers a server that wants a token: with the one that is kept, or, where a person signs in, with a new one."""
    storage = Storage(name, url, keys, by)
    await storage.load()
    storage.remembers = sign_in is None
    if sign_in is not None:  # the door has another address each time: it is registered anew
        storage.kept = Kept(_registered(client, sign_in.address) if client.id and not client.document else {})
    elif not storage.kept.client:
        storage.kept = Kept(_registered(Client("nobody"), _NOWHERE))  # nobody is registered before somebody signs in

    async def go(link: str) -> None:
        if sign_in is None or sign_in.closed:
            needed = SignInNeeded(name)
            over(needed.detail, made.context.client_metadata.scope or "")
            raise needed
        if not sign_in.link.done():
            sign_in.link.set_result(_wider(link, sign_in.scope))

    async def come() -> AuthorizationCodeResult:
        assert sign_in is not None
        back = await sign_in.back()
        if "code" not in back:
            said = back.get("error_description") or back["error"]
            raise ToolFailed(f"{name} did not let anybody in: {said[:200]}.")
        return AuthorizationCodeResult(code=back["code"], state=back.get("state"), iss=back.get("iss"))

    metadata = OAuthClientMetadata.model_validate(
        {
            "client_name": "AI Orchestrator",
            "redirect_uris": [sign_in.address if sign_in is not None else _NOWHERE],
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
        }
    )
    made = OAuthClientProvider(
        url, metadata, storage, redirect_handler=go, callback_handler=come, client_metadata_url=client.document
    )
    storage.provider = made
    if storage.kept.metadata:  # so that a token can be refreshed after a restart, where it is refreshed
        made.context.oauth_metadata = OAuthMetadata.model_validate(storage.kept.metadata)
        made.context.token_expiry_time = storage.kept.expires_at or None
    return made


def _registered(client: Client, address: str) -> dict[str, Any]:
    method = "client_secret_basic" if client.secret else "none"
    about = {"client_id": client.id, "redirect_uris": [address], "token_endpoint_auth_method": method}
    return {**about, "client_secret": client.secret} if client.secret else about


def _wider(link: str, scope: str) -> str:
    """The same link, which asks for this scope too."""
    if not scope:
        return link
    parts = urlsplit(link)
    asked = dict(parse_qsl(parts.query))
    asked["scope"] = " ".join(dict.fromkeys([*asked.get("scope", "").split(), *scope.split()]))
    return urlunsplit(parts._replace(query=urlencode(asked)))
