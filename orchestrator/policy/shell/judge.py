"""Judges every segment of a script by the program it starts. Severity is the worst of the parts.

A sandbox without network, confined to the workspace, stands behind every verdict: the aim here is
consent (deleting, reaching out, running code nobody saw) and the plainly catastrophic.
"""

import re
from collections.abc import Collection
from pathlib import Path

from msgspec import structs

from orchestrator.policy.base import Verdict
from orchestrator.policy.places import Places
from orchestrator.policy.shell import beyond, code, runners, snippets, texts, together, writers
from orchestrator.policy.shell.findings import Finding, Reach
from orchestrator.policy.shell.kinds import JUDGES
from orchestrator.policy.shell.programs import KINDS, PRIVILEGE, RUNNERS, WRAPPERS, of_a_target
from orchestrator.policy.shell.reader import Reader
from orchestrator.policy.shell.script import Bound, Doubt, Script, Segment, said
from orchestrator.policy.shell.variables import swaps
from orchestrator.policy.shell.words import AWAY, MADE, TILDE, UNSET, each, marked, shown, uncertain

NESTED = 4  # sh -c inside sh -c
MANY = 150  # texts inside one command that are read
WRAPPED = 16  # programs that only start another, one inside the other
_STANDARD = frozenset({"/bin", "/usr/bin", "/usr/local/bin", "/sbin", "/usr/sbin", "/usr/local/sbin"})
_VERSION = re.compile(r"-?\d+(\.\d+)*$")
_BUILT = re.compile(
    r"(^|/)(s?bin|build\w*|_build|target/(debug|release)|dist|out|cmake-build-\w+|\.build|zig-out/bin|dist-newstyle)/[\w./+-]+$"
)
_SETS = re.compile(r"[A-Za-z][\w.-]*=")
_SHEBANG = re.compile(r"#!\s*/(?:usr/)?bin/(?:env )?(?:ba|da|z|k)?sh\b")
_OWN_PROGRAMS = re.compile(
    r"(?:(?:\$PWD|\.)/)?(?:\.?venv/bin|node_modules/\.bin|vendor/bin)|(?:/usr(?:/local)?)?/s?bin|"
)
_LANGUAGES = {"py": "python3", "rb": "ruby", "pl": "perl", "php": "php", "js": "node", "mjs": "node", "lua": "lua"}
_SCRIPT = re.compile(rf"[^/].*/.*\.({'|'.join(_LANGUAGES)})")  # ./manage.py is python ./manage.py
_LOCAL_TOOLS = frozenset({"gradlew", "mvnw", "configure"})

_DOUBTS: dict[str, tuple[str, str]] = {
    "unreadable": ("Part of this command cannot be read for certain.", "Write it more plainly, one step at a time."),
    "too_long": ("This command is too long to be read.", "Put it in a script file of the workspace."),
    "too_deep": ("This command is nested too deeply to be read.", "Write it more plainly, one step at a time."),
    "hidden_characters": (
        "This command holds characters that do not show, or that look like others.",
        "Write it in plain characters.",
    ),
    "continued_word": ("A word of this command is broken over two lines.", "Keep each word on one line."),
    "disguise": ("This command uses $IFS in place of spaces, as commands do that want to hide.", "Use spaces."),
    "function": (
        "This command defines a function, which can stand for another program.",
        "Write the steps out, or put them in a script.",
    ),
    "subscript": ("This command sets an array element, whose index the shell evaluates.", "Use plain variables."),
    "expansion": ("This command expands a variable in a way that may run code.", "Use the plain variable."),
    "arithmetic": ("This command evaluates arithmetic over values that are not known.", "Use the calculate tool."),
    "condition": ("This condition means different things to different shells.", "Use [ … ] and separate conditions."),
    "steering_variable": (
        "This command sets a variable that can make other programs run in place of those named.",
        "Leave this variable as it is.",
    ),
    "endless": ("This loop never ends.", "Say when it ends, or sleep in it."),
    "huge": ("This counts further than anybody waits for.", "Say how far, and let it be little."),
    "moving": ("Which folder this command moves to is known only when it runs.", "Write the folder out."),
    "moving_loop": ("This command changes folder inside a loop.", "Put the body in parentheses, or use paths."),
}


