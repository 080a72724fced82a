"""What is lost of a file that short Python writes: nothing where its name is new, all where it is emptied."""

import ast
import re
from collections.abc import Collection
from fnmatch import translate

from orchestrator.policy.shell.findings import Reach
from orchestrator.policy.shell.imported import Modules, meant
from orchestrator.policy.shell.values import Code, holes, strings
from orchestrator.policy.shell.words import ANY, MADE, SET, STAR, UNKNOWN

_SOURCES = re.compile(
    r".*\.(pyi?|[jt]sx?|[ch](pp)?|rs|go|java|rb|php|sh|toml|lock|cfg|ini|mk|md|rst)|(.*/)?(Makefile|Dockerfile)"
)
_TABLE = re.compile(
    r"to_(csv|excel|parquet|feather|stata|orc|hdf|pickle)|savefig|savetxt|imsave|imwrite|savez?\w*|\w*FileHandler|basicConfig|memmap|tofile"
)
_PACKERS = frozenset({"gzip.open", "bz2.open", "lzma.open", "wave.open", "tarfile.open"})
_OUTPUTS = re.compile(
    r"(\./)?(out|outputs?|build|dist|results?|reports?|figures?|plots?|charts?|thumb\w*|te?mp|exports?|generated|artifacts?|"
    r"_?site|public|converted|resized|cleaned|processed)/.*"
)


def empties(code: Code, given: Modules, reach: Reach, text: str, name: str, call: ast.Call) -> bool:
    """A program's text that is emptied, or written over with a table or a picture."""
    if name == "memmap":
        return not re.search(r"\.(dat|bin|raw|mmap|memmap|npy|f32|f64)$", text)
    if _TABLE.fullmatch(name) or (name == "open" and meant(call.func, given) & _PACKERS):
        return bool(_SOURCES.fullmatch(text))
    if name in ("write_text", "write_bytes"):
        nothing = bool(call.args) and _is_blank(call.args[0])
    else:
        mode = next((one for one in strings(call.args[1:])), "")
        nothing = name == "open" and "w" in mode and not _is_filled(code, call)
    whole = bool(_SOURCES.fullmatch(text)) or holes(text) or reach.exists(text)
    return nothing and whole and not re.search(r"(^|/)(__init__\.py|py\.typed|\.\w+)$", text) and MADE not in text


def _is_filled(code: Code, call: ast.Call) -> bool:
    """Whether anything is done with a file that is opened, but closing it."""
    above = code.parents.get(id(call))
    if isinstance(above, ast.Attribute):
        outer = code.parents.get(id(above))
        blank = isinstance(outer, ast.Call) and all(map(_is_blank, outer.args))
        return not (above.attr in ("close", "truncate") or blank)
    names = {name for name, bounds in code.bound.items() if any(bound.value is call for bound in bounds)}
    used = [node for node in code.nodes if isinstance(node, ast.Name) and node.id in names]
    loads = [code.parents.get(id(node)) for node in used if isinstance(node.ctx, ast.Load)]
    if names:
        return any(not (isinstance(one, ast.Attribute) and one.attr in ("close", "truncate")) for one in loads)
    return isinstance(above, ast.Call)


def is_new(text: str, listed: Collection[str]) -> bool:
    """Whether a name that is put together is that of a new kind of file, and of none that a listing found."""
    if text.startswith(MADE):
        return ".." not in text
    if not holes(text):
        return True
    head, *_, tail = re.split(f"[{UNKNOWN}{STAR}]", text)
    plain = head.removeprefix("./")
    if not ("/" in plain or len(plain) > 2 or ("." in tail and "/" not in tail)):
        return False
    if listed and _OUTPUTS.fullmatch(text):
        return True
    return not any(_same(text, found) for found in listed)


def _is_blank(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str | bytes) and not node.value.strip()


def _same(text: str, found: str) -> bool:
    """Whether a name that is put together may be one that a listing found."""
    if STAR in text:
        own = text.rpartition("/")[2] != found.rpartition("/")[2]
        if own:
            return False
    shape = re.sub(f"{STAR}+/?", "*", found).removeprefix("./").replace(ANY, "?").replace(SET, "[")
    filled = re.sub(f"[{UNKNOWN}{STAR}]", "x", text).removeprefix("./")
    return bool(re.fullmatch(translate(shape), filled))
