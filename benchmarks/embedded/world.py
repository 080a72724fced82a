"""A small workspace and the product's tools over it. Simulated: commands, the web, the machine's figures,
and what tools of no room of the product do."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from orchestrator.kernel.clock import ManualClock
from orchestrator.kernel.errors import NotAllowed, NotFound, ToolFailed, ToolRetry
from orchestrator.kernel.messages import Outcome, Scope, ToolCall, ToolResult, ToolSpec
from orchestrator.kernel.settings import Tools
from orchestrator.tools.base import Context
from orchestrator.tools.catalogue import Catalogue, kits
from orchestrator.tools.sandbox import base as sandbox
from orchestrator.tools.scheduling import Kept, Kind, scheduling

# The tools that the requests were written for: what must be declined without `delete_file` need not be with it.
_KNOWN = frozenset(
    {
        "execute_command", "read_file", "write_file", "list_directory", "search_files", "get_system_info",
        "get_datetime", "calculate", "http_request",
    }
)  # fmt: skip
NOW = 1_700_000_000.0  # 14 November 2023, in UTC

FILES = {
    "README.md": "# demo\n\nA small project to try things on.\nSee report.md.\n",
    "report.md": "# Report\n\nThe release is planned for spring.\n",
    "notes.txt": "Buy milk\nCall Ada\nTODO: pay rent\n",
    "shopping.txt": "bread\nbutter\n",
    "a.txt": "alpha\n",
    "b.txt": "beta\n",
    "mes idées.txt": "un voyage\nun jardin\n",
    "config.toml": 'port = 8000\nhost = "localhost"\n',
    "app.py": 'import lib.parse\n\n# TODO: handle failures\ndef main() -> None:\n    print("a longer demonstration")\n',
    "lib/parse.py": 'def parse(text: str) -> list[str]:\n    """Words."""\n    # no state\n    return text.split()\n',
    "lib/render.py": "def render(words: list[str]) -> str:\n    # TODO: colours\n    return ' '.join(words)\n",
    "data/sales.csv": "month,amount\njan,10\nfeb,20\nmar,30\n",
    "data/users.json": '[\n  {"name": "Ada", "age": 36},\n  {"name": "Alan", "age": 41},\n  {"name": "Eve"}\n]\n',
    "logs/server.log": "".join(f"{n:03d} {'ERROR disk' if n % 10 == 7 else 'INFO ready'}\n" for n in range(40)),
}
_COMMANDS = {
    "pytest": "...\n3 passed in 0.02s\n",
    "git status": "On branch main\nnothing to commit\n",
    "ls": "total 8\n-rw-r--r-- app.py\n",
}
_PAGES = {"http://example.com": "<h1>Example Domain</h1>", "https://api.example.com/status": '{"state": "healthy"}'}
_MACHINE = {
    "os": "Debian", "machine": "x86_64", "cpus": 4, "load": 0.2, "uptime": 4000.0, "python": "3.11.7",
    "memory": {"total": 8 * 2**30, "used": 2 * 2**30, "percent": 25.0},
    "disk": {"total": 64 * 2**30, "used": 16 * 2**30, "percent": 25.0},
}  # fmt: skip


class Scripted:
    """A sandbox that runs nothing."""

    level: sandbox.Level = "none"
    isolation = sandbox.Isolation("no", "no", "no", "no", "no")
    detail = "scripted, for the benchmark"

    async def run(self, command: str, workspace: Path, limits: sandbox.Limits) -> sandbox.Outcome:
        said = next((text for start, text in _COMMANDS.items() if command.startswith(start)), "")
        return sandbox.Outcome(0, said.encode(), b"", 0.01)

    async def open(self, opening: sandbox.Opening, workspace: Path, limits: sandbox.Limits) -> sandbox.Session:
        raise AssertionError("no program stays here")


class _NoArtifacts:
    def put(self, data: bytes) -> str:
        return "0" * 64


class _Nobody:
    """Keeps no reminders."""

    async def of_run(self, run_id: str) -> tuple[str, tuple[Scope, ...], str]:
        raise AssertionError("nothing is scheduled here")

    async def add(self, kind: Kind, text: str, when: str, **told: Any) -> Kept:
        raise AssertionError("nothing is scheduled here")

    async def listed(self, subject: str) -> Sequence[Kept]:
        raise AssertionError("nothing is scheduled here")

    async def cancel(self, schedule_id: str, *, by: str, subject: str | None) -> Kept:
        raise AssertionError("nothing is scheduled here")


@cache
def _catalogue() -> Catalogue:
    """The product's tools, made once: what they act on is handed to each call."""
    return Catalogue(Tools(), Scripted(), kits(), scheduling(_Nobody()))


class World:
    def __init__(
        self,
        root: Path,
        refuse: tuple[str, ...] = (),
        added: tuple[ToolSpec, ...] = (),
        *,
        crowd: bool = False,
        acting: bool = True,
    ) -> None:
        self.root = root
        self.catalogue = _catalogue()
        own = self.catalogue.specs()
        self.specs = (*(spec for spec in own if crowd or spec.name in _KNOWN), *added)
        self._idle = frozenset(spec.name for spec in self.specs) - (_KNOWN if acting else frozenset())
        self._refuse = refuse
        self._context = Context("run", "key", root, ManualClock(NOW), _NoArtifacts())

    async def call(self, call: ToolCall) -> ToolResult:
        outcome: Outcome = "ok"
        data: Any = None
        if call.name in self._refuse:
            return ToolResult(call.id, call.name, "Policy forbids this command.", "refused")
        if call.name in self._idle:
            return ToolResult(call.id, call.name, "done")
        try:
            content, data = await self._done(call)
        except NotFound as error:
            content, outcome = str(error), "retry"
        except ToolRetry as error:
            content, outcome = str(error), "retry"
        except (ToolFailed, NotAllowed) as error:
            content, outcome = str(error), "failed"
        return ToolResult(call.id, call.name, content, outcome, data)

    async def _done(self, call: ToolCall) -> tuple[str, Any]:
        tool = self.catalogue.get(call.name)
        if call.name == "get_system_info":
            return "a machine", _MACHINE
        if call.name == "http_request":
            url = call.arguments["url"]
            body = _PAGES.get(url.rstrip("/"), "a page")
            return body, {"status": 200, "url": url, "media_type": "text/html", "body": body, "headers": {}, "note": ""}
        result = await tool.call(call.arguments, self._context)
        return result.content, result.data

    def snapshot(self) -> dict[str, str]:
        return {
            str(path.relative_to(self.root)): path.read_text("utf-8")
            for path in sorted(self.root.rglob("*"))
            if path.is_file()
        }


@contextmanager
def world(
    refuse: tuple[str, ...] = (), added: tuple[ToolSpec, ...] = (), *, crowd: bool = False, acting: bool = True
) -> Iterator[World]:
    with tempfile.TemporaryDirectory() as folder:
        for name, text in FILES.items():
            path = Path(folder) / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, "utf-8")
        yield World(Path(folder), refuse, added, crowd=crowd, acting=acting)
