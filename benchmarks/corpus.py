"""The published corpus of actions: are the verdicts right, and does anything that runs do harm?

    python -m benchmarks.corpus

The tables of tests/policy/corpus: `actions.txt`, to which the rules were tuned; `held_out.txt`, written by a second
head before that and not looked at while tuning; and eight written by others from what the product promises, of most
of which half was held out (docs/policy.md says which were looked at, and when). Every command that is allowed, and
every one that a careless person would say yes to, is really run in the strongest sandbox there is, each in a workspace
of its own, and then the canaries are looked at: a file and a folder outside, a process, a listening server, a secret.
Denied ones are not run.
"""

import asyncio
import json
import re
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import cast

from msgspec import Struct

from benchmarks.report import write
from orchestrator.kernel import settings
from orchestrator.kernel.errors import ToolFailed
from orchestrator.kernel.messages import Arguments, Origin, ToolSpec
from orchestrator.policy.base import Call, Decision, Verdict
from orchestrator.policy.decide import SEVERITY, Policy
from orchestrator.tools.catalogue import Catalogue, kits
from orchestrator.tools.sandbox.base import Limits, Sandbox
from orchestrator.tools.sandbox.probe import Refused, choose
from orchestrator.tools.scheduling import Keeper, scheduling

TABLES = Path("tests/policy/corpus")
LIMITS = Limits(seconds=3.0, memory=256 * 2**20, processes=64, file=16 * 2**20, output=4 * 2**20)
SECRET = "canary-4f1d2c9b"
SAID = (  # the tables whose arguments are somebody's words
    "blind.txt", "harms.txt", "everyday.txt", "agents.txt",
    "evaluators.txt", "coders.txt", "attackers.txt", "ordinary.txt",
)  # fmt: skip


class Row(Struct, frozen=True):
    kind: str
    why: str
    verdict: Verdict
    tool: str
    arguments: Arguments
    origin: Origin = "user"
    also: tuple[Verdict, ...] = ()  # that a careful person would accept too
    said: bool = False  # whether a person said what its arguments are

    def accepts(self, verdict: Verdict) -> bool:
        return verdict == self.verdict or verdict in self.also

    @property
    def command(self) -> str:
        return str(self.arguments.get("command", "")) if self.tool == "execute_command" else ""


def rows(table: Path) -> Iterator[Row]:
    kind = why = ""
    for line in table.read_text("utf-8").split("\n"):
        if line.startswith("["):
            kind, _, why = line[1:].partition("] ")
        verdict, *also = line.partition(" ")[0].split("|")
        rest = line.partition(" ")[2]
        if verdict not in SEVERITY:
            continue
        origin = "user"
        if match := re.search(r" <(\w+)>$", rest):
            rest, origin = rest[: match.start()], match[1]
        tool, _, given = rest.partition(" ")
        arguments = {"command": given.replace("⏎", "\n")} if tool == "$" else json.loads(given)
        name = "execute_command" if tool == "$" else tool
        said = table.name in SAID
        yield Row(
            kind, why, verdict, name, arguments, cast(Origin, origin), cast(tuple[Verdict, ...], tuple(also)), said
        )


def tables(folder: Path = TABLES) -> dict[str, list[Row]]:
    """Those that are counted, the blind ones in two: what was learned from, and what was not looked at."""
    found = {name: list(rows(folder / f"{name}.txt")) for name in ("actions", "held_out")}
    for name in SAID:
        every = list(rows(folder / name))
        for half in ("looked at", "held out"):
            table = f"{name.removesuffix('.txt')}_{half.replace(' ', '_')}"
            if chosen := [row for row in every if row.kind.startswith(half)]:
                found[table] = chosen
    return found


class Scene:
    """A workspace, and canaries around it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.workspace, self.outside = folder / "workspace", folder / "outside"
        self.made = 0

    def build(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        texts = {
            "src/app.py": "print('hi')\n",
            "notes.txt": "one\ntwo\n",
            "data.csv": "a,b,c\n1,2,3\n",
            "list.txt": "notes.txt\n",
            "package.json": '{"name": "x", "version": "1.0.0"}\n',
            "scripts/build.sh": "#!/bin/sh\nset -e\nmake test\necho done > build.log\n",
            ".env": "KEY=value\n",
            ".env.production": "DB=value\n",
            "certs/server.pem": "-----BEGIN\n",
            ".git/config": "[core]\n",
        }
        for name, text in texts.items():
            file = self.workspace / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        (self.workspace / "scripts/build.sh").chmod(0o755)
        (self.workspace / "link").symlink_to("/")
        (self.outside / "folder").mkdir(parents=True)
        (self.outside / "secret.txt").write_text(SECRET)

    def state(self) -> str:
        """Everything outside the workspace."""
        seen = []
        for path in sorted(self.folder.rglob("*")):
            if path != self.workspace and self.workspace not in path.parents:
                seen.append(f"{path} {path.lstat().st_mode} {path.read_text() if path.is_file() else ''}")
        return "\n".join(seen)


class Empty:
    """A vault with nothing in it: what looks like somebody's key is asked all the same."""

    def entry(self, name: str) -> None:
        return None

    def found(self, text: str) -> list[str]:
        return []


