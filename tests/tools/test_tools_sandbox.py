"""What a sandbox promises, tried for real at each level that this machine has."""

import asyncio
import os
import secrets
import shutil
import socket
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from orchestrator.kernel.errors import InvalidSettings, ToolFailed
from orchestrator.kernel.settings import Tools
from orchestrator.tools.sandbox import cgroup, landlock_launcher, process, seccomp
from orchestrator.tools.sandbox.base import Limits, Sandbox
from orchestrator.tools.sandbox.bubblewrap import Bubblewrap
from orchestrator.tools.sandbox.cgroup import Cgroups
from orchestrator.tools.sandbox.launched import Bare, Landlock
from orchestrator.tools.sandbox.probe import Refused, choose

LEVELS = ("bubblewrap", "landlock with namespaces", "landlock alone")
CONFINING = Limits(seconds=300.0)  # no test measures time: a machine may be busy with other work


def available(level: str) -> Sandbox:
    cgroups = cgroup.find()
    if level == "bubblewrap":
        program = shutil.which("bwrap")
        if program is None:
            if os.environ.get("CI") == "true":
                pytest.fail("bubblewrap must be installed where the product is tested")
            pytest.skip("bubblewrap is not installed")
        return Bubblewrap(Path(program), cgroups)
    if landlock_launcher.landlock_abi() == 0:
        pytest.skip("this kernel has no Landlock")
    if level == "landlock with namespaces":
        if subprocess.run(["unshare", "--user", "--net", "--pid", "--fork", "true"], check=False).returncode:
            pytest.skip("namespaces are not allowed here")
        return Landlock(cgroups, namespaces=True)
    return Landlock(Cgroups({}), namespaces=False)


@pytest.fixture(params=LEVELS)
def sandbox(request: pytest.FixtureRequest) -> Sandbox:
    return available(request.param)


@pytest.fixture
def marker() -> Iterator[str]:
    """An argument of sleep by which a process is found again, and which nobody else uses."""
    unique = f"300.{secrets.randbelow(10**12):012d}"
    yield unique
    for pid in alive(unique):
        os.kill(pid, 9)


