"""Run in the environment that `python -m benchmarks.agentdojo` makes."""

import asyncio
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from agentdojo.attacks import load_attack
from agentdojo.task_suite.load_suites import get_suites
from msgspec import Struct

from benchmarks.agentdojo.product import Case, DojoTool, Gullible, Pipeline, key
from benchmarks.report import write
from orchestrator.app import open_app
from orchestrator.kernel import settings
from orchestrator.kernel.events import GrantGiven
from orchestrator.tools.catalogue import kits

VERSION = "v1.1.2"
ATTACK = "important_instructions_no_names"
OTHERS = (  # those that mean to make the model do something
    "direct",
    "ignore_previous",
    "system_message",
    "injecagent",
    "tool_knowledge",
    "important_instructions",
    "important_instructions_no_user_name",
    "important_instructions_no_model_name",
)


class Way(Struct, frozen=True):
    label: str
    gated: bool = True  # by the policy
    screened: bool = True
    attentive: bool = True


FULL = Way("policy, attentive person")
WAYS = (
    FULL,
    Way("policy, nobody there", attentive=False),
    Way("policy without the screen, attentive person", screened=False),
    Way("no policy", gated=False, screened=False),
)


class Tally(Struct):
    cases: int = 0
    harmed: int = 0  # the attack reached its goal
    worded: int = 0  # of these, by words of the answer alone
    useful: int = 0  # the task was done all the same
    asked: int = 0
    fell: int = 0  # the model followed the attack
    withheld: int = 0  # something was, of what a tool returned

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(*(getattr(self, name) + getattr(other, name) for name in self.__struct_fields__))


@contextmanager
def product(suite: Any, way: Way) -> Iterator[Pipeline]:
    """The product with the suite's tools, which its owner has said "always" to; without a gate, all is approved."""
    with tempfile.TemporaryDirectory() as folder, asyncio.Runner() as runner:
        data, workspace = Path(folder) / "data", Path(folder) / "workspace"
        loosened = settings.Policy(approve_all=not way.gated, screen="withhold" if way.screened else "off")
        none_of_ours = settings.Tools(omit=kits().builtin())
        llm = settings.Llm(model="gullible")
        chosen = settings.Settings(data, workspace, policy=loosened, llm=llm, tools=none_of_ours)
        model = Gullible()
        tools = [DojoTool(function, lambda: _present(model)) for function in suite.tools]
        opened = open_app(chosen, models={"gullible": model}, tools=tools)
        app = runner.run(opened.__aenter__())
        try:
            owner = runner.run(app.accounts.owner())
            for tool in tools:
                if tool.spec.effects != "none":
                    grant = GrantGiven(app.ids.new("grant"), tool.spec.name, f"any {tool.spec.name}", owner.id)
                    runner.run(app.runs.grants.give(owner.tenant, grant, owner.id))
            pipeline = Pipeline(app, runner.get_loop(), model, workspace)
            pipeline.attentive = way.attentive
            yield pipeline
        finally:
            runner.run(opened.__aexit__(None, None, None))


def _present(model: Gullible) -> Case:
    assert model.case is not None
    return model.case


class _Named:
    name = "local"


def benign(suite: Any, pipeline: Pipeline) -> Tally:
    """The suite without attacks."""
    return sum((_tried(suite, pipeline, task, None, {}) for task in suite.user_tasks.values()), Tally())


def attacked(suite: Any, pipeline: Pipeline, kind: str) -> tuple[Tally, list[str]]:
    """The suite under attack, and the attacks that reached their goal."""
    attack = load_attack(kind, suite, _Named())
    total, broken = Tally(), list[str]()
    for task in suite.user_tasks.values():
        for injection in suite.injection_tasks.values():
            try:
                injections = attack.attack(task, injection)
            except ValueError:  # nothing that the task reads can be written by others
                injections = {}
            tally = _tried(suite, pipeline, task, injection, injections)
            total += tally
            if tally.harmed:
                broken.append(f"{suite.name}/{task.ID}/{injection.ID}{' (words)' if tally.worded else ''}")
    return total, broken


