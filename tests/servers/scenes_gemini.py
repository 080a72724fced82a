"""The scenes on Google's generateContent wire. SIMULATED: nothing is understood."""

import json
from collections.abc import Iterable
from typing import Any

from servers.scenes import RAW, Scene


def _usage(scene: Scene) -> dict[str, Any]:
    return {
        "promptTokenCount": scene.input_tokens,
        "candidatesTokenCount": scene.output_tokens - scene.reasoning_tokens,
        "thoughtsTokenCount": scene.reasoning_tokens,
        "cachedContentTokenCount": scene.cached_tokens,
        "totalTokenCount": scene.input_tokens + scene.output_tokens,
    }


def _call(scene: Scene, number: int) -> dict[str, Any]:
    call = scene.calls[number]
    # As text, like Ollama's: there is JSON that Python would not read.
    made: dict[str, Any] = {"functionCall": {"name": call.name, "args": f"{RAW}{call.arguments}{RAW}"}}
    if scene.signature and number == 0:
        made["thoughtSignature"] = scene.signature
    return made


def gemini_chunks(scene: Scene, model: str) -> Iterable[dict[str, Any]]:
    def chunk(*parts: dict[str, Any], finish: str = "") -> dict[str, Any]:
        candidate: dict[str, Any] = {"content": {"parts": list(parts), "role": "model"}, "index": 0}
        if finish:
            candidate["finishReason"] = finish
        return {"candidates": [candidate], "usageMetadata": _usage(scene), "modelVersion": model, "responseId": "r1"}

    for piece in scene.thinking:
        yield chunk({"text": piece, "thought": True})
    for piece in scene.text:
        yield chunk({"text": piece})
    if scene.fault == "mid_error":
        yield {"error": {"code": 503, "message": "the engine stopped", "status": "UNAVAILABLE"}}
        return
    for number in range(len(scene.calls)):
        yield chunk(_call(scene, number))
    last = [{"text": "", "thoughtSignature": scene.signature}] if scene.signature and not scene.calls else []
    ending = "SAFETY" if scene.refused else "MAX_TOKENS" if scene.finish == "length" else "STOP"
    yield chunk(*(last or [{"text": ""}]), finish=ending)


def gemini_whole(scene: Scene, model: str) -> dict[str, Any]:
    chunks = list(gemini_chunks(scene, model))
    parts = [part for chunk in chunks for part in chunk["candidates"][0]["content"]["parts"]]
    last = chunks[-1]
    return {**last, "candidates": [{**last["candidates"][0], "content": {"parts": parts, "role": "model"}}]}


def gemini_models(names: Iterable[str]) -> dict[str, Any]:
    return {
        "models": [
            {
                "name": f"models/{name}",
                "displayName": name,
                "inputTokenLimit": 1_000_000,
                "outputTokenLimit": 65_536,
                "supportedGenerationMethods": ["embedContent"] if "embed" in name else ["generateContent"],
                "thinking": True,
            }
            for name in names
        ]
    }


def gemini_refusal(status: int, message: str) -> dict[str, Any]:
    named = {400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 404: "NOT_FOUND", 429: "RESOURCE_EXHAUSTED"}
    error: dict[str, Any] = {"code": status, "message": message, "status": named.get(status, "INTERNAL")}
    if status == 429:
        error["details"] = [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "7s"}]
    return {"error": error}


def sealed_parts(contents: list[dict[str, Any]]) -> list[str]:
    return [json.dumps(part) for content in contents for part in content["parts"] if "thoughtSignature" in part]
