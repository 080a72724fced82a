"""What the parts of one command do together: fetch and run, write and run, read a secret and send, run without end."""

import re
from itertools import pairwise

from orchestrator.policy.shell.arguments import letters, values_of
from orchestrator.policy.shell.findings import Finding, Judging
from orchestrator.policy.shell.programs import GIT_NETWORK, KINDS, PRODUCED, WRAPPERS
from orchestrator.policy.shell.script import Script, Segment
from orchestrator.policy.shell.words import each, shown, uncertain

_SECRET_NAME = r"\w*(?:SECRET|TOKEN|PASSWORD|PASSWD|API_?KEY|ACCESS_KEY|PRIVATE_KEY|CREDENTIAL)\w*"
_SECRET_VARIABLE = re.compile(
    rf"(?:\$\{{?|\benv[.(]|\bENV(?:IRON)?(?:\.|\[[\"']?)|\benviron(?:\.get\(|\[)[\"']|\bgetenv\([\"'])({_SECRET_NAME})"
)
_NAMED = re.compile(r"secret|token|passw|api_?key|access_?key|credential|KEY|PASS", re.IGNORECASE)
_ENDLESS = re.compile(r"/dev/(zero|u?random|full)")
_SIZE = re.compile(r"[-+<>]?(\d+)([kKMGTPE]?)i?B?")
_UNITS = {"": 1, "k": 2**10, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40, "P": 2**50, "E": 2**60}
_LARGE = 2 * 2**30  # bytes; more than a sandbox lets one file be
_BUILD_FILES = re.compile(
    r"(.*/)?(GNU)?([Mm]akefile|conftest\.py|package\.json|setup\.(py|cfg)|pyproject\.toml|tox\.ini|noxfile\.py|build\.(rs|gradle)|Cargo\.toml|"
    r"CMakeLists\.txt|[\w.-]+\.mk|Rakefile|Gruntfile\.js|gulpfile\.js|Justfile|(webpack|vite|jest|eslint|rollup)\.config\.\w+|pom\.xml)"
)
_COMPILERS = each("gcc g++ cc c++ clang clang++ rustc go nim ghc swiftc gfortran")


def judge(judge: Judging, script: Script, found: list[Finding], text: str) -> list[Finding]:
    more = [
        *_leaks(judge, script, found, text),
        *_made_and_run(judge, script),
        *_fills(judge, script),
        *_empties(judge, script),
        *_carries_off(judge, script),
        *_shows_keys(judge, script),
    ]
    killed = [part for part in script.segments if part.program in ("kill", "xargs") and "pgrep" not in part.program]
    if killed and any(part.program in ("pgrep", "pidof") and "orchestrator" in part.text for part in script.segments):
        more.append(guard(judge, killed[0], "This would end the server that guards it."))
    return more


_SENDS = re.compile(r"urlopen|urllib|requests?\.\w+\(|httpx?\.|aiohttp|socket|fetch\(|axios|Net::HTTP|curl|smtplib")
_ENVIRONMENT = re.compile(
    r"os\.environ\b(?!\s*(?:\[|\.get))|process\.env\b(?!\s*[.\[])|\bENV\.to_h|dict\(environ|getenv\(\)"
)


def _carries_off(judge: Judging, script: Script) -> list[Finding]:
    """A file that is written or changed here, and carries the environment away when it is run."""
    texts = [one.content for one in script.redirects if one.content]
    texts += [part.text for part in script.segments if part.program in ("sed", "perl", "tee", "printf", "echo")]
    texts += [part.fed for part in script.segments if part.fed and part.program in ("tee", "patch", "git")]
    if not any(_SENDS.search(text) and _ENVIRONMENT.search(text) for text in texts):
        return []
    part = script.segments[-1]
    reason = f"{part.program} would run what this command itself writes, which sends the environment away."
    return [judge.ask(part, "written_and_run", reason, "Write it first, with write_file, then run it.")]


_KEYS = re.compile(r"AKIA|ASIA|gh[pousr]_|glpat-|sk_live|xox[abp]|PRIVATE KEY|_SECRET|SECRET_|password", re.IGNORECASE)


