"""A reply that must be JSON of a schema is checked, whoever promised it: what is not of it is no reply."""

import re
from collections.abc import AsyncIterator

import msgspec

from orchestrator.kernel.errors import ModelMisshaped
from orchestrator.kernel.messages import Message, Text, system
from orchestrator.llm.base import Chunk, Reply, Request, TextDelta
from orchestrator.llm.schema import fault
from orchestrator.llm.wrapper import Wrapper, leave

_FENCED = re.compile(r"\s*```(?:json)?\s*\n(.*?)\n?\s*```\s*", re.DOTALL)


class Misshaped(ModelMisshaped):
    """With what was said, so that the model can be shown it."""

    def __init__(self, detail: str, said: str) -> None:
        super().__init__(detail, hint="Ask again, or ask another model.")
        self.said = said


class Shaped(Wrapper):
    """Its words are held back until they are known to be of the schema, for half a JSON is of no use to anyone."""

    def stream(self, request: Request) -> AsyncIterator[Chunk]:
        if request.schema is None or request.tools:
            return self._inner.stream(request)
        return self._checking(request)

    async def _checking(self, request: Request) -> AsyncIterator[Chunk]:
        asked = request if "schema" in self.capabilities else _in_words(request)
        chunks = self._inner.stream(asked)
        try:
            async for chunk in chunks:
                if isinstance(chunk, Reply):
                    reply = _checked(chunk, request)
                    if reply.message.text:
                        yield TextDelta(reply.message.text)
                    yield reply
                elif not isinstance(chunk, TextDelta):
                    yield chunk
        finally:
            await leave(chunks)


def _in_words(request: Request) -> Request:
    """For models that take no schema."""
    written = msgspec.json.encode(request.schema).decode()
    told = system(f"Answer with one JSON value of this JSON Schema, and with nothing else, no fence either:\n{written}")
    return msgspec.structs.replace(request, messages=(told, *request.messages))


def _checked(reply: Reply, request: Request) -> Reply:
    said = reply.message.text
    if reply.finish == "filtered":
        return reply  # a refusal is an answer of its own kind
    bare = fenced[1] if (fenced := _FENCED.fullmatch(said)) else said
    try:
        value = msgspec.json.decode(bare)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        cut = " It was cut at its length." if reply.finish == "length" else ""
        raise Misshaped(f"The reply is not JSON: {error}.{cut}", said) from error
    assert request.schema is not None
    if what := fault(value, request.schema):
        raise Misshaped(f"The reply is not of the schema: {what}.", said)
    if bare is said:
        return reply
    others = tuple(part for part in reply.message.parts if not isinstance(part, Text))
    return msgspec.structs.replace(reply, message=Message("assistant", (*others, Text(bare))))
