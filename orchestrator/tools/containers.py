"""What Docker says of containers, read. Values of environment variables are left out."""

import contextlib
import datetime
from typing import Annotated, Any, TypeAlias

import msgspec
from msgspec import Meta

from orchestrator.tools.commandline import shown

Daemon: TypeAlias = Any  # docker.APIClient, which has no types
_LATELY = 60  # seconds: what Docker had to start again since then may fall again
_THERE = ("running", "paused")
_STOPPED = frozenset({0, 130, 137, 143})  # the exit codes of what ended well, or was stopped by somebody


class Check(msgspec.Struct, frozen=True):
    exit_code: int
    text: str


class Container(msgspec.Struct, frozen=True):
    name: str
    image: str
    state: Annotated[str, Meta(description="running, exited, paused, restarting…")]
    health: Annotated[str, Meta(description="healthy, unhealthy, starting; empty where it has no check")]
    status: Annotated[str, Meta(description="the same in Docker's words")]
    why: Annotated[str, Meta(description="what its last health check said, or how it ended and what it wrote last")]
    ill: Annotated[bool, Meta(description="unhealthy, starting over and over, or ended with an error")]
    up: Annotated[int | None, Meta(description="seconds that it has been running")] = None
    ended: Annotated[int | None, Meta(description="seconds since it ended")] = None
    cause: Annotated[str, Meta(description="out of memory, or nothing")] = ""
    failure: Annotated[str, Meta(description="why Docker could not start it")] = ""
    exit_code: int = 0
    restarts: int = 0
    check: Annotated[Check | None, Meta(description="its last health check, where it failed")] = None
    words: Annotated[str, Meta(description="what it wrote last, where it ended with an error")] = ""


class Containers(msgspec.Struct, frozen=True):
    containers: list[Container]

    def __str__(self) -> str:
        lines = [f"{c.name} ({c.image}): {c.status or c.state}{': ' if c.why else ''}{c.why}" for c in self.containers]
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
    started: Annotated[str, Meta(description="when; empty where it never was")]
    up: Annotated[int | None, Meta(description="seconds that it has been running")]
    ended: Annotated[int | None, Meta(description="seconds since it ended")]
    exit_code: int
    cause: Annotated[str, Meta(description="out of memory, or nothing")]
    failure: Annotated[str, Meta(description="why Docker could not start it")]
    restarts: int
    command: list[str]
    ports: list[str]
    mounts: list[str]
    networks: list[str]
    variables: Annotated[list[str], Meta(description="names of its environment variables; values are not shown")]
    checks: Annotated[list[Check], Meta(description="what its last health checks said")]

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
    cause: Annotated[str, Meta(description="out of memory, or nothing")] = ""
    limit: Annotated[int | None, Meta(description="the seconds after which it was ended, where it was")] = None

    def __str__(self) -> str:
        ended = f", ended after {self.limit} s, its time limit" if self.limit else ""
        return f"{self.text}\n[exit code {self.exit_code}{ended}{', ' if self.cause else ''}{self.cause}]".strip()


class Removed(msgspec.Struct, frozen=True):
    name: str

    def __str__(self) -> str:
        return f"{self.name} is removed."


class Happened(msgspec.Struct, frozen=True):
    time: str
    name: str
    what: Annotated[str, Meta(description="start, die, oom, kill, stop, restart, healthy, unhealthy…")]
    exit_code: int


class Happenings(msgspec.Struct, frozen=True):
    events: list[Happened]
    hours: int
    oldest: Annotated[str, Meta(description="Docker remembers nothing before; empty: it remembers it all")] = ""

    def __str__(self) -> str:
        lines = [
            f"{e.time} {e.name}: {e.what}{f', exit code {e.exit_code}' if e.exit_code else ''}" for e in self.events
        ]
        lines = lines or [f"Nothing in the last {self.hours} hours."]
        return "\n".join([*lines, *([f"[Docker remembers nothing before {self.oldest}]"] if self.oldest else [])])


def listed(daemon: Daemon, now: float, *, all: bool) -> list[Container]:
    """The containers there are, each with why it is ill where it is."""
    import docker  # type: ignore[import-untyped]

    found = []
    for row in daemon.containers(all=all):
        with contextlib.suppress(docker.errors.NotFound):  # removed since
            found.append(_container(daemon, row, daemon.inspect_container(row["Id"]), now))
    return found


def _container(daemon: Daemon, row: dict[str, Any], told: dict[str, Any], now: float) -> Container:
    state, restarts = told["State"], told.get("RestartCount", 0)
    there, health, since = state["Status"] in _THERE, _health(state), _since(state, now)
    fell = bool(restarts) and since is not None and since < _LATELY if there else _failed(state)
    ill = fell or health == "unhealthy"
    check = next(reversed(_checks(state)), None) if health == "unhealthy" else None
    words = _last_words(daemon, row["Id"]) if fell else ""
    cause, failure = cause_of(state), trimmed(state.get("Error", ""))
    code = 0 if there else state.get("ExitCode", 0)
    why = [failure, cause, f"exit code {code}" if code else "", f"restarted {restarts} times" if restarts else ""]
    why += [f"last it wrote: {words}" if words else "", _said(check) if check else ""]
    return Container(
        name=told["Name"].removeprefix("/"),
        image=row["Image"],
        state=state["Status"],
        health=health,
        status=row.get("Status", ""),
        why="; ".join(filter(None, why)) if ill or not there else "",
        ill=ill,
        up=since if there else None,
        ended=None if there else since,
        cause=cause,
        failure=failure,
        exit_code=code,
        restarts=restarts,
        check=check,
        words=words,
    )


