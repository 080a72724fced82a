"""The code kit: Python and JavaScript run in the sandbox, in the workspace; what they leave there is told.

The code is judged by policy as the command that would run it. Its file is in the sandbox's temporary folder, not in
the workspace. Figures of matplotlib that are still open at the end are saved, where that library is installed.
"""

import asyncio
import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from orchestrator.kernel.errors import ToolFailed, ToolRetry
from orchestrator.kernel.messages import Language
from orchestrator.tools.base import Context, Result, Tool
from orchestrator.tools.function import tool
from orchestrator.tools.kit import Equipment
from orchestrator.tools.kits.commands import Executed, executed, limits_of
from orchestrator.tools.kits.examples import code as said
from orchestrator.tools.workspace import Workspace, regular

_MOST = 600  # seconds that may be asked for; the settings decide what is given
_GRACE = 15.0
_LIMIT = 60_000  # bytes of code: it travels as one argument of a program
_SEEN = 5000  # files of the workspace that are looked at
_TOLD = 50
_PICTURE = 8 * 2**20  # bytes of a picture that is kept
_PICTURES = (".png", ".svg", ".jpg", ".jpeg", ".webp", ".gif")
_SKIPPED = frozenset({".git", "node_modules", ".venv", "__pycache__", ".cache"})

_FIGURES = """\
import atexit, sys

def _keep():
    plots = sys.modules.get("matplotlib.pyplot")
    for number in plots.get_fignums() if plots else ():
        plots.figure(number).savefig(f"plot-{number}.png", dpi=120, bbox_inches="tight")

atexit.register(_keep)
"""
_RUNNERS = {
    "py": 'mkdir "$TMPDIR/site" && cp "$TMPDIR/figures.txt" "$TMPDIR/site/sitecustomize.py" && export MPLBACKEND=Agg'
    ' MPLCONFIGDIR="$TMPDIR" PYTHONPATH="$TMPDIR/site:$PWD" && exec python3 "$TMPDIR/main.py"',
    "js": 'export NODE_PATH="$PWD/node_modules" && exec node "$TMPDIR/main.js"',
}


_NAMES = {"py": "Python", "js": "Node.js"}
_LACKING = {"py": "python3: not found", "js": "node: not found"}  # in the words of every shell
_NOT_FOUND = 127


class File(msgspec.Struct, frozen=True):
    path: str
    size: int


class Ran(msgspec.Struct, frozen=True):
    exit_code: Annotated[int, Meta(description="0 is success; 128 + n was ended by signal n")]
    stdout: str
    stderr: str
    timed_out: bool
    seconds: float
    files: Annotated[list[File], Meta(description="of the workspace that are new or changed")]
    picture: Annotated[str, Meta(description="the one of them that is kept with the run; empty: none")]
    note: str = ""

    def __str__(self) -> str:
        streams = [self.stdout.rstrip("\n")]
        streams += [f"[stderr]\n{self.stderr.rstrip()}"] if self.stderr.strip() else []
        streams += [f"[exit code {self.exit_code}]"] if self.exit_code else []
        streams += [f"[files: {', '.join(file.path for file in self.files)}]"] if self.files else []
        streams += [f"[{self.note}]"] if self.note else []
        return "\n".join(filter(None, streams)) or "[no output]"


