"""The plugins of this server: files of a watched folder, and packages that name tools as entry points.

A change is loaded beside what works and takes its place only when it is whole: a broken file is
reported and the version before it stays. Each version runs from a copy of its own, so that one which
sleeps wakes as what it was.
"""

import asyncio
import contextlib
import hashlib
import logging
import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from weakref import WeakSet

from msgspec import Struct

from orchestrator.kernel.errors import OrchestratorError
from orchestrator.tools.foreign import Change, Put, Told
from orchestrator.tools.plugins.plugin import Ground, Plugin, described

_BESIDE = re.compile(rb"\b_\w+")
_TURN = 2.0  # seconds that a source waits for those before it in the alphabet, where they are loaded together
_PATIENCE = 5.0  # seconds that a server waits for tools before it starts without those that are not ready

log = logging.getLogger("orchestrator.tools")


class _Loaded(Struct, frozen=True):
    plugin: Plugin
    digest: str
    tools: tuple[str, ...]


class Source(Struct, frozen=True):
    target: str  # `module:attribute` of a package; empty for a file of the folder
    digest: str  # of what it holds


Packages = Callable[[], Mapping[str, tuple[str, str]]]  # (target, version) by name


class Plugins:
    """`put` gives the catalogue the tools of a source, none to take them away; `tell` hears of every change."""

    def __init__(self, folder: Path, copies: Path, ground: Ground, put: Put, tell: Told, packages: Packages) -> None:
        self.problems: dict[str, str] = {}  # by source: why its newest version is not in use
        self._folder = folder
        self._copies = copies
        self._ground = ground
        self._put = put
        self._tell = tell
        self._packages = packages
        self._loaded: dict[str, _Loaded] = {}
        self._refused: dict[str, str] = {}  # by source: the digest that was found broken
        self._loading: dict[str, tuple[str, asyncio.Task[Change]]] = {}  # by source: what is being tried
        self._retired: WeakSet[Plugin] = WeakSet()
        self._looking = asyncio.Lock()

    async def reload(self, *, again: bool = False) -> list[Change]:
        """Bring the tools to what the folder and the packages hold now. `again` reloads what did not change."""
        changes, loading = await self._look(again=again)
        if loading:
            await asyncio.wait(loading)
        return changes + [task.result() for task in loading if not task.cancelled()]

    async def _look(self, *, again: bool = False) -> "tuple[list[Change], list[asyncio.Task[Change]]]":
        """What is gone, and what is loaded now: each source for itself, so that none holds another up."""
        async with self._looking:
            found = await asyncio.to_thread(self._found)
            for gone in (self._loading.keys() | self.problems.keys()) - found.keys():
                self._leave(gone)
                self.problems.pop(gone, None)
                self._refused.pop(gone, None)
            changes = [await self._remove(source) for source in self._loaded.keys() - found.keys()]
            for name in sorted(found):
                if again or self._is_news(name, found[name].digest):
                    self._leave(name)
                    task = asyncio.create_task(self._load(name, found[name]), name=f"plugin {name}, loading")
                    self._loading[name] = found[name].digest, task
            return changes, [task for _, task in self._loading.values()]

    def _is_news(self, source: str, digest: str) -> bool:
        loaded = self._loaded.get(source)
        tried, _ = self._loading.get(source, ("", None))
        return (loaded is None or loaded.digest != digest) and digest not in (self._refused.get(source), tried)

    def _leave(self, source: str) -> None:
        """What is being tried is not wanted any more."""
        if source in self._loading:
            self._loading.pop(source)[1].cancel()

    def _found(self) -> dict[str, Source]:
        found = {name: Source(target, f"{target} {version}") for name, (target, version) in self._packages().items()}
        for file in sorted(self._folder.glob("*.py")):
            if not file.name.startswith(("_", ".", "test_")) and file.is_file():  # a pipe would be waited for
                with contextlib.suppress(OSError):  # gone meanwhile
                    found[file.name] = Source("", _digest(self._files(file.name)))
        return found

    def _files(self, source: str) -> dict[str, bytes]:
        """A file of the folder, and those beside it that it speaks of: their names begin with _, they are no tools."""
        beside = {file.stem for file in self._folder.glob("_*.py") if file.is_file()}
        found = {source: (self._folder / source).read_bytes()}
        unread = [source]
        while unread:
            for name in {word.decode() for word in _BESIDE.findall(found[unread.pop()])} & beside:
                if (file := f"{name}.py") not in found:
                    found[file] = (self._folder / file).read_bytes()
                    unread.append(file)
        return found

    async def _load(self, source: str, found: Source) -> Change:
        plugin: Plugin | None = None
        try:
            plugin = Plugin(found.target or await asyncio.to_thread(self._copied, source), self._ground)
            change = await self._taken_up(source, found.digest, plugin)
        except (OrchestratorError, OSError, UnicodeError) as error:
            if plugin is not None:
                await plugin.close()
            self.problems[source], self._refused[source] = described(error), found.digest
            log.warning("the tools of %s cannot be used: %s", source, self.problems[source])
            change = Change(source, "broken", digest=found.digest, problem=self.problems[source])
        except asyncio.CancelledError:
            if plugin is not None:
                await plugin.close()
            raise
        finally:
            if self._loading.get(source, ("", None))[1] is asyncio.current_task():
                del self._loading[source]
        await self._tell(change)
        return change

    async def _taken_up(self, source: str, digest: str, plugin: Plugin) -> Change:
        """Its tools take the place of those before. Raises PluginBroken, Conflict."""
        tools = await plugin.load()
        before_it = [task for name, (_, task) in self._loading.items() if name < source]
        if before_it:  # whose a name is that two have does not hang on who is faster
            await asyncio.wait(before_it, timeout=_TURN)
        names = tuple(tool.spec.name for tool in tools)
        self._put(source, tools)
        self.problems.pop(source, None)
        self._refused.pop(source, None)
        before = self._loaded.get(source)
        self._loaded[source] = _Loaded(plugin, digest, names)
        await self._retire(before)
        return Change(source, "added" if before is None else "changed", names, digest)

    async def _remove(self, source: str) -> Change:
        gone = self._loaded.pop(source)
        self._put(source, ())
        await self._retire(gone)
        change = Change(source, "removed", gone.tools)
        await self._tell(change)
        return change

    async def _retire(self, loaded: _Loaded | None) -> None:
        if loaded is not None:
            self._retired.add(loaded.plugin)
            await loaded.plugin.retire()

    def _copied(self, source: str) -> str:
        """A copy of the file that does not change, with those that it imports beside it."""
        files = self._files(source)
        folder = self._copies / _digest(files)[:16]
        folder.mkdir(mode=0o755, parents=True, exist_ok=True)
        for name, data in files.items():
            copy = folder / name
            if not copy.exists():
                beside = copy.with_suffix(".writing")
                beside.write_bytes(data)
                beside.replace(copy)
        return str(folder / source)

    async def watch(self) -> None:
        """Reload whenever something changes, until cancelled."""
        async for _ in self._changes():
            try:
                await self._look()
            except OSError:
                log.exception("the plugins' folder %s cannot be read", self._folder)

    async def _changes(self) -> AsyncIterator[None]:
        from watchfiles import awatch

        async for _ in awatch(self._folder, recursive=False, debounce=100, step=20):
            yield

    async def close(self) -> None:
        tasks = [task for _, task in self._loading.values()]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        for plugin in (*(loaded.plugin for loaded in self._loaded.values()), *self._retired):
            await plugin.close()


def _digest(files: Mapping[str, bytes]) -> str:
    digests = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    if len(digests) == 1:
        return next(iter(digests.values()))
    return hashlib.sha256("\n".join(f"{name} {digests[name]}" for name in sorted(digests)).encode()).hexdigest()


@asynccontextmanager
async def open_plugins(plugins: Plugins, *, watching: bool) -> AsyncIterator[Plugins]:
    """Loaded on entering, watched while inside if asked, all processes ended on leaving.

    A server that watches does not wait for ever: what is loaded later is there later.
    """
    watch: asyncio.Task[None] | None = None
    loading = asyncio.create_task(plugins.reload(), name="plugins, at first")
    try:
        await asyncio.wait([loading], timeout=_PATIENCE if watching else None)
        if loading.done():
            loading.result()
        if watching:
            watch = asyncio.create_task(plugins.watch(), name="plugins")
        yield plugins
    finally:
        for task in (watch, loading):
            if task is not None:
                task.cancel()
                await asyncio.wait([task])
        await plugins.close()
