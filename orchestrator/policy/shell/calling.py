"""What a command starts: its words, functions (read where they are called, with what they are given), "$@", `read`."""

import re
from collections.abc import Collection
from typing import TYPE_CHECKING

from orchestrator.policy.shell import words
from orchestrator.policy.shell.outputs import finds
from orchestrator.policy.shell.programs import KINDS, PRIVILEGE, RUNNERS, WRAPPERS
from orchestrator.policy.shell.redirecting import After, Flow, Redirecting
from orchestrator.policy.shell.script import Bound, Segment, lists_names, names_listed
from orchestrator.policy.shell.spelling import SETTERS, named_by
from orchestrator.policy.shell.words import FOUND, MANY, SPLIT, UNKNOWN, UNSET, marked, uncertain

if TYPE_CHECKING:
    from tree_sitter import Node

MOVERS = frozenset({"cd", "chdir", "pushd", "popd"})
_STARTERS = WRAPPERS.keys() | RUNNERS | PRIVILEGE
_BY_PLACE = ("shell", "interpreter", "developer", "administration", "network")
_NAMES_ONE = re.compile(r"\$\((?:command -v|which) [\w.+-]+\)$")
_CALLS = 6  # functions that call each other
_MOST = 60  # calls of one script: a function that calls others twice doubles what is read


class Calling(Redirecting):
    def __init__(self, source: bytes, given: Bound, prior: Bound) -> None:
        super().__init__(source, given, prior)
        self.functions: dict[str, Node] = {}  # that stand for no other program: read where they are called
        self.left: list[str] = []  # those that a trap calls at the end
        self._calls: list[str] = []  # the functions that the walk is in
        self._called = 0
        self._again: set[str] = set()  # those that call themselves, and were read with whatever they may be given

    def words_of(self, written: "list[list[Node]]") -> tuple[tuple[str, ...], list[list[str]], bool]:
        """The programs that it may start, their words in every way, and whether the shell puts the name together."""
        if not written:
            return ("",), [[]], False
        if told := self.every(written[0]):
            return (told[0],), self._ways(told[:1], [[told[1:]], *map(self._alternatives, written[1:])]), False
        named, *behind = map(self._alternatives, written)
        first = [word for way in named for word in way] or [UNKNOWN]
        indirect = len(first) != 1 or self._is_variable(written[0][0])
        if indirect and (names := self._chosen(written[0])):
            return names, self._ways(names, behind), False
        spelt_out = "$(" in self.text(written[0][0]) or "`" in self.text(written[0][0])
        if indirect and len(named) == 1 and not spelt_out and self._starts(first[0]):
            return (first[0],), self._ways(first[:1], [[first[1:]], *behind]), False
        return (first[0],), self._ways(first[:1], [[first[1:]], *behind]), indirect

    def _alternatives(self, pieces: "list[Node]") -> list[list[str]]:
        """The words that one written word becomes, for each value that its variables may have."""
        if (told := self.every(pieces)) is not None:
            return [told]
        return self._spell_beside(pieces)

    def _ways(self, names: Collection[str], groups: list[list[list[str]]]) -> list[list[str]]:
        """One list of words for each value, where the place of a word says what it does; else all in one."""
        most = max(map(len, groups), default=1)
        if most == 1 or not any(name in self.functions or _by_place(name.rpartition("/")[2]) for name in names):
            return [[word for ways in groups for way in ways for word in way]]
        return [[word for ways in groups if ways for word in ways[min(at, len(ways) - 1)]] for at in range(most)]

    def _chosen(self, pieces: "list[Node]") -> tuple[str, ...]:
        """The programs that a variable may name, where all of them are known."""
        if len(pieces) != 1 or len(pieces[0].children) != 1:
            return ()
        name = pieces[0].children[0]
        inner = name.named_children[0] if name.type == "string" and name.named_child_count == 1 else name
        if inner.type not in ("simple_expansion", "expansion") and not _NAMES_ONE.match(self.text(inner)):
            return ()
        doubts = len(self.doubts)
        named = self.spell(name)
        del self.doubts[doubts:]
        return named if all(map(self._starts, named)) else ()

    def _starts(self, program: str) -> bool:
        """Whether a word that a variable holds is plainly a program: by its name, by its place, or a function."""
        placed = "/" in program and not uncertain(program) and SPLIT not in program
        named = re.fullmatch(r"[A-Za-z][\w.+-]*", program) is not None  # known or not, it is asked by its name
        return program in self.functions or placed or (named and program not in MOVERS | SETTERS | _STARTERS)

    def _spell_beside(self, pieces: "list[Node]") -> list[list[str]]:
        spelt: list[tuple[str, ...]] = []
        for index, piece in enumerate(pieces):
            inner = piece.children[0] if piece.type == "command_name" and piece.child_count else piece
            if not inner.is_named and inner.type not in ("==", "=~", "="):
                self.doubt("unreadable", self.text(inner))
            spelt.append(self.spell(inner, first=index == 0) if inner.is_named else (self.text(inner),))
        return [words.words(spelling) for spelling in words.joined(spelt)]

    def _is_variable(self, name: "Node") -> bool:
        return bool(name.child_count) and name.children[0].type in (
            "simple_expansion",
            "expansion",
            "command_substitution",
        )

    def called(self, name: str, given: tuple[str, ...] | None, flow: Flow) -> After:
        """Read what a function does with what it is given; None where that is not known."""
        self._called += 1
        if self._called > _MOST:
            self.doubt("too_long", name)
            return After(flow.folders, flow.folders)
        if name in self._calls or len(self._calls) == _CALLS:
            if name in self._again or len(self._calls) == _CALLS:
                return After(flow.folders, flow.folders)
            self._again.add(name)
            given = None
        kept = self.given, self.frame
        self.given = {label: values for label, values in self.given.items() if label.isidentifier() or label == "0"}
        self._framed(given)
        self._calls.append(name)
        after = self.visit(self.functions[name], flow)
        self._calls.pop()
        self.given, self.frame = kept
        return after

    def _framed(self, given: tuple[str, ...] | None) -> None:
        self.frame = given
        told = {str(at): (word,) for at, word in enumerate(given or (), 1)}
        every = {"@": given or (UNSET,), "*": given or (UNSET,)} if given is not None else {}
        kept = {label: values for label, values in self.given.items() if label.isidentifier() or label == "0"}
        self.given = {**kept, **told, **every}

    def shifted(self, node: "Node", program: str, told: list[str]) -> None:
        """$2 is $1 from here, or `set -- a b`; where it may or may not be, nothing is known of either."""
        if program == "set" and all(word[:1] in ("-", "+") and word != "--" for word in told):
            return
        above = node.parent
        while above is not None and above.type in ("compound_statement", "program"):
            above = above.parent
        count = int(told[0]) if told[:1] and told[0].isdecimal() else 1
        certain = (above is None or above.type == "function_definition") and (
            program == "set" or self.frame is not None
        )
        new = self.frame[count:] if self.frame is not None and program == "shift" else tuple(told[1:])
        self._framed(new if certain and (program == "shift" or told[:1] == ["--"]) else None)

    def read_into(self, node: "Node", segment: Segment, feeders: tuple[Segment, ...]) -> None:
        """What read and mapfile set: names that were found, what a file says, the command's own text."""
        words = list(segment.arguments)
        if segment.program == "getopts":
            given = tuple(words[2:]) or self.frame or (UNKNOWN,)
            self.assigned("OPTARG", tuple(word for word in given if word[:1] != "-") or (UNSET,))
            return
        labels = named_by(segment.program, words)
        names: tuple[str, ...] = (UNKNOWN,)
        if lists_names(feeders) and len(labels) == 1:
            names = tuple(names_listed(feeders[0]))
        elif (segment.stdin == "file" and not self._own_input()) or (finds(feeders) and not self.own(feeders)):
            names = (FOUND,)
        told = segment.fed if segment.fed is not None else self._here_string(node)
        if segment.stdin == "text" and told is not None:
            names = _fields(told, segment, words, len(labels))
        for label in labels:
            self.assigned(label, names)

    def _here_string(self, node: "Node") -> str | None:
        """The words behind <<<, of which some are known only from a file."""
        strings = [child for child in node.children if child.type == "herestring_redirect"]
        doubts = len(self.doubts)
        spelt = [one for child in strings for part in child.children if part.is_named for one in self.spell(part)]
        del self.doubts[doubts:]
        return spelt[0] if len(spelt) == 1 else None

    def _own_input(self) -> bool:
        written = {one.target for one in self._redirects if ">" in one.operator} - self._told
        return any(one.operator == "<" and one.target in written for one in self._redirects)

    def every(self, pieces: "list[Node]") -> list[str] | None:
        """The words of "$@" and "${a[@]}", one behind the other, where they are known."""
        text = self.text(pieces[0]).strip('"') if len(pieces) == 1 else ""
        if text in ("$@", "${@}", "$*") and self.frame is not None:
            return list(self.frame)
        match = re.fullmatch(r"\$\{(\w+)\[[@*]\]\}", text)
        if match is None or match[1] not in self.definite or self.bases[match[1]] != 1 or b"unset" in self.source:
            return None
        held = {**self.values, **self.loose}.get(match[1], ())
        return list(held) if held and held != (UNSET,) else None


