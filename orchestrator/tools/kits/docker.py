"""The docker kit: containers and images of this machine, through the Docker SDK and the socket in `tools.docker`.

Looking is free; starting, stopping, running and pruning are asked. Values of environment variables are not shown.
"""

import contextlib
from collections.abc import Callable, Sequence
from functools import partial
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from orchestrator.kernel.errors import ToolFailed
from orchestrator.kernel.messages import Arguments
from orchestrator.tools.base import Context, Result, Tool
from orchestrator.tools.containers import (
    ContainerLogs,
    Containers,
    Controlled,
    Daemon,
    Details,
    Happenings,
    Images,
    Picture,
    Pruned,
    Ran,
    Removed,
    Stats,
    details_of,
    listed,
    stats_of,
)
from orchestrator.tools.daemon import LONGEST_GRACE, SECONDS, executed, happened, opened, ran, stopped, text_of
from orchestrator.tools.function import tool
from orchestrator.tools.kit import Equipment
from orchestrator.tools.kits.examples import docker as said

Open = Callable[[], contextlib.AbstractContextManager[Daemon]]
Name = Annotated[str, Meta(description="the name or identifier of a container", pattern="^[A-Za-z0-9][A-Za-z0-9_.-]*$")]

_tool = partial(tool, category="docker")


