"""How a benchmark says what it measured."""

import json
import platform
import statistics
import subprocess
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"


def median(values: list[float]) -> float:
    return statistics.median(values)


def write(name: str, command: str, figures: dict[str, Any]) -> None:
    """Print the figures, and keep them in results/ with the command that made them."""
    record = {
        "benchmark": name,
        "command": command,
        "commit": _commit(),
        "machine": {"python": platform.python_version(), "system": platform.system(), "machine": platform.machine()},
        "figures": figures,
    }
    RESULTS.mkdir(exist_ok=True)
    text = json.dumps(record, indent=2, ensure_ascii=False)
    (RESULTS / f"{name}.json").write_text(text + "\n", "utf-8")
    for key, value in figures.items():
        print(f"{key:<52} {value}")


def _commit() -> str:
    found = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    return found.stdout.strip()
