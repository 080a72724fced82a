"""JavaScript written inside a command: allowed only where every name of it is known, or its own.

Covers: short code that calculates, and reads or writes files named plainly. What it finds in its data may have any
name but those that lead out of it. Names looked up by a text that is put together, modules, processes and the network
are not known. Does not cover scripts: `node build.js`.
"""

import re
from collections.abc import Iterator

from orchestrator.policy.shell.programs import known as is_program
from orchestrator.policy.shell.words import each

LONGEST = 2000  # characters

_KNOWN = each(
    "console log error JSON stringify parse Math max min round floor ceil sqrt abs pow PI require version versions "
    "node process argv length map filter reduce join split slice sort Object keys values entries new Date "
    "toISOString Array from isArray Number parseInt parseFloat toFixed String let const var name dependencies "
    "devDependencies scripts description trim toUpperCase toLowerCase includes platform arch null true false "
    "undefined of in for if else while do switch case default break continue return function async info table "
    "forEach some every find findIndex flat flatMap concat push pop shift unshift reverse padStart padEnd replace "
    "replaceAll charAt charCodeAt startsWith endsWith indexOf Set Map has get set add size BigInt Intl NumberFormat "
    "DateTimeFormat format getTime getFullYear getMonth getDate getDay getHours now isInteger log2 log10 exp trunc "
    "sign hypot random sin cos tan atan2 toString toLocaleString localeCompare isNaN Infinity NaN Boolean "
    "readFileSync writeFileSync appendFileSync existsSync readdirSync mkdirSync statSync utf8 E LN2 "
    "toLocaleDateString getMinutes await throw try catch finally Error message class extends super static instanceof "
    "delete isFinite lastIndexOf substring substr at codePointAt normalize match test matchAll groups "
    "structuredClone stdout write warn count group groupEnd time timeEnd void yield Symbol iterator Promise resolve "
    "then all setTimeout typeof fill fromEntries assign trimEnd trimStart x y n i a b k v e s"
)
_TOKEN = re.compile(
    r"(?P<text>'(?:[^'\\\n]|\\.)*'|\"(?:[^\"\\\n]|\\.)*\")|(?P<template>`(?:[^`\\]|\\.)*`)|(?P<comment>//[^\n]*|/\*.*?\*/)|"
    r"(?P<pattern>(?<=[(,=:?&|!;{\[])[ ]?/(?![*/])(?:[^/\\\n\[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+/[gimsuy]*)",
    re.DOTALL,
)
_INSIDE = re.compile(r"\$\{([^{}`]*)\}")
_DECLARED = re.compile(
    r"\b(?:const|let|var|function|class)\s+(\w+)|(\w+)\s*=>|\(([\w\s,=]*)\)\s*(?:=>|{)|\b(?:const|let|var)\s*[\[{]([\w\s,]*)[\]}]|"
    r"\(\s*\{([\w\s,]*)\}\s*\)\s*=>|\(\s*\[([\w\s,]*)\]\s*(?:,[\w\s]*)?\)\s*=>|\bfunction\s+\w+\s*\(([\w\s,]*)\)|([A-Za-z_]\w*)\s*:"
)
_ARRAY = re.compile(
    r"(?:(?<=[=(,:;{\[?&|+>])|^|(?<=\breturn)|(?<=\bof)|(?<=\.\.\.)|(?<=\bconst)|(?<=\blet))\s*\[[^\[\]]*\]"
)
_NUMBERED = re.compile(r"\[\s*(?:\w+(?:\s*[-+]\s*\w+)*)?\s*\]")
# What is found under a name that is put together, or is called straight away.
_NAME = r"\[\s*[A-Za-z_$]\w*\s*\]"
_JOINED = r'""\s*\+\s*""'
_LOOKED_UP = re.compile(rf"{_NAME}\s*\(|{_NAME}(?=.*{_JOINED})|{_JOINED}(?=.*{_NAME})", re.DOTALL)
_ENDLESS = re.compile(
    r"\b(?:while|for)\s*\(\s*(?:true|1|;\s*(?:true|1)?\s*;)|\d[eE]\d|\d{8}|\*\*(?!\s*\d{1,2}\b(?!\s*\*\*))|<<\s*[23]\d"
)
_MODULE = re.compile(r"""require\(\s*(['"])(?:(?:node:)?(?:fs|path|util|assert)|\./(?!.*\.\.)[\w./-]+)\1\s*\)""")
_OWN = re.compile(r"""require\(\s*['"]\./[\w./-]+(?<!\.json)['"]\s*\)""")
_OPENED = re.compile(
    r"""\b(readFileSync|existsSync|readdirSync|statSync|writeFileSync|appendFileSync|mkdirSync)\b(?:\(\s*(?:(['"])([^'"\\]*)\2|(0)\b)(?=\s*[,)]))?"""
)
_FILES = re.compile(r"""\b(?:const|let|var)\s+(\w+|\{[\w\s,]*\})\s*=\s*require\(\s*['"](?:node:)?fs['"]\s*\)""")
_DIRECT = ""  # require("fs").readFileSync(…), which gives it no name
_USED_AT_ONCE = re.compile(
    r"""require\(\s*['"](?:node:)?fs['"]\s*\)\s*\.\s*(?:readFileSync|writeFileSync|existsSync|readdirSync|statSync|"""
    r"""appendFileSync|mkdirSync)\s*\("""
)
_IMPORTED = re.compile(
    r"""\bimport\s+(?:\*\s+as\s+)?(\w+|\{[\w\s,]*\})\s+from\s+(['"](?:node:)?(?:fs|path|util|assert)['"])"""
)
_READ_OR_WRITTEN = each("readFileSync existsSync readdirSync statSync writeFileSync appendFileSync mkdirSync")
_WRITTEN = each("writeFileSync appendFileSync mkdirSync")
_OF_PROCESS = re.compile(r"\bprocess\b(?!\.(?:argv|version|versions|platform|arch|uptime|memoryUsage|stdout\.write)\b)")
_NEVER = each(
    "constructor prototype eval Function globalThis global import exports module arguments with debugger Reflect "
    "Proxy caller callee binding mainModule getBuiltinModule dlopen fetch WebSocket EventSource XMLHttpRequest "
    "Worker SharedWorker Deno Bun global self window child_process execSync spawnSync getPrototypeOf setPrototypeOf "
    "prepareStackTrace getOwnPropertyDescriptor getOwnPropertyDescriptors getOwnPropertyNames captureStackTrace "
    "callSite __proto__"
)
_KEY = re.compile(
    r"(?<=[{,])\s*(?:eval|fetch|import|exports|module|arguments|with|self|window)\s*:"
)  # only written down
_ASSIGNED = re.compile(
    r"(?<![.\w$])([A-Za-z_$]\w*)\s*=(?![=>])|(?<=[{;}])\s*(?:async\s+|static\s+)?([A-Za-z_$]\w*)\s*\([\w\s,]*\)\s*{"
)


