"""The docker kit: containers and images of this machine, through the Docker SDK and the socket in `tools.docker`.

Looking is free; starting, stopping, running and pruning are asked. Values of environment variables are not shown.
"""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Annotated, Any, Literal, TypeAlias

import msgspec
from msgspec import Meta

from orchestrator.kernel.errors import ToolFailed, ToolRetry
from orchestrator.kernel.messages import Arguments
from orchestrator.tools.base import Context, Result, Tool
from orchestrator.tools.function import tool
from orchestrator.tools.kit import Equipment
from orchestrator.tools.kits.examples import docker as said

SECONDS = 20  # that the daemon may take to answer
_KEPT = 200_000  # characters of a log

Daemon: TypeAlias = Any  # docker.APIClient, which has no types
Open = Callable[[], contextlib.AbstractContextManager[Daemon]]
Name = Annotated[str, Meta(description="the name or identifier of a container", pattern="^[A-Za-z0-9][A-Za-z0-9_.-]*$")]


class Container(msgspec.Struct, frozen=True):
    name: str
    image: str
    state: Annotated[str, Meta(description="running, exited, paused, restarting…")]
    health: Annotated[str, Meta(description="healthy, unhealthy, starting; empty where it has no check")]
    status: str
    why: Annotated[str, Meta(description="what its last health check said, where it is unhealthy; or how it ended")] = (
        ""
    )


class Containers(msgspec.Struct, frozen=True):
    containers: list[Container]

    def __str__(self) -> str:
        lines = [f"{c.name} ({c.image}): {c.status}{': ' if c.why else ''}{c.why}" for c in self.containers]
        return "\n".join(lines) or "No such container."


class ContainerLogs(msgspec.Struct, frozen=True):
    name: str
    text: str

    def __str__(self) -> str:
        return self.text or "It has said nothing."


class Stats(msgspec.Struct, frozen=True):
    name: str
    cpu: Annotated[float, Meta(description="percent of one processor")]
    memory: int
    limit: Annotated[int, Meta(description="bytes of memory it may use")]
    received: int
    sent: int
    processes: int

    def __str__(self) -> str:
        return f"{self.name}: {self.cpu:g} % of a processor, {self.memory} of {self.limit} bytes of memory"


class Details(msgspec.Struct, frozen=True):
    name: str
    image: str
    state: str
    health: str
    started: str
    exit_code: int
    restarts: int
    command: list[str]
    ports: list[str]
    mounts: list[str]
    networks: list[str]
    variables: Annotated[list[str], Meta(description="names of its environment variables; values are not shown")]
    checks: Annotated[list[str], Meta(description="what its last health checks said")]

    def __str__(self) -> str:
        return msgspec.json.format(msgspec.json.encode(self), indent=1).decode()


class Picture(msgspec.Struct, frozen=True):
    name: str
    id: str
    size: int


class Images(msgspec.Struct, frozen=True):
    images: list[Picture]

    def __str__(self) -> str:
        return "\n".join(f"{one.name} {one.id} {one.size} bytes" for one in self.images) or "No images."


class Controlled(msgspec.Struct, frozen=True):
    name: str
    state: str

    def __str__(self) -> str:
        return f"{self.name} is {self.state}."


class Pruned(msgspec.Struct, frozen=True):
    removed: list[str]
    freed: int

    def __str__(self) -> str:
        return f"{len(self.removed)} removed, {self.freed} bytes freed."


class Ran(msgspec.Struct, frozen=True):
    image: str
    exit_code: int
    text: str

    def __str__(self) -> str:
        return f"{self.text}\n[exit code {self.exit_code}]".strip()


def kit(equipment: Equipment) -> Sequence[Tool]:
    return tools_at(lambda: opened(equipment.settings.docker))


