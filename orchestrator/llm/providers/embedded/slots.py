"""Filling a tool's arguments from a clause: by the type of each parameter, and by where examples put values."""

import re
from typing import Any, Final

import msgspec
from msgspec import Struct

from orchestrator.llm.providers.embedded import frames, texts, timings
from orchestrator.llm.providers.embedded.choosing import chosen
from orchestrator.llm.providers.embedded.index import ACCEPTS, Entry, Parameter
from orchestrator.llm.providers.embedded.language import STOP_WORDS, Token, fold
from orchestrator.llm.providers.embedded.lexicon import PROGRAMS
from orchestrator.llm.providers.embedded.mentions import Mention, joined
from orchestrator.llm.providers.embedded.segment import Clause
from orchestrator.llm.providers.embedded.shown import types


class Filling(Struct, frozen=True):
    arguments: dict[str, Any]
    several: dict[str, tuple[Any, ...]]  # a parameter that takes one value, given more
    missing: tuple[Parameter, ...]
    used: frozenset[int]  # places of the words that are values
    kinds: frozenset[str]  # pseudo-words for the mentions that are values
    unexplained: float  # mentions that no parameter takes
    object: tuple[int, int] | None = None  # what a missing text may refer to: places in the request
    guessed: frozenset[str] = frozenset()  # the parameters whose value is a word that may be an ordinary one
    acts: frozenset[str] = frozenset()  # acts that are choices of the tool's: `restart`
    swallowed: frozenset[str] = frozenset()  # words taken for free text, though nothing sets them apart
    worded: float = 0.0  # how surely the whole clause is worded as an example is; 0: it is not


def fill(clause: Clause, entry: Entry) -> Filling:
    said = clause
    if any(each.kind == "timing" for each in entry.parameters):
        clause = timings.noticed(clause)
    filling = _fill(clause, entry)
    inside = [each for each in clause.mentions if each.kind == "timing" and each.start in filling.used]
    starts = [word.start for word in said.words] + [each.start for each in said.mentions]
    times = frozenset(start for start in starts for each in inside if each.start <= start < each.end)
    return msgspec.structs.replace(filling, used=filling.used | times) if times else filling


def _fill(clause: Clause, entry: Entry) -> Filling:
    worded = frames.find(clause, entry)
    return _Filler(clause, entry).worded(worded) if worded else _Filler(clause, entry).filled()


_AND: Final = frozenset(["and", "et", ",", "or", "ou"])
_NAMED: Final = 2  # words of a name that is sought beside the word that leads to it
_FLAG: Final = re.compile(r"(?:^|\s)--?[a-z]|[|/;={}]|\w\(")  # the signs of a command, or of code
_TICKED: Final = re.compile(r"(?:(?:code|program|programme|script|snippet)\s+)?`([^`]+)`")  # code set apart


