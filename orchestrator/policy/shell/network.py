"""Programs that reach other machines: where to, what they send, and what they would bring."""

import re
from itertools import pairwise
from urllib.parse import unquote

from orchestrator.policy.addresses import is_loopback, is_metadata, listed, split
from orchestrator.policy.shell import machine, statements
from orchestrator.policy.shell.arguments import letters, options, paths, values_of
from orchestrator.policy.shell.findings import Finding, Judging, Reach
from orchestrator.policy.shell.looking import LOOKS
from orchestrator.policy.shell.programs import KINDS
from orchestrator.policy.shell.script import Segment
from orchestrator.policy.shell.words import TILDE, each, shown, uncertain

_ADDRESS = re.compile(r"(?:--?[\w-]+=)?([a-zA-Z][a-zA-Z0-9+.-]*)://(.*)", re.DOTALL)
_HOST_FIRST = each("curl wget http https httpie xh lynx w3m links aria2c axel nc ncat netcat telnet ping ping6 ssh")
_NO_WEB = each("gopher dict ldap ldaps tftp imap pop3 smtp rtsp smb telnet jar")
_SENT = re.compile(r"(?:^|=|^-[a-zA-Z])[@<]([^;@<>]+)")
_SENDING = each(
    "-T --upload-file --post-file --body-file -K --config --data-urlencode --netrc-file --key --cert -E -b --cookie -i"
)
_COPIERS = each("scp rsync sftp rclone aws gsutil s3cmd gcloud az lftp smbclient")
_SAVED = {
    "curl": each("-o --output --output-dir -D --dump-header -c --cookie-jar"),
    "wget": each("-O --output-document -P --directory-prefix -o --output-file -a"),
}
_DUMPS = each("env printenv set export declare")
_READS = {
    "curl": re.compile(r"-[sSfLvikIGgO#046]+|--(silent|show-error|fail|location|verbose|include|head|compressed|"
    r"get|remote-name|no-progress-meter|fail-with-body)"),
    "wget": re.compile(r"-[qncNSv]+|-q?O-?|--(quiet|no-verbose|spider|server-response|timestamping|no-clobber|"
    r"show-progress)"),
}  # fmt: skip
_VALUED = each(
    "-o --output -m --max-time -w --write-out -A --user-agent --retry --connect-timeout -O -T --timeout -t "
    "--tries -e --referer"
)
_SHELL = re.compile(r"^-[a-z]*[ec]$|--exec|--sh-exec|exec|EXEC|SYSTEM")


def judge(judge: Judging, segment: Segment, depth: int) -> list[Finding]:
    program, words = segment.program, segment.arguments
    reach = judge.reach(segment)
    if program == "tcpdump" and _READ_BACK.fullmatch(" ".join(words[:1])) and not {"w", "z"} & set(letters(words)):
        return reach.each("read", words[1:2])
    if (copied := _copied_here(judge, segment)) is not None:
        return copied
    if (program in LOOKS and machine.looks(segment)) or words == ("-V",):
        return []
    if program in ("nc", "ncat", "netcat", "socat") and any(_SHELL.search(word) for word in words):
        reason = f"{program} would hand a shell to whoever connects."
        return [judge.deny(segment, "reverse_shell", reason, "Say what should be reached, and use http_request.")]
    hosts = [host for word in words if not uncertain(word) and (host := address(program, shown(word)))]
    for scheme, name, rest in hosts:
        if denied := _denied(judge, segment, scheme, name, rest, reach):
            return [denied]
    if leaked := _leak(judge, segment, reach):
        return [leaked]
    if program in _CLIENTS and _looks_at_ours(segment):
        return []
    if judge.serves and (asked := _of_itself(segment, reach)) is not None:
        return asked
    found = _files(segment, reach)
    if _only_reads_known(judge, segment, hosts):
        return found
    if any(KINDS.get(feeder.program) == "reader" for feeder in segment.feeders):
        reason = f"{program} would send what was read here over the network."
        return [*found, judge.ask(segment, "sends_data", reason, "Show the data to the person first.")]
    reason = f"{program} reaches the network, which commands do not have here."
    return [*found, judge.ask(segment, "network_program", reason, "Use the http_request tool.", program)]


