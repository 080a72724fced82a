"""What the agents room needs of others, said as small protocols; app.py hands it in."""

import asyncio
from collections.abc import Collection, Sequence
from typing import Protocol

from orchestrator.journal.bus import Bus
from orchestrator.journal.ledger import Ledger
from orchestrator.kernel.clock import Clock
from orchestrator.kernel.events import Event
from orchestrator.kernel.ids import Ids
from orchestrator.kernel.messages import ToolSpec
from orchestrator.llm.base import Capability, Model
from orchestrator.policy.base import Call, Decision
from orchestrator.tools.base import Artifacts, Tool


class Choice(Protocol):
    @property
    def model(self) -> Model: ...
    @property
    def name(self) -> str: ...
    @property
    def reason(self) -> str: ...


class Chooser(Protocol):
    async def choose(self, asked: str, needs: frozenset[Capability] = frozenset()) -> Choice: ...


class Tools(Protocol):
    def specs(self) -> tuple[ToolSpec, ...]: ...
    def get(self, name: str) -> Tool: ...


class Decide(Protocol):
    def decide(self, call: Call, granted: Collection[tuple[str, str]] = ()) -> Decision: ...
    def shape(self, call: Call) -> str: ...


class Recorder(Protocol):
    def append(self, events: Sequence[Event], *, lazy: bool = False) -> "asyncio.Future[None]": ...
    async def read(self, stream: str, after: int = 0) -> list[Event]: ...


class House:
    """The rooms an agent works with."""

    def __init__(
        self,
        *,
        journal: Recorder,
        ledger: Ledger,
        bus: Bus,
        models: Chooser,
        tools: Tools,
        policy: Decide,
        artifacts: Artifacts,
        clock: Clock,
        ids: Ids,
        context_tokens: int = 24_000,
        allow_loopback: bool = False,
    ) -> None:
        self.journal = journal
        self.ledger = ledger
        self.bus = bus
        self.models = models
        self.tools = tools
        self.policy = policy
        self.artifacts = artifacts
        self.clock = clock
        self.ids = ids
        self.context_tokens = context_tokens
        self.allow_loopback = allow_loopback
