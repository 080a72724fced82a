"""What Docker says of containers, read. Values of environment variables are left out."""

from typing import Annotated, Any, TypeAlias

import msgspec
from msgspec import Meta

from orchestrator.tools.commandline import shown

Daemon: TypeAlias = Any  # docker.APIClient, which has no types
_STOPPED = frozenset({0, 130, 137, 143})  # the exit codes of what ended well, or was stopped by somebody


class Container(msgspec.Struct, frozen=True):
    name: str
    image: str
    state: Annotated[str, Meta(description="running, exited, paused, restarting…")]
    health: Annotated[str, Meta(description="healthy, unhealthy, starting; empty where it has no check")]
    status: str
    why: Annotated[str, Meta(description="what its last health check said, or how it ended and what it wrote last")] = (
        ""
    )
    ill: Annotated[bool, Meta(description="unhealthy, starting over and over, or ended with an error")] = False


class Containers(msgspec.Struct, frozen=True):
    containers: list[Container]

    def __str__(self) -> str:
        lines = [f"{c.name} ({c.image}): {c.status}{': ' if c.why else ''}{c.why}" for c in self.containers]
        return "\n".join(lines) or "No container like that."


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


def container_of(daemon: Daemon, row: dict[str, Any]) -> Container:
    status = row.get("Status", "")
    health = next((word for word in ("unhealthy", "healthy", "starting") if f"({word}" in status), "")
    health = "starting" if "(health: starting)" in status else health
    ill, why = health == "unhealthy", ""
    if ill or row["State"] in ("exited", "dead", "restarting"):
        told = daemon.inspect_container(row["Id"])
        checks = _checks(told["State"])
        if ill:
            why = checks[-1] if checks else "its health check says nothing"
        else:
            ill = _failed(told)
            why = _ended(told, _last_words(daemon, row["Id"]) if ill else "")
    return Container(_name(row["Names"][0]), row["Image"], row["State"], health, status, why, ill)


def _failed(told: dict[str, Any]) -> bool:
    """Whether it starts over and over, had no memory left, or ended with an error."""
    state = told["State"]
    wrong = state["Status"] in ("restarting", "dead") or state.get("OOMKilled") or state.get("Error")
    return bool(wrong) or state.get("ExitCode", 0) not in _STOPPED


def _ended(told: dict[str, Any], words: str) -> str:
    state, restarts = told["State"], told.get("RestartCount", 0)
    code = state.get("ExitCode", 0)
    parts = [state.get("Error", ""), "out of memory" if state.get("OOMKilled") else ""]
    parts += [f"exit code {code}" if code else "", f"restarted {restarts} times" if restarts else ""]
    parts += [f"last it wrote: {words}" if words else ""]
    return "; ".join(filter(None, parts))


def _last_words(daemon: Daemon, container: str) -> str:
    import docker  # type: ignore[import-untyped]

    try:
        data: bytes = daemon.logs(container, stdout=True, stderr=True, tail=3)
    except docker.errors.APIError:  # its logs go elsewhere
        return ""
    return " / ".join(data.decode("utf-8", "replace").split("\n")).strip(" /")[-500:]


def _checks(state: dict[str, Any]) -> list[str]:
    log = (state.get("Health") or {}).get("Log") or []
    return [f"exit code {one['ExitCode']}: {one['Output'].strip()[:1000]}" for one in log[-3:]]


def _name(raw: str) -> str:
    return raw.removeprefix("/")


def stats_of(name: str, told: dict[str, Any]) -> Stats:
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


def details_of(told: dict[str, Any]) -> Details:
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
        command=shown([*(config.get("Entrypoint") or []), *(config.get("Cmd") or [])]),
        ports=ports,
        mounts=[f"{one['Source']} -> {one['Destination']}" for one in told.get("Mounts") or []],
        networks=list(network.get("Networks") or {}),
        variables=[one.partition("=")[0] for one in config.get("Env") or []],
        checks=_checks(state),
    )


def _port(port: str, bounds: list[dict[str, str]]) -> str:
    return " ".join([port, *(f"-> {one['HostIp']}:{one['HostPort']}" for one in bounds)])
