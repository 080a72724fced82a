"""The client scenarios of the MCP conformance suite: `python -m benchmarks.mcp_conformance`.

npm fetches the suite into this folder, as package-lock.json pins it; every scenario is run against client.py, which is
the product's own client. The baseline is the suite's own count of checks. `--check` (CI) writes no results down.
"""

import json
import os
import re
import shlex
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from benchmarks.report import write
from scripts.bootstrap.commands import ROOT, Setup, locked
from scripts.bootstrap.node import Packages
from scripts.bootstrap.steps import SetupFailed

HERE = Path(__file__).parent
SUITE = "@modelcontextprotocol/conformance"
# What the product does not do, and why.
LEFT_OUT = {
    "auth/client-credentials-jwt": "an extension: a person signs in, not a program",
    "auth/client-credentials-basic": "an extension: a person signs in, not a program",
    "auth/cross-app-access-complete-flow": "an extension: there is no identity provider of an enterprise here",
    "auth/2025-03-26-oauth-metadata-backcompat": (
        "the issuer differs from where it was found, which RFC 8414 and the SDK refuse: tokens could be sent astray"
    ),
}
CLIENT = shlex.join([sys.executable, "-m", "benchmarks.mcp_conformance.client"])
PATIENCE = 120_000  # milliseconds for a scenario: the machine may be busy
_PASSED = re.compile(r"Passed: (\d+)/(\d+)")


def main() -> None:
    suite = Suite(_installed())
    names = suite.scenarios()
    if not set(LEFT_OUT) < set(names):
        sys.exit(f"The suite does not list its scenarios as expected: {names}")
    names = [name for name in names if name not in LEFT_OUT]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        found = dict(zip(names, pool.map(suite.run, names), strict=True))
    for name, one in found.items():
        if not one["ok"]:
            print(f"{name}: again, by itself")  # one scenario counts the milliseconds until the client is back
            found[name] = suite.run(name, tell=True)
    figures = {
        "suite": f"{SUITE} {json.loads((HERE / 'package.json').read_text('utf-8'))['devDependencies'][SUITE]}",
        "scenarios": len(found),
        "scenarios passed": sum(one["ok"] for one in found.values()),
        "checks": sum(one["checks"] for one in found.values()),
        "checks passed": sum(one["passed"] for one in found.values()),
    }
    if "--check" not in sys.argv:
        write(
            "mcp_conformance",
            "python -m benchmarks.mcp_conformance",
            {**figures, "left out": LEFT_OUT, "by scenario": found},
        )
    print(json.dumps(figures))
    sys.exit(figures["scenarios"] != figures["scenarios passed"])


def _installed() -> Packages:
    setup = Setup(ROOT)
    packages = Packages(HERE, setup.environment, setup.environ, setup.steps)
    try:
        with locked(ROOT / "build" / "setup.lock", setup.steps):
            packages.install()
    except SetupFailed as failed:
        sys.exit(f"The suite cannot be had: {failed} {failed.advice}")
    return packages


class Suite:
    def __init__(self, packages: Packages) -> None:
        self._program = HERE / "node_modules" / ".bin" / "conformance"
        self._environ = {**os.environ, **packages.environ}

    def scenarios(self) -> list[str]:
        return re.findall(r"^\s+- (\S+) \[", self._say("list", "--client").stdout, re.MULTILINE)

    def run(self, name: str, *, tell: bool = False) -> dict[str, Any]:
        done = self._say("client", "--command", CLIENT, "--scenario", name, "--timeout", str(PATIENCE))
        said = done.stdout + done.stderr
        counted = _PASSED.search(said)
        passed, checks = (int(counted[1]), int(counted[2])) if counted else (0, 1)
        ok = done.returncode == 0 and passed == checks
        if tell and not ok:
            print(said, file=sys.stderr)
        return {"ok": ok, "passed": passed, "checks": checks}

    def _say(self, *words: str) -> subprocess.CompletedProcess[str]:
        # The program's first line finds Node on the path.
        return subprocess.run([self._program, *words], capture_output=True, text=True, env=self._environ, check=False)


if __name__ == "__main__":
    main()
