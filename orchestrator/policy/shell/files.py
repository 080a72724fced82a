"""The files that short Python opens, by what is done with each: paths that are written, and those put together.

Reading a file whose name is known only when it runs is ordinary. Writing one is where the name makes it a new file
(`out/{name}.png`), where the folder is the code's own, or where what was read from it is edited. Deleting, moving and
copying is judged as the command that it is.
"""

import ast
import re
from collections.abc import Iterable

from msgspec import structs

from orchestrator.policy.places import is_automatic, is_private
from orchestrator.policy.shell import edits, known, overwriting
from orchestrator.policy.shell.bindings import called
from orchestrator.policy.shell.findings import Finding, Judging
from orchestrator.policy.shell.imported import Modules, meant
from orchestrator.policy.shell.script import Segment
from orchestrator.policy.shell.values import Code, holes, text_of
from orchestrator.policy.shell.words import ANY, MADE, SET, STAR, TILDE, UNKNOWN, each, shown

_MOST = 8  # files that one call may mean
_OPENERS = each("open ZipFile TarFile GzipFile BZ2File LZMAFile")
_OF_PATHS = each("write_text write_bytes touch mkdir")
_COMMANDS = {  # what is judged as a command: its words before the paths
    "os.remove": ("rm",), "os.unlink": ("rm",), "os.rmdir": ("rmdir",), "os.removedirs": ("rm", "-r"),
    "shutil.rmtree": ("rm", "-r"), "os.rename": ("mv",), "os.replace": ("mv",), "shutil.move": ("mv",),
    "shutil.copy": ("cp",), "shutil.copy2": ("cp",), "shutil.copyfile": ("cp",), "shutil.copytree": ("cp", "-r"),
    "os.chmod": ("chmod",), "os.symlink": ("ln", "-s"), "os.link": ("ln",), ".symlink_to": ("ln", "-s"),
    ".unlink": ("rm",), ".rmdir": ("rmdir",), ".rename": ("mv",), ".replace": ("mv",), ".chmod": ("chmod",),
}  # fmt: skip
_TWO = each("mv cp ln")
_READ = re.compile(
    r"read_(?!only)\w+|ExcelFile|scan_\w+|load(?!s$)\w*|imread\w*|genfromtxt|parse|getsize|isfile|"
    r"isdir|exists|stat|fromfile|PdfReader|Document|getlines?|iterparse|from_file|read|Path|PurePath|parse_file|input|VideoCapture|"
    r"from_url|open_\w+|create_engine"
)
_SAVE = re.compile(
    r"to_(csv|excel|json|parquet|table|html|feather|xml|orc|stata|markdown|latex|string|hdf|pickle|netcdf|zarr|file)|"
    r"save|save_\w+|saveas|save(fig|txt|mat)|savez\w*|imsave|imwrite|mimsave|dump_stats|extractall|makedirs|tofile|connect|"
    r"ExcelWriter|PdfPages|Coverage|(html|xml|json|lcov)_report|\w*FileHandler|export\w*|sink_\w+|Workbook|SimpleDocTemplate|make_archive|dump|mkdir|"
    r"write_(csv|json|parquet|html|image|excel|ipc|ndjson|gml|graphml|gexf|edgelist|videofile|gif|pdf|png|file)"
)
_MUST_BE_KNOWN = re.compile(
    r"to_(?!string|json|html|markdown|latex|dict)\w+|save\w*|im\w+|makedirs|extractall|\w*Handler|mimsave"
)
_LISTS = each("listdir scandir walk glob iglob rglob iterdir")
_NAMED = each(
    "filename fname path path_or_buf excel_writer outfile filepath top root_dir directory folder filepath_or_buffer "
    "data_file outfile"
)
_BUFFERS = each("BytesIO StringIO open SpooledTemporaryFile TemporaryFile ExcelWriter PdfPages ZipFile")
_PASSING = re.compile(r"te?mp|scratch|probe|^(\./)?(build|out|dist)/", re.IGNORECASE)
_SYSTEM = re.compile(r"~.*|/(etc|home|root|proc|sys|dev|var|usr|opt|tmp|mnt|media|srv|boot|run|lib|s?bin|Users)(/.*)?")
_OF_A_PROJECT = re.compile(rf"(\./)?([.{STAR}]?$|(src|lib|app|tests?|docs|packages|cmd|internal|scripts|config)(/|$))")
_ENDS = re.compile(rf"[{STAR}{UNKNOWN}]\.\w+$")
_ADDRESS = re.compile(r"(?!file:)[a-z][a-z0-9+.-]*://(?!(localhost|127\.0\.0\.1|\[::1\])[:/])(?!/)(?!$)")


