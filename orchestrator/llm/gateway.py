"""Calls of models from outside: a model is chosen, paid for and asked, and that it was asked is in the journal.

exchange = await gateway.open(call)      # which model, and why; raises what keeps it from being asked
async for chunk in exchange.chunks():    # as of any model; the last one is its Reply
"""

from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from typing import Any, Literal, Protocol, TypeAlias, cast

import msgspec
from msgspec import Struct

from orchestrator.kernel.clock import Clock
from orchestrator.kernel.errors import InvalidInput, OrchestratorError
from orchestrator.kernel.events import Body, RequestClosed
from orchestrator.kernel.ids import Ids
from orchestrator.kernel.messages import Image, Text, ToolResult, Usage
from orchestrator.llm.base import Capability, Chunk, Reply, Request, Setback
from orchestrator.llm.catalogue import Choice, Models
from orchestrator.llm.embeddings import LETTERS, weight
from orchestrator.llm.metered import metered
from orchestrator.policy.budgets.base import Budget, Rates, Spending

_IMAGE = 1_500  # tokens of a picture, about
Outcome: TypeAlias = Literal["answered", "failed", "cancelled"]
_SIGHT: frozenset[Capability] = frozenset({"vision"})
_NOTHING: frozenset[Capability] = frozenset()


class Trail(Protocol):
    """Where it is written down that a call was answered."""

    def write(self, body: Body, *, tenant: str, subject: str) -> None: ...

    async def check(self) -> None:
        """Raises while that cannot be done."""


class Call(Struct, frozen=True):
    """What somebody outside wants of a model."""

    door: str  # openai.chat, anthropic.messages, …
    request: Request  # its model is what was asked for: a name, or "auto"
    tenant: str
    subject: str
    key: str = ""  # of the program, where it shows one; else the session


class Embedded(Struct, frozen=True):
    vectors: list[list[float]]
    model: str
    tokens: int  # as estimated: providers do not say


class Gateway:
    def __init__(self, models: Models, budget: Budget, trail: Trail, clock: Clock, ids: Ids) -> None:
        self._models = models
        self._budget = budget
        self._trail = trail
        self._clock = clock
        self._ids = ids

    async def open(self, call: Call) -> "Exchange":
        """Raises NoModel where there is none such, JournalUnavailable where calls cannot be written down."""
        await self._trail.check()
        exchange = self._exchange(call)
        request = call.request
        task = _said(request) if request.model.startswith("auto") or not request.model else ""
        try:
            exchange.begin(await self._models.choose(request.model, _needs(request), task=task))
        except OrchestratorError as error:
            exchange.failed(error)
            raise
        return exchange

    def _exchange(self, call: Call) -> "Exchange":
        return Exchange(call, self._ids.new("req"), self._budget, self._trail, self._clock, self._models.label)

    async def embed(self, call: Call, texts: list[str]) -> Embedded:
        """Vectors of these texts, paid for and written down as any call. Raises ModelError."""
        if not texts:
            raise InvalidInput("There is nothing to embed.", hint="Give `input` a text, or a list of texts.")
        await self._trail.check()
        exchange = self._exchange(call)
        usage: Usage | None = None
        cost, problem = 0.0, ""
        try:
            by = await self._models.embeddings.choose(call.request.model)
            exchange.model = by.label
            spending = exchange.spending(by.label, weight(texts), by.rates, most=0)
            made = await self._models.embeddings.buy(texts, by, self._budget, spending)
            usage, cost = made.usage, made.cost
        except OrchestratorError as error:
            problem = error.code
            raise
        finally:
            outcome: Outcome = "failed" if problem else "cancelled" if usage is None else "answered"
            exchange.closed(outcome, usage=usage, cost=cost, problem=problem)
        return Embedded(made.vectors, by.label, weight(texts))


