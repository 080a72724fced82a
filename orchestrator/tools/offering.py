"""Which of many tools a model is offered: those a request may need, not every one there is.

Few tools are all offered. Of many: the core, what the owner always wants offered, what shares words with what the
person said, and what the model has found with `find_tools`. Everything here is decided by the specs and the texts
alone, so that a run made again is offered the same. A tool that was not offered can be called all the same: being
offered is no permission, and policy judges every call.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from math import log
from typing import Annotated

import msgspec

from orchestrator.kernel.errors import ToolRetry
from orchestrator.kernel.messages import ToolSpec
from orchestrator.tools.base import Tool
from orchestrator.tools.function import tool
from orchestrator.tools.kits.examples.finding import FIND_TOOLS

FIND = "find_tools"
FEW = 24  # tools that are all offered
CORE = frozenset(
    {
        "calculate", "edit_file", "execute_command", "get_datetime", "http_request", "list_directory", "read_file",
        "search_files", "write_file", FIND,
    }
)  # fmt: skip

CATEGORIES = 3  # that one message brings
TOOLS = 12  # of one category
_TELLING = 2  # categories that may share the one word that brings one of them
_NEAR = 0.55  # of the best category's weight
_ROOT = 6  # letters that tell a word, in either language

_WORD = re.compile(r"[^\W_]+")
_STOP = frozenset(
    [
        "a",
        "about",
        "all",
        "an",
        "and",
        "any",
        "are",
        "at",
        "be",
        "can",
        "could",
        "do",
        "does",
        "for",
        "from",
        "get",
        "give",
        "has",
        "have",
        "how",
        "i",
        "in",
        "is",
        "it",
        "its",
        "like",
        "make",
        "me",
        "my",
        "need",
        "of",
        "on",
        "or",
        "please",
        "show",
        "tell",
        "that",
        "the",
        "then",
        "there",
        "this",
        "to",
        "use",
        "want",
        "was",
        "what",
        "when",
        "where",
        "which",
        "who",
        "why",
        "will",
        "with",
        "would",
        "you",
        "your",
        "au",
        "aux",
        "avec",
        "ce",
        "ces",
        "cette",
        "combien",
        "comment",
        "dans",
        "de",
        "des",
        "dis",
        "donne",
        "du",
        "elle",
        "en",
        "est",
        "et",
        "fais",
        "il",
        "ils",
        "je",
        "la",
        "le",
        "les",
        "leur",
        "ma",
        "mes",
        "moi",
        "mon",
        "ne",
        "ou",
        "par",
        "pas",
        "peux",
        "plus",
        "pour",
        "pourquoi",
        "quand",
        "que",
        "quel",
        "quelle",
        "quelles",
        "quels",
        "qui",
        "sa",
        "sans",
        "se",
        "ses",
        "si",
        "son",
        "sont",
        "sur",
        "ta",
        "te",
        "tes",
        "ton",
        "tous",
        "tout",
        "toute",
        "un",
        "une",
        "va",
        "vers",
        "veux",
        "vos",
        "votre",
        "y",
    ]
)


@lru_cache(maxsize=8192)
def words(text: str) -> frozenset[str]:
    """The roots of the telling words of a text."""
    plain = "".join(mark for mark in unicodedata.normalize("NFKD", text.lower()) if not unicodedata.combining(mark))
    found = (word for word in _WORD.findall(plain) if word not in _STOP and (len(word) > 1 or word.isdigit()))
    return frozenset(word.rstrip("sx")[:_ROOT] or word for word in found if not word.isdigit())


class Offering:
    """Some tools, and what each is for in words."""

    def __init__(self, specs: Sequence[ToolSpec]) -> None:
        self._specs = specs
        every = len({spec.category for spec in specs})
        self._examples = [[words(example.text) for example in spec.examples] for spec in specs]
        spread: dict[str, set[str]] = {}
        places: dict[str, list[tuple[int, int]]] = {}
        for place, spec in enumerate(specs):
            named, about = words(spec.name.replace("_", " ")) | words(spec.category), _about(spec)
            for word in named | about:
                spread.setdefault(word, set()).add(spec.category)
                places.setdefault(word, []).append((place, (word in named) + (word in about)))
        self._telling = log(1 + every / _TELLING) - 1e-9
        weights = {word: log(1 + every / len(known)) for word, known in spread.items()}
        self._speaking = {  # by word: the places of the tools that it speaks of, and how much it says of each
            word: [(place, times * weights[word]) for place, times in found] for word, found in places.items()
        }

    def matching(self, text: str) -> list[ToolSpec]:
        """The tools of the categories that a text speaks of, the nearest of each where there are many."""
        ranked = self._ranked(text)
        if not ranked:
            return []
        best: dict[str, float] = {}
        for score, spec in ranked:
            best.setdefault(spec.category, score)
        floor = max(self._telling, _NEAR * max(best.values()))
        chosen = [category for category, score in best.items() if score >= floor][:CATEGORIES]
        if not chosen:
            return []
        counts: Counter[str] = Counter()
        near: set[str] = set()
        for spec in [*(spec for _, spec in ranked), *self._specs]:
            if spec.category in chosen and spec.name not in near and counts[spec.category] < TOOLS:
                counts[spec.category] += 1
                near.add(spec.name)
        return [spec for spec in self._specs if spec.name in near]

    def find(self, query: str, most: int = 10) -> list[ToolSpec]:
        """The tools nearest to a query, best first."""
        return [spec for _, spec in self._ranked(query)[:most]]

    def _ranked(self, text: str) -> list[tuple[float, ToolSpec]]:
        said = words(text)
        scores: dict[int, float] = {}
        for word in said:
            for place, weight in self._speaking.get(word, ()):
                scores[place] = scores.get(place, 0.0) + weight
        # Rounded, for a sum of the same numbers in another order is not quite the same.
        found = [(round(score, 9), self._share(said, place), place) for place, score in scores.items()]
        found.sort(key=lambda one: (-one[0], -one[1], one[2]))  # as they stand, where they are alike
        return [(score, self._specs[place]) for score, _, place in found]

    def _share(self, said: frozenset[str], place: int) -> float:
        """Of a tool's examples, how many share a word with what was said: what it is for, not what it also does."""
        examples = self._examples[place]
        return sum(not said.isdisjoint(known) for known in examples) / max(1, len(examples))