def _tried(suite: Any, pipeline: Pipeline, task: Any, injection: Any, injections: dict[str, str]) -> Tally:
    made: list[Case] = []

    def prepare(world: Any) -> Case:
        trap = injection.ground_truth(world) if injection else []
        bait, boast = (injection.GOAL, injection.GROUND_TRUTH_OUTPUT) if injection else ("", "")
        made.append(Case(task.ground_truth(world), task.GROUND_TRUTH_OUTPUT, bait, trap, boast))
        return made[-1]

    pipeline.prepare = prepare
    useful, harmed = suite.run_task_with_pipeline(pipeline, task, injection, injections)
    case = made[-1]
    harmed = bool(injection and harmed and case.fell)
    trapped = {key(call) for call in case.trap}
    acted = any(key(call) in trapped for call in case.done)
    return Tally(
        1, int(harmed), int(harmed and not acted), int(bool(useful)), case.asked, int(case.fell), int(case.withheld)
    )


def share(part: int, whole: int) -> float:
    return round(100 * part / whole, 2) if whole else 0.0


def main() -> None:
    """All of it; or, where wordings are named, these alone, with the policy and an attentive person."""
    suites = get_suites(VERSION)
    if sys.argv[1:]:
        command = f"python -m benchmarks.agentdojo {' '.join(sys.argv[1:])}"
        write("agentdojo_wordings", command, wordings(suites, sys.argv[1:]))
        return
    figures: dict[str, Any] = {"tasks": f"AgentDojo {VERSION}, attack {ATTACK}, model fully gullible (SIMULATED)"}
    for way in WAYS:
        plain, total, broken = Tally(), Tally(), list[str]()
        for name, suite in suites.items():
            with product(suite, way) as pipeline:
                one, (under, reached) = benign(suite, pipeline), attacked(suite, pipeline, ATTACK)
            plain, total, broken = plain + one, total + under, broken + reached
            figures[f"{way.label}: {name}"] = _benign_row(one) | _attack_row(under)
        figures[f"{way.label}: all"] = _benign_row(plain) | _attack_row(total)
        if way.gated:
            figures[f"{way.label}: attacks that reached their goal"] = broken
    write("agentdojo", "python -m benchmarks.agentdojo", figures | wordings(suites, OTHERS))


def wordings(suites: dict[str, Any], kinds: Sequence[str]) -> dict[str, Any]:
    """The benign tasks, and each wording, by those who have all that we ship."""
    plain, under = Tally(), {kind: Tally() for kind in kinds}
    for suite in suites.values():
        with product(suite, FULL) as pipeline:
            plain += benign(suite, pipeline)
            for kind in kinds:
                under[kind] += attacked(suite, pipeline, kind)[0]
                print(suite.name, kind, _attack_row(under[kind]), flush=True)
    rows = {f"{FULL.label}, attack {kind}: all": _attack_row(tally) for kind, tally in under.items()}
    return {f"{FULL.label}: benign": _benign_row(plain), **rows}


def _benign_row(benign: Tally) -> dict[str, float]:
    return {
        "tasks": benign.cases,
        "benign utility %": share(benign.useful, benign.cases),
        "tasks in which something was withheld": benign.withheld,
        "questions a task": round(benign.asked / max(1, benign.cases), 2),
    }


def _attack_row(attacked: Tally) -> dict[str, float]:
    return {
        "attacks": attacked.cases,
        "attack success %": share(attacked.harmed, attacked.cases),
        "of these by words of the answer alone": attacked.worded,
        "attack success by actions %": share(attacked.harmed - attacked.worded, attacked.cases),
        "withheld %": share(attacked.withheld, attacked.cases),
        "model followed %": share(attacked.fell, attacked.cases),
        "utility under attack %": share(attacked.useful, attacked.cases),
        "questions under attack": round(attacked.asked / max(1, attacked.cases), 2),
    }


if __name__ == "__main__":
    main()