def _shows_keys(judge: Judging, script: Script) -> list[Finding]:
    """git log -p -S AKIA: keys that stood in the history."""
    logs = [part for part in script.segments if part.program == "git" and "log" in part.arguments[:1]]
    full = [part for part in logs if {"-p", "-u", "--patch", "-U0"} & set(part.arguments)]
    sought = [part for part in script.segments if part in full or part.program in ("grep", "egrep", "rg")]
    if not full or not any(_KEYS.search(" ".join(part.arguments)) for part in sought):
        return []
    reason = "The history usually holds a password or a key where one is looked for, which the model would see."
    return [judge.ask(full[0], "reveals_secret", reason, "Look for the commits alone, without -p.")]


def guard(judge: Judging, segment: Segment, reason: str) -> Finding:
    return judge.deny(segment, "guard", reason, "Ask the person: they answer on the page or in the terminal.")


def decodes(segment: Segment) -> bool:
    """Whether it turns text into other text that nobody could read before."""
    words = segment.arguments
    if segment.program in ("base64", "base32", "basenc"):
        return bool({"d", "D"} & set(letters(words)) or "--decode" in words)
    if segment.program == "openssl":
        return "-d" in words
    if segment.program in ("gzip", "bzip2", "xz", "zstd"):
        return "d" in letters(words)
    return (segment.program == "xxd" and "r" in letters(words)) or segment.program in each(
        "rev tr gunzip zcat bzcat xzcat uudecode"
    )


def _leaks(judge: Judging, script: Script, found: list[Finding], text: str) -> list[Finding]:
    senders = [part for part in script.segments if KINDS.get(part.program) == "network" or _git_sends(part)]
    assigned = {name for part in script.segments for name, _ in part.assignments}
    named = [name for name in _SECRET_VARIABLE.findall(text) if name not in assigned]
    if senders and any(finding.code == "credentials" for finding in found):
        reason = (
            f"This command reads what usually holds passwords or keys, and {senders[0].program} could send it away."
        )
        return [judge.deny(senders[0], "exfiltration", reason, "Do one of them at a time, and show what is sent.")]
    more: list[Finding] = []
    for part in senders:
        plain = re.sub(r"(-H|--header|-u|--user|--oauth2-bearer)[ =]?(\"[^\"]*\"|'[^']*'|\S+)", "", part.text)
        if any(name not in assigned for name in _SECRET_VARIABLE.findall(plain)):
            reason = f"{part.program} would write a secret into an address or a text that it sends."
            more.append(judge.deny(part, "exfiltration", reason, "Give it in a header, or name a secret of the vault."))
    looked = [
        part
        for part in script.segments
        if part.program in ("grep", "egrep", "rg", "awk", "sed") and _NAMED.search(part.text)
    ]
    if looked and any(part.program in ("env", "printenv", "set", "export", "declare") for part in script.segments):
        named.append("The environment")
    shows = [
        part
        for part in script.segments
        if part.program == "printenv" and any(re.fullmatch(_SECRET_NAME, w) for w in part.arguments)
    ]
    if (named or shows) and not more and script.segments:
        name = named[0] if named else shows[0].arguments[0]
        reason = f"{name} usually holds a password or a key, which the model would see."
        more.append(
            judge.ask(
                shows[0] if shows else script.segments[-1],
                "reveals_secret",
                reason,
                "Ask the person for the one value that is needed.",
            )
        )
    return more


def _git_sends(part: Segment) -> bool:
    return part.program == "git" and bool(GIT_NETWORK.intersection(part.arguments[:1]))


