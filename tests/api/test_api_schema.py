"""The API keeps its own description: schemathesis tries every operation of a real server, with every check."""

import asyncio
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest
from servers.site import Site

from orchestrator.api import problems
from orchestrator.api.schema import codes, describe
from orchestrator.api.server import bare

# They end the session that the other operations need, so they come last.
ENDING = "auth/(logout|password)"
# They reach whatever address they are given: test_api_models.py gives them one of this machine.
# What they take is more than a schema can say: an exported run, a check and its value, whose budget, what is a secret,
# a time in words, the files of a skill. Servers and documents that are added: test_api_mcp.py.
MEANING = (
    "evals$|skills(/look)?$|schedules$|secrets/.name.$|budgets$|budgets/top-up$|runs/import|/fork$|run_id./messages$"
)
OUTSIDE = "models/(providers|pull|test)|v1/(mcp|openapi)/.name."


async def run(*command: str | Path, folder: Path) -> tuple[int, str]:
    pipe = asyncio.subprocess.PIPE
    started = await asyncio.create_subprocess_exec(*command, cwd=folder, stdout=pipe, stderr=asyncio.subprocess.STDOUT)
    output, _ = await started.communicate()
    return started.returncode or 0, output.decode()


async def tried(site: Site, folder: Path, *options: str) -> tuple[int, str]:
    return await run(
        Path(sys.executable).with_name("schemathesis"),
        "run",
        f"{site.api}/openapi.json",
        f"--header=Authorization: Bearer {site.token}",
        "--checks=all",
        "--max-examples=2",
        "--generation-deterministic",
        "--no-color",
        *options,
        folder=folder,
    )


@pytest.mark.timeout(180)
async def test_the_server_is_as_described(site: Site, tmp_path: Path) -> None:
    status, report = await tried(site, tmp_path, f"--exclude-path-regex={ENDING}|{OUTSIDE}|{MEANING}")
    assert status == 0, report
    meaning = (f"--include-path-regex={MEANING}", "--exclude-checks=positive_data_acceptance")
    status, report = await tried(site, tmp_path, *meaning)
    assert status == 0, report
    status, report = await tried(site, tmp_path, f"--include-path-regex={ENDING}")
    assert status == 0, report
    assert "2 selected" in report


async def test_the_description_can_be_written_without_a_server(site: Site, tmp_path: Path) -> None:
    status, written = await run(sys.executable, "-m", "orchestrator.api.schema", folder=tmp_path)
    assert status == 0, written
    assert msgspec.json.decode(written) == await site.get("/openapi.json")


def operations() -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (method, path, operation)
        for path, methods in describe(bare())["paths"].items()
        for method, operation in methods.items()
    ]


def test_operations_have_names_and_summaries() -> None:
    names = [operation["operationId"] for _, _, operation in operations()]
    assert len(names) == len(set(names))
    for method, path, operation in operations():
        assert operation["summary"], (method, path)


def test_problems_are_described_wherever_they_can_be() -> None:
    for method, path, operation in operations():
        described = operation["responses"]
        if "security" in operation:
            assert {"401", "403"} <= set(described), (method, path)
        if "requestBody" in operation:
            assert {"400", "413", "415", "422"} <= set(described), (method, path)
        if "{" in path:
            assert "404" in described, (method, path)


def test_every_code_has_one_status_and_a_place_in_the_page() -> None:
    known = codes()
    assert known["not_found"] == 404
    assert known["run_finished"] == 409
    assert known["internal"] == 500
    assert all(400 <= status < 600 for status in known.values())
    assert set(problems.CODES.values()) <= set(known)


async def test_the_page_has_every_operation_and_code(site: Site) -> None:
    async with site.http.get(f"{site.url}/docs") as reply:
        page = await reply.text()
    for method, path, _ in operations():
        assert f"<code>{method.upper()} {path}</code>" in page
    for code in codes():
        assert f'id="{code}"' in page
