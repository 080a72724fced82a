"""SQL as text: whether it only looks, and which files it names. For sqlite3, duckdb and tools that take a statement.

Covers: statements one behind the other, strings, comments, functions that open files. Does not cover: what the
engine does with a statement; ours looks only, and in a sandbox.
"""

import re
from bisect import bisect_left

from orchestrator.policy.shell.words import each

_QUOTED = re.compile(r"'((?:[^']|'')*)'|\"((?:[^\"]|\"\")*)\"|--[^\n]*|/\*.*?\*/", re.DOTALL)
_HIDES = re.compile(
    r"`|\$\w*\$|\b[eE]'|\b[uU]&['\"]"
)  # quotes of another kind, in which a quotation mark would stand for none
_LOOKS = re.compile(
    r"\s*\(*\s*(select|with|from|explain|describe|desc|show|summarize|values|table|pivot|unpivot|"
    r"pragma\s+\w+(\(\w+\))?\s*$)(?!\w)",
    re.IGNORECASE,
)
_CHANGES = re.compile(
    r"\b(?:insert\s+(?:or\s+\w+\s+)?into|replace\s+into|update\s+\S+\s+set|delete\s+from|drop\s+\w+|alter\s+\w+|"
    r"truncate\s+\w+|merge\s+into|into\s+outfile|writable_schema|"
    r"create\s+(?:or\s+replace\s+)?(?:temp\w*\s+)?(?:table|view|index|trigger|unique|virtual|function|macro|schema|type|"
    r"sequence|secret))\b",
    re.IGNORECASE,
)
_REACHES = re.compile(
    r"\b(?:range|generate_series|repeat)\s*\([^)]*\d{9,}|\b(?:duckdb_secrets|load_extension|readfile|writefile|edit|fsdir|lsdir|zipfile|getenv|getvariable|query|query_table|shell|system|"
    r"dblink|pg_read_file|lo_import|load_file)\s*\(",
    re.IGNORECASE,
)
_OPENS = re.compile(r"\b(?:read_\w+|read|glob|\w+_scan|sniff_csv|parquet_\w+|st_read\w*)\s*\(\s*", re.IGNORECASE)
_WORD = re.compile(r"[()]|\w+")
_TABLES = each("from join into table describe desc summarize pivot unpivot show")
_VALUES = each(
    "select where on having in values by limit using set then else when case and or like between as qualify returning "
    "distinct"
)
_OF_A_LIST = re.compile(r"[\s\[,]*")


def bare(text: str) -> str:
    """The same length, with nothing left of its strings and comments."""
    return _QUOTED.sub(lambda match: "'" * len(match[0]) if match[0][0] in "'\"" else " " * len(match[0]), text)


def only_looks(text: str) -> bool:
    said = bare(text)
    parts = [part for part in said.split(";") if part.strip()]
    looks = bool(parts) and all(_LOOKS.match(part) for part in parts)
    return looks and not _HIDES.search(text) and not _CHANGES.search(said) and not _REACHES.search(said)


def files(text: str) -> list[str] | None:
    """The files it names as tables, or to functions that open some; None where one is put together while it runs."""
    said, found = bare(text), list[str]()
    quoted = {match.start(): match for match in _QUOTED.finditer(text) if match[0][0] in "'\""}
    words = list(_WORD.finditer(said))
    found += [match[1] or match[2] or "" for at, match in quoted.items() if _is_table(words, said, at)]
    for begun in _OPENS.finditer(said):
        at, names = begun.end(), list[str]()
        while (match := quoted.get(_skipped(said, at))) is not None:
            names.append(match[1] or match[2] or "")
            at = match.end()
        if not names or said[at:].lstrip()[:1] not in (",", ")", "]"):
            return None
        found += names
    return found


def _is_table(words: list[re.Match[str]], said: str, at: int) -> bool:
    """Whether a text stands where a table is named, by the nearest word before it that says so."""
    if said[:at].rstrip()[-1:] not in "(,;" and not re.search(
        r"\b(?:" + "|".join(_TABLES) + r")\s*$", said[:at], re.IGNORECASE
    ):
        return False
    depth = 0
    for word in reversed(words[: bisect_left(words, at, key=re.Match.start)]):
        text = word[0].lower()
        if text == "(" and depth:
            depth -= 1
            continue
        depth += text == ")"
        if depth == 0 and (text in _TABLES or text in _VALUES):
            return text in _TABLES
        if (
            depth == 0
            and text == "("
            and re.search(r"\w$", said[: word.start()].rstrip())
            and not _opens_tables(said, word)
        ):
            return False  # the argument of a function
    return False


def _opens_tables(said: str, word: re.Match[str]) -> bool:
    before = re.search(r"(\w+)\s*$", said[: word.start()])
    return before is not None and before[1].lower() in _TABLES


def _skipped(said: str, at: int) -> int:
    behind = _OF_A_LIST.match(said, at)
    return behind.end() if behind else at
