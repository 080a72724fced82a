"""What servers ask of a person in the middle of a call, in both eras: put to somebody, or declined; never guessed."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
from servers.rogue import Home
from world import until

from orchestrator.kernel.errors import ToolFailed
from orchestrator.kernel.settings import Tools
from orchestrator.tools.base import Context, Result
from orchestrator.tools.mcp.asking import ROUNDS
from orchestrator.tools.questions import Asks, Person, Told
from orchestrator.tools.sandbox.base import Sandbox
from orchestrator.tools.sandbox.probe import choose

ERAS = ("2025", "2026")
NICE = Told(True, {"city": "Nice"})


@pytest.fixture(scope="module")
def sandbox() -> Sandbox:
    return asyncio.run(choose(Tools()))


@pytest.fixture(params=ERAS)
async def home(request: pytest.FixtureRequest, tmp_path: Path, sandbox: Sandbox) -> AsyncIterator[Home]:
    home = Home(tmp_path, sandbox)
    await home.servers.add("rogue", home.program("rogue.py", request.param), by="usr_1")
    assert home.servers.get("rogue").kept.protocol[:4] == request.param
    yield home
    await home.servers.close()


async def ask(home: Home, what: str, person: Person, run_id: str = "run_1") -> Result:
    context: Context = msgspec.structs.replace(home.context, person=person, run_id=run_id)
    return await home.catalogue.get("rogue_look").call({"what": f"ask {what}"}, context)


async def put(home: Home, what: str, run_id: str = "run_1") -> Asks:
    with pytest.raises(Asks) as raised:
        await ask(home, what, Person(there=True), run_id)
    return raised.value


def answered(asks: Asks, told: Told) -> Person:
    """The person, after they answered."""
    return Person(True, {asks.question.hash: told}, asks.memo, asks.held)


async def test_a_question_is_put_and_the_call_goes_on_with_what_is_said(home: Home) -> None:
    asks = await put(home, "city")
    question = asks.question
    assert (question.source, question.message, question.link) == ("mcp:rogue", "Which city?", "")
    assert question.form is not None and question.form["properties"]["city"]["title"] == "City"
    assert bool(asks.memo) == (asks.held is None)  # of 2026: from anywhere; before: on its connection
    said = json.loads((await ask(home, "city", answered(asks, NICE))).content)
    assert (said["action"], said["content"]) == ("accept", {"city": "Nice"})
    assert said.get("state", "S") == "S"


async def test_what_a_person_declines_is_declined(home: Home) -> None:
    asks = await put(home, "city")
    said = json.loads((await ask(home, "city", answered(asks, Told(False)))).content)
    assert said["action"] == "decline" and "content" not in said


async def test_nobody_is_asked_where_nobody_is(home: Home) -> None:
    assert json.loads((await ask(home, "proposes", Person())).content)["action"] == "decline"


@pytest.mark.parametrize("era", ERAS)
async def test_a_trusted_server_gets_what_it_proposes_where_nobody_is(
    tmp_path: Path, sandbox: Sandbox, era: str
) -> None:
    home = Home(tmp_path, sandbox)
    await home.servers.add("rogue", home.program("rogue.py", era, trusted=True), by="usr_1")
    said = json.loads((await ask(home, "proposes", Person())).content)
    assert (said["action"], said["content"]) == ("accept", {"city": "Nice"})
    assert json.loads((await ask(home, "city", Person())).content)["action"] == "decline"  # it proposes nothing
    assert (await put(home, "proposes")).question.form is not None  # a person who is there is asked
    await home.servers.close()


async def test_a_page_is_shown_and_opened_by_nobody_here(home: Home) -> None:
    asks = await put(home, "open")
    assert asks.question.link == "https://sign-in.example/p" and asks.question.form is None
    assert asks.question.details == {"source": "mcp:rogue", "host": "sign-in.example"}
    said = json.loads((await ask(home, "open", answered(asks, Told(True)))).content)
    assert said["action"] == "accept" and "content" not in said


async def test_a_link_that_is_not_one_to_a_page_is_put_to_nobody(home: Home) -> None:
    try:
        said = (await ask(home, "script", Person(there=True))).content
    except ToolFailed as error:
        said = error.detail
    assert "its link is not one to a page" in said
    try:
        said = (await ask(home, "nested", Person(there=True))).content
    except ToolFailed as error:
        said = error.detail
    assert "none that a person fills in" in said


async def test_a_server_may_not_use_the_models_of_the_house(home: Home) -> None:
    try:
        said = (await ask(home, "sample", Person(there=True))).content
    except ToolFailed as error:
        said = error.detail
    assert "sampling" in said.lower()


async def test_what_was_answered_before_is_not_asked_again(home: Home) -> None:
    asks = await put(home, "city")
    if asks.held is not None:
        asks.held.let_go()
    anew = Person(True, {asks.question.hash: NICE})  # the call is made from its beginning
    assert json.loads((await ask(home, "city", anew)).content)["content"] == {"city": "Nice"}


# Of 2026: the call is not at work while it waits.


async def test_a_call_goes_on_in_another_process_also_where_the_server_has_forgotten(
    tmp_path: Path, sandbox: Sandbox
) -> None:
    home = Home(tmp_path, sandbox)
    await home.servers.add("rogue", home.program("rogue.py", "2026"), by="usr_1")
    for what in ("city", "forgets"):
        asks = await put(home, what)
        await home.servers.close()
        home = Home(tmp_path, sandbox, pins=home.pins)
        home.servers.offer()
        said = json.loads((await ask(home, what, answered(asks, NICE))).content)
        assert said["content"] == {"city": "Nice"}
    await home.servers.close()


async def test_a_server_that_asks_for_ever_is_told_so(tmp_path: Path, sandbox: Sandbox) -> None:
    home = Home(tmp_path, sandbox)
    await home.servers.add("rogue", home.program("rogue.py", "2026"), by="usr_1")
    asks, told = await put(home, "always"), dict[str, Told]()
    for _ in range(ROUNDS - 1):
        told[asks.question.hash] = NICE
        with pytest.raises(Asks) as raised:
            await ask(home, "always", Person(True, told, asks.memo))
        assert raised.value.question.number == asks.question.number + 1
        asks = raised.value
    told[asks.question.hash] = NICE
    with pytest.raises(ToolFailed, match="again and again"):
        await ask(home, "always", Person(True, told, asks.memo))
    await home.servers.close()


# Before 2026: it waits on its connection.


@pytest.fixture
async def old(tmp_path: Path, sandbox: Sandbox) -> AsyncIterator[Home]:
    home = Home(tmp_path, sandbox)
    await home.servers.add("rogue", home.program("rogue.py"), by="usr_1")
    yield home
    await home.servers.close()


async def test_a_call_that_wants_a_page_opened_first_is_made_again_after_it(old: Home) -> None:
    asks = await put(old, "pages")
    assert asks.question.link and asks.memo and asks.held is None
    with pytest.raises(ToolFailed, match="nobody did"):
        await ask(old, "pages", answered(asks, Told(False)))
    assert (await ask(old, "pages", answered(asks, Told(True)))).content == "It is done."


async def test_a_server_that_does_not_wait_any_more_says_what_came_of_it(old: Home) -> None:
    over = asyncio.Event()
    asks = await put(old, "gives-up")
    assert asks.held is not None
    asks.held.when_over(over.set)
    await over.wait()
    assert (await ask(old, "gives-up", answered(asks, Told(False)))).content == "I did without."


async def test_a_server_that_dies_while_a_person_thinks_leaves_the_outcome_unknown(old: Home) -> None:
    over = asyncio.Event()
    asks = await put(old, "falls")
    assert asks.held is not None
    asks.held.when_over(over.set)
    await over.wait()
    with pytest.raises(ConnectionError, match="went away"):
        await ask(old, "falls", answered(asks, NICE))


async def test_a_call_that_nobody_waits_for_is_cancelled_at_the_server(old: Home) -> None:
    asks = await put(old, "city")
    assert asks.held is not None
    asks.held.let_go()
    await until((old.root / "mcp" / "rogue" / "cancelled").exists)


async def test_a_question_that_may_be_of_another_run_is_declined(old: Home) -> None:
    first = await put(old, "city", "run_1")
    said = json.loads((await ask(old, "city", Person(there=True), "run_2")).content)
    assert said["action"] == "decline"
    assert json.loads((await ask(old, "city", answered(first, NICE))).content)["content"] == {"city": "Nice"}
