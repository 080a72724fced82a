"""One result, as markdown: by the tool's own template, texts set apart, and what was asked for rather than all."""

import posixpath
import re
from typing import Any, Final

from orchestrator.kernel import answers
from orchestrator.kernel.messages import Arguments, Language, ToolResult
from orchestrator.llm.providers.embedded import lexicon, values
from orchestrator.llm.providers.embedded.index import Entry
from orchestrator.llm.providers.embedded.language import STOP_WORDS, concept_of, fold, tokens
from orchestrator.llm.providers.embedded.phrases import say

_SET_ASIDE: Final = re.compile("[\ue000-\ue0ff]")  # the signs of long quotations
_SAID: Final = 90  # characters of the person's words that are quoted back
LONGEST: Final = 6000  # characters of one result that an answer repeats
_APART: Final = ("content", "stdout", "stderr", "body", "output")  # texts that are always set apart
_OWN_FENCE: Final = re.compile(r"(?:^|\n)```(\w*)$")
_PLACE: Final = "\uf8ff"  # where the text goes: a sign that no text uses
_MARKS: Final = ("#", ">", "-", "+", "|", "=", " ", "\t")
_INLINE: Final = re.compile(r"[*_`<\[~$|]|\w\(")
_TAGS: Final = {extension: kind for kind, extension in reversed(lexicon.FILE_KINDS.items())} | {"py": "python"}
_PLAIN: Final = frozenset(["txt", "log", "csv", "pdf", "png", "jpg"])


def result(entry: Entry, said: str, arguments: Arguments, found: ToolResult, language: Language) -> str:
    """`said`: the person's words, which may ask for a part of what the tool reports."""
    template = entry.spec.answers.get(language) or entry.spec.answers.get("en")
    if template and isinstance(found.data, dict):
        facts = _facts(entry, template, said, found.data, language)
        text = facts or fenced(template, found.data, language)
        if text:
            return text if "```" in text else _cut(text, language)
    return _cut(found.content, language) or say("done", language, said=entry.spec.name)


def fenced(template: str, data: dict[str, Any], language: Language) -> str:
    """What a tool says, its text set apart, so that what a file holds is not taken for the answer's own markdown."""
    shown = _roots(template)
    for name in dict.fromkeys((*_APART, *values.SAYING)):
        text = data[name].strip("\n") if name in shown and isinstance(data.get(name), str) else ""
        if text and (name in _APART or "\n" in text or text[0] in _MARKS or _INLINE.search(text)):
            before, placed, after = answers.say(template, {**data, name: _PLACE}, language).partition(_PLACE)
            if placed:
                before, after, tag = before.rstrip(), after.lstrip(), ""
                if (own := _OWN_FENCE.search(before)) and after.startswith("```"):  # the template sets it apart itself
                    before, after, tag = before[: own.start()], after[3:].lstrip(), own[1]
                return f"{before.rstrip()}\n{block(text, data.get('path'), language, tag)}\n{after}".strip()
    return answers.say(template, data, language)


def block(text: str, path: object, language: Language, tag: str = "") -> str:
    """A fence longer than any in the text, with the language that the file's name tells; clipped, and said so."""
    shown = text[:LONGEST]
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", shown)), default=0))
    extension = posixpath.splitext(str(path))[1].lstrip(".").lower() if path else ""
    tag = tag or ("" if extension in _PLAIN else _TAGS.get(extension, ""))
    note = f"\n\n{say('clipped', language, count=len(text) - LONGEST)}\n" if len(text) > LONGEST else ""
    return f"{fence}{tag}\n{shown}\n{fence}{note}"


def _cut(text: str, language: Language) -> str:
    if len(text) <= LONGEST:
        return text
    return f"{text[:LONGEST].rstrip()}\n\n{say('clipped', language, count=len(text) - LONGEST)}"


# A part of the facts


def _facts(entry: Entry, template: str, said: str, data: dict[str, Any], language: Language) -> str:
    """Of many facts, those that the request names: by the words of the template, or by the name of the field."""
    lines = template.splitlines()
    if len(lines) < 2 or "```" in template or entry.listed or any(name in data for name in (*values.SAYING, *_APART)):
        return ""
    general = entry.names | {"show"}
    spoken = [word for word in tokens(said) if word.norm.isalnum()]
    heavy = {word.concept for word in spoken if word.norm not in STOP_WORDS} - general
    norms = {word.norm for word in spoken}
    chosen: list[str] = []
    for line in lines:
        parts = (
            [line] if _field(line, heavy) else re.split(r", ", line.rstrip(".")) if len(_roots(line)) > 1 else [line]
        )
        for part in parts:
            literal = set(re.findall(r"\w+", fold(re.sub(r"\{[^}]*\}", " ", part)))) | _nouns(part)
            if _field(part, heavy) or any(
                word in norms and (word not in STOP_WORDS or word == "up") for word in literal if len(word) > 1
            ):
                rest = answers.say(part, data, language).rstrip(".")
                chosen.append(_free(part, heavy, data, language) + rest[:1].upper() + rest[1:] + ".")
    return "\n\n".join(chosen)


def _roots(text: str) -> set[str]:
    return {name.split(".")[0] for name in answers.fields(text)}


def _nouns(part: str) -> set[str]:
    return {fold(word) for pair in re.findall(r"\|([^{}|]+)\|([^{}|]+)\}", part) for word in pair}


def _field(text: str, heavy: set[str]) -> bool:
    """Whether the text is about one field, and the request names it."""
    roots = _roots(text)
    return len(roots) == 1 and bool({concept_of(fold(name)) for name in roots} & heavy)


def _free(part: str, heavy: set[str], data: dict[str, Any], language: Language) -> str:
    """What is left, where a fact has a total and what is used of it."""
    for name in sorted(_roots(part)):
        fact = data.get(name)
        if "free" in heavy and isinstance(fact, dict) and {"total", "used"} <= fact.keys():
            left = answers.say("{left:bytes}", {"left": fact["total"] - fact["used"]}, language)
            return say("free", language, value=left)
    return ""


def clipped(text: str, limit: int = _SAID) -> str:
    line = _SET_ASIDE.sub("…", " ".join(text.split()))
    return line if len(line) <= limit else line[: limit - 1] + "…"
