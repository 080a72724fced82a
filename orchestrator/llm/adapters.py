"""Talking to Claude or DeepSeek from a program of one's own: one object, the prompt optimised on the way.

    async with ClaudeAdapter(mode="balanced") as claude:
        answer = await claude.generate("…")
        print(answer.text, answer.cost, answer.metrics.tokens_saved)

They are the providers of this room behind a small face. The key is that of the settings, if none is given.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from typing import Any, Self, cast

from msgspec import Struct

from orchestrator.kernel import settings
from orchestrator.kernel.clock import Clock, SystemClock
from orchestrator.kernel.errors import InvalidSettings, ModelGarbled
from orchestrator.kernel.messages import Message, Text, Usage, system, user
from orchestrator.kernel.registry import Registry
from orchestrator.kernel.settings import Provider, Secret
from orchestrator.llm.base import Chunk, Model, Reply, Request, TextDelta
from orchestrator.llm.catalogue import PROVIDERS
from orchestrator.llm.facts import default
from orchestrator.llm.optimiser.metrics import Metrics
from orchestrator.llm.optimiser.prompt import PromptOptimizer


class Answer(Struct, frozen=True):
    text: str
    model: str  # that really answered
    usage: Usage
    cost: float  # US dollars; 0 when unknown
    metrics: Metrics  # what the optimiser saved of this prompt


class _Adapter:
    provider = ""
    host = ""

    def __init__(
        self,
        api_key: str = "",
        model: str = "",
        *,
        mode: str = "balanced",
        base_url: str = "",
        clock: Clock | None = None,
    ) -> None:
        """`mode` is how prompts are optimised: minimal, balanced, aggressive, or off."""
        known = settings.load().llm.providers.get(self.provider) if not api_key else None
        key = api_key or (str(known.api_key) if known is not None else "")
        if not key:
            raise InvalidSettings(
                f"There is no key for {self.provider}.", hint=f"Give api_key, or set {self.provider.upper()}_API_KEY."
            )
        address = base_url or (known.base_url if known is not None else "")
        chosen = Provider(self.provider, base_url=address, api_key=Secret(key), model=model or default(self.host))
        self._optimizer = None if mode == "off" else PromptOptimizer(mode)
        self._inner: Model = Registry("provider", PROVIDERS).load(self.provider)(
            self.provider, chosen, clock or SystemClock()
        )
        self._model = chosen.model
        self.mode = mode

    async def generate(self, prompt: str, *, instructions: str = "", **parameters: Any) -> Answer:
        """The answer to one prompt. `parameters` are those of a request: max_tokens, temperature, stop, schema."""
        messages = [*([system(instructions)] if instructions else []), user(prompt)]
        return await self.chat(messages, **parameters)

    async def chat(self, messages: Sequence[Message], **parameters: Any) -> Answer:
        """The answer to a conversation. Raises ModelError."""
        sent, metrics = self.optimize(messages)
        async for chunk in self._chunks(sent, parameters):
            if isinstance(chunk, Reply):
                return Answer(chunk.message.text, chunk.model or self._model, chunk.usage, chunk.cost, metrics)
        raise ModelGarbled(f"{self.provider} ended without a reply.")

    async def stream(self, prompt: str, **parameters: Any) -> AsyncIterator[str]:
        """The answer as it is written."""
        sent, _ = self.optimize([user(prompt)])
        async with aclosing(cast(Any, self._chunks(sent, parameters))) as chunks:
            async for chunk in chunks:
                if isinstance(chunk, TextDelta):
                    yield chunk.text

    def optimize(self, messages: Sequence[Message]) -> tuple[list[Message], Metrics]:
        """What would be sent. A prompt by itself is optimised as a prompt, whatever it holds; its question stays."""
        if self._optimizer is None:
            return list(messages), Metrics("off", 0, 0, 0.0, {}, 0.0, "")
        asked = messages[-1] if messages else None
        if asked is not None and asked.role == "user" and len(messages) <= 2 and len(asked.parts) == 1:
            (part,) = asked.parts
            if isinstance(part, Text):
                text, metrics = self._optimizer.optimize(part.text)
                return [*messages[:-1], user(text)], metrics
        return self._optimizer.optimize_history(messages)

    def _chunks(self, messages: Sequence[Message], parameters: dict[str, Any]) -> AsyncIterator[Chunk]:
        return self._inner.stream(Request(self._model, tuple(messages), **parameters))

    async def close(self) -> None:
        await self._inner.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


class ClaudeAdapter(_Adapter):
    provider = "anthropic"
    host = "api.anthropic.com"


class DeepSeekAdapter(_Adapter):
    provider = "deepseek"
    host = "api.deepseek.com"
