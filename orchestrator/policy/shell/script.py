"""A line of shell read into segments: every program it may start, with its words and its folder.

Covers: pipelines, lists, groups, loops, conditions, substitutions, here-documents, redirections,
variables set plainly at the top, `cd`. Whatever else changes what a word means is a doubt, and a
doubt is asked of a person: what cannot be read is never allowed. Does not cover: what a program
does with its input once it runs; that is the sandbox's affair.
"""

import re
from typing import TYPE_CHECKING, Literal, TypeAlias

from msgspec import Struct

from orchestrator.policy.shell import words
from orchestrator.policy.shell.words import SPLIT, STAR, TILDE, UNKNOWN, UNSET

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

LONGEST = 20_000  # characters
DEEPEST = 40  # nested constructs
FOLDERS = 16  # folders a segment may find itself in

Stdin: TypeAlias = Literal["", "pipe", "text", "file"]
Folders: TypeAlias = frozenset[str]


class Segment(Struct, frozen=True):
    """One program that would start. Words are spellings: see `words`."""

    program: str
    arguments: tuple[str, ...]
    text: str
    folders: Folders = frozenset({""})  # where it may run, seen from the workspace
    assignments: tuple[tuple[str, str], ...] = ()
    stdin: Stdin = ""
    feeders: "tuple[Segment, ...]" = ()  # those whose output it reads
    indirect: bool = False  # its name came from a variable, a brace or an expansion


class Redirect(Struct, frozen=True):
    operator: str
    target: str
    folders: Folders
    text: str


class Doubt(Struct, frozen=True):
    code: str
    text: str


class Script(Struct, frozen=True):
    segments: tuple[Segment, ...]
    redirects: tuple[Redirect, ...]
    doubts: tuple[Doubt, ...]
    loops: tuple[str, ...] = ()  # functions that call themselves


class _Flow(Struct, frozen=True):
    folders: Folders = frozenset({""})
    stdin: Stdin = ""
    feeders: tuple[Segment, ...] = ()


class _After(Struct, frozen=True):
    """The folders a construct may leave the shell in: when it succeeded, and at all."""

    success: Folders
    anyhow: Folders


_SEQUENCES = frozenset(
    "program compound_statement do_group if_statement elif_clause else_clause case_statement case_item "
    "negated_command variable_assignments test_command binary_expression unary_expression postfix_expression "
    "parenthesized_expression ternary_expression array heredoc_body".split()
)
_LOOPS = frozenset({"for_statement", "while_statement"})
_WORDS = frozenset(
    "word number string raw_string ansi_c_string translated_string concatenation simple_expansion expansion "
    "command_substitution process_substitution arithmetic_expansion brace_expression variable_name regex "
    "extglob_pattern special_variable_name test_operator".split()
)
_IGNORED = frozenset("comment heredoc_start heredoc_end heredoc_content file_descriptor string_content".split())
_SETTERS = frozenset("read mapfile readarray printf getopts let wait unset local declare typeset readonly".split())
_LISTERS = frozenset({"find", "ls", "fd"})
_FILTERS = frozenset({"sort", "head", "tail", "uniq", "grep", "egrep", "fgrep"})
_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f\x85\u00a0\u00ad\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff]"
)
_CONTINUED = re.compile(r"(?<![ \t])\\\n")
_GAP = re.compile(rb"(?:[ \t]|(?<=[ \t])\\\n)+")
_NUMERIC = re.compile(r"-?[0-9]+")


def lists_names(segments: tuple[Segment, ...]) -> bool:
    """Whether the output is names of files that were found, and nothing else."""
    if not segments:
        return False
    first, *rest = segments
    arguments = first.arguments
    if first.program == "git":
        listing = arguments[:1] == ("ls-files",)
    elif first.program in ("grep", "rg"):
        listing = any(re.fullmatch(r"-[a-zA-Z]*l[a-zA-Z]*|--files(-with-matches)?", word) for word in arguments)
    else:
        listing = first.program in _LISTERS and not any(
            word.startswith(("-printf", "-exec", "-fprint")) for word in arguments
        )
    return listing and all(segment.program in _FILTERS for segment in rest)


