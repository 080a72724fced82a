"""Which tool a clause asks for: words weighed by how rare they are, examples, and how well arguments fit."""

import itertools
from collections.abc import Iterator, Sequence
from typing import Final

from msgspec import Struct

from orchestrator.llm.providers.embedded import lexicon
from orchestrator.llm.providers.embedded.index import Entry, Index
from orchestrator.llm.providers.embedded.language import STOP_WORDS, Token, fold, is_action, is_open, stem
from orchestrator.llm.providers.embedded.limits import left_over
from orchestrator.llm.providers.embedded.moods import stated
from orchestrator.llm.providers.embedded.segment import Clause
from orchestrator.llm.providers.embedded.shown import Bag, head
from orchestrator.llm.providers.embedded.slots import Filling, fill

CERTAIN: Final = 0.5  # below, no tool is called; calibrated on benchmarks/embedded/development.json
CAUTION: Final = 0.06
UNEXPLAINED: Final = 0.3
PASSED_OVER: Final = 0.15  # for a number that may be one of those named before
MISSING: Final = 0.06
NEARLY: Final = 0.1
ASKED: Final = 0.9
TELLING: Final = 0.7  # how much a tool must explain of a request before it asks for what is missing
CLOSE: Final = 0.03  # between two tools of which one has effects
UNSEEN: Final = 0.08  # for arguments that no example gives together
GUESSED: Final = 0.35  # for a bare word taken for what the tool cannot do without
SWALLOWED: Final = 0.5  # for what other tools speak of, taken for free text by this one
STRANGE: Final = 0.6  # how much of what is said a tool with effects must speak of
STRANGE_DELETED: Final = 0.75  # where something is to be deleted
ACTED: Final = 0.04  # for an act that is itself a choice of the tool's
NAMED: Final = 0.06  # for saying the tool's own name

_LOOKS: Final = frozenset(
    {"show", "read", "list", "find", "contain", "count", "compute", "fetch", "check", "write", "run"}
)
ORDERS: Final = lexicon.words("write restart stop delete move rename install merge push restore hack encrypt buy book")
_LIGHTLY: Final = frozenset({"run", "send", "create"})  # `run a ping`: the noun says what is done

# Acts so near each other that one stands for the other at a discount.
_NEAR: Final[tuple[tuple[str, str, float], ...]] = (
    ("write", "create", 0.9), ("write", "add", 0.9), ("read", "show", 0.7), ("list", "show", 0.7),
    ("find", "list", 0.6), ("find", "contain", 0.8), ("fetch", "read", 0.5), ("fetch", "show", 0.5),
    ("compute", "count", 0.4), ("show", "contain", 0.3), ("read", "contain", 0.5), ("compute", "show", 0.5),
    ("fetch", "web", 0.5), ("command", "run", 0.5), ("remind", "create", 0.3), ("check", "show", 0.3),
    ("edit", "write", 0.6), ("content", "contain", 0.6), ("count", "list", 0.5), ("count", "find", 0.5),
    ("date", "time", 0.5), ("artwork", "content", 0.5),
    ("<folder>", "<path>", 0.6), ("line", "content", 0.4), ("free", "used", 0.5),
    ("disk", "memory", 0.3), ("cpu", "memory", 0.3),
    ("log", "journal", 0.8), ("project", "folder", 0.6), ("merge", "copy", 0.5), ("expire", "valid", 0.8),
    ("fetch", "restore", 0.6), ("schedule", "remind", 0.5), ("reach", "result", 0.6), ("ask", "send", 0.3),
    ("download", "fetch", 0.9), ("download", "web", 0.5), ("download", "write", 0.6),
)  # fmt: skip
NEAR: Final[dict[str, dict[str, float]]] = {
    word: {left if word == right else right: near for left, right, near in _NEAR if word in (left, right)}
    for pair in _NEAR
    for word in pair[:2]
}


class Match(Struct, frozen=True):
    entry: Entry
    filling: Filling
    score: float
    explained: float = 1.0  # how much of what is said the tool speaks of


def certain(found: Match | None) -> bool:
    """Whether a match is sure enough to act on; an act with effects must be surer."""
    return found is not None and found.score >= CERTAIN + (0 if found.entry.harmless else CAUTION)


