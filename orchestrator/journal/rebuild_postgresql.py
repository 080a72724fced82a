"""The views folded anew in PostgreSQL: see rebuild.py."""

from orchestrator.journal.bound import bind
from orchestrator.journal.projections import Statement
from orchestrator.kernel.errors import JournalUnavailable
from orchestrator.storage.postgresql import APPENDING, FAILURES, Connection, PostgresDatabase
from orchestrator.storage.tables import VIEWS

_FUNCTION = """CREATE FUNCTION pg_temp.fold(texts text[], ends int[], given text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE start int := 1;
BEGIN
  FOR i IN 1 .. cardinality(texts) LOOP
    EXECUTE texts[i] USING given[start:ends[i]];
    start := ends[i] + 1;
  END LOOP;
END $$"""


class PostgresDraft:
    def __init__(self, database: PostgresDatabase) -> None:
        self._database = database
        self._connection: Connection = None
        self._schema = ""

    async def open(self) -> None:
        self._connection = await self._database.connect(patient=True)
        self._schema = await self._connection.fetchval("SELECT quote_ident(current_schema())")
        await self._do(
            _FUNCTION,
            *(f"CREATE TEMPORARY TABLE {view.name} (LIKE {self._schema}.{view.name} INCLUDING ALL)" for view in VIEWS),
        )

    async def _do(self, *script: str) -> None:
        try:
            for sql in script:
                await self._connection.execute(sql)
        except FAILURES as error:
            raise self._lost(error) from error

    def _lost(self, error: BaseException) -> JournalUnavailable:
        said = self._database.explain(error)
        return JournalUnavailable(
            f"The views could not be rebuilt. {said.detail}", hint="They are as they were before."
        )

    async def fold(self, changes: list[Statement]) -> None:
        try:
            await self._connection.execute("SELECT pg_temp.fold($1, $2, $3)", *bind(changes))
        except FAILURES as error:
            raise self._lost(error) from error

    async def hold(self) -> None:
        await self._do("BEGIN", f"SELECT pg_advisory_xact_lock({APPENDING})")

    async def swap(self) -> None:
        names = [(view.name, ", ".join(column.name for column in view.columns)) for view in VIEWS]
        script = [f"DELETE FROM {self._schema}.{name}" for name, _ in names]
        script += [
            f"INSERT INTO {self._schema}.{n} ({columns}) SELECT {columns} FROM pg_temp.{n}" for n, columns in names
        ]
        await self._do(*script, "DELETE FROM snapshots", "COMMIT")

    async def close(self) -> None:
        if self._connection is not None:
            await self._connection.close()