class Reader:
    """Reads text with the grammar of bash; the grammar is loaded when first needed."""

    def __init__(self) -> None:
        self._parser: Parser | None = None

    def read(self, text: str) -> Script:
        if len(text) > LONGEST:
            return Script((), (), (Doubt("too_long", text[:80]),))
        hidden = _HIDDEN.search(text)
        if words.marked(text) or (hidden and hidden[0] == "\0"):
            return Script((), (), (Doubt("hidden_characters", text[:80]),))
        try:
            source = text.encode()
        except UnicodeEncodeError:
            return Script((), (), (Doubt("hidden_characters", ascii(text[:80])),))
        if self._parser is None:
            import tree_sitter_bash
            from tree_sitter import Language, Parser

            self._parser = Parser(Language(tree_sitter_bash.language()))
        walk = _Walk(source)
        if hidden:
            walk.doubt("hidden_characters", ascii(text[:80]))
        if _CONTINUED.search(text):
            walk.doubt("continued_word", text)
        root = self._parser.parse(source).root_node
        if root.has_error:
            walk.doubt("unreadable", text)
        if b"$" in source:
            walk.survey(root)
        walk.visit(root, _Flow())
        return Script(tuple(walk.segments), tuple(walk.redirects), tuple(walk.doubts), tuple(walk.loops))


