"""The baseline: the tool of the example that shares most words, its arguments by type, one call and no more."""

import re
from collections.abc import AsyncIterator

from orchestrator.kernel import answers
from orchestrator.kernel.messages import Language, Message, Text, ToolCall, ToolResult, ToolSpec
from orchestrator.llm.base import Chunk, Reply, Request

_LEAST = 0.3  # share of words in common


class NearestExample:
    name = "nearest example"

    async def stream(self, request: Request) -> AsyncIterator[Chunk]:
        last = request.messages[-1]
        results = [part for part in last.parts if isinstance(part, ToolResult)]
        if results:
            yield self._answer(results[0], request)
            return
        words = _words(last.text)
        best, spec, language = max(
            (
                (len(words & _words(example.text)) / max(1, len(words | _words(example.text))), spec, example.language)
                for spec in request.tools
                for example in spec.examples
            ),
            key=lambda each: each[0],
        )
        arguments = _arguments(spec, last.text)
        missing = [name for name in spec.parameters.get("required", ()) if name not in arguments]
        if best < _LEAST:
            yield _said("I cannot do that; connect a language model (Ollama, OPENAI_API_KEY), un modèle.")
        elif missing:
            yield _said({"en": "Which", "fr": "Quel"}[language] + f" {', '.join(missing)}?")
        else:
            call = ToolCall(f"call_{len(request.messages)}", spec.name, arguments)
            yield Reply(Message("assistant", (call,)), self.name, "tools")

    def _answer(self, result: ToolResult, request: Request) -> Reply:
        spec = next(spec for spec in request.tools if spec.name == result.name)
        language: Language = "fr" if re.search(r"[éèêàç]|\b(?:le|la|les|est|et|de)\b", str(request.messages)) else "en"
        return _said(answers.say(spec.answers[language], result.data, language) if result.data else result.content)


def _said(text: str) -> Reply:
    return Reply(Message("assistant", (Text(text),)), "nearest example")


def _words(text: str) -> set[str]:
    return set(re.findall(r"[^\W\d_]{2,}", text.lower()))


_SHAPES = {
    "path": r"[\w/-]+\.\w{1,5}\b", "url": r"https?://\S+", "expression": r"[\d(][\d\s()+*/^%.-]*[\d)]",
    "timezone": r"\b[A-Z]\w+/\w+", "pattern": r"\*\.\w+", "content": r"[\"'«](.+?)[\"'»]", "text": r"[\"'«](.+?)[\"'»]",
    "command": r"(?:run|execute|lance|exécute)\s+(.+)",
}  # fmt: skip


def _arguments(spec: ToolSpec, text: str) -> dict[str, str]:
    found = {}
    for name in spec.parameters["properties"]:
        if name in _SHAPES and (match := re.search(_SHAPES[name], text)):
            found[name] = (match.group(1) if match.groups() else match.group()).strip()
    return found