def alive(marker: str) -> list[int]:
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                words = (folder / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if marker.encode() in words:
                found.append(int(folder.name))
    return found


def exists(path: str) -> bool:
    return Path(path).exists()


def mounted(path: str) -> bool:
    return Path(path).is_mount()


async def until(true: Callable[[], bool]) -> None:
    """What happens in another process has no event of its own; a wait in vain ends by the test's time limit."""
    while not true():  # noqa: ASYNC110
        await asyncio.sleep(0.01)


async def output(sandbox: Sandbox, command: str, workspace: Path, limits: Limits = CONFINING) -> str:
    outcome = await sandbox.run(command, workspace, limits)
    return (outcome.stdout + outcome.stderr).decode()


async def test_it_works_in_the_workspace(sandbox: Sandbox, workspace: Path) -> None:
    (workspace / "in.txt").write_text("given")
    outcome = await sandbox.run("pwd; cat in.txt; mkdir made; echo done > made/out.txt; exit 3", workspace, CONFINING)
    assert outcome.stdout.decode() == f"{workspace}\ngiven"
    assert (workspace / "made" / "out.txt").read_text() == "done\n"
    assert (outcome.exit_code, outcome.ended, outcome.stderr) == (3, "by itself", b"")


async def test_what_no_program_can_be_given_is_said(sandbox: Sandbox, workspace: Path) -> None:
    with pytest.raises(ToolFailed, match="NUL"):
        await sandbox.run("echo a\0b", workspace, Limits())


async def test_the_two_streams_are_kept_apart_and_input_is_empty(sandbox: Sandbox, workspace: Path) -> None:
    outcome = await sandbox.run("cat; echo out; echo err >&2", workspace, CONFINING)
    assert (outcome.stdout, outcome.stderr) == (b"out\n", b"err\n")


async def test_common_programs_run(sandbox: Sandbox, workspace: Path) -> None:
    command = (
        "printf 'b\\na\\n' | sort > s && head -c 8 /dev/urandom | wc -c && date > $TMPDIR/d && cp $TMPDIR/d . && ls"
    )
    outcome = await sandbox.run(command, workspace, CONFINING)
    assert outcome.exit_code == 0, outcome.stderr
    assert outcome.stdout.split() == [b"8", b"d", b"s"]


async def test_who_commits_is_known_and_the_repository_knows_better(sandbox: Sandbox, workspace: Path) -> None:
    if not isinstance(sandbox, Bubblewrap):
        pytest.skip("Only what has an /etc/passwd of its own has a name.")
    commit = "git commit -q --allow-empty -m one && git log -1 --format='%an <%ae>'"
    said = await output(sandbox, f"git init -q && {commit} && git config user.name Ada && {commit}", workspace)
    assert said.split("\n")[:2] == ["AI Orchestrator <agent@localhost>", "Ada <agent@localhost>"], said


async def test_it_is_not_root_and_has_no_way_to_become_it(sandbox: Sandbox, workspace: Path) -> None:
    said = await output(sandbox, "id -u; unshare -r id -u; mount -t tmpfs none /mnt; chroot / id -u", workspace)
    assert said.split()[0] not in ("0", "")
    assert "\n0\n" not in f"\n{said}"
    assert not mounted("/mnt")


async def test_secrets_of_the_machine_are_not_read(
    sandbox: Sandbox, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    beside = workspace.parent / "journal.sqlite"
    beside.write_text("the-journal")
    monkeypatch.setenv("PROVIDER_API_KEY", "the-key")
    home = Path.home()
    command = (
        f"cat /etc/shadow {beside} {workspace}/../journal.sqlite; ls {home} {home}/.ssh; "
        f"ln -s {beside} link; cat link; env; cat /proc/*/environ"
    )
    said = await output(sandbox, command, workspace)
    assert "root:" not in said and "the-journal" not in said and "the-key" not in said
    assert not any(entry.name in said.split() for entry in home.iterdir() if entry.name.startswith("."))


async def test_nothing_outside_the_workspace_is_written(sandbox: Sandbox, workspace: Path) -> None:
    outside = workspace.parent / "outside"
    outside.mkdir()
    (outside / "kept").write_text("kept")
    (outside / "kept").chmod(0o600)
    places = ("/etc", "/usr/local", "/var/tmp", "/tmp", str(outside), str(Path.home()))
    name = f"orchestrator-test-{secrets.token_hex(6)}"
    tries = "; ".join(f"echo bad > {place}/{name}" for place in places)
    command = f"{tries}; echo bad > {outside}/kept; rm -f {outside}/kept; mv {outside}/kept .; chmod 777 {outside}/kept"
    await sandbox.run(command, workspace, CONFINING)
    assert not [place for place in places if exists(f"{place}/{name}")]
    assert (outside / "kept").read_text() == "kept"
    if os.getuid() == 0 or sandbox.isolation.processes == "yes":  # else a gap that docs/sandbox.md names
        assert stat.S_IMODE((outside / "kept").stat().st_mode) == 0o600


async def test_neither_the_network_nor_this_machine_is_reached(sandbox: Sandbox, workspace: Path) -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        server.settimeout(0)
        port = server.getsockname()[1]
        command = f"exec 3<>/dev/tcp/127.0.0.1/{port} && echo connected"
        said = await output(sandbox, command, workspace)
        with pytest.raises(BlockingIOError):
            server.accept()
    assert "connected" not in said


@pytest.mark.skipif(not Path("/usr/bin/python3").exists(), reason="the system has no Python of its own")
async def test_no_socket_of_a_service_is_reached(sandbox: Sandbox, workspace: Path, tmp_path: Path) -> None:
    """Sockets with a path (as of container engines) and abstract ones."""
    path, abstract = str(tmp_path / "service.sock"), f"\0orchestrator-{secrets.token_hex(6)}"
    script = (
        "import socket,sys\n"
        "for name in sys.argv[1], '\\0' + sys.argv[2]:\n"
        "    try:\n"
        "        socket.socket(socket.AF_UNIX).connect(name); print('connected')\n"
        "    except OSError as error:\n"
        "        print(error)\n"
    )
    (workspace / "reach.py").write_text(script)
    with socket.socket(socket.AF_UNIX) as named, socket.socket(socket.AF_UNIX) as unnamed:
        for server, name in ((named, path), (unnamed, abstract)):
            server.bind(name)
            server.listen()
        said = await output(sandbox, f"/usr/bin/python3 reach.py {path} {abstract[1:]}", workspace)
    assert "connected" not in said and len(said.splitlines()) == 2


async def test_other_processes_are_neither_seen_nor_signalled(sandbox: Sandbox, workspace: Path, marker: str) -> None:
    other = await asyncio.create_subprocess_exec("sleep", marker)
    try:
        said = await output(sandbox, f"cat /proc/*/cmdline; ps ax; kill {other.pid}; kill -9 {other.pid}", workspace)
        assert marker not in said
        assert alive(marker) == [other.pid] and other.returncode is None
    finally:
        other.kill()
        await other.wait()


async def test_a_command_past_its_time_is_ended(sandbox: Sandbox, workspace: Path, marker: str) -> None:
    outcome = await sandbox.run(f"sleep {marker}", workspace, Limits(seconds=0.5))
    assert outcome.ended == "time" and outcome.seconds > 0.4 and outcome.exit_code > 128
    assert alive(marker) == []


async def test_one_that_ignores_the_request_is_forced(sandbox: Sandbox, workspace: Path, marker: str) -> None:
    outcome = await sandbox.run(f"trap '' TERM INT HUP; sleep {marker}; sleep {marker}", workspace, Limits(seconds=0.3))
    assert outcome.ended == "time"
    assert alive(marker) == []


async def test_one_that_can_be_asked_cleans_up(
    sandbox: Sandbox, workspace: Path, marker: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "_GRACE", 100.0)  # however slow this machine: who was asked comes to an end
    command = f"trap 'echo bye > last; exit' TERM; echo ready > ready; sleep {marker} & wait"
    work = asyncio.ensure_future(sandbox.run(command, workspace, CONFINING))
    await until(lambda: (workspace / "ready").exists() and bool(alive(marker)))
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert (workspace / "last").read_text() == "bye\n"
    assert alive(marker) == []


async def test_parents_are_asked_before_their_children(marker: str) -> None:
    """Else a script would take the end of what it waits for as the end of its work, and not clean up."""
    script = f"bash -c 'sleep {marker}; true'; true"
    parent = await asyncio.create_subprocess_exec("bash", "-c", script, start_new_session=True)
    await until(lambda: len(alive(marker)) == 1)
    between, child = process.descendants(parent.pid)
    assert [child] == alive(marker) and process.children(between) == {child}
    os.killpg(parent.pid, 9)
    await parent.wait()


DAEMONS = {
    "background": "sleep {} &",
    "nohup": "nohup sleep {} > /dev/null 2>&1 &",
    "setsid": "setsid sleep {} > /dev/null 2>&1 &",
    "double fork": "( ( setsid sleep {} > /dev/null 2>&1 & ) & ) ; true",
    "ignoring": "(trap '' TERM HUP; exec setsid nohup sleep {}) > /dev/null 2>&1 &",
    "many": "for i in 1 2 3 4 5 6 7 8; do (setsid sleep {} &) ; done",
}


@pytest.mark.parametrize("how", DAEMONS)
async def test_nothing_lives_on_after_the_command(sandbox: Sandbox, workspace: Path, marker: str, how: str) -> None:
    outcome = await sandbox.run(f"{DAEMONS[how].format(marker)}\necho over", workspace, CONFINING)
    assert outcome.ended == "by itself" and outcome.stdout == b"over\n"
    assert alive(marker) == []


async def test_cancelling_ends_everything_before_it_returns(sandbox: Sandbox, workspace: Path, marker: str) -> None:
    command = f"setsid sleep {marker} & echo begun > begun; sleep {marker}"
    work = asyncio.ensure_future(sandbox.run(command, workspace, CONFINING))
    await until(lambda: (workspace / "begun").exists() and len(alive(marker)) == 2)
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert alive(marker) == []


async def test_a_flood_of_output_is_ended_and_bounded(sandbox: Sandbox, workspace: Path) -> None:
    limits = Limits(seconds=CONFINING.seconds, output=4 * 2**20, kept=256 * 1024)
    outcome = await sandbox.run("yes abcdefg", workspace, limits)
    assert outcome.ended == "output"
    assert len(outcome.stdout) < 300 * 1024
    assert outcome.stdout.startswith(b"abcdefg\n") and outcome.stdout.endswith((b"g\n", b"g"))
    assert outcome.left_out > 3 * 2**20


async def test_long_output_keeps_its_beginning_and_end(sandbox: Sandbox, workspace: Path) -> None:
    limits = Limits(seconds=CONFINING.seconds, kept=200_000)
    outcome = await sandbox.run("seq 1 200000", workspace, limits)
    assert outcome.ended == "by itself"
    assert outcome.stdout.startswith(b"1\n2\n") and outcome.stdout.endswith(b"199999\n200000\n")
    assert f"[… {outcome.left_out} bytes left out …]".encode() in outcome.stdout


async def test_a_fork_bomb_stays_small_and_ends(sandbox: Sandbox, workspace: Path, marker: str) -> None:
    limits = Limits(seconds=CONFINING.seconds, processes=40)
    command = f"echo {marker} > /dev/null; bomb() {{ sleep {marker} & bomb | bomb & }}; bomb; sleep {marker}"
    work = asyncio.ensure_future(sandbox.run(command, workspace, limits))
    counted: list[int] = []

    def grown() -> bool:
        counted.append(len(alive(marker)))
        return counted[-1] > 2

    await until(grown)
    if sandbox.isolation.memory == "yes" or not isinstance(sandbox, Bubblewrap) or os.getuid() != 0:
        for _ in range(10):
            await asyncio.sleep(0.05)
            grown()
        assert max(counted) <= 45
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert alive(marker) == []


async def test_a_memory_hog_is_stopped(sandbox: Sandbox, workspace: Path) -> None:
    limits = Limits(seconds=CONFINING.seconds, memory=64 * 2**20)
    command = "x=$(head -c 300000000 /dev/zero | tr '\\0' x); echo ${#x}"
    outcome = await sandbox.run(command, workspace, limits)
    assert outcome.exit_code != 0 and b"300000000" not in outcome.stdout


async def test_a_file_may_only_grow_so_far(sandbox: Sandbox, workspace: Path) -> None:
    limits = Limits(seconds=CONFINING.seconds, file=2**20)
    outcome = await sandbox.run("head -c 5000000 /dev/zero > big", workspace, limits)
    assert outcome.exit_code != 0
    assert (workspace / "big").stat().st_size == 2**20


async def test_two_at_once_do_not_disturb_each_other(sandbox: Sandbox, tmp_path: Path) -> None:
    folders = [tmp_path / str(number) for number in range(4)]
    for folder in folders:
        folder.mkdir()
    outcomes = await asyncio.gather(
        *(
            sandbox.run(f"echo {folder.name} > $TMPDIR/x; sleep 0.1; cat $TMPDIR/x", folder, CONFINING)
            for folder in folders
        )
    )
    assert [outcome.stdout.decode().strip() for outcome in outcomes] == [folder.name for folder in folders]


async def test_hostile_text_is_only_a_command(sandbox: Sandbox, workspace: Path) -> None:
    command = "printf '%s' \"'; \\$(id) --bind / / é \U0001f600\""
    assert await output(sandbox, command, workspace) == "'; $(id) --bind / / é \U0001f600"


@pytest.mark.parametrize("folder", ["/", "/etc", "/usr", "/home"])
async def test_a_folder_that_is_too_wide_is_no_workspace(sandbox: Sandbox, folder: str) -> None:
    with pytest.raises(ToolFailed, match="too wide"):
        await sandbox.run("true", Path(folder), CONFINING)


async def test_a_workspace_that_is_gone_is_said(sandbox: Sandbox, tmp_path: Path) -> None:
    with pytest.raises(ToolFailed, match="not there"):
        await sandbox.run("true", tmp_path / "gone", CONFINING)


async def test_no_group_or_folder_is_left_behind(sandbox: Sandbox, workspace: Path) -> None:
    def left() -> set[str]:
        groups = {str(path) for path in Path("/sys/fs/cgroup").glob(f"**/orchestrator-{os.getpid()}-*")}
        return groups | {str(path) for path in Path("/tmp").glob("orchestrator-????????")}

    before = left()
    await sandbox.run("sleep 5 & true", workspace, Limits(seconds=0.5))
    assert left() - before == set()


async def test_no_handle_is_left_open(sandbox: Sandbox, workspace: Path) -> None:
    await sandbox.run("true", workspace, CONFINING)
    before = handles()
    for _ in range(5):
        await sandbox.run("sleep 9 & exit 1", workspace, CONFINING)
    assert handles() == before


async def test_whenever_it_is_cancelled_nothing_is_left(sandbox: Sandbox, workspace: Path, marker: str) -> None:
    await sandbox.run("true", workspace, CONFINING)
    before = handles()
    for turns in (0, 1, 64):  # of the loop, so that it is met while it is prepared, started and watched
        work = asyncio.ensure_future(sandbox.run(f"sleep {marker}", workspace, CONFINING))
        for _ in range(turns):
            await asyncio.sleep(0)
        work.cancel()
        with pytest.raises(asyncio.CancelledError):
            await work
        assert alive(marker) == [] and handles() == before


def handles() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


UVLOOP = """
import asyncio, pathlib, sys, uvloop
from orchestrator.kernel.settings import Tools
from orchestrator.tools.sandbox.base import Limits, Opening
from orchestrator.tools.sandbox.probe import choose
async def main():
    sandbox = await choose(Tools(sandbox=sys.argv[1]))
    session = await sandbox.open(Opening(("/bin/cat",)), pathlib.Path(sys.argv[2]), Limits())
    await session.send(b"said\\n")
    heard = await anext(aiter(session.lines()))
    await session.end()
    done = await sandbox.run("echo fine; setsid sleep 60 &", pathlib.Path(sys.argv[2]), Limits(seconds=100))
    late = await sandbox.run("sleep 60", pathlib.Path(sys.argv[2]), Limits(seconds=0.2))
    print(sandbox.level, heard, done.stdout, done.ended, late.ended)
uvloop.run(main())
"""


@pytest.mark.parametrize("level", ["bubblewrap", "landlock"])
def test_it_works_on_the_server_s_event_loop(level: str, workspace: Path) -> None:
    available("landlock alone" if level == "landlock" else level)
    argv = [sys.executable, "-c", UVLOOP, level, str(workspace)]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=110, check=False)
    assert done.stdout == f"{level} b'said\\n' b'fine\\n' by itself time\n", done.stderr


async def test_the_strongest_that_works_is_chosen(workspace: Path) -> None:
    chosen = await choose(Tools())
    if shutil.which("bwrap"):
        assert chosen.level == "bubblewrap"
    assert chosen.isolation.files == "yes" and chosen.detail


async def test_the_settings_may_ask_for_a_level() -> None:
    assert (await choose(Tools(sandbox="landlock"))).level in ("landlock", "refused")
    with pytest.raises(InvalidSettings, match="chroot"):
        await choose(Tools(sandbox="chroot"))


async def test_without_a_sandbox_commands_are_refused(workspace: Path) -> None:
    with pytest.raises(ToolFailed, match="apt install bubblewrap"):
        await Refused(["none"]).run("touch made", workspace, CONFINING)
    assert not (workspace / "made").exists()


async def test_a_level_that_does_not_confine_is_not_chosen(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bwrap that merely runs its command is found out."""
    fake = workspace / "bwrap"
    fake.write_text('#!/bin/sh\nwhile [ "$1" != "--" ]; do shift; done; shift; exec "$@"\n')
    fake.chmod(0o755)
    monkeypatch.setattr("orchestrator.tools.sandbox.probe._PROGRAMS", f"{workspace}")
    chosen = await choose(Tools(sandbox="bubblewrap"))
    assert chosen.level == "refused" and "does not confine" in chosen.detail


async def test_bare_is_a_loosening_that_still_ends_everything_and_is_not_root(workspace: Path, marker: str) -> None:
    os.chmod(workspace, 0o777)  # noqa: PTH101
    bare = Bare(Cgroups({}))
    outcome = await bare.run(f"id -u; (setsid sleep {marker} > /dev/null 2>&1 &)", workspace, CONFINING)
    assert outcome.stdout.strip() != b"0" and alive(marker) == []
    assert bare.isolation.files == "no"
    if os.getuid() == 0:
        assert b"Permission denied" in (await bare.run("cat /etc/shadow", workspace, CONFINING)).stderr


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_the_filter_is_a_program_whose_jumps_land(machine: str) -> None:
    code = seccomp.program(sockets=False, machine=machine) or b""
    rows = [code[place : place + 8] for place in range(0, len(code), 8)]
    assert len(code) % 8 == 0 and len(rows) < 4096
    for place, row in enumerate(rows):
        if row[0] in (0x15, 0x35, 0x45):
            assert place + 1 + max(row[2], row[3]) < len(rows)
    assert rows[-1][0] == 0x06
    assert seccomp.program(sockets=True, machine="unheard-of") is None
