"""What the words of a script become: quotes taken away, variables followed, the rest marked unknown.

A variable is followed when it is set plainly at the top of the script, or by a `for`, and nowhere
else. Words are nodes of the bash grammar; see `words` for the marks.
"""

import re
from typing import TYPE_CHECKING

from orchestrator.policy.shell import words
from orchestrator.policy.shell.script import Doubt, Segment, lists_names, names_listed, said
from orchestrator.policy.shell.words import HERE, OPEN, SPLIT, STAR, TILDE, UNKNOWN, UNSET, each, uncertain

if TYPE_CHECKING:
    from tree_sitter import Node

WORDS = each(
    "word number string raw_string ansi_c_string translated_string concatenation simple_expansion expansion "
    "command_substitution process_substitution arithmetic_expansion brace_expression variable_name regex "
    "extglob_pattern special_variable_name test_operator"
)
SETTERS = each("read mapfile readarray printf getopts let wait unset local declare typeset readonly")
_COUNTERS = each("? # $ ! RANDOM SECONDS LINENO UID EUID PPID")
_NUMERIC = re.compile(r"-?[0-9]+")
_CUT = re.compile(r"(\w+)(%\.\w+|##\*/)")
_DEFAULT = re.compile(r"(\w+):?([-=?])([\w./~:@%+-]*)")
_RANGE = re.compile(r"\{\w+\.\.\w+\}")


class Spelling:
    """The words of one script. Whoever walks the script says what a substitution holds."""

    def __init__(self, source: bytes) -> None:
        self.source = source
        self.doubts: list[Doubt] = []
        self.set: set[str] = set()  # variables set anywhere
        self.untold: set[str] = set()  # variables whose value cannot be followed
        self.met: set[str] = set()  # variables set so far
        self.values: dict[str, tuple[str, ...]] = {}
        self.listed: set[str] = set()  # variables that hold names of files that were found

    def substituted(self, node: "Node") -> tuple[Segment, ...]:
        """Walk the script inside a substitution; the programs it starts."""
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
                name = node.child_by_field_name("name")
                if name is not None and self.text(name) in SETTERS:
                    self.untold.update(self.text(word) for word in node.children_by_field_name("argument"))
            elif self._sets_variables(node):
                self.untold.update(self._names(node))
        self.untold.update(name for name in looped if looped.count(name) > 1 or name in self.set)
        self.set |= self.untold | set(looped)

    def _survey_assignment(self, node: "Node") -> None:
        name, parent = node.child_by_field_name("name"), node.parent
        label = self.text(name) if name is not None else ""
        self.set.add(label)
        above = parent.parent if parent is not None and parent.type == "variable_assignments" else parent
        behind = (node if above is parent else parent).next_sibling if parent is not None else None
        apart = behind is not None and behind.type == "&"  # set in another shell, and forgotten
        if above is None or above.type != "program" or apart or "+=" in self.text(node):
            self.untold.add(label)

    def _sets_variables(self, node: "Node") -> bool:
        if node.type in ("unset_command", "declaration_command", "arithmetic_expansion", "c_style_for_statement"):
            return True
        text = self.source[node.start_byte : node.end_byte]
        return (node.type == "expansion" and b"=" in text) or (node.type == "compound_statement" and text[:2] == b"((")

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
        if name in self.listed:
            return (STAR,)
        if name in self.values:
            values = self.values[name]
            found = tuple(value.replace(SPLIT, " ") if quoted else words.value_unquoted(value) for value in values)
        elif name in _COUNTERS:
            found = ("0",)
        elif name == "IFS" and not quoted:
            self.doubt("disguise", "$IFS")
            found = (SPLIT,)
        elif name in ("PWD", "HOME") and first:
            found = (TILDE if name == "HOME" else HERE,)
        elif name not in self.met and name.isidentifier():
            found = (UNSET,)
        certain = name not in self.untold and (name in self.values or name not in self.set)
        return found if found and certain else (*found, UNKNOWN)

    def assigned(self, name: str, spelt: tuple[str, ...]) -> None:
        self.met.add(name)
        before = self.values.get(name, ()) if name in self.untold else ()
        self.values[name] = tuple(dict.fromkeys((*before, *spelt)))[: words.MANY]

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
            return self._spell_arithmetic(node)
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
            bared = child.type == "simple_expansion"
            pieces.append(spelt)
            at = child.end_byte
        return words.joined([*pieces, self._literal(at, node.end_byte)])

    def _literal(self, start: int, end: int) -> tuple[str, ...]:
        return (words.in_double_quotes(self.source[start:end].decode()),) if start < end else ("",)

    def _spell_variable(self, node: "Node", quoted: bool, first: bool) -> tuple[str, ...]:
        text = self.text(node)
        inside = text[2:-1] if node.type == "expansion" else text[1:]
        if inside.isidentifier() or (len(inside) == 1 and inside in "?#$!@*-0123456789"):
            return self.variable(inside, quoted, first)
        # The grammar lets a space stand behind the sign, and sees a word in `command`.
        if node.type == "simple_expansion" or "`" in inside:
            self.doubt("unreadable", text)
        elif "@" in inside or "[" in inside or inside.startswith("!"):
            self.doubt("expansion", text)
        elif default := _DEFAULT.fullmatch(inside):
            given = self.variable(default[1], quoted, first)
            return given if default[2] == "?" else (*given, default[3])
        elif cut := _CUT.fullmatch(inside):
            return tuple(_without(value, cut[2]) for value in self.variable(cut[1], quoted, first))
        for child in node.children:
            if child.is_named:
                self.spell(child)
        return ("0",) if re.fullmatch(r"#\w+", inside) else (UNKNOWN,)

    def _spell_arithmetic(self, node: "Node") -> tuple[str, ...]:
        """A number, provided that its variables are numbers: anything else may be evaluated as code."""
        stack = list(node.children)
        while stack:
            inner = stack.pop()
            if inner.type in ("variable_name", "word"):
                values = self.values.get(self.text(inner), ())
                if not values or not all(_NUMERIC.fullmatch(value) for value in values):
                    self.doubt("arithmetic", self.text(node))
            elif inner.type in WORDS and inner.type != "number":
                self.doubt("arithmetic", self.text(node))
                self.spell(inner)
            else:
                stack.extend(inner.children)
        return ("0",)

    def _spell_substitution(self, node: "Node", quoted: bool) -> str:
        inner = self.substituted(node)
        text = self.text(node)
        if text.startswith("`") and "\\" in text:  # one backslash less inside, which the grammar does not take away
            self.doubt("unreadable", text)
        if node.type == "process_substitution":
            return "/dev/fd/63"
        if len(inner) == 1 and not inner[0].indirect:
            program, arguments = inner[0].program, inner[0].arguments
            if program == "pwd" and not arguments:
                return HERE
            plain = not any(set(word) & set("/.*") or words.marked(word) for word in arguments)
            if program in ("nproc", "date", "whoami") and plain:
                return "0"
            if ">" not in text and "\\" not in text and (told := said(inner[0])) is not None:
                told = told.rstrip("\n")
                return told if quoted else words.value_unquoted(told)
        if not lists_names(inner) or quoted:
            return UNKNOWN
        return SPLIT.join(names_listed(inner[0]))


def _without(value: str, cut: str) -> str:
    """${x%.txt} is x without .txt behind it; ${x##*/} is its last part."""
    if uncertain(value) or HERE in value or TILDE in value or SPLIT in value:
        return UNKNOWN
    return value.removesuffix(cut[1:]) or UNSET if cut[0] == "%" else value.rpartition("/")[2] or UNSET
