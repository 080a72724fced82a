"""Which model is chosen, and why: kinds of tasks, the ranking, what is learnt, classes, chains, cascades."""

import asyncio
import random
from collections.abc import AsyncIterator

import pytest
from contracts.model import answer, collect
from servers.clients import Hurried

from orchestrator.cli.choices import chosen
from orchestrator.kernel.clock import ManualClock
from orchestrator.kernel.errors import ModelUnavailable
from orchestrator.kernel.messages import Message, Text, ToolCall, Usage, user
from orchestrator.kernel.registry import Registry
from orchestrator.kernel.settings import Cascade, Known, Llm, Provider
from orchestrator.llm.base import Capability, Chunk, ModelInfo, Price, Reply, Request, Setback, TextDelta
from orchestrator.llm.catalogue import PROVIDERS, Models
from orchestrator.llm.providers.scripted import Scripted, say
from orchestrator.llm.resilience.circuit import IN_A_ROW
from orchestrator.llm.resilience.persist import Way
from orchestrator.llm.resilience.speed import Speed
from orchestrator.llm.routing.bandit import Learnt
from orchestrator.llm.routing.cascade import Cascaded
from orchestrator.llm.routing.kinds import DEMANDS, KINDS, Kind, classify
from orchestrator.llm.routing.router import Candidate, Errand, rank
from orchestrator.llm.routing.verify import Judge, Verdict, check

PLUGS = Registry("provider", {**PROVIDERS, "embedded": PROVIDERS["scripted"]})
CHAT: frozenset[Capability] = frozenset({"chat"})


class Kept:
    """A note in memory."""

    def __init__(self) -> None:
        self.data: bytes | None = None

    def load(self) -> bytes | None:
        return self.data

    def save(self, data: bytes) -> None:
        self.data = data


def learnt(note: Kept | None = None, seed: int = 1) -> Learnt:
    return Learnt(random.Random(seed).betavariate, note)


def candidate(label: str, quality: float | None, dollars: float = 0.0, order: int = 0, **more: object) -> Candidate:
    price = Price(dollars, dollars * 5, dollars / 10) if dollars else None
    info = ModelInfo(label.partition("/")[2], label.partition("/")[0], CHAT, price=price, quality=quality)
    return Candidate(label, info, order=order, **more)  # type: ignore[arg-type]


CHEAP = candidate("a/cheap", 0.75, 0.1, 0)
USUAL = candidate("b/usual", 0.86, 2.0, 1)
STRONG = candidate("c/strong", 0.94, 5.0, 2)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Hi there", "chat"),
        ("Bonjour !", "chat"),
        ("Translate this to French: good morning", "translate"),
        ("Traduis ce texte en anglais", "translate"),
        ("Résume ce rapport en trois lignes", "summarise"),
        ("Fix the bug in parser.py", "code"),
        ("```\nx = 1\n```", "code"),
        ("Écris une fonction qui trie une liste", "code"),
        ("12 * 37", "math"),
        ("Calcule la moyenne de ces nombres", "math"),
        ("Classify the sentiment of these reviews", "extract"),
        ("Why did the project fail, and compare with the last one", "reason"),
        ("Rédige une lettre de motivation", "write"),
        ("Create a folder called notes", "act"),
        ("What is the capital of Peru?", "question"),
        ("Quelle est la capitale du Pérou ?", "question"),
        ("", "chat"),
    ],
)
def test_kinds(text: str, kind: Kind) -> None:
    assert classify(text) == kind


def test_every_kind_has_a_demand() -> None:
    assert set(DEMANDS) == set(KINDS)


@pytest.mark.parametrize(("kind", "chosen"), [("chat", CHEAP), ("question", USUAL), ("code", STRONG)])
def test_the_cheapest_that_is_good_enough(kind: Kind, chosen: Candidate) -> None:
    ranked = rank([CHEAP, USUAL, STRONG], Errand(kind), learnt(), 0.8)
    assert ranked[0].candidate is chosen
    assert chosen.label in ranked[0].reason
    assert len(ranked) == 3


def test_where_none_is_good_enough_the_best() -> None:
    ranked = rank([CHEAP, USUAL], Errand("code"), learnt(), 0.8)
    assert [one.candidate for one in ranked] == [USUAL, CHEAP]
    assert "the best there is" in ranked[0].reason


