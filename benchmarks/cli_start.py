"""How long a person waits for `orchestrator --help`, beside an empty Python and one that imports typer.

python -m benchmarks.cli_start
"""

import subprocess
import sys
import time
from pathlib import Path

from benchmarks.report import median, write

ROUNDS = 15
COMMAND = Path(sys.executable).with_name("orchestrator")
ASKED: dict[str, list[str | Path]] = {
    "python -c pass": [sys.executable, "-c", "pass"],
    "python -c 'import typer'": [sys.executable, "-c", "import typer"],
    "orchestrator --help": [COMMAND, "--help"],
    "orchestrator run --help": [COMMAND, "run", "--help"],
    "orchestrator version": [COMMAND, "version"],
}


def seconds(command: list[str | Path]) -> float:
    began = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - began


def main() -> None:
    taken: dict[str, list[float]] = {name: [] for name in ASKED}
    for _ in range(ROUNDS):
        for name, command in ASKED.items():
            taken[name].append(seconds(command))
    write(
        "cli_start",
        "python -m benchmarks.cli_start",
        {f"{name}, ms of wall time, median of {ROUNDS}": round(median(taken[name]) * 1000) for name in ASKED},
    )


if __name__ == "__main__":
    main()
