"""Git in the sandbox: a repository's own settings and hooks run no program, and none of its remotes is reached unseen.

Covers: hooks, pagers, editors, aliases, filters, drivers, helpers and includes in the repository's configuration (a
repository that sets any is refused, with what it sets), configuration of the user and the machine, prompts, transports
other than https, names that lead to private addresses (resolved once and pinned), redirects to other hosts. Does not
cover what a repository's files do when somebody runs them.
"""

import asyncio
import base64
import re
import shlex
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from msgspec import Struct

from orchestrator.kernel.addresses import written_out
from orchestrator.kernel.errors import NotAllowed, NotFound, ToolFailed, ToolRetry
from orchestrator.tools.base import Context
from orchestrator.tools.reaching import resolved
from orchestrator.tools.sandbox.base import Limits, Opening, Sandbox, Session
from orchestrator.tools.workspace import Workspace

SECONDS = 60.0
FETCHING = 300.0  # seconds
_KEPT = 200_000  # characters

_PLAIN = re.compile(
    r"core\.(repositoryformatversion|filemode|bare|logallrefupdates|ignorecase|precomposeunicode|symlinks|autocrlf|eol"
    r"|safecrlf|abbrev|quotepath)|remote\..*\.(url|fetch|tagopt|prune)|branch\..*\.(remote|merge|rebase|description)"
    r"|user\.(name|email)|init\.defaultbranch|pull\.(rebase|ff)|push\.(default|autosetupremote)|color\..*|gc\..*"
    r"|submodule\..*\.(url|active)|advice\..*|merge\.(conflictstyle|ff)|fetch\.(prune|parallel)|extensions\.objectformat",
    re.IGNORECASE,
)
_REF = re.compile(r"[A-Za-z0-9_@][A-Za-z0-9_@{}./~^+-]{0,199}")
_REMOTE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")
_UNKNOWN = re.compile(
    r"(?:pathspec|bad revision|invalid reference:|branch|ambiguous argument|merge:) '?([^' \n]+)'?"
    r"(?: did not match| not found|: unknown revision| - not something|$)",
    re.MULTILINE,
)
_NOTED = ("commit", "merge")  # with the key of the effect, in what git keeps of HEAD
_ENVIRONMENT = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_EDITOR": "true",
    "GIT_PAGER": "cat",
    "GIT_ASKPASS": "true",
    "GIT_SSH_COMMAND": "false",
    "GIT_PROTOCOL_FROM_USER": "0",
    "LC_ALL": "C.UTF-8",
}
_SETTINGS = {
    "core.hooksPath": "/dev/null",
    "core.logAllRefUpdates": "true",
    "core.fsmonitor": "false",
    "core.pager": "cat",
    "safe.directory": "*",
    "protocol.allow": "never",
    "commit.gpgSign": "false",
    "tag.gpgSign": "false",
    "gc.auto": "0",
    "submodule.recurse": "false",
    "http.followRedirects": "false",
    "credential.helper": "",
    "color.ui": "false",
}


class Said(Struct, frozen=True):
    code: int
    out: str
    wrong: str


class Remote(Struct, frozen=True):
    """A server that may be reached: its name stands for exactly these addresses."""

    url: str
    host: str
    settings: Mapping[str, str]
    environment: Mapping[str, str]


def reference(name: str) -> str:
    """Raises ToolRetry for what git could read as an option or a path elsewhere."""
    if not _REF.fullmatch(name) or ".." in name.replace("...", "..").replace("..", "", 1) or name.endswith(".lock"):
        raise ToolRetry(f"{name[:100]!r} is no name of a branch or commit.")
    return name


def own(said: str) -> str:
    """What git itself says, without what the server has it say."""
    lines = [line for line in said.splitlines() if not line.lstrip().startswith("remote:")]
    return "\n".join(re.sub(r"(remote error:).*", r"\1 it refuses.", line) for line in lines)


def failed(verb: str, told: Said) -> ToolFailed:
    """What git says of what it could not do."""
    said = (told.wrong.strip() or told.out.strip())[:1500] or f"git {verb} failed."
    unknown = _UNKNOWN.search(said)
    return ToolFailed(said, why="no_such_branch" if unknown else "", name=unknown[1] if unknown else "")


