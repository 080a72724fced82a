"""Code of other languages written inside a command: what is plainly harmless, and what is plainly not.

Harmless is only what is made of known names; not harmless is code that is decoded and then run, a shell handed to
somebody, and text that would be refused if a shell were given it. All else is asked.
"""

import posixpath
import re
from itertools import pairwise

from msgspec import structs

from orchestrator.policy.addresses import is_metadata
from orchestrator.policy.places import is_private
from orchestrator.policy.shell import calculating, javascript, lua, perl, php, rscript, ruby, statements
from orchestrator.policy.shell.arguments import paths
from orchestrator.policy.shell.findings import Finding, Judging
from orchestrator.policy.shell.grammar import Reading
from orchestrator.policy.shell.hostile import hostile
from orchestrator.policy.shell.script import Segment
from orchestrator.policy.shell.words import TILDE, each, shown, uncertain

_TEXT = re.compile(r"'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\"|`((?:[^`\\]|\\.)*)`")
_RUNS = re.compile(
    r"\b(exec|eval|system|popen|spawn\w*|Function|instance_eval|(?:pickle|marshal|dill|joblib)\.loads?|(?<!asyncio\.)run|check_output|"
    r"call|execSync|runIn\w+|os\.execute|passthru|shell_exec|(?<!re\.)compile)\b"
)
_DECODES = re.compile(
    r"(b64decode|b32decode|base64|fromhex|unhexlify|decode_base64|fromCharCode|atob|pack\s*\(|codecs\.decode|"
    r"require\(\\*['\"]https?\\*['\"]|decompress|rot_?13|unpack|chr\s*\(.*chr\s*\(|"
    r"urlopen|requests\.get|http\.get|fetch\s*\(|Net::HTTP|LWP|open-uri|file_get_contents\s*\(\s*['\"]http)"
)
_HOST = re.compile(r"['\"`(/](?:https?://)?([\w.-]{7,60})(?=[/:'\"`])")
_SOCKET = re.compile(r"\b(socket|Socket|fsockopen|TCPSocket|IO::Socket|net\.connect|TCPServer|net\.Socket)\b")
_HANDS = re.compile(r"dup2|pty\b|/bin/(ba|z|k|da)?sh|\bsh -i|cmd\.exe|\b(exec|spawn|system|popen)\b")
_WORSE = each(
    "deletes_outside destructive_program fork_bomb piped_code reads_secret device raw_connection reverse_shell escape "
    "exfiltration guard metadata"
)

_READERS = {
    "node": javascript.read, "nodejs": javascript.read, "lua": lua.read, "php": php.read, "ruby": ruby.read,
    "perl": perl.read, "Rscript": rscript.read, "R": rscript.read, "julia": calculating.reader(calculating.JULIA),
    "groovy": calculating.reader(calculating.GROOVY), "elixir": calculating.reader(calculating.ELIXIR),
}  # fmt: skip
_SYSTEM = re.compile(
    r"/(?:bin|boot|dev|etc|home|lib\w*|media|mnt|nix|opt|private|proc|root|run|sbin|snap|srv|sys|tmp|usr|var|Library|Users|"
    r"Volumes)(?:/|$)|/$"
)
_MOST = 50  # texts of one piece of code that are looked into


def inline(judge: Judging, segment: Segment, why: str = "") -> Finding:
    told = f" ({why})" if why else ""
    reason = f"{segment.program} would run code written inside the command{told}."
    return judge.ask(segment, "inline_code", reason, "Save the code to a file of the workspace and run that.")


def judge(judge: Judging, segment: Segment, code: str) -> list[Finding]:
    """Code given to node, ruby, perl and their like."""
    if segment.program in _READERS:
        return read(judge, segment, code, _READERS[segment.program](code))
    return [*denials(judge, segment, code), inline(judge, segment)]


def read(judge: Judging, segment: Segment, code: str, reading: Reading) -> list[Finding]:
    """What is against code that was read with its own grammar."""
    reach = judge.reach(segment)
    found = [one for opened in reading.opened for one in reach.each(opened.mode, [_home(opened.path)])]
    for command in reading.commands:
        if isinstance(command, str):
            found += judge.text(command, segment, 2)
        else:
            plain = structs.replace(segment, program=command[0], arguments=command[1:], stdin="", feeders=(), fed=None)
            found += judge.segment(plain, 2)
    for text in reading.texts:
        if (path := _leads_out(text)) is not None:
            outside = reach.each("read", [_home(path)])
            found += [one for one in outside if one.code != "outside" or path.count("/") > 1 or ".." in path]
    planted = any(_RUNS.search(text) and _DECODES.search(text) for text in reading.texts if len(text) > 20)
    doubt = reading.doubt or ("it writes down code that is decoded when it runs" if planted else "")
    if doubt:
        found += [*denials(judge, segment, code), inline(judge, segment, doubt)]
    return found


def _home(path: str) -> str:
    return TILDE + path[1:] if path.startswith("~") else path