class Files:
    """What one piece of code does with files: what is against it, and what cannot be told."""

    def __init__(self, judge: Judging, segment: Segment, code: Code, given: Modules) -> None:
        self.judge, self.segment, self.code, self.given = judge, segment, code, given
        self.reach = judge.reach(segment)
        self.found: list[Finding] = []
        self.doubt: str | None = None
        self.read: set[int] = set()  # the parts of the code that are read with it
        self.writes = False
        self.made: set[str] = set()  # files that it writes, by plain names
        self.computed = False  # whether a file is opened whose name is known only when it runs
        self.listed = [pattern for call in code.calls for pattern in self._listed(call)]
        for call in sorted(code.calls, key=lambda one: called(one.func) in ("remove", "unlink")):
            self._judge(call)
        for node in code.nodes:
            self._judge_places(node)
        self._judge_texts()
        if "tempfile" in code.imported and any(map(_renames, code.nodes)):
            self.doubt = self.doubt or "it gives a folder that it made another name"

    def _judge_places(self, node: ast.AST) -> None:
        """sys.path[:0] = ["src"], sys.path += ["src"]."""
        for target in node.targets if isinstance(node, ast.Assign) else []:
            if isinstance(target, ast.Subscript) and "sys.path" in meant(target.value, self.given):
                value = node.value if isinstance(node, ast.Assign) else target
                self._looked_in(value.elts if isinstance(value, ast.List | ast.Tuple) else [value])

    def _listed(self, call: ast.Call) -> Iterable[str]:
        if called(call.func) == "listdir":
            return [f"{one}/{STAR}" for one in (self.code.of(call.args[0]) if call.args else ["."])]
        lists = called(call.func) in ("glob", "iglob", "rglob", "iterdir", "scandir", "walk")
        return self.code.elements(call) if lists else ()

    def _judge(self, call: ast.Call) -> None:
        name = called(call.func)
        receiver = call.func.value if isinstance(call.func, ast.Attribute) else None
        dotted = next(iter(meant(call.func, self.given)), "")
        name = dotted.rpartition(".")[2] or name
        if dotted in ("sys.path.insert", "sys.path.append"):
            return self._looked_in(call.args[-1:])
        if command := self._command(call, name, receiver, dotted):
            return self._commanded(call, *command)
        if receiver is not None and name in _OF_PATHS and not dotted:
            return self._write(name, receiver, call)
        if name in _OPENERS or dotted in ("wave.open", "sqlite3.connect"):
            return self._open(call, name, receiver if not dotted else None)
        if receiver is not None and name in ("read_text", "read_bytes") and not dotted:
            return self._read(receiver)
        if name in _LISTS and (dotted or receiver is not None):
            return self._list(call)
        if dotted == "os.chdir":
            return self._move(call)
        return self._judge_named(call, name, dotted)

    def _judge_named(self, call: ast.Call, name: str, dotted: str) -> None:
        """What opens a file by its name, whatever gives it."""
        if name == "spec_from_file_location":
            return self._looked_in(call.args[1:2])
        if name == "memmap" and call.args:
            modes = [*call.args[2:3], *(word.value for word in call.keywords if word.arg == "mode")]
            looks = any(isinstance(mode, ast.Constant) and mode.value in ("r", "c") for mode in modes)
            return self._read(call.args[0]) if looks else self._write(name, call.args[0], call)
        named = [word.value for word in call.keywords if word.arg in _NAMED]
        if _SAVE.fullmatch(name) or name == "basicConfig":
            return self._saved(call, name, named)
        if _READ.fullmatch(name) and dotted not in ("ast.parse", "urllib.parse.parse_qs"):
            for value in [*call.args[: None if name in ("Path", "PurePath") else 1], *named]:
                if name not in ("Path", "PurePath") or isinstance(value, ast.Constant):
                    self._read(value)
        return None

    def _command(
        self, call: ast.Call, name: str, receiver: ast.expr | None, dotted: str
    ) -> tuple[tuple[str, ...], list[ast.expr]] | None:
        if dotted:
            words = _COMMANDS.get(dotted)
            return (words, call.args) if words else None
        words = _COMMANDS.get(f".{name}")
        if words is None or receiver is None:
            return None
        if words == ("mv",):
            known = self.code.of(receiver) != {UNKNOWN} or (call.args and self._is_path(call.args[0]))
            if len(call.args) != 1 or call.keywords or not known:
                return None
        return words, [*call.args, receiver] if words[0] == "ln" else [receiver, *call.args]

    def _is_path(self, node: ast.expr) -> bool:
        """Whether it is put together as a path is."""
        made = isinstance(node, ast.Call) and called(node.func) in (
            "Path",
            "with_suffix",
            "with_name",
            "with_stem",
            "joinpath",
            "join",
        )
        return made or isinstance(node, ast.JoinedStr) or (isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div))

    def _commanded(self, call: ast.Call, words: tuple[str, ...], given: list[ast.expr]) -> None:
        self.read |= {id(call.func)}
        paths = given[: 2 if words[0] in _TWO else 1]
        texts = [self._texts_of(path) for path in paths]
        if words[0] == "chmod":
            mode = given[1].value if len(given) > 1 and isinstance(given[1], ast.Constant) else UNKNOWN
            words = ("chmod", f"{mode:o}" if isinstance(mode, int) else UNKNOWN)
        if words[0] in ("rm", "rmdir") and all(text.startswith(MADE) for text in texts[0]) and ".." not in str(texts):
            return  # a folder that it made for itself
        if words[0] == "rm" and all(map(self._is_passing, texts[0])):
            return
        if len(texts) == 2 and "/dev/null" in texts[0]:
            self.doubt = self.doubt or "it empties a file"
        if words == ("mv",) and any(map(_is_everything, texts[0])) and any(_ENDS.search(text) for text in texts[1]):
            self.doubt = self.doubt or "it gives every file of a folder another name"
        if len(texts) == 2 and not self._new_names(words, *texts):
            self.doubt = self.doubt or f"which file it means by {words[0]} is known only when it runs"
        pairs = [
            (one, *other) for one in texts[0] for other in ([(two,) for two in texts[1]] if len(texts) == 2 else [()])
        ]
        if words[0] == "cp":  # to a name of its own: see `_new_names`
            pairs = [
                (one, other.replace(UNKNOWN, "x") if other.strip(UNKNOWN + STAR + "/") else other)
                for one, other in pairs
            ]
        for pair in pairs[:_MOST] if len(pairs) <= _MOST else [tuple(UNKNOWN for _ in paths)]:
            named = tuple(f"./{text}" if text.startswith("-") else _spelt(text) for text in pair)
            plain = structs.replace(
                self.segment, program=words[0], arguments=(*words[1:], *named), stdin="", feeders=(), fed=None
            )
            self.found += self.judge.segment(plain, 2)

    def _is_passing(self, text: str) -> bool:
        """Whether it is a file that the code itself makes, under a name for a while, and that was not there before."""
        return text in self.made and bool(_PASSING.search(text)) and not self.reach.exists(text)

    def _new_names(self, words: tuple[str, ...], source: frozenset[str], target: frozenset[str]) -> bool:
        """Whether what is moved or copied gets a name that is known, or made of its own."""
        return all(overwriting.is_new(text, self.listed) or (words == ("cp",) and not holes(text)) for text in target)

    def _texts_of(self, node: ast.expr) -> frozenset[str]:
        self.read |= {id(part) for part in ast.walk(node) if isinstance(part, ast.Constant)}
        return self.code.of(node)

    def _list(self, call: ast.Call) -> None:
        """What a listing may find; what is read of it is judged there."""
        self._texts_of(call)
        told = [*call.args[:1], *(word.value for word in call.keywords if word.arg in _NAMED)]
        below = called(call.func) in ("listdir", "scandir", "walk")
        found = [text for value in told for text in self.code.of(value)] if below else self.code.elements(call)
        for text in (text.replace(UNKNOWN, "x") for text in found if text != STAR):
            mode = "read" if text.startswith(("/", "~")) or ".." in text else "list"
            text = re.sub(f"[{STAR}{ANY}{SET}][^/]*", "1", text) if text.startswith("/proc/") else text
            self.found += self.reach.each(mode, [_spelt(text)])

    def _move(self, call: ast.Call) -> None:
        """Into a folder from which whatever is written is no other program's."""
        for text in (text for value in call.args for text in self._texts_of(value)):
            plain = text.startswith(MADE) or not any(part.startswith(".") and part != "." for part in text.split("/"))
            if holes(text) or not plain:
                self.doubt = self.doubt or "which folder it moves to is known only when it runs"
            self.found += self.reach.each("write", [f"{_spelt(text)}/x"])

    def _looked_in(self, folders: list[ast.expr]) -> None:
        """Where modules are looked for."""
        for text in (text for folder in folders for text in self._texts_of(folder)):
            if UNKNOWN in text:
                self.doubt = self.doubt or "where it takes code from is known only when it runs"
            self.found += self.reach.each("run", [_spelt(text)])

    def _read(self, node: ast.expr) -> None:
        if isinstance(node, ast.Constant) and not isinstance(node.value, str):
            return
        for text in self._texts_of(node):
            if _ADDRESS.match(text):
                self.doubt = self.doubt or "it reads from another machine"
            elif holes(text):
                self.computed = True
                filled = text.replace(UNKNOWN, "x")
                self.found += self.reach.each("read", [_spelt(filled)]) if filled.strip("x" + STAR) else []
            elif text and len(text) < 1000 and "\n" not in text:
                self.found += self.reach.each("read", [_spelt(text)])

    def _open(self, call: ast.Call, name: str, receiver: ast.expr | None) -> None:
        told = {word.arg: word.value for word in call.keywords}
        if receiver is not None and name == "open":  # of a path, or of an archive
            mode = told.get("mode") or (call.args[0] if call.args else None)
            spoken = mode.value if isinstance(mode, ast.Constant) and isinstance(mode.value, str) else None
            if spoken is not None and not re.fullmatch(r"[rwaxbtU+]{1,4}", spoken):
                return
            return self._write(name, receiver, call) if _writes(mode) else self._read(receiver)
        target = call.args[0] if call.args else told.get("file") or told.get("name")
        if target is None or called(call.func) == "fdopen":
            return
        mode = told.get("mode") or (call.args[1] if len(call.args) > 1 else None)
        if "shelve.open" in meant(call.func, self.given):
            return self._write(name, target, call)
        if name == "connect":
            known = [text for text in self._texts_of(target) if not holes(text) and text != ":memory:"]
            self.found += self.reach.each("write", map(_spelt, known))
        elif _writes(mode):
            if not self._is_buffer(target):
                self._write(name, target, call)
        else:
            self._read(target)

    def _saved(self, call: ast.Call, name: str, named: list[ast.expr]) -> None:
        trusts = [word.value for word in call.keywords if word.arg == "filter"] if name == "extractall" else []
        if any(called(one) != "data_filter" and text_of([one]) not in ("data", "tar") for one in trusts):
            self.doubt = self.doubt or "it unpacks files wherever they say"
        given = [*call.args[:1], *named]
        if len(call.args) > 1 and name in ("save", "dump", "export") and self.code.of(call.args[0]) == {UNKNOWN}:
            second = self.code.of(call.args[1])
            given = [call.args[1]] if second != {UNKNOWN} and "." in "".join(second) else given
        for value in given:
            plain = not isinstance(value, ast.Constant | ast.List | ast.Dict | ast.Tuple) or (
                isinstance(value, ast.Constant) and isinstance(value.value, str)
            )
            if not plain or self._is_buffer(value):
                continue
            if self.code.of(value) == {UNKNOWN} and not _MUST_BE_KNOWN.fullmatch(name):
                continue
            self._write(name, value, call)

    def _is_buffer(self, node: ast.expr) -> bool:
        if isinstance(node, ast.Name):
            values = [bound.value for bound in self.code.bound.get(node.id, ())]
            return bool(values) and all(
                isinstance(value, ast.Call) and called(value.func) in _BUFFERS for value in values
            )
        return ast.unparse(node).startswith(("sys.stdout", "sys.stderr")) or (
            isinstance(node, ast.Call) and called(node.func) in _BUFFERS
        )

    def _write(self, name: str, node: ast.expr, call: ast.Call) -> None:
        for text in self._texts_of(node):
            if text == ":memory:":
                continue
            if _ADDRESS.match(text):
                self.doubt = self.doubt or "it writes to another machine"
            self.writes = True
            self.made |= {text} if not holes(text) else set()
            if text.strip(UNKNOWN + STAR):
                self.found += self.reach.each("write", [_spelt(text.replace(UNKNOWN, "x").replace(STAR, "x"))])
            if holes(text):
                self.computed = True
                known = name == "mkdir" or overwriting.is_new(text, self.listed) or edits.edited(self.code, node, call)
                if not known:
                    self.doubt = self.doubt or f"which file it means by {name} is known only when it runs"
            if overwriting.empties(self.code, self.given, self.reach, text, name, call):
                self.doubt = self.doubt or f"it empties {shown(text)}"

    def _judge_texts(self) -> None:
        """Texts that may be paths, wherever they stand."""
        for node in self.code.nodes:
            if not (isinstance(node, ast.Constant) and isinstance(node.value, str)) or id(node) in self.read:
                continue
            text, above = node.value, self.code.parents.get(id(node))
            pure = isinstance(above, ast.Call) and any(map(_opens_nothing, meant(above.func, self.given)))
            if pure and not (self.computed or self.writes):
                continue
            if " " in text or len(text) > 300 or not text:
                continue
            if _SYSTEM.fullmatch(text) or ".." in text.split("/"):
                packed = ".." in text and not {"tarfile", "zipfile"}.isdisjoint(self.code.imported)
                outside = self.reach.each("write" if packed else "read", [_spelt(text)])
                self.found += [one for one in outside if one.code != "outside" or text.count("/") > 1 or ".." in text]
            elif ("." in text or "/" in text or text.startswith("id_")) and not self._is_skipped(node):
                if is_private(text):
                    self.found += self.reach.each("read", [text])
                elif (
                    is_automatic(text)
                    and ("/" in text.strip("/") or not text.startswith(".git"))
                    and _NAMES_A_FILE.search(text)
                ):
                    self.found += self.reach.each("write", [text])

    def _is_skipped(self, node: ast.AST) -> bool:
        """x != ".env", x not in (".env", …)."""
        above = self.code.parents.get(id(node))
        while isinstance(above, ast.Tuple | ast.List | ast.Set):
            above = self.code.parents.get(id(above))
        return isinstance(above, ast.Compare) and all(isinstance(one, ast.NotEq | ast.NotIn) for one in above.ops)


