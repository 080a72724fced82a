"""Whole transcripts: instructions, a question, then calls, results and replies, some results read twice."""

import itertools
import random
from collections.abc import Callable, Sequence

from msgspec import Struct

from benchmarks.transcripts import facts, pages, results
from benchmarks.transcripts.facts import Planted
from orchestrator.kernel.messages import Message, Origin, Text, ToolCall, ToolResult, assistant, system, user

Result = Callable[[random.Random, str, Sequence[str]], str]


class Transcript(Struct, frozen=True):
    name: str
    language: str
    messages: tuple[Message, ...]
    planted: tuple[Planted, ...]


class Scene(Struct, frozen=True):
    tools: tuple[tuple[str, Origin, Result], ...]


SCENES = {
    "orders": Scene((("get_orders", "tool", results.records), ("get_config", "tool", results.detail))),
    "operations": Scene(
        (
            ("read_log", "tool", results.log),
            ("query_log", "tool", results.stream),
            ("run", "tool", results.console),
            ("find", "tool", results.listing),
        )
    ),
    "research": Scene(
        (("http_request", "web", pages.page), ("http_request", "web", pages.page), ("search", "tool", results.records))
    ),
    "letters": Scene(
        (
            ("read_mail", "tool", results.mail),
            ("get_orders", "tool", results.records),
            ("read_mail", "tool", results.mail),
        )
    ),
    "handbook": Scene((("search", "tool", results.handbook), ("read_mail", "tool", results.mail))),
    "code": Scene(
        (("read_file", "file", results.code), ("find", "tool", results.listing), ("run", "tool", results.console))
    ),
}
_SAYS = {
    "en": (
        "You are the assistant of a warehouse. Answer from what the tools return, and say when you do not know.",
        "Sure! Let me take a look at the {}. I'll check what is recorded there.",
        "Which rules hold now, which dates are set, and for whom? Please list each with its source.",
        "Thank you for your patience. {} I hope this helps. Let me know if you need anything else.",
    ),
    "fr": (
        "Vous êtes l'assistant d'un entrepôt. Répondez d'après les outils, et dites quand vous ne savez pas.",
        "Bien sûr ! Je vais regarder le dossier {}. Voici ce qui est enregistré.",
        "Quelles règles valent maintenant, quelles dates sont fixées, et pour qui ? Citez chacune avec sa source.",
        "Merci de votre patience. {} J'espère que cela vous aide. N'hésitez pas à me contacter.",
    ),
}


def transcript(seed: int, scene: str, language: str) -> Transcript:
    r = random.Random(f"{seed} {scene} {language}")
    told, looks, asks, closes = _SAYS[language]
    planted = facts.some(r, language, 5)
    waiting = [fact.statement for fact in planted]
    messages = [system(told), user(asks)]
    seen: list[tuple[str, Origin, str]] = []
    for step in range(r.randint(6, 10)):
        if seen and r.random() < 0.08:  # read again, as agents do
            name, origin, content = r.choice(seen)
        else:
            name, origin, make = r.choice(SCENES[scene].tools)
            some = [waiting.pop() for _ in range(min(len(waiting), r.randint(1, 4)))]
            content = make(r, language, some)
            seen.append((name, origin, content))
        call = ToolCall(f"c{step}", name, {"about": results.word(r, language)})
        messages.append(Message("assistant", (Text(looks.format(results.word(r, language))), call)))
        messages.append(Message("tool", (ToolResult(call.id, name, content, origin=origin),)))
        if r.random() < 0.3:
            messages.append(assistant(closes.format(results.paragraph(r, language, 3))))
            messages.append(user(results.sentence(r, language) + " " + asks))
    said = [fact for fact in planted if fact.statement not in waiting]
    return Transcript(scene, language, tuple(messages), tuple(said))


def make(seed: int = 4, each: int = 4, most_repeated: float = 0.2) -> list[Transcript]:
    """`each` transcripts of every scene in both languages, none of which repeats itself more than that."""
    made: list[Transcript] = []
    for scene, language in itertools.product(SCENES, ("en", "fr")):
        drawn = (transcript(number, scene, language) for number in itertools.count(seed))
        made += itertools.islice((one for one in drawn if repeated(one.messages) <= most_repeated), each)
    return made


def text(message: Message) -> str:
    """What a model reads of it."""
    return "\n".join(
        part.text if isinstance(part, Text) else part.content if isinstance(part, ToolResult) else ""
        for part in message.parts
    )


def repeated(messages: Sequence[Message]) -> float:
    """The part of the text that is passages which stood there before: three lines, or a line of 80 characters."""
    lines = [line for message in messages for line in text(message).split("\n")]
    before: set[tuple[str, ...]] = set()
    again = [False] * len(lines)
    for at in range(len(lines)):
        three = tuple(lines[at : at + 3])
        alone = lines[at : at + 1]
        if three in before and sum(map(len, three)) >= 60:
            again[at : at + 3] = [True] * len(three)
        if tuple(alone) in before and len(alone[0]) >= 80:
            again[at] = True
        before |= {three, tuple(alone)}
    return sum(len(line) for line, is_again in zip(lines, again, strict=True) if is_again) / sum(map(len, lines))


def kept(planted: Sequence[Planted], messages: Sequence[Message]) -> list[Planted]:
    """The statements that can still be read, word for word, whatever the white space; in JSON, as JSON writes them."""
    whole = " ".join("\n".join(map(text, messages)).split())
    return [fact for fact in planted if fact.statement in whole or fact.statement.replace('"', '\\"') in whole]