def _leads_out(text: str) -> str | None:
    """The place outside that a text names; an address within a site (`/api/items`) and a relative one are none."""
    if " " in text or "?" in text or not (text.startswith(("/", "~")) or ".." in text.split("/")):
        return None
    path = posixpath.normpath(text)
    return path if not path.startswith("/") or _SYSTEM.match(path) or is_private(path) else None


def denials(judge: Judging, segment: Segment, code: str) -> list[Finding]:
    """What makes code worse than unknown."""
    if _RUNS.search(code) and _DECODES.search(code):
        reason = f"{segment.program} would run code that is decoded or fetched first, which nobody has seen."
        return [judge.deny(segment, "piped_code", reason, "Write the code out.")]
    if _SOCKET.search(code) and _HANDS.search(code):
        reason = f"{segment.program} would hand a shell to another machine."
        return [judge.deny(segment, "reverse_shell", reason, "Say what should be reached, and use http_request.")]
    if any(is_metadata(match[1].lower()) for match in _HOST.finditer(code)):
        reason = f"{segment.program} would ask for the credentials of this machine."
        return [judge.deny(segment, "metadata", reason, "Use a public address.")]
    if segment.program in ("perl", "ruby", "php") and re.search(r"exec\s*\(?\s*['\"]/bin/\w*sh( -i)?['\"]", code):
        reason = f"{segment.program} would become a shell that nobody reads."
        return [judge.deny(segment, "reverse_shell", reason, "Write the commands themselves.")]
    if found := hostile(judge, segment, code):
        return found
    texts = [text for match in _TEXT.finditer(code) for text in match.groups() if text is not None]
    for text in [text for text in texts if " " in text or "\t" in text][:_MOST]:
        found += worse(judge, segment, text)
    if not found and " " in code:
        found = worse(judge, segment, code) if not re.search(r"[;{}()]\s*$|import |^\s*\w+\s*=", code) else []
    return found


def worse(judge: Judging, segment: Segment, text: str) -> list[Finding]:
    """What a shell would be refused, if it were given this text."""
    if uncertain(text) or len(text) > 2000:
        return []
    plain = Segment(segment.program, (), segment.text, segment.folders)
    return [found for found in judge.text(shown(text), plain, 2) if found.verdict == "deny" and found.code in _WORSE]


_QUOTED_NAME = re.compile(r"\[[^\]]*['\"]")  # a name in brackets, as sqlite3 alone reads them, in which a quote is none
_DOTS = re.compile(
    r"\.(tables|schema|headers?|mode|indexes|indices|databases|width|separator|nullvalue|timer|show|fullschema|"
    r"help|dump|dbinfo|stats|print)\b[\w ,.-]*"
)
_IMPORT = re.compile(r"\.import (?:--csv )?(?:--skip \d+ )?([\w./-]+) \w+")  # a table out of a file
_SQL_VALUED = each("-separator -cmd -newline -nullvalue -c -s -init")


def sql(judge: Judging, segment: Segment) -> list[Finding]:
    """sqlite3 and duckdb: a file of the workspace, and questions to it."""
    words = segment.arguments
    if words and all(word in ("--version", "-version", "--help", "-help") for word in words):
        return []
    reach = judge.reach(segment)
    if {"-init", "--init", "-A", "-unsigned"} & set(words):
        return [inline(judge, segment)]
    dotted = [shown(after) for word, after in pairwise(words) if word in ("-cmd", "--cmd")]
    imported = [match[1] for text in dotted if (match := _IMPORT.fullmatch(text.strip()))]
    if any(not (_DOTS.fullmatch(text.strip()) or _IMPORT.fullmatch(text.strip())) for text in dotted):
        return [inline(judge, segment)]
    words = tuple(word for before, word in pairwise(("", *words)) if "-cmd" not in (before[-4:], word[-4:]))
    named = [word for word in paths(segment.program, words) if word not in _SQL_VALUED]
    plain = [shown(word) for word in named]
    asked = [text for text in plain if " " in text or text.startswith(".")]
    files = [word for word in named if shown(word) not in asked and ":memory:" not in word]
    found = reach.each("read", [*files, *imported])
    aside = plain[:1] == [":memory:"] and not files
    for text in asked:
        if segment.program == "duckdb" and (into := statements.copied(text)) is not None and "://" not in into[1]:
            found += reach.each("write", [into[1]])
            text = into[0]
        if text.startswith("."):
            looks, named = bool(_DOTS.fullmatch(text.strip())), []
        else:
            looks, named = statements.only_looks(text, aside), statements.files(text) or []
            looks = looks and not (segment.program == "sqlite3" and _QUOTED_NAME.search(text))
            looks = looks and statements.files(text) is not None and not any("://" in one for one in named)
        found += reach.each("read", [one for one in named if "://" not in one])
        if not looks:
            reason = f"{segment.program} would change data, or do more than look at it."
            return [*found, judge.ask(segment, "changes_data", reason, "Look with SELECT first, and keep a copy.")]
    if not asked and (not files or segment.stdin):
        reason = f"What {segment.program} would do comes from its input."
        return [*found, judge.ask(segment, "inline_code", reason, "Give the statement as a word.")]
    return found
