"""Where the words of a program lead, whatever its options mean: addresses, files outside, code, the whole network."""

import re
from collections.abc import Iterator
from itertools import pairwise

from msgspec import structs

from orchestrator.policy.addresses import is_loopback, split
from orchestrator.policy.shell.arguments import options, values_of
from orchestrator.policy.shell.findings import Finding, Judging
from orchestrator.policy.shell.programs import GIVEN_CODE, PRODUCED, RUNS_MORE, WRITTEN
from orchestrator.policy.shell.script import Segment
from orchestrator.policy.shell.words import FOUND, GLOBS, TILDE, each, marked, shown, uncertain

_ADDRESS = re.compile(r"(?<![\w+.-])([a-zA-Z][a-zA-Z0-9+.-]+)://[^\s'\"]*")
_OPTION = re.compile(r"(--?[\w.-]+)[=:](.+)|[\w.+-]+=(.+)", re.DOTALL)
_ATTACHED = re.compile(rf"-\w+?(?=[/{TILDE}]|\.\./)(.+)", re.DOTALL)
# Options whose value is a pattern, or what others will read, and no place that this program goes to.
_NO_PLACE = re.compile(
    r"--?(?:\w+-)*(?:ignore|exclude|include|glob|filter|pattern|format|match|base|base-?url|origin|public-path|site-url|base-href|deploy-url|root-path|url-prefix|public-url|base-path|context-path|path-prefix)\w*|-dPDFSETTINGS",
    re.IGNORECASE,
)
_EVERYBODY = re.compile(r"(?:--?[\w-]+=)?(?:0\.0\.0\.0|\[::\]|::)(?::\d+)?|:\d{2,5}")
_LABELS = frozenset({"bazel", "bazelisk", "buck2", "pants"})
_LABEL = re.compile(r"-?(@\w+)?//[\w./+-]*(:[\w.*+-]+)?")  # //server/...: of the project
_CODE = re.compile(
    r"\b(?:system|popen|shell_exec|passthru)\s*\(|\\write18|\b(?:ba|da|z|k)?sh(?: -|,-)\w*c\b|^\s*\|", re.MULTILINE
)


def judge(judge: Judging, segment: Segment) -> list[Finding]:
    """What is against the words of a program that runs code, or takes it from where they say."""
    found: list[Finding] = []
    for before, word in pairwise(("", *segment.arguments)):
        if uncertain(word) or _NO_PLACE.fullmatch(before) or (segment.program in _LABELS and _LABEL.fullmatch(word)):
            continue
        if code := _CODE.search(shown(word)):
            reason = f"{segment.program} would run {code[0].strip()!r} of what it is given, as code."
            found.append(judge.ask(segment, "runs_more", reason, "Put it into a script of the workspace."))
        if everybody(word):
            reason = f"{segment.program} would answer every machine of the network."
            found.append(judge.ask(segment, "exposes", reason, "Let it listen on 127.0.0.1."))
        found += fetched(judge, segment, word)
        made = before in PRODUCED or word.partition("=")[0] in PRODUCED
        led = [place for place in led_to(word) if not (made and judge.reach(segment).places(place) == {"temporary"})]
        found += judge.reach(segment).each("run", [place for place in led if not own(judge, segment, place)])
    return found


def own(judge: Judging, segment: Segment, place: str) -> bool:
    """A file in /tmp that this command makes: its /tmp is empty before, and gone afterwards."""
    return place.startswith("/tmp/") and judge.reach(segment).places(place) == {"made"}


def written(judge: Judging, segment: Segment) -> list[Finding]:
    """What is against the files that options of a program name, which it writes."""
    return judge.reach(segment).each("write", values_of(segment.arguments, tuple(WRITTEN.get(segment.program, ()))))


def everybody(word: str) -> bool:
    return _EVERYBODY.fullmatch(word) is not None


_DATABASE = re.compile(
    r"(?:jdbc:)?(?:postgres\w*|mysql\w*|mariadb|mongodb|redis|rediss|mssql|sqlserver|oracle|cockroachdb)(?:\+\w+)?://(?:[^@/\s]*@)?([\w.-]+).*",
    re.DOTALL,
)
_PRODUCTION = re.compile(r"\$\{?\w*(?:PROD|LIVE|STAGING)\w*")
_DATABASE_HOST = re.compile(r"PGHOST|MYSQL_HOST|(DB|DATABASE|POSTGRES|MONGO|REDIS)_HOST")


