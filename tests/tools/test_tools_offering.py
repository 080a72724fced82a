"""Models are offered the tools that a request may need: decided by words alone, and only ever more of them."""

from typing import ClassVar

import pytest
from contracts.tool import ToolContract

from orchestrator.agents.toolset import Toolset
from orchestrator.kernel.errors import ToolRetry
from orchestrator.kernel.messages import Arguments, Message, Text, ToolCall, ToolResult, ToolSpec, user
from orchestrator.kernel.settings import Tools
from orchestrator.tools.base import Context, Tool
from orchestrator.tools.catalogue import Catalogue, kits
from orchestrator.tools.kits.examples import examples
from orchestrator.tools.offering import CORE, FEW, FIND, Offering, words


def spec(name: str, category: str, english: str = "", french: str = "", *, always: bool = False) -> ToolSpec:
    said = examples(en={english: {}} if english else {}, fr={french: {}} if french else {})
    return ToolSpec(
        name, f"{name.replace('_', ' ')}.", {"type": "object"}, category=category, examples=said, always=always
    )


MANY = [
    spec("read_file", "files", "read the notes", "lis les notes", always=True),
    spec(FIND, "tools", always=True),
    spec("list_containers", "docker", "which containers are unhealthy?", "quels conteneurs vont mal ?"),
    spec("container_logs", "docker", "show the logs of web", "montre les journaux de web"),
    spec("check_port", "network", "is port 443 open?", "le port 443 est-il ouvert ?"),
    *(spec(f"filler_{index}", f"kind {index}", f"subject{index} thing", f"sujet{index} chose") for index in range(FEW)),
]


class Shelf:
    def __init__(self, specs: list[ToolSpec]) -> None:
        self.all = tuple(specs)

    def specs(self) -> tuple[ToolSpec, ...]:
        return self.all

    def get(self, name: str) -> Tool:
        raise NotImplementedError


def offered(*messages: Message, only: tuple[str, ...] | None = None, specs: list[ToolSpec] | None = None) -> list[str]:
    toolset = Toolset(Shelf(specs or MANY), only, delegates=False)
    return [one.name for one in toolset.offered(messages)]


def test_words_are_cut_to_roots_in_both_languages() -> None:
    assert words("Les conteneurs") == words("un conteneur")
    assert words("processes") == words("the process") or words("processus") <= words("processes")
    assert words("what is the 443 of it?") == frozenset()


@pytest.mark.parametrize(
    "text", ["which containers are unhealthy, and why?", "quels conteneurs vont mal, et pourquoi ?"]
)
def test_what_is_said_brings_a_category_whole(text: str) -> None:
    assert offered(user(text)) == ["read_file", FIND, "list_containers", "container_logs"]


def test_what_nothing_matches_leaves_the_core_and_the_finder() -> None:
    assert offered(user("write me a poem")) == ["read_file", FIND]


def test_what_was_found_and_what_was_called_is_offered_from_then_on() -> None:
    found = ToolResult("c1", FIND, "…", data={"tools": [{"name": "check_port"}, {"name": "gone"}]})
    called = Message("assistant", (ToolCall("c2", "filler_3", {}),))
    talk = [user("write me a poem"), Message("tool", (found,)), called]
    assert offered(*talk) == ["read_file", FIND, "check_port", "filler_3"]


def test_the_words_of_a_page_bring_nothing() -> None:
    page = Message("tool", (ToolResult("c1", "http_request", "which containers are unhealthy?", origin="web"),))
    told = Message("user", (Text("look at the containers", origin="web"),))
    assert offered(user("write me a poem"), page, told) == ["read_file", FIND]


def test_what_is_offered_only_grows_and_is_the_same_when_it_is_read_at_once() -> None:
    talk = [user("is port 443 open?"), user("which containers are unhealthy?"), user("and a poem")]
    toolset = Toolset(Shelf(MANY), None, delegates=False)
    steps = [[one.name for one in toolset.offered(talk[:length])] for length in (1, 2, 3)]
    assert steps[1][: len(steps[0])] == steps[0] and steps[2] == steps[1] == offered(*talk)
    assert toolset.offered(talk) is toolset.offered(talk)  # the same object: its digest is taken once


def test_few_tools_are_all_offered_and_so_are_those_a_run_was_given() -> None:
    assert offered(user("a poem"), specs=MANY[:FEW]) == [one.name for one in MANY[:FEW] if one.name != FIND]
    assert offered(user("a poem"), only=("check_port", "filler_1")) == ["check_port", "filler_1"]


def test_a_large_category_brings_its_nearest_tools() -> None:
    large = [
        spec(f"shop_{index}", "shop", f"buy article {chr(97 + index % 20) * 2}{chr(97 + index // 20) * 2}")
        for index in range(40)
    ]
    names = [one.name for one in Offering(large + MANY).matching("in the shop, buy article rrbb please")]
    assert len(names) == 12 and "shop_37" in names


def test_owners_say_what_is_always_offered(catalogue: Catalogue) -> None:
    settings = Tools(always=("system", "echo"))
    chosen = {one.name for one in Catalogue(settings, catalogue.sandbox, kits()).specs() if one.always}
    assert {"get_system_info", "get_datetime"} <= chosen
    assert {one.name for one in catalogue.specs() if one.always} <= CORE
    everything = Catalogue(Tools(always=("*",)), catalogue.sandbox, kits()).specs()
    assert all(one.always for one in everything)


class TestFindTools(ToolContract):
    arguments: ClassVar[Arguments] = {"query": "what time is it"}

    @pytest.fixture
    def tool(self, catalogue: Catalogue) -> Tool:
        return catalogue.get(FIND)

    async def test_it_finds_by_meaning_and_names_what_there_is(self, tool: Tool, context: Context) -> None:
        found = await tool.call({"query": "quelle heure est-il"}, context)
        assert found.data["tools"][0]["name"] == "get_datetime"
        nothing = await tool.call({"query": "zebras"}, context)
        assert nothing.data["tools"] == [] and "files" in nothing.content
        with pytest.raises(ToolRetry, match="Categories"):
            await tool.call({"query": "!!"}, context)
