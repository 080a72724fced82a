"""What the agents room needs of others, said as small protocols; app.py hands it in."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import Any, Literal, Protocol

from orchestrator.agents.parked import Parked
from orchestrator.agents.shelf import Shelf
from orchestrator.journal.bus import Bus
from orchestrator.journal.ledger import Ledger
from orchestrator.kernel.clock import Clock
from orchestrator.kernel.events import Event
from orchestrator.kernel.ids import Ids
from orchestrator.kernel.messages import Arguments, Origin, ToolSpec
from orchestrator.llm.base import Capability, Model
from orchestrator.policy.base import Call, Decision
from orchestrator.policy.budgets.base import Budget, Rates, Unbounded
from orchestrator.policy.screen.screen import Seen
from orchestrator.tools.base import Artifacts, Tool


class Choice(Protocol):
    @property
    def model(self) -> Model: ...
    @property
    def name(self) -> str: ...
    @property
    def reason(self) -> str: ...
    @property
    def rates(self) -> Rates | None:
        """What it may cost at most; None: nobody knows."""


class Chooser(Protocol):
    async def choose(
        self, asked: str, needs: frozenset[Capability] = frozenset(), *, task: str = "", agent: str = ""
    ) -> Choice:
        """The model that is meant; `task` is what is to be done, in words, and `agent` who does it."""


class Tools(Protocol):
    def specs(self) -> tuple[ToolSpec, ...]: ...
    def get(self, name: str) -> Tool: ...


class Decide(Protocol):
    def decide(self, call: Call, granted: Collection[tuple[str, str]] = ()) -> Decision: ...
    def shape(self, call: Call) -> str: ...
    def screen(
        self, tool: str, arguments: Arguments, origin: Origin, content: str, granted: Collection[tuple[str, str]] = ()
    ) -> Seen:
        """What of a result gives orders to the model that is to read it, and what could."""


class Recorder(Protocol):
    def append(self, events: Sequence[Event], *, lazy: bool = False) -> "asyncio.Future[None]": ...
    async def read(self, stream: str, after: int = 0) -> list[Event]: ...


class Snapshots(Protocol):
    """The state of long runs, kept as bytes."""

    async def load(self, run_id: str, version: int) -> bytes | None: ...
    async def keep(self, run_id: str, tenant: str, subject: str, seq: int, version: int, body: bytes) -> None: ...


class Cluster(Protocol):
    """Other processes on the same journal: each run is worked on by one of them."""

    def check(self) -> None:
        """Before an effect or an append. Raises Fenced once the runs here may be another's."""

    def full(self) -> bool:
        """Whether another process should work on what is begun here."""

    def stir(self) -> None:
        """There is room again."""

    async def hand_on(self, run_id: str) -> None:
        """Let another process work on it."""

    async def at(
        self, run_id: str, operation: str, arguments: dict[str, Any], here: Callable[[], Awaitable[Any]]
    ) -> Any:
        """Do something to a run where it is worked on; `here` when that is nowhere else."""


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
        optimise: Literal["off", "minimal", "balanced", "aggressive"] = "off",
        budget: Budget | None = None,
        cluster: Cluster | None = None,
        depth: int = 2,
        children: int = 8,
        snapshots: Snapshots | None = None,
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
        self.optimise = optimise  # how what a model reads may be shortened
        self.budget = budget or Unbounded()
        self.cluster = cluster  # None: this process is the only one
        self.depth = depth  # of delegation; 0: no run may delegate
        self.snapshots = snapshots  # None: every run is folded from its first event
        self.children = children  # that one run may have
        self.shelf = Shelf()
        self.parked = Parked()
        self.leftovers: set[asyncio.Task[bool]] = set()  # tools that did not stop when they were told to
