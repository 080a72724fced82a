"""A model call that is paid for: reserved, streamed, settled, however it ends."""

from collections.abc import AsyncIterator

import msgspec

from orchestrator.kernel.messages import Usage
from orchestrator.llm.base import Chunk, Model, Reply, Request, Setback
from orchestrator.llm.wrapper import leave
from orchestrator.policy.budgets.base import FREE, Budget, Spending

_LETTERS = 4  # characters of a token, about


async def metered(budget: Budget, spending: Spending, model: Model, request: Request) -> AsyncIterator[Chunk]:
    """The stream of the model. Raises BudgetExceeded before it is asked.

    Who gives up a stream pays for what was said so far, as estimated: else nobody need ever pay.
    """
    allowed = await budget.reserve(spending)
    if allowed is not None or request.account is not spending:
        most = request.max_tokens if allowed is None else allowed
        request = msgspec.structs.replace(request, max_tokens=most, account=spending)
    reply: Reply | None = None
    heard = 0
    chunks = model.stream(request)
    try:
        async for chunk in chunks:
            if isinstance(chunk, Reply):
                reply = chunk
            elif not isinstance(chunk, Setback):
                heard += len(chunk.text)
            yield chunk
    finally:
        try:
            await leave(chunks)
        finally:
            if reply is not None:
                await budget.settle(
                    spending, reply.usage, reply.cost, model=reply.model or spending.model, spared=reply.spared
                )
            else:
                await budget.settle(spending, *given_up(spending, heard))


def given_up(spending: Spending, heard: int) -> tuple[Usage | None, float]:
    """What a reply costs of which so many characters were heard: about; nothing where none were."""
    if not heard:
        return None, 0.0
    usage, rates = Usage(spending.tokens, heard // _LETTERS + 1), spending.rates or FREE
    return usage, (usage.input_tokens * rates.input + usage.output_tokens * rates.output) / 1e6