class _Walk:
    def __init__(self, source: bytes) -> None:
        self.source = source
        self.segments: list[Segment] = []
        self.redirects: list[Redirect] = []
        self.doubts: list[Doubt] = []
        self.loops: list[str] = []
        self.set: set[str] = set()  # variables set anywhere
        self.untold: set[str] = set()  # variables whose value cannot be followed
        self.values: dict[str, tuple[str, ...]] = {}
        self.depth = 0
        self.flow = _Flow()

    def text(self, node: "Node") -> str:
        return self.source[node.start_byte : node.end_byte].decode()

    def doubt(self, code: str, text: str) -> None:
        self.doubts.append(Doubt(code, text if len(text) <= 80 else text[:79] + "…"))

    # Variables: followed when set plainly at the top of the script, or by a `for`, and nowhere else.

    def survey(self, root: "Node") -> None:
        looped: set[str] = set()
        stack = [root]
        while stack:
            node = stack.pop()
            kind = node.type
            if kind == "variable_assignment":
                name = node.child_by_field_name("name")
                assigned = self.text(name) if name else ""
                self.set.add(assigned)
                parent = node.parent
                above = parent.parent if parent and parent.type == "variable_assignments" else parent
                if not (above and above.type == "program") or b"+=" in self.source[node.start_byte : node.end_byte]:
                    self.untold.add(assigned)
            elif kind == "for_statement":
                name = node.child_by_field_name("variable")
                looped_name = self.text(name) if name else ""
                if looped_name in looped or node.children[0].type != "for":
                    self.untold.add(looped_name)
                looped.add(looped_name)
            elif kind == "command":
                name = node.child_by_field_name("name")
                if name and self.text(name) in _SETTERS:
                    self.untold.update(self.text(word) for word in node.children_by_field_name("argument"))
            elif kind in ("unset_command", "declaration_command", "arithmetic_expansion", "expansion"):
                if kind != "expansion" or b"=" in self.source[node.start_byte : node.end_byte]:
                    self.untold.update(self.names(node))
            elif (
                kind in ("compound_statement", "c_style_for_statement") and b"((" in self.source[node.start_byte :][:8]
            ):
                self.untold.update(self.names(node))
            stack.extend(node.children)
        self.untold.update(looped & self.set)
        self.set |= self.untold | looped

    def names(self, node: "Node") -> set[str]:
        found, stack = set(), [node]
        while stack:
            inner = stack.pop()
            if inner.type in ("variable_name", "word"):
                found.add(self.text(inner))
            stack.extend(inner.children)
        return found

    def assign(self, node: "Node") -> tuple[str, str]:
        name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
        if name is not None and name.type == "subscript":
            self.doubt("subscript", self.text(node))
            for child in name.children:
                self.visit(child, self.flow)
        if value is not None and value.type == "array":
            self.visit(value, self.flow)
            spelt: tuple[str, ...] = (UNKNOWN,)
        else:
            spelt = self.spell(value) if value is not None else ("",)
        label = self.text(name) if name is not None else ""
        if label not in self.untold:
            self.values[label] = spelt
        return label, spelt[0] if len(spelt) == 1 else UNKNOWN

    def variable(self, name: str, quoted: bool, first: bool) -> tuple[str, ...]:
        if name in ("?", "#", "$", "!", "RANDOM", "SECONDS", "LINENO", "UID", "EUID", "PPID") and name not in self.set:
            return ("0",)
        if name == "IFS" and not quoted and name not in self.set:
            self.doubt("disguise", "$IFS")
            return (SPLIT,)
        if name in ("PWD", "HOME") and name not in self.set and first:
            return (TILDE,) if name == "HOME" else (".",)
        if name in self.values and name not in self.untold:
            values = self.values[name]
            plain = [value.replace(SPLIT, " ") if quoted else words.value_unquoted(value) for value in values]
            return tuple(plain)
        return (UNKNOWN if name in self.set or not name.isidentifier() else UNSET,)

    # Words

    def spell(self, node: "Node", quoted: bool = False, first: bool = True) -> tuple[str, ...]:
        """Every spelling the word may have; visits the substitutions inside it."""
        kind = node.type
        if kind in ("word", "variable_name", "test_operator", "special_variable_name"):
            return (words.bare(self.text(node), first),)
        if kind == "number" and not node.children:
            return (self.text(node),)
        if kind == "raw_string":
            return (self.text(node)[1:-1],)
        if kind == "ansi_c_string":
            return (words.ansi(self.text(node)[2:-1]),)
        if kind == "string":
            return self.spell_string(node)
        if kind == "translated_string":
            return words.joined([self.spell(child, True, False) for child in node.children if child.is_named])
        if kind == "concatenation":
            return self.spell_parts(node, first)
        if kind == "simple_expansion":
            return self.variable(self.text(node)[1:], quoted, first)
        if kind == "expansion":
            return self.spell_expansion(node, quoted, first)
        if kind == "arithmetic_expansion":
            return self.spell_arithmetic(node)
        if kind == "command_substitution":
            return (self.substitute(node, quoted),)
        if kind == "process_substitution":
            self.substitute(node, quoted)
            return ("/dev/fd/63",)
        if kind == "brace_expression":
            simple = re.fullmatch(r"\{\w+\.\.\w+\}", self.text(node))
            return (STAR if simple else UNKNOWN,)
        if kind not in ("regex", "extglob_pattern", "number", "array"):
            self.doubt("unreadable", self.text(node))
        for child in node.children:
            self.visit(child, self.flow)
        return (UNKNOWN,)

    def spell_string(self, node: "Node") -> tuple[str, ...]:
        pieces: list[tuple[str, ...]] = []
        at, end = node.start_byte + 1, node.end_byte - 1
        for child in node.children:
            if child.type in ('"', "string_content"):
                continue
            pieces.append((self.literal(at, child.start_byte),))
            pieces.append(
                self.spell(child, True, child.start_byte == node.start_byte + 1)
                if child.is_named
                else (self.text(child),)
            )
            at = child.end_byte
        pieces.append((self.literal(at, end),))
        return words.joined(pieces)

    def literal(self, start: int, end: int) -> str:
        return words.in_double_quotes(self.source[start:end].decode()) if start < end else ""

    def spell_parts(self, node: "Node", first: bool) -> tuple[str, ...]:
        pieces, at = [], node.start_byte
        for child in node.children:
            if child.start_byte != at:
                self.doubt("unreadable", self.text(node))
            pieces.append(
                self.spell(child, False, first and at == node.start_byte) if child.is_named else (self.text(child),)
            )
            at = child.end_byte
        return words.joined(pieces)

    def spell_expansion(self, node: "Node", quoted: bool, first: bool) -> tuple[str, ...]:
        inside = self.text(node)[2:-1]
        if inside.isidentifier() or (len(inside) == 1 and inside in "?#$!@*-"):
            return self.variable(inside, quoted, first)
        if "@" in inside or "[" in inside or inside.startswith("!"):
            self.doubt("expansion", self.text(node))
        for child in node.children:
            if child.is_named:
                self.spell(child)
        return ("0",) if re.fullmatch(r"#\w+", inside) else (UNKNOWN,)

    def spell_arithmetic(self, node: "Node") -> tuple[str, ...]:
        stack = list(node.children)
        while stack:
            inner = stack.pop()
            if inner.type in ("variable_name", "word"):
                values = self.values.get(self.text(inner), ()) if self.text(inner) not in self.untold else ()
                if not values or not all(_NUMERIC.fullmatch(value) for value in values):
                    self.doubt("arithmetic", self.text(node))
            elif inner.type in _WORDS and inner.type != "number":
                self.doubt("arithmetic", self.text(node))
                self.spell(inner)
            else:
                stack.extend(inner.children)
        return ("0",)

    def substitute(self, node: "Node", quoted: bool) -> str:
        start, kept = len(self.segments), self.flow
        self.sequence(node, _Flow(kept.folders))
        self.flow = kept
        inner = tuple(self.segments[start:])
        if len(inner) == 1 and not inner[0].indirect:
            program, arguments = inner[0].program, inner[0].arguments
            if program == "pwd" and not arguments:
                return "."
            if program in ("nproc", "date", "whoami") and not any(
                set(word) & set("/.*") or words.marked(word) for word in arguments
            ):
                return "0"
        return STAR if lists_names(inner) and not quoted else UNKNOWN

    # Structure

    def visit(self, node: "Node", flow: _Flow) -> _After:
        """Collect what is inside; say where the shell may be afterwards."""
        self.depth += 1
        self.flow = flow
        try:
            if self.depth > DEEPEST:
                self.doubt("too_deep", self.text(node))
                return _After(flow.folders, flow.folders)
            return self.dispatch(node, flow)
        finally:
            self.depth -= 1

    def dispatch(self, node: "Node", flow: _Flow) -> _After:
        kind = node.type
        stay = _After(flow.folders, flow.folders)
        if kind == "command":
            return self.command(node, flow)
        if kind in _SEQUENCES:
            if kind == "compound_statement" and self.source[node.start_byte : node.start_byte + 2] == b"((":
                self.doubt("arithmetic", self.text(node))
            if kind == "test_command":
                self.test(node)
            return self.sequence(node, flow)
        if kind == "list":
            return self.list(node, flow)
        if kind == "pipeline":
            return self.pipeline(node, flow)
        if kind == "redirected_statement":
            return self.redirected(node, flow)
        if kind == "subshell":
            self.sequence(node, flow)
            return stay
        if kind in _LOOPS:
            return self.loop(node, flow)
        if kind == "function_definition":
            return self.function(node, flow)
        if kind == "variable_assignment":
            name, value = self.assign(node)
            self.segments.append(Segment("", (), self.text(node), flow.folders, ((name, value),)))
        elif kind in ("declaration_command", "unset_command"):
            self.declaration(node, flow)
        elif kind in _WORDS:
            self.spell(node)
        elif kind in ("ERROR", "c_style_for_statement") or (node.is_named and kind not in _IGNORED):
            self.doubt("arithmetic" if kind.startswith("c_style") else "unreadable", self.text(node))
            return self.sequence(node, flow)
        elif node.is_missing:
            self.doubt("unreadable", self.text(node))
        return stay

    def sequence(self, node: "Node", flow: _Flow) -> _After:
        after = _After(flow.folders, flow.folders)
        for child in node.children:
            if child.child_count or child.is_named or child.is_missing:
                after = self.visit(child, _Flow(after.anyhow, flow.stdin, flow.feeders))
        return after if node.child_count == 1 else _After(after.anyhow, after.anyhow)

    def list(self, node: "Node", flow: _Flow) -> _After:
        left, right = node.children[0], node.children[-1]
        operator = {child.type for child in node.children[1:-1]}
        for child in node.children[1:-1]:
            if child.is_named:
                self.visit(child, flow)
        first = self.visit(left, flow)
        chained = operator == {"&&"}
        second = self.visit(right, _Flow(first.success if chained else first.anyhow, flow.stdin, flow.feeders))
        return _After(second.success if chained else first.success | second.success, first.anyhow | second.anyhow)

    def pipeline(self, node: "Node", flow: _Flow) -> _After:
        feeders, stdin = flow.feeders, flow.stdin
        after = flow.folders
        for child in node.children:
            if child.type in ("|", "|&"):
                stdin = "pipe"
                continue
            start = len(self.segments)
            after = after | self.visit(child, _Flow(flow.folders, stdin, feeders)).anyhow
            feeders = feeders + tuple(self.segments[start:])
            stdin = "pipe"
        return _After(after, after)

    def loop(self, node: "Node", flow: _Flow) -> _After:
        variable = node.child_by_field_name("variable")
        name = self.text(variable) if variable is not None else ""
        if variable is not None and name not in self.untold:
            listed = [spelt for value in node.children_by_field_name("value") for spelt in self.spell(value)]
            self.values[name] = tuple(part for spelt in listed for part in words.words(spelt)) or (UNKNOWN,)
            if len(self.values[name]) > words.MANY:
                self.values[name] = (UNKNOWN,)
        else:
            for value in node.children_by_field_name("value"):
                self.spell(value)
        after = flow.folders
        for index, child in enumerate(node.children):
            if node.field_name_for_child(index) not in ("variable", "value"):
                after = after | self.visit(child, _Flow(after, flow.stdin, flow.feeders)).anyhow
        if name:
            self.values.pop(name, None)
        if after != flow.folders:
            self.doubt("moving_loop", self.text(node))
        return _After(after, after)

    def function(self, node: "Node", flow: _Flow) -> _After:
        name, body = node.child_by_field_name("name"), node.child_by_field_name("body")
        self.doubt("function", self.text(node))
        start = len(self.segments)
        after = self.visit(body, flow) if body is not None else _After(flow.folders, flow.folders)
        called = self.text(name) if name is not None else ""
        if any(segment.program == called for segment in self.segments[start:]):
            self.loops.append(called)
        return after

    def declaration(self, node: "Node", flow: _Flow) -> None:
        arguments: list[str] = []
        for child in node.children[1:]:
            if child.type == "variable_assignment":
                name, value = self.assign(child)
                arguments.append(f"{name}={value}")
            elif child.is_named:
                arguments.extend(self.spell(child))
        pairs = tuple((name, value) for name, _, value in (word.partition("=") for word in arguments))
        self.segments.append(Segment(node.children[0].type, tuple(arguments), self.text(node), flow.folders, pairs))

    def test(self, node: "Node") -> None:
        text = self.text(node)
        if (
            any(sign in text for sign in ("$(", "`"))
            and re.search(r"'|-[vR]\b|-(eq|ne|lt|le|gt|ge)\b", text)
            and text.startswith("[[")
        ):
            self.doubt("arithmetic", text)
        if text.startswith("[[") and re.search(r"\|\||&&|[<>(]", text):
            self.doubt("condition", text)
        if re.search(r"-[vR]\s", text):
            self.doubt("condition", text)

    def redirected(self, node: "Node", flow: _Flow) -> _After:
        after = _After(flow.folders, flow.folders)
        redirects = node.children_by_field_name("redirect")
        stdin = flow.stdin
        for redirect in redirects:
            stdin = self.redirect(redirect, flow) or stdin
        start = len(self.segments)
        taken = {redirect.start_byte for redirect in redirects}
        for child in node.children:
            if child.start_byte not in taken or child.type not in (
                "file_redirect",
                "heredoc_redirect",
                "herestring_redirect",
            ):
                after = self.visit(child, _Flow(flow.folders, stdin, flow.feeders))
        feeders = tuple(self.segments[start:])
        for redirect in redirects:
            if redirect.type == "heredoc_redirect":
                after = self.behind_heredoc(redirect, flow, feeders, after)
        return after

    def behind_heredoc(self, node: "Node", flow: _Flow, feeders: tuple[Segment, ...], after: _After) -> _After:
        """`cat <<EOF | sh` and `cat <<EOF && ls`: the grammar hangs what follows under the here-document."""
        chained = any(child.type == "&&" for child in node.children)
        for child in node.children:
            if child.type == "pipeline":
                after = self.visit(child, _Flow(flow.folders, "pipe", flow.feeders + feeders))
            elif child.is_named and child.type not in (
                *_IGNORED,
                "heredoc_body",
                "file_redirect",
                "herestring_redirect",
            ):
                inner = self.visit(child, _Flow(after.success if chained else after.anyhow, flow.stdin, flow.feeders))
                after = _After(inner.success, inner.anyhow | after.anyhow)
        return after

    def redirect(self, node: "Node", flow: _Flow) -> Stdin:
        self.flow = flow
        if node.type == "heredoc_redirect":
            for child in node.children:
                if child.type == "heredoc_body":
                    self.visit(child, flow)
                elif child.type in ("file_redirect", "herestring_redirect"):
                    self.redirect(child, flow)
            return "text"
        if node.type == "herestring_redirect":
            for child in node.children:
                if child.is_named:
                    self.spell(child)
            return "text"
        operator = next((child.type for child in node.children if not child.is_named), "")
        targets = node.children_by_field_name("destination")
        if not targets and operator not in ("<&-", ">&-"):
            self.doubt("unreadable", self.text(node))
        for target in targets:
            for spelt in self.spell(target):
                for word in words.words(spelt):
                    self.redirects.append(Redirect(operator, word, flow.folders, self.text(node)))
        if len(targets) > 1:  # the grammar takes arguments behind a redirection for further targets
            self.doubt("unreadable", self.text(node))
        return "file" if operator == "<" else ""

    def command(self, node: "Node", flow: _Flow) -> _After:
        name = ""
        named = indirect = False
        arguments: list[str] = []
        assignments: list[tuple[str, str]] = []
        stdin = flow.stdin
        previous = None
        for index, child in enumerate(node.children):
            if previous is not None and not self.apart(previous, child.start_byte):
                self.doubt("unreadable", self.text(node))
            previous = child.end_byte
            kind = child.type
            if kind == "variable_assignment":
                assignments.append(self.assign(child))
            elif kind in ("file_redirect", "herestring_redirect", "heredoc_redirect"):
                stdin = self.redirect(child, flow) or stdin
            elif kind == "command_name":
                named = True
                written = child.children[0] if child.child_count else child
                parts = [part for spelt in self.spell(written) for part in words.words(spelt)]
                indirect = (
                    len(parts) != 1 or words.marked(parts[0]) or written.type in ("simple_expansion", "expansion")
                )
                name, extra = (parts[0], parts[1:]) if parts else (UNKNOWN, [])
                arguments.extend(extra)
            elif node.field_name_for_child(index) == "argument" and child.is_named:
                arguments.extend(part for spelt in self.spell(child) for part in words.words(spelt))
            else:
                arguments.append(self.text(child))
                if kind not in ("==", "=~", "="):
                    self.doubt("unreadable", self.text(node))
        if named or assignments:
            program = name if named else ""
            feeders = flow.feeders if stdin == "pipe" else ()
            found = Segment(
                program,
                tuple(arguments),
                self.text(node),
                flow.folders,
                tuple(assignments),
                stdin,
                feeders,
                indirect,
            )
            self.segments.append(found)
            if program in ("cd", "pushd", "popd", "chdir"):
                return self.moved(found, flow)
        return _After(flow.folders, flow.folders)

    def apart(self, end: int, start: int) -> bool:
        """Whether the shell sees two words here, as the grammar does."""
        return bool(_GAP.fullmatch(self.source, end, start)) or (
            end == start and self.source[start : start + 1] in (b" ", b"\t")
        )

    def moved(self, segment: Segment, flow: _Flow) -> _After:
        targets = [word for word in segment.arguments if word not in ("--", "-P", "-L", "-e")]
        if (
            segment.program != "cd"
            or targets == ["-"]
            or any(words.marked(word) and not word.startswith(TILDE) for word in targets)
        ):
            self.doubt("moving", segment.text)
            return _After(flow.folders, flow.folders)
        goals = targets or [TILDE]
        reached = frozenset(
            goal if goal.startswith(("/", TILDE)) else f"{here}/{goal}" if here else goal
            for here in flow.folders
            for goal in goals
        )
        if len(reached | flow.folders) > FOLDERS:
            self.doubt("moving", segment.text)
            return _After(flow.folders, flow.folders)
        return _After(reached, reached | flow.folders)
