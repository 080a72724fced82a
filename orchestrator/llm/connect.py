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
    "en": "To connect a language model, do one of these and start again:",
    "fr": "Pour connecter un modèle de langage, faites l'une de ces choses puis redémarrez :",
}
_WAYS: dict[Language, tuple[str, ...]] = {
    "en": (
        "run Ollama on this machine and `ollama pull qwen3`",
        "set ANTHROPIC_API_KEY, OPENAI_API_KEY, GEMINI_API_KEY, DEEPSEEK_API_KEY or HF_TOKEN",
        "set OPENAI_BASE_URL to a server that speaks OpenAI's protocol, such as vLLM or llama.cpp",
    ),
    "fr": (
        "lancez Ollama sur cette machine et `ollama pull qwen3`",
        "définissez ANTHROPIC_API_KEY, OPENAI_API_KEY, GEMINI_API_KEY, DEEPSEEK_API_KEY ou HF_TOKEN",
        "donnez à OPENAI_BASE_URL l'adresse d'un serveur qui parle le protocole d'OpenAI, comme vLLM ou llama.cpp",
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
