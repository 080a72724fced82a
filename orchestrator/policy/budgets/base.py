"""The budget seam: reserve before a model is asked, settle after.

    allowed = await budget.reserve(spending)     # raises BudgetExceeded; how long the reply may be
    ... ask the model ...
    await budget.settle(spending, usage, cost)   # always, also when it failed or was given up

What is reserved is the most that the call can cost, so that callers who come together cannot spend more than
there is. Where a tenant has no budget, `reserve` looks at one set in memory and `settle` adds to a list.
`llm/metered.py` does all of it around a stream.
"""

from typing import Literal, Protocol, TypeAlias

from msgspec import Struct

from orchestrator.kernel.messages import Spared, Usage

Scope: TypeAlias = Literal["tenant", "user", "agent", "run"]
Period: TypeAlias = Literal["day", "month", "total"]


class Rates(Struct, frozen=True):
    """US dollars a million tokens, at most, whichever of the models that may answer does."""

    input: float = 0.0
    output: float = 0.0
    longest: int = 0  # tokens of one reply; 0: nobody knows
    strong: "Rates | None" = None  # of the best model there was, where a cheaper one was chosen: what routing saves
    cached: float = 0.0  # of `strong` only: input that the provider had in its cache


FREE = Rates()


class Spending(Struct, frozen=True):
    """A model call that is about to be made, and for whom."""

    key: str  # of this call: the same when a crashed run makes it again
    run_id: str  # empty where no run makes it
    tenant: str
    subject: str
    model: str
    tokens: int  # that it will read, as estimated
    agent: str = ""
    door: str = "run"  # by which it came: run, openai, anthropic, ollama, embeddings, cache, test, …
    rates: Rates | None = None  # None: nobody knows what it costs
    most: int | None = None  # tokens of the reply, where the request says so


class Budget(Protocol):
    """Money beyond a run's own limits: a tenant's, a person's, an agent's, a run's."""

    async def reserve(self, spending: Spending) -> int | None:
        """Before a model call. Raises BudgetExceeded when it may not be spent: a run then waits.

        How many tokens the reply may have, which is for `Request.max_tokens`; None: as many as it likes.
        The same key again takes the place of the reservation before it.
        """

    async def settle(
        self, spending: Spending, usage: Usage | None, cost: float, *, model: str = "", spared: Spared | None = None
    ) -> None:
        """After it: what it cost, `model` and `spared` as the reply says. Waits for nothing, and never fails.

        Usage is None where it failed or was given up, and nobody knows what it cost. A process that dies in
        between settles nothing: what its calls had reserved is let go when the product starts again.
        """


class Unbounded:
    """No budget but the run's own limits."""

    async def reserve(self, spending: Spending) -> int | None:
        return None

    async def settle(
        self, spending: Spending, usage: Usage | None, cost: float, *, model: str = "", spared: Spared | None = None
    ) -> None: ...
