"""The `deepseek` provider: the chat-completions wire in DeepSeek's way.

Requires: a key. Can: chat, tools, vision, thinking (given back with the calls it led to, as its server wants).
It has no embeddings, and is told to write JSON in words: the schema is checked here.
"""

from typing import ClassVar

from orchestrator.llm.base import Capability
from orchestrator.llm.wires.completions import Completions


class DeepSeek(Completions):
    address: ClassVar[str] = "https://api.deepseek.com"
    can: ClassVar[frozenset[Capability]] = frozenset({"chat", "tools", "vision", "thinking"})
    shapes: ClassVar[bool] = False