def _only_helps(program: str, words: tuple[str, ...]) -> bool:
    """npm publish --help; what starts another program would hand the word on."""
    has_subcommands = KINDS.get(program) in ("developer", "administration", "network") and program not in _HOSTS_FIRST
    plain = all(re.fullmatch(r"[a-z][a-z-]*", word) for word in words[:-1]) and _RUNS.isdisjoint(words)
    return words[-1:] in (("--help",), ("-h",)) and 0 < len(words) <= 4 and has_subcommands and plain


def _of_tmp(reach: Reach, word: str) -> bool:
    return reach.places(word) <= {"temporary", "made"} and word.startswith("/tmp/") and ".." not in word


_RUNS = each("run exec x dlx start create eval compose debug attach ssh kubectl")
_HOSTS_FIRST = each("ssh curl wget nc ncat netcat socat telnet psql mysql mail sendmail df free docker-compose")


def _looks_or_runs(segment: Segment) -> bool:
    kind = "pure" if segment.program in ("", "cd", "tee", "export") else KINDS.get(segment.program)
    return kind in ("pure", "lister", "reader", "shell") or "/" in segment.program or segment.program in WRAPPERS


class Judge:
    """Of one call: its workspace, and the programs its owner lets run unasked."""

    def __init__(
        self, reader: Reader, workspace: Path, trusted: Collection[str] = (), hosts: Collection[str] = ()
    ) -> None:
        self.reader = reader
        self.places = Places(workspace)
        self.trusted = trusted
        self.hosts = hosts
        self.made: Collection[str] = frozenset()
        self.environments: Collection[str] = frozenset()
        self.wrote: Collection[str] = frozenset()
        self.installs_here = self.makes_nothing = self.serves = self.begins = self.alone = False
        self._texts = 0

    def command(self, text: str) -> tuple[Script, list[Finding]]:
        """A whole command line: each of its parts, and what they do together."""
        script = self.reader.read(text, {"0": ("bash",)})
        self.environments = {place for part in script.segments for place in together.environments(part)}
        self.made = together.compiled(script) | together.written(script)
        self.places.made, self.places.fresh = together.temporary(script), together.fresh(script)
        self.places.rebuilt = writers.rebuilt(script.segments)
        self.wrote = {name for part in script.segments for name in together.makes(part)}
        self.begins, self.alone = "$!" in text, len(script.segments) == 1
        self.serves = together.serves(script, text)
        self.installs_here = together.installs_here(self, script)
        self.makes_nothing = all(_looks_or_runs(part) for part in script.segments)
        return script, self.script(script, text=text)

    def script(self, script: Script, depth: int = 0, text: str = "") -> list[Finding]:
        found = [self._doubt(doubt) for doubt in script.doubts]
        for name in script.loops:
            reason = f"The function {name} starts itself again and again until the machine stops (a fork bomb)."
            found.append(Finding("deny", "fork_bomb", reason, name, name, alternative="Use a loop that ends."))
        for redirect in script.redirects:
            if redirect.target.isdigit() and redirect.operator in (">&", "<&"):
                continue
            if redirect.target.startswith(("/dev/tcp/", "/dev/udp/")):
                reason = f"This command opens a connection through {shown(redirect.target)}."
                found.append(
                    Finding(
                        "deny",
                        "raw_connection",
                        reason,
                        "shell",
                        redirect.text,
                        alternative="Use the http_request tool.",
                    )
                )
                continue
            reach = Reach(self.places, redirect.folders, "this command", redirect.text)
            mode = "read" if redirect.operator in ("<", "<&") else "write" if ">>" in redirect.operator else "replace"
            found.extend(reach.each(mode, [redirect.target]))
        unseen = [part for part in script.segments if KINDS.get(part.program) == "network" or together.decodes(part)]
        for segment in script.segments:
            found.extend(self.segment(segment, depth))
            found.extend(self._fetched(segment, unseen))
        return found + together.judge(self, script, found, text)

    def _fetched(self, segment: Segment, unseen: list[Segment]) -> list[Finding]:
        """bash <(curl …), sh -c "$(curl …)", eval "$(base64 -d …)": code that comes from the network, or is decoded."""
        runs = KINDS.get(segment.program) == "shell" or segment.program in ("eval", "source", ".")
        if not runs and not marked(segment.program):
            return []
        inside = [part for part in unseen if part is not segment and part.text in segment.text]
        if not inside:
            return []
        fetched = any(KINDS.get(part.program) == "network" for part in inside)
        come = "comes from the network" if fetched else "is decoded first"
        reason = f"{shown(segment.program) or 'This'} would run code that {come}, which nobody has seen."
        return [self.deny(segment, "piped_code", reason, "Save it to a file, show it, then run the file.")]

    def text(self, text: str, segment: Segment, depth: int, given: Bound | None = None) -> list[Finding]:
        """Code handed to a shell inside the command, with what its variables are."""
        self._texts += 1
        if uncertain(text) or depth >= NESTED or self._texts > MANY:
            reason = "The code that a shell would run is known only when it runs."
            return [self.ask(segment, "dynamic_code", reason, "Write the code out.")]
        inner = self.reader.read(shown(text), given or {})
        moved = tuple(
            structs.replace(part, folders=self._inside(part.folders, segment.folders)) for part in inner.segments
        )
        redirected = tuple(
            structs.replace(part, folders=self._inside(part.folders, segment.folders)) for part in inner.redirects
        )
        return self.script(structs.replace(inner, segments=moved, redirects=redirected), depth + 1)

    def _inside(self, folders: frozenset[str], outer: frozenset[str]) -> frozenset[str]:
        return frozenset(
            here
            if here.startswith(AWAY)
            else f"{base}/{here}".strip("/")
            if not base.startswith(AWAY)
            else f"{base}/{here}"
            for here in folders
            for base in outer
        )

    def segment(self, segment: Segment, depth: int = 0) -> list[Finding]:
        found = [one for name, value in segment.assignments for one in self.variable(segment, name, value)]
        if segment.program == "":
            return found
        if marked(segment.program) and not self._built_here(segment):
            return [
                *found,
                self.ask(
                    segment,
                    "indirect_program",
                    "Which program this starts is known only when it runs.",
                    "Name the program.",
                ),
                *self._taken_apart(segment, depth),
            ]
        if segment.indirect:
            found.append(
                self.ask(
                    segment,
                    "indirect_program",
                    "The name of the program is put together by the shell.",
                    "Name the program.",
                )
            )
        return found + self.program(segment, depth)

    def _taken_apart(self, segment: Segment, depth: int) -> list[Finding]:
        """r$@m: what is denied if the shell puts nothing there."""
        name = "".join(sign for sign in segment.program if not marked(sign))
        if name not in KINDS or depth >= NESTED:
            return []
        found = self.program(structs.replace(segment, program=name), depth + 1)
        return [one for one in found if one.verdict == "deny"]

    def _built_here(self, segment: Segment) -> bool:
        """build/tests/*: whichever program it is, it was built here."""
        named = segment.program
        folder = re.split(r"[*?\[]", shown(named).removeprefix("./"))[0]
        fresh = any(made.startswith(folder) for made in self.wrote)
        globs = not uncertain(named) and ".." not in named and not {TILDE, MADE} & set(named) and not fresh
        built = _BUILT.search(re.sub(r"[*?]", "x", shown(named))) is not None
        return globs and built and self.reach(segment).places(named) <= {"inside"}

    def variable(self, segment: Segment, name: str, value: str) -> list[Finding]:
        if name.startswith("ORCHESTRATOR_"):
            return [together.guard(self, segment, f"{name} is a setting of the server that guards it.")]
        if name == "IFS" and segment.program == "read":
            return []
        if name == "HOME" and value in (TILDE, MADE, UNSET):
            return []
        if name == "PATH" and all(map(_OWN_PROGRAMS.fullmatch, shown(value).split(":"))):
            return []
        if swaps(name, shown(value)) or self._leads_out(segment, name, value):
            reason = f"Setting {name} can make other programs run in place of those named."
            asked = self.ask(segment, "steering_variable", reason, "Leave this variable as it is.", program=name)
            return [asked, *self._worse(segment, value)]
        if "$(" in value or "`" in value:
            reason = f"The value of {name} holds code that could run later."
            return [self.ask(segment, "dynamic_code", reason, "Use plain values.", program=name)]
        host = beyond.database_of(name, shown(value) if not uncertain(value) else segment.text)
        if segment.program and host:
            reason = f"{segment.program} would reach the database at {host}."
            return [self.ask(segment, "network_program", reason, "Use a database of this machine.")]
        if beyond.everybody(value) and segment.program:
            reason = f"{segment.program} would answer every machine of the network."
            return [self.ask(segment, "exposes", reason, "Let it listen on 127.0.0.1.")]
        return []

    def _leads_out(self, segment: Segment, name: str, value: str) -> bool:
        """A place outside, handed to a program: a folder to load code from, a file to read or to write."""
        if not segment.program or uncertain(value) or name in ("TMPDIR", "TZ", "TEMP", "TMP"):
            return False
        reach = self.reach(segment)
        return any(reach.each("run", [part]) for part in beyond.led_to(value))

    def program(self, segment: Segment, depth: int) -> list[Finding]:
        found = self._program(segment, depth)
        asked = any(finding.verdict == "ask" for finding in found)
        if asked and not any(finding.verdict == "deny" for finding in found) and depth < NESTED:
            fed = [segment.fed, *(said(feeder) for feeder in segment.feeders[-1:])]
            texts = [*segment.arguments, *(text for text in fed if text)]
            found = found + [worse for text in texts for worse in self._worse(segment, text.strip())]
        return found

    def _worse(self, segment: Segment, word: str) -> list[Finding]:
        """What is asked is denied where a word of it, taken for a command, would be."""
        text = word.partition("exec=")[2] or (word.partition("=")[2] if _SETS.match(word) else word)
        return snippets.worse(self, segment, text.lstrip("!")) if " " in text and "\n" not in text else []

    def written(self, segment: Segment, file: str, content: str) -> list[Finding]:
        """A file of code that is written and run by the same command, where what is written can be read."""
        name = segment.program.rpartition("/")[2]
        shell = KINDS.get(name) == "shell" or name in ("source", ".") or _SHEBANG.match(content)
        if shell or (file.endswith(".sh") and not content.startswith("#!")):
            words = segment.arguments if "/" in segment.program else segment.arguments[1:]
            return self.text(content, segment, 1, code.given(file, words))
        if together.bounded(name, content):
            return []
        if KINDS.get(_VERSION.sub("", name)) == "interpreter":
            return code.written_code(self, segment, content.removeprefix("<?php"))
        if file.endswith(".py") and name in ("pytest", "tox", "nox"):
            from orchestrator.policy.shell import python  # its reader is large, and loaded when it is met

            return python.judge(self, segment, content)
        if name.endswith("awk"):
            return texts.awk(self, structs.replace(segment, arguments=(content.strip(),)))
        if (recipes := code.recipes(file, content)) is not None:
            return self.text(recipes, segment, 1)
        reason = f"{segment.program} would run what this command itself writes."
        return [self.ask(segment, "written_and_run", reason, "Write the file first, with write_file, then run it.")]

    def _program(self, segment: Segment, depth: int) -> list[Finding]:
        if depth > WRAPPED:
            reason = "This starts a program through too many others to be read."
            return [self.ask(segment, "indirect_program", reason, "Name the program.")]
        slashed = "/" in segment.program
        if slashed and (language := _SCRIPT.fullmatch(segment.program)) and not uncertain(segment.program):
            words = (segment.program, *segment.arguments)
            segment, slashed = structs.replace(segment, program=_LANGUAGES[language[1]], arguments=words), False
        name, found = self.known(segment)
        if name == "orchestrator" and segment.arguments not in (("--version",), ("--help",)):
            return [together.guard(self, segment, "This would drive the server that guards it.")]
        if not slashed and (segment.arguments in (("--version",), ("--help",)) or _only_helps(name, segment.arguments)):
            return found
        name = of_a_target(name)
        segment = structs.replace(segment, program=name)
        if name in WRAPPERS or name in PRIVILEGE or name in RUNNERS:
            return found + runners.judge(self, segment, depth)
        kind = KINDS.get(name) or KINDS.get(_VERSION.sub("", name))
        if name.startswith(("mkfs", "mke2fs")):
            kind = "destroyer"
        if kind is None:
            if slashed or name in self.trusted:
                return found or [one for one in beyond.judge(self, segment) if one.code in ("fetches", "exposes")]
            return found or [self.unknown(segment)]
        return found + [finding for finding in JUDGES[kind](self, segment, depth) if not self._trusts(finding)]

    def _trusts(self, finding: Finding) -> bool:
        return finding.program in self.trusted and finding.code in (
            "network_program",
            "git_network",
            "administration",
            "workspace_program",
            "subcommand",
        )

    def known(self, segment: Segment) -> tuple[str, list[Finding]]:
        """The plain name of a program, and what its path says against it."""
        folder, slash, name = segment.program.rpartition("/")
        if not slash:
            return name, []
        if folder in _STANDARD and (name in KINDS or name in WRAPPERS or name in PRIVILEGE or name in RUNNERS):
            return name, []
        reach = Reach(self.places, segment.folders, name, segment.text)
        inside = reach.places(segment.program) <= {"inside"}
        known = name in KINDS or _VERSION.sub("", name) in KINDS
        if inside and (_BUILT.search(segment.program) or self._built_here(segment)):
            return segment.program, []  # what was built here, which is the workspace's own code
        if inside and known and (folder.endswith("bin") or name in _LOCAL_TOOLS):
            return name, []
        shape = shown(segment.program) if inside else None
        if name in self.trusted or segment.program in self.trusted or name == "orchestrator":
            return name, []
        if shown(segment.program).removeprefix("./") in self.made and (inside or _of_tmp(reach, segment.program)):
            return name, []
        if known and folder.removesuffix("/bin") in self.environments and folder.endswith("/bin"):
            return name, []
        if inside and (read := code.read_script(self, segment, segment.program)) is not None:
            return name, read
        if inside and code.missing(self, segment, segment.program):
            return name, []
        where = "a program of the workspace" if inside else "not where programs of this machine are kept"
        reason = f"{shown(segment.program)} is {where}: what it does cannot be told from its name."
        return name, [
            self.ask(segment, "workspace_program", reason, "Look at the file first, then approve it.", shape, name)
        ]

    def unknown(self, segment: Segment) -> Finding:
        reason = f"{segment.program} is not a program this policy knows."
        other = "Use a common program, or let the owner add it to policy.programs."
        return self.ask(segment, "unknown_program", reason, other, segment.program)

    def ask(
        self, segment: Segment, code: str, reason: str, alternative: str, shape: str | None = None, program: str = ""
    ) -> Finding:
        return self.finding("ask", segment, code, reason, alternative, shape, program)

    def deny(self, segment: Segment, code: str, reason: str, alternative: str) -> Finding:
        return self.finding("deny", segment, code, reason, alternative)

    def finding(
        self,
        verdict: Verdict,
        segment: Segment,
        code: str,
        reason: str,
        alternative: str,
        shape: str | None = None,
        program: str = "",
    ) -> Finding:
        return Finding(verdict, code, reason, program or shown(segment.program), segment.text, "", alternative, shape)

    def reach(self, segment: Segment) -> Reach:
        return Reach(self.places, segment.folders, segment.program, segment.text)

    def _doubt(self, doubt: Doubt) -> Finding:
        reason, alternative = _DOUBTS[doubt.code]
        return Finding("ask", doubt.code, reason, "shell", doubt.text, alternative=alternative)
