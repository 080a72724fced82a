"""Three servers in processes of their own on a real PostgreSQL: one is killed, one stopped, one cut off, one replaced.

What was done is counted by a witness outside: nothing twice, nothing lost. Who watches sits on a fourth server.
"""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlparse

import msgspec
import pytest
from cluster.worker import STEPS, Config, opened, witness
from servers.nats import NatsServer
from servers.postgresql import Server

from orchestrator.app import App
from orchestrator.identity.base import TENANT
from orchestrator.kernel.events import Delta, Event, ModelReplied, RunResumed
from orchestrator.kernel.messages import user

TESTS = Path(__file__).parents[1]
RUNS = 12
PATIENCE = 90.0  # seconds until a test that waits in vain fails


class Worker:
    def __init__(self, config: Config, *prefix: str) -> None:
        self.name = config.name
        command = [*prefix, sys.executable, "-m", "cluster.worker", msgspec.json.encode(config).decode()]
        path = os.pathsep.join([str(TESTS), str(TESTS.parent)])
        self.log = Path(config.root) / f"{config.name}.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                command,
                cwd=TESTS,
                env={**os.environ, "PYTHONPATH": path},
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        self.node = ""

    async def ready(self) -> "Worker":
        assert self.process.stdout is not None
        self.node = (await asyncio.to_thread(self.process.stdout.readline)).strip()
        assert self.node, self.log.read_text()
        return self

    def send(self, sign: int) -> None:
        self.process.send_signal(sign)

    def end(self) -> None:
        for sign in (signal.SIGCONT, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                self.process.send_signal(sign)
        self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()


class Cluster:
    def __init__(self, root: Path, url: str, nats: tuple[str, ...] = ()) -> None:
        self.root = root
        self.config = Config(str(root), "", url, nats)
        self.workers: dict[str, Worker] = {}
        self.app: App

    def add(self, name: str, *prefix: str, url: str = "") -> Worker:
        config = msgspec.structs.replace(self.config, name=name, url=url or self.config.url)
        worker = self.workers[name] = Worker(config, *prefix)
        return worker

    async def start(self, *names: str) -> None:
        for worker in [self.add(name) for name in names]:
            await worker.ready()

    async def run(self, count: int) -> list[str]:
        """Runs that the servers work on: they are begun here, where none is."""
        runs = []
        for _ in range(count):
            runs.append(await self.app.runs.start(user("go"), tenant=TENANT, subject="u", model="script"))
        return runs

    async def owners(self) -> Counter[str]:
        assert self.app.node is not None
        claims = await self.app.node.claims.claims()
        return Counter((claim.node or "").rpartition("-")[0] for claim in claims)

    async def until(self, so: Callable[[], object]) -> None:
        try:
            async with asyncio.timeout(PATIENCE):
                while not so():  # noqa: ASYNC110  (what is waited for happens in other processes)
                    await asyncio.sleep(0.02)
        except TimeoutError:
            raise AssertionError(self.logs()) from None

    async def done(self, runs: list[str]) -> None:
        async with asyncio.timeout(PATIENCE):
            for run_id in runs:
                async for _ in self.app.runs.watch(run_id):
                    pass

    async def check(self, runs: list[str]) -> None:
        """Every run has one end, and every effect was made once."""
        for run_id in runs:
            view = await self.app.views.run(TENANT, run_id)
            assert view.status == "completed", (view, self.logs())
            events = await self.app.journal.read(run_id)
            assert [event.seq for event in events] == list(range(1, len(events) + 1))
        made = Counter(line.split()[1] for line in witness(self.root))
        assert max(made.values()) == 1, [key for key, times in made.items() if times > 1]
        assert len(made) == len(runs) * STEPS * 2

    def logs(self) -> str:
        return "\n".join(f"--- {worker.name}\n{worker.log.read_text()}" for worker in self.workers.values())

    def close(self) -> None:
        for worker in self.workers.values():
            worker.end()


@asynccontextmanager
async def cluster(root: Path, url: str, *names: str, nats: tuple[str, ...] = ()) -> AsyncIterator[Cluster]:
    made = Cluster(root, url, nats)
    try:
        async with AsyncExitStack() as stack:
            config = msgspec.structs.replace(made.config, name="here", works=False)
            made.app = await stack.enter_async_context(opened(config))
            await made.start(*names)
            yield made
    finally:
        made.close()


@pytest.fixture
def url(postgresql: Server) -> Iterator[str]:
    with postgresql.migrated() as url:
        yield url


async def resumed(c: Cluster, runs: list[str]) -> int:
    """How many changed hands, beyond the first time."""
    events = [await c.app.journal.read(run_id) for run_id in runs]
    return sum(sum(isinstance(event.body, RunResumed) for event in some) - 1 for some in events)


async def busiest(c: Cluster) -> Worker:
    """The worker that works on the most runs, in the middle of them."""
    await c.until(lambda: len(witness(c.root)) > RUNS * STEPS // 2)
    owners = await c.owners()
    return max(c.workers.values(), key=lambda worker: owners[worker.node])


async def test_one_is_killed(tmp_path: Path, url: str) -> None:
    async with cluster(tmp_path, url, "a", "b", "c") as c:
        runs = await c.run(RUNS)
        (await busiest(c)).send(signal.SIGKILL)
        await c.done(runs)
        await c.check(runs)
        assert await resumed(c, runs) > 0


async def test_one_is_stopped_for_longer_than_its_lease_and_wakes(tmp_path: Path, url: str) -> None:
    async with cluster(tmp_path, url, "a", "b", "c") as c:
        runs = await c.run(RUNS)
        victim = await busiest(c)
        victim.send(signal.SIGSTOP)
        made = [line for line in witness(tmp_path) if line.startswith(f"{victim.name} ")]
        await c.done(runs)
        assert await resumed(c, runs) > 0
        victim.send(signal.SIGCONT)
        await c.until(lambda: "was out of touch" in victim.log.read_text())
        more = await c.run(RUNS)  # it works again, under another name
        await c.done(more)
        await c.check(runs + more)
        before = set(made)
        assert all(line in before for line in witness(tmp_path)[: len(before)] if line.startswith(f"{victim.name} "))


async def test_one_is_replaced_while_it_works(tmp_path: Path, url: str) -> None:
    """A rolling restart: each in turn is told to stop, and another of its kind begins."""
    async with cluster(tmp_path, url, "a", "b", "c") as c:
        runs = await c.run(RUNS)
        await c.until(lambda: witness(tmp_path))
        for name in ("a", "b", "c"):
            await c.start(f"{name}2")
            old = c.workers[name]
            old.send(signal.SIGTERM)
            assert await asyncio.to_thread(old.process.wait) == 0, old.log.read_text()
            assert c.app.node is not None
            assert "let go" not in old.log.read_text()
            assert old.node not in {view.node.rpartition("-")[0] for view in await c.app.node.claims.nodes()}
        await c.done(runs)
        await c.check(runs)
        for run_id in runs:  # it left at the end of a step: no reply was paid for twice
            replies = [v.body.step for v in await c.app.journal.read(run_id) if isinstance(v.body, ModelReplied)]
            assert replies == list(range(1, STEPS + 2))


async def test_whoever_watches_hears_every_word_once(tmp_path: Path, url: str, nats_server: NatsServer) -> None:
    """Over NATS, from another server, while the run changes hands."""
    async with cluster(tmp_path, url, "a", "b", nats=(nats_server.url,)) as c:
        (run_id,) = await c.run(1)
        said: dict[int, str] = {}
        seqs: list[int] = []
        moved = False
        async with asyncio.timeout(PATIENCE):
            async for item in c.app.runs.watch(run_id):
                if isinstance(item, Delta):
                    told = said.get(item.step, "")
                    assert item.offset <= len(told), (item, told)  # nothing before it is missing
                    said[item.step] = told[: item.offset] + item.text
                    if item.step == 3 and not moved:
                        moved = True
                        owner = next(iter(await c.owners()))
                        next(w for w in c.workers.values() if w.node == owner).send(signal.SIGKILL)
                elif isinstance(item, Event):
                    seqs.append(item.seq)
        assert seqs == list(range(1, len(seqs) + 1))
        assert said == dict.fromkeys(range(1, STEPS + 2), "word0 word1 word2 word3 ")
        await c.check([run_id])


async def test_a_person_elsewhere_cancels_and_is_obeyed_where_the_run_is(tmp_path: Path, url: str) -> None:
    async with cluster(tmp_path, url, "a", "b") as c:
        (run_id,) = await c.run(1)
        await c.until(lambda: witness(tmp_path))
        await c.app.runs.cancel(run_id, tenant=TENANT, by="u")
        assert (await c.app.views.run(TENANT, run_id)).status == "cancelled"


# Cut off, for real: a network namespace whose only way out is taken away.


class Wire:
    """A namespace joined to this one by a pair of cables, and a door to PostgreSQL at this end."""

    def __init__(self, number: int) -> None:
        self.name = f"orch{number}"
        self.here, self.there = f"10.213.{number % 250}.1", f"10.213.{number % 250}.2"

    def lay(self) -> None:
        ip(f"netns add {self.name}")
        ip(f"link add {self.name}a type veth peer name {self.name}b netns {self.name}")
        ip(f"addr add {self.here}/24 dev {self.name}a")
        ip(f"link set {self.name}a up")
        ip(f"-n {self.name} addr add {self.there}/24 dev {self.name}b")
        ip(f"-n {self.name} link set {self.name}b up")
        ip(f"-n {self.name} link set lo up")

    def cut(self) -> None:
        ip(f"link set {self.name}a down")

    def mend(self) -> None:
        ip(f"link set {self.name}a up")

    def remove(self) -> None:
        subprocess.run(["ip", "netns", "del", self.name], check=False, capture_output=True)


def ip(words: str) -> None:
    done = subprocess.run(["ip", *words.split()], check=False, capture_output=True, text=True)
    if done.returncode:
        raise PermissionError(f"ip {words}: {done.stderr}")


@pytest.fixture
def wire() -> Iterator[Wire]:
    wire = Wire(os.getpid() % 10_000)
    try:
        try:
            wire.lay()
        except (PermissionError, FileNotFoundError) as error:
            if os.environ.get("CI"):
                raise
            pytest.skip(f"no network namespace can be made here: {error}")
        yield wire
    finally:
        wire.remove()


@asynccontextmanager
async def door(host: str, to: str) -> AsyncIterator[int]:
    """A port at this end of the cable that leads to the server's socket."""

    async def pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await source.read(65536):
                sink.write(data)
                await sink.drain()
        sink.close()

    async def opened_by(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inward, outward = await asyncio.open_unix_connection(to)
        await asyncio.gather(pump(reader, outward), pump(inward, writer))

    server = await asyncio.start_server(opened_by, host, 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


async def test_one_is_cut_off_and_comes_back(tmp_path: Path, url: str, wire: Wire) -> None:
    parsed = urlparse(url)
    query = parse_qs(parsed.query)
    socket = f"{query['host'][0]}/.s.PGSQL.{query['port'][0]}"
    async with door(wire.here, socket) as port, cluster(tmp_path, url, "a", "b") as c:
        away = f"postgresql://{parsed.username}@{wire.here}:{port}{parsed.path}"
        victim = await c.add("cut", "ip", "netns", "exec", wire.name, url=away).ready()
        runs = await c.run(RUNS)
        await c.until(lambda: any(line.startswith("cut ") for line in witness(tmp_path)))
        wire.cut()
        await c.until(lambda: "it stops before its lease is over" in victim.log.read_text())
        made = sum(line.startswith("cut ") for line in witness(tmp_path))
        await c.done(runs)
        assert sum(line.startswith("cut ") for line in witness(tmp_path)) == made  # it did nothing more
        wire.mend()
        await c.until(lambda: "it joins again" in victim.log.read_text())
        await c.check(runs)
