"""A model that is given less to read: the same protocol, one layer more, around one provider.

A conversation that goes on is recognised, so that each of its messages is optimised once and stays as it was
sent: the provider's own cache keeps hitting. Only requests that ask for it are touched.
"""

from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from typing import Any, cast

from msgspec.structs import replace

from orchestrator.kernel.messages import Message, Spared, Text, ToolResult, Usage
from orchestrator.llm.base import Chunk, Model, Price, Reply, Request
from orchestrator.llm.optimiser.metrics import Tariff, money
from orchestrator.llm.optimiser.prompt import reduced
from orchestrator.llm.optimiser.reducer import Mode, TokenReducer
from orchestrator.llm.wrapper import Wrapper

_SHORT = 200  # characters
_CONVERSATIONS = 64  # that are remembered; others are optimised anew, with the same result


class _Conversation:
    def __init__(self, mode: Mode) -> None:
        self.mode = mode
        self.given: list[Message] = []
        self.made: list[Message] = []
        self.saved = 0  # tokens
        self._reducer = TokenReducer(mode)
        self._long: list[Message] = []  # instructions, which stay as they are: read once something else is long

    def goes_on(self, messages: tuple[Message, ...]) -> bool:
        return list(messages[: len(self.given)]) == self.given

    def take(self, messages: tuple[Message, ...]) -> int:
        """Optimise what is new; how many tokens that saves."""
        saved = 0
        for message in messages[len(self.given) :]:
            made = message
            if _is_long(message):
                self._long.append(message)
                if message.role != "system":
                    made, before, after = self._read()
                    saved += before - after
            self.given.append(message)
            self.made.append(made)
        self.saved += saved
        return saved

    def _read(self) -> tuple[Message, int, int]:
        """The last of what was not read yet, shorter, and its tokens before and after."""
        *instructions, message = self._long
        self._long.clear()
        for one in instructions:
            reduced(self._reducer, one)
        return reduced(self._reducer, message)[:3]


class Optimised(Wrapper):
    def __init__(self, inner: Model, price: Callable[[str], Price | None] = lambda _: None) -> None:
        """`price` is that of a model by its name, for what was saved."""
        super().__init__(inner)
        self._price = price
        self._conversations: OrderedDict[tuple[str, str, str], _Conversation] = OrderedDict()

    def stream(self, request: Request) -> AsyncIterator[Chunk]:
        sent, new, old = self._shorter(request)
        return self._inner.stream(request) if sent is request else self._telling(sent, new, old)

    async def _telling(self, sent: Request, new: int, old: int) -> AsyncIterator[Chunk]:
        async with aclosing(cast(Any, self._inner.stream(sent))) as chunks:
            async for chunk in chunks:
                yield self._told(chunk, sent.model, new, old) if isinstance(chunk, Reply) else chunk

    def _shorter(self, request: Request) -> tuple[Request, int, int]:
        """The request, optimised; tokens saved of what the provider has not read before, and of what it has."""
        if request.optimise == "off" or not request.messages:
            return request, 0, 0
        place = request.tenant, request.optimise, _beginning(request.messages)
        found = self._conversations.pop(place, None)
        if found is None or not found.goes_on(request.messages):
            found = _Conversation(request.optimise)
        old = found.saved
        new = found.take(request.messages)
        self._conversations[place] = found
        if len(self._conversations) > _CONVERSATIONS:
            self._conversations.popitem(last=False)
        if new + old <= 0:
            return request, 0, 0
        return replace(request, messages=tuple(found.made)), new, old

    def _told(self, reply: Reply, model: str, new: int, old: int) -> Reply:
        if reply.spared is not None:
            return reply
        return replace(reply, spared=Spared(new + old, self._worth(model, reply.usage, new, old)))

    def _worth(self, model: str, usage: Usage, new: int, old: int) -> float:
        """US dollars; 0 where the price is not known. What was read before is cheap only if the provider says so."""
        price = self._price(model)
        if price is None:
            return 0.0
        if not usage.cached_tokens:
            new, old = new + old, 0
        return money(new, old, Tariff(price.input, price.cached, price.written if usage.cached_tokens else 0.0))


def _is_long(message: Message) -> bool:
    """Whether there is something to gain: a message of short texts is sent as it is."""
    for part in message.parts:
        if isinstance(part, ToolResult):
            if len(part.content) >= _SHORT:
                return True
        elif isinstance(part, Text) and len(part.text) >= _SHORT:
            return True
    return False


def _beginning(messages: tuple[Message, ...]) -> str:
    """The first words of a person: what tells a conversation from another at once."""
    said = next((message.text for message in messages if message.role == "user"), "")
    return said[:200]
