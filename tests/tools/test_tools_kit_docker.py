"""The docker kit against an API of recorded answers on a unix socket, and a real Docker where there is one."""

import asyncio
import datetime
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import msgspec
import pytest
from contracts.tool import ToolContract
from servers.docker_daemon import ANSWERS, ROWS, event, inspected, listening, row, state
from servers.docker_engine import Engine, docker_engine

from orchestrator.kernel.answers import say
from orchestrator.kernel.errors import ToolFailed, ToolRetry
from orchestrator.kernel.messages import Arguments
from orchestrator.tools.base import Context, Tool
from orchestrator.tools.daemon import opened
from orchestrator.tools.kits.docker import tools_at

RUNC = "failed to create shim task: OCI runtime create failed: unable to start container process: "
_BY_NAME = ("Ports", "Networks", "networks", "total_inactive_file")  # what these hold, or whether, is the machine's
Daemon = tuple[str, list[tuple[str, Any]]]  # its address, and what it was asked


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    with listening(tmp_path_factory.mktemp("docker"), ANSWERS) as found:
        yield found


@pytest.fixture
def asked(daemon: Daemon) -> list[tuple[str, Any]]:
    daemon[1].clear()
    return daemon[1]


@pytest.fixture
def kit(daemon: Daemon) -> dict[str, Tool]:
    return {tool.spec.name: tool for tool in tools_at(lambda: opened(daemon[0]))}


class Docker(ToolContract):
    name: ClassVar[str]
    arguments: ClassVar[Arguments] = {"name": "web"}

    @pytest.fixture
    def tool(self, kit: dict[str, Tool]) -> Tool:
        return kit[self.name]


class TestListContainers(Docker):
    name, arguments = "list_containers", {}


class TestContainerLogs(Docker):
    name = "container_logs"


class TestContainerStats(Docker):
    name = "container_stats"


class TestInspectContainer(Docker):
    name = "inspect_container"


class TestListImages(Docker):
    name, arguments = "list_images", {}


class TestControlContainer(Docker):
    name, arguments = "control_container", {"name": "web", "action": "start"}


class TestPruneDocker(Docker):
    name, arguments = "prune_docker", {"what": "images"}


class TestRunContainer(Docker):
    name, arguments = "run_container", {"image": "shop:1", "command": ["echo", "hi"]}


class TestRunInContainer(Docker):
    name, arguments = "run_in_container", {"name": "web", "line": "echo hi"}


class TestRemoveContainer(Docker):
    name, arguments = "remove_container", {"name": "old"}


class TestContainerEvents(Docker):
    name, arguments = "container_events", {}


async def test_what_became_of_containers_is_told(kit: dict[str, Tool], context: Context) -> None:
    found = (await kit["container_events"].call({"hours": 2}, context)).data["events"]
    assert [(one["what"], one["exit_code"]) for one in found] == [("start", 0), ("die", 137), ("unhealthy", 0)]


async def test_what_docker_has_forgotten_is_said_to_be(tmp_path: Path, context: Context) -> None:
    check = msgspec.json.encode(event("exec_start: /bin/check")) + b"\n"
    with listening(tmp_path, {**ANSWERS, "GET /events": check * 256}) as (address, _):
        (tool,) = (tool for tool in tools_at(lambda: opened(address)) if tool.spec.name == "container_events")
        found = await tool.call({}, context)
    assert found.data["events"] == [] and found.data["oldest"]
    assert "Docker remembers nothing before 20" in found.content


async def test_a_command_in_a_container_says_what_it_did(kit: dict[str, Tool], context: Context) -> None:
    ran = (await kit["run_in_container"].call({"name": "web", "line": "echo hi; exit 3"}, context)).data
    assert (ran["image"], ran["exit_code"], ran["text"]) == ("shop:1", 3, "hi")


async def test_an_unhealthy_container_says_why(kit: dict[str, Tool], context: Context) -> None:
    found = (await kit["list_containers"].call({"only": "unhealthy"}, context)).data["containers"]
    assert [(one["name"], one["health"]) for one in found] == [("web", "unhealthy")]
    assert found[0]["why"] == "restarted 2 times; exit code 7: curl: (7) could not connect"


def _ended(name: str, status: str, **more: Any) -> dict[str, Any]:
    """The recorded answers of one more container, which is not well or was stopped."""
    text = b"starting\nKeyError: 'DATABASE_URL'\nstarting\n"
    return {
        f"GET /containers/{name[0] * 64}/json": inspected(name, state(status, **more), RestartCount=7),
        f"GET /containers/{name[0] * 64}/logs": b"\2\0\0\0\0\0\0%c" % len(text) + text,
    }


