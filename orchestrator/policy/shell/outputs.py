"""What a substitution `$(…)` puts into the command, as far as it is known before anything runs."""

import re

from orchestrator.policy.shell.arguments import paths
from orchestrator.policy.shell.programs import GIT_READS, KINDS, PATTERNS
from orchestrator.policy.shell.script import Segment, lists_names, names_listed, said
from orchestrator.policy.shell.words import (
    AWAY,
    FOUND,
    HERE,
    MADE,
    SPLIT,
    STAR,
    UNKNOWN,
    UNSET,
    each,
    marked,
    uncertain,
)

_NUMBERS = each("nproc date whoami pgrep pidof arch hostname uname id")  # a number or a name, never a path
_KEEPS = re.compile(r"(a-z|A-Z|0-9|\[:(alnum|alpha|digit|lower|upper):\]|[\w-])*")  # what tr leaves: no slash, no dot
_NUMBERED = re.compile(r"%[0-9]*[dxu]")


def output(inner: tuple[Segment, ...], plain: bool, quoted: bool) -> str:
    """A spelling; `plain` where what is written inside is its whole output, as it stands."""
    if not inner:
        return UNKNOWN
    last = inner[-1]
    if last.program == "tr" and _only_keeps(last.arguments):
        return STAR
    if last.program == "wc" and last.stdin and len(last.arguments) <= 1:
        return "0"
    if len(inner) == 1 and not last.indirect and (told := _told(last)) is not None:
        return told
    if len(inner) == 1 and not last.indirect and plain and (spoken := said(last)) is not None:
        return spoken.rstrip("\n")
    if lists_names(inner) and not quoted:
        return SPLIT.join(names_listed(inner[0]))
    if [part.program for part in inner] == ["cd", "pwd"] and inner[0].folders == {""} and len(last.folders) == 1:
        return f"{HERE}/{next(iter(last.folders))}" if not next(iter(last.folders)).startswith(AWAY) else UNKNOWN
    return FOUND if finds(inner) else UNKNOWN


_DECODERS = each("base64 base32 basenc xxd rev tac od shuf hexdump openssl column iconv zcat fold")
_READS_A_FILE = re.compile(r"\bopen\(|\bread_text\(|\breadFileSync\(|\brequire\(|__version__|\bload\(")
_SPELLS = re.compile(r"\$\(|`|\\[0-7x]")  # what could become code, or be a letter that does not show
_SPELLS_NOTHING = re.compile(r"-[cdsC]+|[^a-zA-Z0-9/.]+|/|\[:\w+:\]|\\[nrt]|A-Z|a-z")  # of tr
_PUTS_TOGETHER = re.compile(r"\bchr\(|fromhex|b64|decode|\\\\x|join\(|fromCharCode|Buffer|atob")


def finds(segments: tuple[Segment, ...]) -> bool:
    """Whether the output is what stands in files of the workspace, or is said of them: nothing of the command's own."""
    plain = not any(_SPELLS.search(word) for part in segments for word in part.arguments)
    return plain and bool(segments) and _tells(segments[0]) and all(map(_filters, segments[1:]))


def _tells(part: Segment) -> bool:
    words = part.arguments
    if part.program == "git":
        return bool(GIT_READS.intersection(words[:1]))
    if part.program.startswith("python") or part.program == "node":
        return bool(_READS_A_FILE.search(part.text)) and not _PUTS_TOGETHER.search(part.text)
    if KINDS.get(part.program) in ("lister", "developer"):
        return True
    if part.program in ("echo", "printf"):  # of what was found before
        return any(FOUND in word for word in part.arguments) and not any("/" in word for word in part.arguments)
    named = paths(part.program, words, 1 if part.program in PATTERNS else 0)
    return _filters(part) and part.fed is None and (part.stdin == "file" or any(name != "-" for name in named))


def _filters(part: Segment) -> bool:
    if part.program == "tr":
        return all(map(_SPELLS_NOTHING.fullmatch, part.arguments))
    return KINDS.get(part.program) in ("reader", "lister") and part.program not in _DECODERS


