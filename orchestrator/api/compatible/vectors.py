"""Embeddings: OpenAI's `POST /v1/embeddings`, Ollama's `POST /api/embed` and, before it, `POST /api/embeddings`."""

import base64
from array import array
from typing import Any

import msgspec
from msgspec import Struct

from orchestrator.api.compatible.caller import Caller
from orchestrator.api.compatible.doors import encode, read
from orchestrator.kernel.errors import InvalidInput
from orchestrator.llm.base import Request
from orchestrator.llm.gateway import Call, Embedded

MOST = 2048  # texts of a request


class _OpenAI(Struct, frozen=True):
    input: str | list[str]
    model: str = ""
    encoding_format: str | None = None
    dimensions: int | None = None


class _Ollama(Struct, frozen=True):
    input: str | list[str] = []
    model: str = ""


class _One(Struct, frozen=True):
    prompt: str = ""
    model: str = ""


_openai = msgspec.json.Decoder(_OpenAI)
_ollama = msgspec.json.Decoder(_Ollama)
_one = msgspec.json.Decoder(_One)


async def openai(caller: Caller, body: bytes) -> bytes:
    said = read(_openai, body)
    if said.dimensions is not None:
        raise InvalidInput("Vectors are as long as their model makes them.", hint="Leave `dimensions` out.")
    made = await _made(caller, "embeddings.openai", said.model, said.input)
    packed = said.encoding_format == "base64"
    return encode(
        {
            "object": "list",
            "data": [
                {"object": "embedding", "index": index, "embedding": _packed(vector) if packed else vector}
                for index, vector in enumerate(made.vectors)
            ],
            "model": made.model,
            "usage": {"prompt_tokens": made.tokens, "total_tokens": made.tokens},
        }
    )


async def ollama(caller: Caller, body: bytes) -> bytes:
    said = read(_ollama, body)
    made = await _made(caller, "embeddings.ollama", said.model, said.input)
    return encode({"model": said.model, "embeddings": made.vectors, "prompt_eval_count": made.tokens})


async def ollama_one(caller: Caller, body: bytes) -> bytes:
    said = read(_one, body)
    made = await _made(caller, "embeddings.ollama", said.model, said.prompt)
    return encode({"embedding": made.vectors[0]})


async def _made(caller: Caller, door: str, model: str, said: str | list[str]) -> Embedded:
    texts = [said] if isinstance(said, str) else said
    if len(texts) > MOST:
        raise InvalidInput(f"A request takes {MOST} texts at most.", hint="Send the others in another one.")
    wanted = "" if model in ("", "auto") else model
    who = caller.who
    return await caller.app.gateway.embed(Call(door, Request(wanted, ()), who.tenant, who.id, who.session_id), texts)


def _packed(vector: list[float]) -> Any:
    """As 32-bit floats in base64, which OpenAI's client asks for."""
    return base64.b64encode(array("f", vector).tobytes()).decode()