async def test_what_has_no_check_and_does_not_run_is_unhealthy_too(tmp_path: Path, context: Context) -> None:
    rows: list[tuple[str, str, dict[str, Any]]] = [("loops", "restarting", {"ExitCode": 1})]
    rows += [("full", "exited", {"ExitCode": 137, "OOMKilled": True})]
    rows += [("term", "exited", {"ExitCode": 143}), ("ended", "exited", {}), ("silent", "dead", {})]
    rows += [
        ("broken", "created", {"ExitCode": 127, "Error": f"{RUNC}no such program: unknown"}),
        ("new", "created", {}),
    ]
    answers: dict[str, Any] = {**ANSWERS}
    answers["GET /containers/json"] = [row(name, "shop:1", status, "") for name, status, _ in rows]
    answers["GET /containers/json"].append(row("gone", "shop:1", "exited", "removed between the two questions"))
    for name, status, more in rows:
        answers |= _ended(name, status, **more)
    del answers[f"GET /containers/{'s' * 64}/logs"]  # its logs go elsewhere
    with listening(tmp_path, answers) as (address, _):
        (tool,) = (tool for tool in tools_at(lambda: opened(address)) if tool.spec.name == "list_containers")
        found = (await tool.call({"only": "unhealthy"}, context)).data
        everything = (await tool.call({}, context)).data["containers"]
    last = "last it wrote: starting / KeyError: 'DATABASE_URL'"
    assert {one["name"]: one["why"] for one in found["containers"]} == {
        "loops": f"exit code 1; restarted 7 times; {last}",
        "full": f"out of memory; exit code 137; restarted 7 times; {last}",
        "silent": "restarted 7 times",
        "broken": f"no such program; exit code 127; restarted 7 times; {last}",
    }
    assert [one["name"] for one in everything] == [name for name, _, _ in rows]
    french = say(tool.spec.answers["fr"], found, "fr")
    assert ", mémoire épuisée, code de sortie 137, relancé 7 fois ; derniers mots : starting" in french
    assert "**broken** (shop:1) : créé, jamais démarré, code de sortie 127" in french


async def test_no_value_of_the_environment_is_shown(kit: dict[str, Tool], context: Context) -> None:
    found = await kit["inspect_container"].call({"name": "web"}, context)
    assert found.data["variables"] == ["PASSWORD", "PATH"] and "hunter2" not in found.content
    assert found.data["ports"] == ["80/tcp -> 0.0.0.0:8080"]


async def test_usage_and_logs(kit: dict[str, Tool], context: Context) -> None:
    stats = (await kit["container_stats"].call({"name": "web"}, context)).data
    assert (stats["cpu"], stats["memory"], stats["sent"], stats["processes"]) == (20.0, 2**20, 20, 3)
    assert (await kit["container_logs"].call({"name": "web"}, context)).data["text"] == "hello\nbad"


async def test_what_is_run_has_no_rights_and_is_removed(
    kit: dict[str, Tool], context: Context, asked: list[tuple[str, Any]]
) -> None:
    ran = (await kit["run_container"].call({"image": "shop:1", "command": ["echo", "hi"]}, context)).data
    assert (ran["exit_code"], ran["text"]) == (3, "hi")
    body = next(body for path, body in asked if path == "POST /containers/create")
    limits = body["HostConfig"]
    assert limits["NetworkMode"] == "none" and limits["CapDrop"] == ["ALL"] and not limits.get("Privileged")
    assert asked[-1][0] == "DELETE /containers/run1"
    removed, made = [path for path, _ in asked if path.startswith(("DELETE", "POST /containers/create"))][:2]
    assert removed == f"DELETE /containers/orchestrator-{context.key}"  # what an earlier try left
    assert made == "POST /containers/create" and kit["run_container"].spec.effects == "idempotent"


async def test_what_acts_is_asked_and_known_after_a_crash(kit: dict[str, Tool], context: Context) -> None:
    assert kit["prune_docker"].spec.risks == ("destroys",)
    assert {kit[name].spec.scope for name in ("control_container", "prune_docker", "run_container")} == {"execute"}
    control: Any = kit["control_container"]
    assert (await control.reconcile({"name": "web", "action": "start"}, context)).data["state"] == "running"
    assert await control.reconcile({"name": "web", "action": "stop"}, context) is None
    with pytest.raises(ToolFailed, match="cannot be known"):
        await control.reconcile({"name": "web", "action": "restart"}, context)


async def test_a_container_has_the_time_to_end_that_it_says_it_needs(
    kit: dict[str, Tool], context: Context, asked: list[tuple[str, Any]]
) -> None:
    for action in ("stop", "restart"):
        await kit["control_container"].call({"name": "web", "action": action}, context)
        assert (f"POST /containers/web/{action}", {"t": ["30"]}) in asked


