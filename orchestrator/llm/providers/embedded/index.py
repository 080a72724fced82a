"""The tools of a request, compiled: what their examples teach about words and about arguments."""

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

from msgspec import Struct

from orchestrator.kernel.messages import ToolSpec
from orchestrator.llm.providers.embedded.language import STOP_WORDS, Token, concept_of, fold, is_action, stem, tokens
from orchestrator.llm.providers.embedded.lexicon import DEFINITE, THINGS
from orchestrator.llm.providers.embedded.mentions import Finder
from orchestrator.llm.providers.embedded.shown import Bag, Frame, Shown, bag, choices, types

COMMON: Final = 0.4  # share of the examples that say a word which the tool is about
OFTEN: Final = 4  # examples that a word stands in, to mean a choice
_ROOTS: Final = "~/."
BRIEF: Final = 3  # words that a name has at most, as examples show it

# What a parameter's own name suggests, when no example shows it.
_NAMES: Final[dict[str, str]] = {
    "path": "path", "file": "path", "filename": "path", "folder": "path", "directory": "path", "url": "url",
    "uri": "url", "link": "url", "host": "host", "timezone": "zone", "tz": "zone", "pattern": "glob", "glob": "glob",
    "expression": "expression", "email": "email", "mail": "email", "recipient": "email", "at": "moment",
    "when": "moment", "city": "place", "place": "place", "location": "place", "town": "place",
    "date": "moment", "due": "moment", "time": "moment", "deadline": "moment",
}  # fmt: skip
# The kinds of mention that a parameter of each kind takes.
ACCEPTS: Final[dict[str, tuple[str, ...]]] = {
    "path": ("path", "folder"), "glob": ("glob",), "url": ("url",), "email": ("email",), "zone": ("zone",),
    "expression": ("expression",), "place": ("zone",), "host": ("url",),
    "timing": ("timing",), "number": ("number",), "moment": ("moment",), "quoted": ("quoted",),
}  # fmt: skip
_FORMATS: Final = {"uri": "url", "email": "email", "date-time": "moment", "date": "moment", "time": "moment"}


class Parameter(Struct, frozen=True):
    name: str
    schema: dict[str, Any]
    kind: (
        str  # quoted (free text), path, glob, url, zone, expression, number, moment, timing, email, enum, boolean, json
    )
    required: bool
    names: Bag  # the concepts in its name
    before: Bag  # concepts or words that stand before its value
    after: Bag
    tail: bool  # its value runs to the end of the clause
    constants: tuple[tuple[Any, Bag], ...]  # values that no word of the example spells: the cues that mean them
    leads: Bag = frozenset()  # the words themselves before its value, small ones too
    longest: int = 0  # words of the longest value that an example spells
    articled: bool = False  # whether a value begins with an article, as `the holidays` does
    values: frozenset[str] = frozenset()  # texts that examples give it
    worded: bool = False  # whether an example's value is a bare word
    apart: bool = False  # whether an example's value is set apart by quotation marks
    coined: bool = False  # whether an example's value is a name that nobody speaks with
    slashed: bool = False  # whether every value shown has a slash, as `team/site` has
    holds: str = ""  # the kind of each value of a list
    prefix: str = ""  # what every value shown begins with, as `job_` in `job_7`

    @property
    def brief(self) -> bool:
        """Whether its values are names rather than sentences."""
        return 0 < self.longest <= BRIEF

    @property
    def named(self) -> bool:
        """Whether its values are plain names, never texts between quotation marks."""
        return self.brief and not self.apart

    @property
    def leading(self) -> Bag:
        """The nouns that lead to its values: `service` in `the service nginx`."""
        return frozenset(each for each in self.before if each not in STOP_WORDS and not is_action(each))

    def shaped(self, value: str) -> bool:
        """Whether a value looks as those that are shown: `team/site` is no path from the root or from home."""
        rooted = any(each[0] in _ROOTS for each in self.values)
        return not self.slashed or ("/" in value and (value[0] not in _ROOTS or rooted))

    @property
    def label(self) -> str:
        return self.name.replace("_", " ")


class Entry(Struct, frozen=True):
    spec: ToolSpec
    parameters: tuple[Parameter, ...]
    examples: tuple[Bag, ...]
    names: Bag  # the concepts in its own name
    heads: Bag  # what its examples begin with
    vocabulary: Bag
    actions: Bag
    shapes: frozenset[Bag]  # the sets of arguments that its examples give
    numeric: dict[str, str]  # concept -> property of its results that is a number
    listed: tuple[str, ...]  # properties of its results that are lists
    frames: tuple[Frame, ...] = ()
    stems: frozenset[str] = frozenset()  # of the words of its examples
    words: frozenset[str] = frozenset()  # of its examples, as they are
    deferring: tuple[str, str] | None = None  # the time and the request of a tool that does any request later
    common: Bag = frozenset()  # concepts by which most examples speak of what the tool is about
    openings: tuple[str, ...] = ()  # what each of its examples begins with

    @property
    def shown(self) -> Bag:
        return frozenset[str]().union(*self.examples)

    @property
    def harmless(self) -> bool:
        return self.spec.effects == "none" and self.spec.scope == "read"

    def parameter(self, name: str) -> Parameter | None:
        return next((each for each in self.parameters if each.name == name), None)

    @property
    def required(self) -> tuple[Parameter, ...]:
        return tuple(each for each in self.parameters if each.required)


