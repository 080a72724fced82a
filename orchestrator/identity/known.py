"""Tokens recognised lately, so that not every request asks the database."""

from collections.abc import Callable

from orchestrator.identity.base import Principal

REMEMBERED = 1024  # tokens in memory
TRUSTED_SECONDS = 30.0  # for so long a token is recognised without a look at the database


class Known:
    """Whatever ends a session or a key goes through here, so that a closed one is never served."""

    def __init__(self) -> None:
        self._tokens: dict[str, tuple[Principal, float]] = {}

    def get(self, token: str, now: float) -> Principal | None:
        found = self._tokens.get(token)
        return found[0] if found is not None and now < found[1] else None

    def keep(self, token: str, principal: Principal, until: float) -> None:
        if len(self._tokens) >= REMEMBERED:
            del self._tokens[next(iter(self._tokens))]
        self._tokens[token] = (principal, until)

    def forget(self, gone: Callable[[Principal], bool]) -> None:
        self._tokens = {token: found for token, found in self._tokens.items() if not gone(found[0])}