async def test_what_had_to_be_started_again_just_now_is_ill_though_it_runs(tmp_path: Path, context: Context) -> None:
    just_now = datetime.datetime.fromtimestamp(context.clock.now() - 5, datetime.UTC).isoformat()
    falls = inspected("web", state(StartedAt=just_now), RestartCount=3)
    answers = {**ANSWERS, "GET /containers/json": ROWS[:1], f"GET /containers/{'w' * 64}/json": falls}
    with listening(tmp_path, answers) as (address, _):
        (tool,) = (tool for tool in tools_at(lambda: opened(address)) if tool.spec.name == "list_containers")
        (found,) = (await tool.call({"only": "unhealthy"}, context)).data["containers"]
    assert found["why"] == "restarted 3 times" and found["up"] in (5, 6)


async def test_after_a_crash_a_pruning_is_known_where_nothing_is_left(kit: dict[str, Tool], context: Context) -> None:
    prune: Any = kit["prune_docker"]
    assert (await prune.reconcile({"what": "containers"}, context)).content == "Nothing is left to remove."
    with pytest.raises(ToolFailed, match="can be removed now"):
        await prune.reconcile({"what": "images"}, context)


async def test_what_is_not_there_is_said(kit: dict[str, Tool], context: Context, tmp_path: Path) -> None:
    with pytest.raises(ToolRetry, match="No such container"):
        await kit["container_logs"].call({"name": "ghost"}, context)
    for name in ("../etc", "-f", "a b"):
        with pytest.raises(ToolRetry, match="name"):
            await kit["container_logs"].call({"name": name}, context)
    nobody = {tool.spec.name: tool for tool in tools_at(lambda: opened(f"unix://{tmp_path}/none.sock"))}
    with pytest.raises(ToolFailed, match=r"No Docker answers at .* tools\.docker"):
        await nobody["list_images"].call({}, context)


async def test_a_docker_that_is_stuck_is_said_to_be(
    context: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("orchestrator.tools.daemon.SECONDS", 0.05)
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(tmp_path / "silent.sock"))
        silent.listen()
        tools = {tool.spec.name: tool for tool in tools_at(lambda: opened(f"unix://{tmp_path}/silent.sock"))}
        with pytest.raises(ToolFailed, match="did not answer in time"):
            await tools["list_images"].call({}, context)


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with docker_engine() as found:
        found.make(
            "sick",
            "sleep 1000",
            healthcheck={"Test": ["CMD-SHELL", "echo no luck; exit 7"], "Interval": 10**8, "Retries": 1},
        )
        found.make("loops", "echo no door >&2; exit 4", limits={"restart_policy": {"Name": "always"}})
        found.make("greedy", "a=xxxx; while :; do a=$a$a; done", limits={"mem_limit": 2**24, "memswap_limit": 2**24})
        found.make("broken", "", command=["no-such-program"])
        found.make("told", "trap 'exit 143' TERM; echo out; echo bad >&2; while :; do sleep 0.05; done", stop_timeout=7)
        found.make("screen", "echo first; echo second; sleep 1000", tty=True)
        found.make("done", "exit 0")
        yield found


@pytest.fixture
def real(engine: Engine) -> dict[str, Tool]:
    return {tool.spec.name: tool for tool in tools_at(lambda: opened(engine.address))}


async def test_a_real_docker_says_what_is_ill_and_why(real: dict[str, Tool], engine: Engine, context: Context) -> None:
    seen: dict[str, dict[str, Any]] = {}
    async with asyncio.timeout(60):
        while not _settled(seen):
            rows = (await real["list_containers"].call({}, context)).data["containers"]
            seen = {one["name"].removeprefix(f"{engine.name}-"): one for one in rows if engine.name in one["name"]}
    assert {name for name, one in seen.items() if one["ill"]} == {"sick", "loops", "greedy", "broken"}
    assert seen["sick"]["why"] == "exit code 7: no luck"
    assert seen["loops"]["state"] in ("restarting", "running") and seen["loops"]["words"] == "no door"
    assert seen["greedy"]["cause"] == "out of memory" and seen["greedy"]["exit_code"] == 137
    assert seen["broken"]["failure"].startswith('exec: "no-such-program": executable file not found')
    assert (await real["inspect_container"].call({"name": seen["broken"]["name"]}, context)).data["started"] == ""