class _Filler:
    def __init__(self, clause: Clause, entry: Entry) -> None:
        self._clause = clause
        self._entry = entry
        self._free = list(joined(clause.mentions))
        self._arguments: dict[str, Any] = {}
        self._several: dict[str, tuple[Any, ...]] = {}
        self._used: set[int] = set()
        self._kinds: set[str] = set()
        self._taken: list[Mention] = []
        self._object: tuple[int, int] | None = None
        self._guessed: set[str] = set()
        self._acts: set[str] = set()
        self._swallowed: set[str] = set()

    def filled(self) -> Filling:
        parameters = sorted(self._entry.parameters, key=lambda each: (each.tail, not each.required))
        tails = [each for each in parameters if each.tail and each.kind == "quoted"]
        for each in tails:  # a value that runs to the end may hold anything: it goes first
            self._text(each)
        for each in parameters:
            if each.kind in ("enum", "boolean") and (found := chosen(self._clause, self._entry, each, self._used)):
                self._arguments[each.name] = found.value
                self._used |= found.used
                self._acts |= found.acts
        for each in parameters:
            if each.kind == "quoted" and each.named and (named := self._pathlike(each)):
                self._take(named)
                self._arguments[each.name] = named.value
        for each in parameters:
            if each.kind not in ("quoted", "enum", "boolean", "json"):
                self._typed(each)
        for each in parameters:
            if each.kind == "quoted" and each not in tails and each.name not in self._arguments:
                self._text(each)
        for each in parameters:
            if each.kind == "json" and "array" in types(each.schema):
                self._several_texts(each)
        missing = tuple(each for each in self._entry.required if each.name not in self._given())
        spoken_of = self._object[0] if self._object else self._clause.end  # from here it speaks of another thing
        free = [mention for mention in self._free if mention.start < spoken_of]
        free = [mention for mention in free if mention.start not in self._used]
        strong = [mention for mention in free if not mention.weak and mention.kind not in ("zone", "number")]
        loose = [mention for mention in free if mention.weak and mention.kind == "folder"]
        return Filling(
            self._arguments,
            self._several,
            missing,
            frozenset(self._used),
            frozenset(self._kinds),
            len(strong) + 0.5 * len(loose),
            self._object,
            frozenset(self._guessed),
            frozenset(self._acts),
            frozenset(self._swallowed),
        )

    def worded(self, found: frames.Found) -> Filling:
        """The values that stand where an example has its own."""
        self._arguments.update(found.chosen)
        for name, mention in found.mentions.items():
            parameter = self._entry.parameter(name)
            assert parameter is not None
            self._arguments[name] = self._value(parameter, mention)
            self._kinds |= mention.kinds - {"<quoted>"}
            self._use(mention.start, mention.end)
            self._used.add(mention.start)
        for name, (start, end) in found.stretches.items():
            end = texts.CLOSING.match(self._clause.text, end, self._clause.end).end()  # type: ignore[union-attr]
            said = self._clause.text[start:end]
            said = ticked[1] if (ticked := _TICKED.fullmatch(said)) else said
            timed = any(each.kind == "timing" for each in found.mentions.values())
            self._arguments[name] = texts.ABOUT.sub("", said, count=1) if timed and texts.ABOUT.match(said) else said
            self._used.update(each.start for each in self._free if start <= each.start < end)
            self._use(start, end)
        missing = tuple(each for each in self._entry.required if each.name not in self._arguments)
        used, kinds = frozenset(self._used), frozenset(self._kinds)
        return Filling(self._arguments, {}, missing, used, kinds, 0, worded=found.score)

    def _given(self) -> set[str]:
        return {*self._arguments, *self._several}

    # Typed values

    def _typed(self, parameter: Parameter) -> None:
        accepted = ACCEPTS[parameter.kind]
        fitting = [each for each in self._free if each.kind in accepted and each.start not in self._used]
        strong = [each for each in fitting if not each.weak]
        fitting = strong or fitting
        rivals = [
            each
            for each in self._entry.parameters
            if each.kind == parameter.kind and each.name not in self._given() and each is not parameter
        ]
        if parameter.kind == "number":
            fitting = [each for each in fitting if self._counts(parameter, each) or (parameter.required and not rivals)]
        if parameter.kind == "path":
            fitting = [each for each in fitting if parameter.shaped(str(each.value))]
        if (
            rivals
            and len(fitting) == 1
            and self._leads_to(rivals, fitting[0])
            and not self._leads_to([parameter], fitting[0])
        ):
            fitting = []
        elif rivals and len(fitting) > 1 and parameter.kind != "number":
            fitting = [each for each in fitting if self._suits(parameter, each)] or fitting[:1]
        if not fitting and parameter.coined and (coined := self._coined(parameter)):
            fitting = [coined]
        if not fitting and parameter.kind in ("path", "glob"):
            fitting = self._spelled(parameter)
        if not fitting and parameter.kind == "path" and parameter.worded:
            fitting = [each for each in self._free if each.kind == "number" and self._suits(parameter, each)]
        namely = parameter.worded or parameter.kind == "host"
        if not fitting and namely and (named := texts.name(self._clause, self._entry, parameter, self._used)):
            self._arguments[parameter.name] = named.value
            self._use(named.start, named.end)
            return
        if not fitting:
            return
        several = len(fitting) > 1 and not rivals and parameter.kind not in ("number", "moment")
        several = several and not self._apart(fitting)
        several = several or (parameter.kind == "number" and len(fitting) > 1 and self._in_a_row(parameter, fitting))
        for mention in fitting if several else fitting[:1]:
            self._take(mention)
            led = mention.kind == "name" or (
                mention.kind == "folder"
                and any(word.norm in parameter.leads or word.concept == "name" for word in self._before(mention))
            )
            self._guessed |= {parameter.name} if mention.weak and not led else set()
        values = [self._value(parameter, mention) for mention in fitting]
        if several:
            self._several[parameter.name] = tuple(dict.fromkeys(values))
        else:
            self._arguments[parameter.name] = values[0]

    def _in_a_row(self, parameter: Parameter, numbers: list[Mention]) -> bool:
        """`ports 80 and 443`: numbers of one kind, joined."""
        between = [w for w in self._clause.words if numbers[0].end <= w.start < numbers[-1].start]
        joined = {word.norm for word in between} & _AND
        leads = parameter.leads | parameter.names
        return self._entry.harmless and bool(joined) and all(w.norm in _AND | leads for w in between)

    def _apart(self, mentions: list[Mention]) -> bool:
        """Whether values are not of one kind in what is said: `a.txt from team/site`."""
        first, last = mentions[0].end, mentions[-1].start
        between = {word.norm for word in self._clause.words if first <= word.start < last}
        return bool(between & texts.FROM) and not (self._entry.harmless and between & _AND)

    def _leads_to(self, parameters: list[Parameter], mention: Mention) -> bool:
        before = {word.norm for word in self._before(mention)}
        return any(before & each.leads for each in parameters)

    def _spelled(self, parameter: Parameter) -> list[Mention]:
        """A file named where a pattern is wanted is a pattern too."""
        if parameter.kind == "glob":
            has_path = any(each.kind == "path" for each in self._entry.parameters)
            files = [each for each in self._free if each.kind == "path" and not each.weak]
            return [each for each in files if "/" not in str(each.value)][:1] if has_path or files else []
        return []

    def _value(self, parameter: Parameter, mention: Mention) -> Any:
        value = mention.value
        if parameter.kind in ("place", "host") or (parameter.kind == "path" and mention.kind == "number"):
            return self._clause.text[mention.start : mention.end]
        if parameter.kind == "number" and types(parameter.schema) == {"integer"}:
            return int(value)
        if parameter.kind == "moment" and isinstance(value, str):
            form = parameter.schema.get("format")
            return value[:10] if form == "date" else value
        if parameter.kind == "path" and isinstance(value, str) and value not in ("/", "./"):
            return value.rstrip("/")
        return value

    def _suits(self, parameter: Parameter, mention: Mention, names: frozenset[str] | None = None) -> bool:
        """Whether the words beside a value are those beside it in the examples, or the parameter's own name."""
        names = parameter.names if names is None else names
        before = [word for word in self._clause.words if word.end <= mention.start and word.norm.isalnum()][-1:]
        after = [word for word in self._clause.words if word.start >= mention.end and word.norm.isalnum()][:1]
        return any(
            (word.concept in parameter.before and word.norm not in STOP_WORDS) or word.concept in names
            for word in before
        ) or any(
            (word.norm in parameter.after and word.norm not in STOP_WORDS) or word.concept in names for word in after
        )

    def _counts(self, parameter: Parameter, mention: Mention) -> bool:
        """Whether a number is this parameter's rather than another's, by the words beside it."""
        numbers = [each for each in self._entry.parameters if each.kind == "number"]
        shared = frozenset(name for each in numbers if each is not parameter for name in each.names)

        def beside(each: Parameter) -> int:
            return 2 * self._suits(each, mention, frozenset()) + self._suits(each, mention, each.names - shared)

        if self._clause.text[mention.start - 1 : mention.start] == ":" and "port" in parameter.names:
            return True
        own = beside(parameter)
        before = next((each.norm for each in reversed(self._clause.words) if each.end <= mention.start), "")
        if len(numbers) == 1 and before in parameter.leads:
            return True
        return own > 0 and own >= max(beside(each) for each in numbers)

    def _take(self, mention: Mention) -> None:
        self._free.remove(mention)
        self._taken.append(mention)
        if mention.kind != "quoted":
            self._kinds |= mention.kinds
        self._use(mention.start, mention.end)
        self._used.add(mention.start)

    def _use(self, start: int, end: int) -> None:
        self._used.update(word.start for word in self._clause.words if start <= word.start < end)

    # Free text

    def _text(self, parameter: Parameter) -> None:
        said = {word.concept for word in self._clause.words}
        if not (parameter.required or parameter.longest or parameter.names & said) and self._entry.examples:
            return  # no example shows that it is said
        apart = [each for each in self._free if each.kind == "quoted" or (parameter.tail and self._set_apart(each))]
        if parameter.brief and not parameter.apart:
            apart = [each for each in apart if len(str(each.value).split()) <= parameter.longest]
        if apart and self._left_to_another(parameter):
            apart = []
        if apart and not (parameter.required and self._within_more(parameter, apart[0])):
            chosen = next((each for each in apart if self._suits(parameter, each)), apart[0])
            self._take(chosen)
            self._used |= {word.start for word in self._before(chosen) if word.norm in texts.INTRODUCE}
            self._arguments[parameter.name] = chosen.value
            return
        if parameter.named and (named := self._coined(parameter)):
            self._take(named)
            self._arguments[parameter.name] = named.value
            return
        if parameter.coined and not parameter.worded and not parameter.apart:
            return  # `delete Paul` names no `job_7`
        if any(value == "" and cues & said for value, cues in parameter.constants):
            self._arguments[parameter.name] = ""
            return
        self._worded_text(parameter)

    def _worded_text(self, parameter: Parameter) -> None:
        """A text, or a name, that nothing sets apart."""
        found = texts.find(self._clause, self._entry, parameter, self._taken)
        always_apart = parameter.apart and not parameter.worded
        if found is not None and ((always_apart and not found.explicit) or self._overlaps(parameter, found)):
            found = None
        if found is None or not found.literal or (parameter.named and parameter.longest <= _NAMED):
            found = texts.name(self._clause, self._entry, parameter, self._used) or found
        if found is None or (not parameter.required and found.value in self._arguments.values()):
            return
        if found.literal:
            self._used.update(each.start for each in self._free if found.start <= each.start < found.end)
            self._free = [each for each in self._free if not found.start <= each.start < found.end]
            if not (_FLAG.search(found.value) or fold(found.value) in parameter.values):
                self._swallowed |= {w.concept for w in self._clause.words if found.start <= w.start < found.end}
            self._use(found.start, found.end)
            self._arguments[parameter.name] = found.value
        elif not parameter.named:  # a name is not what something else says
            self._object = (found.start, found.end)

    def _within_more(self, parameter: Parameter, mention: Mention) -> bool:
        """Whether a quotation is part of what stands after a colon: `: print("a")`."""
        text, start = self._clause.text, self._clause.start
        colon = text.find(": ", start, mention.start)
        between = text[colon + 1 : mention.start].strip()
        if colon >= 0 and between:
            return between[-1:] in "([=+,{" or parameter.tail
        leads = [word for word in self._clause.words if word.end <= mention.start]
        return parameter.tail and any(word.norm in PROGRAMS for word in leads)

    def _coined(self, parameter: Parameter) -> Mention | None:
        """The name that nobody speaks with, where it can be no other argument's."""
        coined = [each for each in self._free if each.kind == "name" and str(each.value).startswith(parameter.prefix)]
        if suited := [each for each in coined if self._suits(parameter, each)]:
            return suited[0]
        strong = [each for each in coined if not each.weak]
        others = [each for each in self._entry.parameters if each.named and each.kind == "quoted"]
        others = [each for each in others if each.name not in self._given() and each is not parameter]
        required = [each for each in others if each.required]
        return strong[0] if strong and not (required if parameter.required else others) else None

    def _pathlike(self, parameter: Parameter) -> Mention | None:
        """`the branch feature/login`: a name that looks like a path, after the noun that leads to one."""
        paths = (each for each in self._free if each.kind == "path" and not each.weak)
        return next((each for each in paths if {w.concept for w in self._before(each)} & parameter.leading), None)

    def _before(self, mention: Mention) -> list[Token]:
        said = [word for word in self._clause.words if word.end <= mention.start]
        return [word for word in said if word.norm.replace("_", "").isalnum()][-1:]

    def _left_to_another(self, parameter: Parameter) -> bool:
        """Whether what is set apart is another's value, as examples show it: a command is, a machine's name is not."""
        others = (each for each in self._entry.parameters if each.name not in self._given())
        return not parameter.apart and any(each.apart and each.required for each in others)

    def _overlaps(self, parameter: Parameter, found: texts.Stretch) -> bool:
        """Whether it holds what is another argument's value already."""
        quoted = [each for each in self._free if each.kind == "quoted"] if parameter.brief else []
        return any(found.start < each.end and each.start < found.end for each in (*self._taken, *quoted))

    def _several_texts(self, parameter: Parameter) -> None:
        """`tagged web, speed`: the words after what stands before such a list in the examples."""
        if parameter.holds:
            fitting = [each for each in self._free if each.kind in ACCEPTS[parameter.holds] and not each.weak]
            if fitting:
                self._arguments[parameter.name] = [each.value for each in fitting]
            for each in fitting:
                self._take(each)
            return
        for word in self._clause.words:
            if word.norm not in parameter.leads - STOP_WORDS or word.start in self._used:
                continue
            after = [each.start for each in self._free if each.start >= word.end and not each.weak]
            end = min(after, default=self._clause.end)
            found = re.split(r"\s*,\s*|\s+(?:and|et)\s+", self._clause.text[word.end : end].strip(" .!?:,"))
            if all(found):
                self._arguments[parameter.name] = found
                self._use(word.end, end)
                return

    def _set_apart(self, mention: Mention) -> bool:
        return self._clause.text[mention.start] in "\"'`«“‘"
