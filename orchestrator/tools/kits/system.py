"""The system kit: what machine this is, and what time it is."""

import datetime
import difflib
import os
import platform
import zoneinfo
from typing import Annotated

import msgspec

from orchestrator.kernel.answers import say
from orchestrator.kernel.errors import ToolRetry
from orchestrator.kernel.messages import Language
from orchestrator.tools.base import Context
from orchestrator.tools.function import tool
from orchestrator.tools.kits.examples.system import GET_DATETIME, GET_SYSTEM_INFO

_ANSWERS: dict[Language, str] = {
    "en": "{os}, {machine}, {cpus|processor|processors}, load {load}, up {uptime:duration}, Python {python}.\n"
    "Memory: {memory.used:bytes} used of {memory.total:bytes} ({memory.percent} %).\n"
    "Disk: {disk.used:bytes} used of {disk.total:bytes} ({disk.percent} %).",
    "fr": "{os}, {machine}, {cpus|processeur|processeurs}, charge {load}, allumé depuis {uptime:duration},"
    " Python {python}.\n"
    "Mémoire : {memory.used:bytes} utilisés sur {memory.total:bytes} ({memory.percent} %).\n"
    "Disque : {disk.used:bytes} utilisés sur {disk.total:bytes} ({disk.percent} %).",
}


class Space(msgspec.Struct, frozen=True):
    total: int  # bytes
    used: int
    percent: float


class SystemInfo(msgspec.Struct, frozen=True):
    os: str
    machine: str
    cpus: int
    load: Annotated[float, msgspec.Meta(description="mean number of busy processors over the last minute")]
    memory: Space
    disk: Annotated[Space, msgspec.Meta(description="of the disk that holds the workspace")]
    uptime: Annotated[float, msgspec.Meta(description="seconds since the machine started")]
    python: str

    def __str__(self) -> str:
        return say(_ANSWERS["en"], msgspec.to_builtins(self), "en")


class Moment(msgspec.Struct, frozen=True):
    iso: str
    date: str
    time: str
    weekday: Annotated[str, msgspec.Meta(description="in English: Monday … Sunday")]
    timezone: str

    def __str__(self) -> str:
        return f"{self.iso} ({self.weekday}, {self.timezone})"


@tool(
    category="system",
    examples=GET_SYSTEM_INFO,
    answers=_ANSWERS,
)
def get_system_info(context: Context) -> SystemInfo:
    """Describe the machine: operating system, processors, load, memory, disk, uptime, Python version."""
    import psutil

    memory = psutil.virtual_memory()
    disk = psutil.disk_usage(str(context.workspace))
    return SystemInfo(
        os=_system(),
        machine=platform.machine(),
        cpus=os.cpu_count() or 1,
        load=round(psutil.getloadavg()[0], 2),
        memory=Space(memory.total, memory.total - memory.available, memory.percent),
        disk=Space(disk.total, disk.used, disk.percent),
        uptime=round(max(0.0, context.clock.now() - psutil.boot_time()), 1),
        python=platform.python_version(),
    )


def _system() -> str:
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):
        return f"{platform.system()} {platform.release()}"


@tool(
    category="system",
    examples=GET_DATETIME,
    answers={
        "en": "It is {date:weekday} {date}, {time} ({timezone}).",
        "fr": "Nous sommes {date:weekday} {date}, il est {time} ({timezone}).",
    },
)
def get_datetime(
    context: Context,
    timezone: Annotated[
        str | None, "an IANA time zone such as Europe/Paris or UTC; the machine's own when not given"
    ] = None,
) -> Moment:
    """Tell the current date, time and day of the week, here or in a given time zone."""
    here = datetime.datetime.fromtimestamp(context.clock.now(), datetime.UTC)
    here = here.astimezone(_zone(timezone) if timezone else None)
    return Moment(
        iso=here.isoformat(timespec="seconds"),
        date=here.date().isoformat(),
        time=here.strftime("%H:%M:%S"),
        weekday=("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")[here.weekday()],
        timezone=timezone or here.tzname() or "local",
    )


def _zone(name: str) -> zoneinfo.ZoneInfo:
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        known = zoneinfo.available_timezones()
        near = difflib.get_close_matches(name, known, 3, 0.5)
        near += [zone for zone in sorted(known) if zone.rpartition("/")[2].lower() == name.lower().replace(" ", "_")]
        perhaps = ", ".join(dict.fromkeys(reversed(near)))
        hint = f"Perhaps {perhaps}." if near else "Use a name such as Europe/Paris."
        said = f"There is no time zone {name!r}."
        raise ToolRetry(said, hint=hint, why="no_such_zone", zone=name, near=perhaps) from None


tools = (get_system_info, get_datetime)
