"""SQL as text: whether it only looks, and which files it names. For sqlite3, duckdb and tools that take a statement.

Covers: statements one behind the other, strings, comments, functions that open files. Does not cover: what the
engine does with a statement; ours looks only, and in a sandbox.
"""

import re
from collections.abc import Iterator

from orchestrator.policy.shell.words import each

LONGEST = 20_000  # characters of a statement
_QUOTED = re.compile(r"'((?:[^']|'')*)'|\"((?:[^\"]|\"\")*)\"|--[^\n]*|/\*.*?\*/", re.DOTALL)
_HIDES = re.compile(
    r"`|\$\w*\$|\b[eE]'|\b[uU]&['\"]"
)  # quotes of another kind, in which a quotation mark would stand for none
_LOOKS = re.compile(
    r"\s*\(*\s*(select|with|from|explain|describe|desc|show|summarize|values|table|pivot|unpivot|"
    r"pragma\s+\w+(\(\w+\))?\s*$)(?!\w)",
    re.IGNORECASE,
)
_COPIED = re.compile(r"\s*copy\s*\((.*)\)\s*to\s*'([^']+)'\s*(?:\([\w\s,]*\)\s*)?;?\s*", re.IGNORECASE | re.DOTALL)
_CHANGES = re.compile(
    r"\b(?:insert\s+(?:or\s+\w+\s+)?into|replace\s+into|update\s+\S+\s+set|delete\s+from|drop\s+\w+|alter\s+\w+|"
    r"truncate\s+\w+|merge\s+into|into\s+outfile|writable_schema|"
    r"create\s+(?:or\s+replace\s+)?(?:temp\w*\s+)?(?:table|view|index|trigger|unique|virtual|function|macro|schema|type|"
    r"sequence|secret))\b",
    re.IGNORECASE,
)
_REACHES = re.compile(
    r"\b(?:range|generate_series|repeat)\s*\([^)]*(?:\d{9,}|\d[eE]\+?\d{2})|\b(?:duckdb_secrets|load_extension|readfile|writefile|edit|fsdir|lsdir|zipfile|getenv|getvariable|query|query_table|shell|system|"
    r"dblink|pg_read_file|lo_import|load_file)\s*\(",
    re.IGNORECASE,
)
_OPENS = re.compile(r"\b(?:read_\w+|read|glob|\w+_scan|sniff_csv|parquet_\w+|st_read\w*)\s*\(\s*", re.IGNORECASE)
_TOKEN = re.compile(r"'+|\w+|[^\s\w']")
_TABLES = each("from join into table describe desc summarize pivot unpivot show")
_VALUES = each(
    "select where on having in values by limit using set then else when case and or like between as qualify returning "
    "distinct"
)
_RECURSIVE = re.compile(r"\brecursive\b", re.IGNORECASE)
_ENDS = re.compile(r"\b(limit|where|join)\b", re.IGNORECASE)
_OF_A_LIST = re.compile(r"[\s\[,]*")


def bare(text: str) -> str:
    """The same length, with nothing left of its strings and comments."""
    return _QUOTED.sub(lambda match: "'" * len(match[0]) if match[0][0] in "'\"" else " " * len(match[0]), text)


def copied(text: str) -> tuple[str, str] | None:
    """The question whose answer duckdb puts into a file, and that file."""
    match = _COPIED.fullmatch(text) if len(text) <= LONGEST else None
    return (match[1], match[2]) if match and bare(match[1]).count("(") == bare(match[1]).count(")") else None


def only_looks(text: str) -> bool:
    """Whether it changes nothing."""
    said = bare(text) if len(text) <= LONGEST else ""
    parts = [part for part in said.split(";") if part.strip()]
    return bool(parts) and all(map(_LOOKS.match, parts)) and not _CHANGES.search(said) and not reaches(text)


def reaches(text: str) -> bool:
    """Whether it asks the engine for more than data: programs, settings, more than there is."""
    endless = _RECURSIVE.search(bare(text)) and not _ENDS.search(bare(text))
    return len(text) > LONGEST or bool(_HIDES.search(text) or _REACHES.search(bare(text)) or endless)


def files(text: str) -> list[str] | None:
    """The files it names as tables, or to functions that open some; None where one is put together while it runs."""
    if len(text) > LONGEST:
        return None
    said, found = bare(text), list[str]()
    quoted = {match.start(): match for match in _QUOTED.finditer(text) if match[0][0] in "'\""}
    found += _tables(said, quoted)
    for begun in _OPENS.finditer(said):
        at, names = begun.end(), list[str]()
        while (match := quoted.get(_skipped(said, at))) is not None:
            names.append(match[1] or match[2] or "")
            at = match.end()
        if not names or said[at:].lstrip()[:1] not in (",", ")", "]"):
            return None
        found += names
    return found


def _tables(said: str, quoted: dict[int, re.Match[str]]) -> Iterator[str]:
    """The texts that stand where a table is named: behind FROM and its like, also in brackets and in lists."""
    named, before = [False], ""  # for each bracket that is open, whether tables are named in it
    for token in _TOKEN.finditer(said):
        text = token[0].lower()
        if text == "(":
            named.append(named[-1] and not (before.isidentifier() and before not in _TABLES))
        elif text == ")" and len(named) > 1:
            named.pop()
        elif text in _TABLES or text in _VALUES:
            named[-1] = text in _TABLES
        elif named[-1] and (match := quoted.get(token.start())) and (before in ("(", ",", ";") or before in _TABLES):
            yield match[1] if match[1] is not None else match[2]
        before = text


def _skipped(said: str, at: int) -> int:
    behind = _OF_A_LIST.match(said, at)
    return behind.end() if behind else at
