"""The commands kit: a shell command, in the sandbox, in the workspace."""

import signal
from collections.abc import Sequence
from typing import Annotated

import msgspec

from orchestrator.kernel.settings import Tools
from orchestrator.tools.base import Context, Tool
from orchestrator.tools.function import tool
from orchestrator.tools.kit import Equipment
from orchestrator.tools.kits.examples.commands import EXECUTE_COMMAND
from orchestrator.tools.sandbox.base import Limits, Outcome, Sandbox
from orchestrator.tools.workspace import Workspace

_MOST = 600  # seconds that may be asked for; the settings decide what is given
_GRACE = 15.0  # seconds for the sandbox to end a command before the tool's own limit strikes


class Executed(msgspec.Struct, frozen=True):
    exit_code: Annotated[int, msgspec.Meta(description="0 is success; 128 + n was ended by signal n")]
    stdout: str
    stderr: str
    timed_out: bool
    seconds: float
    sandbox: Annotated[str, msgspec.Meta(description="the level of isolation it ran at")]
    note: Annotated[str, msgspec.Meta(description="why it was ended early or what is left out, if so")] = ""

    def __str__(self) -> str:
        streams = [self.stdout.rstrip("\n")]
        if self.stderr.strip():
            streams.append(f"[stderr]\n{self.stderr.rstrip()}")
        if self.exit_code:
            streams.append(f"[exit code {self.exit_code}]")
        if self.note:
            streams.append(f"[{self.note}]")
        return "\n".join(filter(None, streams)) or "[no output, exit code 0]"


def kit(equipment: Equipment) -> Sequence[Tool]:
    settings, sandbox = equipment.settings, equipment.sandbox
    usual = max(1, min(_MOST, int(settings.timeout)))

    @tool(
        scope="execute",
        effects="once",
        category="system",
        place="sandbox",
        origin="file",
        examples=EXECUTE_COMMAND,
        answers={
            "en": "{stdout}\n[{stderr}\n]Exit code {exit_code}.[ ({note})]",
            "fr": "{stdout}\n[{stderr}\n]Code de sortie {exit_code}.[ ({note})]",
        },
        timeout=settings.timeout + _GRACE,
    )
    async def execute_command(
        command: Annotated[str, msgspec.Meta(description="a shell command line", min_length=1, max_length=32_000)],
        context: Context,
        timeout: Annotated[int, msgspec.Meta(description="seconds it may take", ge=1, le=_MOST)] = usual,
    ) -> Executed:
        """Run a shell command in the workspace, without network, and return its output and exit code."""
        limits = limits_of(settings, timeout)
        with Workspace(context.workspace).root():  # made if it is not there
            pass
        return executed(await sandbox.run(command, context.workspace, limits), sandbox, limits)

    return (execute_command,)


def limits_of(settings: Tools, seconds: float) -> Limits:
    return Limits(
        seconds=min(seconds, settings.timeout),
        memory=settings.memory_mb * 2**20,
        processes=settings.processes,
        file=settings.file_mb * 2**20,
    )


def executed(outcome: Outcome, sandbox: Sandbox, limits: Limits) -> Executed:
    notes = []
    if outcome.ended == "time":
        notes.append(f"stopped after {limits.seconds:g} seconds, its time limit")
    elif outcome.ended == "output":
        notes.append(f"stopped because it wrote more than {limits.output // 2**20} MB")
    elif outcome.exit_code > 128 and outcome.exit_code - 128 in set(signal.Signals):
        notes.append(f"ended by {signal.Signals(outcome.exit_code - 128).name}")
    if outcome.left_out:
        notes.append(f"{outcome.left_out} bytes of output were not kept")
    return Executed(
        exit_code=outcome.exit_code,
        stdout=outcome.stdout.decode("utf-8", "replace"),
        stderr=outcome.stderr.decode("utf-8", "replace"),
        timed_out=outcome.ended == "time",
        seconds=round(outcome.seconds, 3),
        sandbox=sandbox.level,
        note="; ".join(notes),
    )
