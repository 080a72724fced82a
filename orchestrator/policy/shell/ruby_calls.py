"""What the classes of Ruby do that open files, start programs, or say what this machine holds."""

import re
from typing import TYPE_CHECKING

from orchestrator.policy.shell import grammar
from orchestrator.policy.shell import ruby_roots as roots
from orchestrator.policy.shell.grammar import Doubt, Effects, said
from orchestrator.policy.shell.ruby_tree import Paths, around, option, texts_of

if TYPE_CHECKING:
    from tree_sitter import Node


class Calls(Effects):
    def __init__(self, nodes: "list[Node]") -> None:
        used = {said(node) for node in nodes if node.type == "identifier"}
        super().__init__(texts_of(nodes), bool(roots.DECODES & used), bool(roots.EDITS & used))
        self.paths = Paths(nodes)

    def is_public(self, index: "list[Node]") -> bool:
        variable = self.paths.text(index[0]) if index else None
        return variable is not None and not roots.SECRET.search(variable)

    def called(self, of: str, name: str, node: "Node", given: "list[Node]") -> None:
        """A method of a class that opens files or starts programs."""
        kind = "File" if of in ("IO", "FileTest") else "YAML" if of == "Psych" else of
        path = self.paths.path(given[0]) if given else None
        if of == "IO" and name in ("read", "binread", "readlines", "foreach", "write", "binwrite") and path is None:
            raise Doubt("what it opens is known only when it runs")
        if path is not None and path.lstrip().startswith("|"):
            raise Doubt("it would start a program")
        self.made(of, name, given)
        if name in roots.STARTS.get(of, ()):
            self.started(given)
        elif kind in ("File", "CSV") and name in ("open", "new") and (kind, name) != ("CSV", "new"):
            self.opened_as(given)
        elif kind in ("File", "Dir", "FileUtils", "Zlib", "Logger") and self.changes(kind, name, node, given):
            return
        elif name in roots.READS.get(kind, ()):
            self.lists(kind, name, given)
        elif of in ("ENV", "ARGV"):
            self.environment(of, name, given)
        elif (of == "ERB" and "ERB::Util" not in said(node)) or (
            name not in roots.PURE.get(of, roots.PURE.get(kind, ())) and of not in roots.ANY | {"ERB"}
        ):
            raise Doubt(f"it uses {of}.{name}")

    def changes(self, kind: str, name: str, node: "Node", given: "list[Node]") -> bool:
        """Whether it writes, copies or deletes."""
        path = self.paths.path(given[0]) if given else None
        if name in roots.DELETES.get(kind, ()):
            self.removed(given)
        elif kind == "FileUtils" and name in roots.COPIES and len(given) > 1:
            self.opens("read", path)
            self.writes(self.paths.path(given[1]), *around(given[1]))
        elif name in roots.WRITES.get(kind, ()) and not _is_stream(given) and "GzipReader" not in said(node):
            edited = bool(given) and said(given[0]) in self.paths.read and len(given) > 1 and given[1].type != "string"
            for target in self.paths.each(given[:1]):
                self.writes(self.paths.path(target), *around(target), edited or kind == "Dir" or "mkdir" in name)
        else:
            return False
        return True

    def made(self, of: str, name: str, given: "list[Node]") -> None:
        """What is made where, or out of what."""
        if of == "Tempfile" and len([part for part in given if part.type != "pair"]) > 1:
            raise Doubt("where its file is made is not known")
        if of in ("YAML", "Psych") and (name == "unsafe_load" or "!ruby" in "".join(self.texts.values())):
            raise Doubt("it makes objects out of data")

    def lists(self, kind: str, name: str, given: "list[Node]") -> None:
        for part in given[:1]:
            self.opens("read", self.paths.path(part))
        for part in given:
            if (folder := option(part, "base")) is not None:
                self.opens("read", self.paths.path(folder))
        dotted = any("DOTMATCH" in said(part) for part in given)
        if kind == "Dir" and name in ("glob", "[]"):
            for part in given:
                self.lists_like(self.paths.path(part), dotted)
        elif kind == "Dir" and given:
            self.lists_all(self.paths.path(given[0]))

    def environment(self, of: str, name: str, given: "list[Node]") -> None:
        if of == "ENV" and not (name in ("fetch", "key?", "include?", "has_key?", "dig") and self.is_public(given)):
            raise Doubt("it uses ENV")
        if of == "ARGV" and (name not in roots.OF_LISTS or grammar.pieced(self.texts.values(), True)):
            raise Doubt("it changes what it is given")

    def opened_as(self, given: "list[Node]") -> None:
        positional = [part for part in given if part.type not in ("pair", "block_argument")]
        named = [value for part in given if (value := option(part, "mode")) is not None]
        modes = [*positional[1:2], *named]
        mode = self.paths.text(modes[0]) if modes else "r"
        if mode is not None and re.fullmatch(r"r[bt]?(?::.*)?", mode):
            self.opens("read", self.paths.path(given[0]) if given else None)
        elif given:
            self.writes(self.paths.path(given[0]), *around(given[0]), said(given[0]) in self.paths.read)

    def removed(self, given: "list[Node]") -> None:
        for target in self.paths.each([part for part in given if part.type != "pair"]):
            path = self.paths.path(target)
            if path is None or not path.startswith("/tmp/own"):
                self.deletes(path)

    def started(self, given: "list[Node]") -> None:
        for part in [part for part in given if part.type == "pair"]:
            key, value = part.named_children[0], part.named_children[-1]
            harmless = value.type in ("true", "false", "simple_symbol", "array") or said(value) == "File::NULL"
            if (
                not (said(key) in ("exception", "err", "out", ":err", ":out") and harmless)
                and said(key) != "stdin_data"
            ):
                raise Doubt("how it starts a program is not known")
        words = [part for part in given if part.type not in ("pair", "block_argument")]
        if len(words) == 1 and words[0].type in ("array", "string_array"):
            self.starts([self.paths.text(part) for part in words[0].named_children], shell=False)
        else:
            self.starts([self.paths.text(part) for part in words], shell=len(words) == 1)


def _is_stream(given: "list[Node]") -> bool:
    return bool(given) and said(given[0]) in ("$stdout", "$stderr", "STDOUT", "STDERR", "nil", "File::NULL")
