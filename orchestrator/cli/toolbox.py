"""The tools there are, laid out for a person in their language: by what they are for, and one of them whole.

Descriptions are written for models, in English. Whoever reads French is shown what to say instead.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from orchestrator.cli.terminal import laid_out
from orchestrator.kernel.messages import Language

Tool = Mapping[str, Any]

_CATEGORIES: dict[str, dict[Language, str]] = {
    "ai": {"en": "other models: ask, summarise, translate", "fr": "d'autres modèles : demander, résumer, traduire"},
    "code": {"en": "Python and JavaScript, confined", "fr": "Python et JavaScript, confinés"},
    "custom": {"en": "tools of your own", "fr": "vos outils"},
    "data": {"en": "tables in SQL, charts", "fr": "tableaux en SQL, graphiques"},
    "docker": {"en": "containers and images", "fr": "conteneurs et images"},
    "files": {"en": "the files of the workspace", "fr": "les fichiers de l'espace de travail"},
    "git": {"en": "repositories of the workspace", "fr": "les dépôts de l'espace de travail"},
    "github": {"en": "repositories, issues, pull requests", "fr": "dépôts, tickets, pull requests"},
    "host": {"en": "other machines, by SSH", "fr": "d'autres machines, par SSH"},
    "huggingface": {"en": "models and datasets", "fr": "modèles et jeux de données"},
    "mathematics": {"en": "arithmetic", "fr": "le calcul"},
    "network": {"en": "names, ports, certificates", "fr": "noms, ports, certificats"},
    "schedule": {"en": "reminders, and tasks for later", "fr": "rappels, et tâches pour plus tard"},
    "skills": {"en": "instructions that were brought here", "fr": "les instructions apportées ici"},
    "system": {"en": "this machine: commands, processes, services", "fr": "cette machine : commandes, services"},
    "tools": {"en": "the tools themselves", "fr": "les outils eux-mêmes"},
    "vercel": {"en": "projects and deployments", "fr": "projets et déploiements"},
    "web": {"en": "pages, searches, requests", "fr": "pages, recherches, requêtes"},
}
_DOES: dict[str, dict[Language, str]] = {
    "read": {"en": "looks", "fr": "regarde"},
    "write": {"en": "writes", "fr": "écrit"},
    "execute": {"en": "acts", "fr": "agit"},
    "admin": {"en": "administers", "fr": "administre"},
}
_EFFECTS: dict[str, dict[Language, str]] = {
    "none": {"en": "changes nothing", "fr": "ne change rien"},
    "idempotent": {"en": "twice is as once", "fr": "deux fois valent une"},
    "once": {"en": "done once", "fr": "fait une seule fois"},
}
_PLACES: dict[str, dict[Language, str]] = {
    "server": {"en": "in the server's process", "fr": "dans le processus du serveur"},
    "sandbox": {"en": "confined ({level})", "fr": "confiné ({level})"},
    "machine": {"en": "a program of this machine, not confined", "fr": "un programme de la machine, non confiné"},
    "elsewhere": {"en": "done elsewhere", "fr": "fait ailleurs"},
}
_WORDS: dict[str, dict[Language, str]] = {
    "foot": {
        "en": "{count} tools. One of them: orchestrator tools show NAME. Of a kind: orchestrator tools list KIND.",
        "fr": "{count} outils. L'un d'eux : orchestrator tools show NOM. D'une sorte : orchestrator tools list SORTE.",
    },
    "required": {"en": "required", "fr": "obligatoire"},
    "default": {"en": "default {value}", "fr": "par défaut {value}"},
    "say": {"en": "Say, for instance:", "fr": "Dites par exemple :"},
    "used": {
        "en": "{calls} calls, {failures} failures, {seconds:.1f} s",
        "fr": "{calls} appels, {failures} échecs, {seconds:.1f} s",
    },
}


def categories(tools: Iterable[Tool], language: Language, width: int | None) -> str:
    """All of them, each category under its name."""
    by: dict[str, list[Tool]] = {}
    for tool in tools:
        by.setdefault(tool["category"], []).append(tool)
    rows = [(tool["name"], _say(_DOES, tool["scope"], language), _about(tool, language)) for tool in _all(by)]
    lines = iter(laid_out(("", "", ""), rows, width and width - 2)[1:])
    found = []
    for name in sorted(by):
        what = _CATEGORIES.get(name, {}).get(language, by[name][0]["source"])
        found.append(f"{name}: {what}")
        found += [next(lines).replace("\n", "\n  ").join(("  ", "")) for _ in by[name]]
        found.append("")
    foot = [_say(_WORDS, "foot", language).format(count=len(rows))] if len(rows) > 1 else []
    return "\n".join([*found, *foot]).rstrip()


def card(tool: Tool, language: Language) -> str:
    """One tool: what it does and where, what it takes, what to say."""
    where = _say(_PLACES, tool["place"], language).format(level=tool["sandbox"])
    facts = (_say(_DOES, tool["scope"], language), _say(_EFFECTS, tool["effects"], language), where)
    lines = [f"{tool['name']}  ({tool['category']}: {', '.join(facts)})", tool["description"], ""]
    lines += [_parameter(name, schema, tool, language) for name, schema in tool["parameters"]["properties"].items()]
    if requests := [example["text"] for example in tool["examples"] if example["language"] == language]:
        lines += ["", _say(_WORDS, "say", language), *(f"  {_quoted(text, language)}" for text in requests)]
    return "\n".join([*lines, "", _say(_WORDS, "used", language).format(**tool)])


def _all(by: Mapping[str, list[Tool]]) -> list[Tool]:
    return [tool for name in sorted(by) for tool in sorted(by[name], key=lambda tool: str(tool["name"]))]


def _about(tool: Tool, language: Language) -> str:
    if language != "en":
        for example in tool["examples"]:
            if example["language"] == language:
                return _quoted(example["text"], language)
    first, dot, _ = tool["description"].partition("\n")[0].partition(". ")
    return f"{first}{dot}".strip()


def _parameter(name: str, schema: Any, tool: Tool, language: Language) -> str:
    kind = schema.get("type") or " | ".join(str(part.get("type")) for part in schema.get("anyOf", ())) or "any"
    needed = name in tool["parameters"].get("required", ())
    more = _say(_WORDS, "required" if needed else "default", language).format(
        value=msgspec.json.encode(schema.get("default")).decode()
    )
    return f"  {name}: {kind}, {more}. {schema.get('description', '')}".rstrip()


def _quoted(text: str, language: Language) -> str:
    return f"“{text}”" if language == "en" else f"« {text} »"


def _say(table: Mapping[str, Mapping[Language, str]], word: str, language: Language) -> str:
    return table[word][language]