@contextlib.contextmanager
def opened(address: str) -> Iterator[Daemon]:
    """The daemon. Raises ToolFailed, in words, when it is not there or says no."""
    import docker  # type: ignore[import-untyped]
    import requests

    client = None
    try:
        client = docker.APIClient(base_url=address, version="auto", timeout=SECONDS)
        yield client
    except docker.errors.NotFound as error:
        hint = "list_containers and list_images show what there is."
        raise ToolRetry(f"Docker says: {error.explanation or error}.", hint=hint) from error
    except docker.errors.APIError as error:
        raise ToolFailed(f"Docker says: {error.explanation or error}.") from error
    except (docker.errors.DockerException, requests.RequestException) as error:
        problem, hint = _absent(address, str(error))
        raise ToolFailed(problem, hint=hint) from error
    finally:
        if client is not None:
            client.close()


def _absent(address: str, error: str) -> tuple[str, str]:
    if "Permission denied" in error or "PermissionError" in error:
        return (
            f"This server's user may not use Docker at {address}.",
            "Add that user to the group docker (which is as much as root), or use rootless Docker.",
        )
    return f"No Docker answers at {address}.", "Start Docker, or say in the setting tools.docker where it listens."


def tools_at(open_daemon: Open) -> Sequence[Tool]:
    return (*_looking(open_daemon), *_acting(open_daemon))


def _looking(open_daemon: Open) -> Sequence[Tool]:
    @tool(
        category="docker",
        origin="web",
        examples=said.LIST_CONTAINERS,
        answers={
            "en": "[{*containers **{name}** ({image}): {status}[\n  {why}]*}|No such container.]",
            "fr": "[{*containers **{name}** ({image}) : {status}[\n  {why}]*}|Aucun conteneur de ce genre.]",
        },
    )
    def list_containers(
        context: Context,
        only: Annotated[Literal["all", "running", "stopped", "unhealthy"], "which ones"] = "all",
    ) -> Containers:
        """List Docker containers with their health, and why an unhealthy one is: what its last check said."""
        filters = {"health": "unhealthy"} if only == "unhealthy" else {}
        with open_daemon() as daemon:
            found = [_container(daemon, row) for row in daemon.containers(all=only != "running", filters=filters)]
        if only == "stopped":
            found = [one for one in found if one.state not in ("running", "paused", "restarting")]
        return Containers([one for one in found if only != "unhealthy" or one.health == "unhealthy"])

    @tool(
        category="docker",
        origin="web",
        examples=said.CONTAINER_LOGS,
        answers={
            "en": "{name}:\n```\n[{text}|It has said nothing.]\n```",
            "fr": "{name} :\n```\n[{text}|Rien.]\n```",
        },
    )
    def container_logs(
        name: Name, context: Context, lines: Annotated[int, Meta(description="newest lines", ge=1, le=2000)] = 100
    ) -> ContainerLogs:
        """Read the newest lines that a Docker container wrote."""
        with open_daemon() as daemon:
            data: bytes = daemon.logs(name, stdout=True, stderr=True, tail=lines)
        return ContainerLogs(name, data.decode("utf-8", "replace")[-_KEPT:])

    @tool(
        category="docker",
        examples=said.CONTAINER_STATS,
        answers={
            "en": "{name}: {cpu} % of a processor, {memory:bytes} of memory, {processes|process|processes}.",
            "fr": "{name} : {cpu} % d'un processeur, {memory:bytes} de mémoire, {processes|processus|processus}.",
        },
    )
    def container_stats(name: Name, context: Context) -> Stats:
        """Tell how much processor, memory and network a Docker container uses."""
        with open_daemon() as daemon:
            return _stats(name, daemon.stats(name, stream=False))

    @tool(
        category="docker",
        origin="web",
        examples=said.INSPECT_CONTAINER,
        answers={
            "en": "{name} ({image}): {state}[, {health}][, since {started}].[\nPorts: {ports}][\nMounts: {mounts}]"
            "[\n{checks}]",
            "fr": "{name} ({image}) : {state}[, {health}][, depuis {started}].[\nPorts : {ports}]"
            "[\nMontages : {mounts}][\n{checks}]",
        },
    )
    def inspect_container(name: Name, context: Context) -> Details:
        """Describe a Docker container: image, command, ports, mounts, networks, restarts, its last health checks."""
        with open_daemon() as daemon:
            return _details(daemon.inspect_container(name))

    @tool(
        category="docker",
        examples=said.LIST_IMAGES,
        answers={
            "en": "[{*images {name} ({size:bytes})*}|No images.]",
            "fr": "[{*images {name} ({size:bytes})*}|Aucune image.]",
        },
    )
    def list_images(context: Context) -> Images:
        """List the Docker images of this machine and their sizes."""
        with open_daemon() as daemon:
            rows = daemon.images()
        return Images([Picture((row.get("RepoTags") or ["<none>"])[0], row["Id"][7:19], row["Size"]) for row in rows])

    return (list_containers, container_logs, container_stats, inspect_container, list_images)


