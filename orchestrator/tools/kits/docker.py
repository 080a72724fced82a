"""The docker kit: containers and images of this machine, through the Docker SDK and the socket in `tools.docker`.

Looking is free; starting, stopping, running and pruning are asked. Values of environment variables are not shown.
"""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from orchestrator.kernel.errors import ToolFailed, ToolRetry
from orchestrator.kernel.messages import Arguments
from orchestrator.tools.base import Context, Result, Tool
from orchestrator.tools.containers import (
    ContainerLogs,
    Containers,
    Controlled,
    Daemon,
    Details,
    Images,
    Picture,
    Pruned,
    Ran,
    Stats,
    container_of,
    details_of,
    stats_of,
)
from orchestrator.tools.function import tool
from orchestrator.tools.kit import Equipment
from orchestrator.tools.kits.examples import docker as said

SECONDS = 20  # that the daemon may take to answer
_KEPT = 200_000  # characters of a log

Open = Callable[[], contextlib.AbstractContextManager[Daemon]]
Name = Annotated[str, Meta(description="the name or identifier of a container", pattern="^[A-Za-z0-9][A-Za-z0-9_.-]*$")]

_tool = partial(tool, category="docker")


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


def _list_containers(open_daemon: Open) -> Tool:
    @_tool(
        origin="web",
        examples=said.LIST_CONTAINERS,
        answers={
            "en": "[{*containers **{name}** ({image}): {status}. {why}*}|No container like that.]",
            "fr": "[{*containers **{name}** ({image}) : {status}. {why}*}|Aucun conteneur de ce genre.]",
        },
    )
    def list_containers(
        context: Context,
        only: Annotated[
            Literal["all", "running", "stopped", "unhealthy"],
            "which ones; unhealthy are also those that start over and over, or ended with an error",
        ] = "all",
    ) -> Containers:
        """List Docker containers with their health, and why an unhealthy one is: what its last check said."""
        with open_daemon() as daemon:
            found = [container_of(daemon, row) for row in daemon.containers(all=only != "running")]
        if only == "stopped":
            found = [one for one in found if one.state not in ("running", "paused", "restarting")]
        return Containers([one for one in found if only != "unhealthy" or one.ill])

    return list_containers


def _container_logs(open_daemon: Open) -> Tool:
    @_tool(
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

    return container_logs


def _container_stats(open_daemon: Open) -> Tool:
    @_tool(
        examples=said.CONTAINER_STATS,
        answers={
            "en": "{name}: {cpu} % of a processor, {memory:bytes} of memory, {processes|process|processes}.",
            "fr": "{name} : {cpu} % d'un processeur, {memory:bytes} de mémoire, {processes|processus|processus}.",
        },
    )
    def container_stats(name: Name, context: Context) -> Stats:
        """Tell how much processor, memory and network a Docker container uses."""
        with open_daemon() as daemon:
            return stats_of(name, daemon.stats(name, stream=False))

    return container_stats


def _inspect_container(open_daemon: Open) -> Tool:
    @_tool(
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
            return details_of(daemon.inspect_container(name))

    return inspect_container


def _list_images(open_daemon: Open) -> Tool:
    @_tool(
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

    return list_images


def _control_container(open_daemon: Open) -> Tool:
    async def controlled(arguments: Arguments, context: Context) -> Result | None:
        """A container that runs was started, one that does not was stopped; a restart leaves no trace."""
        with open_daemon() as daemon:
            state = daemon.inspect_container(arguments["name"])["State"]
        if arguments["action"] == "restart":
            raise ToolFailed(f"It cannot be known whether {arguments['name']} was restarted by this call.")
        done = state["Running"] == (arguments["action"] == "start")
        found = Controlled(arguments["name"], state["Status"])
        return Result(str(found), msgspec.to_builtins(found)) if done else None

    @_tool(
        scope="execute",
        effects="once",
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

    return control_container


def _prune_docker(open_daemon: Open) -> Tool:
    async def pruned(arguments: Arguments, context: Context) -> Result | None:
        """Where nothing is left to remove it was removed; what is left may have come since."""
        with open_daemon() as daemon:
            if arguments["what"] == "containers":
                stopped = {"status": ["created", "exited", "dead"]}
                left = [row["Names"][0].removeprefix("/") for row in daemon.containers(all=True, filters=stopped)]
            else:
                left = [row["Id"][7:19] for row in daemon.images(filters={"dangling": True})]
        if left:
            raise ToolFailed(f"These can be removed now, whether or not others were: {', '.join(left[:20])}.")
        found = Pruned([], 0)
        return Result("Nothing is left to remove.", msgspec.to_builtins(found))

    @_tool(
        scope="execute",
        effects="once",
        examples=said.PRUNE_DOCKER,
        answers={
            "en": "{freed:bytes} freed.[ Removed:\n{removed}]",
            "fr": "{freed:bytes} libérés.[ Supprimés :\n{removed}]",
        },
        timeout=300.0,
        reconcile=pruned,
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

    return prune_docker


def _run_container(open_daemon: Open) -> Tool:
    @_tool(
        scope="execute",
        effects="idempotent",  # nothing outside it is reached, and what a try that was cut off left is removed
        origin="web",
        place="elsewhere",
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
            return _ran(daemon, image, command, seconds, f"orchestrator-{context.key[:32]}")

    return run_container


def _ran(daemon: Daemon, image: str, command: list[str] | None, seconds: int, name: str) -> Ran:
    import docker
    import requests

    limits = daemon.create_host_config(
        mem_limit=512 * 2**20,
        pids_limit=256,
        cap_drop=["ALL"],
        security_opt=["no-new-privileges"],
        network_mode="none",
    )
    with contextlib.suppress(docker.errors.NotFound):
        daemon.remove_container(name, force=True, v=True)
    made = daemon.create_container(image, command, name=name, host_config=limits)["Id"]
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


def tools_at(open_daemon: Open) -> Sequence[Tool]:
    makers = (
        _list_containers,
        _container_logs,
        _container_stats,
        _inspect_container,
        _list_images,
        _control_container,
        _prune_docker,
        _run_container,
    )
    return [make(open_daemon) for make in makers]


def kit(equipment: Equipment) -> Sequence[Tool]:
    return tools_at(lambda: opened(equipment.settings.docker))