# Clients of databases: the options that give a statement, and those that take a value.
_CLIENTS = {
    "psql": (("-c", "--command"), each("-d --dbname -U --username -p --port -F -P --pset -R -T -v")),
    "mysql": (("-e", "--execute"), each("-u --user -P --port -D --database")),
    "mariadb": (("-e", "--execute"), each("-u --user -P --port -D --database")),
}
_CLIENT_FLAGS = re.compile(
    r"-[XAtqxwWHEeabNBsrGn]+|-[XAtqx]*[ce]|-p\w*|--(csv|tuples-only|no-align|expanded|no-psqlrc|quiet|html|table|batch|silent|"
    r"skip-column-names|vertical|no-password)|-[uUdDp][\w.@-]+|--(user|username|dbname|database|port|password|host)=[\w.@/-]*"
)
_OURS = re.compile(r"localhost|127\.0\.0\.1|::1|/(var/)?(run|tmp)[\w./-]*")
_SHOWS = re.compile(r"\\(d[a-zA-Z]*\+?|l\+?|x|timing|conninfo|z|s[fv]\+?)(\s+[\w.*\"]+)?\s*")
_ACTS_ALL_THE_SAME = re.compile(
    r"\b(pg_(?:terminate|cancel|reload|rotate|read|ls_|stat_file|write|promote|switch|create|drop|advisory|sleep|logical|repl|"
    r"wal_re|notify|export|import|file)\w*|setval|nextval|lo_\w+|dblink\w*|set_config|sleep|benchmark|get_lock)\s*\(|\binto\b",
    re.IGNORECASE,
)


def _looks_at_ours(segment: Segment) -> bool:
    """psql -c 'select …' of a database of this machine, where every statement is told and only looks."""
    spoken, valued = _CLIENTS[segment.program]
    told, before = list[str](), ""
    for word in segment.arguments:
        if uncertain(word):
            return False
        if before in ("-h", "--host"):
            before = "" if _OURS.fullmatch(word) else "elsewhere"
            if before:
                return False
        elif before in valued:
            before = ""
        elif before in spoken or re.fullmatch(r"-[XAtqxNBsr]+[ce]", before):
            told.append(shown(word))
            before = ""
        elif word in valued or word in spoken or word in ("-h", "--host"):
            before = word
        elif word.startswith("-"):
            if not _CLIENT_FLAGS.fullmatch(shown(word)) or ("--host=" in word and not _OURS.fullmatch(word[7:])):
                return False
            before = shown(word)
        elif re.search(r"host\w*=", word) or ("://" in word and not _ITSELF.search(word.partition("@")[2])):
            return False
    told += [segment.fed] if segment.stdin == "text" and segment.fed is not None else []
    asked = segment.stdin in ("", "text") and bool(told) and (segment.stdin == "" or segment.fed is not None)
    return asked and all(
        _SHOWS.fullmatch(text) or (statements.only_looks(text) and not _ACTS_ALL_THE_SAME.search(text)) for text in told
    )


_SYNC_ELSEWHERE = ("-e", "--rsh", "--rsync-path", "--daemon", "--files-from", "--config", "--password-file", "--filter")
_SYNC_VALUED = each(
    "--exclude --include --exclude-from --include-from --max-size --min-size --bwlimit --chmod -f -M -B"
)