class Index(Struct, frozen=True):
    entries: tuple[Entry, ...]
    weights: dict[str, float]
    unknown: float  # the weight of a word that no tool speaks of
    words: frozenset[str]
    spoken: Bag = frozenset()  # concepts that examples speak of, their values aside
    leading: Bag = frozenset()  # concepts that stand before a name in examples
    deferring: Entry | None = None  # the tool that does a request later
    heads: Bag = frozenset()  # what requests for effects begin with, no verb of the lexicon: `commit`, `stash`
    ranked: dict[Any, Any] = {}  # what was matched for the reply that is being made

    def weight(self, concept: str) -> float:
        if concept == "show":
            return 0.35 * self.unknown
        return self.weights.get(concept, self.unknown)

    def entry(self, name: str) -> Entry | None:
        return next((each for each in self.entries if each.spec.name == name), None)


def compiled(specs: Sequence[ToolSpec], finder: Finder) -> Index:
    return gathered([learnt(spec, finder) for spec in specs])


def gathered(entries: Sequence[Entry]) -> Index:
    words = frozenset[str]().union(*(entry.words for entry in entries))
    spoken = Counter(concept for entry in entries for concept in entry.vocabulary)
    count = len(entries) + 1
    weights = {concept: math.log(1 + count / often) for concept, often in spoken.items()}
    none: Bag = frozenset()
    spoken_of = none.union(*(entry.shown for entry in entries))
    leading = none.union(*(each.before for entry in entries for each in entry.parameters if each.named))
    deferring = next((entry for entry in entries if entry.deferring), None)
    heads = none.union(*(each.heads for each in entries if not each.harmless))
    heads = frozenset(each for each in heads if not is_action(each) and each not in THINGS)
    return Index(tuple(entries), weights, math.log(1 + count), words, spoken_of, leading, deferring, heads)


def learnt(spec: ToolSpec, finder: Finder) -> Entry:
    """What the examples of one tool teach."""
    words = frozenset(word.norm for example in spec.examples for word in _unmended(example.text))
    shown = [Shown(example, finder, words) for example in spec.examples]
    own = _unmended(f"{spec.name.replace('_', ' ')} {spec.description[:400]}")
    stems = frozenset(stem(word.norm) for word in own)
    required = frozenset(spec.parameters.get("required", ()))
    properties: dict[str, Any] = spec.parameters.get("properties", {})
    name = bag(_unmended(spec.name.replace("_", " ")))
    described = bag(_unmended(spec.description[:400]))
    bags = tuple(each.bag for each in shown)
    vocabulary = frozenset[str]().union(name, described, *bags)
    chosen = frozenset(concept_of(fold(each)) for one in properties.values() for each in choices(one) if _word(each))
    acts = (*(each.acts for each in shown), name, chosen) if bags else (described, name, chosen)
    actions = frozenset(word for bag in acts for word in bag if is_action(word))
    vocabulary |= chosen
    returned: dict[str, Any] = (spec.returns or {}).get("properties", {})
    parameters = tuple(_parameter(key, schema, key in required, shown) for key, schema in properties.items())
    if not bags:
        vocabulary |= {f"<{kind}>" for each in parameters for kind in ACCEPTS.get(each.kind, ())}
    return Entry(
        spec,
        parameters,
        bags,
        name,
        frozenset(each.head for each in shown if each.head),
        vocabulary,
        actions,
        frozenset(frozenset(each.example.arguments) for each in shown),
        {
            concept_of(fold(part)): key
            for key, schema in returned.items()
            for part in key.split("_")
            if types(schema) & {"integer", "number"}
        },
        tuple(key for key, schema in returned.items() if "array" in types(schema)),
        _frames(parameters, shown),
        stems.union(*(each.cues for each in shown)),
        words,
        _deferring(parameters, shown),
        frozenset(
            word for word, times in Counter(word for bag in bags for word in bag).items() if times >= COMMON * len(bags)
        ),
        tuple(each.head for each in shown),
    )


def _deferring(parameters: Sequence[Parameter], shown: Sequence[Shown]) -> tuple[str, str] | None:
    """A time, and all else a text: an example that is nothing but these two says that any request may be the text."""
    kinds = {each.name: each.kind for each in parameters}
    for each in shown:
        named = {kinds.get(name): name for name in each.example.arguments}
        spans = [span for span in each.spans.values() if span]
        other = [w for w in each.words if w.norm.isalnum() and not any(a <= w.start < b for a, b, _ in spans)]
        if not other and named.keys() == {"timing", "quoted"}:
            return named["timing"], named["quoted"]
    return None