def kit(equipment: Equipment) -> Sequence[Tool]:
    settings, sandbox = equipment.settings, equipment.sandbox
    usual = max(1, min(_MOST, int(settings.timeout)))

    async def run(code: str, ending: str, timeout: int, context: Context) -> Result:
        if len(code.encode()) > _LIMIT:
            raise ToolRetry(f"The code is longer than {_LIMIT} bytes.", hint="Write it to a file and run that.")
        if "\0" in code:
            raise ToolRetry(
                "A program holds no NUL byte.", hint="Write it as an escape, \\0, in a text of the program."
            )
        before = await asyncio.to_thread(_files, context.workspace)
        limits = limits_of(settings, timeout)
        outcome = executed(await sandbox.run(_command(code, ending), context.workspace, limits), sandbox, limits)
        if outcome.exit_code == _NOT_FOUND and outcome.stderr.rstrip().endswith(_LACKING[ending]):
            said_so, name = f"This machine has no {_NAMES[ending]} to run the program.", _NAMES[ending]
            raise ToolFailed(said_so, hint=f"Install {name} on it.", why="no_program", name=name)
        files = _left(before, await asyncio.to_thread(_files, context.workspace))
        return await asyncio.to_thread(_told, outcome, files, context)

    @tool(
        scope="execute",
        effects="once",
        category="code",
        place="sandbox",
        origin="file",
        examples=said.RUN_PYTHON,
        answers=_ANSWERS,
        timeout=settings.timeout + _GRACE,
        returns=Ran,
    )
    async def run_python(
        code: Annotated[str, Meta(description="a whole Python program; it says its results with print", min_length=1)],
        context: Context,
        timeout: Annotated[int, Meta(description="seconds it may take", ge=1, le=_MOST)] = usual,
    ) -> Result:
        """Run a Python program in the workspace, without network: its output, and the files it leaves."""
        return await run(code, "py", timeout, context)

    @tool(
        scope="execute",
        effects="once",
        category="code",
        place="sandbox",
        origin="file",
        examples=said.RUN_JAVASCRIPT,
        answers=_ANSWERS,
        timeout=settings.timeout + _GRACE,
        returns=Ran,
    )
    async def run_javascript(
        code: Annotated[
            str, Meta(description="a whole program for Node; it says results by console.log", min_length=1)
        ],
        context: Context,
        timeout: Annotated[int, Meta(description="seconds it may take", ge=1, le=_MOST)] = usual,
    ) -> Result:
        """Run a JavaScript program (Node) in the workspace, without network: its output, and the files it leaves."""
        return await run(code, "js", timeout, context)

    return (run_python, run_javascript)


_ANSWERS: dict[Language, str] = {
    "en": "{stdout}\n[{stderr}\n][Exit code {exit_code}.\n][Files:\n{files.path}][\n({note})]",
    "fr": "{stdout}\n[{stderr}\n][Code de sortie {exit_code}.\n][Fichiers :\n{files.path}][\n({note})]",
}  # fmt: skip


def _command(code: str, ending: str) -> str:
    """The code as a file in the temporary folder, run there; no line of it can end the text before its end."""
    pieces = [_written(f"main.{ending}", code)]
    if ending == "py":
        pieces.append(_written("figures.txt", _FIGURES))
    return "\n".join([*pieces, _RUNNERS[ending]])


def _written(name: str, text: str) -> str:
    end = f"END_{hashlib.sha256(text.encode()).hexdigest()}"
    return f"cat > \"$TMPDIR/{name}\" <<'{end}'\n{text}\n{end}"


def _files(folder: Path) -> dict[str, tuple[int, int]]:
    """The files of the workspace, when they were changed and how large they are; no link is followed."""
    with Workspace(folder).root():  # made if it is not there
        pass
    found: dict[str, tuple[int, int]] = {}
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name not in _SKIPPED)
        for name in names:
            path = Path(place, name)
            try:
                facts = path.lstat()
            except OSError:
                continue
            found[str(path.relative_to(folder))] = (facts.st_mtime_ns, facts.st_size)
        if len(found) > _SEEN:
            break
    return found


def _left(before: dict[str, tuple[int, int]], after: dict[str, tuple[int, int]]) -> list[File]:
    """What is new or changed."""
    fresh = sorted(path for path, what in after.items() if before.get(path) != what)
    return [File(path, after[path][1]) for path in fresh[:_TOLD]]


def _told(outcome: Executed, files: list[File], context: Context) -> Result:
    picture = next(
        (file for file in files if file.path.lower().endswith(_PICTURES) and 0 < file.size <= _PICTURE), None
    )
    kept = None if picture is None else _bytes(context.workspace, picture.path)
    ran = Ran(
        outcome.exit_code, outcome.stdout, outcome.stderr, outcome.timed_out, outcome.seconds, files,
        picture.path if picture and kept else "", outcome.note,
    )  # fmt: skip
    name = Path(picture.path).name if picture and kept else ""
    return Result(str(ran), msgspec.to_builtins(ran), kept, name)


def _bytes(folder: Path, path: str) -> bytes | None:
    try:
        with Workspace(folder).opened(path) as handle:
            regular(path, os.fstat(handle))
            with os.fdopen(os.dup(handle), "rb") as file:
                return file.read(_PICTURE)
    except ToolRetry:
        return None
