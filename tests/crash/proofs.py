# ruff: noqa: T201
"""Every kill and every fault, counted: the table of `./run proofs`, and benchmarks/results/proofs.json.

`resume` is from opening the data folder to the run's next durable event; a cold interpreter and its imports come before
that, and are not in it (the processes are forked).

./run proofs            or: .venv/bin/python tests/crash/proofs.py [--instants 200] [--stores sqlite,postgresql]
"""

import argparse
import asyncio
import contextlib
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT)]

import msgspec  # noqa: E402
from servers import postgresql  # noqa: E402

from benchmarks.report import write  # noqa: E402
from crash import harness  # noqa: E402
from crash.checks import check_events, journal  # noqa: E402
from crash.harness import Folder, Point, live, migrated, process  # noqa: E402
from crash.long import EFFECTS, LONG  # noqa: E402
from crash.test_crash_postgresql import journal as journal_in_postgresql  # noqa: E402
from orchestrator.kernel.clock import SystemClock  # noqa: E402
from orchestrator.kernel.events import Event  # noqa: E402

LONGEST = 1.5  # seconds that a run takes at most, when nobody disturbs it


class Row(msgspec.Struct):
    """One kind of fault on one store."""

    fault: str
    store: str
    times: int = 0
    twice: int = 0
    lost: int = 0
    unacknowledged: int = 0  # acknowledged events that are not in the journal
    other: int = 0  # whatever else should be so and is not
    resumed: list[float] = msgspec.field(default_factory=list)

    @property
    def resume(self) -> tuple[float, ...]:
        """Seconds that it took to go on: in the middle, and at the slowest."""
        ordered = sorted(self.resumed)
        return (ordered[len(ordered) // 2], ordered[-1]) if ordered else ()

    @property
    def held(self) -> bool:
        return not (self.twice or self.lost or self.unacknowledged or self.other)


class Store:
    def __init__(self, name: str, root: Path, read: Callable[[Folder], list[Event]]) -> None:
        self.name = name
        self.read = read
        self._root = root
        self._count = 0

    def place(self) -> Path:
        self._count += 1
        return self._root / f"{self.name}-{self._count}"

    @contextlib.contextmanager
    def folder(self) -> Iterator[Folder]:
        raise NotImplementedError


class Sqlite(Store):
    def __init__(self, root: Path) -> None:
        super().__init__("SQLite", root, journal)
        (root / "template").mkdir()
        self._template = migrated(root / "template")

    @contextlib.contextmanager
    def folder(self) -> Iterator[Folder]:
        yield Folder(self.place(), self._template, scenario=LONG)


class Postgresql(Store):
    def __init__(self, root: Path, server: postgresql.Server) -> None:
        super().__init__("PostgreSQL", root, journal_in_postgresql)
        self._server = server

    @contextlib.contextmanager
    def folder(self) -> Iterator[Folder]:
        with self._server.migrated() as url:
            yield Folder(self.place(), None, url, LONG)


def judge(row: Row, store: Store, folder: Folder) -> None:
    """What the witness and the journal say in the end."""
    try:
        check_events(folder, store.read(folder))
    except AssertionError as error:
        said = str(error)
        row.twice += "twice" in said
        row.lost += "effect was lost" in said
        row.unacknowledged += "acknowledged" in said
        row.other += not any(word in said for word in ("twice", "effect was lost", "acknowledged"))
        print(f"  {row.fault}, {row.store}: {said.splitlines()[0] if said else error!r}", file=sys.stderr)
    if folder.resumed.exists():
        row.resumed.append(float(folder.resumed.read_text().split()[0]))


def killed(store: Store, fault: str, points: list[Point]) -> Row:
    """One run a point: killed there, and let go on."""
    row = Row(fault, store.name)
    for point in points:
        _killed_at(point, row, store)
    return row


def _killed_at(point: Point, row: Row, store: Store) -> None:
    with store.folder() as folder:
        row.times += process(folder, point) == signal.SIGKILL
        row.other += process(folder, None) != 0
        judge(row, store, folder)


def killed_anywhere(store: Store, times: int, chance: random.Random) -> Row:
    """So many runs killed while they are under way: one that was faster than its killer counts for nothing."""
    row = Row("kill -9 at any instant, words streaming", store.name)
    longest, tries = LONGEST, 0
    while row.times < times and tries < 4 * times:
        before, after = row.times, chance.uniform(0.02, longest)
        _killed_at(Point(after=after), row, store)
        tries += 1
        if row.times == before:
            longest = max(after, 0.1)  # it takes no longer than that here
    row.other += row.times < times
    return row


def stopped(store: Store, times: int, chance: random.Random) -> Row:
    """SIGSTOP in the middle of it, for longer than anybody waits, while a second server wants the same store."""
    row = Row("SIGSTOP 2 s, a second server meanwhile", store.name)
    for _ in range(times):
        with store.folder() as folder:
            child = os.fork()
            if child == 0:
                _live(folder, Point(after=harness.LEISURE))
            time.sleep(chance.uniform(0.05, 0.5))
            os.kill(child, signal.SIGSTOP)
            row.times += 1
            second = os.fork()
            if second == 0:
                _live(folder, None)
            time.sleep(2.0)
            os.kill(child, signal.SIGCONT)
            _, first_end = os.waitpid(child, 0)
            _, second_end = os.waitpid(second, 0)
            row.other += second_end == 0  # it must have been refused
            row.other += first_end != 0
            judge(row, store, folder)
    return row


def _live(folder: Folder, point: Point | None) -> None:
    os.close(2)  # a refusal is expected, and says so at length
    os.open(os.devnull, os.O_WRONLY)
    try:
        asyncio.run(live(folder, point))
    except BaseException:  # noqa: BLE001 - told by the exit status
        os._exit(1)
    os._exit(0)


class Jumping(SystemClock):
    """A wall clock that is set, back and forth, whenever it is looked at."""

    def __init__(self) -> None:
        self._chance = random.Random(1)

    def now(self) -> float:
        return super().now() + self._chance.choice((-86_400.0, -1.0, 0.0, 1.0, 86_400.0))


def jumping(store: Store, points: list[Point]) -> Row:
    Folder.clock = Jumping()
    try:
        return killed(store, "the clock jumps by days, and kill -9", points)
    finally:
        Folder.clock = None


def disks() -> Row:
    """Fsync that fails and a disk that is full: the tests of tests/crash/test_crash_disk.py."""
    row = Row("fsync fails (strace), the disk is full", "SQLite")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-rs", "tests/crash/test_crash_disk.py"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    row.times = done.stdout.count(".")
    row.other = int(done.returncode != 0)
    if done.returncode or "SKIPPED" in done.stdout:
        print(done.stdout[-2000:], file=sys.stderr)
    return row


def undisturbed(store: Store) -> int:
    """How many events a run has that nobody disturbs."""
    with store.folder() as folder:
        asyncio.run(live(folder, None))
        events = store.read(folder)
        check_events(folder, events)
    return len(events)


def prove(store: Store, instants: int, seed: int) -> list[Row]:
    chance, events = random.Random(seed), undisturbed(store)
    boundaries = [Point(nth=number) for number in range(1, events + 1)]
    rows = [
        killed(store, "kill -9 at every event", boundaries),
        killed(store, "kill -9 after every effect", [Point(effect=n) for n in range(1, EFFECTS + 1)]),
        killed_anywhere(store, instants, chance),
        jumping(store, [Point(nth=number) for number in range(1, events, 12)]),
    ]
    if isinstance(store, Sqlite):
        rows += [stopped(store, 5, chance), disks()]
    return rows


def table(rows: list[Row]) -> str:
    head = ("fault", "store", "times", "twice", "lost", "acknowledged lost", "other", "resume, median s", "slowest", "")
    lines: list[tuple[str, ...]] = [head]
    for row in rows:
        resumed = [f"{seconds:.3f}" for seconds in row.resume]
        counts = (row.times, row.twice, row.lost, row.unacknowledged, row.other)
        lines.append(
            (row.fault, row.store, *map(str, counts), *(resumed or ("", "")), "held" if row.held else "BROKEN")
        )
    widths = [max(len(line[i]) for line in lines) for i in range(len(head))]
    return "\n".join("  ".join(cell.ljust(size) for cell, size in zip(line, widths, strict=True)) for line in lines)


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    options.add_argument("--instants", type=int, default=200)
    options.add_argument("--stores", default="sqlite,postgresql")
    options.add_argument("--seed", type=int, default=random.randrange(2**32))
    given = options.parse_args()
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(dir="/var/tmp") as place, contextlib.ExitStack() as stack:
        if "sqlite" in given.stores:
            rows += prove(Sqlite(Path(place)), given.instants, given.seed)
        if "postgresql" in given.stores:
            rows += prove(
                Postgresql(Path(place), stack.enter_context(postgresql.running())), given.instants, given.seed
            )
    print(table(rows))
    figures: dict[str, Any] = {"steps a run": 30, "effects a run": EFFECTS, "seed": given.seed}
    for row in rows:
        resumed = dict(zip(("resume, median s", "resume, slowest s"), row.resume, strict=False))
        figures[f"{row.fault}, {row.store}"] = {
            "times": row.times,
            "effects twice": row.twice,
            "effects lost": row.lost,
            "acknowledged events lost": row.unacknowledged,
            "other": row.other,
            **resumed,
        }
    write("proofs", "./run proofs", figures)
    return int(not all(row.held for row in rows))


if __name__ == "__main__":
    sys.exit(main())