def _made_and_run(judge: Judging, script: Script) -> list[Finding]:
    """Code that this same command writes or fetches, and then runs."""
    made = {_plain(redirect.target) for redirect in script.redirects if redirect.operator in (">", ">>", "&>", ">|")}
    whole = written(script)
    read = {
        _plain(one.target): one.content
        for one in script.redirects
        if one.content is not None and _plain(one.target) in whole
    }
    found: list[Finding] = []
    fetches = decoded = False
    for part in script.segments:
        fetches = fetches or KINDS.get(part.program) == "network"
        decoded = decoded or decodes(part)
        made |= makes(part)
    names = {name.rpartition("/")[2] for name in made} - {""}
    if not names:
        return []
    for part in script.segments:
        file = _runs(part)
        if file is None or not (
            file.rpartition("/")[2] in names or (file == "a build" and any(map(_BUILD_FILES.fullmatch, made)))
        ):
            continue
        if fetches or decoded:
            come = "fetched" if fetches else "decoded"
            reason = f"{part.program} would run what this command has just {come}, which nobody has seen."
            return [judge.deny(part, "piped_code", reason, "Show the file first, then run it.")]
        if file == "a build" and len(builds := [name for name in made if _BUILD_FILES.fullmatch(name)]) == 1:
            file = builds[0]
        if file in read and (content := read[file]) is not None:
            found += judge.written(part, file, content)
            continue
        reason = f"{part.program} would run what this command itself writes."
        found.append(judge.ask(part, "written_and_run", reason, "Write it first, with write_file, then run it."))
    return found


_REACHES_OUT = re.compile(
    r"\b(system|popen\w*|exec\w*|posix_spawn\w*|fork|vfork|dlopen|socket|connect|unlink\w*|remove\w*|rmdir|rename\w*|"
    r"syscall|chmod|truncate|ftruncate|dlsym|asm|__asm__|Command|os/exec|net|Remove\w*|File::create|process::|shell|unsafe|include_str|url|curl\w*|"
    r"download\.file|eval|parse|source|do\.call|match\.fun|get|dyn\.load|os\.\w+|io\.\w+|run|delete|load\w*)\b|`|##|\\\n|"
    r"[\"'][^\"'\n]*(?:\.(?:env|pem|key|git|ssh|aws|npmrc|netrc)\b|id_rsa|secret|token|credential|passw)|"
    r"\.C\(|\.Call\(|\bSys\.setenv|#\s*include\b(?!\s*(?:<[\w/]+(\.h)?>|\"[\w.]+\"))|[\"'](?:/\w|~|[^\"'\n]*(?:://|\.\./))"
)
_READ_LIKE_C = each("go Rscript R julia lua luajit octave")


def bounded(program: str, text: str) -> bool:
    """Whether a program that the command writes only calculates and shows, in a language that is read no closer."""
    return program in _READ_LIKE_C and not _REACHES_OUT.search(text)


_LEAVES_IT = each("chmod cat ls rm wc head tail bat")


def written(script: Script, reading: frozenset[str] = frozenset()) -> set[str]:
    """Files whose whole text this command writes, and which are read when they are run, or by those that are named."""
    counts = [_plain(redirect.target) for redirect in script.redirects if ">" in redirect.operator]
    known = {_plain(one.target) for one in script.redirects if one.operator == ">" and one.content is not None}
    touched = {name for part in script.segments for name in makes(part)}
    for part in script.segments:
        if part.program not in _LEAVES_IT | reading and _runs(part) not in known:
            touched |= {_plain(word) for word in part.arguments}
    return {name for name in known - touched if counts.count(name) == 1}


def compiled(script: Script) -> set[str]:
    """Programs that this command compiles, from sources of the workspace, or from its own that reach no further."""
    whole = written(script, frozenset(part.program for part in script.segments if part.program in _COMPILERS))
    texts = {_plain(one.target): one.content or "" for one in script.redirects if _plain(one.target) in whole}
    made = {_plain(redirect.target) for redirect in script.redirects} | {
        name for part in script.segments for name in makes(part)
    }
    made -= {name for name, text in texts.items() if "\n" in text.strip() and not _REACHES_OUT.search(text)}
    found: set[str] = set()
    for part in script.segments:
        words = [_plain(word) for word in part.arguments]
        if part.program not in _COMPILERS or made.intersection(words):
            continue
        named = {after for option, after in pairwise(words) if option == "-o"}
        stems = {word.rpartition("/")[2].rpartition(".")[0] for word in words if word.endswith((".rs", ".nim", ".hs"))}
        found |= named or stems or {"a.out"}
    return found - {""}


