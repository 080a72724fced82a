"""The `openai` provider: any server that speaks the chat-completions wire, OpenAI's own, vLLM, llama.cpp, LM Studio.

Requires: the address, and a key where the server wants one. Can: chat, tools, vision, thinking (where the
server shows it), embeddings, JSON schemas; `options.capabilities` says less of a server that can less.
OpenAI's own models call tools on this wire only without thinking: `responses` is the better one for them.
"""

from typing import ClassVar

from orchestrator.llm.wires.completions import Completions


class OpenAI(Completions):
    address: ClassVar[str] = "https://api.openai.com/v1"
    embedding = "text-embedding-3-small"
