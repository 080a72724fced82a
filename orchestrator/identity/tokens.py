"""Tokens: opaque ones for browsers and this machine, signed ones for API clients, and the key that signs.

An opaque token is 256 random bits; only its hash is kept. An access token is a JWT (HS256) that
names a session, so that signing out ends it at once. A refresh token carries a signature of its
own: an old one that comes back can be told from a forged one.
"""

import base64
import hashlib
import hmac
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from orchestrator.kernel.errors import InvalidSettings, NotAuthenticated

_ALGORITHM = "HS256"
_KEY_BYTES = 32


def fingerprint(token: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def opaque(prefix: str, entropy: Callable[[int], bytes]) -> str:
    return f"{prefix}_{_text(entropy(32))}"


def read_key(path: Path, entropy: Callable[[int], bytes]) -> bytes:
    """The signing key, made at the first start and readable by its owner only."""
    try:
        if not path.exists():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            _write(path, entropy(_KEY_BYTES))
        if path.stat().st_mode & 0o077:
            path.chmod(0o600)
        key = path.read_bytes()
    except OSError as error:
        raise InvalidSettings(f"The signing key cannot be read: {error}.", hint="Mend its permissions.") from error
    if len(key) < _KEY_BYTES:
        raise InvalidSettings(f"The signing key {path} is damaged.", hint="Delete it: API clients must sign in again.")
    return key


def _write(path: Path, key: bytes) -> None:
    """All of it or nothing."""
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(key)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Signer:
    def __init__(self, key: bytes, entropy: Callable[[int], bytes]) -> None:
        self._key = key
        self._entropy = entropy

    def access(self, session_id: str, user_id: str, now: float, seconds: float) -> str:
        import jwt

        claims = {"sub": user_id, "sid": session_id, "iat": int(now), "exp": int(now + seconds), "typ": "access"}
        return jwt.encode(claims, self._key, algorithm=_ALGORITHM)

    def session_of(self, access_token: str, now: float) -> tuple[str, float]:
        """The session an access token names, and when the token ends. Raises NotAuthenticated."""
        import jwt

        # The time is compared with our clock, below, not with the library's.
        options: Any = {"require": ["sub", "sid", "iat", "exp"], "verify_exp": False, "verify_iat": False}
        try:
            claims = jwt.decode(access_token, self._key, algorithms=[_ALGORITHM], options=options)
        except jwt.InvalidTokenError as error:
            raise NotAuthenticated("The access token is not valid.", hint="Sign in again.") from error
        session_id, expires_at = claims["sid"], claims["exp"]
        if claims.get("typ") != "access" or not isinstance(session_id, str) or not isinstance(expires_at, int):
            raise NotAuthenticated("The access token is not valid.", hint="Sign in again.")
        if expires_at <= now:
            raise NotAuthenticated("The access token has expired.", hint="Refresh it, or sign in again.")
        return session_id, float(expires_at)

    def refresh(self, session_id: str) -> str:
        body = f"rt_{session_id}.{_text(self._entropy(32))}"
        return f"{body}.{self._signature(body)}"

    def refreshed_session(self, refresh_token: str) -> str | None:
        """The session of a refresh token that we made, now or before; None for any other."""
        body, _, signature = refresh_token.rpartition(".")
        if not body.startswith("rt_") or not signature.isascii():
            return None
        if not hmac.compare_digest(self._signature(body), signature):
            return None
        return body.removeprefix("rt_").partition(".")[0]

    def _signature(self, body: str) -> str:
        return _text(hmac.digest(self._key, b"refresh:" + body.encode("utf-8", "surrogatepass"), "sha256"))
