"""The folder of policies: read whole, watched, and said in the journal when it changes.

What is wrong never holds: at the start the product does not start with it; later the policies before it stay,
and everybody who looks is told.
"""

import asyncio
import hashlib
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from orchestrator.identity.accounts import Accounts
from orchestrator.identity.base import TENANT
from orchestrator.journal.ledger import Ledger
from orchestrator.kernel.errors import InvalidInput, InvalidSettings
from orchestrator.kernel.events import PolicyChanged
from orchestrator.policy.layers.layers import ROLES, Held, Layers, compiled

STREAM = f"policy:{TENANT}"
_FILES = 200

log = logging.getLogger("orchestrator.policy")


class Folder:
    def __init__(self, path: Path, layers: Layers, accounts: Accounts, ledger: Ledger) -> None:
        self.path = path
        self.layers = layers
        self._accounts = accounts
        self._ledger = ledger
        self._meeting: asyncio.Task[None] | None = None

    async def reload(self) -> bool:
        """Take up what is there now; whether it holds. Where it does not, what was there before does."""
        try:
            files = await asyncio.to_thread(read, self.path)
            held = await asyncio.to_thread(compiled, files)
        except InvalidInput as error:
            self.layers.problem = str(error)
            log.error("the policies are not taken up: %s", error)
            await self._tell(self._change(self.layers.held, str(error)))
            return False
        self.layers.hold(held)
        self.layers.problem = ""
        await self._tell(self._change(held, "", files.get(ROLES, "")))
        return True

    def learn(self, stream: str) -> None:
        """Another server wrote to a stream; empty: to whatever stream. Who is new there may have a role here."""
        if stream.startswith("identity:") or not stream:
            self._meeting = asyncio.ensure_future(self._meet())

    async def begin(self) -> None:
        """The first time. Raises InvalidSettings: nobody works without the policies that were written."""
        try:
            await asyncio.to_thread(self.path.mkdir, mode=0o700, parents=True, exist_ok=True)
            files = await asyncio.to_thread(read, self.path)
            held = await asyncio.to_thread(compiled, files)
        except InvalidInput as error:
            raise InvalidSettings(
                f"The policies in {self.path} cannot be taken up: {error.detail}", hint=error.hint
            ) from error
        await self._meet()
        self.layers.hold(held)
        await self._tell(self._change(held, "", files.get(ROLES, "")))

    async def watch(self) -> None:
        """Reload whenever something changes, until cancelled."""
        from watchfiles import awatch

        async for _ in awatch(self.path, debounce=100, step=20):
            await self.reload()

    async def close(self) -> None:
        if self._meeting is not None:
            self._meeting.cancel()
            await asyncio.wait([self._meeting])

    async def _meet(self) -> None:
        for user in await self._accounts.users():
            self.layers.meet(user.id, user.name)

    async def _tell(self, change: PolicyChanged) -> None:
        """Once: whoever starts on the same policies says nothing."""
        said = [event.body for event in await self._ledger.read(STREAM) if isinstance(event.body, PolicyChanged)]
        if (said[-1] if said else PolicyChanged({}, 0)) != change:
            owner = await self._accounts.owner()
            await self._ledger.record(STREAM, change, tenant=TENANT, subject=owner.id)

    def _change(self, held: Held, problem: str, roles: str = "") -> PolicyChanged:
        files = {source.name: _digest(source.text) for source in held.sources}
        if roles:
            files[ROLES] = _digest(roles)
        loosening = tuple(statement.id for statement in held.statements if statement.kind == "unasked")
        return PolicyChanged(files, len(held.statements), loosening, problem)


def read(folder: Path) -> dict[str, str]:
    """The files of policies, by their names below the folder. Raises InvalidInput."""
    files: dict[str, str] = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_dir() or name.startswith(".") or "/." in name or path.suffix not in (".cedar", ".toml"):
            continue
        if len(files) == _FILES:
            raise InvalidInput(f"There are more than {_FILES} files of policies.", hint="Put several into one.")
        try:
            files[name] = path.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise InvalidInput(f"{name} cannot be read: {error}.", hint="Mend it or move it away.") from error
    return files


@asynccontextmanager
async def open_folder(
    data: Path, layers: Layers, accounts: Accounts, ledger: Ledger, *, watching: bool
) -> AsyncIterator[Folder]:
    """The folder `policy` of the data. Read on entering; watched while inside, if asked. Raises InvalidSettings."""
    folder = Folder(data / "policy", layers, accounts, ledger)
    await folder.begin()
    watch = asyncio.create_task(folder.watch(), name="policies") if watching else None
    try:
        yield folder
    finally:
        if watch is not None:
            watch.cancel()
            await asyncio.wait([watch])
        await folder.close()


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