def askable(clause: Clause, found: Match) -> bool:
    """Whether a call with nothing filled in is asked for at all: its act must be what the tool is mostly for."""
    if found.filling.missing and found.filling.unexplained >= 1 and not found.entry.harmless:
        return False  # `make a folder x`: what is named is no value of this tool
    if found.filling.missing and found.explained < TELLING:
        return False
    if not found.filling.missing or found.filling.arguments or found.filling.several or not found.entry.examples:
        return True
    acts = [act for act in clause.actions if act != "show"]
    often = [sum(nearest(act, bag) >= 0.6 for bag in found.entry.examples) for act in acts]
    return not acts or max(often) >= 0.2 * len(found.entry.examples)


def _headed(clause: Clause, ranked: list[Match]) -> list[Match]:
    """The tools with one first that is shown to begin with the very act that the clause begins with: `remind me …`."""
    act = head(clause.words)
    if not is_action(act) or act in _LOOKS or act in ranked[0].entry.heads:
        return ranked
    other = next((each for each in ranked if act in each.entry.heads), None)
    if other is None or ranked[0].score - other.score > 2 * NEARLY:
        return ranked
    if other.filling.missing and not ranked[0].entry.harmless:
        return ranked
    return [other, *(each for each in ranked if each is not other)]


def best(clause: Clause, index: Index, ignoring: Bag = frozenset()) -> Match | None:
    """The tool that fits a clause best, if one does at all. `ignoring`: words already accounted for."""
    ranked = [each for each in ranking(clause, index, ignoring) if each.score > 0]
    if not ranked:
        return None
    worded = next((each for each in ranked if each.filling.worded and not each.filling.missing), None)
    if worded is not None:
        return worded
    ranked = _headed(clause, ranked)
    acts = set(clause.actions) & lexicon.CHANGING  # what changes things is done by a tool that is shown to do just that
    whole = [
        each
        for each in ranked
        if not each.filling.missing
        and each.filling.arguments
        and certain(each)
        and (each.entry.harmless or acts <= each.entry.actions)
    ]
    if not ranked[0].filling.missing or not whole:
        return _looking(clause, ranked)
    if _speaks_of_object(clause, ranked[0], whole[0]) and ranked[0].score - whole[0].score <= 3 * NEARLY:
        return whole[0]
    first = head(clause.words)
    if first and first in ranked[0].entry.heads - whole[0].entry.heads and whole[0].entry.harmless and is_action(first):
        return ranked[0]  # `remind me of something` is not to be told what is remembered
    named = whole[0].entry.harmless and whole[0].entry.names <= {word.concept for word in clause.words}
    if ranked[0].score - whole[0].score <= (2 * NEARLY if named else NEARLY):
        return whole[0]  # rather what can be done as it is said than what must be asked about
    return ranked[0]


def _looking(clause: Clause, ranked: list[Match]) -> Match:
    """Rather a tool that only looks, where nothing is said to be done: `does example.org answer?`."""
    first = ranked[0]
    said = clause.text[clause.start : clause.end + 2].strip()
    asked = said.endswith("?") or (clause.words and clause.words[0].norm in lexicon.QUESTIONS)
    if first.entry.harmless or not asked or any(act not in ("show", "find") for act in clause.actions):
        return first
    looks = (each for each in ranked if each.entry.harmless and not each.filling.missing and certain(each))
    other = next(looks, None)
    return other if other and first.score - other.score <= 2 * NEARLY and clause.mentions else first


def _speaks_of_object(clause: Clause, asking: Match, whole: Match) -> bool:
    """Whether a tool that lacks nothing speaks of what another one would take for its own missing argument."""
    if asking.filling.object is None:
        return False
    start, end = asking.filling.object
    inside = {word.concept for word in clause.words if start <= word.start < end and word.norm not in STOP_WORDS}
    return bool(inside & whole.entry.vocabulary - asking.entry.vocabulary) and whole.explained >= ASKED


def rival(clause: Clause, index: Index, found: Match) -> Match | None:
    """Another tool that fits so nearly as well that only the person can tell which is meant: looking may be tried."""
    if found.filling.worded or found.entry.harmless:
        return None
    for other in ranking(clause, index):
        if other.entry is not found.entry and abs(found.score - other.score) < CLOSE:
            whole = certain(other) and not other.filling.missing
            return other if whole and found.explained - other.explained < CLOSE else None
    return None


def ranking(clause: Clause, index: Index, ignoring: Bag = frozenset()) -> list[Match]:
    kept: list[Match] | None = index.ranked.get((clause, ignoring))
    if kept is None:
        found = [match(clause, entry, index, ignoring) for entry in _speaking(clause, index)]
        kept = index.ranked[clause, ignoring] = sorted(found, key=lambda each: -each.score - CLOSE * each.explained)
    return kept


