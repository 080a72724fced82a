"""From a request to a plan: each clause becomes a call, an operation on earlier results, or a note."""

import itertools
from typing import Any, Final

import msgspec

from orchestrator.kernel.messages import Language
from orchestrator.llm.providers.embedded import (
    certainty,
    converse,
    following,
    lexicon,
    limits,
    moods,
    narrow,
    operations,
    pointing,
    references,
    retracted,
    shell,
    storing,
    undivided,
    views,
)
from orchestrator.llm.providers.embedded.index import Index, Parameter
from orchestrator.llm.providers.embedded.language import STOP_WORDS, Token, is_action, is_open, known, tokens
from orchestrator.llm.providers.embedded.lexicon import words
from orchestrator.llm.providers.embedded.match import ASKED, Match, askable, best, certain, match, rival
from orchestrator.llm.providers.embedded.mentions import Finder
from orchestrator.llm.providers.embedded.reading import READABLE, Kept, read
from orchestrator.llm.providers.embedded.segment import Clause
from orchestrator.llm.providers.embedded.shown import Bag, head
from orchestrator.llm.providers.embedded.slots import fill
from orchestrator.llm.providers.embedded.steps import Ask, Note, Plan, Ref, Step, Why

_JOINERS: Final = 3  # places where a clause is tried apart
ANSWERS: Final = 0.7  # how well a question must fit the tool that answers such ones
_SURE: Final = 0.62  # how well each half of a clause must fit, to be taken apart
_SAME: Final = words(
    "pareil same again idem autant chose likewise aussi instead plutot encore meant mean rather voulais dire non sorry"
)
_TELLING: Final = ({"show", "content"}, {"show", "result"})
_IT: Final = words("it them this that these those le la les l ca cela")
_EVERYTHING: Final = words("all every everything whole entire tout tous toute toutes entier")
PLAIN: Final = 0.95  # how well each part of a clause must fit, to be a request of its own whatever it does
CLAUSES: Final = 12  # more is pasted text rather than a request


