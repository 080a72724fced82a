"""The state of long runs on their way, kept as bytes that their fold understands. Lost, they are folded anew."""

import logging

import msgspec
from sqlalchemy import delete, select, text

from orchestrator.journal.keys import Keyring
from orchestrator.kernel.clock import Clock
from orchestrator.kernel.errors import OrchestratorError
from orchestrator.storage.engine import AsyncEngine
from orchestrator.storage.tables_journal import snapshots

_pack = msgspec.msgpack.Encoder().encode
_KEEP = """INSERT INTO snapshots (run_id, tenant, subject, seq, version, key, body)
  VALUES (:run_id, :tenant, :subject, :seq, :version, :key, :body) ON CONFLICT (run_id) DO UPDATE
  SET seq = excluded.seq, version = excluded.version, key = excluded.key, body = excluded.body"""

log = logging.getLogger("orchestrator.journal")


class Snapshots:
    def __init__(self, engine: AsyncEngine, keyring: Keyring, clock: Clock) -> None:
        self._engine = engine
        self._keyring = keyring
        self._clock = clock

    async def load(self, run_id: str, version: int) -> bytes | None:
        """The last state that this version of the fold kept of a run."""
        c = snapshots.c
        async with self._engine.connect() as connection:
            query = select(snapshots).where(c.run_id == run_id, c.version == version)
            row = (await connection.execute(query)).one_or_none()
            if row is None or not row.key:
                return bytes(row.body) if row is not None else None
            key = (await self._keyring.named(connection, [row.key]))[row.key]
        if key is None:
            return None
        try:
            return key.decrypt(bytes(row.body), _pack(("snapshot", run_id, row.seq, version)))
        except ValueError:
            log.warning("the snapshot of %s is not what was kept; its events are folded instead", run_id)
            return None

    async def keep(self, run_id: str, tenant: str, subject: str, seq: int, version: int, body: bytes) -> None:
        """It may fail: then there is none."""
        row = {"run_id": run_id, "tenant": tenant, "subject": subject, "seq": seq, "version": version}
        try:
            async with self._engine.begin() as connection:
                await connection.execute(delete(snapshots).where(snapshots.c.run_id == ""))  # takes the lock first
                name = ""
                if self._keyring.encrypts:
                    key = await self._keyring.obtain(connection, tenant, subject, self._clock.now())
                    name, body = key.id, key.encrypt(body, _pack(("snapshot", run_id, seq, version)))
                await connection.execute(text(_KEEP), {**row, "key": name, "body": body})
        except OrchestratorError as error:
            log.warning("no snapshot of %s: %s", run_id, error)
