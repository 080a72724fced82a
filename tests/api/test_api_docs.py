"""docs/api.md and docs/telemetry.md say what is there, and their examples work."""

import asyncio
import re
import shutil
from pathlib import Path

import pytest
from servers.site import Site

from orchestrator.api.schema import describe
from orchestrator.api.server import bare
from orchestrator.telemetry.metrics import Metrics

DOCS = Path(__file__).parents[2] / "docs"


def examples(page: str) -> str:
    return "\n".join(re.findall(r"```sh\n(.*?)```", (DOCS / page).read_text("utf-8"), re.DOTALL))


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
async def test_the_examples_work(site: Site, tmp_path: Path) -> None:
    owner = await site.app.accounts.ensure_owner()
    link = f"{site.url}/sign-in?token={await site.app.accounts.sign_in_link(owner.id)}"
    script = "set -euo pipefail\n" + examples("api.md").replace("curl -s", "curl -s --fail-with-body")
    shell = await asyncio.create_subprocess_exec(
        "bash",
        "-c",
        script,
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin", "URL": site.url, "SIGN_IN_LINK": link},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await shell.communicate()
    said = output.decode()
    assert shell.returncode == 0, said
    assert said.startswith("303\n")
    for expected in ('"username":"owner"', "event: run.finished", '"status":"completed"', "orchestrator_events_total"):
        assert expected in said


def test_every_operation_is_in_the_page() -> None:
    page = re.sub(r"[`\s]+", " ", (DOCS / "api.md").read_text("utf-8"))
    for path, methods in describe(bare())["paths"].items():
        shown = re.sub(r"{[a-z_]+}", "{", path.removeprefix("/api/v1"))
        known = page.replace("{id}", "{").replace("{name}", "{")
        assert shown in known, (list(methods), path)


def test_every_metric_is_in_the_page() -> None:
    page = (DOCS / "telemetry.md").read_text("utf-8")
    exposed = {line.split()[2] for line in Metrics().exposition().decode().splitlines() if line.startswith("# TYPE")}
    for name in exposed:
        if name.startswith("orchestrator_") and not name.endswith("_created"):
            assert f"`{name}`" in page, name