def database_of(name: str, value: str) -> str:
    """The host of a database elsewhere, of a variable that names one."""
    if re.fullmatch(r"\w*(DATABASE|DB)_UR[LI]", name) and (named := _PRODUCTION.search(value)):
        return named[0]
    match = _DATABASE.fullmatch(value)
    host = match[1] if match else value if _DATABASE_HOST.fullmatch(name) else ""
    elsewhere = "." in host or re.search(r"prod|live|staging", host)
    return host if elsewhere and re.fullmatch(r"[\w.-]+", host) and not is_loopback(host) else ""


_GLOBBED = each("rg sort ag bat zip split tar man")  # what a file may not be called, where a star could match it
_STARTS = each(
    "exec execute command cmd program prog pager engine plugin plugins script loader load preload provider vcs rsh "
    "editor browser config conf rc rcfile ackrc init defaults eval hook interpreter prepipe prepipex mload lua "
    "with-lib module modules library opener sandbox"
)


def _starts(word: str) -> bool:
    """--diff-program=x, --config-file x: an option whose name says that it starts something, or loads it."""
    name = word.partition("=")[0]
    parts = name[2:].removesuffix("-file").removesuffix("-path").split("-")
    return (
        name.startswith("--")
        and name != "--pdf-engine"
        and word not in ("--vcs=git", "--vcs=auto")
        and parts[0] != "no"
        and bool(_STARTS.intersection(parts))
    )


_COMPRESSORS = each("gzip pigz bzip2 pbzip2 lbzip2 xz pixz zstd zstdmt lz4 lzop brotli lzip")


def _without_compressors(words: tuple[str, ...]) -> tuple[str, ...]:
    """tar -I zstd, --use-compress-program=pigz, --exclude-vcs: what it plainly packs with, or leaves out."""
    kept, before = list[str](), ""
    for word in words:
        if before in ("-I", "--use-compress-program") and word in _COMPRESSORS:
            kept.pop()
        elif word.partition("=")[2] not in _COMPRESSORS and not word.startswith("--exclude-vcs"):
            kept.append(word)
        before = word
    return tuple(kept)


def runs_more(judge: Judging, segment: Segment) -> list[Finding]:
    if segment.program == "man" and segment.arguments[:2] in (("-P", "cat"), ("-P", "less")):
        segment = structs.replace(segment, arguments=segment.arguments[2:])
    if segment.program in ("tar", "bsdtar"):
        segment = structs.replace(segment, arguments=_without_compressors(segment.arguments))
    if word := next((word for word in segment.arguments if _starts(shown(word))), ""):
        reason = f"The option {shown(word)} makes {segment.program} start another program, or read settings."
        return [judge.ask(segment, "runs_more", reason, "Leave that option out.")]
    more = {*RUNS_MORE.get(segment.program, ()), *GIVEN_CODE.get(segment.program, ())}
    if given := options(segment.arguments, more):
        reason = f"The option {shown(given[0])} makes {segment.program} start another program."
        return [judge.ask(segment, "runs_more", reason, "Leave that option out.")]
    if segment.program in _GLOBBED and any(word[:1] in GLOBS | {FOUND} for word in segment.arguments):
        reason = f"A file whose name starts with - would be taken for an option of {segment.program}."
        return [judge.ask(segment, "glob_option", reason, "Write ./* in place of *.")]
    return []


def fetched(judge: Judging, segment: Segment, word: str) -> list[Finding]:
    """An address in a word of a program that is none of the network."""
    given = _OPTION.fullmatch(word)
    match = _ADDRESS.search(shown(word))
    if match is None or match[1].lower() == "file" or (given and given[1] and _NO_PLACE.fullmatch(given[1])):
        return []
    parts = split(match[0])
    if parts is not None and parts.hostname and is_loopback(parts.hostname):
        return []
    reason = f"{segment.program} would go to {match[0]}, and commands do not have the network here."
    return [judge.ask(segment, "fetches", reason, "Fetch it first with http_request, and look at it.")]


def led_to(word: str) -> Iterator[str]:
    """The files outside that a word may mean: alone, behind an option, in a list."""
    given = _OPTION.fullmatch(word)
    if given and given[1] and _NO_PLACE.fullmatch(given[1]):
        return
    if "://" in word:
        found = re.search(r"file://[\w.-]*(/.*)", word)
        yield from [found[1]] if found else []
        return
    value = (given[2] or given[3]) if given else word
    if attached := _ATTACHED.fullmatch(value):
        value = attached[1]
    for part in re.split("[:,;]", value):
        place = part.lstrip("@<")
        if place.startswith(("/", TILDE)) or ".." in place.split("/") or ("/" in place and not marked(place)):
            yield place  # a link on its way may lead out