def _list_containers(open_daemon: Open) -> Tool:
    @_tool(
        origin="web",
        examples=said.LIST_CONTAINERS,
        answers={
            "en": "[{*containers **{name}** ({image}): {state}[ for {up:duration}][ {ended:duration} ago][, {health}]"
            "[, {cause}][, exit code {exit_code}][, restarted {restarts|time|times}][; {failure}]"
            "[; its check says: {check.text}[ (exit code {check.exit_code})]][; last it wrote: {words}]*}"
            "|No container like that.]",
            "fr": "[{*containers **{name}** ({image}) : {state:word}[ depuis {up:duration}][ depuis {ended:duration}]"
            "[, {health:word}][, {cause:word}][, code de sortie {exit_code}][, relancé {restarts} fois][ ; {failure}]"
            "[ ; son contrôle dit : {check.text}[ (code {check.exit_code})]][ ; derniers mots : {words}]*}"
            "|Aucun conteneur de ce genre.]",
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
            found = listed(daemon, context.clock.now(), all=only != "running")
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
        return ContainerLogs(name, text_of(data))

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
            state = daemon.inspect_container(name)["State"]
            if not state["Running"] or state.get("Restarting"):
                said = f"{name} uses nothing: it is {state['Status']}."
                raise ToolFailed(said, why="container_idle", name=name, state=state["Status"])
            return stats_of(name, daemon.stats(name, stream=False))

    return container_stats


def _inspect_container(open_daemon: Open) -> Tool:
    @_tool(
        origin="web",
        examples=said.INSPECT_CONTAINER,
        answers={
            "en": "{name} ({image}): {state}[ for {up:duration}][ {ended:duration} ago][, {health}][, {cause}]"
            "[, exit code {exit_code}][, restarted {restarts|time|times}].[\n{failure}][\nPorts:\n{ports}]"
            "[\nMounts:\n{mounts}][\nIts last checks:\n{*checks [exit code {exit_code}: ]{text}*}]",
            "fr": "{name} ({image}) : {state:word}[ depuis {up:duration}][ depuis {ended:duration}][, {health:word}]"
            "[, {cause:word}][, code de sortie {exit_code}][, relancé {restarts} fois].[\n{failure}]"
            "[\nPorts :\n{ports}][\nMontages :\n{mounts}]"
            "[\nSes derniers contrôles :\n{*checks [code de sortie {exit_code} : ]{text}*}]",
        },
    )
    def inspect_container(name: Name, context: Context) -> Details:
        """Describe a Docker container: image, command, ports, mounts, networks, restarts, its last health checks."""
        with open_daemon() as daemon:
            return details_of(daemon.inspect_container(name), context.clock.now())

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
        named = [(name, row) for row in rows for name in row.get("RepoTags") or ["<none>"]]
        return Images([Picture(name, row["Id"].removeprefix("sha256:")[:12], row["Size"]) for name, row in named])

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
        answers={"en": "{name} is {state}.", "fr": "{name} : {state:word}."},
        timeout=LONGEST_GRACE + 2.0 * SECONDS,
        reconcile=controlled,
    )
    def control_container(
        name: Name, action: Annotated[Literal["start", "stop", "restart"], "what to do with it"], context: Context
    ) -> Controlled:
        """Start, stop or restart a Docker container."""
        with open_daemon() as daemon:
            if action == "start":
                daemon.start(name)
            else:
                stopped(daemon, name, action)
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
            "en": "{text}\nExit code {exit_code}[, {cause}][, ended after {limit} s, its time limit].",
            "fr": "{text}\nCode de sortie {exit_code}[, {cause:word}][, arrêté au bout de {limit} s, sa limite].",
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
            return ran(daemon, image, command, seconds, f"orchestrator-{context.key[:32]}")

    return run_container


def _run_in_container(open_daemon: Open) -> Tool:
    @_tool(
        scope="execute",
        effects="once",
        origin="web",
        place="elsewhere",
        examples=said.RUN_IN_CONTAINER,
        answers={
            "en": "{text}\nExit code {exit_code}.",
            "fr": "{text}\nCode de sortie {exit_code}.",
        },
        timeout=330.0,
        risks=("destroys", "sends"),
    )
    def run_in_container(
        name: Name,
        line: Annotated[
            str, Meta(description="the command line, as its shell reads it", min_length=1, max_length=8000)
        ],
        context: Context,
        seconds: Annotated[int, Meta(description="that it may take", ge=1, le=150)] = 60,
    ) -> Ran:
        """Run a command in a Docker container that is running, as docker exec does, with all it may do there."""
        with open_daemon() as daemon:
            return executed(daemon, name, line, seconds)

    return run_in_container


def _remove_container(open_daemon: Open) -> Tool:
    async def removed(arguments: Arguments, context: Context) -> Result | None:
        """What is gone was removed, by this call or another."""
        with open_daemon() as daemon:
            left = daemon.containers(all=True, filters={"name": f"^/?{arguments['name']}$"})
        found = Removed(arguments["name"])
        return None if left else Result(str(found), msgspec.to_builtins(found))

    @_tool(
        scope="execute",
        effects="once",
        examples=said.REMOVE_CONTAINER,
        answers={"en": "{name} is removed.", "fr": "{name} est supprimé."},
        reconcile=removed,
        risks=("destroys",),
    )
    def remove_container(
        name: Name, context: Context, force: Annotated[bool, "also while it runs: it is killed"] = False
    ) -> Removed:
        """Remove a Docker container for ever, with what it wrote outside its volumes."""
        with open_daemon() as daemon:
            daemon.remove_container(name, force=force)
        return Removed(name)

    return remove_container


def _container_events(open_daemon: Open) -> Tool:
    @_tool(
        origin="web",
        examples=said.CONTAINER_EVENTS,
        answers={
            "en": "[{*events {time} **{name}**: {what}[, exit code {exit_code}]*}|Nothing in {hours|hour|hours}.]"
            "[\n\nDocker remembers nothing before {oldest}.]",
            "fr": "[{*events {time} **{name}** : {what:word}[, code de sortie {exit_code}]*}"
            "|Rien en {hours|heure|heures}.][\n\nDocker ne se souvient de rien avant {oldest}.]",
        },
    )
    def container_events(
        context: Context,
        name: Annotated[Name | None, "of one container only"] = None,
        hours: Annotated[int, Meta(description="how far back", ge=1, le=168)] = 24,
    ) -> Happenings:
        """Tell what became of Docker containers lately: started, ended, killed, out of memory, healthy or not."""
        with open_daemon() as daemon:
            return happened(daemon, name, hours, context.clock.now())

    return container_events


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
        _run_in_container,
        _remove_container,
        _container_events,
    )
    return [make(open_daemon) for make in makers]


def kit(equipment: Equipment) -> Sequence[Tool]:
    return tools_at(lambda: opened(equipment.settings.docker))
