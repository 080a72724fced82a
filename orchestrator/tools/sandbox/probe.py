"""Which level of sandbox works here: each is tried for real with a harmless command, the strongest first."""

import asyncio
import shlex
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from orchestrator.kernel.errors import InvalidSettings, ToolFailed
from orchestrator.kernel.settings import Tools
from orchestrator.tools.sandbox.base import Isolation, Level, Limits, Opening, Outcome, Sandbox, Session
from orchestrator.tools.sandbox.bubblewrap import Bubblewrap
from orchestrator.tools.sandbox.cgroup import find
from orchestrator.tools.sandbox.launched import Bare, Landlock

_PROGRAMS = "/usr/local/bin:/usr/bin:/bin"  # never the caller's PATH
_ADVICE = "Install bubblewrap (for example: apt install bubblewrap), or use a kernel with Landlock (5.19 or later)."


class Refused:
    """No command runs: nothing here could confine it."""

    level: Level = "refused"
    isolation = Isolation(files="yes", network="yes", processes="yes", memory="yes", users="yes")

    def __init__(self, reasons: list[str]) -> None:
        self.detail = " ".join(["Commands are refused: no sandbox works here.", *reasons, _ADVICE])

    async def run(self, command: str, workspace: Path, limits: Limits) -> Outcome:
        raise ToolFailed("Commands cannot run: no sandbox works on this machine.", hint=_ADVICE)

    async def open(self, opening: Opening, workspace: Path, limits: Limits) -> Session:
        raise ToolFailed("Programs of others cannot run: no sandbox works on this machine.", hint=_ADVICE)


async def choose(settings: Tools) -> Sandbox:
    """The strongest sandbox that works, or the one that the settings ask for, or Refused."""
    wanted = settings.sandbox
    if wanted not in ("auto", "bubblewrap", "landlock", "none"):
        raise InvalidSettings(
            f"tools.sandbox cannot be {wanted!r}.", hint="It is auto, bubblewrap, landlock or, to loosen, none."
        )
    cgroups = await asyncio.to_thread(find)
    if wanted == "none":
        return Bare(cgroups)
    reasons: list[str] = []
    if wanted in ("auto", "bubblewrap"):
        program = shutil.which("bwrap", path=_PROGRAMS)
        if program is None:
            reasons.append("bubblewrap is not installed.")
        elif works := await _working(Bubblewrap(Path(program), cgroups), reasons):
            return works
    if wanted in ("auto", "landlock"):
        makes: tuple[Callable[[], Sandbox], ...] = (
            lambda: Landlock(cgroups, namespaces=True),
            lambda: Landlock(cgroups, namespaces=False),
        )
        for make in makes:
            if works := await _working(make(), reasons):
                return works
    return Refused(reasons)


async def _working(sandbox: Sandbox, reasons: list[str]) -> Sandbox | None:
    """The sandbox, if a command in it is not root, writes in its workspace, and nothing beside it."""
    folder = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="orchestrator-probe-"))
    try:
        workspace, canary = folder / "workspace", folder / "canary"
        workspace.mkdir()
        canary.write_text("secret")
        shown = shlex.quote(str(canary))
        command = (
            f'[ "$(id -u)" != 0 ] && echo inside > probe && ! grep -q secret {shown} 2>/dev/null && echo confined; '
            f"(echo touched > {shown}) 2>/dev/null; true"
        )
        outcome = await sandbox.run(command, workspace, Limits(seconds=5.0))
        untouched = canary.read_text() == "secret" and (workspace / "probe").exists()
        if outcome.exit_code == 0 and outcome.stdout == b"confined\n" and untouched:
            return sandbox
        said = outcome.stderr.decode("utf-8", "replace").strip().splitlines()
        reasons.append(f"{sandbox.detail} does not confine: {said[0] if said else f'code {outcome.exit_code}'}.")
    except (ToolFailed, OSError) as problem:
        reasons.append(f"{sandbox.detail} does not work: {problem}")
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, True)
    return None
