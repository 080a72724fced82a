"""What the words of a script become: quotes taken away, variables followed, the rest marked unknown.

A variable is followed when it is set plainly, or by a `for`, and in no other way. Where it is set at the
top of the script it holds what was set last; elsewhere, whatever it is set to anywhere (`loose`: the
script is read again until nothing is added). Words are nodes of the bash grammar; see `words` for the marks.
"""

import re
from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

from orchestrator.policy.shell import words
from orchestrator.policy.shell.changes import SLICE, are_numbers, of_change
from orchestrator.policy.shell.outputs import output
from orchestrator.policy.shell.script import Bound, Doubt, Segment
from orchestrator.policy.shell.variables import steers
from orchestrator.policy.shell.words import FOUND, HERE, OPEN, SPLIT, STAR, TILDE, UNKNOWN, UNSET, each

if TYPE_CHECKING:
    from tree_sitter import Node

WORDS = each(
    "word number string raw_string ansi_c_string translated_string concatenation simple_expansion expansion "
    "command_substitution process_substitution arithmetic_expansion brace_expression variable_name regex "
    "extglob_pattern special_variable_name test_operator"
)
READERS = each("read mapfile readarray")
SETTERS = READERS | each("printf getopts let wait unset local declare typeset readonly")
_COUNTERS = each("? # $ ! RANDOM SECONDS LINENO UID EUID PPID")
_DEFAULT = re.compile(r":?([-=?+])(.*)", re.DOTALL)
_PLAIN = re.compile(r"[\w./~:@%+ -]*")
_EXPANSION = re.compile(r"([#!]?)(\w+|[@*])(?:\[([^\]]*)\])?(.*)", re.DOTALL)
_SETS = re.compile(r"(\w+):?=.*", re.DOTALL)
_ASSIGNED = re.compile(r"(\w+)\s*(?:\+\+|--|(?:[-+*/%&|^]|<<|>>)?=(?!=))|(?:\+\+|--)\s*(\w+)")
_RANGE = re.compile(r"\{\w+\.\.\w+\}")