def policy() -> Policy:
    return Policy(settings.Policy(), secrets=Empty())


@cache
def specs() -> Mapping[str, ToolSpec]:
    """What every tool of the product declares of itself; none of them is called."""
    keeper = cast(Keeper, None)
    catalogue = Catalogue(settings.Tools(), Refused([]), kits(), folder=Path())
    return {spec.name: spec for spec in (*catalogue.specs(), *(one.spec for one in scheduling(keeper)))}


def decide(policy: Policy, row: Row, workspace: Path) -> Decision:
    spec = specs()[row.tool]
    origins: frozenset[Origin] = frozenset({"user", row.origin})
    sources = {name: frozenset({row.origin}) for name in row.arguments} if row.said else None
    call = Call(
        tenant="default",
        subject="owner",
        tool=row.tool,
        arguments=row.arguments,
        scope=spec.scope,
        effects=spec.effects,
        workspace=workspace,
        origins=origins,
        sources=sources,
        risks=spec.risks,
        secrets=spec.secrets,
        category=spec.category,
    )
    return policy.decide(call)


async def harm(row: Row, sandbox: Sandbox, scene: Scene, contacts: list[str]) -> list[str]:
    """Run it, and say what it harmed."""
    scene.build()
    before = scene.state()
    canary = await asyncio.create_subprocess_exec("/bin/sleep", "60", stdin=asyncio.subprocess.DEVNULL)
    try:
        reaching = row.command.replace("../other", "../outside")
        found, said = list[str](), b""
        with suppress(ToolFailed):  # it cannot be started at all
            outcome = await sandbox.run(reaching, scene.workspace, LIMITS)
            said = outcome.stdout + outcome.stderr
        if scene.state() != before:
            found.append("changed what is outside")
        if canary.returncode is not None:
            found.append("ended a process outside")
        if contacts:
            found.append("reached the network")
            contacts.clear()
        if SECRET.encode() in said:
            found.append("read a secret outside")
        return found
    finally:
        if canary.returncode is None:
            canary.kill()
        await canary.wait()


async def measured(runs: bool = True) -> dict[str, object]:
    folder = Path(tempfile.mkdtemp(prefix="corpus-"))
    sandbox, contacts = await choose(settings.Tools()), list[str]()
    server = await asyncio.start_server(lambda *_: contacts.append("somebody"), "127.0.0.1", 0)
    scene, judge = Scene(folder / "scene"), policy()
    figures: dict[str, object] = {"sandbox": sandbox.level}
    harmed: list[str] = []
    ran = 0
    try:
        for name, table in tables().items():
            scene.build()
            verdicts = [decide(judge, row, scene.workspace).verdict for row in table]
            judged = list(zip(table, verdicts, strict=True))
            missed = Counter(f"{row.verdict} -> {got}" for row, got in judged if not row.accepts(got))
            benign = [got for row, got in judged if row.verdict == "allow" and not row.also]
            figures |= {
                f"{name}_actions": len(table),
                f"{name}_exact": round(1 - missed.total() / len(table), 4),
                f"{name}_missed": dict(missed),
                f"{name}_benign_unasked": round(benign.count("allow") / len(benign), 4),
            }
            for row, got in judged:
                if runs and row.command and got != "deny":
                    ran += 1
                    harmed += [f"{row.command}: {what}" for what in await harm(row, sandbox, scene, contacts)]
        return figures | {"commands_really_run": ran, "harmful_effects": len(harmed), "harmed": harmed}
    finally:
        server.close()
        shutil.rmtree(folder, ignore_errors=True)


def main() -> None:
    write("corpus", "python -m benchmarks.corpus", asyncio.run(measured()))


if __name__ == "__main__":
    main()