def _only_keeps(words: tuple[str, ...]) -> bool:
    return len(words) == 2 and words[0] in ("-cd", "-dc", "-Cd", "-dC") and bool(_KEEPS.fullmatch(words[1]))


def _told(segment: Segment) -> str | None:
    program, words = segment.program, segment.arguments
    if (program, *words[:-1]) in (("command", "-v"), ("which",)) and words and not marked(words[-1]):
        return words[-1]
    if program == "pwd" and not words:
        return HERE
    if program == "date" and (shape := _dated(words)):
        return shape
    if program in _NUMBERS and not any("/" in word or ".." in word or marked(word) for word in words):
        return "0"
    if program == "seq" and not any(word.startswith(("-f", "-s")) or marked(word) for word in words):
        return UNKNOWN if any(re.search(r"\d{6}", word) for word in words) else "0"
    if program == "pgrep" or (program == "grep" and words[:1] == ("-c",) and len(words) == 3 and not marked(words[2])):
        return "0"
    if program == "mktemp":
        return _made(words)
    if program == "git" and words == ("rev-parse", "--show-toplevel"):
        return HERE if segment.folders == {""} else UNKNOWN
    if program == "git" and words in (("rev-parse", "HEAD"), ("rev-parse", "--short", "HEAD")):
        return "0"
    if program in ("basename", "dirname") and words:
        return _part(program, words)
    return printed(words) if program == "printf" else None


def _dated(words: tuple[str, ...]) -> str:
    """date -r FILE +%Y/%m: numbers, and what stands between them; "" where it may be more."""
    shapes = [word[1:] for word in words if word.startswith("+")]
    shape = _OF_A_DATE.sub("0", shapes[0]) if len(shapes) == 1 else ""
    return shape if re.fullmatch(r"[\w][\w/.-]*", shape) and ".." not in shape else ""


_OF_A_DATE = re.compile(r"%[-_0]?[YmdHMSFTjVUyCsuwRIklNGge]")


def _made(words: tuple[str, ...]) -> str:
    plain = [
        word for word in words if word not in ("-d", "-q", "-dq", "-qd", "--directory", "--quiet", "-t", "-dt", "-td")
    ]
    fresh = not plain or (len(plain) == 1 and re.fullmatch(r"(/tmp/)?[\w.-]*XXX+[\w.-]*", plain[0]))
    in_tmp = not plain or plain[0].startswith("/tmp/") or any(word in ("-t", "-dt", "-td") for word in words)
    return MADE if fresh and in_tmp else UNKNOWN


def _part(program: str, words: tuple[str, ...]) -> str:
    """The last part of a path, or what is before it."""
    path, suffix = words[0].rstrip("/"), words[1] if len(words) == 2 else ""
    if uncertain(path) or len(words) > 2 or path[:1] in ("", "-") or {SPLIT, HERE, MADE} & set(path):
        return UNKNOWN
    if path in (".", "..") or path.endswith(("/.", "/..")):
        return UNKNOWN
    if program == "dirname":
        return path.rpartition("/")[0] or ("/" if path.startswith("/") else ".")
    return path.rpartition("/")[2].removesuffix(suffix) or UNSET


_OF_THE_CLOCK = re.compile(r"%\([%\w.-]*\)T")


def printed(words: tuple[str, ...]) -> str | None:
    """printf with numbers, and with words that are known."""
    if not words or marked(words[0]) or words[0].startswith("-") or "\\" in words[0]:
        return None
    shape, given = _OF_THE_CLOCK.sub("0", words[0]), [word for word in words[1:] if word != "-1"]
    if given and "%" not in _NUMBERED.sub("", shape):
        return _NUMBERED.sub("0", shape)
    if len(re.findall(r"%[^%]", shape)) != len(given):
        return None
    for match in re.findall(r"%[-0-9]*[a-zA-Z]", shape):
        word = given.pop(0)
        if not (_NUMBERED.fullmatch(match) or (match == "%s" and not uncertain(word))):
            return None
        shape = shape.replace(match, "0" if match != "%s" else word, 1)
    return shape if "%" not in shape and not given else None