class Git:
    def __init__(self, sandbox: Sandbox, context: Context, path: str) -> None:
        self._sandbox = sandbox
        self._context = context
        self._workspace = Workspace(context.workspace)
        self.path = self._workspace.relative(path)
        self._named = frozenset[str]()

    async def checked(self) -> "Git":
        """This repository, once it is known that its settings are harmless. Raises ToolRetry, ToolFailed."""
        with self._workspace.directory(self.path):
            pass
        told = await self.run("config", "--local", "--no-includes", "--name-only", "--null", "--list")
        if told.code:
            hint = "git_clone makes a copy of one; `git init` in execute_command makes a new one."
            said = f"{self.path!r} is not in a git repository."
            raise ToolRetry(said, hint=hint, why="no_repository", path=self.path)
        self._named = frozenset(name for name in told.out.split("\0") if name)
        strange = sorted(name for name in self._named if not _PLAIN.fullmatch(name))
        if strange:
            raise ToolFailed(
                f"The repository {self.path} sets {', '.join(strange[:5])}: that can run programs or lead elsewhere.",
                hint="A person may look at .git/config; execute_command runs git with it, and asks.",
            )
        return self

    async def told(self, what: str = "%H") -> str | None:
        """The commit that the effect with this key led to, as git noted it, or its note (%gs); None: there is none."""
        noted = await self.run(
            "log", "--walk-reflogs", "-1", f"--format={what}", f"--grep-reflog={self._mark()}", "HEAD", "--"
        )
        return noted.out.strip() or None if noted.code == 0 else None

    async def note(self, what: str) -> None:
        """Have git keep it beside the key of this effect, where it keeps what became of HEAD."""
        await self.done("update-ref", f"-m{self._mark()} {what}", "HEAD", "HEAD")

    async def done(self, *words: str) -> str:
        """What git says. Raises ToolFailed where it fails."""
        told = await self.run(*words)
        if told.code:
            raise failed(words[0], told)
        return told.out

    async def run(self, *words: str) -> Said:
        noted = f"GIT_REFLOG_ACTION='{words[0]} {self._mark()}'" if words[0] in _NOTED else ""
        command = " ".join([self._exports(), noted, *(shlex.quote(word) for word in self._words(words))])
        outcome = await self._sandbox.run(command, self._context.workspace, Limits(seconds=SECONDS))
        if outcome.ended != "by itself":
            said = f"git {words[0]} was ended: its limit of {outcome.ended} was reached."
            raise ToolFailed(said, why="time_limit" if outcome.ended == "time" else "", tool="git", seconds=SECONDS)
        out, wrong = (data.decode("utf-8", "replace")[:_KEPT] for data in (outcome.stdout, outcome.stderr))
        return Said(outcome.exit_code, out, wrong)

    async def reach(self, remote: Remote, *words: str) -> str:
        """The same with the network, of which only this remote is answered. Raises ToolFailed."""
        quoted = " ".join(shlex.quote(word) for word in self._words(words, remote.settings))
        script = f'{self._exports()} {quoted} 2>&1; printf "\\n%s" "done $?"'
        opening = Opening(("/bin/sh", "-c", script), network=True, environment=remote.environment)
        lines: list[str] = []
        async with _session(self._sandbox, opening, self._context) as session:
            try:
                async with asyncio.timeout(FETCHING):
                    async for line in session.lines():
                        lines.append(line.decode("utf-8", "replace").rstrip("\n"))
            except TimeoutError:
                raise ToolFailed(f"{remote.host} took longer than {FETCHING:g} s.") from None
        said = "\n".join(lines[:-1]).strip()[-_KEPT:]
        if not lines or lines[-1] != "done 0":
            raise ToolFailed((said if words[0] != "clone" else own(said))[-1500:] or f"git {words[0]} failed.")
        return said

    def _words(self, words: tuple[str, ...], more: Mapping[str, str] = {}) -> list[str]:
        settings = {**_SETTINGS, **more}
        if "user.name" not in self._named:
            settings |= {"user.name": "AI Orchestrator", "user.email": "agent@localhost"}
        flags = [flag for name, value in settings.items() for flag in ("-c", f"{name}={value}")]
        return ["git", "--no-pager", *flags, "-C", self.path, *words]

    def _mark(self) -> str:
        return f"effect-{self._context.key}"

    def _exports(self) -> str:
        settings = " ".join(f"{name}={value}" for name, value in _ENVIRONMENT.items())
        return f'{settings} GIT_CEILING_DIRECTORIES="$(dirname "$PWD")"'

    async def url_of(self, remote: str) -> str:
        if not _REMOTE.fullmatch(remote):
            raise ToolRetry(f"{remote[:100]!r} is no name of a remote.")
        told = await self.run("config", "--local", "--no-includes", "--get", f"remote.{remote}.url")
        if told.code:
            raise ToolRetry(f"The repository has no remote {remote!r}.")
        return told.out.strip()

    async def remote(self, url: str, secret: str | None) -> Remote:
        """The server behind an address, which is public and speaks https. Raises ToolRetry, ToolFailed."""
        url, near = written_out(url), self._context.allow_loopback
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
        except ValueError:
            raise ToolRetry(f"{url[:200]!r} is not a usable address.") from None
        if parts.scheme != "https" and not (near and parts.scheme == "http"):
            raise ToolRetry(
                f"Git reaches https addresses only, not {url[:100]!r}.",
                hint="Most servers have one for each repository.",
            )
        if not host or parts.username or parts.password or any(mark in url for mark in " \t\n\"'\\"):
            raise ToolRetry(f"{url[:200]!r} is not a usable address.", hint="A token is given as a secret, by name.")
        addresses = await resolved(host, port, near)
        pinned = f"{host}:{port}:{','.join(addresses)}"
        settings = {f"protocol.{parts.scheme}.allow": "always", "http.curloptResolve": pinned}
        environment = dict[str, str]()
        if secret:
            try:
                token = await self._context.secret(secret, host=host)
            except (NotFound, NotAllowed) as error:
                raise ToolFailed(error.detail, hint=error.hint) from None
            basic = base64.b64encode(f"x-access-token:{token}".encode()).decode()
            environment = {
                "GIT_CONFIG_COUNT": "1",
                "GIT_CONFIG_KEY_0": f"http.{parts.scheme}://{parts.netloc}/.extraHeader",
                "GIT_CONFIG_VALUE_0": f"Authorization: Basic {basic}",
            }
        return Remote(url, host, settings, environment)


@asynccontextmanager
async def _session(sandbox: Sandbox, opening: Opening, context: Context) -> AsyncIterator[Session]:
    session = await sandbox.open(opening, context.workspace, Limits(seconds=FETCHING))
    try:
        yield session
    finally:
        await session.end()
