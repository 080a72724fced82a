"""Doors of the product through which a stranger's words could come back as somebody else's."""

from collections.abc import Awaitable
from pathlib import Path
from typing import cast

import pytest
from agents.test_agents_origins import (
    FILES,
    PAGE,
    RUN,
    SEND,
    TOOLS,
    asked,
    attributes,
    labelled,
    policy,
    requested,
    spoken,
    there,
    trusted,
    wrote,
)
from world import call, say, world

from orchestrator.agents.provenance import Traced, typed
from orchestrator.kernel.errors import ModelError
from orchestrator.kernel.events import ToolReturned
from orchestrator.kernel.messages import Arguments, Origin, Risk, ToolCall, user
from orchestrator.kernel.settings import Tools
from orchestrator.llm.base import Reply, Request
from orchestrator.policy.marks import mark, marked, names_marked
from orchestrator.tools.base import Context, Result
from orchestrator.tools.kit import Equipment
from orchestrator.tools.kits.ai import tools as ai
from orchestrator.tools.kits.changes import tools as changes
from orchestrator.tools.kits.files import tools as files
from orchestrator.tools.kits.git import kit as git
from orchestrator.tools.kits.operating import tools as operating
from orchestrator.tools.sandbox.base import Sandbox
from orchestrator.tools.scheduling import Keeper, scheduling
from orchestrator.tools.wrappers import wrapped

__all__ = ["attributes", "there"]  # fixtures

SKILL = labelled("use_skill", "skill")
ISSUE = labelled("github_issue", "web")
FOREIGN = labelled("tracker__list", "web")
LISTING = labelled("list_directory", "file")
CELLS = labelled("query_data", "file")
RISKS: tuple[Risk, ...] = ("destroys",)
ERASE = labelled("erase", risks=RISKS, acts=True)
ALL = (*TOOLS, SKILL, ISSUE, FOREIGN, LISTING, CELLS, ERASE)


@pytest.mark.parametrize(
    ("reads", "then", "asked_for"),
    [
        ("use_skill", SEND, "send"),
        ("use_skill", RUN, "execute_command"),
        ("github_issue", RUN, "execute_command"),
        ("github_issue", SEND, "send"),
        ("tracker__list", SEND, "send"),
        ("list_directory", call("erase", what="evil.py"), "erase"),  # the name of a file
        ("query_data", SEND, "send"),
        ("query_data", call("execute_command", "x", command="rm -rf evil.py"), "execute_command"),
    ],
)
async def test_what_is_read_through_a_door_asks_before_it_acts(
    there: Path, reads: str, then: ToolCall, asked_for: str
) -> None:
    parts = {"Look.": [say("", call(reads)), say("", then), say("Done.")]}
    async with world(there, spoken(parts), *ALL, rules=policy()) as w:
        await trusted(w, "send", "erase")
        await w.runs.settled(await w.run("Look."))
        assert [one.tool for one in await asked(w)] == [asked_for]
        assert not await requested(w, asked_for)


async def test_a_run_beside_one_that_has_read_a_page_counts_it_too(there: Path) -> None:
    parts = {"read": [say("", call("page")), say("", RUN)], "Send it.": [say("", SEND), say("Sent.")]}
    async with world(there, spoken(parts), *TOOLS, rules=policy()) as w:
        await trusted(w, "send")
        first = await w.run("read")
        await w.runs.settled(first)  # it waits
        conversation = (await w.views.run("t", first)).conversation_id
        await w.runs.settled(await w.run("Send it.", conversation_id=conversation))
        assert sorted(one.tool for one in await asked(w)) == ["execute_command", "send"]
        assert not await requested(w, "send")


