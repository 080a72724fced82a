"""A cascade: a cheap model answers, the answer is verified, and only if it does not pass a stronger model is asked.

What the cheap model says is seen as it comes, and void if it does not pass (a Setback); where nothing can be taken
back (`final`), it is held until it has passed. The reply's usage and cost are those of everybody who was asked.
"""

from collections.abc import AsyncIterator, Callable, Sequence

import msgspec

from orchestrator.kernel.errors import ModelError, ModelGarbled
from orchestrator.kernel.messages import Usage
from orchestrator.llm.base import Chunk, Reply, Request, Setback
from orchestrator.llm.resilience.persist import Way
from orchestrator.llm.routing.verify import Verdict, Verify
from orchestrator.llm.wrapper import Wrapper, leave

Learn = Callable[[Request, str, float], None]  # of whom, how good it was


class Cascaded(Wrapper):
    def __init__(self, ways: Sequence[Way], verify: Verify, threshold: float, learn: Learn) -> None:
        super().__init__(ways[-1].model)
        self.ways = tuple(ways)
        self._verify = verify
        self._threshold = threshold
        self._learn = learn

    async def stream(self, request: Request) -> AsyncIterator[Chunk]:
        usage, cost = Usage(), 0.0
        for index, way in enumerate(self.ways):
            last = index == len(self.ways) - 1
            held: list[Chunk] = []
            reply: Reply | None = None
            chunks = way.model.stream(msgspec.structs.replace(request, model=way.name))
            try:
                async for chunk in chunks:
                    if isinstance(chunk, Reply):
                        reply = chunk
                    elif request.final and not last:
                        held.append(chunk)
                    else:
                        yield chunk
            except ModelError as error:
                if last:
                    raise
                yield Setback(way.label, self.ways[index + 1].label, error)
                continue
            finally:
                await leave(chunks)
            if reply is None:
                raise ModelGarbled(f"{way.label} stopped without finishing its reply.")
            usage, cost = usage + reply.usage, cost + reply.cost
            verdict = Verdict(1.0) if last else await self._verify(request, reply)
            cost += verdict.cost
            if not last:
                self._learn(request, way.label, verdict.score)
            if verdict.score >= self._threshold:
                for chunk in held:
                    yield chunk
                yield msgspec.structs.replace(reply, usage=usage, cost=cost)
                return
            failed = ModelGarbled(f"The answer of {way.label} did not pass: {verdict.why or f'{verdict.score:.0%}'}.")
            yield Setback(way.label, self.ways[index + 1].label, failed)