def _copied_here(judge: Judging, segment: Segment) -> list[Finding] | None:
    """rsync between two folders of this machine, which is cp; None where it is not plainly that."""
    words = segment.arguments
    if segment.program != "rsync" or options(words, _SYNC_ELSEWHERE) or any(map(uncertain, words)):
        return None
    behind = {at + 1 for at, word in enumerate(words) if word in _SYNC_VALUED}
    named = [word for at, word in enumerate(words) if at not in behind and not word.startswith("-")]
    if len(named) < 2 or any(":" in word for word in named) or "e" in letters(words):
        return None
    reach = judge.reach(segment)
    found = reach.each("read", named[:-1]) + reach.each("write", [] if {"-n", "--dry-run"} & set(words) else named[-1:])
    found += reach.each("read", values_of(words, ("--exclude-from", "--include-from")))
    for word in words:
        name, _, value = word.partition("=")
        if name.startswith("--") and value and name not in _SYNC_VALUED:
            found += reach.each("write", [value])
    if "n" in letters(words) or "--dry-run" in words:
        return [one for one in found if one.code not in ("writes_outside", "temporary", "automatic")]
    if lost := options(words, ("--delete", "--del", "--remove-source-files")):
        reason = f"rsync {shown(lost[0])} deletes files, in {shown(named[-1])} or where they come from."
        found.append(judge.ask(segment, "destroys", reason, "Look first with rsync -n.", "rsync --delete"))
        found += [one for one in reach.each("delete", named[-1:]) if one.verdict == "deny"]
    return found


_READ_BACK = re.compile(r"-[nqveAXxtS#]*r")  # tcpdump -nr FILE
_ITSELF = re.compile(
    r"(?:https?://)?(?:localhost|127\.0\.0\.1|\[::1\])(?:(?P<port>:[\d…]+)(?:[/?…*].*)?|(?:[/?].*)?)", re.DOTALL
)
_OWN_FLAGS = re.compile(
    r"-[sSfLvikIGgNqnc#046j]+|-q?O-|--(silent|show-error|fail|location|verbose|include|head|compressed|"
    r"get|no-buffer|fail-with-body|insecure|quiet|spider|server-response|retry-connrefused|retry-all-errors|no-verbose)"
)
_OWN_VALUED = re.compile(
    r"-[sSfLvikIGg]*[XdHwmAeFubtT]|--(request|data|data-raw|data-binary|json|header|write-out|max-time|"
    r"form|user|retry|retry-delay|retry-max-time|connect-timeout|tries|timeout|method|body-data|user-agent|cookie|url-query)"
)


def _of_itself(segment: Segment, reach: Reach) -> list[Finding] | None:
    """curl and wget that only ask what this command has begun, on the loopback of its own; None where it is more."""
    if segment.program not in ("curl", "wget"):
        return None
    found, before, asked = list[Finding](), "", False
    for word in segment.arguments:
        plain, value = shown(word), before
        before = ""
        if value and (value in _SAVED[segment.program] or re.fullmatch(r"-[sSfLviIkg]*o", value)):
            found += reach.each("write", [] if word == "-" else [word])
        elif value:
            sent = re.search(r"(?:^|=)[@<](.+)", word)
            found += reach.each("read", [sent[1]] if sent and sent[1] != "-" else [])
        elif _OWN_VALUED.fullmatch(plain) or plain in _SAVED[segment.program] or re.fullmatch(r"-[sSfLviIkg]*o", plain):
            before = plain
        elif word.startswith("-"):
            if not _OWN_FLAGS.fullmatch(plain):
                return None
        elif "%{" in plain and " " in plain:
            continue  # what it writes about each of several words
        elif (match := _ITSELF.fullmatch(plain)) is None or ("…" in (match["port"] or "") and "/api/" in plain):
            return None
        else:
            asked = True
    return found if asked else None


