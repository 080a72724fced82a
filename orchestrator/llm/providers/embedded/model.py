"""The embedded model behind the model seam: read the conversation, plan, look at the results, go on or answer."""

import re
import zoneinfo
from collections.abc import AsyncIterator, Sequence
from itertools import count
from typing import Final, get_args

import msgspec

from orchestrator.kernel.clock import Clock
from orchestrator.kernel.errors import ModelRejected
from orchestrator.kernel.messages import Arguments, Language, Message, Text, Thinking, ToolCall
from orchestrator.kernel.settings import Provider
from orchestrator.llm.base import Capability, Chunk, Health, ModelInfo, Reply, Request, TextDelta, ThinkingDelta
from orchestrator.llm.connect import ways_to_connect
from orchestrator.llm.providers.embedded import answer, asking, mentions, shell
from orchestrator.llm.providers.embedded.advance import Progress, progress
from orchestrator.llm.providers.embedded.completing import completed, confirmed
from orchestrator.llm.providers.embedded.conversation import Turn, turns
from orchestrator.llm.providers.embedded.index import Index
from orchestrator.llm.providers.embedded.language import detect
from orchestrator.llm.providers.embedded.library import Library
from orchestrator.llm.providers.embedded.mentions import Finder
from orchestrator.llm.providers.embedded.phrases import say
from orchestrator.llm.providers.embedded.planner import Planner
from orchestrator.llm.providers.embedded.render import clipped
from orchestrator.llm.providers.embedded.steps import Plan

_REMEMBERED: Final = 4  # earlier messages of the person that a request may refer to
DESCRIPTION: Final = (
    "Built in; not a language model. Reads French and English requests and turns them into calls of the installed"
    " tools. It does not reason or write."
)


class Embedded:
    """A simulation of a model: rules over the tools' own examples. Needs no key, no network, no server."""

    capabilities: frozenset[Capability] = frozenset({"chat", "tools", "thinking"})

    def __init__(self, name: str, settings: Provider, clock: Clock) -> None:
        self.name = name
        self._model = settings.model or name
        self._clock = clock
        self._ways = tuple(ways_to_connect(each) for each in get_args(Language))
        self._places: dict[str, str] | None = None
        self._library = Library()

    async def stream(self, request: Request) -> AsyncIterator[Chunk]:
        reply = self.reply(request)
        for part in reply.message.parts:
            if isinstance(part, Thinking):
                for piece in pieces(part.text):
                    yield ThinkingDelta(piece)
            elif isinstance(part, Text):
                for piece in pieces(part.text):
                    yield TextDelta(piece)
        yield reply

    async def models(self) -> list[ModelInfo]:
        return [ModelInfo(self._model, self.name, self.capabilities, None, simulated=True, description=DESCRIPTION)]

    async def health(self) -> Health:
        return Health(True, DESCRIPTION)

    async def embed(self, texts: list[str], model: str = "") -> list[list[float]]:
        raise ModelRejected(
            "The built-in model makes no embeddings.", hint="Connect a provider that does, such as Ollama or OpenAI."
        )

    async def close(self) -> None:
        self._library.clear()

    def reply(self, request: Request) -> Reply:
        """The whole reply to a request; it depends on the request, the tools and the clock only."""
        finder = Finder(self._clock.now(), self._named_places())
        if not any(message.role == "user" for message in request.messages):
            raise ModelRejected("There is no message to answer.", hint="Send one from the user.")
        if not request.tools and any(message.role == "tool" for message in request.messages):
            raise ModelRejected("The built-in model has nothing to say once its tools are taken away.")
        if request.model not in ("", self.name, self._model):
            raise ModelRejected(
                f"There is no model {request.model!r} here.", hint=f"The built-in one is {self._model!r}."
            )
        index = msgspec.structs.replace(self._library.index(request.tools, finder), ranked={})
        said = turns(request.messages)[-_REMEMBERED:]
        plan, language = understood(said, index, finder)
        state = progress(plan, said[-1].made, [made for turn in said[:-1] for made in turn.made])
        if plan.asks or plan.doubts or plan.talk or not state.calls:
            return self._answer(plan, state, index, language, request, said[-1].asked)
        used = {call.id for message in request.messages for call in message.calls}
        return self._call(plan, state, used, language, first=not said[-1].made)

    def _call(self, plan: Plan, state: Progress, used: set[str], language: Language, first: bool) -> Reply:
        fresh = (name for number in count(1) if (name := f"call_{number}") not in used)
        calls = tuple(ToolCall(next(fresh), name, arguments) for name, arguments in state.calls)
        thought = Thinking(_reading(plan, state.calls, language, first=first))
        steps = tuple(dict.fromkeys(clipped(step.said) for step in plan.own if step.said and step.told))
        message = Message("assistant", (thought, *calls))
        return Reply(message, self._model, "tools", plan=steps if first and len(steps) > 1 else ())

    def _answer(
        self, plan: Plan, state: Progress, index: Index, language: Language, request: Request, said: str
    ) -> Reply:
        told = any(ways in message.text for message in request.messages for ways in self._ways)
        if (plan.talk and plan.talk != "yes") or (plan.talk and not plan.notes):
            thought, text = say("talk", language), answer.talk(plan.talk, language, index, said)
        elif plan.asks:
            thought = say("missing", language)
            text = "\n\n".join([*answer.notes(plan, index, language, told), asking.question(plan, language)])
        elif plan.doubts:
            thought = say("doubtful", language)
            text = "\n\n".join([*answer.notes(plan, index, language, told), asking.doubt(plan, language)])
        else:
            thought = say("answering" if plan.own else "none", language)
            text = answer.answer(plan, state, index, language, told)
        text, cut = _within(text, request)
        message = Message("assistant", (Thinking(thought), Text(text)))
        return Reply(message, self._model, "length" if cut else "stop")

    def _named_places(self) -> dict[str, str]:
        if self._places is None:
            self._places = mentions.places(zoneinfo.available_timezones())
        return self._places


