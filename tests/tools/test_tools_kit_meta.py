"""The meta kit: tools told and loaded anew, and drafts that nobody uses before a person approves them."""

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

import msgspec
import pytest
from contracts.tool import ToolContract, context_of

from orchestrator.kernel.errors import Conflict, InvalidInput, NotFound, ToolFailed, ToolRetry
from orchestrator.kernel.messages import Arguments
from orchestrator.kernel.settings import Tools
from orchestrator.tools.asking import Asked
from orchestrator.tools.base import Context, Reconcilable, Tool
from orchestrator.tools.catalogue import Catalogue, kits
from orchestrator.tools.foreign import Change
from orchestrator.tools.plugins.child import tools_of
from orchestrator.tools.plugins.drafts import Drafts
from orchestrator.tools.questions import Asks, Person, Told
from orchestrator.tools.sandbox.probe import choose

CREATE = {"name": "roll_die", "description": "rolls a die"}


@pytest.fixture
async def catalogue(tmp_path: Path) -> Catalogue:
    settings = Tools()
    found = Catalogue(settings, await choose(settings), kits(), folder=tmp_path / "data")

    async def reload() -> Sequence[Change]:
        return [Change("dice.py", "added", ("roll",)), Change("bad.py", "broken", problem="no Python")]

    found.reload = reload
    return found


@pytest.fixture
def drafts(tmp_path: Path) -> Drafts:
    return Drafts(tmp_path / "data" / "tools")


class Kit(ToolContract):
    name: ClassVar[str]
    arguments: ClassVar[Arguments] = {}

    @pytest.fixture
    def tool(self, catalogue: Catalogue) -> Tool:
        return catalogue.get(self.name)


class TestListTools(Kit):
    name = "list_tools"


class TestDescribeTool(Kit):
    name, arguments = "describe_tool", {"name": "git_log"}


class TestReloadTools(Kit):
    name = "reload_tools"


class TestCreateTool(Kit):
    name, arguments = "create_tool", CREATE


async def test_what_is_told_is_what_there_is(catalogue: Catalogue, context: Context) -> None:
    every = (await catalogue.get("list_tools").call({}, context)).data
    assert every["count"] == len(catalogue.specs())
    git = (await catalogue.get("list_tools").call({"category": "Git"}, context)).data
    assert {one["category"] for one in git["tools"]} == {"git"}
    with pytest.raises(ToolRetry, match="no category"):
        await catalogue.get("list_tools").call({"category": "magic"}, context)
    told = (await catalogue.get("describe_tool").call({"name": "write_file"}, context)).data
    assert told["source"] == "files" and told["arguments"][0].startswith("path*: ")
    with pytest.raises(ToolRetry, match="find_tools"):
        await catalogue.get("describe_tool").call({"name": "magic"}, context)
    loaded = await catalogue.get("reload_tools").call({}, context)
    assert loaded.content == "dice.py: added roll\nbad.py: broken no Python"


async def test_without_a_model_a_draft_is_the_template_and_nothing_loads_it(
    catalogue: Catalogue, context: Context, drafts: Drafts, tmp_path: Path
) -> None:
    made = (await catalogue.get("create_tool").call(CREATE, context)).data
    assert made["by"] == "the template" and drafts.names() == ["roll_die"]
    assert not list((tmp_path / "data" / "tools").glob("*.py"))
    file = drafts.approve("roll_die", made["digest"])
    (found,) = tools_of(str(file))
    assert found.spec.name == "roll_die" and found.spec.description == "rolls a die."
    assert drafts.names() == [] and file.with_name("test_roll_die.py").exists()
    with pytest.raises(ToolRetry, match="already"):
        await catalogue.get("create_tool").call(CREATE, context)


@pytest.mark.parametrize("description", ['says "hi"', "it's \\ odd \"\"\" ''' {x}", "é\nnew line"])
async def test_any_description_makes_a_draft_that_is_python(
    catalogue: Catalogue, context: Context, drafts: Drafts, description: str
) -> None:
    made = (await catalogue.get("create_tool").call({"name": "odd", "description": description}, context)).data
    (found,) = tools_of(str(drafts.approve("odd", made["digest"])))
    assert found.spec.description.replace("\n", " ") == description.replace("\n", " ") + "."


@pytest.mark.parametrize(
    ("answer", "by"),
    [
        ("Here:\n```python\ndef roll_die() -> int:\n    return 4\n```\nDone.", "small"),
        ("def roll_die() -> int:\n    return 4", "small"),
        ("def other(): ...", "the template"),
        ("I would rather not.", "the template"),
    ],
)
async def test_a_model_writes_it_where_it_can(
    catalogue: Catalogue, context: Context, drafts: Drafts, answer: str, by: str
) -> None:
    asked: list[str] = []

    async def ask(prompt: str, **_: object) -> Asked:
        asked.append(prompt)
        return Asked(answer, "small")

    await catalogue.get("create_tool").call(CREATE, msgspec.structs.replace(context, ask=ask))
    draft = drafts.get("roll_die")
    assert "rolls a die." in asked[0] and "@tool(" in asked[0]
    assert (draft.code == "def roll_die() -> int:\n    return 4\n") is (by == "small")


