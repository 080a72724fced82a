"""The Docker daemon: opened, and made to run things. Its errors are said in the words of the tool seam."""

import contextlib
import datetime
import time
from collections.abc import Iterator
from typing import Any

from orchestrator.kernel.errors import ToolFailed, ToolRetry
from orchestrator.tools.containers import Daemon, Happened, Happenings, Ran, cause_of, trimmed

SECONDS = 20  # that the daemon may take to answer
_KEPT = 200_000  # characters of what a container says
_GRACE = 10  # seconds that Docker gives a container to end, unless it says otherwise
LONGEST_GRACE = 120
_LACKING = {"container": "no_such_container", "image": "no_such_image"}
_REMEMBERED = 256  # events of all kinds, by Docker
_NEWEST = 200  # events that are told
_TOLD = ("create", "start", "restart", "pause", "unpause", "stop", "kill", "oom", "die", "destroy", "health_status")


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
        said = _says(error)
        kind, _, name = said.partition("No such ")[2].rstrip(".").partition(": ")
        raise ToolRetry(said, hint=hint, why=_LACKING.get(kind, ""), name=name) from error
    except docker.errors.APIError as error:
        said = _says(error)
        raise ToolFailed(said, why="no_logs" if "does not support reading" in said else "") from error
    except (docker.errors.DockerException, requests.RequestException) as error:
        problem, hint, why = _absent(address, str(error))
        raise ToolFailed(problem, hint=hint, why=why, address=address) from error
    finally:
        if client is not None:
            client.close()


def _says(error: Any) -> str:
    return f"Docker says: {trimmed(str(error.explanation or error)).removesuffix('.')}."


def _absent(address: str, error: str) -> tuple[str, str, str]:
    if "Permission denied" in error or "PermissionError" in error:
        return (
            f"This server's user may not use Docker at {address}.",
            "Add that user to the group docker (which is as much as root), or use rootless Docker.",
            "docker_denied",
        )
    if "timed out" in error:
        hint = "It may be busy or stuck: `docker info` on that machine would show it."
        return f"Docker at {address} did not answer in time.", hint, "docker_slow"
    hint = "Start Docker, or say in the setting tools.docker where it listens."
    return f"No Docker answers at {address}.", hint, "docker_absent"


def stopped(daemon: Daemon, name: str, action: str) -> None:
    """Stop or restart it; it has as long as it says that it needs, which a restart of the SDK does not heed."""
    grace = daemon.inspect_container(name)["Config"].get("StopTimeout") or _GRACE
    getattr(daemon, action)(name, timeout=min(grace, LONGEST_GRACE))


def ran(daemon: Daemon, image: str, command: list[str] | None, seconds: int, name: str) -> Ran:
    import docker
    import requests

    limits = daemon.create_host_config(
        mem_limit=512 * 2**20,
        pids_limit=256,
        cap_drop=["ALL"],
        security_opt=["no-new-privileges"],
        network_mode="none",
        log_config=docker.types.LogConfig(type="json-file", config={"max-size": "4m", "max-file": "1"}),
    )
    with contextlib.suppress(docker.errors.NotFound):
        daemon.remove_container(name, force=True, v=True)
    made, limit = daemon.create_container(image, command, name=name, host_config=limits)["Id"], None
    try:
        daemon.start(made)
        try:
            daemon.wait(made, timeout=seconds)
        except requests.RequestException:
            limit = seconds
            daemon.kill(made)
            daemon.wait(made)
        state = daemon.inspect_container(made)["State"]
        text = text_of(daemon.logs(made, stdout=True, stderr=True))
        return Ran(image, state["ExitCode"], text, cause_of(state), limit)
    finally:
        daemon.remove_container(made, force=True, v=True)


def text_of(data: bytes) -> str:
    """What a container wrote: with a terminal its lines end as a terminal's do."""
    return data.decode("utf-8", "replace").replace("\r\n", "\n").rstrip("\n")[-_KEPT:]


def executed(daemon: Daemon, container: str, command: str, seconds: int) -> Ran:
    """What a command says in a container that runs. Raises ToolFailed when it takes longer."""
    import requests
    import urllib3

    image = daemon.inspect_container(container)["Config"]["Image"]
    made = daemon.exec_create(container, ["/bin/sh", "-c", command])["Id"]
    try:
        data = _heard(daemon, made, seconds)
    except (TimeoutError, requests.Timeout, urllib3.exceptions.TimeoutError):
        said = f"It took longer than {seconds} s, and may go on in {container}."
        raise ToolFailed(said, why="container_slow", name=container, seconds=seconds) from None
    return Ran(image, daemon.exec_inspect(made)["ExitCode"], text_of(_unframed(data)))


def _heard(daemon: Daemon, made: str, seconds: int) -> bytes:
    """All that is said until the end, of which the beginning is kept; the SDK's own way has no limit of time."""
    import docker
    import requests

    url, until = f"{daemon.base_url}/v{daemon.api_version}/exec/{made}/start", time.monotonic() + seconds
    kept = bytearray()
    with daemon.post(url, json={"Detach": False, "Tty": False}, stream=True, timeout=seconds) as answer:
        try:
            answer.raise_for_status()
        except requests.HTTPError as error:
            docker.errors.create_api_error_from_http_exception(error)
        while piece := answer.raw.read1(65536):
            kept += piece[: max(0, 4 * _KEPT - len(kept))]
            if time.monotonic() > until:
                raise TimeoutError
    return bytes(kept)


def _unframed(data: bytes) -> bytes:
    """What both streams wrote: before each piece stand its stream and its length."""
    pieces, place = [], 0
    while place + 8 <= len(data):
        length = int.from_bytes(data[place + 4 : place + 8], "big")
        pieces.append(data[place + 8 : place + 8 + length])
        place += 8 + length
    return b"".join(pieces)


def happened(daemon: Daemon, name: str | None, hours: int, now: float) -> Happenings:
    """What became of containers, the newest last, as far as Docker remembers: checks of health fill its memory too."""
    events = list(daemon.events(since=int(now - hours * 3600), until=int(now) + 1, decode=True))
    found = []
    for event in events:
        what, _, health = event["Action"].partition(": ")
        about = event["Actor"]["Attributes"]
        here = name is None or about.get("name") == name or event["Actor"]["ID"].startswith(name)
        if event["Type"] == "container" and what in _TOLD and here:
            found.append(Happened(_time(event), about.get("name", ""), health or what, int(about.get("exitCode") or 0)))
    oldest = _time(events[0]) if len(events) >= _REMEMBERED else ""
    return Happenings(found[-_NEWEST:], hours, oldest)


def _time(event: dict[str, Any]) -> str:
    moment = datetime.datetime.fromtimestamp(event["time"], datetime.UTC).astimezone()
    return moment.strftime("%Y-%m-%d %H:%M:%S")