class Planner:
    """Reads one message. `past` is the plan of the message before, whose steps may be referred to."""

    def __init__(self, index: Index, finder: Finder, language: Language, past: Plan | None = None) -> None:
        self.index = index
        self.finder = finder
        self.language = language
        self.steps: list[Step] = [
            msgspec.structs.replace(step, past=True, told=False)
            for step in (past.steps if past else ())
            if past and (step.past or not (past.asks or past.doubts))  # what was asked about was never done
        ]
        self._past = len(self.steps)
        self._before = past
        self._notes: list[Note] = []
        self._asks: list[Ask] = []
        self._doubts: list[int] = []
        self._broken = False  # a clause before this one could not be read

    def plan(self, text: str, kept: Kept) -> Plan:
        if typed := shell.line(text, self.index):
            entry, command = typed
            name = next(parameter.name for parameter in entry.required)
            self.steps.append(Step(text.strip(), entry, ({name: kept.get(command, command)},)))
            return Plan(self.language, tuple(self.steps))
        words = tokens(text[:READABLE], self.index.words)
        talk = converse.kind(words)
        if answered := following.other_language(words, self._before):
            return answered
        if talk and talk != "yes" and not (talk == "ability" and undivided.asked(self, text, kept)):
            return Plan(self.language, tuple(self.steps), talk=talk)
        if following.repeated(self, {word.norm for word in words}, self._before):
            return Plan(self.language, tuple(self.steps))
        if len(text) > READABLE:
            return Plan(self.language, tuple(self.steps), notes=(Note("unknown", text[:80]),), talk="long")
        if back := retracted.place(text, self.finder.find(text, words, self.language)):
            self._notes.append(Note("negated", text[: back[0]].strip()))
            return self._rest(text[back[1] :], kept)
        found = read(text, self.language, self.finder, self.index, kept)
        if len(found) > CLAUSES:
            return Plan(self.language, tuple(self.steps), notes=(Note("unknown", text[:80]),), talk="long")
        if found and moods.condition(found[0]):
            return Plan(self.language, tuple(self.steps), notes=(Note("condition", text.strip()),))
        if undivided.deferred(self, text) or undivided.shown(self, text, found):
            return self._made()
        for clause in found:
            self.clause(clause)
        if not self._done() and not self._notes and not self._asks:
            return Plan(self.language, tuple(self.steps), talk=talk or "empty")
        return self._made()

    def _made(self) -> Plan:
        doubts = tuple(self._doubts)
        return Plan(self.language, tuple(self.steps), tuple(self._asks), tuple(self._notes), doubts=doubts)

    def _rest(self, text: str, kept: Kept) -> Plan:
        """What is said instead of what was taken back, where it is a request."""
        for clause in read(text, self.language, self.finder, self.index, kept):
            if clause.mentions:
                self.clause(clause)
        return self._made()

    def _done(self) -> int:
        return len(self.steps) - self._past

    @property
    def now(self) -> float:
        return self.finder.now

    # One clause

    def clause(self, clause: Clause) -> bool:
        """Add what the clause asks for. Whether it could be read."""
        if following.reckoned(self, clause) or (
            not (self._done() or self._notes) and following.continued(self, clause, self._before)
        ):
            return True
        if self._idle(clause):
            return True
        if moods.sought(clause, self.index.spoken):
            return self.note("absent", clause)
        worded = self.worded(clause)
        if (why := self._mood(clause)) and not (why == "question" and (worded or self._answered(clause))):
            return (why == "question" and narrow.plan(self, clause)) or self.note(why, clause, moods.vague(clause))
        if worded:
            return self.call(clause, worded)
        return self._inferred(clause)

    def worded(self, clause: Clause) -> Match | None:
        """The tool of which an example is worded as all of the clause is."""
        found = best(clause, self.index)
        return found if found and found.filling.worded and not found.filling.missing else None

    def _answered(self, clause: Clause) -> bool:
        """Whether a tool that only looks is itself shown to answer such a question: `who is logged in?`."""
        found = best(clause, self.index)
        if found is None or found.score < ANSWERS or found.filling.missing or not found.entry.harmless:
            return False
        opening = moods.opening(clause.words)
        examples = (tokens(each.text, self.index.words) for each in found.entry.spec.examples)
        return any(moods.opening(words) == opening for words in examples)

    def _inferred(self, clause: Clause) -> bool:
        """What a clause asks for in words of its own."""
        if self._folder_made(clause):
            return self.note("unknown", clause, "make folder")
        if operations.plan(self, clause) or views.followed(self, clause) or pointing.follow(self, clause):
            return True
        if storing.stored(self, clause):
            return True
        if self._halves(clause):
            return True
        found = best(clause, self.index)
        if found is not None and not askable(clause, found):
            found = None
        if found is not None and not self.steps and (act := self._alone(clause)):
            return self.note("what", clause, act)
        if found is not None and certain(found) and not self._rather_again(clause):
            if not found.filling.missing and (other := rival(clause, self.index, found)):
                self._notes.append(Note("which", clause.said, named=(found.entry.spec.name, other.entry.spec.name)))
                self._broken = True
                return False
            return self._read_each(clause, found) or self.call(clause, found)
        if self._again(clause) or self._measured(clause):
            return True
        if found is not None and certain(found):
            return self.call(clause, found)
        return self._unread(clause)

    def _mood(self, clause: Clause) -> Why | None:
        """Why the clause must not be acted on, if it must not."""
        if moods.negated(clause):
            return "negated"
        if moods.question(clause):
            return "question"
        if moods.condition(clause) and not (self._done() and operations.reports(clause)):
            return "condition"
        if moods.told(clause) and not self._offered(clause):
            return "unknown"
        if moods.vague(clause):
            served = best(clause, self.index)
            everything = bool({word.norm for word in clause.words} & _EVERYTHING)
            if served is None or not certain(served) or (everything and served.filling.missing):
                return "vague"
        return None

    def _offered(self, clause: Clause) -> bool:
        """Whether a tool that only looks is shown to answer what is told: `I want …` is asked, `it is late` is not."""
        found = best(clause, self.index)
        return found is not None and found.entry.harmless and found.explained >= ASKED and certain(found)

    def _folder_made(self, clause: Clause) -> bool:
        """`make a folder x`, where no tool is shown to make folders: a file of that name is something else."""
        if clause.actions[:1] != ("create",):
            return False
        made = next(word for word in clause.words if word.concept == "create")
        after = [w for w in clause.words if w.start >= made.end and w.norm not in STOP_WORDS and w.concept != "empty"]
        if not after or after[0].concept != "folder":
            return False
        shown = (bag for entry in self.index.entries if not entry.harmless for bag in entry.examples)
        return not any({"create", "folder"} <= bag for bag in shown)

    def _read_each(self, clause: Clause, found: Match) -> bool:
        """`read all the text files`: list them, then read each."""
        if not found.entry.listed or clause.actions[:1] != ("read",) or "<glob>" not in found.filling.kinds:
            return False
        self.call(clause, found, told=False)
        if views.viewed(self, clause, len(self.steps) - 1, frozenset({"read"})):
            return True
        self.steps.pop()
        return False

    def _halves(self, clause: Clause) -> bool:
        """`the date and the free memory`: two things to look at, joined by a word, each with a tool of its own."""
        whole = best(clause, self.index)
        joiners = [word for word in clause.words if word.norm in ("and", "et", ",", "&")]
        several = _parted(clause, joiners)
        if len(several) > 1 and all(map(self._plainly, several)):
            return all(list(map(self.clause, several)))  # `stash, pull, stash pop`
        for word in joiners[:_JOINERS]:
            if whole and word.start in whole.filling.used:
                continue
            parts = clause.part(clause.start, word.start), clause.part(word.end, clause.end)
            found = [best(part, self.index) for part in parts]
            if word.norm == "," and (narrowed := following.narrowed(parts[1], found[0])):
                return self.call(clause, narrowed)
            sure = [each for each in found if each and each.score >= _SURE and each.entry.harmless]
            if whole and whole.score >= max((each.score for each in sure), default=0) and whole.score >= 1:
                continue
            if len(sure) == 2 and sure[0].entry is not sure[1].entry and not any(m.filling.missing for m in sure):
                return all(list(map(self.clause, parts)))
        return False

    def _plainly(self, clause: Clause) -> bool:
        """Whether a clause is a request with nothing left open and nothing left over."""
        found = best(clause, self.index)
        if found is None or found.filling.missing or found.filling.swallowed or pointing.points(clause):
            return False
        return found.score >= PLAIN and found.explained >= 1 and head(clause.words) in found.entry.heads

    def _idle(self, clause: Clause) -> bool:
        """Politeness and small words, with nothing to do."""
        heavy = [word for word in clause.words if word.norm.replace("_", "").isalnum() and word.norm not in STOP_WORDS]
        if clause.mentions:
            return False
        if self._done() and not pointing.points(clause) and {word.concept for word in heavy} in _TELLING:
            return True  # `read the page and give me the text`: it is told anyway
        return not heavy or (converse.kind(clause.words) in ("greeting", "thanks", "bye", "yes", "how"))

    def note(self, why: Why, clause: Clause, act: str = "") -> bool:
        named = tuple(str(each.value) for each in clause.mentions if each.kind in ("path", "folder") and not each.weak)
        self._notes.append(Note(why, clause.said, act, named))
        self._broken = self._broken or why not in ("negated",)
        return False

    def _unread(self, clause: Clause) -> bool:
        reasoning = any(is_open(word.concept) for word in clause.words)
        act = next((act for act in clause.actions if act in lexicon.CHANGING), "")
        plain = any(word.concept == act and known(word.norm) for word in clause.words)
        if plain and not reasoning and moods.stated(clause):
            return self.note("told", clause, act)
        if act and self._alone(clause):
            return self.note("what", clause, act)
        if (
            not act
            and not reasoning
            and self._spoken_of(clause)
            and limits.left_over(clause, frozenset(), frozenset(), frozenset())
        ):
            return self.note("limited", clause)
        return self.note("open" if reasoning else "unknown", clause, act)

    def _alone(self, clause: Clause) -> str:
        """`restart it`, `send`: an act that some tool does, and nothing that says to what."""
        heavy = {word.concept for word in clause.words if word.norm.isalpha() and word.norm not in STOP_WORDS}
        if clause.mentions or len(heavy) != 1 or not is_action(act := min(heavy)):
            return ""
        doing = sum(act in entry.actions for entry in self.index.entries if not entry.harmless)
        return act if doing > 1 or (doing and {word.norm for word in clause.words} & _IT) else ""

    def _spoken_of(self, clause: Clause) -> bool:
        """Whether a clause speaks mostly of what tools speak of."""
        said = {word.concept for word in clause.words if word.norm.isalpha() and word.norm not in STOP_WORDS}
        return len(said & self.index.spoken) * 2 > len(said)

    # A call

    def call(self, clause: Clause, found: Match, told: bool = True) -> bool:
        """Add the call, with what it misses taken from earlier results or asked for."""
        filling = found.filling
        each: list[dict[str, Any]] = [dict(filling.arguments)]
        for name, values in filling.several.items():
            each = [{**arguments, name: value} for arguments in each for value in values]
        each = [self._inside(clause, arguments) for arguments in each]
        refs: dict[str, Ref] = {}
        missing: list[Parameter] = []
        for parameter in filling.missing:
            ref = references.resolve(self, clause, found, parameter)
            if ref is not None:
                refs[parameter.name] = ref
            else:
                missing.append(parameter)
        if (missing or _within(clause)) and self._broken and not found.entry.harmless:
            return self.note("depends", clause)
        if missing:
            self._asks.append(Ask(len(self.steps), tuple(missing)))
        if not found.entry.harmless and (self._broken or not certainty.sure(clause, found, self.index)):
            self._doubts.append(len(self.steps))
        self.steps.append(Step(clause.said, found.entry, tuple(each), refs, told=told))
        return True

    def _inside(self, clause: Clause, arguments: dict[str, Any]) -> dict[str, Any]:
        """`make a folder demo, put a file a.txt in it`: demo/a.txt."""
        path = arguments.get("path")
        before = self.steps[-1] if self._done() else None
        if before is None or before.entry is None or before.entry.harmless or not isinstance(path, str) or "/" in path:
            return arguments
        folder = before.each[-1].get("path") if before.each[-1].keys() == {"path"} else None
        return {**arguments, "path": f"{folder}/{path}"} if folder and _within(clause) else arguments

    def nested(self, clause: Clause, start: int, end: int) -> int | None:
        """The step that a noun phrase asks for (`the date`, `the contents of a.txt`), added before its clause."""
        phrase = clause.part(start, end)
        if not (phrase.mentions or any(word.norm not in STOP_WORDS for word in phrase.words if word.norm.isalnum())):
            return None
        before = len(self.steps), len(self._notes), len(self._asks)
        if operations.plan(self, phrase):
            read = True
        else:
            found = best(phrase, self.index)
            strong = certain(found) and found is not None and not found.filling.missing
            usable = found is not None and (found.entry.harmless or "<url>" in found.filling.kinds)
            read = bool(strong and usable and found and self.call(phrase, found))
        if read and len(self.steps) > before[0] and len(self._asks) == before[2]:
            return len(self.steps) - 1
        del self.steps[before[0] :], self._notes[before[1] :], self._asks[before[2] :]
        return None

    # The same again

    def _rather_again(self, clause: Clause) -> bool:
        return any(word.norm in _SAME for word in clause.words) and not [
            act for act in clause.actions if act in lexicon.CHANGING
        ]

    def _again(self, clause: Clause) -> bool:
        """`and in Tokyo?`, `the same with b.txt`: the last call, with what is new put in."""
        heavy = [
            word
            for word in clause.words
            if word.norm.isalnum() and word.norm not in STOP_WORDS and word.norm not in _SAME
        ]
        if not clause.mentions or any(is_action(word.concept) and word.concept != "show" for word in heavy):
            return False
        earlier = next((step for step in reversed(self.steps) if step.entry is not None), None)
        if earlier is None or earlier.entry is None or any(w.concept not in earlier.entry.vocabulary for w in heavy):
            return False
        filling = fill(clause, earlier.entry)
        values = {name: (value,) for name, value in filling.arguments.items()} | filling.several
        if not values or filling.unexplained:
            return False
        each = [dict(earlier.each[0])]
        for name, several in values.items():
            each = [{**arguments, name: value} for arguments in each for value in several]
        needed = {parameter.name for parameter in earlier.entry.required}
        if not needed <= {*each[0], *earlier.refs}:
            return False
        refs = {name: ref for name, ref in earlier.refs.items() if name not in values}
        self.steps.append(Step(clause.said, earlier.entry, tuple(each), refs))
        return True

    def _measured(self, clause: Clause) -> bool:
        """`show its content`, `what is its size?`: another tool's view of what was found before."""
        return views.consumed(self, clause)

    def match(self, clause: Clause, name: str, ignoring: Bag = frozenset()) -> Match | None:
        entry = self.index.entry(name)
        return match(clause, entry, self.index, ignoring) if entry else None


def _parted(clause: Clause, joiners: list[Token]) -> list[Clause]:
    starts = [clause.start, *(word.end for word in joiners)]
    ends = [*(word.start for word in joiners), clause.end]
    parts = (clause.part(start, end) for start, end in zip(starts, ends, strict=True))
    return [part for part in parts if part.words or part.mentions]


def _within(clause: Clause) -> bool:
    """Whether it speaks of the inside of what was said before."""
    said = [word.norm for word in clause.words]
    return any(pair in (("in", "it"), ("inside", "it")) for pair in itertools.pairwise(said)) or "dedans" in said