def _acting(open_daemon: Open) -> Sequence[Tool]:
    async def controlled(arguments: Arguments, context: Context) -> Result | None:
        """A container that runs was started, one that does not was stopped; a restart leaves no trace."""
        with open_daemon() as daemon:
            state = daemon.inspect_container(arguments["name"])["State"]
        if arguments["action"] == "restart":
            raise ToolFailed(f"It cannot be known whether {arguments['name']} was restarted by this call.")
        done = state["Running"] == (arguments["action"] == "start")
        found = Controlled(arguments["name"], state["Status"])
        return Result(str(found), msgspec.to_builtins(found)) if done else None

    @tool(
        scope="execute",
        effects="once",
        category="docker",
        examples=said.CONTROL_CONTAINER,
        answers={"en": "{name} is {state}.", "fr": "{name} : {state}."},
        timeout=60.0,
        reconcile=controlled,
    )
    def control_container(
        name: Name, action: Annotated[Literal["start", "stop", "restart"], "what to do with it"], context: Context
    ) -> Controlled:
        """Start, stop or restart a Docker container."""
        with open_daemon() as daemon:
            getattr(daemon, action)(name)
            return Controlled(name, daemon.inspect_container(name)["State"]["Status"])

    @tool(
        scope="execute",
        effects="once",
        category="docker",
        examples=said.PRUNE_DOCKER,
        answers={
            "en": "{freed:bytes} freed.[ Removed:\n{removed}]",
            "fr": "{freed:bytes} libérés.[ Supprimés :\n{removed}]",
        },
        timeout=300.0,
        risks=("destroys",),
    )
    def prune_docker(
        what: Annotated[Literal["containers", "images"], "what nothing uses any more"], context: Context
    ) -> Pruned:
        """Remove for ever the Docker containers that stopped, or the images without a name that nothing uses."""
        with open_daemon() as daemon:
            found = daemon.prune_containers() if what == "containers" else daemon.prune_images()
        removed = found.get("ContainersDeleted") or found.get("ImagesDeleted") or []
        names = [one if isinstance(one, str) else next(iter(one.values())) for one in removed]
        return Pruned(names, found.get("SpaceReclaimed", 0))

    @tool(
        scope="execute",
        effects="once",
        category="docker",
        origin="web",
        examples=said.RUN_CONTAINER,
        answers={
            "en": "{text}\nExit code {exit_code}.",
            "fr": "{text}\nCode de sortie {exit_code}.",
        },
        timeout=330.0,
    )
    def run_container(
        image: Annotated[str, Meta(description="an image of this machine", pattern="^[A-Za-z0-9][A-Za-z0-9_.:/@-]*$")],
        context: Context,
        command: Annotated[list[str] | None, "the program and its arguments; the image's own when not given"] = None,
        seconds: Annotated[int, Meta(description="that it may take", ge=1, le=300)] = 60,
    ) -> Ran:
        """Run a Docker container once and remove it: without network, rights or mounts, with 512 MB of memory."""
        with open_daemon() as daemon:
            return _ran(daemon, image, command, seconds)

    return (control_container, prune_docker, run_container)


