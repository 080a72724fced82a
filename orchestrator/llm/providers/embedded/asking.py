"""What the person is asked back: what is missing, and whether what is in doubt is meant."""

import json

from orchestrator.kernel.messages import Arguments, Language
from orchestrator.llm.providers.embedded.index import Parameter
from orchestrator.llm.providers.embedded.phrases import say
from orchestrator.llm.providers.embedded.render import clipped
from orchestrator.llm.providers.embedded.shown import choices
from orchestrator.llm.providers.embedded.steps import Ask, Plan, Step


def question(plan: Plan, language: Language) -> str:
    asks = []
    for ask in plan.asks:
        step = plan.steps[ask.step]
        asks.append(say("ask lead", language, said=clipped(step.said)))
        asks += [f"- {_asked(parameter, step, ask, language)}" for parameter in ask.missing]
    return "\n".join(asks)


def doubt(plan: Plan, language: Language) -> str:
    """The exact calls that are meant, to be said yes to."""
    calls = [
        say("doubted", language, said=clipped(step.said), call=_call(step, arguments))
        for step in (plan.steps[place] for place in plan.doubts)
        for arguments in step.each
    ]
    return say("doubt", language, calls="\n".join(calls))


def _call(step: Step, arguments: Arguments) -> str:
    """A call as it would be made; `…` for what comes of another."""
    assert step.entry is not None
    given = [f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in arguments.items()]
    line = ", ".join([*given, *(f"{name}=…" for name in step.refs)])
    return f"``{step.entry.spec.name}({line})``" if "`" in line else f"`{step.entry.spec.name}({line})`"


def _asked(parameter: Parameter, step: Step, ask: Ask, language: Language) -> str:
    kind = parameter.kind
    if kind == "enum":
        listed = ", ".join(str(value) for value in choices(parameter.schema))
        return say("ask enum", language, name=parameter.label, choices=listed)
    if kind == "quoted" and parameter.tail and "command" in parameter.names:
        return say("ask command", language)
    if kind == "quoted" and parameter.name in ("content", "contents", "body"):
        return say("ask content", language)
    if kind == "path":
        writes = step.entry is not None and step.entry.spec.scope == "write"
        return say("ask folder" if "folder" in parameter.names else "ask name" if writes else "ask path", language)
    if kind == "quoted" and parameter.named and parameter.values and parameter.worded | parameter.coined:
        return say("ask named", language, name=parameter.label, example=min(parameter.values))
    if f"ask {kind}" in ("ask timing", "ask expression", "ask url", "ask zone", "ask moment", "ask email"):
        return say(f"ask {kind}", language)
    key = "ask number" if kind == "number" else "ask quoted" if kind == "quoted" else "ask other"
    asked = say(key, language, name=parameter.label)
    described = parameter.schema.get("description", "") if language == "en" else ""
    return f"{asked} ({described})" if described else asked