def test_what_nobody_knows_was_chosen_by_a_person_and_costs_nothing() -> None:
    mine = candidate("lab/mine", None, 0.0, 3)
    assert rank([USUAL, mine], Errand("question"), learnt(), 0.8)[0].candidate is mine


def test_classes_ask_for_speed_for_patience_or_for_this_machine() -> None:
    quick, slow = Speed(), Speed()
    for _ in range(5):
        quick.began(0.1)
        slow.began(5.0)
    fast = candidate("b/fast", 0.9, 4.0, 1, speed=quick)
    cheap = candidate("a/slow", 0.9, 0.1, 0, speed=slow, busy=2.0)
    here = candidate("c/here", 0.9, 9.0, 2, place="local")
    there = [cheap, fast, here]

    assert rank([cheap, fast], Errand("question", manner="interactive"), learnt(), 0.8)[0].candidate is fast
    assert rank(there, Errand("question", manner="batch"), learnt(), 0.8)[0].candidate is cheap
    assert rank(there, Errand("question", manner="private"), learnt(), 0.8)[0].candidate is here
    assert rank(there, Errand("question"), learnt(), 0.8)[0].candidate is fast  # the cheap one has a queue
    assert rank(there, Errand("question", manner="mars"), learnt(), 0.8) == []


def test_who_cannot_is_not_asked() -> None:
    small = candidate("a/small", 0.9)
    small = Candidate(small.label, ModelInfo("small", "a", CHAT, 1000))
    ill = candidate("b/ill", 0.99, resumes_in=5.0)
    assert rank([small, ill], Errand("question", tokens=2000), learnt(), 0.8) == []
    assert rank([small], Errand("question", needs=frozenset({"vision"})), learnt(), 0.8) == []
    assert [one.candidate for one in rank([small, ill], Errand("question", tokens=900), learnt(), 0.8)] == [small]


def test_what_was_learnt_changes_the_choice_for_that_kind_of_task_only() -> None:
    """A cheap model that is good at code is taken for code; a usual one that disappoints is not."""
    known = learnt()
    for _ in range(200):
        known.judged("code", "a/cheap", 1.0)
        known.judged("question", "b/usual", 0.0)
    for _ in range(20):  # a draw each
        assert rank([CHEAP, USUAL, STRONG], Errand("code"), known, 0.8)[0].candidate is CHEAP
        assert rank([CHEAP, USUAL, STRONG], Errand("question"), known, 0.8)[0].candidate is STRONG
    assert rank([CHEAP, USUAL, STRONG], Errand("write"), known, 0.8)[0].candidate is USUAL


def test_what_is_little_known_is_sometimes_tried_and_what_is_well_known_is_not() -> None:
    known = learnt()
    known.judged("question", "a/cheap", 1.0)
    chosen = {rank([CHEAP, USUAL], Errand("question"), known, 0.8)[0].candidate.label for _ in range(200)}
    assert chosen == {"a/cheap", "b/usual"}
    for _ in range(400):
        known.judged("question", "a/cheap", 0.5)
    chosen = {rank([CHEAP, USUAL], Errand("question"), known, 0.8)[0].candidate.label for _ in range(200)}
    assert chosen == {"b/usual"}


def test_what_was_learnt_outlives_the_process_and_may_be_lost() -> None:
    note = Kept()
    first = learnt(note)
    first.judged("code", "a/b", 1.0)
    again = learnt(note)
    assert again.judgements("code", "a/b") == 1.0
    assert again.expected("code", "a/b", 0.5) == pytest.approx(7 / 13)
    note.data = b"{garbage"
    assert learnt(note).judgements("code", "a/b") == 0.0


def models(settings: Llm | None = None, note: Kept | None = None, **extra: Scripted) -> Models:
    return Models(settings or Llm(), Hurried(), PLUGS, extra=extra, note=note, chance=random.Random(1))


def plug(name: str, text: str = "hello", **quality: float) -> Scripted:
    return Scripted(lambda request: say(text, usage=Usage(10, 5)), name=name, model="m")