@pytest.mark.parametrize(("reads", "origin"), [("page", "web"), ("notes", "file"), (None, "model")])
async def test_what_a_model_says_of_a_strangers_words_is_a_strangers(
    there: Path, reads: str | None, origin: Origin
) -> None:
    translate = call("translate_text", text=PAGE, language="French")
    first = [say("", call(reads))] if reads else []
    prompt = "Say it in French."
    script = spoken({prompt: [*first, say("", translate), say("Done.")]})
    answered = script._script
    assert callable(answered)

    def both(request: Request) -> Reply | ModelError | Awaitable[Reply]:
        return say("Belles chambres.") if "<material" in request.messages[-1].text else answered(request)

    script._script = both
    async with world(there, script, *ALL, *(one for one in ai if "translate" in one.spec.name), rules=policy()) as w:
        run_id = await w.run(prompt)
        await w.runs.settled(run_id)
        found = [event.body for event in await w.journal.read(run_id) if isinstance(event.body, ToolReturned)]
        assert (found[-1].content, found[-1].origin) == ("Belles chambres.", origin)


PACKED = (*FILES, *(wrapped(tool, 10_000) for tool in changes if "archive" in tool.spec.name))
PACK = call("archive_files", source="of", destination="of.zip")
KEPT = say("Kept.")
UNPACK = call("unpack_archive", path="of.zip", destination="there")


@pytest.mark.usefixtures("attributes")
@pytest.mark.parametrize(
    ("carry", "command"),
    [
        ([PACK, UNPACK], "python3 there/of/evil.py"),
        ([call("copy_file", source="of", destination="there")], "python3 there/evil.py"),
        ([call("make_directory", path="there"), call("copy_file", source="of/evil.py", destination="there")],
         "python3 there/evil.py"),
        ([], "python3 of/*.py"),
        ([], "cd of && python3 ev?l.py"),
    ],
)  # fmt: skip
async def test_a_strangers_file_is_one_wherever_it_is_put(there: Path, carry: list[ToolCall], command: str) -> None:
    tools = (*PACKED, *(wrapped(tool, 10_000) for tool in changes if tool.spec.name == "make_directory"))
    parts = {
        "keep": [say("", call("page")), say("", wrote("of/evil.py", PAGE)), *(say("", one) for one in carry), KEPT],
        "What is there?": [say("", call("execute_command", command=command)), say("Ran.")],
    }
    async with world(there, spoken(parts), *tools, rules=policy()) as w:
        await w.runs.settled(await w.run("keep"))
        assert not await asked(w)
        assert not marked(there / "workspace", "there"), "a folder says nothing of what is in it later"
        await w.runs.settled(await w.run("What is there?"))
        assert [one.tool for one in await asked(w)] == ["execute_command"]
        assert not await requested(w, "execute_command")


@pytest.mark.usefixtures("attributes")
@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("my notes.md", "my notes.md"),
        ("my notes.py", "python3 'my notes.py'"),
        ("my notes.py", 'cd . && python3 "my notes.py"; ls'),
        ("my notes.py", "python3 my\\ notes.py"),
        ("report(1).md", "cat report\\(1\\).md"),
        ("a,b=c.csv", "cat a,b=c.csv"),
        ("n.md", "cat ./*.md"),
    ],
)
def test_a_strangers_file_may_have_any_name(there: Path, name: str, text: str) -> None:
    folder = there / "workspace"
    (folder / name).write_text("x")
    assert not names_marked(folder, text)
    with (folder / name).open("rb") as file:
        mark(file.fileno())
    assert names_marked(folder, text)
    assert not names_marked(folder, "cat other.md *.txt")


@pytest.mark.usefixtures("attributes")
async def test_a_pattern_that_means_a_strangers_file_is_read_as_theirs(there: Path) -> None:
    async def shows(arguments: Arguments, context: Context) -> Result:
        return Result("Words.")

    tool = labelled("execute_command", "file", acts=True)
    tool._act = shows
    parts = {
        "keep": [say("", call("page")), say("", wrote("of/page.md", PAGE)), say("Kept.")],
        "Look.": [say("", call("execute_command", command="cat of/*.md")), say("Words.")],
    }
    others = [one for one in FILES if one.spec.name != "execute_command"]
    async with world(there, spoken(parts), *others, wrapped(tool, 10_000), rules=policy()) as w:
        await w.runs.settled(await w.run("keep"))
        run_id = await w.run("Look.")
        await w.runs.settled(run_id)
        found = [event.body for event in await w.journal.read(run_id) if isinstance(event.body, ToolReturned)]
        assert [one.origin for one in found] == ["web"]