def _about(spec: ToolSpec) -> frozenset[str]:
    return words(spec.description).union(*(words(example.text) for example in spec.examples))


class FoundTool(msgspec.Struct, frozen=True):
    name: str
    category: str
    description: str


class FoundTools(msgspec.Struct, frozen=True):
    query: str
    tools: list[FoundTool]
    categories: Annotated[list[str], msgspec.Meta(description="every category there is")]

    def __str__(self) -> str:
        if not self.tools:
            return f"Nothing found. The tools are about: {', '.join(self.categories)}."
        return "\n".join(f"{one.name}: {one.description}" for one in self.tools) + "\nYou can call these now."


def finder(specs: Callable[[], Iterable[ToolSpec]]) -> Tool:
    """The tool that finds others. What it finds is offered from the next step on."""

    @tool(
        name=FIND,
        category="tools",
        examples=FIND_TOOLS,
        answers={
            "en": "[{*tools `{name}`: {description}*}|Nothing found.]",
            "fr": "[{*tools `{name}` : {description}*}|Rien trouvé.]",
        },
    )
    def find_tools(
        query: Annotated[
            str, msgspec.Meta(description="what is to be done, or a category, in a few words", max_length=500)
        ],
    ) -> FoundTools:
        """Find further tools by what they do: you have more than you are shown."""
        everything = [spec for spec in specs() if spec.name != FIND]
        categories = sorted({spec.category for spec in everything})
        if not words(query):
            raise ToolRetry("The query has no word to look for.", hint=f"Categories: {', '.join(categories)}.")
        found = Offering(everything).find(query)
        return FoundTools(query, [FoundTool(s.name, s.category, _first_sentence(s)) for s in found], categories)

    return find_tools


def _first_sentence(spec: ToolSpec) -> str:
    return spec.description.split("\n", 1)[0]
