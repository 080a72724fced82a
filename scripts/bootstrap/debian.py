"""Programs that tests use and pip cannot give: installed where we may, named where we may not."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from scripts.bootstrap.steps import Steps

# package -> the programs of which one is enough, and what goes without it
PROGRAMS = {
    "bubblewrap": (("bwrap",), "the strongest sandbox"),
    "chromium": (("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"), "the web app in a browser"),
    "strace": (("strace",), "the journal on a failing disk"),
    "postgresql": (("postgres",), "the journal in PostgreSQL, and many servers on one"),
    "nats-server": (("nats-server",), "the lanes over NATS"),
    "redis-server": (("redis-server",), "the cache in Redis"),
    "openssh-server": (("sshd",), "commands on other machines"),
}
SERVERS = Path("/usr/lib/postgresql")  # Debian puts them beside the path


def missing(path: str | None) -> list[str]:
    everywhere = os.pathsep.join([path or os.defpath, "/usr/sbin", *map(str, SERVERS.glob("*/bin"))])
    return [
        name for name, (programs, _) in PROGRAMS.items() if not any(shutil.which(p, path=everywhere) for p in programs)
    ]


def install(steps: Steps, environ: Mapping[str, str]) -> None:
    """Raises SetupFailed when apt fails; without apt or root it says what will be skipped."""
    path = environ.get("PATH")
    packages = missing(path)
    if not packages:
        return
    apt = shutil.which("apt-get", path=path)
    if apt is None or os.geteuid() != 0:
        for name in packages:
            steps.say(f"  !  {name} is missing: what tests {PROGRAMS[name][1]} is skipped (it fails when CI is set).")
        if apt:
            steps.say(f"     To have it: sudo apt install {' '.join(packages)}")
        return
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    steps.run("Refresh Debian's package lists", [apt, "-qq", "update"], environ=quiet, limit=300.0)
    install = [apt, "-qq", "-y", "--no-install-recommends", "install", *packages]
    steps.run(f"Install {', '.join(packages)}", install, environ=quiet, limit=600.0)
