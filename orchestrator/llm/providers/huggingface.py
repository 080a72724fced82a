"""The `huggingface` provider: the router of Hugging Face, which hands a request to one of many companies.

Requires: a token. Can: chat, tools, thinking, JSON schemas, as the company can that runs the model
(`model:company` names one); embeddings by the router's own inference.
"""

from typing import ClassVar
from urllib.parse import quote

import msgspec

from orchestrator.kernel.errors import ModelGarbled
from orchestrator.llm.base import Capability
from orchestrator.llm.wires.completions import Completions

_vectors = msgspec.json.Decoder(list[list[float]])


class HuggingFace(Completions):
    address: ClassVar[str] = "https://router.huggingface.co"
    root: ClassVar[str] = "/v1"
    can: ClassVar[frozenset[Capability]] = frozenset({"chat", "tools", "vision", "thinking", "embeddings", "schema"})
    embedding = "intfloat/multilingual-e5-large"

    async def embed(self, texts: list[str], model: str = "") -> list[list[float]]:
        if not texts:
            return []
        name = model or self.embedding
        path = f"/hf-inference/models/{quote(name)}/pipeline/feature-extraction"
        found = await self._wire.post(path, {"inputs": texts}, _vectors)
        if len(found) != len(texts):
            raise ModelGarbled(f"{self.name} returned {len(found)} vectors for {len(texts)} texts.")
        return found
