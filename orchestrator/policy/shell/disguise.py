"""Texts of short Python that are hidden: put together while it runs out of pieces that mean nothing by themselves.

Looked for only where a file is opened, or something is looked up, by a name that is known when it runs. A name of
credentials, of another program's settings, or of what harms must not lie in the pieces, forwards or backwards; and what
turns numbers and other alphabets into text must not be there at all.
"""

import ast
from functools import cache

from orchestrator.policy.shell import known
from orchestrator.policy.shell.files import strings
from orchestrator.policy.shell.imported import Modules
from orchestrator.policy.shell.values import Code, called
from orchestrator.policy.shell.words import each

_DECODES = each(
    "chr fromhex b64decode b32decode b16decode a85decode b85decode standard_b64decode urlsafe_b64decode unhexlify "
    "a2b_hex a2b_base64 a2b_uu translate maketrans unquote unquote_plus to_bytes rot13 bytearray"
)
_ALPHABETS = each("printable ascii_letters ascii_lowercase ascii_uppercase punctuation")
_PLACES = (
    ".env", ".ssh", "id_rsa", "id_ed25519", ".git/hooks", ".git/config", "shadow", "passwd", ".aws", ".netrc", ".npmrc",
    ".pypirc", ".kube", ".gnupg", "authorized_keys", "/etc/", "/proc/", "/root/", "/home/", "environ", ".bashrc",
    ".profile", ".github/workflows", ".vscode", ".docker", "credentials", ".pem", ".pgpass", "hooks/",
)  # fmt: skip
_NAMES = (
    "unlink", "rmtree", "remove", "rmdir", "system", "popen", "exec", "eval", "fork", "kill", "__import__",
    "subprocess", "__globals__", "__builtins__", "__subclasses__", "environ", "write_text", "write_bytes", "truncate",
    "rename", "import", "replace", "chmod", "symlink_to", "spawn", "import_module",
)  # fmt: skip
_LOOKS_UP = each("getattr setattr methodcaller attrgetter globals locals vars __import__ import_module")
_LONGEST = 40  # characters of a piece


def doubt(code: Code, given: Modules, computed: bool) -> str | None:
    texts = list(strings(code.nodes))
    evaluated = bool(code.imported & known.EVALUATE)
    if any(known.FIELD.search(text) or (evaluated and known.SAID.search(text)) for text in texts):
        return "a text of it is code"
    looks_up = _looks_up(code)
    if looks_up and _hides(texts, _NAMES):
        return "what it looks up is put together"
    roots = {stand.partition(".")[0] for some in given.values() for stand in some}
    if not computed and (not looks_up or roots <= known.PURE):
        return None
    if _hides(texts, _PLACES):
        return "the name of a file is put together"
    if decoder := _decoder(code):
        return f"it makes texts of {decoder}, and opens files whose names are known only when it runs"
    return None


def _looks_up(code: Code) -> bool:
    """Whether an attribute is looked for by a name that is no plain text."""
    for call in code.calls:
        filled = isinstance(call.func, ast.Attribute) and call.func.attr in ("format", "format_map")
        if filled and isinstance(call.func, ast.Attribute) and not isinstance(call.func.value, ast.Constant):
            return True
        if called(call.func) in _LOOKS_UP:
            named = call.args[:1] if called(call.func) in ("methodcaller", "attrgetter") else call.args[1:2]
            if not named or not all(isinstance(one, ast.Constant) for one in named):
                return True
    return False


def _decoder(code: Code) -> str:
    for call in code.calls:
        name = called(call.func)
        if name in _DECODES or (
            name == "bytes" and call.args and not isinstance(call.args[0], ast.Constant | ast.Name)
        ):
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
        if isinstance(node, ast.Attribute) and node.attr in _ALPHABETS:
            return node.attr
        if (
            isinstance(node, ast.FormattedValue)
            and node.format_spec
            and "c" in "".join(strings(ast.walk(node.format_spec)))
        ):
            return "numbers"
    return ""


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
