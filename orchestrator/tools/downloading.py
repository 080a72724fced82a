"""A file of the web saved in the workspace: beside its place first, and in it when it is whole.

Whatever it is, it is a stranger's, and the file says so (policy/marks.py). Nothing is overwritten that nobody named;
what is, lies in the trash. Covers an answer that is cut short, that never ends, that says one size and has another.
"""

import asyncio
import contextlib
import os
import stat
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Annotated

from msgspec import Meta, Struct

from orchestrator.kernel.addresses import file_name, written_out
from orchestrator.kernel.errors import ToolFailed, ToolRetry
from orchestrator.policy.marks import mark
from orchestrator.tools.base import Context
from orchestrator.tools.files.moving import entry, exists, kept
from orchestrator.tools.files.writing import placed, write_all
from orchestrator.tools.pages.engines import AGENT
from orchestrator.tools.web import reach, told
from orchestrator.tools.workspace import Workspace, explained, regular

if TYPE_CHECKING:
    import aiohttp

SECONDS = 590.0
_PIECE = 256 * 1024
_TOLD = 4 * 2**20  # bytes between two words of how far it is
_HEADERS = {"User-Agent": AGENT, "Accept-Encoding": "identity"}


class Downloaded(Struct, frozen=True):
    path: str
    size: Annotated[int, Meta(description="bytes")]
    media_type: Annotated[str, Meta(description="as the server says")]
    url: Annotated[str, Meta(description="that answered, after redirects")]
    trash: Annotated[str, Meta(description="where the file lies that was there before")] = ""

    def __str__(self) -> str:
        kind = f", {self.media_type}" if self.media_type else ""
        before = f" What was there before is kept in the trash: {self.trash}." if self.trash else ""
        return f"Saved {self.url} as {self.path}: {self.size} bytes{kind}.{before}"


class Download:
    """One of them. `largest`: bytes that are saved at most."""

    def __init__(self, context: Context, url: str, path: str | None, *, overwrite: bool, largest: int) -> None:
        self._context = context
        self._workspace = Workspace(context.workspace)
        self._url = written_out(url)
        self._overwrite = overwrite
        self._largest = largest
        self.target = target(self._workspace, url, path)

    async def save(self) -> Downloaded:
        """Raises ToolRetry where something is there already, ToolFailed."""
        self._room()
        loopback = self._context.allow_loopback
        return await reach(self._url, "GET", _HEADERS, None, loopback, self._save, seconds=SECONDS)

    def _room(self) -> None:
        found = self._workspace.stat(self.target)
        if found is not None and not self._overwrite:
            hint = "Choose another path, or set `overwrite` where the person wants it replaced."
            raise ToolRetry(f"{self.target!r} is there already.", hint=hint, why="exists", path=self.target)
        if found is not None:
            regular(self.target, found)

    async def _save(self, answer: "aiohttp.ClientResponse", _: str) -> Downloaded:
        url = str(answer.url)
        if answer.status >= 300:
            said = f"{url[:200]} answers {answer.status}."
            raise ToolFailed(said, why="page_status", url=url[:200], status=answer.status)
        if (answer.content_length or 0) > self._largest:
            raise self._too_large()
        beside = f".downloading-{self._context.key[:16]}"
        with entry(self._workspace, self.target, make=True) as (folder, name):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(beside, dir_fd=folder)  # of a try that was cut off
            with placed(folder, name, beside, 0o644) as handle:
                size = await self._fill(handle, answer)
                with contextlib.suppress(OSError):  # a file system without attributes
                    mark(handle)
                await asyncio.to_thread(os.fsync, handle)
                self._room()  # others may have written meanwhile
                trash = kept(self._workspace, self.target, self._context.key) if exists(folder, name) else ""
        kind = answer.content_type[:100] if "Content-Type" in answer.headers else ""
        return Downloaded(self.target, size, kind, url, trash)

    async def _fill(self, handle: int, answer: "aiohttp.ClientResponse") -> int:
        size, told_of, whole = 0, 0, answer.content_length
        with told(self._url):
            async for piece in answer.content.iter_chunked(_PIECE):
                size += len(piece)
                if size > self._largest:
                    raise self._too_large()
                with explained(self.target):
                    write_all(handle, piece)
                if size - told_of >= _TOLD:
                    told_of = size
                    self._context.progress(f"{size / 1e6:.0f} MB{f' of {whole / 1e6:.0f} MB' if whole else ''}")
        return size

    def _too_large(self) -> ToolFailed:
        said = f"{self.target!r} would be larger than {self._largest // 2**20} MB: nothing was saved."
        return ToolFailed(said, why="too_large", path=self.target, size=self._largest)


def target(workspace: Workspace, url: str, path: str | None) -> str:
    """Where it goes: to exactly that name; in a folder, under its own.

    A folder is what is one already, ends with a slash, or has no ending where the address names a file with one.
    """
    name, own = workspace.relative(path or file_name(url)), file_name(url)
    there = workspace.stat(name)
    if there is not None:
        folder = stat.S_ISDIR(there.st_mode)
    else:
        folder = bool(path) and ("." not in PurePosixPath(name).name and "." in own)
    if path and (folder or path.endswith("/")):
        return f"{name}/{own}".removeprefix("./")
    return name