async def test_auto_asks_the_next_one_when_the_choice_fails() -> None:
    down = Scripted(lambda request: ModelUnavailable("down"), name="one", model="m")
    found = models(one=down, two=plug("two", "from two"))
    choice = await found.choose("auto")
    assert choice.provider == "one"
    chunks = await collect(choice.model.stream(Request(choice.name, (user("?"),))))
    assert [chunk.next for chunk in chunks if isinstance(chunk, Setback)] == ["one/m", "two/m"]
    assert isinstance(chunks[-1], Reply) and chunks[-1].message.text == "from two"
    for _ in range(IN_A_ROW):
        await collect((await found.choose("auto")).model.stream(Request("m", (user("?"),))))
    choice = await found.choose("auto")
    assert choice.provider == "two"
    assert "one failed too often" in choice.reason and "a trop échoué" in chosen("fr", choice.reason)
    assert found.states()["one"] == 2.0


async def test_a_model_asked_for_by_name_is_not_replaced_unless_the_settings_say_so() -> None:
    def down() -> Scripted:
        return Scripted(lambda request: ModelUnavailable("down"), name="one", model="m")

    found = models(one=down(), two=plug("two", "from two"))
    choice = await found.choose("one")
    with pytest.raises(ModelUnavailable):
        await answer(choice.model, Request(choice.name, (user("?"),)))
    found = models(Llm(fallbacks=("two/m", "nobody/x")), one=down(), two=plug("two", "from two"))
    choice = await found.choose("one")
    assert (await answer(choice.model, Request(choice.name, (user("?"),)))).message.text == "from two"


async def test_an_agent_may_be_pinned() -> None:
    found = models(Llm(pins={"coder": "two"}), one=plug("one"), two=plug("two"))
    assert (await found.choose("auto", agent="coder")).provider == "two"
    assert (await found.choose("auto", agent="writer")).provider == "one"
    assert (await found.choose("one", agent="coder")).provider == "one"  # who asks by name is heard


async def test_a_private_errand_stays_on_this_machine() -> None:
    far, near = Provider("scripted", "http://far:1"), Provider("scripted", "http://127.0.0.1:1")
    settings = Llm(providers={"far": far, "near": near})
    found = Models(settings, ManualClock(), PLUGS)
    assert (await found.choose("auto")).provider == "far"
    choice = await found.choose("auto:private")
    assert {way.provider for way in choice.ways} == {"near", "embedded"}


async def test_the_settings_know_better() -> None:
    settings = Llm(
        providers={"one": Provider("scripted"), "two": Provider("scripted")},
        models={
            "one/scripted": Known(input=10.0, output=50.0),
            "two/scripted": Known(input=1.0, output=5.0, quality=0.95),
        },
    )
    found = Models(settings, ManualClock(), PLUGS)
    choice = await found.choose("auto", task="Fix the bug in x.py")
    assert choice.provider == "two"
    assert choice.kind == "code"


# Cascades.


class Priced(Scripted):
    def __init__(self, name: str, text: str, cost: float) -> None:
        reply = Reply(Message("assistant", (Text(text),)), "m", "stop", Usage(10, 5), cost)
        super().__init__(lambda request: reply, name=name, model="m")


def cascade(cheap: Scripted, score: float, said: list[tuple[str, float]]) -> Cascaded:
    async def verify(request: Request, reply: Reply) -> Verdict:
        return Verdict(score, "the test says so", 0.001)

    ways = [Way(cheap, "m", "cheap"), Way(Priced("strong", "strong words", 1.0), "m", "strong")]
    return Cascaded(ways, verify, 0.7, lambda request, label, good: said.append((label, good)))


async def test_a_good_answer_of_the_cheap_model_is_the_answer() -> None:
    said: list[tuple[str, float]] = []
    chunks = await collect(cascade(Priced("cheap", "cheap words", 0.1), 0.9, said).stream(Request("", (user("?"),))))
    reply = chunks[-1]
    assert isinstance(reply, Reply) and reply.message.text == "cheap words"
    assert reply.cost == pytest.approx(0.101)
    assert reply.usage == Usage(10, 5)
    assert said == [("cheap/m", 0.9)]


