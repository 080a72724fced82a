"""How a person connects a language model: said in errors, by `doctor`, and by the embedded model."""

from orchestrator.kernel.messages import Language

_KEYS = {
    "anthropic": "ANTHROPIC_API_KEY",
    "openai": "OPENAI_API_KEY",
    "gemini": "GEMINI_API_KEY",
    "deepseek": "DEEPSEEK_API_KEY",
    "huggingface": "HF_TOKEN",
}

_LEAD: dict[Language, str] = {
    "en": "To connect a language model, do one of these:",
    "fr": "Pour connecter un modèle de langage, faites l'une de ces choses :",
}
_WAYS: dict[Language, tuple[str, ...]] = {
    "en": (
        "`orchestrator models add anthropic` (or openai, gemini, deepseek, huggingface), or the page “Models & costs”",
        "run Ollama on this machine and `ollama pull qwen3`",
        "`orchestrator models add lab --base-url http://HOST:PORT/v1` for vLLM, llama.cpp and others like OpenAI's",
        "set ANTHROPIC_API_KEY, OPENAI_API_KEY, GEMINI_API_KEY, DEEPSEEK_API_KEY, HF_TOKEN or OPENAI_BASE_URL, and"
        " start again",
    ),
    "fr": (
        "`orchestrator models add anthropic` (ou openai, gemini, deepseek, huggingface), ou la page"
        " « Modèles et coûts »",
        "lancez Ollama sur cette machine et `ollama pull qwen3`",
        "`orchestrator models add lab --base-url http://HÔTE:PORT/v1` pour vLLM, llama.cpp et ceux qui parlent comme"
        " OpenAI",
        "définissez ANTHROPIC_API_KEY, OPENAI_API_KEY, GEMINI_API_KEY, DEEPSEEK_API_KEY, HF_TOKEN ou OPENAI_BASE_URL,"
        " puis redémarrez",
    ),
}
_OR: dict[Language, str] = {"en": "; or ", "fr": " ; ou "}


def how_to_connect(language: Language = "en") -> str:
    """In one paragraph, for errors and hints."""
    return f"{_LEAD[language]} {_OR[language].join(_WAYS[language])}."


def ways_to_connect(language: Language) -> str:
    """As a markdown list."""
    return "\n".join([_LEAD[language], "", *(f"- {way}" for way in _WAYS[language])])


def key_variable(provider: str) -> str:
    """Where the key of a provider is set: a variable of the environment, or the settings file."""
    return _KEYS.get(provider) or f"llm.providers.{provider}.api_key in config.toml"
