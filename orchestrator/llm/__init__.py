"""Language models: one seam, a short file a provider, and wrappers of the same shape."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from orchestrator.llm.adapters import ClaudeAdapter, DeepSeekAdapter
    from orchestrator.llm.optimiser.prompt import PromptOptimizer, optimize_message_history, optimize_prompt
    from orchestrator.llm.optimiser.reducer import TokenReducer

__all__ = (
    "ClaudeAdapter",
    "DeepSeekAdapter",
    "PromptOptimizer",
    "TokenReducer",
    "optimize_message_history",
    "optimize_prompt",
)

_WHERE = {
    "ClaudeAdapter": "adapters",
    "DeepSeekAdapter": "adapters",
    "PromptOptimizer": "optimiser.prompt",
    "TokenReducer": "optimiser.reducer",
    "optimize_message_history": "optimiser.prompt",
    "optimize_prompt": "optimiser.prompt",
}


def __getattr__(name: str) -> Any:
    """Names for programs of one's own, imported when they are asked for: a command must start fast."""
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_WHERE[name]}"), name)
