"""PHP and R written inside a command: what is called, and the functions that are handed to others to be called.

Covers: functions known by name, those that take a function (array_map, sapply), files that PHP opens under a plain
name. Does not cover: objects, and functions under a name that is put together, which are asked.
"""

import re
from collections.abc import Collection, Iterator, Mapping

from orchestrator.policy.shell.words import TILDE

_TEXT = re.compile(r"'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\"", re.DOTALL)
_NAMED = re.compile(r"\s*(?:FUN|f)\s*=(?!=)\s*(.*)", re.DOTALL)
_KEYWORD = re.compile(r"\s*[\w.]+\s*(?:=(?![=>])|:(?!:)(?=\s*['\"$\w]))")
_WRITTEN_OUT = re.compile(r"\s*(?:static\s+)?(?:function\b|fn\b|\\\()")

OF_R: Mapping[str, int] = {  # where the function stands among what they are given
    "sapply": 1, "lapply": 1, "vapply": 1, "tapply": 2, "apply": 2, "aggregate": 2, "by": 2, "outer": 2, "mapply": 0,
    "Map": 0, "Filter": 0, "Reduce": 0, "integrate": 0, "optimize": 0,
}  # fmt: skip
_OF_PHP: Mapping[str, int] = {
    "array_map": 0, "array_filter": 1, "array_reduce": 1, "array_walk": 1, "usort": 1, "uasort": 1, "uksort": 1,
    "preg_replace_callback": 1,
}  # fmt: skip
_OPENS = ("file", "file_get_contents", "file_put_contents", "scandir", "filesize", "file_exists", "is_file", "is_dir")
_HIDES = re.compile(r"`|/[/*]|#|<<<|\?>|\$\$|\$\{|\$(?:_[A-Z]|GLOBALS|argv|this)|::|->\s*(?!\w)|->\s*\w+\s*\(")
_CALLED_OTHERWISE = re.compile(r"(?:\$\w+|[\])}]|\"\")\s*\(")  # $f(…), (…)(…), $a[0](…), "f"(…)
_PUT_IN = re.compile(r"\{\$\w+(?:\['?\w+'?\]|->\w+)*\}|\$[a-z]\w*")
_CONSTANT = re.compile(r"[A-Z][A-Z0-9_]+")


def given(code: str, function: str) -> Iterator[list[str]]:
    """What a function is given, every time that it is called."""
    for match in re.finditer(rf"(?<![\w.$]){re.escape(function)}\s*\(", code, re.IGNORECASE):
        at, depth, parts = match.end(), 0, [""]
        while at < len(code):
            text = _TEXT.match(code, at)
            piece = text[0] if text else code[at]
            at += len(piece)
            if depth == 0 and piece in ")]}":
                break
            depth += (piece in "([{") - (piece in ")]}") if len(piece) == 1 else 0
            if depth == 0 and piece == ",":
                parts.append("")
            else:
                parts[-1] += piece
        yield parts


def handed(code: str, takers: Mapping[str, int], known: Collection[str]) -> bool:
    """Whether every function that is handed to another is known, or written out there."""
    for taker, place in takers.items():
        for parts in given(code, taker):
            named = [match[1] for part in parts if (match := _NAMED.match(part))]
            if not named and any(map(_KEYWORD.match, parts[: place + 1])):
                return False  # which of them is the function then, R alone knows
            for part in named or parts[place : place + 1]:
                name = part.strip().strip("'\"")
                own = re.search(rf"(?<![\w.]){re.escape(name)}\s*(?:<-|=)\s*(?:function\b|\\\()", code)
                if not (name in known or own or name == "null" or _WRITTEN_OUT.match(part)):
                    return False
    return True


def php(code: str, known: Collection[str]) -> list[str] | None:
    """The files that PHP opens; None where a part of the code is not known to be harmless."""
    left = _TEXT.sub('""', code)
    if _HIDES.search(left) or re.search(r"\bfor\s*\(\s*;\s*;", left):
        return None
    loops = re.sub(r"\b(?:if|elseif|while|for|foreach|and|or|return|echo|print)\s*\(", "[", left)
    if _CALLED_OTHERWISE.search(re.sub(r"\b(?:fn|function)\s*\(", "[", loops)):
        return None
    for match in _TEXT.finditer(code):
        said = match[2] or ""
        if re.search(r"\$[A-Za-z_{]|\{\$", _PUT_IN.sub("", said.replace("\\$", ""))) or re.fullmatch(
            r"(\W).*\1\w*e\w*", match[1] or said
        ):
            return None
    plain = re.sub(r"\$\w+|->\s*\w+", "0", left)
    called = {name.lower() for name in re.findall(r"([A-Za-z_]\w*)\s*\(", plain)}
    others = {name for name in re.findall(r"(?<!\d)[A-Za-z_]\w*(?!\w|\s*\()", plain) if not _CONSTANT.fullmatch(name)}
    if not (called <= set(known) and {name.lower() for name in others} <= set(known) | {"e"}):
        return None
    if not handed(code, _OF_PHP, known):
        return None
    return _files(code)


def _files(code: str) -> list[str] | None:
    found: list[str] = []
    for function in _OPENS:
        for parts in given(code, function):
            match = _TEXT.fullmatch(parts[0].strip())
            path = (match[1] or match[2] or "") if match else ""
            if not path or "$" in path or "\\" in path or ("://" in path and path != "php://stdin"):
                return None
            found += [] if "://" in path else [TILDE + path[1:] if path.startswith("~") else path]
    return found