def _speaking(clause: Clause, index: Index) -> Iterator[Entry]:
    """The tools that share a word or a kind of value with a clause: of a hundred, the others are not looked at."""
    said = frozenset(word.concept for word in clause.words)
    shared = said | {other for concept in said for other in NEAR.get(concept, ())}
    shared = shared.union(*(each.kinds for each in clause.mentions))
    for entry in index.entries:
        if not shared.isdisjoint(entry.vocabulary) or any(frame.heavy <= said for frame in entry.frames):
            yield entry


def match(clause: Clause, entry: Entry, index: Index, ignoring: Bag = frozenset()) -> Match:
    filling = fill(clause, entry)
    if not entry.harmless and (stated(clause, entry.heads) or _of_another(clause)):
        return Match(entry, filling, 0.0)
    if filling.worded and not filling.missing and not (not entry.harmless and _places(entry, filling)):
        return Match(entry, filling, filling.worded)
    said = _said(clause, filling, ignoring)
    empty = not said or (said == {"show"} and not filling.arguments and not filling.several)
    if vetoed(clause, entry, filling) or empty or _limited(clause, entry, filling, ignoring):
        return Match(entry, filling, 0.0)
    total = sum(index.weight(concept) for concept in said)  # a word that no tool speaks of weighs most
    total += SWALLOWED * sum(index.weight(word) for word in (filling.swallowed & index.spoken) - entry.vocabulary)
    closest = max((_overlap(said, bag, index, total) for bag in entry.examples), default=0.0)
    spoken = sum(index.weight(concept) * nearest(concept, entry.vocabulary) for concept in said) / total
    score = 0.55 * closest + 0.45 * spoken if entry.examples else 0.8 * spoken
    score += NAMED * len(said & entry.names) / max(1, len(entry.names))
    given = frozenset({*filling.arguments, *filling.several, *(each.name for each in filling.missing)})
    score -= UNSEEN if entry.shapes and given not in entry.shapes else 0
    numbers = sum(each.kind == "number" and each.start not in filling.used for each in clause.mentions)
    score -= UNEXPLAINED * filling.unexplained + PASSED_OVER * numbers + MISSING * bool(filling.missing)
    score -= GUESSED * bool(filling.guessed & {each.name for each in entry.required})
    score += ACTED * bool(filling.acts)
    nouns = frozenset(word for word in entry.common if not is_action(word) and not word.startswith("<"))
    typed = filling.kinds - {"<name>"} or any(
        each.kind == "quoted" for each in clause.mentions if each.start in filling.used
    )
    chosen = bool(given) and all(each.kind in ("enum", "boolean") for each in entry.parameters if each.name in given)
    unsaid = bool(nouns) and not nouns & said and not (typed or chosen)
    if not entry.harmless and (unsaid or ("delete" in clause.actions and chosen)):
        score = min(score, CERTAIN - CAUTION)  # `restart it` does not say what
    if not entry.harmless and spoken < (STRANGE_DELETED if "delete" in clause.actions else STRANGE):
        score = min(score, CERTAIN - CAUTION)
    if not entry.harmless and (_unled(clause, entry, filling) or not (given or said <= entry.shown)):
        score = min(score, CERTAIN - CAUTION)
    taken = sum(index.weight(word) for word in filling.swallowed - entry.vocabulary if word not in STOP_WORDS)
    return Match(entry, filling, score, spoken * total / (total + taken))


def _unled(clause: Clause, entry: Entry, filling: Filling) -> bool:
    """Whether a name stands without the noun that leads to one, and no example has it: `switch to dark mode`."""
    said = {word.concept for word in clause.words}
    typed = {each.value for each in clause.mentions}
    names = [each for each in entry.required if each.kind == "quoted" and each.named and each.leading]
    given = ((each, filling.arguments[each.name]) for each in names if each.name in filling.arguments)
    return any(
        not each.leading & said and value not in typed and fold(str(value)) not in each.values for each, value in given
    )


def _said(clause: Clause, filling: Filling, ignoring: Bag) -> Bag:
    words = frozenset(
        word.concept
        for word in clause.words
        if word.start not in filling.used
        and not (filling.object and filling.object[0] <= word.start < filling.object[1])
        and word.norm not in STOP_WORDS
        and (word.norm.isalpha() or "_" in word.norm)
        and word.concept not in ignoring
    )
    return words | filling.kinds