def understood(said: Sequence[Turn], index: Index, finder: Finder) -> tuple[Plan, Language]:
    """The plan for the last message, in the light of those before it."""
    plan: Plan | None = None
    language: Language = "en"
    for turn in said:
        text, kept = mentions.set_aside(turn.asked)
        language = language if shell.line(text, index) else detect(text, language)
        answered = None
        if plan is not None and plan.asks:
            answered = completed(plan, text, kept, finder, index, language)
        elif plan is not None:
            answered = confirmed(plan, text, language)
        plan = answered or Planner(index, finder, language, plan).plan(text, kept)
        language = plan.language
    assert plan is not None
    return plan, language


def _reading(plan: Plan, calls: Sequence[tuple[str, Arguments]], language: Language, first: bool) -> str:
    """What is about to be done, and which of the person's words led to it."""
    lines = []
    if first:
        steps = list(dict.fromkeys(clipped(step.said) for step in plan.own if step.said and step.told))
        lines.append(f"{say('reading', language)} {say('step', language, count=len(steps))}:")
        lines += [f"{number}. {said}" for number, said in enumerate(steps, 1)]
    made = ", ".join(f"{name}({_arguments(arguments)})" for name, arguments in calls[:6])
    lines.append(f"→ {made}{' …' if len(calls) > 6 else ''}")
    return "\n".join(lines)


def _arguments(arguments: Arguments) -> str:
    return ", ".join(f"{name}={clipped(str(value), 40)}" for name, value in arguments.items())


def pieces(text: str) -> list[str]:
    """A text word by word, nothing lost."""
    return re.findall(r"\s*\S+|\s+$", text)


def _within(text: str, request: Request) -> tuple[str, bool]:
    """The text up to what the request allows: its stop sequences, and its limit, a word counting as a token."""
    stops = [place for stop in request.stop if stop and (place := text.find(stop)) >= 0]
    text = text[: min(stops)] if stops else text
    words = pieces(text)
    if request.max_tokens is not None and len(words) > request.max_tokens:
        return "".join(words[: request.max_tokens]), True
    return text, False