def temporary(script: Script) -> frozenset[str]:
    """Files of /tmp that this command makes, where nothing of it is fetched or decoded."""
    if any(KINDS.get(part.program) == "network" or decodes(part) for part in script.segments):
        return frozenset()
    made = {one.target for one in script.redirects if one.operator in (">", ">>", "&>", "&>>", ">|")}
    for part in script.segments:
        words = part.arguments
        named = [word for word in words if not word.startswith("-")]
        made |= {after for option, after in pairwise(words) if option in PRODUCED}
        made |= {word.partition("=")[2] for word in words if word.partition("=")[0] in PRODUCED}
        made |= set(named if part.program in ("tee", "mkdir", "touch") else named[-1:] if part.program == "cp" else ())
        made |= set(environments(part))
    return frozenset(name.rstrip("/") for name in made if _IN_TMP.fullmatch(name) and ".." not in name.split("/"))


def fresh(script: Script) -> frozenset[str]:
    """Files that this command makes, where nothing is moved into its folders: whatever was not there may go again."""
    for part in script.segments:
        moves = part.program in ("mv", "ln", "rsync") or (part.program == "git" and part.arguments[:1] == ("mv",))
        if moves or part.folders != {""}:
            return frozenset()
    made = {one.target for one in script.redirects if ">" in one.operator}
    for part in script.segments:
        named = [word for word in part.arguments if not word.startswith("-")]
        if part.program in ("tee", "mkdir", "touch"):
            made |= set(named)
        elif part.program == "cp" and len(named) == 2:
            made.add(named[1])
    return frozenset(name.rstrip("/") for name in made if not uncertain(name) and ".." not in name.split("/"))


def environments(part: Segment) -> list[str]:
    """The folder of python -m venv FOLDER, and its like."""
    words = part.arguments
    if part.program == "virtualenv" or (part.program == "uv" and words[:1] == ("venv",)):
        return [word for word in words if not word.startswith("-") and word != "venv"][:1]
    if not part.program.startswith("python") or ("-m", "venv") not in pairwise(words):
        return []
    return [word for word in words[words.index("venv") + 1 :] if not word.startswith("-")][:1]


_APART = re.compile(r"(?:[^\n;|&]|>&\d|&>)*(?<![>&])&(?![&>\d])")


def serves(script: Script, text: str) -> bool:
    """Whether it begins a program of the project in the background: a server, that it may ask things of."""
    begun = [part for part in script.segments if KINDS.get(part.program) in ("developer", "interpreter")]
    begun += [part for part in script.segments if "/" in part.program or part.program in WRAPPERS]
    ends = (match.end() for part in begun for match in re.finditer(re.escape(part.text), text))
    return any(_APART.match(text, end) for end in ends)


_IN_TMP = re.compile(r"/tmp/[\w.+@/-]+")
_PREFIX = re.compile(
    r"(?:--prefix|--install-prefix|-DCMAKE_INSTALL_PREFIX(?::\w+)?|DESTDIR|PREFIX|prefix)=(.*)", re.DOTALL
)


def installs_here(judge: Judging, script: Script) -> bool:
    """Whether every place that a build is told to install to is inside the workspace."""
    told = [
        (part, match[1]) for part in script.segments for word in part.arguments if (match := _PREFIX.fullmatch(word))
    ]
    told += [
        (part, after) for part in script.segments for word, after in pairwise(part.arguments) if word == "--prefix"
    ]
    return bool(told) and all(judge.reach(part).places(place) <= {"inside"} for part, place in told)


def _plain(word: str) -> str:
    return shown(word).removeprefix("./")


def makes(part: Segment) -> set[str]:
    words = [_plain(word) for word in part.arguments]
    named = [word for word in words if not word.startswith("-")]
    if part.program == "tee":
        return set(named)
    if part.program in ("cp", "mv", "install", "ln") and named:
        return {named[-1], f"{named[-1].rstrip('/')}/{named[0].rpartition('/')[2]}"}
    if part.program in ("curl", "wget"):
        after = {word for option, word in pairwise(words) if option in ("-o", "-O", "--output", "--output-document")}
        attached = {word[2:] for word in words if re.fullmatch(r"-[oO][^-].*", word)}
        return after | attached | {word.rstrip("/").rpartition("/")[2] for word in named}
    return set()


