"""How a person connects a language model: said in errors, by `doctor`, and by the embedded model."""

from orchestrator.kernel.messages import Language

_KEYS = {
    "anthropic": "ANTHROPIC_API_KEY",
    "openai": "OPENAI_API_KEY",
    "deepseek": "DEEPSEEK_API_KEY",
    "huggingface": "HF_TOKEN",
}

_HOW: dict[Language, str] = {
    "en": (
        "To connect a language model, do one of these and start again: "
        "run Ollama on this machine and `ollama pull qwen3`; "
        "or set ANTHROPIC_API_KEY, OPENAI_API_KEY, DEEPSEEK_API_KEY or HF_TOKEN; "
        "or set OPENAI_BASE_URL to a server that speaks OpenAI's protocol, such as vLLM or llama.cpp."
    ),
    "fr": (
        "Pour connecter un modèle de langage, faites l'une de ces choses puis redémarrez : "
        "lancez Ollama sur cette machine et `ollama pull qwen3` ; "
        "ou définissez ANTHROPIC_API_KEY, OPENAI_API_KEY, DEEPSEEK_API_KEY ou HF_TOKEN ; "
        "ou donnez à OPENAI_BASE_URL l'adresse d'un serveur qui parle le protocole d'OpenAI, comme vLLM ou llama.cpp."
    ),
}


def how_to_connect(language: Language = "en") -> str:
    return _HOW[language]


def key_variable(provider: str) -> str:
    """Where the key of a provider is set: a variable of the environment, or the settings file."""
    return _KEYS.get(provider) or f"llm.providers.{provider}.api_key in config.toml"
