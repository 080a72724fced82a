"""The data folder: migrations, the lock, blobs."""

import errno
import os
import sqlite3
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine
from sqlalchemy.exc import DBAPIError

from orchestrator.app import open_app
from orchestrator.kernel import settings
from orchestrator.kernel.errors import DataFolderInUse, InvalidSettings, JournalUnavailable, NotFound
from orchestrator.storage import database as storage
from orchestrator.storage import tables_identity  # noqa: F401  (adds its tables to the metadata)
from orchestrator.storage.blobs import Blobs
from orchestrator.storage.lock import FolderLock
from orchestrator.storage.sqlite import SqliteDatabase
from orchestrator.storage.tables import metadata


def _scripts() -> ScriptDirectory:
    config = Config()
    config.set_main_option("script_location", str(Path(storage.__file__).parent / "migrations"))
    return ScriptDirectory.from_config(config)


def test_the_revision_in_the_code_is_the_newest_migration() -> None:
    assert _scripts().get_current_head() == storage.REVISION


async def test_migrations_make_exactly_the_tables_of_the_code(tmp_path: Path) -> None:
    database = SqliteDatabase(tmp_path / "orchestrator.db")
    database.migrate()
    await database.close()
    engine = create_engine(f"sqlite:///{database.path}")
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_every_row_has_a_tenant() -> None:
    strangers = {"attempts", "anchors", "sinks"}  # who tries to sign in is nobody's yet; the others are over all
    for table in metadata.tables.values():
        if table.name in strangers:
            continue
        assert "tenant" in table.c, table.name


def test_a_second_start_migrates_nothing_and_does_not_load_the_migrator(tmp_path: Path) -> None:
    database = SqliteDatabase(tmp_path / "orchestrator.db")
    database.migrate()
    code = (
        "import sys; from pathlib import Path; from orchestrator.storage.sqlite import SqliteDatabase;"
        f"SqliteDatabase(Path({str(database.path)!r})).migrate(); print('alembic' in sys.modules)"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "False"


def test_a_file_of_a_newer_version_is_said_so_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "orchestrator.db"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE alembic_version (version_num TEXT)")
    connection.execute("INSERT INTO alembic_version VALUES ('9999')")
    connection.commit()
    connection.close()
    with pytest.raises(JournalUnavailable, match="newer version"):
        SqliteDatabase(path).migrate()


def test_a_file_that_is_no_database_is_said_so_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "orchestrator.db"
    path.write_bytes(b"not a database at all, but somebody's letters" * 100)
    before = path.read_bytes()
    with pytest.raises(JournalUnavailable, match="cannot be opened"):
        SqliteDatabase(path).migrate()
    assert path.read_bytes() == before


def test_one_process_owns_the_data_folder(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from orchestrator.storage.lock import FolderLock;"
        f"lock = FolderLock(Path({str(tmp_path)!r})); lock.__enter__(); print('held', flush=True); sys.stdin.read()"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout is not None and process.stdout.readline() == b"held\n"
    with pytest.raises(DataFolderInUse, match=str(process.pid)), FolderLock(tmp_path):
        pass
    process.kill()
    process.communicate()
    with FolderLock(tmp_path):  # a dead process holds nothing
        assert (tmp_path / "lock").read_text() == str(os.getpid())


def test_several_may_share_a_folder_and_nobody_has_it_for_himself_meanwhile(tmp_path: Path) -> None:
    several = FolderLock(tmp_path, shared=True), FolderLock(tmp_path, shared=True)
    with several[0], several[1], pytest.raises(DataFolderInUse), FolderLock(tmp_path):
        pass
    with FolderLock(tmp_path), pytest.raises(DataFolderInUse), several[0]:
        pass


def test_blobs_are_named_by_their_content(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path / "blobs")
    first = blobs.put(b"text")
    assert blobs.put(b"text") == first and blobs.get(first) == b"text"
    for wrong in ("0" * 64, "../../etc/passwd", "A" * 64, ""):
        with pytest.raises(NotFound):
            blobs.get(wrong)


async def test_tools_never_reach_the_data_folder(tmp_path: Path) -> None:
    chosen = settings.load({"HOME": str(tmp_path)}, flags={"data": tmp_path / "data", "workspace": tmp_path})
    with pytest.raises(InvalidSettings, match="holds the data folder"):
        async with open_app(chosen):
            raise AssertionError


async def test_two_products_do_not_open_one_data_folder(tmp_path: Path) -> None:
    chosen = settings.load({"HOME": str(tmp_path)}, flags={"data": tmp_path / "data"})
    async with open_app(chosen):
        with pytest.raises(DataFolderInUse, match=str(os.getpid())):
            async with open_app(chosen):
                raise AssertionError


def test_the_same_bytes_kept_twice_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blobs, both, flush = Blobs(tmp_path / "blobs"), threading.Barrier(2), os.fsync
    first_time = threading.local()

    def together(file: int) -> None:
        if not hasattr(first_time, "over"):
            first_time.over = True
            both.wait(5)  # both are written before either gets its name
        flush(file)

    monkeypatch.setattr(os, "fsync", together)
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(blobs.put, (b"same", b"same"))
    assert first == second and blobs.get(first) == b"same"
    assert len(list((tmp_path / "blobs").rglob("*"))) == 2  # the folder and the file: nothing is left over


def test_a_blob_for_which_there_is_no_room_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(file: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        Blobs(tmp_path / "blobs").put(b"text")
    assert [path for path in (tmp_path / "blobs").rglob("*") if path.is_file()] == []


def test_other_users_of_the_machine_cannot_read_the_journal(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)  # a folder that somebody else had made
    database = SqliteDatabase(tmp_path / "orchestrator.db")
    database.migrate()
    held = database.connect()
    held.execute("CREATE TABLE held (x)")
    kept = [path for path in tmp_path.iterdir() if path.name.startswith("orchestrator.db")]
    assert len(kept) > 1 and all(path.stat().st_mode & 0o077 == 0 for path in kept)
    held.close()


@pytest.mark.parametrize("name", ["50% off", "what?", "a#b", "mon dossier é", "sqlite:x"])
async def test_a_data_folder_may_have_any_name(tmp_path: Path, name: str) -> None:
    chosen = settings.load({}, flags={"data": str(tmp_path / name)})
    async with open_app(chosen) as app:
        assert (await app.accounts.owner()).name == "owner"
    made = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.glob("**/orchestrator.db"))  # noqa: ASYNC240
    assert made == [f"{name}/orchestrator.db"]


async def test_a_data_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    with pytest.raises(InvalidSettings, match="is not a folder"):
        async with open_app(settings.load({}, flags={"data": str(tmp_path / "file")})):
            pass


def test_a_data_folder_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "lock").mkdir()
    with pytest.raises(InvalidSettings, match="cannot be used"), FolderLock(tmp_path):
        pass


def test_a_migration_cut_short_leaves_nothing_and_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut(*_: object) -> None:
        raise DBAPIError("UPDATE alembic_version", None, sqlite3.OperationalError("database or disk is full"))

    database = SqliteDatabase(tmp_path / "orchestrator.db")
    with monkeypatch.context() as patched:
        patched.setattr("alembic.runtime.migration.HeadMaintainer.update_to_step", cut)
        with pytest.raises(JournalUnavailable, match="disk is full"):
            database.migrate()
    connection = sqlite3.connect(database.path)
    assert connection.execute("SELECT name FROM sqlite_master").fetchall() == []
    connection.close()
    database.migrate()