def _health(state: dict[str, Any]) -> str:
    """Of what does not run nothing is checked; what Docker says then is what was so before."""
    said = (state.get("Health") or {}).get("Status", "")
    return said if said != "none" and state["Status"] in _THERE else ""


def _failed(state: dict[str, Any]) -> bool:
    """Whether it starts over and over, had no memory left, could not be started, or ended with an error."""
    wrong = state["Status"] in ("restarting", "dead") or state.get("OOMKilled") or state.get("Error")
    return bool(wrong) or state.get("ExitCode", 0) not in _STOPPED


def cause_of(state: dict[str, Any]) -> str:
    return "out of memory" if state.get("OOMKilled") and state["Status"] not in _THERE else ""


def _moment(said: str) -> float | None:
    """Docker's time, to the nanosecond; the year 1 is never."""
    return None if not said or said.startswith("0001-") else datetime.datetime.fromisoformat(said).timestamp()


def _since(state: dict[str, Any], now: float) -> int | None:
    moment = _moment(state.get("StartedAt" if state["Status"] in _THERE else "FinishedAt", ""))
    return None if moment is None else max(0, int(now - moment))


def trimmed(problem: str) -> str:
    """What Docker says of a start that failed, without the programs that told each other."""
    return problem.rpartition("unable to start container process: ")[2].removesuffix(": unknown")


def _last_words(daemon: Daemon, container: str) -> str:
    import docker

    try:
        data: bytes = daemon.logs(container, stdout=True, stderr=True, tail=3)
    except docker.errors.APIError:  # its logs go elsewhere
        return ""
    lines = [line.strip() for line in data.decode("utf-8", "replace").splitlines()]
    return " / ".join(dict.fromkeys(filter(None, lines)))[-500:]


def _said(check: Check) -> str:
    return f"exit code {check.exit_code}: {check.text}" if check.exit_code else check.text


def _checks(state: dict[str, Any]) -> list[Check]:
    log = (state.get("Health") or {}).get("Log") or []
    silent = "its health check says nothing"  # one that took too long has -1
    return [Check(max(0, one["ExitCode"]), one["Output"].strip()[:1000] or silent) for one in log[-3:]]


def stats_of(name: str, told: dict[str, Any]) -> Stats:
    now, before = told["cpu_stats"], told["precpu_stats"]
    busy = now["cpu_usage"]["total_usage"] - before["cpu_usage"]["total_usage"]
    whole = now.get("system_cpu_usage", 0) - before.get("system_cpu_usage", 0)
    cpu = 100 * busy / whole * now.get("online_cpus", 1) if whole > 0 else 0.0
    networks = (told.get("networks") or {}).values()
    memory = told.get("memory_stats") or {}
    kept = memory.get("stats") or {}
    cache = kept.get("total_inactive_file", kept.get("inactive_file", 0))  # cgroups 1, 2; given back when it is needed
    return Stats(
        name,
        round(cpu, 2),
        max(0, memory.get("usage", 0) - cache),
        memory.get("limit", 0),
        sum(one["rx_bytes"] for one in networks),
        sum(one["tx_bytes"] for one in networks),
        (told.get("pids_stats") or {}).get("current", 0),
    )


def details_of(told: dict[str, Any], now: float) -> Details:
    state, config, network = told["State"], told["Config"], told.get("NetworkSettings") or {}
    ports = [_port(port, bounds or []) for port, bounds in (network.get("Ports") or {}).items()]
    ended, started = state["Status"] not in _THERE, state.get("StartedAt", "")
    return Details(
        name=told["Name"].removeprefix("/"),
        image=config["Image"],
        state=state["Status"],
        health=_health(state),
        started=started if _moment(started) is not None else "",
        up=None if ended else _since(state, now),
        ended=_since(state, now) if ended else None,
        exit_code=state.get("ExitCode", 0) if ended else 0,
        cause=cause_of(state),
        failure=trimmed(state.get("Error", "")),
        restarts=told.get("RestartCount", 0),
        command=shown([*(config.get("Entrypoint") or []), *(config.get("Cmd") or [])]),
        ports=ports,
        mounts=[f"{one['Source']} -> {one['Destination']}" for one in told.get("Mounts") or []],
        networks=list(network.get("Networks") or {}),
        variables=[one.partition("=")[0] for one in config.get("Env") or []],
        checks=_checks(state) if _health(state) else [],
    )


def _port(port: str, bounds: list[dict[str, str]]) -> str:
    return " ".join([port, *(f"-> {one['HostIp']}:{one['HostPort']}" for one in bounds)])