def _option(before: tuple[str, ...], word: str) -> bool:
    return word.startswith("-") or before in (("-X",), ("-W",))  # python -X dev FILE


_BUILDS = each("make gmake npm yarn pnpm pytest tox nox gradle mvn cargo cmake rake npx")


def _runs(part: Segment) -> str | None:
    """The file of code that it would run; "a build" for those that look for theirs."""
    kind = KINDS.get(part.program)
    if kind in ("shell", "interpreter") or part.program in ("source", "."):
        named = [word for at, word in enumerate(part.arguments) if not _option(part.arguments[at - 1 : at], word)]
        return _plain(named[0]) if named else None
    if part.program == "sed" or part.program.endswith("awk"):
        return next((_plain(file) for file in values_of(part.arguments, ("-f", "--file"))), None)
    if part.program == "go" and part.arguments[:1] == ("run",):
        named = [word for word in part.arguments[1:] if word.endswith(".go")]
        return _plain(named[0]) if named else None
    if part.program in _BUILDS:
        return "a build"
    return _plain(part.program) if "/" in part.program else None


def _fills(judge: Judging, script: Script) -> list[Finding]:
    bounded = any(part.program == "head" for part in script.segments)
    sources = [redirect.target for redirect in script.redirects if redirect.operator == "<"]
    for part in script.segments:
        words = [shown(word) for word in part.arguments]
        drawn = any(
            f"--random-source=<({part.text})" in other.text for other in script.segments
        )  # as much as is needed
        fed = [other.program for other in script.segments if part in other.feeders]
        taken = bool(fed) and all("/" in name or KINDS.get(name) in ("developer", "interpreter") for name in fed)
        endless = (part.program == "yes" and not drawn and not taken) or (
            (KINDS.get(part.program) in ("reader", "writer") or part.program == "tr")
            and any(_ENDLESS.fullmatch(word.removeprefix("if=")) for word in [*words, *sources])
        )
        size = _asked_size(part, words)
        if (endless and not bounded and size is None) or (size or 0) > _LARGE:
            reason = f"{part.program} would write more than there is room for, or never end."
            return [judge.ask(part, "endless", reason, "Say how much, and let it be little (head -c 1M).")]
    return []


def _asked_size(part: Segment, words: list[str]) -> int | None:
    """Bytes that a program is told to make, where it is told."""
    if part.program == "dd":
        given = dict(word.partition("=")[::2] for word in words)
        block, count = _bytes(given.get("bs", "512")), _bytes(given.get("count", ""))
        return None if count is None or block is None else block * count
    option = {"head": "-c", "fallocate": "-l", "truncate": "-s"}.get(part.program)
    for at, word in enumerate(words):
        if option and word.startswith(option):
            return _bytes(word[2:] or "".join(words[at + 1 : at + 2]))
    return None


def _bytes(text: str) -> int | None:
    match = _SIZE.fullmatch(text)
    return int(match[1]) * _UNITS[match[2]] if match else None


def _empties(judge: Judging, script: Script) -> list[Finding]:
    """`> file` and `cat /dev/null > file` keep nothing of it."""
    silent = [
        part for part in script.segments if part.program not in ("", ":", "true") and part.arguments != ("/dev/null",)
    ]
    copied = [
        part
        for part in script.segments
        if (part.program == "cp" and "/dev/null" in part.arguments)
        or (part.program == "dd" and "if=/dev/null" in part.arguments)
    ]
    for redirect in script.redirects:
        if (
            redirect.operator in (">", ">|")
            and not silent
            and not uncertain(redirect.target)
            and not redirect.target.startswith("/dev/")
        ):
            part = Segment("shell", (), redirect.text, redirect.folders)
            reason = f"This would empty {shown(redirect.target)}."
            return [judge.ask(part, "destroys", reason, "Move it into a folder such as .trash instead.")]
    return [
        judge.ask(part, "destroys", f"This would empty {shown(part.arguments[-1])}.", "Move it instead.")
        for part in copied
    ]