def address(program: str, word: str) -> tuple[str, str, str] | None:
    """Scheme, host and the rest of an address in a word; of a bare host too, for programs that take one."""
    if match := _ADDRESS.fullmatch(word):
        scheme, behind = match[1].lower(), match[2]
        parts = split(f"http://{behind}")
        host = (parts.hostname if parts else None) or re.split(r"[/:?#]", behind.rpartition("@")[2])[0]
        return scheme, unquote(host or "").lower().rstrip("."), behind
    if program in _HOST_FIRST and re.fullmatch(r"[\w.\-]+(:\d+)?(/.*)?|\[[\da-fA-F:.]+\](:\d+)?(/.*)?", word):
        parts = split(f"http://{word}")
        return "", (parts.hostname or "").lower() if parts else "", word
    return None


def _denied(judge: Judging, segment: Segment, scheme: str, host: str, rest: str, reach: Reach) -> Finding | None:
    if scheme in _NO_WEB:
        return judge.deny(segment, "scheme", f"{scheme} is not a way to reach a web server.", "Use an https address.")
    if scheme == "file":
        outside = [one for one in reach.each("read", [unquote(rest)]) if one.verdict == "deny"]
        return outside[0] if outside else None
    if host and is_metadata(host):
        reason = f"{host} gives away the credentials of this machine."
        return judge.deny(segment, "metadata", reason, "Use a public address.")
    if host and is_loopback(host) and "/api/v1" in rest:
        reason = "This would talk to the server that guards it."
        return judge.deny(segment, "guard", reason, "Ask the person: they answer on the page or in the terminal.")
    return None


def _leak(judge: Judging, segment: Segment, reach: Reach) -> Finding | None:
    """Files of keys, or the environment, that would leave."""
    sent = next((path for path in _sent(segment) if reach.places(path) & {"private", "secret"}), None)
    dumped = any(
        feeder.program in _DUMPS
        and all("=" in w or w[:1] == "-" or feeder.program == "printenv" for w in feeder.arguments)
        for feeder in segment.feeders
    )
    if sent is None and not dumped:
        return None
    what = shown(sent) if sent is not None else "the environment"
    reason = f"{segment.program} would send {what} to another machine, which may hold passwords or keys."
    return judge.deny(
        segment, "exfiltration", reason, "Give the secret a name (orchestrator secrets set) and name it in the call."
    )


def _sent(segment: Segment) -> list[str]:
    """The words that name a file whose content would leave."""
    words = segment.arguments
    found = [match[1] for word in words if (match := _SENT.search(word))]
    found += [
        word.partition("=")[2] for word in words if word.startswith(("--post-file=", "--body-file=", "--upload-file="))
    ]
    found += [after for option, after in pairwise(words) if option in _SENDING]
    if segment.program in _COPIERS:
        found += [word for word in paths(segment.program, words) if ":" not in word]
    return found


def _files(segment: Segment, reach: Reach) -> list[Finding]:
    program, words = segment.program, segment.arguments
    found = reach.each("use", [word for word in paths(program, words) if word.startswith(("/", TILDE))])
    found += reach.each("use", [path for path in _sent(segment) if path.startswith(("/", TILDE, ".."))])
    saved = [after for option, after in pairwise(words) if option in _SAVED.get(program, ()) and after != "-"]
    found += reach.each("write", saved)
    if program in ("scp", "rsync"):
        named = paths(program, words)
        if len(named) > 1 and ":" not in named[-1]:
            found += reach.each("delete" if "--delete" in words else "write", named[-1:])
    return found


def _only_reads_known(judge: Judging, segment: Segment, hosts: list[tuple[str, str, str]]) -> bool:
    """curl and wget that only read from hosts that the owner named."""
    plain = _READS.get(segment.program)
    if plain is None or not hosts or any(uncertain(word) for word in segment.arguments):
        return False
    skip = False
    for word in segment.arguments:
        if skip:
            skip = False
        elif word in _VALUED:
            skip = True
        elif word.startswith("-") and not plain.fullmatch(word):
            return False
        elif not word.startswith("-"):
            found = address(segment.program, shown(word))
            if found is None or found[0] not in ("", "http", "https") or not listed(found[1], judge.hosts):
                return False
    return True
