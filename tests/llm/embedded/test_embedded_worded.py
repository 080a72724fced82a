"""A request worded as an example, with another value in its place, is the call of that example with that value."""

from typing import Any

import pytest
from llm.embedded.embedded_tools import TEXT, Talk, called, example, schema

from orchestrator.kernel.messages import Arguments, ToolSpec
from orchestrator.tools.kits import calculator, files, http, system

BUILT_IN = tuple(tool.spec for tool in (*files.tools, *system.tools, *calculator.tools, *http.tools))
GREET = ToolSpec(  # as `orchestrator tools new greet` writes it
    "greet",
    "Greet somebody by name.",
    schema(("who",), who={**TEXT, "description": "whom to greet"}),
    examples=(
        example("en", "greet Ada", who="Ada"),
        example("en", "say hello to Bob", who="Bob"),
        example("en", "welcome Carol", who="Carol"),
        example("en", "a greeting for Dave", who="Dave"),
        example("fr", "salue Ada", who="Ada"),
        example("fr", "dis bonjour à Bob", who="Bob"),
        example("fr", "accueille Carol", who="Carol"),
        example("fr", "un salut pour Dave", who="Dave"),
    ),
)


@pytest.mark.parametrize(
    ("text", "who"),
    [
        ("say hello to Marie", "Marie"),
        ("please greet Zoe", "Zoe"),
        ("a greeting for Tom, please", "Tom"),
        ("salue Paul", "Paul"),
        ("peux-tu saluer Marie Curie stp ?", "Marie Curie"),
        ("dis bonjour à Jean-Pierre", "Jean-Pierre"),
        ("un salut pour Lucie", "Lucie"),
        ('greet "the crew"', "the crew"),
    ],
)
def test_a_free_text_is_found_where_the_examples_have_theirs(text: str, who: str) -> None:
    assert called(Talk((*BUILT_IN, GREET)).say(text)) == [("greet", {"who": who})]


@pytest.mark.parametrize(
    ("text", "calls"),
    [
        ("what time is it and say hello to Zoe", [("get_datetime", {}), ("greet", {"who": "Zoe"})]),
        ("salue Paul et lis a.txt", [("greet", {"who": "Paul"}), ("read_file", {"path": "a.txt"})]),
        ("write hello to a.txt", [("write_file", {"path": "a.txt", "content": "hello"})]),
    ],
)
def test_beside_the_built_in_tools_each_has_its_own(text: str, calls: list[tuple[str, Arguments]]) -> None:
    assert called(Talk((*BUILT_IN, GREET)).say(text)) == calls


LAMP = ToolSpec(
    "switch",
    "Switch the lamp of a room.",
    schema(("room", "state"), room={"enum": ["kitchen", "garden"]}, state={"enum": ["on", "off"]}),
    scope="execute",
    effects="idempotent",
    examples=(
        example("en", "turn on the kitchen light", room="kitchen", state="on"),
        example("en", "switch off the lamp in the garden", room="garden", state="off"),
        example("fr", "allume la lumière de la cuisine", room="kitchen", state="on"),
        example("fr", "éteins la lampe du jardin", room="garden", state="off"),
    ),
)


@pytest.mark.parametrize(
    ("text", "room", "state"),
    [
        ("éteins la lumière de la cuisine", "kitchen", "off"),
        ("tu peux allumer la lampe du jardin ?", "garden", "on"),
        ("please turn on the garden light", "garden", "on"),
    ],
)
def test_verbs_of_one_concept_mean_their_own_choice(text: str, room: str, state: str) -> None:
    assert called(Talk((*BUILT_IN, LAMP)).say(text)) == [("switch", {"room": room, "state": state})]


@pytest.mark.parametrize("text", ["say hi to Marie", "hello", "bienvenue à Paul", "greet"])
def test_a_bare_word_is_no_path(text: str) -> None:
    made = called(Talk((*BUILT_IN, GREET)).say(text))
    assert made == [] or made[0][0] == "greet"


FOLDER = ToolSpec(
    "make_directory",
    "Make a folder.",
    schema(("path",), path=TEXT),
    scope="write",
    effects="idempotent",
    examples=(
        example("en", "create the folder build", path="build"),
        example("en", "make a directory src/app", path="src/app"),
        example("fr", "crée le dossier build", path="build"),
        example("fr", "crée un répertoire src/app", path="src/app"),
    ),
)


@pytest.mark.parametrize("text", ["write it to tip.txt", "save that in tip.txt", "écris-le dans tip.txt"])
def test_what_lacks_an_argument_is_not_done_by_a_tool_that_lacks_none(text: str) -> None:
    assert called(Talk((*BUILT_IN, FOLDER)).say(text)) == []


LISTED: dict[str, Any] = {
    "path": ".",
    "entries": [
        {"name": "new.py", "path": "new.py", "type": "file", "size": 10, "modified": "2023-11-14T10:00:00+00:00"},
        {
            "name": "old.py",
            "path": "old.py",
            "type": "file",
            "size": 2_000_000,
            "modified": "2022-01-01T00:00:00+00:00",
        },
    ],
    "count": 2,
    "truncated": False,
}


@pytest.mark.parametrize(
    ("first", "then", "kept"),
    [
        ("list the files", "only the files modified today", "new.py"),
        ("liste les fichiers", "seulement ceux modifiés aujourd'hui", "new.py"),
        ("list the files", "just those larger than 1 MB", "old.py"),
        ("liste les fichiers", "uniquement ceux de plus de 1 Mo", "old.py"),
        ("list the files", "which ones were modified today?", "new.py"),
    ],
)
def test_a_limit_is_kept_over_what_was_listed_before(first: str, then: str, kept: str) -> None:
    talk = Talk(BUILT_IN)
    talk.say(first)
    talk.returns(LISTED)
    reply = talk.say(then)
    assert called(reply) == []
    assert kept in reply.message.text
    assert len({"new.py", "old.py"} & set(reply.message.text.replace("*", "").replace("`", "").split())) == 1
