"""An idle server is small because it holds little: counted in modules, since bytes depend on the machine."""

import os
import subprocess
import sys
from pathlib import Path

# What is heavy, and of use to some only: each is loaded by the first who needs it.
ASKED_FOR = {
    "aiohttp", "aiokafka", "aiosqlite", "alembic", "anthropic", "asyncpg", "asyncssh", "cedarpy", "docker",
    "duckdb", "google", "greenlet", "jsonschema_rs", "llama_cpp", "mcp", "nats", "numpy", "openai", "pandas",
    "pygments", "redis", "rich", "sqlalchemy.dialects.postgresql", "sqlalchemy.ext.asyncio", "sqlalchemy.orm",
    "structlog", "yaml",
}  # fmt: skip
MOST = 1250

SCRIPT = """
import asyncio, sys
from pathlib import Path
from orchestrator.api.server import create
from orchestrator.app import open_app
from orchestrator.kernel import settings

async def look():
    async with open_app(settings.load({"HOME": sys.argv[1]}, flags={"data": Path(sys.argv[1], "data")})) as app:
        create(app)
        await app.models.choose("embedded")
        print("MODULES", *sys.modules)

asyncio.run(look())
"""


def held(home: Path) -> set[str]:
    environ = {name: value for name, value in os.environ.items() if not name.endswith("_API_KEY")}
    done = subprocess.run([sys.executable, "-c", SCRIPT, home], env=environ, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.rpartition("MODULES ")[2].split())


def test_an_idle_server_holds_only_what_every_server_needs(tmp_path: Path) -> None:
    held(tmp_path)  # the first start makes the database
    modules = held(tmp_path)
    assert modules & ASKED_FOR == set()
    assert len(modules) < MOST
