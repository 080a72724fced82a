"""The walk through a script: pipelines, lists, groups, loops, redirections, `cd`.

Collects every segment wherever it stands. A construct that is not known here is a doubt.
"""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from msgspec import structs

from orchestrator.policy.shell import words
from orchestrator.policy.shell.calling import MOVERS, Calling, multiplies
from orchestrator.policy.shell.changes import are_numbers
from orchestrator.policy.shell.outputs import printed
from orchestrator.policy.shell.programs import known
from orchestrator.policy.shell.redirecting import IGNORED, REDIRECTS, After, Flow
from orchestrator.policy.shell.script import Bound, Doubt, Folders, Script, Segment
from orchestrator.policy.shell.spelling import READERS, SETTERS, WORDS
from orchestrator.policy.shell.words import ANY, AWAY, FOUND, MADE, STAR, TILDE, UNKNOWN, UNSET, each, uncertain

if TYPE_CHECKING:
    from tree_sitter import Node

DEEPEST = 40  # nested constructs
SEGMENTS = 300  # programs of one script: judging each may look at the disk
FOLDERS = 16  # folders a segment may find itself in


_SEQUENCES = each(
    "program do_group if_statement elif_clause else_clause case_statement case_item negated_command "
    "variable_assignments binary_expression unary_expression postfix_expression parenthesized_expression "
    "ternary_expression array heredoc_body"
)
_BRANCHES = each(
    "if_statement elif_clause else_clause case_statement case_item while_statement for_statement pipeline subshell "
    "c_style_for_statement command_substitution process_substitution function_definition"
)
_CALCULATES = re.compile(r"-(eq|ne|lt|le|gt|ge)")
_JOINED = re.compile(r"(?:&&|\|\||(?<!\$)\()\s*([\w./-]+)")
_FOREVER = re.compile(r"while\s+(true|:|\[\[? *1 *\]\]?|\(\(\s*1\s*\)\))\s*;?\s*do\b|until\s+false\s*;?\s*do\b")
_UNPACKS = re.compile(r"while\s+(?:unzip|tar|gunzip|bunzip2|unxz|7za?|zstd)\b")  # an archive in an archive
_MANY = re.compile(r"\bseq\b[^;|)]*\b\d{4,}\b|\.\.\d{4,}\}|<=?\s*\d{4,}|\bwhile\s+(true|:)")  # times that it goes round
_HEADER = re.compile(r"for\s*\(\((?P<first>[^;]*);(?P<until>[^;]*);(?P<step>.*?)\)\)", re.DOTALL)
_APART = re.compile(r"(?<![&>])&(?![&>])\s*(;|\)|\n|done|$)|\bnohup\b|\bsetsid\b")
_LEAVES = re.compile(r"\b(break|exit|return|sleep|read|wait|inotifywait)\b")
_GAP = re.compile(rb"(?:[ \t]|(?<=[ \t])\\\n)+")