def _ran(daemon: Daemon, image: str, command: list[str] | None, seconds: int) -> Ran:
    import requests

    limits = daemon.create_host_config(
        mem_limit=512 * 2**20,
        pids_limit=256,
        cap_drop=["ALL"],
        security_opt=["no-new-privileges"],
        network_mode="none",
    )
    made = daemon.create_container(image, command, host_config=limits)["Id"]
    try:
        daemon.start(made)
        try:
            code = daemon.wait(made, timeout=seconds)["StatusCode"]
        except requests.RequestException:
            raise ToolFailed(f"It was ended after {seconds} s, its time limit.") from None
        text = daemon.logs(made, stdout=True, stderr=True).decode("utf-8", "replace")[-_KEPT:]
        return Ran(image, code, text)
    finally:
        daemon.remove_container(made, force=True, v=True)


def _container(daemon: Daemon, row: dict[str, Any]) -> Container:
    status = row.get("Status", "")
    health = next((word for word in ("unhealthy", "healthy", "starting") if f"({word}" in status), "")
    health = "starting" if "(health: starting)" in status else health
    why = ""
    if health == "unhealthy" or row["State"] in ("exited", "dead", "restarting"):
        state = daemon.inspect_container(row["Id"])["State"]
        checks = _checks(state)
        why = checks[-1] if checks and health == "unhealthy" else state.get("Error", "")
        if not why and health == "unhealthy":
            why = "its health check says nothing"
    return Container(_name(row["Names"][0]), row["Image"], row["State"], health, status, why)


def _checks(state: dict[str, Any]) -> list[str]:
    log = (state.get("Health") or {}).get("Log") or []
    return [f"exit code {one['ExitCode']}: {one['Output'].strip()[:1000]}" for one in log[-3:]]


def _name(raw: str) -> str:
    return raw.removeprefix("/")


def _stats(name: str, told: dict[str, Any]) -> Stats:
    now, before = told["cpu_stats"], told["precpu_stats"]
    busy = now["cpu_usage"]["total_usage"] - before["cpu_usage"]["total_usage"]
    whole = now.get("system_cpu_usage", 0) - before.get("system_cpu_usage", 0)
    cpu = 100 * busy / whole * now.get("online_cpus", 1) if whole > 0 else 0.0
    networks = (told.get("networks") or {}).values()
    memory = told.get("memory_stats") or {}
    return Stats(
        name,
        round(cpu, 2),
        memory.get("usage", 0),
        memory.get("limit", 0),
        sum(one["rx_bytes"] for one in networks),
        sum(one["tx_bytes"] for one in networks),
        (told.get("pids_stats") or {}).get("current", 0),
    )


def _details(told: dict[str, Any]) -> Details:
    state, config, network = told["State"], told["Config"], told.get("NetworkSettings") or {}
    ports = [_port(port, bounds or []) for port, bounds in (network.get("Ports") or {}).items()]
    return Details(
        name=_name(told["Name"]),
        image=config["Image"],
        state=state["Status"],
        health=(state.get("Health") or {}).get("Status", ""),
        started=state.get("StartedAt", ""),
        exit_code=state.get("ExitCode", 0),
        restarts=told.get("RestartCount", 0),
        command=[*(config.get("Entrypoint") or []), *(config.get("Cmd") or [])],
        ports=ports,
        mounts=[f"{one['Source']} -> {one['Destination']}" for one in told.get("Mounts") or []],
        networks=list(network.get("Networks") or {}),
        variables=[one.partition("=")[0] for one in config.get("Env") or []],
        checks=_checks(state),
    )


def _port(port: str, bounds: list[dict[str, str]]) -> str:
    return " ".join([port, *(f"-> {one['HostIp']}:{one['HostPort']}" for one in bounds)])
