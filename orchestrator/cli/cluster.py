"""`orchestrator cluster`: several servers on one journal."""

import signal
import threading
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote

import typer

from orchestrator.cli.command import Session, command

if TYPE_CHECKING:
    from orchestrator.cli.machines import Address, Machine


def add_to(application: typer.Typer) -> None:
    group = typer.Typer(help="Several servers on one journal.", no_args_is_help=True)
    application.add_typer(group, name="cluster")

    @command(group, "status")
    def status(session: Session) -> None:
        """The servers, what each works on, and what waits for one."""
        _shown(session, session.do(session.connection.ask("GET", "/system/cluster")))

    @command(group, "drain")
    def drain(
        session: Session,
        node: Annotated[str, typer.Argument(help="As `cluster status` names it.")],
        off: Annotated[bool, typer.Option("--off", help="It takes runs again.")] = False,
    ) -> None:
        """Let a server take no more runs; those at work there go on to their end.

        What is begun there is handed to the others. To replace it, wait until none runs there, and stop it.
        """
        address = f"/system/cluster/nodes/{quote(node, safe='')}/drain"
        _shown(session, session.do(session.connection.ask("POST", address, {"on": not off})))

    @command(group, "dev")
    def dev(
        session: Session,
        nodes: Annotated[int, typer.Option(min=1, max=16, help="How many servers.")] = 3,
        database: Annotated[
            str | None,
            typer.Option(help="postgresql://… to use; without, one is started and thrown away.", show_default=False),
        ] = None,
        nats: Annotated[
            bool, typer.Option("--nats", help="Start NATS for what is live; else PostgreSQL does.")
        ] = False,
        port: Annotated[int, typer.Option(min=0, max=65000, help="Of the first server; 0 takes free ones.")] = 8000,
    ) -> int:
        """A whole cluster on this machine: PostgreSQL, servers, and NATS if you like. Ctrl-C stops all of it.

        Kill one of the servers and see another go on with its runs. Each has the settings file of the data folder.
        """
        return Dev(session, database, nats).main(nodes, port)


def _shown(session: Session, state: Any) -> None:
    columns = ("node", "state", "running", "room", "claims", "version", "started_at", "url")
    session.terminal.table(state, state["nodes"], columns, "This server is alone with its database.")
    if state["mode"] == "cluster":
        session.terminal.note(f"lane: {state['lane']}, runs that wait for a server: {state['waiting']}")
    for sink in state["sinks"]:
        why = f"; {sink['problem']}" if sink["problem"] else ""
        session.terminal.note(f"sink {sink['name']} ({sink['kind']}): {sink['behind']} events behind{why}")


class Dev:
    def __init__(self, session: Session, database: str | None, nats: bool) -> None:
        self._terminal = session.terminal
        self._settings = session.settings
        self._config = session.options.config or session.settings.data / "config.toml"
        self._database = database
        self._nats = nats
        self._told = threading.Event()

    def main(self, nodes: int, port: int) -> int:
        import tempfile

        for sign in (signal.SIGINT, signal.SIGTERM):
            signal.signal(sign, lambda number, frame: self._told.set())
        with ExitStack() as stack:
            if self._database is None:
                folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="orchestrator-", dir="/tmp")))
            else:
                folder = self._settings.data / "cluster"
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            environment = self._ground(stack, folder)
            servers = self._serve(stack, folder, environment, nodes, port)
            if not self._told.is_set():
                self._say(servers)
            self._watch([machine for machine, _ in servers])
            for machine, _ in servers:
                if machine.alive and machine.process is not None:
                    machine.process.terminate()  # all at once; each is waited for below
        return 0

    def _ground(self, stack: ExitStack, folder: Path) -> dict[str, str]:
        from orchestrator.cli import machines

        url = self._database
        if url is None:
            machine, url = machines.postgresql(folder)
            stack.callback(machine.stop)
            self._terminal.note(f"postgresql  {url}")
        shared, workspace = folder / "shared", folder / "workspace"
        shared.mkdir(mode=0o700, exist_ok=True)
        environment = {
            "ORCHESTRATOR_STORAGE_URL": url,
            "ORCHESTRATOR_CLUSTER_SHARED": str(shared),
            "ORCHESTRATOR_WORKSPACE": str(workspace),
        }
        if self._nats:
            machine, address = machines.nats(folder)
            stack.callback(machine.stop)
            environment["ORCHESTRATOR_CLUSTER_NATS"] = address
            self._terminal.note(f"nats        {address}")
        return environment

    def _serve(
        self, stack: ExitStack, folder: Path, environment: dict[str, str], nodes: int, port: int
    ) -> "list[tuple[Machine, Address]]":
        from orchestrator.cli import machines

        servers = []
        for number in range(nodes):
            if self._told.is_set():
                break
            own = {"ORCHESTRATOR_DATA": str(folder / f"server{number + 1}")}
            at = port + number if port else 0
            config = self._config if self._config.exists() else None
            machine, address = machines.server(f"server{number + 1}", folder, {**environment, **own}, at, config)
            stack.callback(machine.stop)
            servers.append((machine, address))
        return servers

    def _say(self, servers: "list[tuple[Machine, Address]]") -> None:
        items = [
            {
                "server": machine.name,
                "pid": machine.process.pid if machine.process else 0,
                "url": address.url,
                "sign_in": address.sign_in,
            }
            for machine, address in servers
        ]
        lines = (f"{item['server']}  process {item['pid']}\n  {item['sign_in']}" for item in items)
        self._terminal.result({"items": items}, "\n".join(lines))
        if servers:
            folder = servers[0][0].folder
            self._terminal.note(
                f"Commands of a server: orchestrator --data {folder / servers[0][0].name} cluster status"
            )
            self._terminal.note(f"Logs: {folder}. Ctrl-C stops all of it.")

    def _watch(self, machines: "list[Machine]") -> None:
        gone: set[str] = set()
        while not self._told.wait(0.5):
            for machine in machines:
                if not machine.alive and machine.name not in gone:
                    gone.add(machine.name)
                    self._terminal.note(f"{machine.name} is gone; others go on with its runs.")
            if len(gone) == len(machines):
                return