class Walk(Calling):
    def __init__(self, source: bytes, given: Bound, prior: Bound) -> None:
        super().__init__(source, given, prior)
        self._loops: list[str] = []
        self._pushed: Folders = frozenset()  # the folders that pushd left
        self._depth = 0

    def read(self, root: "Node") -> Script:
        if b"$" in self.source:
            self.survey(root)
        self.visit(root, Flow())
        for name in self.left:
            self.called(name, None, Flow())
        return Script(tuple(self._segments), tuple(self._redirects), tuple(self.doubts), tuple(self._loops))

    def substituted(self, node: "Node") -> tuple[Segment, ...]:
        start, kept = len(self._segments), self._flow
        self._sequence(node, Flow(kept.folders))
        self._flow = kept
        return tuple(self._segments[start:])

    def visit(self, node: "Node", flow: Flow) -> After:
        if len(self._segments) > SEGMENTS:
            if self.doubts[-1:] != [(doubt := Doubt("too_long", ""))]:
                self.doubts.append(doubt)
            return After(flow.folders, flow.folders)
        if self._depth == DEEPEST:
            self.doubt("too_deep", self.text(node))
            return After(flow.folders, flow.folders)
        self._depth += 1
        self._flow = flow
        kept = self.definite.copy() if node.type in _BRANCHES else None
        after = self._construct(node, flow)
        if kept is not None:
            self.definite = kept
        self._depth -= 1
        return after

    def _construct(self, node: "Node", flow: Flow) -> After:
        kind = node.type
        if construct := _CONSTRUCTS.get(kind):
            return construct(self, node, flow)
        if kind in _SEQUENCES:
            return self._sequence(node, flow)
        if kind in WORDS:
            self.spell(node)
        elif node.is_missing or (node.is_named and kind not in IGNORED):
            self.doubt("unreadable", self.text(node))
            return self._sequence(node, flow)
        return After(flow.folders, flow.folders)

    def _sequence(self, node: "Node", flow: Flow) -> After:
        after = After(flow.folders, flow.folders)
        for child in node.children:
            if child.is_named or child.child_count or child.is_missing:
                after = self.visit(child, Flow(after.anyhow, flow.stdin, flow.feeders))
        return after if node.child_count == 1 else After(after.anyhow, after.anyhow)

    def _group(self, node: "Node", flow: Flow) -> After:
        if not self.text(node).startswith("(("):
            return self._sequence(node, flow)
        self._flow = flow
        self.calculated(node)
        return After(flow.folders, flow.folders)

    def _counting_loop(self, node: "Node", flow: Flow) -> After:
        self._flow, header = flow, _HEADER.match(self.text(node))
        for name in self._counted(node):
            self.assigned(name, ("0",))
        self.calculated(node)
        if header is None or (not header["until"].strip() and not _LEAVES.search(self.text(node))):
            self.doubt("endless", self.text(node))
        elif re.search(r"\d{7}", header["until"]):
            self.doubt("huge", self.text(node))
        self._spawns(node)
        body = node.child_by_field_name("body")
        return self.visit(body, flow) if body is not None else After(flow.folders, flow.folders)

    def _spawns(self, node: "Node") -> None:
        if _MANY.search(self.text(node)) and _APART.search(self.text(node)):
            self.doubt("endless", self.text(node))

    def _subshell(self, node: "Node", flow: Flow) -> After:
        self._sequence(node, flow)
        return After(flow.folders, flow.folders)

    def _list(self, node: "Node", flow: Flow) -> After:
        left, *between, right = node.children
        for child in between:
            if child.is_named:
                self.visit(child, flow)
        before = self.definite.copy()
        first = self.visit(left, flow)
        chained = [child.type for child in between] == ["&&"]
        kept = self.definite.copy()
        above = node.parent is not None and node.parent.type == "redirected_statement"
        fed = flow.fed if above else None  # the grammar hangs `a && cat <<E` there: the text is for the last of them
        second = self.visit(right, Flow(first.success if chained else first.anyhow, flow.stdin, flow.feeders, fed))
        if not chained:
            self.definite = kept
        elif not self.in_chain(node):
            self.definite = before | self.set_first(node)
        return After(second.success if chained else first.success | second.success, first.anyhow | second.anyhow)

    def _pipeline(self, node: "Node", flow: Flow) -> After:
        feeders, stdin = flow.feeders, flow.stdin
        after = flow.folders
        for child in node.children:
            if child.is_named:
                start = len(self._segments)
                after = after | self.visit(child, Flow(flow.folders, stdin, feeders)).anyhow
                feeders = feeders + tuple(self._segments[start:])
            stdin = "pipe"
        return After(after, after)

    def _loop(self, node: "Node", flow: Flow) -> After:
        variable = node.child_by_field_name("variable")
        name = self.text(variable) if variable is not None else ""
        values = [word for value in node.children_by_field_name("value") for word in self.spelt_words(value)]
        if name:
            self.steered(name, self.text(node)[:80])
            self.assigned(name, tuple(values) if 0 < len(values) <= words.MANY else (UNKNOWN,))
        after = flow.folders
        for index, child in enumerate(node.children):
            if (field := node.field_name_for_child(index)) not in ("variable", "value"):
                fed = flow.fed if field == "condition" else None
                after = after | self.visit(child, Flow(after, flow.stdin, flow.feeders, fed)).anyhow
        if name not in self.untold:
            self.values.pop(name, None)  # behind the loop it may be empty
        if (_FOREVER.match(self.text(node)) and not _LEAVES.search(self.text(node))) or _UNPACKS.match(self.text(node)):
            self.doubt("endless", self.text(node))
        self._spawns(node)
        if after != flow.folders:
            self.doubt("moving_loop", self.text(node))
        return After(after, after)

    def _function(self, node: "Node", flow: Flow) -> After:
        name, body = node.child_by_field_name("name"), node.child_by_field_name("body")
        called = self.text(name) if name is not None else ""
        above = node.parent is not None and node.parent.type == "program" and b"unset" not in self.source
        above = above and not any(child.type in REDIRECTS for child in node.children)
        taken = known(called) or called in self.functions or called == "command_not_found_handle"
        if body is None or not above or not called.isidentifier() or taken:
            self.doubt("function", self.text(node))
            start = len(self._segments)
            after = self.visit(body, flow) if body is not None else After(flow.folders, flow.folders)
            if any(segment.program == called for segment in self._segments[start:]):
                self._loops.append(called)
            return after
        self.functions[called] = body
        if multiplies(self.text(body), called):
            self._loops.append(called)
        return After(flow.folders, flow.folders)

    def _assignment(self, node: "Node", flow: Flow) -> After:
        self._segments.append(Segment("", (), self.text(node), flow.folders, (self._assign(node),)))
        return After(flow.folders, flow.folders)

    def _assign(self, node: "Node") -> tuple[str, str]:
        name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
        if name is not None and name.type == "subscript":
            base, _, index = self.text(name)[:-1].partition("[")
            if not self._indexed(base, index):
                self.doubt("subscript", self.text(node))
            name = name.children[0]
        if value is not None and value.type == "array":
            spelt = self._elements(value)
        else:
            spelt = self.spell(value) if value is not None else ("",)
        label = self.text(name) if name is not None else ""
        self.assigned(label, spelt)
        return label, spelt[0] if len(spelt) == 1 else UNKNOWN

    def _elements(self, array: "Node") -> tuple[str, ...]:
        if not all(child.type in WORDS for child in array.named_children):
            self._sequence(array, self._flow)
            return (UNKNOWN,)
        spelt = tuple(word for child in array.named_children for word in self.spelt_words(child)) or (UNSET,)
        return spelt if len(spelt) <= words.MANY else (UNKNOWN,)

    def _declaration(self, node: "Node", flow: Flow) -> After:
        pairs: list[tuple[str, str]] = []
        for child in node.children[1:]:
            if child.type == "variable_assignment":
                pairs.append(self._assign(child))
            elif child.is_named:
                pairs.extend((word, "") for word in self.spelt_words(child))
        arguments = tuple(f"{name}={value}" if value else name for name, value in pairs)
        program = self.text(node.children[0])
        self._segments.append(Segment(program, arguments, self.text(node), flow.folders, tuple(pairs)))
        return After(flow.folders, flow.folders)

    def _test(self, node: "Node", flow: Flow) -> After:
        """[[ … ]] evaluates some of its words as arithmetic, and arithmetic can run code."""
        text = self.text(node)
        double = text.startswith("[[")
        joins = double and any(known(match[1]) or "/" in match[1] for match in _JOINED.finditer(text))
        if joins or re.search(r"(?<![=<>] )-[vR]\s", text) or (double and not self._compares(node)):
            self.doubt("condition", text)
        return self._sequence(node, flow)

    def _compares(self, node: "Node") -> bool:
        """Whether what [[ … -eq … ]] calculates with are numbers."""
        if node.type == "binary_expression" and any(_CALCULATES.fullmatch(self.text(one)) for one in node.children):
            spelt = [
                self.variable(self.text(one), True, False)
                if one.type in ("word", "variable_name") and self.text(one).isidentifier()
                else self.spell(one)
                for one in node.children
                if one.type != "test_operator"
            ]
            return all(map(are_numbers, spelt))
        return all(map(self._compares, node.children))

    def _operand(self, node: "Node") -> tuple[str, ...]:
        text = self.text(node)
        return self.variable(text, True, False) if text.isidentifier() else self.spell(node)

    def _command(self, node: "Node", flow: Flow) -> After:
        written: list[list[Node]] = []  # words, in the pieces the grammar makes of them
        assignments: list[tuple[str, str]] = []
        stdin, fed, end, text, given = flow.stdin, flow.fed, -1, self.text(node), flow.feeders
        for child in node.children:
            beside = child.start_byte == end and not self.source[end : end + 1].isspace()
            if (beside and child.type != "process_substitution") or not (end < 0 or self._apart(end, child.start_byte)):
                self.broken(end, child.start_byte)
                self.doubt("unreadable", text)
            end = child.end_byte
            if child.type == "variable_assignment":
                assignments.append(self._assign(child))
            elif child.type in REDIRECTS:
                fed, before = self._text_fed(child) or fed, len(self._segments)
                stdin = self._redirect(child, flow) or stdin
                if fed_by := self.fed_by(child, before):
                    given, stdin = fed_by, "pipe"
            elif beside and written:
                written[-1].append(child)
            else:
                written.append([child])
        names, ways, indirect = self.words_of(written)
        feeders, fed = (given, None) if stdin == "pipe" else ((), fed or flow.fed if stdin == "text" else None)
        name = names[0]
        if not indirect and (functions := [one for one in names if one in self.functions]):
            names = tuple(one for one in names if one not in functions)
            after = self._each_called(functions, ways, Flow(flow.folders, stdin, feeders, fed))
            if not names:
                return after
            name = names[0]
        own = re.fullmatch(r"(\w+)(?: \"?\$?[\w?]+\"?)*", next(iter(ways[0]), "")) if name == "trap" else None
        if own is not None and own[1] in self.functions:
            self.left.append(own[1])
            names, ways = (":",), [[]]
        found = Segment(name, tuple(ways[0]), text, flow.folders, tuple(assignments), stdin, feeders, indirect, fed)
        if name == "trap":
            found = structs.replace(found, bound=self._bound())
        self._segments += [structs.replace(found, program=one, arguments=tuple(way)) for one in names for way in ways]
        if name in SETTERS or name in ("shift", "set"):
            self._set(node, found, given)
        return self._moved(found, flow) if name in MOVERS else After(flow.folders, flow.folders)

    def _each_called(self, names: list[str], ways: list[list[str]], flow: Flow) -> After:
        found = [self.called(name, tuple(way), flow) for name in names for way in ways]
        folders = frozenset(place for after in found for place in after.anyhow)
        return found[0] if len(found) == 1 else After(folders, folders)

    def _set(self, node: "Node", segment: Segment, given: tuple[Segment, ...]) -> None:
        """The variables that a command sets."""
        name, words = segment.program, list(segment.arguments)
        if name in ("shift", "set"):
            self.shifted(node, name, words)
            return
        if label := self.printed_to(node):
            self.assigned(label, (printed(tuple(words[2:])) or UNKNOWN,))
        if name in READERS or name == "getopts":
            self.read_into(node, segment, given)
        if name == "let":
            self.let(words, segment.text)
        self.met.update(words)
        for word in words if name not in ("printf", "wait") or "-v" in words else ():
            self.steered(word, segment.text)

    def _bound(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """What is set once, and is set by now: it holds until the end."""
        once = [name for name in self.definite if self.times[name] == 1 and name not in self.untold]
        return tuple((name, self.values[name]) for name in sorted(once) if name in self.values)

    def _apart(self, end: int, start: int) -> bool:
        """Whether the shell sees two words here, as the grammar does."""
        return end == start or bool(_GAP.fullmatch(self.source, end, start))  # some nodes begin with their space

    def _moved(self, segment: Segment, flow: Flow) -> After:
        goals = [word for word in segment.arguments if word not in ("--", "-P", "-L", "-e")] or [TILDE]
        reached = frozenset(_joined(here, goal) for here in flow.folders for goal in goals)
        if segment.program == "pushd" and len(segment.arguments) == 1:
            self._pushed |= flow.folders
        if segment.program == "popd" and not segment.arguments and self._pushed:
            return After(self._pushed, self._pushed | flow.folders)
        reached = frozenset(_of_a_folder(place) for place in reached)
        goals = [_of_a_folder(goal) for goal in goals]
        certain = (segment.program == "cd" or (segment.program == "pushd" and len(segment.arguments) == 1)) and not any(
            goal == "-" or _marked_inside(goal) for goal in goals
        )
        if not certain or len(reached | flow.folders) > FOLDERS:
            self.doubt("moving", segment.text)
            return After(flow.folders, flow.folders)
        return After(reached, reached | flow.folders)


def _joined(folder: str, goal: str) -> str:
    return goal if not folder or goal.startswith(AWAY) else f"{folder}/{goal}"


def _of_a_folder(goal: str) -> str:
    """dist/$version is some folder beneath dist."""
    return goal.replace(FOUND, STAR) if not goal.startswith((FOUND, *AWAY)) and ".." not in goal else goal


def _marked_inside(goal: str) -> bool:
    plain = goal[1:] if goal[:1] in (TILDE, MADE) else goal
    if not uncertain(plain) and ".." not in plain and not plain.startswith("/"):
        plain = plain.replace(STAR, "").replace(ANY, "")  # a folder of the workspace, whichever
    return uncertain(goal) or words.marked(plain)


_CONSTRUCTS: dict[str, Callable[[Walk, "Node", Flow], After]] = {
    "command": Walk._command,
    "list": Walk._list,
    "pipeline": Walk._pipeline,
    "redirected_statement": Walk._redirected,
    "subshell": Walk._subshell,
    "compound_statement": Walk._group,
    "for_statement": Walk._loop,
    "while_statement": Walk._loop,
    "c_style_for_statement": Walk._counting_loop,
    "function_definition": Walk._function,
    "variable_assignment": Walk._assignment,
    "declaration_command": Walk._declaration,
    "unset_command": Walk._declaration,
    "file_redirect": Walk.alone,
    "test_command": Walk._test,
}
