"""What the vault and the policies of the data folder cost: a decision with and without them, a result cleaned.

    python -m benchmarks.layers

The commands are those of `tests/policy/commands.txt`, each decided once: no decision is remembered from before.
The baseline is the same policy without the vault and the layers, in the same run; for cleaning, one look through
the text for each value.
"""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from benchmarks.policy import commands
from benchmarks.report import write
from orchestrator.identity.redaction import Redactor
from orchestrator.kernel import settings
from orchestrator.policy.base import Call
from orchestrator.policy.decide import Policy
from orchestrator.policy.layers.layers import Held, Layers, compiled

SECRETS = 50
POLICIES = 30  # ten in each layer
RESULT = 20_000  # characters
ROUNDS = 7
VALUES = [(f"secret{number}", f"tok_{number:03d}_{number * 7919:020d}xYz/+=") for number in range(SECRETS)]


class Vault:
    """What policy asks of the vault."""

    def __init__(self) -> None:
        self._redactor = Redactor(VALUES)

    def entry(self, name: str) -> None:
        return None

    def found(self, text: str) -> list[str]:
        return self._redactor.found(text)


def held() -> Held:
    """Policies of the kinds that people write; none of them matches a command."""
    kinds = (
        '@id("a{0}") forbid(principal, action, resource == Tool::"tool{0}") unless {{ principal in Role::"r{0}" }};',
        '@id("b{0}") @ask forbid(principal, action, resource) when {{ context has host && context.host == "h{0}" }};',
    )
    text = "\n".join(kinds[number % 2].format(number) for number in range(POLICIES // 3))
    return compiled({"base.cedar": text, "workspace/w.cedar": text, "agents/assistant.cedar": text})


def timed(work: Callable[[str], object], texts: list[str]) -> float:
    """Milliseconds for one of them: the median, each in its best round."""
    best = [1e9] * len(texts)
    for _ in range(ROUNDS):
        for index, text in enumerate(texts):
            began = time.perf_counter()
            work(text)
            best[index] = min(best[index], (time.perf_counter() - began) * 1000)
    return median(best)


def main() -> None:
    texts, holding, layers = commands(), held(), Layers()
    layers.hold(holding)
    plain, whole = Policy(settings.Policy()), Policy(settings.Policy(), secrets=Vault(), layers=layers)
    with tempfile.TemporaryDirectory() as folder:

        def call(text: str) -> Call:
            arguments = {"command": text}
            return Call(
                "default", "u", "execute_command", arguments, "execute", "once", Path(folder), agent="assistant"
            )

        def anew(text: str) -> object:
            layers.hold(holding)  # forgets what was decided
            return whole.decide(call(text))

        without, with_all = timed(lambda text: plain.decide(call(text)), texts), timed(anew, texts)
        again = timed(lambda text: whole.decide(call(text)), texts)
    redactor, result = Redactor(VALUES), ("a line of what a tool says, 42\n" * RESULT)[:RESULT]
    cleaned = timed(redactor.redact, [result])
    looked = timed(lambda text: [value in text for _, value in VALUES], [result])
    write(
        "layers",
        "python -m benchmarks.layers",
        {
            "commands": len(texts),
            "secrets": SECRETS,
            "policies": POLICIES,
            "decision_ms_p50": round(with_all, 4),
            "decision_again_ms_p50": round(again, 4),
            "baseline_ms_p50": round(without, 4),
            "times_baseline": round(with_all / without, 2),
            "cleaned_characters": RESULT,
            "cleaned_ms": round(cleaned, 4),
            "one_look_ms": round(looked, 4),
        },
    )


if __name__ == "__main__":
    main()
