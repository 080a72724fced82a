"""What stands before a provider: a circuit that may be open, then a place that must be free."""

from collections.abc import AsyncIterator

from orchestrator.kernel.errors import ModelError
from orchestrator.llm.base import Chunk, Model, Request
from orchestrator.llm.resilience.circuit import Circuit
from orchestrator.llm.resilience.places import Places
from orchestrator.llm.wrapper import Wrapper, leave


class Gate(Wrapper):
    """Both in one: each layer of a stream costs time at every call and at every word."""

    def __init__(self, inner: Model, circuit: Circuit, places: Places) -> None:
        super().__init__(inner)
        self._circuit = circuit
        self._places = places

    async def stream(self, request: Request) -> AsyncIterator[Chunk]:
        circuit, places = self._circuit, self._places
        circuit.enter(request.model, self.name)
        chunks = self._inner.stream(request)
        told = inside = False
        try:
            await places.take(self.name)
            inside = True
            async for chunk in chunks:
                yield chunk
            told = True
            circuit.succeeded()
        except ModelError as error:
            told = True
            circuit.failed(request.model, error)
            raise
        finally:
            try:
                if not told:
                    circuit.left()
                    await leave(chunks)
            finally:
                if inside:
                    places.leave()

    async def embed(self, texts: list[str], model: str = "") -> list[list[float]]:
        circuit, places = self._circuit, self._places
        circuit.enter(model, self.name)
        told = inside = False
        try:
            await places.take(self.name)
            inside = True
            made = await self._inner.embed(texts, model)
            told = True
            circuit.succeeded()
            return made
        except ModelError as error:
            told = True
            circuit.failed(model, error)
            raise
        finally:
            if not told:
                circuit.left()
            if inside:
                places.leave()
