"""A real PostgreSQL of one's own: a folder, a socket and a port that nobody else has, fsync on, and never as root."""

import asyncio
import contextlib
import itertools
import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import asyncpg  # type: ignore[import-untyped]
import psutil
import pytest

from orchestrator.storage.postgresql import PostgresDatabase

T = TypeVar("T")
USER, PASSWORD = "orchestrator", "a password's words"
_HBA = "local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n"
_SETTINGS = "listen_addresses = '127.0.0.1'\nshared_buffers = 32MB\nmax_connections = 100\nautovacuum = off\n"
_CUT = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{}'"
_EMPTY = """DO $$ DECLARE t text; BEGIN
  SET LOCAL session_replication_role = replica;  -- else the journal keeps what it has
  FOR t IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version' LOOP
    EXECUTE format('DELETE FROM %I', t);
  END LOOP;
  PERFORM setval(pg_get_serial_sequence('events', 'position'), 1, false);
END $$"""


def programs() -> Path | None:
    """The folder of the newest PostgreSQL that is installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]))
    if found:
        return found[-1].parent
    on_path = shutil.which("postgres")
    return Path(on_path).resolve().parent if on_path else None


def in_a_thread(work: Coroutine[Any, Any, T]) -> T:
    """A loop may be running here."""
    with ThreadPoolExecutor(1) as aside:
        return aside.submit(lambda: asyncio.run(work)).result()


class Server:
    def __init__(self, folder: Path, bin_folder: Path) -> None:
        self._bin = bin_folder
        self._folder = folder
        self._numbers = itertools.count(1)
        self._free: list[str] = []
        self._process: subprocess.Popen[Any] | None = None
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self._as: dict[str, Any] = {}
        if os.geteuid() == 0:
            owner = _unprivileged()
            shutil.chown(folder, *owner)
            self._as = {"user": owner[0], "group": owner[1], "extra_groups": []}
        words = folder / "password"
        words.write_text(PASSWORD, "utf-8")
        words.chmod(0o644)
        self._do(
            "initdb", "-D", self._data, "-U", USER, "-E", "UTF8", "--locale=C.UTF-8", "--no-sync", f"--pwfile={words}"
        )
        hba, settings = Path(self._data, "pg_hba.conf"), Path(self._data, "postgresql.conf")
        hba.write_text(_HBA, "utf-8")
        settings.write_text(
            f"{settings.read_text('utf-8')}\n{_SETTINGS}unix_socket_directories = '{folder}'\n", "utf-8"
        )
        self.start()
        self._template = self.create()
        PostgresDatabase(self.url(self._template)).migrate()

    @property
    def _data(self) -> str:
        return str(self._folder / "data")

    def _do(self, program: str, *words: str) -> None:
        done = subprocess.run([self._bin / program, *words], cwd="/", capture_output=True, **self._as)
        assert done.returncode == 0, done.stdout.decode() + done.stderr.decode()

    def start(self) -> None:
        """Start it, or start it again; returns once it answers."""
        log = (self._folder / "log").open("ab")
        command: list[str | Path] = [self._bin / "postgres", "-D", self._data, "-p", str(self.port)]
        self._process = subprocess.Popen(command, cwd="/", stdout=log, stderr=log, **self._as)
        log.close()
        in_a_thread(self._ready())

    async def _ready(self) -> None:
        async with asyncio.timeout(60):
            while True:
                assert self._process is not None and self._process.poll() is None, self.log()
                with contextlib.suppress(OSError, asyncpg.PostgresError):
                    connection = await asyncpg.connect(self.url("postgres"))
                    await connection.close()
                    return
                await asyncio.sleep(0.02)

    def kill(self) -> None:
        """As a power cut: every process of it at once, with no word to anybody."""
        assert self._process is not None
        family = [*psutil.Process(self._process.pid).children(recursive=True), psutil.Process(self._process.pid)]
        for process in reversed(family):  # the one that would start others first
            with contextlib.suppress(psutil.NoSuchProcess):
                process.send_signal(signal.SIGKILL)
        self._process.wait()
        psutil.wait_procs(family)

    def stop(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGQUIT)  # at once: nobody wants its data any more
            self._process.wait(60)

    def seconds(self) -> float:
        """Of processor, that those of its processes have used that live."""
        assert self._process is not None
        master = psutil.Process(self._process.pid)
        times = [process.cpu_times() for process in (master, *master.children())]
        return sum(one.user + one.system for one in times)

    def log(self) -> str:
        return (self._folder / "log").read_text("utf-8")

    def url(self, name: str) -> str:
        """By the socket: nobody is asked for a password there."""
        return f"postgresql://{USER}@/{name}?host={self._folder}&port={self.port}"

    @property
    def socket(self) -> Path:
        return self._folder / f".s.PGSQL.{self.port}"

    def address(self, name: str, password: str = PASSWORD) -> str:
        """By the network: with a password."""
        return f"postgresql://{USER}:{password.replace(' ', '%20')}@127.0.0.1:{self.port}/{name}"

    def sql(self, statement: str, name: str = "postgres") -> Any:
        async def done() -> Any:
            connection = await asyncpg.connect(self.url(name))
            try:
                return await connection.fetch(statement)
            finally:
                await connection.close()

        return in_a_thread(done())

    def create(self, template: str = "template0", more: str = "") -> str:
        """The name of a new, empty database."""
        name = f"test_{next(self._numbers)}"
        self.sql(f"CREATE DATABASE {name} TEMPLATE {template} {more}")
        return name

    @contextlib.contextmanager
    def migrated(self) -> Iterator[str]:
        """The address of an empty database of the newest revision. Emptied ones serve again: files cost more."""
        name = self._free.pop() if self._free else self.create(self._template)
        try:
            yield self.url(name)
        finally:
            if self._process is not None and self._process.poll() is None:
                self.sql(_CUT.format(name))
                self.sql(_EMPTY, name)
                self._free.append(name)


def _unprivileged() -> tuple[str, str]:
    """Debian's own user, or the one that owns nothing."""
    import grp
    import pwd

    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return name, grp.getgrgid(pwd.getpwnam(name).pw_gid).gr_name
    raise AssertionError("there is no user to run PostgreSQL as")


@contextlib.contextmanager
def running(place: Path = Path("/tmp")) -> Iterator[Server]:
    bin_folder = programs()
    if bin_folder is None:
        if os.environ.get("CI"):
            pytest.fail("PostgreSQL is missing: apt-get install postgresql")
        pytest.skip("PostgreSQL is not installed")
    folder = Path(tempfile.mkdtemp(prefix="pg", dir=place))  # a short name: sockets must have one
    try:
        server = Server(folder, bin_folder)
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Server]:
    with running() as server:
        yield server


@pytest.fixture
def postgresql_url(postgresql: Server) -> Iterator[str]:
    """Of an empty database of the newest revision."""
    with postgresql.migrated() as url:
        yield url