async def test_a_real_container_is_read_and_handled(real: dict[str, Tool], engine: Engine, context: Context) -> None:
    async def data(tool: str, **arguments: Any) -> Any:
        return (await real[tool].call(arguments, context)).data

    told, screen = f"{engine.name}-told", f"{engine.name}-screen"
    assert sorted((await data("container_logs", name=told))["text"].split()) == ["bad", "out"]
    assert (await data("container_logs", name=screen))["text"] == "first\nsecond"
    assert (await data("container_stats", name=told))["memory"] > 0
    assert (await data("control_container", name=told, action="restart"))["state"] == "running"
    assert (await data("control_container", name=told, action="stop"))["state"] == "exited"
    shown = await data("inspect_container", name=told)
    assert (shown["exit_code"], shown["cause"], shown["up"]) == (143, "", None)
    with pytest.raises(ToolFailed, match="uses nothing: it is exited"):
        await data("container_stats", name=told)
    with pytest.raises(ToolRetry, match=f"No such container: {engine.name}-ghost"):
        await data("container_logs", name=f"{engine.name}-ghost")
    ran = await data("run_in_container", name=screen, line="echo hi; exit 3")
    assert (ran["text"], ran["exit_code"]) == ("hi", 3)
    with pytest.raises(ToolFailed, match="may go on in"):
        await data("run_in_container", name=screen, line="sleep 3", seconds=1)
    with pytest.raises(ToolFailed, match="is not running"):
        await data("run_in_container", name=told, line="true")
    with pytest.raises(ToolFailed, match=r"cannot remove a running container|container is running"):
        await data("remove_container", name=screen)
    remove: Any = real["remove_container"]
    assert await remove.reconcile({"name": screen}, context) is None
    await data("remove_container", name=screen, force=True)
    assert (await remove.reconcile({"name": screen}, context)).content == f"{screen} is removed."
    become = [one["what"] for one in (await data("container_events", name=told))["events"]]
    assert become[:2] == ["create", "start"] and {"die", "restart", "stop"} <= set(become)
    if engine.own:
        assert len((await data("prune_docker", what="containers"))["removed"]) >= 1
        assert (await data("prune_docker", what="images"))["removed"] == []


async def test_a_real_docker_runs_without_rights(real: dict[str, Tool], engine: Engine, context: Context) -> None:
    async def ran(script: str, seconds: int = 60, image: str = "") -> Any:
        arguments = {"image": image or f"{engine.name}:1", "command": ["/bin/sh", "-c", script], "seconds": seconds}
        return (await real["run_container"].call(arguments, context)).data

    done = await ran("echo hi; exit 3")
    assert (done["exit_code"], done["text"], done["limit"]) == (3, "hi", None)
    cut = await ran("echo begun; sleep 1000", 1)
    assert (cut["text"], cut["limit"]) == ("begun", 1)
    with pytest.raises(ToolRetry, match="No such image"):
        await ran("", image="orchestrator-test-nowhere")
    assert not [
        one for one in engine.client.containers(all=True) if f"orchestrator-{context.key[:32]}" in one["Names"][0]
    ]


def test_the_recorded_answers_have_the_shape_of_the_real_ones(engine: Engine) -> None:
    check = {"Test": ["CMD-SHELL", "exit 7"], "Interval": 10**8}
    name = engine.make("shape", "sleep 1000", healthcheck=check, stop_timeout=30)

    def asked(path: str) -> Any:
        return msgspec.json.decode(engine.client.get(f"{engine.client.base_url}{path}").content)

    log: list[Any] = []
    while not log:
        log = asked(f"/containers/{name}/json")["State"]["Health"]["Log"]
    for recorded in ("/containers/web/json", "/containers/web/stats", "/containers/json", "/images/json", "/version"):
        path = recorded.replace("web", name) + ("?stream=0" if recorded.endswith("stats") else "")
        said = ROWS if recorded == "/containers/json" else ANSWERS[f"GET {recorded}"]
        assert _unlike(said, asked(path)) == [], recorded
    assert _unlike(ANSWERS["POST /containers/run1/wait"], engine.client.wait(engine.make("ends", "exit 3"))) == []


def _settled(seen: dict[str, dict[str, Any]]) -> bool:
    """Whether each has come to what was to become of it."""
    if not seen:
        return False
    ended = seen["greedy"]["ended"] is not None and seen["done"]["state"] == "exited"
    return ended and seen["sick"]["health"] == "unhealthy" and seen["loops"]["restarts"] > 1


def _unlike(recorded: Any, real: Any, at: str = "") -> list[str]:
    """The fields that were recorded and that the real Docker does not have, or has as something else."""
    if isinstance(recorded, dict) and isinstance(real, dict):
        fields = {
            f"{at}.{name}": (recorded[name], real.get(name, KeyError)) for name in recorded if name not in _BY_NAME
        }
        return [one for name, (ours, theirs) in fields.items() for one in _unlike(ours, theirs, name)]
    if isinstance(recorded, list) and isinstance(real, list):
        return [one for ours in recorded[:1] for theirs in real[:1] for one in _unlike(ours, theirs, f"{at}[]")]
    same = real is not KeyError and (recorded is None or real is None or type(recorded) is type(real))
    return [] if same else [f"{at} is {real!r:.50}"]