def opened(code: str) -> list[tuple[str, str]] | None:
    """The files that it reads or writes; None where a part of the code is not known to be harmless."""
    code = re.sub(r"(?<=[.\s{;])#(?=[A-Za-z_])", "", code)  # a field of a class
    code = _IMPORTED.sub(r"const \1 = require(\2)", code)
    if len(code) > LONGEST or _ENDLESS.search(code):
        return None
    files = list(_OPENED.finditer(code))
    if any(match[3] is None and match[4] is None for match in files) or code.count("require") != len(
        _MODULE.findall(code)
    ):
        return None
    if not _only_files(code) or _OF_PROCESS.search(code):
        return None
    left = _TOKEN.sub(_left, _MODULE.sub("0", code))
    if re.search(r"[`'\\#@]|\"(?!\")|\"\"\"|(?<![\w)\]\s])\s*/|/(?!\s*[\w(])|\breturn\s*/", left.replace('""', "0")):
        return None
    if _OWN.search(code) and any(map(_acts, _texts(code))):
        return None
    if "[" in _without_lists(left) or _LOOKED_UP.search(left) or not _known(left):
        return None
    return [("write" if match[1] in _WRITTEN else "read", match[3]) for match in files if match[3] is not None]


def _texts(code: str) -> Iterator[str]:
    return (
        match[1] or match[2] or "" for match in re.finditer(r"'((?:[^'\\\n]|\\.)*)'|\"((?:[^\"\\\n]|\\.)*)\"", code)
    )


def _acts(text: str) -> bool:
    """Whether the project's own code, which is given it, could do anything with it: a command, an address."""
    return bool(re.match(r"[a-z]+://(?!localhost|127\.)", text)) or (" " in text and is_program(text.partition(" ")[0]))


def _only_files(code: str) -> bool:
    """Whether of the module fs nothing is used but what reads and writes files."""
    given = _FILES.findall(code) + [_DIRECT] * len(_USED_AT_ONCE.findall(code))
    if len(re.findall(r"require\(\s*['\"](?:node:)?fs\b", code)) != len(given):
        return False
    for name in given:
        if name == _DIRECT:
            continue
        if name.startswith("{"):
            if not set(re.findall(r"\w+", name)) <= _READ_OR_WRITTEN:
                return False
        elif len(re.findall(rf"\b{name}\b", _MODULE.sub("0", code))) != 1 + len(
            re.findall(rf"\b{name}\.(?:{'|'.join(_READ_OR_WRITTEN)})\(", code)
        ):
            return False
    return True


def _left(match: re.Match[str]) -> str:
    """What a token leaves: nothing of a text or a comment, the expressions of a template."""
    if match["template"] is None:
        return " " if match["comment"] else '""'
    inside = _INSIDE.findall(match["template"])
    whole = len(inside) == match["template"].count("${") and not any(mark in part for part in inside for mark in "'\"/")
    return f"({','.join([*inside, '0'])})" if whole else "`"


def _without_lists(left: str) -> str:
    """Lists, and numbers of what is in them, taken away: what is left would look a name up that is put together."""
    text, before = left, ""
    while text != before:
        before, text = text, _ARRAY.sub("0", _NUMBERED.sub("", text))
    return text


def _known(left: str) -> bool:
    plain = left.replace("...", " ")
    declared = {name for groups in _DECLARED.findall(plain) for group in groups for name in re.split(r"\W+", group)}
    declared |= {name for groups in _ASSIGNED.findall(plain) for name in groups}
    names = set(re.findall(r"[A-Za-z_$]\w*", _KEY.sub(" ", plain)))
    free = set(re.findall(r"(?<![.\w$])[A-Za-z_$]\w*", re.sub(r"\.\s+", ".", plain)))
    if re.search(r"\bthis\b(?!\s*\.)", plain) or names & _NEVER or any(name.startswith("__") for name in names):
        return False
    return free <= _KNOWN | declared | {"this"}
