"""Passwords: rules, hashing with Argon2id, checks that take as long for strangers as for users."""

import asyncio
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

from orchestrator.kernel.errors import InvalidInput, TooManyAttempts

if TYPE_CHECKING:
    from argon2 import PasswordHasher

T = TypeVar("T")

SHORTEST, LONGEST = 10, 1024  # characters
_AT_ONCE = 2  # each check takes 64 MiB
_WAITING = 32  # checks in the queue, at most


def checked(password: str, name: str) -> str:
    """The password as it is hashed. Raises InvalidInput when it will not do."""
    normal = unicodedata.normalize("NFKC", password)
    if len(normal) < SHORTEST:
        raise InvalidInput(f"The password is too short: {SHORTEST} characters at least.", hint="A few words do well.")
    if len(normal) > LONGEST:
        raise InvalidInput(f"The password is too long: {LONGEST} characters at most.")
    if normal.casefold() == name.casefold():
        raise InvalidInput("The password is the user's name.", hint="Choose another.")
    return normal


class Passwords:
    def __init__(self, entropy: Callable[[int], bytes]) -> None:
        self._entropy = entropy
        self._pool: ThreadPoolExecutor | None = None
        self._hasher: PasswordHasher | None = None
        self._decoy = ""  # a hash of nothing anyone knows
        self._busy = 0

    async def hash(self, password: str) -> str:
        return await self._off_loop(lambda: self._argon2().hash(password, salt=self._entropy(16)))

    async def verify(self, hashed: str | None, password: str) -> bool:
        """Whether the password is right. Takes as long when there is nobody to compare it with."""
        normal = unicodedata.normalize("NFKC", password)[:LONGEST]
        return await self._off_loop(lambda: self._verify(hashed, normal))

    def is_dated(self, hashed: str) -> bool:
        """Whether the hash was made with weaker settings than today's."""
        return self._argon2().check_needs_rehash(hashed)

    def close(self) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)

    def _argon2(self) -> "PasswordHasher":
        if self._hasher is None:
            from argon2 import PasswordHasher

            self._hasher = PasswordHasher()
        return self._hasher

    def _verify(self, hashed: str | None, password: str) -> bool:
        from argon2.exceptions import InvalidHashError, VerificationError

        hasher = self._argon2()
        if not self._decoy:
            self._decoy = hasher.hash(self._entropy(16), salt=self._entropy(16))
        try:
            return hasher.verify(hashed or self._decoy, password) and hashed is not None
        except (VerificationError, InvalidHashError):
            return False

    async def _off_loop(self, work: Callable[[], T]) -> T:
        if self._busy >= _WAITING:
            raise TooManyAttempts("Too many people are signing in.", hint="Try again in a moment.", retry_after=5.0)
        if self._pool is None:
            self._pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="passwords")
        self._busy += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, work)
        finally:
            self._busy -= 1
