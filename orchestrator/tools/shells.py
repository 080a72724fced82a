"""SSH to the machines that the owner named, and to no other. A machine's key is known, or nothing is done.

Covers: keys are kept in a file of the installation; a machine that is met for the first time, or shows another key than
before, is told apart and refused, with the fingerprint; nothing of the user's own SSH configuration, agent or keys is
used. Does not cover what the machine does with what it is sent.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from orchestrator.kernel.errors import NotAllowed, NotFound, ToolFailed, ToolRetry
from orchestrator.kernel.hosts import Host
from orchestrator.tools.base import Context

if TYPE_CHECKING:
    import asyncssh

CONNECTING = 15.0  # seconds
KEPT = 500_000  # bytes of each stream


class Ran(Struct, frozen=True):
    exit_code: int
    stdout: str
    stderr: str
    cut: bool


class Machines:
    def __init__(self, hosts: dict[str, Host], known: Path) -> None:
        self.hosts = hosts
        self._known = known

    def host(self, machine: str) -> Host:
        """Raises ToolRetry, with what there is."""
        if found := self.hosts.get(machine):
            return found
        if not self.hosts:
            hint = "Whoever administers this server names them in the settings, as [tools.hosts.NAME]."
            raise ToolFailed("This installation knows no other machine.", hint=hint, why="no_machines")
        there, said = ", ".join(sorted(self.hosts)), f"There is no machine called {machine!r}."
        raise ToolRetry(said, hint=f"There are: {there}.", why="no_such_machine", machine=machine, there=there)

    @asynccontextmanager
    async def connected(self, machine: str, context: Context) -> "AsyncIterator[asyncssh.SSHClientConnection]":
        """Raises ToolFailed where it cannot be reached, or is not known to be itself."""
        import asyncssh

        host = self.host(machine)
        self._file()
        credentials = await self._credentials(host, context)
        try:
            async with asyncio.timeout(CONNECTING):
                connection = await asyncssh.connect(
                    host.address,
                    host.port,
                    username=host.user,
                    known_hosts=str(self._known),
                    config=None,
                    agent_path=None,
                    client_host_keys=None,
                    gss_auth=False,
                    **credentials,
                )
        except asyncssh.HostKeyNotVerifiable:
            raise await self._stranger(machine, host) from None
        except asyncssh.PermissionDenied as error:
            said, hint = f"{machine} does not let {host.user} in.", "Check its key or secret."
            raise ToolFailed(said, hint=hint, why="machine_denied", machine=machine, user=host.user) from error
        except TimeoutError:
            said = f"{machine} did not answer in {CONNECTING:g} s."
            raise ToolFailed(said, why="machine_silent", machine=machine, seconds=CONNECTING) from None
        except (OSError, asyncssh.Error) as error:
            raise _unreachable(machine, error) from error
        async with connection:
            try:
                yield connection
            except asyncssh.DisconnectError as error:  # its effect is unknown
                lost = f"The connection to {machine} was lost: what was asked may have been done there, or go on."
                raise ConnectionError(lost) from error

    async def _credentials(self, host: Host, context: Context) -> dict[str, Any]:
        import asyncssh

        keys: list[asyncssh.SSHKey] = []
        password: str | None = None
        try:
            if host.key_file:
                keys.append(await asyncio.to_thread(asyncssh.read_private_key, host.key_file))
            if host.secret:
                secret = str(await context.secret(host.secret, host=host.address))
                if secret.lstrip().startswith("-----BEGIN"):
                    keys.append(asyncssh.import_private_key(secret.strip() + "\n"))
                else:
                    password = secret
        except (NotFound, NotAllowed) as error:
            raise ToolFailed(error.detail, hint=error.hint) from None
        except (OSError, asyncssh.KeyImportError, asyncssh.KeyEncryptionError) as error:
            raise ToolFailed(f"The key for {host.address} cannot be used: {error}.") from error
        return {"client_keys": keys or None, "password": password}

    async def _stranger(self, machine: str, host: Host) -> ToolFailed:
        fingerprint = (await self._key(machine, host)).get_fingerprint()
        if self._lines(host):
            return ToolFailed(
                f"{machine} shows another key than before: {fingerprint}. Somebody may stand in between.",
                hint=f"If it was made anew, a person removes its line from {self._known.name} and trusts it again.",
                why="machine_changed",
                machine=machine,
                fingerprint=fingerprint,
                known=self._known.name,
            )
        return ToolFailed(
            f"{machine} is met for the first time. Its key is {fingerprint}.",
            hint="Call trust_host with this fingerprint: a person is asked to compare it.",
            why="machine_new",
            machine=machine,
            fingerprint=fingerprint,
        )

    async def _key(self, machine: str, host: Host) -> "asyncssh.SSHKey":
        import asyncssh

        try:
            async with asyncio.timeout(CONNECTING):
                key = await asyncssh.get_server_host_key(host.address, host.port, config=None)
        except (TimeoutError, OSError, asyncssh.Error) as error:
            raise _unreachable(machine, error) from error
        if key is None:
            raise ToolFailed(f"{machine} shows no key.")
        return key

    async def trust(self, machine: str, fingerprint: str) -> None:
        """Keep the key with this fingerprint, and no other. Raises ToolFailed."""
        host = self.host(machine)
        key = await self._key(machine, host)
        if (found := key.get_fingerprint()) != fingerprint:
            raise ToolFailed(f"{machine} shows another key: {found}, not {fingerprint}.")
        if self._lines(host):
            if self.trusts(machine, key.export_public_key().decode()):
                return
            raise ToolFailed(f"Another key of {machine} is known already.", hint=f"A person removes it: {self._known}.")
        line = f"{_place(host)} {key.export_public_key().decode().strip()}\n"
        with self._file().open("a", encoding="utf-8") as file:
            file.write(line)

    def trusts(self, machine: str, key: str = "") -> bool:
        kind = " ".join(key.split()[:2])
        return any(not kind or line.endswith(kind) or kind in line for line in self._lines(self.host(machine)))

    def _lines(self, host: Host) -> list[str]:
        text = self._known.read_text("utf-8") if self._known.exists() else ""
        return [line for line in text.splitlines() if line.split(" ")[0] == _place(host)]

    def _file(self) -> Path:
        self._known.parent.mkdir(parents=True, exist_ok=True)
        self._known.touch(mode=0o600, exist_ok=True)
        return self._known


def _unreachable(machine: str, error: Exception) -> ToolFailed:
    said = str(error)[:300] or "no answer"
    return ToolFailed(f"{machine} cannot be reached: {said}.", why="machine_unreachable", machine=machine, said=said)


def _place(host: Host) -> str:
    return host.address if host.port == 22 else f"[{host.address}]:{host.port}"


async def run(connection: "asyncssh.SSHClientConnection", command: str, seconds: float) -> Ran:
    """What a command says, bounded. Raises ToolFailed when it takes longer; the connection is of no use then."""
    process = await connection.create_process(command, encoding=None, stdin=asyncio.subprocess.DEVNULL)
    try:
        async with asyncio.timeout(seconds):
            out, wrong = await asyncio.gather(_bounded(process.stdout), _bounded(process.stderr))
            await process.wait_closed()
    except TimeoutError:
        connection.abort()
        why = f"It took longer than {seconds:g} s: the connection was closed, and it may go on there."
        raise ToolFailed(why, why="machine_slow", seconds=seconds) from None
    code = process.returncode
    code = 128 - code if code is not None and code < 0 else code  # ended by a signal
    cut = len(out) >= KEPT or len(wrong) >= KEPT
    return Ran(255 if code is None else code, out.decode("utf-8", "replace"), wrong.decode("utf-8", "replace"), cut)


async def _bounded(stream: "asyncssh.SSHReader[bytes]") -> bytes:
    kept = bytearray()
    while piece := await stream.read(65536):
        kept += piece[: KEPT - len(kept)]
    return bytes(kept)
