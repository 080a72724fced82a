"""The command starts fast because it imports little: counted, since seconds depend on the machine."""

import subprocess
import sys

import pytest

HEAVY = {
    "aiohttp", "alembic", "asyncio", "fastapi", "msgspec", "orchestrator.agents", "orchestrator.api",
    "orchestrator.app", "orchestrator.kernel", "pydantic", "rich", "sqlalchemy", "starlette", "uvicorn", "uvloop",
}  # fmt: skip


def imported(*arguments: str) -> set[str]:
    script = (
        "import sys\n"
        f"sys.argv = ['orchestrator', *{list(arguments)!r}]\n"
        "from orchestrator.cli import main\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert not end.code, end.code\n"
        "print('MODULES', *sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(done.stdout.rpartition("MODULES ")[2].split())


def test_help_imports_nothing_heavy() -> None:
    modules = imported("--help")
    assert modules & HEAVY == set()
    assert len(modules) < 260


@pytest.mark.parametrize("arguments", [("runs", "--help"), ("run", "--help"), ("serve", "--help")])
def test_help_of_a_command_imports_only_what_typer_checks_options_with(arguments: tuple[str, ...]) -> None:
    assert imported(*arguments) & HEAVY <= {"pydantic"}


def test_version_does_not_open_the_product() -> None:
    assert not imported("version") & {"orchestrator.app", "orchestrator.api", "sqlalchemy", "fastapi", "aiohttp"}