def _fields(text: str, segment: Segment, words: list[str], count: int) -> tuple[str, ...]:
    """What each of the variables may hold, of a text that is written in the command."""
    if FOUND in text and not marked(text.replace(FOUND, "")):
        return (FOUND,)
    if marked(text) or len(text) > 2_000:
        return (UNKNOWN,)
    if "-d" in words and count == 1:
        return (text,)
    by = dict(segment.assignments).get("IFS", " \t")
    found = [text] if by == "" else [one for one in re.split(f"[{re.escape(by)}\n]+", text) if one]
    lines = text.splitlines() if count < 3 else []
    every = tuple(dict.fromkeys([*found, *lines]))
    return every if 0 < len(every) <= MANY else (UNKNOWN,)


def _by_place(program: str) -> bool:
    return KINDS.get(program) in _BY_PLACE or program in _STARTERS


def multiplies(body: str, name: str) -> bool:
    """Whether a function starts itself beside itself, or in any case: it never comes to an end."""
    called = rf"(?<![\w$./-]){name}(?![\w=./-])"
    beside = re.search(rf"{called}[^\n;]*(?:\||(?<!&)&(?![&>]))|(?:\||(?<!&)&(?!&))\s*{called}", body)
    always = not re.search(r"\b(?:if|case|while|until|for|return|exit)\b|&&|\|\|", body)
    return beside is not None or (always and re.search(called, body) is not None)
