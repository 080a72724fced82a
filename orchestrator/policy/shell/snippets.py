"""Code of other languages written inside a command: what is plainly harmless, and what is plainly not.

Harmless is only what is made of known names; not harmless is code that is decoded and then run, a shell handed to
somebody, and text that would be refused if a shell were given it. All else is asked.
"""

import posixpath
import re
from importlib import import_module

from msgspec import structs

from orchestrator.policy.addresses import is_metadata
from orchestrator.policy.places import is_private
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

_READERS = {  # by program: the module of its language, which is loaded when such code is first judged
    "node": "javascript", "nodejs": "javascript", "lua": "lua", "php": "php", "ruby": "ruby", "perl": "perl",
    "Rscript": "rscript", "R": "rscript", "julia": "calculating:julia", "groovy": "calculating:groovy",
    "elixir": "calculating:elixir",
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
        module, _, name = _READERS[segment.program].partition(":")
        reader = getattr(import_module(f"orchestrator.policy.shell.{module}"), name or "read")
        return read(judge, segment, code, reader(code))
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