_NAMES_A_FILE = re.compile(
    r"rc$|profile$|\.pth$|customize\.py$|hooks/|/config$|\.ya?ml$|\.json$|authorized_keys|crontab|/"
)


def _is_everything(text: str) -> bool:
    """src/*, whatever it is: no kind of file, and no folder of pictures."""
    folder, _, name = text.rpartition("/")
    return bool(name) and not name.strip(STAR + ANY + UNKNOWN) and STAR in name and bool(_OF_A_PROJECT.match(folder))


def _opens_nothing(dotted: str) -> bool:
    return dotted.partition(".")[0] in known.PURE or dotted.startswith("urllib.parse.")


def _renames(node: ast.AST) -> bool:
    """made.name = "src"."""
    stored = isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and node.attr in ("name", "_name")
    own = isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self"
    return (stored and not own) or (isinstance(node, ast.Call) and called(node.func) == "setattr")


def _writes(mode: ast.expr | None) -> bool:
    if mode is None:
        return False
    return not (
        isinstance(mode, ast.Constant)
        and isinstance(mode.value, str)
        and set(mode.value) <= set("rbtU:gz*|x2"[:4] + ":gzbx2*|")
    )


def _spelt(path: str) -> str:
    return TILDE + path[1:] if path.startswith("~") else path