def _limited(clause: Clause, entry: Entry, filling: Filling, ignoring: Bag) -> bool:
    """Whether a limit is said that the call would pass over."""
    inside = filling.object or (0, 0)
    spoken = frozenset(each.start for each in clause.mentions if inside[0] <= each.start < inside[1])
    return left_over(clause, filling.used | spoken, entry.vocabulary, ignoring)


def nearest(concept: str, bag: Bag) -> float:
    if concept in bag:
        return 1.0
    near = NEAR.get(concept)
    return max((worth for other, worth in near.items() if other in bag), default=0.0) if near else 0.0


def _overlap(said: Bag, example: Bag, index: Index, total: float) -> float:
    """How much of what is said an example covers, less what the example says and the clause does not."""
    shared = sum(index.weight(concept) * nearest(concept, example) for concept in said)
    unsaid = sum(index.weight(concept) for concept in example if nearest(concept, said) < 0.5)
    return shared / (total + 0.3 * unsaid) if total else 0.0


def vetoed(clause: Clause, entry: Entry, filling: Filling) -> bool:
    """Acts that the tool's own words do not name, and what needs reasoning, are never taken for it."""
    words = [word for word in clause.words if word.start not in filling.used]
    acts = [word.concept for word in words if is_action(word.concept)]
    lightly = entry.harmless and any(word.concept in entry.names and not is_action(word.concept) for word in words)
    changing = [act for act in acts if act in lexicon.CHANGING and not (lightly and act in _LIGHTLY)]
    if any(nearest(act, entry.actions) < 0.6 for act in changing):
        return True
    if entry.harmless and (first := head(words)) in ORDERS and first not in entry.heads:
        return True  # `restart apache2` is not to be told what restarted
    if not entry.harmless and (
        filling.unexplained >= 1 or _twice(filling) or _either(clause) or _places(entry, filling)
    ):
        return True
    acts += [head(words), *filling.acts]
    if not entry.harmless and not (
        set(acts) & (entry.actions | entry.heads) or any(nearest(a, entry.actions) >= 0.6 for a in acts)
    ):
        return not _self_evident(entry, filling, words)
    none: Bag = frozenset()
    spoken = none.union(*entry.examples) if entry.examples else entry.vocabulary
    return any(
        needs_reasoning(clause, word.concept, spoken if _verb(word.concept) or stem(word.norm) in entry.stems else none)
        for word in words
        if is_open(word.concept)
    )


def _twice(filling: Filling) -> bool:
    """Whether the same words were taken for two arguments: then one of them was not understood."""
    texts = [value for value in filling.arguments.values() if isinstance(value, str) and value]
    return len(texts) != len(set(texts))


def _places(entry: Entry, filling: Filling) -> bool:
    """Whether a name was read together with a path: `web1:/srv/app.zip` is no name."""
    return any(
        each.named and ":/" in str(filling.arguments.get(each.name, "")) and each.kind == "quoted"
        for each in entry.parameters
    )


def _either(clause: Clause) -> bool:
    """`a.txt or b.txt`: which of the two is not said."""
    values = [each for each in clause.mentions if not each.weak and each.kind != "quoted"]
    ors = [word for word in clause.words if word.norm in ("or", "ou")]
    return any(a.end <= word.start and word.end <= b.start for word in ors for a, b in itertools.pairwise(values))


def _of_another(clause: Clause) -> bool:
    """`remind Paul to call me`, `rappelle à Paul …`: no tool reaches another person."""
    for word, person, after in zip(clause.words, clause.words[1:], clause.words[2:], strict=False):
        named = after.text if person.text == "à" else person.text
        if (
            word.concept == "remind"
            and named[0].isupper()
            and (person.text == "à" or after.norm in ("to", "that", "about"))
        ):
            return True
    return False


def _verb(concept: str) -> bool:
    """Whether the words of a concept stand for each other: a joke is no article."""
    return concept not in ("artwork", "knowledge")


def _self_evident(entry: Entry, filling: Filling, words: Sequence[Token]) -> bool:
    """A value that only this kind of tool takes says the act by itself: an address alone is to be fetched."""
    telling = (word for word in words if word.norm not in STOP_WORDS and word.norm.isalpha())
    if any(nearest(word.concept, entry.vocabulary) < 0.5 for word in telling):
        return False
    return entry.spec.scope != "write" and "<url>" in filling.kinds and not filling.missing


def needs_reasoning(clause: Clause, concept: str, vocabulary: Bag) -> bool:
    if concept in vocabulary:
        return False
    if concept != "artwork":
        return True
    acts = set(clause.actions)
    return bool(acts & {"write", "create"}) or not clause.mentions
