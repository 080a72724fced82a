"""All that exists inside the strongest sandbox: what is not listed here must not be there."""

import os
import shutil
from pathlib import Path

import pytest

from orchestrator.tools.sandbox import cgroup
from orchestrator.tools.sandbox.base import Limits
from orchestrator.tools.sandbox.bubblewrap import Bubblewrap
from orchestrator.tools.sandbox.exposure import ETC, KERNEL_FACTS, SYSTEM, environment

DEVICES = ("null", "zero", "full", "random", "urandom", "tty", "pts")
TOP = {"dev", "etc", "home", "proc", "run", "tmp", "var"}
MOUNTED_BY_BUBBLEWRAP = {
    "/proc/bus",
    "/proc/irq",
    "/proc/sys",
    "/proc/sysrq-trigger",
}  # read-only, where root could write
LOOK = """
echo "# env"; env
echo "# top"; ls -A /
echo "# etc"; find /etc ! -type d -print
echo "# empty"; find /var /run /home -mindepth 1
echo "# mounts"; while read -r _ _ _ _ place options _; do echo "$place $options"; done < /proc/self/mountinfo
echo "# writable"
find / \\( -path /proc -o -path /dev -o -path /tmp -o -path /home/agent -o -path /usr -o -path "$PWD" \\) -prune \
    -o ! -type l -writable -print
echo "# status"; grep -E '^(Uid|Gid|Cap|NoNewPrivs|Seccomp:)' /proc/self/status | tr '\\t' ' '
echo "# handles"; for handle in $(seq 3 99); do [ -e "/proc/$$/fd/$handle" ] && echo "$handle"; done
echo "# facts"; for fact in %s; do head -c 1 "$fact"; done 2> /dev/null
echo "# over"
"""


@pytest.fixture
async def seen(workspace: Path) -> dict[str, list[str]]:
    program = shutil.which("bwrap")
    if program is None:
        pytest.skip("bubblewrap is not installed")
    sandbox = Bubblewrap(Path(program), cgroup.find())
    outcome = await sandbox.run(
        LOOK % " ".join((*KERNEL_FACTS, "/proc/kcore", "/proc/kmsg")), workspace, Limits(seconds=300.0)
    )
    found: dict[str, list[str]] = {}
    for line in outcome.stdout.decode().splitlines():
        if line.startswith("# "):
            found[line[2:]] = rows = []
        else:
            rows.append(line)
    assert "over" in found, outcome.stderr
    return found


def under(path: str, places: "tuple[str, ...] | set[str]") -> bool:
    return any(path == place or path.startswith(f"{place}/") for place in places)


async def test_nothing_more_exists_than_is_listed(seen: dict[str, list[str]], workspace: Path) -> None:
    assert set(seen["top"]) <= TOP | {Path(folder).parts[1] for folder in SYSTEM}, "and no other folder of the machine"
    assert seen["etc"] and [path for path in seen["etc"] if not under(path, ETC)] == []
    assert sorted(seen["empty"]) == ["/home/agent", "/var/tmp"]
    assert seen["facts"] == seen["handles"] == []
    names = {row.split("=", 1)[0] for row in seen["env"]}
    assert names == {*environment("", ""), "PWD", "SHLVL", "_"}


async def test_nothing_more_is_mounted_or_writable(seen: dict[str, list[str]], workspace: Path) -> None:
    writable = {"/dev", "/tmp", "/home/agent", str(workspace), *(f"/dev/{name}" for name in DEVICES)}
    read_only = {"/", "/proc", *SYSTEM, *ETC, *KERNEL_FACTS, *MOUNTED_BY_BUBBLEWRAP}
    for row in seen["mounts"]:
        place, options = row.split()
        assert place in writable | read_only or under(place, SYSTEM), f"{place} is mounted"
        assert "ro" in options.split(",") or place in writable, f"{place} can be written"
        assert "nosuid" in options.split(","), f"{place} makes others of its user"
    assert seen["writable"] == []


async def test_it_is_nobody_special(seen: dict[str, list[str]]) -> None:
    said = dict(row.split(":", 1) for row in seen["status"])
    assert said["Uid"].split() == said["Gid"].split() == ["1000"] * 4
    assert {said[name].strip("0 ") for name in said if name.startswith("Cap")} == {""}
    assert (said["NoNewPrivs"].strip(), said["Seccomp"].strip()) == ("1", "2")


@pytest.fixture
def files() -> dict[str, bytes]:
    found = {}
    for path in map(Path, ETC):
        if path.is_file() and os.access(path, os.R_OK) and path.name not in ("passwd", "group", "hosts"):
            found[str(path)] = path.read_bytes()
    return found


async def test_the_files_of_etc_are_this_machine_s_of_now(workspace: Path, files: dict[str, bytes]) -> None:
    program = shutil.which("bwrap")
    if program is None:
        pytest.skip("bubblewrap is not installed")
    command = f"cat {' '.join(files)}; cat /etc/passwd /etc/hosts >&2"
    outcome = await Bubblewrap(Path(program), cgroup.find()).run(command, workspace, Limits(seconds=300.0))
    assert outcome.stdout == b"".join(files.values()) != b""
    users = [line.split(b":")[0] for line in outcome.stderr.splitlines()]
    assert users == [b"agent", b"nobody", b"127.0.0.1 localhost", b""]