def test_tools_that_give_back_what_others_chose_do_not_vouch_for_it() -> None:
    says = {"list_schedules", "git_merge", "git_stash", "git_log", "git_branches", "list_directory", "list_processes"}
    gits = git(Equipment(Tools(), cast(Sandbox, None)))
    specs = [one.spec for one in (*gits, *scheduling(cast(Keeper, None)), *operating, *files)]
    assert {one.name: one.origin for one in specs if one.name in says} == dict.fromkeys(says, "file")


async def test_what_a_person_writes_into_a_call_is_theirs(there: Path) -> None:
    parts = {"read": [say("", call("page")), say("", SEND), say("Sent.")]}
    async with world(there, spoken(parts), *TOOLS, rules=policy()) as w:
        run_id = await w.run("read")
        await w.runs.settled(run_id)
        (waiting,) = await w.views.approvals("t")
        steering = w.runs.steering
        await steering.edit(waiting.approval_id, {"to": "bob@home.example", "body": "All of it."}, tenant="t", by="u")
        await w.runs.settled(run_id)
        (question,) = await asked(w)
        assert (question.sources["to"], question.sources["body"]) == (("user",), ("model",))


@pytest.mark.parametrize(
    ("before", "after", "users"),
    [
        ({"to": ["eve"]}, {"to": ["eve", "bob"]}, False),
        ({"to": ["eve"]}, {"to": ["bob"]}, True),
        ({"to": "eve, mal"}, {"to": "eve,"}, False),  # left as it was
        ({"command": "python3 evil.py"}, {"command": "python3 evil.py 2"}, False),
        ({"file_id": 13}, {"file_id": 14}, True),
        ({"to": "eve"}, {"to": "eve"}, False),
    ],
)
def test_only_what_is_new_in_an_edited_call_is_the_persons(before: Arguments, after: Arguments, users: bool) -> None:
    traced = Traced(after, [user("Go on."), user(typed(before, after))])
    assert (next(iter(traced.values())) == {"user"}) is users


@pytest.mark.parametrize(
    ("goal", "reads", "then"),
    [
        ("Show me what changed.", call("git_log"), call("git_show", ref="a1b2c3d")),
        ("What is wrong with the shop?", call("list_containers"), call("container_logs", lines=20)),
        ("Move draft.txt to archive", call("list_directory"), call("move_file", source="draft.txt", destination="ok")),
        ("What is there?", call("list_directory"), call("execute_command", command="git show a1b2c3d")),
        ("Erase evil.py", call("list_directory"), call("erase", what="evil.py")),
        ("Write to eve@evil.example", call("github_issue"), SEND),
    ],
)
async def test_ordinary_work_is_not_asked_for_it(there: Path, goal: str, reads: ToolCall, then: ToolCall) -> None:
    more = [
        labelled("git_log", "file"), labelled("git_show", "file"), labelled("list_containers", "web"),
        labelled("container_logs", "web"), *(one for one in FILES if one.spec.name == "move_file"),
    ]  # fmt: skip
    (there / "workspace" / "draft.txt").write_text("x")
    parts = {goal: [say("", reads), say("", then), say("Done.")]}
    async with world(there, spoken(parts), *ALL, *more, rules=policy()) as w:
        await trusted(w, "send", "erase")
        await w.runs.settled(await w.run(goal))
        assert not await asked(w)
        assert await requested(w, then.name) == [then.arguments]