class Exchange:
    """One call under way."""

    choice: Choice

    def __init__(
        self, call: Call, id: str, budget: Budget, trail: Trail, clock: Clock, label: Callable[[str], str]
    ) -> None:
        """`label` is provider/model of a model's name; empty where it is not known."""
        self.id = id
        self._label = label
        self.call = call
        self.model = ""  # provider/model that answers; another one when the first fails
        self.reason = ""  # why that one
        self._budget = budget
        self._trail = trail
        self._clock = clock
        self._began = clock.monotonic()
        self._first = 0.0

    def begin(self, choice: Choice) -> None:
        self.choice, self.reason = choice, choice.reason
        self.model = f"{choice.provider}/{choice.name}" if choice.name else choice.provider

    def spending(self, model: str, tokens: int, rates: Rates | None, most: int | None) -> Spending:
        call = self.call
        door = call.door.partition(".")[0]
        return Spending(self.id, "", call.tenant, call.subject, model, tokens, door=door, rates=rates, most=most)

    async def chunks(self) -> AsyncIterator[Chunk]:
        """The reply as it is made. Raises BudgetExceeded before it is, ModelError; who leaves pays what was said."""
        choice, request = self.choice, self.call.request
        spending = self.spending(choice.name, _weight(request), choice.rates, request.max_tokens)
        asked = msgspec.structs.replace(request, model=choice.name, tenant=self.call.tenant, account=spending)
        reply: Reply | None = None
        problem: OrchestratorError | None = None
        try:
            async with aclosing(cast(Any, metered(self._budget, spending, choice.model, asked))) as chunks:
                async for chunk in chunks:
                    if not self._first:
                        self._first = self._clock.monotonic()
                    if isinstance(chunk, Setback):
                        self.model, self.reason = chunk.next, chunk.reason(self.reason)
                    elif isinstance(chunk, Reply):
                        reply = chunk
                        self._answered(chunk.model)
                    yield chunk
        except OrchestratorError as error:
            problem = error
            raise
        finally:
            if reply is not None:
                self.closed("answered", usage=reply.usage, cost=reply.cost, reply=reply)
            elif problem is not None:
                self.failed(problem)
            else:
                self.closed("cancelled")

    def _answered(self, name: str) -> None:
        """Where another model was asked besides, and was faster, nobody has said so yet."""
        if name and not self.model.endswith(f"/{name}"):
            self.model = self._label(name) or self.model

    def failed(self, error: OrchestratorError) -> None:
        self.closed("failed", problem=error.code)

    def closed(
        self,
        outcome: Outcome,
        *,
        usage: Usage | None = None,
        cost: float = 0.0,
        problem: str = "",
        reply: Reply | None = None,
    ) -> None:
        call, now = self.call, self._clock.monotonic()
        body = RequestClosed(
            self.id,
            call.door,
            call.request.model[:200],
            self.model,
            outcome,
            problem,
            usage or Usage(),
            cost,
            now - self._began,
            (self._first or now) - self._began,
            call.key,
            reply.spared if reply is not None else None,
        )
        self._trail.write(body, tenant=call.tenant, subject=call.subject)


def _needs(request: Request) -> frozenset[Capability]:
    seen = any(isinstance(part, Image) for message in request.messages for part in message.parts)
    return _SIGHT if seen else _NOTHING


def _said(request: Request) -> str:
    """The words that the request ends with."""
    return next((message.text for message in reversed(request.messages) if message.role == "user"), "")


def _weight(request: Request) -> int:
    """Tokens that will be read, about, and rather too many."""
    letters = 0
    for message in request.messages:
        for part in message.parts:
            if isinstance(part, Text):
                letters += len(part.text)
            elif isinstance(part, ToolResult):
                letters += len(part.content)
            elif isinstance(part, Image):
                letters += _IMAGE * LETTERS
    letters += sum(len(str(tool.parameters)) + len(tool.description) for tool in request.tools)
    return letters // LETTERS + 8 * len(request.messages)
