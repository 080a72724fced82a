"""What routing costs and saves: the time of a decision, and a SIMULATED workload.

    python -m benchmarks.router

SIMULATED: no model is asked. Each task has a kind and a difficulty; each of three models answers it well with a
probability that falls with the difficulty (a logistic curve whose figures are below, and are ours), and costs
what such models cost per token. The router sees the words of the task, not its difficulty, and learns from noisy
judgements. What is measured is the routing code of the product on that workload, over several seeds; it says nothing
about any real model. Quality is the share of good answers, relative to always asking the strong model.
"""

import asyncio
import math
import random
import time
from collections.abc import Callable
from typing import Any

from msgspec import Struct

from benchmarks.report import median, write
from orchestrator.kernel.messages import Message, Text, Usage, user
from orchestrator.llm.base import ModelInfo, Price, Reply, Request
from orchestrator.llm.providers.scripted import Scripted
from orchestrator.llm.resilience.persist import Way
from orchestrator.llm.routing.bandit import Learnt
from orchestrator.llm.routing.cascade import Cascaded
from orchestrator.llm.routing.kinds import Kind, classify
from orchestrator.llm.routing.router import Candidate, Errand, rank
from orchestrator.llm.routing.verify import Verdict

SEEDS = range(20)
TASKS = 3000  # of a run
RATED = 0.25  # of the answers get a judgement from a person
RATING_ERRS = 0.1  # of these judgements are wrong
VERIFIER_MISSES = 0.10  # bad answers that it lets pass
VERIFIER_ALARMS = 0.05  # good answers that it refuses
TARGET = 0.9

# (capability, dollars a million tokens in and out, expected quality): a small, a usual and a strong model.
MODELS = {
    "a/small": (0.0, (0.1, 0.5), 0.75),
    "b/usual": (1.3, (1.0, 5.0), 0.86),
    "c/strong": (2.5, (4.0, 20.0), 0.94),
}
# kind: (share of the tasks, mean difficulty, tokens read, tokens written, what is said)
WORK: dict[Kind, tuple[float, float, int, int, str]] = {
    "chat": (0.18, -2.6, 200, 120, "Hello, thanks a lot"),
    "question": (0.22, -1.2, 300, 250, "What is the boiling point of ethanol?"),
    "extract": (0.14, -2.2, 1500, 150, "Extract the fields from this form"),
    "summarise": (0.12, -1.8, 3000, 300, "Summarise this report"),
    "translate": (0.08, -2.0, 600, 600, "Translate this letter"),
    "write": (0.08, -0.8, 400, 700, "Write an email to the supplier"),
    "code": (0.10, 0.3, 1200, 800, "Fix the bug in the parser function"),
    "reason": (0.08, 0.5, 800, 900, "Compare these two strategies and decide"),
}
SPREAD = 1.0  # of the difficulties of a kind


class Task(Struct, frozen=True):
    kind: Kind
    text: str
    difficulty: float
    read: int
    written: int


def tasks(seed: int) -> list[Task]:
    chance = random.Random(seed)
    kinds = chance.choices(list(WORK), [row[0] for row in WORK.values()], k=TASKS)
    made = []
    for kind in kinds:
        _, mean, read, written, text = WORK[kind]
        made.append(Task(kind, text, chance.gauss(mean, SPREAD), read, written))
    return made


def chance_of_good(model: str, task: Task) -> float:
    return 1 / (1 + math.exp(-2.0 * (MODELS[model][0] - task.difficulty)))


def dollars(model: str, task: Task) -> float:
    price_in, price_out = MODELS[model][1]
    return (task.read * price_in + task.written * price_out) / 1e6


class World:
    """Who answers well is settled beforehand: every way of routing meets the same luck."""

    def __init__(self, seed: int) -> None:
        self.tasks = tasks(seed)
        luck = random.Random(seed + 10_000)
        self.good = [{model: luck.random() < chance_of_good(model, task) for model in MODELS} for task in self.tasks]

    def always(self, model: str) -> tuple[float, float]:
        cost = sum(dollars(model, task) for task in self.tasks)
        return cost, sum(good[model] for good in self.good) / len(self.tasks)


def candidate(label: str, price: Price, quality: float, order: int) -> Candidate:
    provider, _, name = label.partition("/")
    return Candidate(label, ModelInfo(name, provider, frozenset({"chat"}), price=price, quality=quality), order=order)


CANDIDATES = [
    candidate(name, Price(*price, 0.1), quality, order)
    for order, (name, (_, price, quality)) in enumerate(MODELS.items())
]


