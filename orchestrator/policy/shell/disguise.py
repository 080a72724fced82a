"""Texts of short Python that are hidden: put together while it runs out of pieces that mean nothing by themselves.

Looked for only where a file is opened, or something is looked up, by a name that is known when it runs. A name of
credentials, of another program's settings, or of what harms must not lie in the pieces, forwards or backwards; and what
turns numbers and other alphabets into text must not be there at all.
"""

import ast
import re
from contextlib import suppress
from fnmatch import translate
from functools import cache
from unicodedata import normalize

from orchestrator.policy.places import is_private
from orchestrator.policy.shell import known
from orchestrator.policy.shell.bindings import called
from orchestrator.policy.shell.imported import Modules
from orchestrator.policy.shell.values import Code, strings
from orchestrator.policy.shell.words import each

_DECODES = each(
    "chr fromhex b64decode b32decode b16decode a85decode b85decode standard_b64decode urlsafe_b64decode unhexlify "
    "a2b_hex a2b_base64 a2b_uu translate maketrans unquote unquote_plus to_bytes rot13 bytearray tobytes pack "
    "unescape"
)
_ALPHABETS = each("printable punctuation ascii_letters ascii_lowercase ascii_uppercase")
_PLACES = (
    ".env", ".ssh", "id_rsa", "id_ed25519", ".git/hooks", ".git/config", "shadow", "passwd", ".aws", ".netrc", ".npmrc",
    ".pypirc", ".kube", ".gnupg", "authorized_keys", "/etc/", "/proc/", "/root/", "/home/", "environ", ".bashrc",
    ".profile", ".github/workflows", ".vscode", ".docker", "credentials", ".pem", ".pgpass", "hooks/",
)  # fmt: skip
_NAMES = (
    "unlink", "rmtree", "remove", "rmdir", "system", "popen", "exec", "eval", "fork", "kill", "__import__",
    "subprocess", "__globals__", "__builtins__", "__subclasses__", "environ", "write_text", "write_bytes", "truncate",
    "rename", "import", "replace", "chmod", "f_globals", "f_builtins", "symlink_to", "spawn", "import_module",
)  # fmt: skip
_FILES = (".env", ".ssh", "id_rsa", ".netrc", ".pem", ".key", ".npmrc", ".pypirc", ".aws", "_rsa", "authorized_keys")
_OTHERS = ("a.py", "README.md", "data", "x_1.txt", ".gitignore")
_ESCAPES = re.compile(r"\\(u00|x)[2-7]|&#\d|%[2-7][0-9a-fA-F]")
_CODECS = each("unicode_escape raw_unicode_escape hex rot13 rot_13 base64 uu quopri utf_7 punycode idna")
_MAKES = re.compile(  # in the settings of a log
    r"\(\)|ext://|^(os|posix|subprocess|shutil|builtins|runpy|importlib|pickle|ctypes|multiprocessing|socket|pty|code|timeit)\."
)
_SHORT = each("env ssh pem netrc aws gnupg .pem .key .p12 .pfx")
_WORDS = re.compile(r"\b(unlink|rmtree|popen|__import__|subprocess|write_text|write_bytes|symlink_to)\b")
_LOOKS_UP = each("getattr setattr methodcaller attrgetter globals locals vars __import__ import_module")
_NO_TEXT = each("decode getvalue getbuffer str fsdecode")  # what makes bytes a text
_LONGEST = 40  # characters of a piece


def doubt(code: Code, given: Modules, computed: bool) -> str | None:
    texts = list(strings(code.nodes))
    evaluated = bool(code.imported & known.EVALUATE) or any(
        called(call.func) == "make_dataclass" for call in code.calls
    )
    configured = any(stand.startswith("logging.config") for some in given.values() for stand in some)
    if (configured or "dictConfig" in map(called, code.nodes)) and any(map(_MAKES.search, texts)):
        return "it makes what its settings name"
    if any(known.FIELD.search(text) or (evaluated and known.SAID.search(text)) for text in texts):
        return "a text of it is code"
    looks_up = _looks_up(code)
    if looks_up and (_hides(texts, _NAMES) or any(_named(text) for text in texts)):
        return "what it looks up is put together"
    roots = {stand.partition(".")[0] for some in given.values() for stand in some}
    if not computed and (not looks_up or roots <= known.PURE):
        return None
    if _hides(texts, _PLACES) or _chosen(code) or any(map(_selects, texts)):
        return "the name of a file is put together"
    if any(map(_escaped, texts)) or any(not text.isascii() and is_private(normalize("NFKC", text)) for text in texts):
        return "the name of a file is written in signs of another kind"
    if decoder := _decoder(code):
        return f"it makes texts of {decoder}, and opens files whose names are known only when it runs"
    return None


def _named(text: str) -> bool:
    """Whether a text names what harms, or holds it as a word."""
    return text in _NAMES or bool(known.HARMS.fullmatch(text) or _WORDS.search(text))