async def test_what_is_approved_is_what_was_looked_at(drafts: Drafts, tmp_path: Path) -> None:
    draft = drafts.write("dice", "def dice(): return 1\n", "")
    (tmp_path / "data" / "tools" / "drafts" / "dice.py").write_text("def dice(): return 2\n")
    with pytest.raises(Conflict, match="not what you looked at"):
        drafts.approve("dice", draft.digest)
    with pytest.raises(Conflict):
        drafts.write("dice", "def dice(): return 3\n", "")
    drafts.discard("dice")
    with pytest.raises(NotFound):
        drafts.get("dice")


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("../evil", "def evil(): ..."),
        ("test_x", "def test_x(): ..."),
        ("class", "x = 1"),
        ("dice", "def other(): ..."),
        ("dice", "def dice(:"),
        ("dice", "def dice(): ...\0"),
        ("dice", "def dice(): ...\n" + "#" * 100_001),
    ],
)
def test_what_cannot_be_a_tool_is_no_draft(drafts: Drafts, name: str, code: str) -> None:
    with pytest.raises(InvalidInput):
        drafts.write(name, code, "")
    assert drafts.names() == []


async def test_after_a_crash_the_draft_itself_tells(catalogue: Catalogue, context: Context) -> None:
    tool = catalogue.get("create_tool")
    assert isinstance(tool, Reconcilable)
    arguments = {**CREATE, "code": "def roll_die(): ...\n", "test": None}
    assert await tool.reconcile(arguments, context) is None
    made = await tool.call(arguments, context)
    found = await tool.reconcile(arguments, context)
    assert found is not None and found.data["digest"] == made.data["digest"]
    with pytest.raises(ToolFailed, match="something else"):
        await tool.reconcile({**arguments, "code": "def roll_die(): return 1\n"}, context)


def test_a_context_without_models_has_nobody_to_ask(workspace: Path) -> None:
    assert context_of(workspace).ask.__name__ == "nobody_to_ask"  # type: ignore[attr-defined]


CODE = "def roll_die(): ...\n"


def asked_of(context: Context, *, told: Told | None = None, asks: Asks | None = None, admin: bool = True) -> Context:
    """The context with a person there, and what they said to a question."""
    person = Person(True)
    if asks is not None and told is not None:
        person = Person(True, {asks.question.hash: told}, asks.memo)
    return msgspec.structs.replace(context, person=person, scopes=frozenset({"admin"} if admin else {"write"}))


async def asks(catalogue: Catalogue, context: Context) -> Asks:
    with pytest.raises(Asks) as caught:
        await catalogue.get("create_tool").call({**CREATE, "code": CODE}, asked_of(context))
    return caught.value


async def test_a_person_is_asked_once_with_the_code_before_them(
    catalogue: Catalogue, drafts: Drafts, context: Context
) -> None:
    question = await asks(catalogue, context)
    assert CODE in question.question.message and drafts.names() == ["roll_die"]
    create, call = catalogue.get("create_tool"), {**CREATE, "code": CODE}
    yes = asked_of(context, told=Told(True, {"use": True}), asks=question)
    made = await create.call(call, yes)
    assert made.data["in_use"] and made.content == "roll_die is a tool now (by you)."
    assert drafts.names() == [] and (drafts.folder / "roll_die.py").read_text() == CODE
    with pytest.raises(ToolFailed, match="no draft"):
        await create.call(call, yes)  # a yes counts once


async def test_a_refused_draft_is_gone_and_one_that_was_changed_is_not_taken(
    catalogue: Catalogue, drafts: Drafts, context: Context
) -> None:
    question = await asks(catalogue, context)
    create, call = catalogue.get("create_tool"), {**CREATE, "code": CODE}
    later = await create.call(call, asked_of(context, told=Told(True, {"use": False}), asks=question))
    assert not later.data["in_use"] and drafts.names() == ["roll_die"]
    (drafts.folder / "drafts" / "roll_die.py").write_text("def roll_die(): return 6\n")
    with pytest.raises(ToolFailed, match="not what was looked at"):
        await create.call(call, asked_of(context, told=Told(True, {"use": True}), asks=question))
    (drafts.folder / "drafts" / "roll_die.py").write_text(CODE)
    with pytest.raises(ToolFailed, match="does not want"):
        await create.call(call, asked_of(context, told=Told(False), asks=question))
    assert drafts.names() == []


async def test_who_may_not_administer_is_not_asked_and_a_template_neither(
    catalogue: Catalogue, drafts: Drafts, context: Context
) -> None:
    kept = await catalogue.get("create_tool").call({**CREATE, "code": CODE}, asked_of(context, admin=False))
    assert "orchestrator tools approve roll_die" in kept.content
    blank = await catalogue.get("create_tool").call({**CREATE, "name": "throw_dice"}, asked_of(context))
    assert blank.data["by"] == "the template" and drafts.names() == ["roll_die", "throw_dice"]


async def test_what_cannot_be_loaded_is_a_draft_again(catalogue: Catalogue, drafts: Drafts, context: Context) -> None:
    async def reload() -> Sequence[Change]:
        there = (drafts.folder / "roll_die.py").exists()
        return [Change("roll_die.py", "broken", problem="it has no tool")] if there else []

    question = await asks(catalogue, context)
    catalogue.reload = reload
    yes = asked_of(context, told=Told(True, {"use": True}), asks=question)
    with pytest.raises(ToolFailed, match="stays a draft: it has no tool"):
        await catalogue.get("create_tool").call({**CREATE, "code": CODE}, yes)
    assert drafts.names() == ["roll_die"] and not (drafts.folder / "roll_die.py").exists()