def routed(world: World, seed: int) -> tuple[float, float]:
    """The product's router, learning from some judgements of people; no verifier."""
    chance = random.Random(seed + 20_000)
    learnt = Learnt(chance.betavariate)
    cost, good = 0.0, 0
    for number, task in enumerate(world.tasks):
        kind = classify(task.text)
        chosen = rank(CANDIDATES, Errand(kind, tokens=task.read), learnt, TARGET)[0].candidate.label
        is_good = world.good[number][chosen]
        cost += dollars(chosen, task)
        good += is_good
        if chance.random() < RATED:
            learnt.judged(kind, chosen, float(is_good != (chance.random() < RATING_ERRS)))
    return cost, good / len(world.tasks)


async def cascaded(world: World, seed: int) -> tuple[float, float]:
    """The product's cascade of the small and the strong model, with an imperfect verifier that costs a small call."""
    chance = random.Random(seed + 30_000)
    at = 0

    def model(name: str) -> Scripted:
        def reply(request: Request) -> Reply:
            task = world.tasks[at]
            text = "good" if world.good[at][name] else "bad"
            usage, cost = Usage(task.read, task.written), dollars(name, task)
            return Reply(Message("assistant", (Text(text),)), name, "stop", usage, cost)

        return Scripted(reply, name=name, model=name, delta=100)

    async def verify(request: Request, reply: Reply) -> Verdict:
        is_good = reply.message.text == "good"
        passes = chance.random() >= VERIFIER_ALARMS if is_good else chance.random() < VERIFIER_MISSES
        task = world.tasks[at]
        looked = (task.read + task.written) * MODELS["a/small"][1][0] / 1e6 + 20 * MODELS["a/small"][1][1] / 1e6
        return Verdict(float(passes), "", looked)

    ways = [Way(model(name), name, name[0]) for name in ("a/small", "c/strong")]
    cascade = Cascaded(ways, verify, 0.5, lambda request, label, good: None)
    cost, good = 0.0, 0
    for at in range(len(world.tasks)):
        async for chunk in cascade.stream(Request("", (user(world.tasks[at].text),))):
            if isinstance(chunk, Reply):
                cost += chunk.cost
                good += chunk.message.text == "good"
    return cost, good / len(world.tasks)


def interval(values: list[float]) -> dict[str, float]:
    """Mean and 95 % confidence of it, over the seeds (Student's t, 19 degrees of freedom)."""
    mean = sum(values) / len(values)
    spread = math.sqrt(sum((value - mean) ** 2 for value in values) / (len(values) - 1))
    half = 2.093 * spread / math.sqrt(len(values))
    return {"mean": round(mean, 4), "low": round(mean - half, 4), "high": round(mean + half, 4)}


def decision() -> dict[str, float]:
    """Microseconds of processor a decision: the task is classified and a dozen models of four providers are ranked."""
    learnt = Learnt(random.Random(1).betavariate)
    many = [candidate(f"p{n % 4}/m{n}", Price(n + 0.1, n + 1, 0.1), 0.7 + n / 50, n % 4) for n in range(12)]
    for one in many[::2]:
        learnt.judged("code", one.label, 1.0)
    texts = {
        "a short task": "Fix the bug in the parser function",
        "a long task": "Please read all of this and think about it. " * 400,
    }

    def timed(work: Callable[[], Any]) -> float:
        rounds = []
        for _ in range(9):
            began = time.process_time()
            for _ in range(2000):
                work()
            rounds.append((time.process_time() - began) / 2000 * 1e6)
        return round(median(rounds), 1)

    return {
        f"µs a decision, {name}": timed(lambda text=text: rank(many, Errand(classify(text)), learnt, 0.8))  # type: ignore[misc]
        for name, text in texts.items()
    } | {"µs to classify a long task": timed(lambda: classify(texts["a long task"]))}


def main() -> None:
    found: dict[str, list[float]] = {}
    for seed in SEEDS:
        world = World(seed)
        base_cost, base_quality = world.always("c/strong")
        for name, (cost, quality) in (
            ("small always", world.always("a/small")),
            ("routed, no verifier", routed(world, seed)),
            ("cascade with a verifier", asyncio.run(cascaded(world, seed))),
        ):
            found.setdefault(f"{name}: cost / always strong", []).append(cost / base_cost)
            found.setdefault(f"{name}: quality / always strong", []).append(quality / base_quality)
        found.setdefault("strong always: share of good answers", []).append(base_quality)
    figures: dict[str, Any] = {
        "what this is": "a simulation: no model was asked",
        "seeds": len(SEEDS),
        "tasks a seed": TASKS,
        **{name: interval(values) for name, values in found.items()},
        **decision(),
    }
    write("router", "python -m benchmarks.router", figures)


if __name__ == "__main__":
    main()