def _chosen(code: Code) -> bool:
    """name.startswith(".e"): what only the names of credentials begin or end with."""
    for call in code.calls:
        if called(call.func) in ("startswith", "endswith"):
            texts = [text for part in call.args for text in strings(ast.walk(part)) if len(text) > 1]
            begun = called(call.func) == "startswith"
            if any(
                name.startswith(text) if begun else name.endswith(text) and len(text) > 2
                for text in texts
                for name in _FILES
            ):
                return True
    compared = (node for node in code.nodes if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.Eq))
    return any(text in _SHORT for node in compared for text in strings(node.comparators))


def _looks_up(code: Code) -> bool:
    """Whether an attribute is looked for by a name that is no plain text."""
    if any(isinstance(node, ast.Name) and node.id == "getattr" and not _calls(code, node) for node in code.nodes):
        return True
    for call in code.calls:
        filled = isinstance(call.func, ast.Attribute) and call.func.attr in ("format", "format_map")
        if filled and isinstance(call.func, ast.Attribute) and not isinstance(call.func.value, ast.Constant):
            return True
        if called(call.func) in _LOOKS_UP:
            named = call.args[:1] if called(call.func) in ("methodcaller", "attrgetter") else call.args[1:2]
            if not named or not all(isinstance(one, ast.Constant) for one in named):
                return True
    return False


def _selects(text: str) -> bool:
    """A pattern that means names of credentials, and no others."""
    if not 1 < len(text) <= _LONGEST or not set(text) & set("*?[\\+^$|(") or text.strip("*?.") == "":
        return False
    shape = re.compile(translate(text))
    shapes = [shape]
    with suppress(re.error):
        shapes.append(re.compile(text))
    return any(any(map(one.match, _FILES[:8])) and not any(map(one.match, _OTHERS)) for one in shapes)


def _escaped(text: str) -> bool:
    return bool(_ESCAPES.search(text)) or text.lower().replace("-", "_") in _CODECS


def _calls(code: Code, node: ast.AST) -> bool:
    above = code.parents.get(id(node))
    return isinstance(above, ast.Call) and above.func is node


def _decoder(code: Code) -> str:
    kept = _NO_TEXT.isdisjoint(map(called, code.nodes))
    for call in code.calls:
        name = called(call.func)
        made = name == "bytes" and call.args and not isinstance(call.args[0], ast.Constant | ast.Name)
        if name in _DECODES or (made and not (kept and _is_content(code, call))):
            return name
        spelled = isinstance(call.func, ast.Name) and name in (
            "zip",
            "map",
            "sorted",
            "reversed",
            "filter",
            "iter",
            "cycle",
        )
        if spelled and any(isinstance(part, ast.Constant) and isinstance(part.value, str) for part in call.args):
            return name
        of = call.func.value if isinstance(call.func, ast.Attribute) else None
        if name in ("decode", "lookup") and isinstance(of, ast.Name) and of.id in ("codecs", "unicodedata"):
            return name
    for node in code.nodes:
        if isinstance(node, ast.Name) and node.id in _DECODES:
            return node.id
        if (
            isinstance(node, ast.Subscript)
            and isinstance(node.value, ast.Constant)
            and isinstance(node.value.value, str)
        ):
            return "parts of a text"
        over = node.iter if isinstance(node, ast.For | ast.comprehension) else None
        if isinstance(over, ast.Constant) and isinstance(over.value, str):
            return "parts of a text"
        begun = node.attr[:5] != "ascii" if isinstance(node, ast.Attribute) else False
        begun = begun or any(text.endswith((".", "/", "id_")) for text in strings(code.nodes))
        if isinstance(node, ast.Attribute) and node.attr in _ALPHABETS and begun:
            return node.attr
        if (
            isinstance(node, ast.FormattedValue)
            and node.format_spec
            and "c" in "".join(strings(ast.walk(node.format_spec)))
        ):
            return "numbers"
    return ""


def _is_content(code: Code, node: ast.AST) -> bool:
    """f.write(bytes([1]) * 8): what a file holds, and no name of one."""
    above = code.parents.get(id(node))
    while isinstance(above, ast.BinOp):
        above = code.parents.get(id(above))
    return isinstance(above, ast.Call) and called(above.func) in ("write", "write_bytes")


def _hides(texts: list[str], wanted: tuple[str, ...]) -> bool:
    """Whether one of these names can be put together from the pieces, each whole, or lies in them as they stand."""
    pieces = {text.lower() for text in texts if 0 < len(text) <= _LONGEST}
    pieces |= {text[::-1] for text in pieces}
    whole = [text for text in texts if len(text) <= _LONGEST]
    for name in wanted:
        if name not in pieces and _put_together(name, frozenset(piece for piece in pieces if piece in name)):
            return True
    joined = ("".join(whole), "".join(text[::-1] for text in whole), "".join(reversed(whole)))
    return any(_spans(name, text.lower(), whole) for name in wanted for text in joined)


def _spans(name: str, joined: str, whole: list[str]) -> bool:
    """Whether it is there only because pieces stand side by side."""
    return name in joined and not any(name in text.lower() or name in text[::-1].lower() for text in whole)


@cache
def _put_together(name: str, pieces: frozenset[str]) -> bool:
    reached = {0}
    for at in range(len(name)):
        if at in reached:
            reached |= {at + len(piece) for piece in pieces if piece != name and name.startswith(piece, at)}
    return len(name) in reached