async def test_one_that_does_not_pass_is_void_and_paid_for() -> None:
    said: list[tuple[str, float]] = []
    chunks = await collect(cascade(Priced("cheap", "cheap words", 0.1), 0.2, said).stream(Request("", (user("?"),))))
    [setback] = [chunk for chunk in chunks if isinstance(chunk, Setback)]
    assert (setback.model, setback.next) == ("cheap/m", "strong/m")
    assert "the test says so" in setback.error.detail
    reply = chunks[-1]
    assert isinstance(reply, Reply) and reply.message.text == "strong words"
    assert reply.cost == pytest.approx(1.101)
    assert reply.usage == Usage(20, 10)
    assert said == [("cheap/m", 0.2)]


async def test_what_cannot_be_taken_back_is_said_once_it_has_passed() -> None:
    model = cascade(Priced("cheap", "cheap words", 0.1), 0.2, [])
    chunks = await collect(model.stream(Request("", (user("?"),), final=True)))
    assert "".join(chunk.text for chunk in chunks if isinstance(chunk, TextDelta)) == "strong words"
    model = cascade(Priced("cheap", "cheap words", 0.1), 0.8, [])
    chunks = await collect(model.stream(Request("", (user("?"),), final=True)))
    assert "".join(chunk.text for chunk in chunks if isinstance(chunk, TextDelta)) == "cheap words"


async def test_a_cascade_is_a_model_of_the_settings_and_teaches_auto() -> None:
    settings = Llm(cascades={"thrifty": Cascade(("one", "two"))})
    found = models(settings, one=plug("one", "I cannot do that"), two=plug("two", "Lima"))
    choice = await found.choose("cascade/thrifty")
    reply = await answer(choice.model, Request(choice.name, (user("What is the capital of Peru?"),)))
    assert reply.message.text == "Lima"
    assert "one/m, then two/m" in choice.reason and "one/m, puis two/m" in chosen("fr", choice.reason)
    assert found.learnt.expected("question", "one/m", 0.9) < 0.9


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        (say("Lima"), ""),
        (say(" "), "nothing"),
        (Reply(Message("assistant", (Text("Li"),)), "m", "length"), "cut"),
        (Reply(Message("assistant", (Text("no"),)), "m", "filtered"), "refused"),
        (say("", ToolCall("1", "nowhere", {})), "no tool nowhere"),
        (say("", ToolCall("1", "x", {}, "not JSON")), "cannot be read"),
        (say("I cannot help with that."), "says that it cannot"),
        (say("Je ne sais pas."), "says that it cannot"),
    ],
)
async def test_checks_see_what_is_plainly_wrong(reply: Reply, why: str) -> None:
    verdict = await check(Request("", (user("?"),)), reply)
    assert why in verdict.why
    assert (verdict.score == 1.0) is (why == "")


async def test_a_judge_is_a_model_that_may_err_and_may_fail() -> None:
    asked = Request("", (user("What is the capital of Peru?"),))
    judge = Scripted(['{"score": 0.25, "why": "wrong country"}', "no idea", ModelUnavailable("down")], model="j")
    for score, why in ((0.25, "wrong country"), (0.0, "could not say"), (0.0, "down")):
        verdict = await Judge(judge, "j")(asked, say("Quito"))
        assert verdict.score == score
        assert why in verdict.why
    shown = judge.requests[0].messages[-1].text
    assert "capital of Peru" in shown and "Quito" in shown


async def test_embeddings_are_of_whoever_has_them() -> None:
    class Blind(Scripted):
        pass

    blind = Blind(lambda request: "x", name="blind", model="m", capabilities=CHAT)
    found = models(blind=blind, able=plug("able"))
    assert (await found.embeddings.choose()).provider == "able"


async def test_the_choice_waits_for_nobody_that_is_only_slow_to_say_how_it_is() -> None:
    """What was known of a provider serves while it is asked again."""

    class Slow(Scripted):
        hang = False

        async def models(self) -> list[ModelInfo]:
            if self.hang:
                await collect(self._forever())
            return await super().models()

        async def _forever(self) -> AsyncIterator[Chunk]:
            await asyncio.Event().wait()
            yield TextDelta("")

    slow = Slow(lambda request: "x", name="slow", model="m")
    clock = ManualClock()
    found = Models(Llm(), clock, PLUGS, extra={"slow": slow})
    assert (await found.choose("auto")).provider == "slow"
    slow.hang = True
    clock.advance(60)
    assert (await found.choose("auto")).provider == "slow"
    await found.close()
