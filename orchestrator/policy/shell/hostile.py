"""Code that is asked about anyway, and that plainly means harm: then the answer is no, whoever says yes in a hurry.

Covers what its text shows: keys of the person's home that it names, files or settings that it sends away, a home or
the root that it deletes, processes that it begins without an end. Read only of code in which something is in doubt.
"""

import re
from itertools import islice

from orchestrator.policy.places import Places
from orchestrator.policy.shell.findings import Finding, Judging
from orchestrator.policy.shell.script import Segment
from orchestrator.policy.shell.words import TILDE

_MOST = 100  # paths of one piece of code
_PATH = re.compile(r"(?<![\w.:/~-])(?:~|/(?:home|root|etc|proc|run|var|Users)\b)[\w./~*?-]*")
_FOREVER = re.compile(
    r"(?:\bwhile\s*\(?\s*(?:True|1|true)\b|\bfor\s*\(\s*;\s*;|\bloop\s*(?:do|\{)|\bsetInterval\b)[\s\S]{0,160}"
    r"(?:\bfork\b|\bfo[\"'\s+]+rk\b|\bspawn\w*\b|\bPopen\b|\bProcess\()"
)
_ENDS = re.compile(r"\b(?:break|wait|sleep|return|exit|communicate|join)\b")
_SENDS = re.compile(
    r"\bsmtplib\b|\bsendmail\b|\.sendall\s*\(|\.post\s*\(|\bmethod\s*[:=]\s*['\"](?:POST|PUT)|\burlopen\s*\([^)]*\bdata\s*=|"
    r"\bftplib\b|\bstorbinary\b|\bparamiko\b|\bnavigator\.sendBeacon\b|\bhttp\.request\b|\bNet::HTTP\.post"
)
_HELD = re.compile(
    r"\bprocess\.env\b(?!\.\w)|\bos\.environ\b(?!\s*[.\[])|\bENV\.to_h\b|\bread_(?:bytes|text)\s*\(|\breadFileSync\s*\(|\bopen\s*\(|"
    r"\bFile\.read\b|\bfile_get_contents\b"
)
_FAR = re.compile(
    r"['\"`](?:[a-z]+://)?(?!localhost\b|127\.|0\.0\.0\.0|::1)(?:[\w-]+\.)+[a-z]{2,}(?=[:/'\"`])", re.IGNORECASE
)
_GONE = re.compile(
    r"\b(?:rmtree|rmSync|rm_rf|rm_r|remove_entry|removedirs|rmdirSync|rimraf)\b[^\n;]{0,40}?"
    r"(?:homedir\s*\(|expanduser\s*\(\s*['\"]~/?['\"]|Path\.home\s*\(|Dir\.home|(?:environ|env|ENV)\b[\[.(\s'\"]*(?:get\()?['\"]?HOME\b|['\"](?:/|~|\.\./?)['\"])"
)
_RM = re.compile(r"\brm\s+(?:-\w+\s+)*-\w*[rR]\w*\s+(?:-\w+\s+)*[\"']?(?:/(?!tmp\b)|~|\$HOME\b|\.\.(?:/|\s|[\"']|$))")


def hostile(judge: Judging, segment: Segment, code: str) -> list[Finding]:
    program = segment.program
    if (begun := _FOREVER.search(code)) and not _ENDS.search(code, begun.start(), begun.end() + 80):
        reason = f"{program} would start processes without an end, until the machine stops (a fork bomb)."
        return [judge.deny(segment, "fork_bomb", reason, "Use a loop that ends.")]
    if (named := _secret(judge.places, code)) is not None:
        return judge.reach(segment).each("read", [named])
    if _SENDS.search(code) and _HELD.search(code) and _FAR.search(code):
        reason = f"{program} would send what this machine holds to somebody else."
        return [judge.deny(segment, "exfiltration", reason, "Say what should be sent, and use http_request.")]
    if _GONE.search(code) or _RM.search(code):
        reason = f"{program} would delete what is outside the workspace."
        return [judge.deny(segment, "deletes_outside", reason, "Delete named files of the workspace only.")]
    return []


def _secret(places: Places, code: str) -> str | None:
    named = (match[0] for match in islice(_PATH.finditer(code), _MOST))
    spelt = (TILDE + path[1:] if path.startswith("~") else path for path in named)
    return next((path for path in spelt if places.of(path) == "secret"), None)
