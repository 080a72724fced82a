"""A model asked by a tool of a run: chosen, paid for from its budgets, and counted among what it has spent."""

from contextlib import aclosing
from typing import Any, cast

from orchestrator.agents.ports import House
from orchestrator.agents.state import RunState
from orchestrator.kernel.errors import BudgetExceeded, ModelError, ToolFailed
from orchestrator.kernel.messages import Image, Message, Usage, system, user
from orchestrator.llm.base import Capability, Reply, Request
from orchestrator.llm.metered import metered
from orchestrator.policy.budgets.base import Spending
from orchestrator.tools.asking import HINT, Asked

_LETTERS = 3  # characters of a token, at least about
_IMAGE = 1_500  # tokens of a picture, about
_EMBEDDED = "embedded"  # which is no language model


class Asking:
    """For one call of a tool, whose effect has this key."""

    def __init__(self, house: House, state: RunState, key: str) -> None:
        self._house = house
        self._state = state
        self._key = key
        self._times = 0
        self.usage = Usage()
        self.cost = 0.0

    async def __call__(
        self,
        prompt: str,
        *,
        instructions: str = "",
        model: str = "",
        images: tuple[Image, ...] = (),
        schema: dict[str, Any] | None = None,
    ) -> Asked:
        try:
            return await self._answer(prompt, instructions, model, images, schema)
        except (ModelError, BudgetExceeded) as error:
            raise ToolFailed(f"No model answered: {error.detail}", hint=error.hint) from error

    async def _answer(
        self, prompt: str, instructions: str, model: str, images: tuple[Image, ...], schema: dict[str, Any] | None
    ) -> Asked:
        state, house = self._state, self._house
        assert state.started is not None
        self._must_have_money()
        needs: frozenset[Capability] = frozenset({"vision"}) if images else frozenset()
        agent = state.started.agent
        choice = await house.models.choose(model or state.asked_model, needs, task=prompt[:2000], agent=agent)
        if choice.name == _EMBEDDED:
            said = "Only the embedded model is here, which is no language model."
            raise ToolFailed(said, hint=HINT, why="no_language_model")
        self._times += 1
        spending = Spending(
            f"{state.run_id}:{self._key}:{self._times}",
            state.run_id,
            state.tenant,
            state.subject,
            choice.name,
            (len(prompt) + len(instructions)) // _LETTERS + _IMAGE * len(images),
            agent=agent,
            rates=choice.rates,
        )
        asked: tuple[Message, ...] = (user(prompt, *images),)
        messages = (system(instructions), *asked) if instructions else asked
        request = Request(choice.name, messages, schema=schema, tenant=state.tenant, optimise=house.optimise)
        reply: Reply | None = None
        async with aclosing(cast(Any, metered(house.budget, spending, choice.model, request))) as chunks:
            async for chunk in chunks:
                if isinstance(chunk, Reply):
                    reply = chunk
        if reply is None:
            raise ModelError("it ended without an answer.")
        self.usage, self.cost = self.usage + reply.usage, self.cost + reply.cost
        return Asked(
            reply.message.text.strip(),
            reply.model or choice.name,
            reply.usage.input_tokens + reply.usage.output_tokens,
            reply.cost,
        )

    def _must_have_money(self) -> None:
        limits, state = self._state.limits, self._state
        if limits.cost and state.cost + self.cost >= limits.cost:
            raise ToolFailed(f"The run has spent its ${limits.cost:g}.")
        spent = state.tokens + self.usage.input_tokens + self.usage.output_tokens
        if limits.tokens and spent >= limits.tokens:
            raise ToolFailed(f"The run has used its {limits.tokens} tokens.")
