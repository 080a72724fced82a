"""A decision about a command line: our policy beside splitting it and looking the first word up, in the same run.

    python -m benchmarks.policy

The commands are those of `tests/policy/commands.txt`. The baseline is no policy: it reads one program a
line, knows no pipe, no quote trick and no path. It is what a list of allowed names costs.
"""

import shlex
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.report import write
from orchestrator.kernel import settings
from orchestrator.policy.base import Call
from orchestrator.policy.decide import Policy

ROUNDS = 7
TABLE = Path("tests/policy/commands.txt")
KNOWN = {"ls", "cat", "grep", "git", "python3", "make"}


def commands() -> list[str]:
    lines = [line.partition(" ") for line in TABLE.read_text("utf-8").splitlines()]
    return [command.replace("⏎", "\n") for verdict, _, command in lines if verdict in ("allow", "ask", "deny")]


def baseline(command: str) -> bool:
    try:
        words = shlex.split(command)
    except ValueError:
        return False
    return bool(words) and words[0] in KNOWN


def measured(decide: Callable[[str], object], texts: list[str]) -> tuple[float, float, float]:
    """Milliseconds of processor a decision: median, 99th percentile, most; the best round of each text."""
    best = [1e9] * len(texts)
    for _ in range(ROUNDS):
        for index, text in enumerate(texts):
            began = time.perf_counter()
            decide(text)
            best[index] = min(best[index], (time.perf_counter() - began) * 1000)
    best.sort()
    return best[len(best) // 2], best[int(len(best) * 0.99)], best[-1]


def main() -> None:
    texts = commands()
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        policy = Policy(settings.Policy())

        def decide(text: str) -> object:
            return policy.decide(
                Call("default", "owner", "execute_command", {"command": text}, "execute", "once", Path(folder))
            )

        decide("ls")
        first = (time.perf_counter() - began) * 1000
        middle, high, most = measured(decide, texts)
        plain, *_ = measured(baseline, texts)
    write(
        "policy",
        "python -m benchmarks.policy",
        {
            "commands": len(texts),
            "decision_ms_p50": round(middle, 4),
            "decision_ms_p99": round(high, 4),
            "decision_ms_max": round(most, 4),
            "first_decision_ms": round(first, 2),
            "baseline_ms_p50": round(plain, 4),
            "times_baseline": round(middle / plain, 1),
        },
    )


if __name__ == "__main__":
    main()
