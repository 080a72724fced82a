"""The redirections of a script: where they lead, what they feed to a program, and what is written where."""

from itertools import pairwise
from typing import TYPE_CHECKING

from msgspec import Struct, structs

from orchestrator.policy.shell import words
from orchestrator.policy.shell.outputs import finds
from orchestrator.policy.shell.script import Bound, Folders, Redirect, Segment, Stdin, said
from orchestrator.policy.shell.spelling import Spelling
from orchestrator.policy.shell.words import each

if TYPE_CHECKING:
    from tree_sitter import Node


class Flow(Struct, frozen=True):
    """What holds where a construct begins."""

    folders: Folders = frozenset({""})
    stdin: Stdin = ""
    feeders: tuple[Segment, ...] = ()
    fed: str | None = None


class After(Struct, frozen=True):
    """The folders a construct may leave the shell in: when it succeeded, and at all."""

    success: Folders
    anyhow: Folders


IGNORED = each("comment heredoc_start heredoc_end heredoc_content file_descriptor string_content")
REDIRECTS = frozenset({"file_redirect", "heredoc_redirect", "herestring_redirect"})


class Redirecting(Spelling):
    """What the walk does where words lead elsewhere. Whoever walks the script visits its constructs."""

    def __init__(self, source: bytes, given: Bound, prior: Bound) -> None:
        super().__init__(source, given, prior)
        self._segments: list[Segment] = []
        self._redirects: list[Redirect] = []
        self._flow = Flow()
        self._told: set[str] = set()  # files that it writes out of others of the workspace

    def set_first(self, node: "Node") -> set[str]:
        """What the first command of a list sets, which runs in any case; the grammar puts a `>` behind the list."""
        listed = node.type == "list"
        while node.type == "list":
            node = node.children[0]
        name = node.child_by_field_name("name") if listed and node.type == "variable_assignment" else None
        return {self.text(name)} if name is not None else set()

    def broken(self, end: int, start: int) -> None:
        if b"\n" in self.source[end:start] and b"\\" not in self.source[end:start]:
            self.breaks.append(end)

    def in_chain(self, node: "Node") -> bool:
        """Whether what follows this list runs only where all of it succeeded."""
        above = node.parent
        listed = above is not None and above.type == "list" and above.children[0] == node
        return listed and above is not None and above.children[1].type == "&&"

    def visit(self, node: "Node", flow: Flow) -> After:
        """Collect what is inside; say where the shell may be afterwards."""
        raise NotImplementedError

    def _redirected(self, node: "Node", flow: Flow) -> After:
        stdin, start = flow.stdin, len(self._segments)
        redirects, made = [child for child in node.children if child.type in REDIRECTS], len(self._redirects)
        fed = flow.fed
        self.definite |= self.set_first(node.children[0])
        given = flow.feeders
        for redirect in redirects:
            fed = self._text_fed(redirect) or fed
            before = len(self._segments)
            stdin = self._redirect(redirect, flow) or stdin
            if fed_by := self.fed_by(redirect, before):
                given, stdin = fed_by, "pipe"
        after, behind, body = After(flow.folders, flow.folders), len(self._redirects), len(self._segments)
        for child in node.children:
            if child.type not in REDIRECTS:
                after = self.visit(child, Flow(flow.folders, stdin, given, fed))
        inside, last = self._segments[body:], node.children[0]
        if last.type == "list" and inside and inside[-1].text == self.text(last.children[-1]):
            inside = inside[-1:]  # the grammar hangs `a && cat > x` above the list
        if finds(tuple(inside)):
            self._told.update(one.target for one in self._redirects[made:behind])
        content = _written(inside)
        self._redirects[made:behind] = [structs.replace(one, content=content) for one in self._redirects[made:behind]]
        feeders = flow.feeders + tuple(self._segments[start:])
        for redirect in redirects:
            if redirect.type == "heredoc_redirect":
                after = self._behind_heredoc(redirect, flow, feeders, after)
        return after

    def alone(self, node: "Node", flow: Flow) -> After:
        """$(< file) is $(cat file)."""
        start = len(self._redirects)
        self._redirect(node, flow)
        named = tuple(one.target for one in self._redirects[start:])
        self._segments.append(Segment("cat", named, self.text(node), flow.folders))
        return After(flow.folders, flow.folders)

    def fed_by(self, redirect: "Node", before: int) -> tuple[Segment, ...]:
        """The programs of `< <(…)` and `<<< "$(…)"`."""
        text = self.text(redirect).lstrip("< ").strip().strip('"')
        alone = redirect.type == "herestring_redirect" and text.startswith("$(") and text.endswith(")")
        return tuple(self._segments[before:]) if alone or (text.startswith("(") and text.endswith(")")) else ()

    def own(self, segments: tuple[Segment, ...]) -> bool:
        written = {one.target for one in self._redirects if ">" in one.operator} - self._told
        written |= {word for part in self._segments if part.program in ("tee", "cp") for word in part.arguments}
        return any(written.intersection(part.arguments) for part in segments)

    def _text_fed(self, redirect: "Node") -> str | None:
        """The text of a here-document or a here-string, where no part of it is known only when it runs."""
        if redirect.type == "heredoc_redirect":
            start = next((child for child in redirect.children if child.type == "heredoc_start"), None)
            body = next((child for child in redirect.children if child.type == "heredoc_body"), None)
            text = self.text(body) if body is not None else ""
            quoted = start is not None and self.text(start)[:1] in ("'", '"', "\\")
            return text if quoted or not set("$`\\") & set(text) else None
        if redirect.type == "herestring_redirect":
            doubts = len(self.doubts)
            spelt = [spelling for child in redirect.children if child.is_named for spelling in self.spell(child)]
            del self.doubts[doubts:]
            return spelt[0] if len(spelt) == 1 and not words.marked(spelt[0]) else None
        return None

    def _behind_heredoc(self, node: "Node", flow: Flow, feeders: tuple[Segment, ...], after: After) -> After:
        """`cat <<EOF | sh` and `cat <<EOF && ls`: the grammar hangs what follows under the here-document."""
        for child in node.children:
            if child.type == "pipeline":
                after = self.visit(child, Flow(flow.folders, "pipe", feeders))
            elif child.is_named and child.type not in IGNORED | REDIRECTS | {"heredoc_body"}:
                inner = self.visit(child, Flow(after.anyhow, "text", feeders))
                after = After(inner.success, inner.anyhow | after.anyhow)
        return after

    def _redirect(self, node: "Node", flow: Flow) -> Stdin:
        self._flow = flow
        if node.type != "file_redirect":
            for child in node.children:
                if child.type == "heredoc_body":
                    self.visit(child, flow)
                elif child.type in REDIRECTS:
                    self._redirect(child, flow)
                elif node.type == "herestring_redirect" and child.is_named:
                    self.spell(child)
            return "text"
        between = [self.source[a.end_byte : b.start_byte] for a, b in pairwise(node.children)]
        operator = next((child.type for child in node.children if not child.is_named), "")
        targets = node.children_by_field_name("destination")
        alone = len(targets) == 1 or operator in ("<&-", ">&-")  # the grammar takes words that follow for targets
        if not alone or any(gap.strip(b" \t") for gap in between):
            self.doubt("unreadable", self.text(node))
            for one, other in pairwise(node.children):
                self.broken(one.end_byte, other.start_byte)
        for word in (word for target in targets for word in self.spelt_words(target)):
            self._redirects.append(Redirect(operator, word, flow.folders, self.text(node)))
        return "file" if operator == "<" else ""


def _written(segments: list[Segment]) -> str | None:
    """What a redirection writes: the words of echo or printf, or a here-document through cat."""
    if len(segments) != 1:
        return None
    only = segments[0]
    return only.fed if only.program == "cat" and not only.arguments else said(only)