class Spelling:
    """The words of one script. Whoever walks the script says what a substitution holds."""

    def __init__(self, source: bytes, given: Bound, prior: Bound) -> None:
        """`given` is what its variables are from outside, `prior` what its loose ones were when it was read before."""
        self.source, self.given, self.prior = source, given, prior
        self.doubts: list[Doubt] = []
        self.breaks: list[int] = []  # where a line ends that the grammar takes no notice of
        self.set: set[str] = set()  # variables set anywhere
        self.untold: set[str] = set()  # variables whose value cannot be followed
        self.loose: dict[str, tuple[str, ...]] = {}  # those that are set elsewhere than at the top, and to what
        self.definite: set[str] = set()  # those that are set in any case, where the walk is
        self.times: Counter[str] = Counter()  # how often each is set
        self.met: set[str] = set()  # variables set so far
        self.values: dict[str, tuple[str, ...]] = {}
        self.bases: Counter[str] = Counter()  # how often each is set to an array, as a whole
        self.frame: tuple[str, ...] | None = tuple(given.get("@", ())) if "0" in given else None  # $1, $2, …

    def substituted(self, node: "Node") -> tuple[Segment, ...]:
        """Walk the script inside a substitution; the programs it starts."""
        raise NotImplementedError

    def own(self, segments: tuple[Segment, ...]) -> bool:
        """Whether they read what the script itself has written."""
        raise NotImplementedError

    def text(self, node: "Node") -> str:
        return self.source[node.start_byte : node.end_byte].decode()

    def doubt(self, code: str, text: str) -> None:
        self.doubts.append(Doubt(code, text if len(text) <= 80 else text[:79] + "…"))

    # Variables

    def survey(self, root: "Node") -> None:
        """Find out, before anything is read, which variables can be followed."""
        looped: list[str] = []
        stack = [root]
        while stack:
            node = stack.pop()
            stack.extend(node.children)
            if node.type == "variable_assignment":
                self._survey_assignment(node)
            elif node.type == "for_statement":
                name = node.child_by_field_name("variable")
                looped.append(self.text(name) if name is not None else "")
                if node.children[0].type != "for":
                    self.untold.add(looped[-1])
            elif node.type == "command":
                self._survey_command(node)
            elif node.type == "declaration_command":
                self._survey_declaration(node)
            elif node.type == "unset_command" or (node.type == "expansion" and "=" in self.text(node)):
                self.untold.update(self._names(node))
            elif node.type in ("arithmetic_expansion", "c_style_for_statement") or self.text(node)[:2] == "((":
                self._survey_loose(self._counted(node))
        self.times.update(looped)
        self.loose.update((name, ()) for name in looped if self.times[name] > 1)
        self.loose = {label: values for label, values in self.loose.items() if label not in self.untold}
        self.set |= self.untold | set(looped)

    def _survey_command(self, node: "Node") -> None:
        name = node.child_by_field_name("name")
        program = self.text(name) if name is not None else ""
        named = [self.text(word) for word in node.children_by_field_name("argument")]
        if label := self.printed_to(node):
            self._survey_loose([label])
        elif program in READERS:
            self._survey_loose(named_by(program, named))
        elif program in ("let", "getopts"):
            self._survey_loose(self._counted(node) if program == "let" else ["OPTARG"])
        elif program in SETTERS:
            self.untold.update(named)

    def printed_to(self, node: "Node") -> str:
        """The variable of `printf -v NAME`, where it is plainly that."""
        given = [self.text(word) for word in node.children_by_field_name("argument")[:2]]
        name = node.child_by_field_name("name")
        plain = name is not None and self.text(name) == "printf" and given[:1] == ["-v"]
        return given[1] if plain and len(given) == 2 and given[1].isidentifier() else ""

    def _survey_loose(self, labels: Iterable[str]) -> None:
        named = list(labels)
        self.set.update(named)
        self.times.update(named)
        self.loose.update(dict.fromkeys(named, ()))

    def _survey_declaration(self, node: "Node") -> None:
        """local x, declare -A t; where it changes what is set, or names another variable, it cannot be followed."""
        program, plain = (
            self.text(node.children[0]),
            [self.text(child) for child in node.children[1:] if child.is_named],
        )
        if set("nilu") & set("".join(word for word in plain if word[:1] in ("-", "+"))):
            self.untold.update(self._names(node))
        elif program not in ("export", "readonly"):
            self._survey_loose(word for word in plain if word.isidentifier())

    def _counted(self, node: "Node") -> set[str]:
        """The variables that arithmetic sets: each is a number afterwards."""
        text = self.text(node)
        text = text[: text.find("))")] if node.type == "c_style_for_statement" else text
        return {match[1] or match[2] for match in _ASSIGNED.finditer(text)}

    def _survey_assignment(self, node: "Node") -> None:
        name, parent = node.child_by_field_name("name"), node.parent
        if name is not None and name.type == "subscript":
            self._survey_loose([self.text(name.children[0])])
            self.bases[self.text(name.children[0])] += 1
            return
        label = self.text(name) if name is not None else ""
        self.set.add(label)
        self.times[label] += 1
        above = parent.parent if parent is not None and parent.type == "variable_assignments" else parent
        behind = (node if above is parent else parent).next_sibling if parent is not None else None
        apart = behind is not None and behind.type == "&"  # set in another shell, and forgotten
        value, adds = node.child_by_field_name("value"), self.text(node).startswith(f"{label}+=")
        array = value is not None and value.type == "array"
        self.bases[label] += array and not adds
        if adds and not array:
            self.untold.add(label)
        elif above is None or above.type != "program" or apart or adds:
            self.loose[label] = ()

    def _names(self, node: "Node") -> set[str]:
        found, stack = set(), [node]
        while stack:
            inner = stack.pop()
            stack.extend(inner.children)
            if inner.type in ("variable_name", "word"):
                found.add(self.text(inner))
        return found

    def variable(self, name: str, quoted: bool, first: bool) -> tuple[str, ...]:
        """What it may hold where it is used. What is set further on only adds to it."""
        found: tuple[str, ...] = ()
        if name == "PATH" and name not in self.met:
            return (UNSET,)  # as it was before
        if name in self.loose or (name in self.given and name not in self.set):
            values = tuple(
                dict.fromkeys((*self.prior.get(name, ()), *self.loose.get(name, ()), *self.given.get(name, ())))
            )
            held = values if name in self.definite | self.given.keys() else (*values, UNSET)
            return tuple(self._used(value, quoted) for value in held)
        if name in self.values:
            found = tuple(self._used(value, quoted) for value in self.values[name])
        elif name in _COUNTERS:
            found = ("0",)
        elif self.frame is not None and name.isdecimal():
            found = (UNSET,)
        elif name == "IFS" and not quoted:
            self.doubt("disguise", "$IFS")
            found = (SPLIT,)
        elif name == "PWD" or (name == "HOME" and first):
            found = (TILDE if name == "HOME" else HERE,)
        elif name not in self.met and name.isidentifier():
            found = (UNSET,)
        unset_yet = name not in self.met and name not in self.loose
        certain = name not in self.untold and (name in self.values or name not in self.set or unset_yet)
        return found if found and certain else (*found, UNKNOWN)

    def _used(self, value: str, quoted: bool) -> str:
        return value.replace(SPLIT, " ") if quoted else words.value_unquoted(value)

    def assigned(self, name: str, spelt: tuple[str, ...]) -> None:
        self.met.add(name)
        self.definite.add(name)
        if name in self.loose:
            every = dict.fromkeys((*self.loose[name], *spelt))
            self.loose[name] = tuple(every) if len(every) <= words.MANY else (UNKNOWN,)
        before = self.values.get(name, ()) if name in self.untold else ()
        self.values[name] = tuple(dict.fromkeys((*before, *spelt)))[: words.MANY]

    def steered(self, name: str, text: str) -> None:
        """A variable that chooses programs, set in another way than by an assignment."""
        if steers(name):
            self.doubt("steering_variable", text)

    def _steered_by(self, inside: str, text: str) -> None:
        if match := _SETS.fullmatch(inside):
            self.steered(match[1], text)

    # Words

    def spell(self, node: "Node", quoted: bool = False, first: bool = True) -> tuple[str, ...]:
        """Every spelling that the word may have. `first`: nothing stands before it in its word."""
        kind, text = node.type, self.text(node)
        if kind in ("word", "variable_name", "test_operator", "special_variable_name"):
            return (words.bare(text, first),)
        if kind == "raw_string":
            return (text[1:-1],)
        if kind == "ansi_c_string":
            return (words.ansi(text[2:-1]),)
        if kind in ("string", "concatenation", "translated_string"):
            return self._spell_parts(node, quoted or kind != "concatenation", first)
        if kind in ("simple_expansion", "expansion"):
            return self._spell_variable(node, quoted, first)
        if kind == "arithmetic_expansion":
            self.calculated(node)
            return ("0",)
        if kind in ("command_substitution", "process_substitution"):
            return (self._spell_substitution(node, quoted),)
        return self._spell_rest(node)

    def spelt_words(self, node: "Node") -> list[str]:
        """The words that one written word becomes, whatever its variables hold."""
        return [part for spelling in self.spell(node) for part in words.words(spelling)]

    def _spell_rest(self, node: "Node") -> tuple[str, ...]:
        text = self.text(node)
        if node.type == "number" and not node.children:
            return (text,)
        if node.type == "brace_expression":
            if re.search(r"\d{7}", text):
                self.doubt("huge", text)
            return (STAR if _RANGE.fullmatch(text) else UNKNOWN,)
        if node.type not in ("regex", "extglob_pattern", "array", "number"):
            self.doubt("unreadable", text)
        for child in node.children:
            if child.is_named:
                self.spell(child)
        return (UNKNOWN,)

    def _spell_parts(self, node: "Node", quoted: bool, first: bool) -> tuple[str, ...]:
        """A word of several parts; what the grammar leaves out between parts of a string is text."""
        pieces: list[tuple[str, ...]] = []
        at, bared = node.start_byte, False
        for child in node.children:
            if child.type in ('"', "$", "string_content") and quoted:
                if child.type == "string_content" or (child.type == "$" and at > node.start_byte):
                    continue
                pieces.append(self._literal(at, child.start_byte))
                at = child.end_byte
                continue
            if child.start_byte > at:
                pieces.append(self._literal(at, child.start_byte))
                if not quoted:
                    self.doubt("unreadable", self.text(node))
            lead = first and child.start_byte <= node.start_byte + (1 if quoted else 0)
            spelt = self.spell(child, quoted, lead) if child.is_named else (self.text(child),)
            if bared and spelt[0][:1] == OPEN:  # $X{a,b} is $Xa $Xb
                self.doubt("unreadable", self.text(node))
            pieces.append(spelt)
            at, bared = child.end_byte, child.type == "simple_expansion"
        return words.joined([*pieces, self._literal(at, node.end_byte)])

    def _literal(self, start: int, end: int) -> tuple[str, ...]:
        return (words.in_double_quotes(self.source[start:end].decode()),) if start < end else ("",)

    def _spell_variable(self, node: "Node", quoted: bool, first: bool) -> tuple[str, ...]:
        text = self.text(node).lstrip()
        if lead := self.text(node)[: -len(text)]:  # the grammar takes the space in
            return tuple(lead + value for value in self._expanded(node, text, quoted, False))
        return self._expanded(node, text, quoted, first)

    def _expanded(self, node: "Node", text: str, quoted: bool, first: bool) -> tuple[str, ...]:
        inside = text[2:-1] if node.type == "expansion" else text[1:]
        if inside.isidentifier() or (len(inside) == 1 and inside in "?#$!@*-0123456789"):
            return self.variable(inside, quoted, first)
        self._steered_by(inside, text)
        # The grammar lets a space stand behind the sign, and sees a word in `command`.
        if node.type == "simple_expansion" or "`" in inside:
            self.doubt("unreadable", text)
        elif match := _EXPANSION.fullmatch(inside):
            sign, name, index, change = match.groups()
            if index is not None and not self._indexed(name, index):
                self.doubt("expansion", text)
            elif sign == "#" and not change:
                return ("0",)
            elif not sign:
                return self._changed(node, name, index, change, quoted, first)
            elif index not in ("@", "*") or change:
                self.doubt("expansion", text)
        else:
            self.doubt("expansion", text)
        self._inside(node)
        return (UNKNOWN,)

    def _inside(self, node: "Node") -> tuple[str, ...]:
        """What is written last within an expansion; all of it is read."""
        spelt: tuple[str, ...] = (UNKNOWN,)
        for child in node.children:
            if child.is_named and child.type not in ("subscript", "variable_name", "special_variable_name"):
                spelt = self.spell(child)
        return spelt

    def _changed(
        self, node: "Node", name: str, index: str | None, change: str, quoted: bool, first: bool
    ) -> tuple[str, ...]:
        """${x:-y}, ${x%.txt}, ${x/a/b}, ${x[0]}, of all that x may hold."""
        own = name == "BASH_SOURCE" and "0" in self.given
        held = ("0",) if name == "PIPESTATUS" else self.variable("0" if own else name, quoted, first)
        if not change or (index in ("@", "*") and SLICE.fullmatch(change)):
            return held
        if default := _DEFAULT.fullmatch(change):
            other = (default[2],) if _PLAIN.fullmatch(default[2]) else self._inside(node)
            kept = tuple(value for value in held if value != UNSET)  # what is not set is the default
            return held if default[1] == "?" else (UNSET, *other) if default[1] == "+" else (*kept, *other)
        if re.fullmatch(r"@[QULu]", change):
            return (UNKNOWN,)
        if "@" in change or "!" in change[:1]:
            self.doubt("expansion", self.text(node))
        self._inside(node)
        return tuple(of_change(value, change) for value in held)

    def _indexed(self, name: str, index: str) -> bool:
        """Whether an index is one that the shell does not evaluate: of a table, or a number."""
        if index in ("@", "*") or re.fullmatch(r"-?\d+", index):
            return True
        plain = re.fullmatch(r"\"?\$?\{?(\w+)\}?\"?", index)
        declared = re.search(rb"(?:declare|local|typeset) -\w*A[^;\n]*\b%s\b" % name.encode(), self.source)
        if declared is not None:
            return plain is not None or "$(" not in index
        return plain is not None and are_numbers(self.variable(plain[1], True, False))

    def let(self, told: list[str], text: str) -> None:
        """let n=5*3"""
        told = [words.shown(word) for word in told]
        names = [name for word in told for name in re.findall(r"[A-Za-z_]\w*", word)]
        plain = all(re.fullmatch(r"[\w=+*/%<>!&|() -]+", word) for word in told)
        if not plain or not all(are_numbers(self.variable(name, True, False)) for name in names):
            self.doubt("arithmetic", text)
        for word in told:
            for match in _ASSIGNED.finditer(word):
                self.assigned(match[1] or match[2], ("0",))

    def calculated(self, node: "Node") -> None:
        """Arithmetic, provided that its variables are numbers: anything else may be evaluated as code."""
        stack = list(node.children)
        while stack:
            inner = stack.pop()
            if inner.type in ("variable_name", "word"):
                if not are_numbers(self.variable(self.text(inner), True, False)):
                    self.doubt("arithmetic", self.text(node))
            elif inner.type == "subscript":
                base, _, index = self.text(inner)[:-1].partition("[")
                if not self._indexed(base, index):
                    self.doubt("arithmetic", self.text(node))
                stack.extend(inner.children[1:])
            elif inner.type in WORDS and inner.type != "number":
                if not are_numbers(self.spell(inner)):
                    self.doubt("arithmetic", self.text(node))
            elif inner.type != "do_group":
                stack.extend(inner.children)
        for name in self._counted(node):
            self.assigned(name, ("0",))

    def _spell_substitution(self, node: "Node", quoted: bool) -> str:
        inner = self.substituted(node)
        text = self.text(node)
        if text.startswith("`") and "\\" in text:  # one backslash less inside, which the grammar does not take away
            self.doubt("unreadable", text)
        if node.type == "process_substitution":
            return "/dev/fd/63"
        found = output(inner, not {">", "\\"} & set(text), quoted)
        found = UNKNOWN if found == FOUND and self.own(inner) else found
        return words.value_unquoted(found) if not quoted and not words.marked(found) else found


def named_by(program: str, words: list[str]) -> list[str]:
    """The variables that read and mapfile set."""
    return [word for word in words if word.isidentifier()] or ["REPLY" if program == "read" else "MAPFILE"]
