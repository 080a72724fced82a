"""A tool that reads or writes files, told whose words they hold: what a stranger wrote stays a stranger's in a file."""

import asyncio
import contextlib
import hashlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from msgspec import structs

from orchestrator.kernel.errors import ToolError
from orchestrator.kernel.messages import Arguments, Json
from orchestrator.policy.marks import mark, marked, names_marked
from orchestrator.policy.screen.repeats import ROW, repeats
from orchestrator.tools.base import Context, Result, Tool
from orchestrator.tools.files.moving import kept
from orchestrator.tools.workspace import Workspace
from orchestrator.tools.wrapper import Wrapper

MOSTLY = 0.5  # of what is written
KEPT = "What was there before is kept in the trash:"
_PATHS = frozenset({"path", "file"})  # not what is copied, moved or packed: that carries its marks itself
_SHOWN = 200  # files whose text is in one result


class Marking(Wrapper):
    """Around a tool whose results hold the words of files, or that writes them."""

    async def call(self, arguments: Arguments, context: Context) -> Result:
        if self.spec.scope != "write":
            result = await self._tool.call(arguments, context)
            strange = await asyncio.to_thread(_reads, arguments, result, context.workspace)
            return structs.replace(result, origin="web") if strange else result
        strange, trash = await asyncio.to_thread(_before, arguments, context)
        result = await self._tool.call(arguments, context)
        if strange:
            await asyncio.to_thread(_mark, context.workspace, _target(arguments))
        return structs.replace(result, content=f"{result.content}\n{KEPT} {trash}.") if trash else result


def marking(tool: Tool) -> bool:
    """Whether a tool is one for whom it matters."""
    return tool.spec.origin == "file" or (tool.spec.scope == "write" and tool.spec.category == "files")


def _reads(arguments: Arguments, result: Result, folder: Path) -> bool:
    named = [value for name, value in arguments.items() if name != "text"]
    texts = [each for value in named for each in (value if isinstance(value, list) else [value])]
    return any(names_marked(folder, text) for text in texts if isinstance(text, str)) or any(
        marked(folder, path) for path in _shown(result.data)
    )


def _shown(data: Json) -> Iterator[str]:
    """The files whose lines a search has found."""
    matches = data.get("matches") if isinstance(data, dict) else None
    for match in matches[:_SHOWN] if isinstance(matches, list) else ():
        if isinstance(match, dict) and isinstance(path := match.get("path"), str):
            yield path


def _writes(arguments: Arguments, context: Context) -> bool:
    """Whether what is about to be written is a stranger's: most of it, or what it comes from or is added to."""
    anew = "content" in arguments and not arguments.get("append")
    kept = [value for name, value in arguments.items() if name in _PATHS]
    if not anew and any(isinstance(path, str) and marked(context.workspace, path) for path in kept):
        return True
    text, strangers = _added(arguments), context.strangers()
    if not strangers or not text:
        return False
    if len(text.split()) < ROW:
        return any(" ".join(text.split()) in " ".join(said.split()) for said in strangers)
    return sum(end - start for start, end in repeats(text, strangers)) >= MOSTLY * len(text)


def _before(arguments: Arguments, context: Context) -> tuple[bool, str]:
    """Whether what is written is a stranger's; and where a file is kept that is written over after strangers were read.

    As it was before the run: nothing that a page says costs the person what they had.
    """
    trash = ""
    if not arguments.get("append") and "destination" not in arguments and context.strangers():
        path = _target(arguments)
        key = hashlib.sha256(f"{context.run_id}\0{path}".encode()).hexdigest()
        with contextlib.suppress(OSError, ToolError):
            trash = kept(Workspace(context.workspace), path, key)
    return _writes(arguments, context), trash


def _added(arguments: Arguments) -> str:
    """What is new in the file: of a patch, the lines that are put in."""
    patch = arguments.get("patch")
    texts = [arguments.get("content"), arguments.get("replace")]
    if isinstance(patch, str):
        texts += [line[1:] for line in patch.splitlines() if line.startswith("+") and not line.startswith("+++")]
    return "\n".join(text for text in texts if isinstance(text, str)).strip()


def _target(arguments: Arguments) -> str:
    return str(arguments.get("destination") or arguments.get("path") or ".")


def _mark(folder: Path, path: str) -> None:
    with contextlib.suppress(OSError, ToolError), Workspace(folder).opened(path) as handle:
        if stat.S_ISREG(os.fstat(handle).st_mode):  # what lies in a folder says so itself
            mark(handle)