def _frames(parameters: Sequence[Parameter], shown: Sequence[Shown]) -> tuple[Frame, ...]:
    tails = {each.name for each in parameters if each.tail}  # such a text may hold anything: it is read by other means
    chosen = {each.name for each in parameters if each.kind in ("enum", "boolean")}
    found = [each.frame(chosen) for each in shown if not tails & each.example.arguments.keys()]
    return tuple(each for each in found if each is not None)


def _unmended(text: str) -> tuple[Token, ...]:
    """The words of who wrote a tool, who makes no slips: `delegate` is no `delete`."""
    return tokens(text, mend=False)


def _word(value: Any) -> bool:
    return isinstance(value, str) and value.isalpha()


def _merged(kind: str) -> str:
    return {"folder": "path", "name": "quoted"}.get(kind, kind)


def _parameter(name: str, schema: dict[str, Any], required: bool, shown: Sequence[Shown]) -> Parameter:
    using = [each for each in shown if name in each.example.arguments]
    spans = [(each, span) for each in using if (span := each.spans.get(name))]
    around = [each.around(span) for each, span in spans]
    values = [each.example.text[span[0] : span[1]].strip("\"'«»“” ") for each, span in spans]
    prefixes = {value[: value.find("_") + 1] for value in values} if len(values) > 1 else set()
    return Parameter(
        name,
        schema,
        _kind(name, schema, Counter(_merged(span[2]) for _, span in spans)),
        required,
        frozenset(concept_of(fold(part)) for part in name.split("_")),
        frozenset(word.concept for before, _ in around if (word := before)),
        frozenset(word.norm for _, after in around if (word := after)),
        _runs_on(spans, around),
        _constants(name, using, shown, bool(choices(schema))) if _constant(schema) else (),
        frozenset(word.norm for before, _ in around if (word := before)),
        max((len(value.split()) for value in values), default=0),
        any(fold(value.split()[0]) in DEFINITE for value in values if value.strip()),
        frozenset(map(fold, values)),
        any(span[2] == "quoted" and not each.apart(span[0]) for each, span in spans),
        any(each.apart(span[0]) for each, span in spans),
        any(span[2] == "name" for _, span in spans),
        len(set(values)) > 1 and all("/" in value for value in values),
        next((kind for part, kind in _NAMES.items() if f"{part}s" == name), "") if "array" in types(schema) else "",
        prefixes.pop() if len(prefixes) == 1 else "",
    )


def _runs_on(spans: Sequence[Any], around: Sequence[tuple[Token | None, Token | None]]) -> bool:
    """Whether a text is what follows the act, up to the end, whatever it holds: a command is, a note is not."""
    if len(spans) < 2 or any(span[2] != "quoted" for _, span in spans):
        return False
    ends = sum(after is None for _, after in around)
    acts = sum(before is None or is_action(before.concept) or before.concept == "command" for before, _ in around)
    return ends >= 0.6 * len(spans) and acts >= 0.5 * len(spans)


def _kind(name: str, schema: dict[str, Any], seen: Counter[str]) -> str:
    accepted = types(schema)
    if choices(schema):
        return "enum"
    if accepted & {"integer", "number"}:
        return "number"
    if "boolean" in accepted:
        return "boolean"
    if "string" not in accepted and accepted:
        return "json"
    branches = (schema, *schema.get("anyOf", ()), *schema.get("oneOf", ()))
    if found := next((kind for each in branches if (kind := _FORMATS.get(each.get("format", "")))), ""):
        return found
    if name == "host":
        return name
    if seen:
        typed = [kind for kind, _ in seen.most_common() if kind != "quoted"]
        often = seen.most_common(1)[0][0]
        return typed[0] if typed and seen[typed[0]] * 2 >= seen[often] else often
    return next((kind for part, kind in _NAMES.items() if part in name.lower().split("_")), "quoted")


def _constant(schema: dict[str, Any]) -> bool:
    """Whether an example's value may be meant without being spelled: a choice, a yes, an empty text."""
    return bool(choices(schema)) or bool(types(schema) & {"boolean", "string"})


def _constants(name: str, using: Sequence[Shown], shown: Sequence[Shown], listed: bool) -> tuple[tuple[Any, Bag], ...]:
    """The words that set apart the examples where the argument has a value that they do not spell."""
    unspelled: dict[str, tuple[Any, list[Shown]]] = {}
    for each in using:
        value = each.example.arguments[name]
        if not each.spans.get(name) and (value == "" or not isinstance(value, str) or listed):
            unspelled.setdefault(repr(value), (value, []))[1].append(each)
    found = []
    for value, examples in unspelled.values():
        others = frozenset[str]().union(*(each.cues for each in shown if each not in examples))
        often = Counter(cue for each in examples for cue in each.cues - others if cue[:1].isalnum())
        cues = frozenset(cue for cue, times in often.items() if times >= min(OFTEN, 0.51 * len(examples)))
        found.append((value, frozenset({"empty"}) if value == "" else cues))
    return tuple(found)
