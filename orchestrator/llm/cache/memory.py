"""The `memory` store: in this process, the least recently used forgotten first."""

from collections import OrderedDict

from orchestrator.kernel.clock import Clock
from orchestrator.llm.cache.base import Kept, Question, Stock

_OVERHEAD = 300  # bytes that an entry takes besides its data, about


class Memory:
    name = "memory"

    def __init__(self, clock: Clock, *, entries: int, size: int) -> None:
        self._clock = clock
        self._most_entries = entries
        self._most_bytes = size
        self._kept: OrderedDict[tuple[str, str], Kept] = OrderedDict()
        self._scopes: dict[tuple[str, str], OrderedDict[str, str]] = {}  # by tenant and scope: questions by key
        self._asked: dict[tuple[str, str], str] = {}  # the scope of an entry that has a question
        self._size = 0

    async def get(self, tenant: str, key: str) -> Kept | None:
        found = self._kept.get((tenant, key))
        if found is None:
            return None
        if found.expires <= self._clock.now():
            self._forget((tenant, key))
            return None
        self._kept.move_to_end((tenant, key))
        return found

    async def put(self, tenant: str, key: str, kept: Kept, *, scope: str = "", question: str = "") -> None:
        place = (tenant, key)
        self._forget(place)
        if _size(kept) > self._most_bytes:
            return
        self._kept[place] = kept
        self._size += _size(kept)
        if scope:
            self._scopes.setdefault((tenant, scope), OrderedDict())[key] = question
            self._asked[place] = scope
        while self._size > self._most_bytes or len(self._kept) > self._most_entries:
            self._forget(next(iter(self._kept)))

    async def questions(self, tenant: str, scope: str, limit: int) -> list[Question]:
        found: list[Question] = []
        now = self._clock.now()
        for key, text in reversed(self._scopes.get((tenant, scope), {}).items()):
            expires = self._kept[tenant, key].expires
            if expires > now:
                found.append(Question(key, text, expires))
            if len(found) == limit:
                break
        return found

    async def remove(self, tenant: str, key: str) -> None:
        self._forget((tenant, key))

    async def clear(self, tenant: str) -> int:
        places = [place for place in self._kept if place[0] == tenant]
        for place in places:
            self._forget(place)
        return len(places)

    async def stock(self, tenant: str) -> Stock:
        now = self._clock.now()
        own = [kept for place, kept in self._kept.items() if place[0] == tenant and kept.expires > now]
        return Stock(len(own), sum(len(kept.data) for kept in own))

    async def close(self) -> None:
        self._kept.clear()
        self._scopes.clear()
        self._asked.clear()
        self._size = 0

    def _forget(self, place: tuple[str, str]) -> None:
        found = self._kept.pop(place, None)
        if found is None:
            return
        self._size -= _size(found)
        scope = self._asked.pop(place, "")
        if scope:
            questions = self._scopes[place[0], scope]
            questions.pop(place[1], None)
            if not questions:
                del self._scopes[place[0], scope]


def _size(kept: Kept) -> int:
    return len(kept.data) + _OVERHEAD
