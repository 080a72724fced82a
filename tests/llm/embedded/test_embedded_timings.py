"""Times in words, requests for later, coined names, and what is not done with effects: all with invented tools."""

import pytest
from llm.embedded.embedded_tools import TEXT, Talk, called, example, schema

from orchestrator.kernel.messages import ToolSpec
from orchestrator.llm.providers.embedded import timings
from orchestrator.tools.kits import changes, files

WATER = ToolSpec(  # takes a time and what is to be watered
    "plan_watering",
    "Plan to water something later.",
    schema(("what", "when"), what=TEXT, when=TEXT),
    scope="write",
    effects="idempotent",
    examples=(
        example("en", "sprinkle the roses tomorrow at 7", what="the roses", when="tomorrow at 7"),
        example("en", "sprinkle the lawn of the neighbours every Sunday at 8", what="the lawn of the neighbours",
                when="every Sunday at 8"),
        example("en", "on Friday at 9 sprinkle the roses", what="the roses", when="on Friday at 9"),
        example("fr", "asperge les roses demain à 7h", what="les roses", when="demain à 7h"),
        example("fr", "asperge la pelouse tous les dimanches à 8h", what="la pelouse", when="tous les dimanches à 8h"),
    ),
)  # fmt: skip
LATER = ToolSpec(  # of whose examples one is nothing but a time and a request
    "do_later",
    "Do a request later.",
    schema(("order", "moment"), order=TEXT, moment=TEXT),
    scope="execute",
    effects="idempotent",
    examples=(
        example("en", "every day at 7, list the files", moment="every day at 7", order="list the files"),
        example("fr", "demain à 6h, lis notes.txt", moment="demain à 6h", order="lis notes.txt"),
    ),
)
BOILER = ToolSpec(  # its boilers have coined names
    "stop_boiler",
    "Stop a boiler.",
    schema(("boiler",), boiler=TEXT),
    scope="execute",
    effects="idempotent",
    examples=(
        example("en", "stop the boiler blr_7a1", boiler="blr_7a1"),
        example("en", "delete the boiler blr_90c", boiler="blr_90c"),
        example("fr", "arrête la chaudière blr_7a1", boiler="blr_7a1"),
        example("fr", "supprime la chaudière blr_90c", boiler="blr_90c"),
    ),
)
FILES = tuple(tool.spec for tool in (*files.tools, *changes.tools))
ALL = (WATER, LATER, BOILER, *FILES)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("call Ann today at 7pm", "today at 7pm"),
        ("in half an hour tell me", "in half an hour"),
        ("stretch every 2 hours please", "every 2 hours"),
        ("pay on the 1st of every month", "on the 1st of every month"),
        ("look when sales.csv changes", "when sales.csv changes"),
        ("appelle Paul ce soir à 20h", "ce soir à 20h"),
        ("tous les lundis et jeudis à 9h30, range", "tous les lundis et jeudis à 9h30"),
        ("dans une demi-heure, sors", "dans une demi-heure"),
        ("write 3 files in lib", None),
        ("copy it to /srv/at/9", None),
    ],
)
def test_times_are_found_as_they_are_worded(text: str, told: str | None) -> None:
    found = [text[each.start : each.end] for each in timings.find(text)]
    assert found == ([told] if told else [])


@pytest.mark.parametrize(
    ("text", "what", "when"),
    [
        ("sprinkle the tulips today at 7pm", "the tulips", "today at 7pm"),
        ("in 20 minutes sprinkle the tulips", "the tulips", "in 20 minutes"),
        ("asperge les tulipes de la voisine vendredi à 18h", "les tulipes de la voisine", "vendredi à 18h"),
    ],
)
def test_a_time_in_words_goes_to_the_tool_that_takes_one(text: str, what: str, when: str) -> None:
    assert called(Talk(ALL).say(text)) == [("plan_watering", {"what": what, "when": when})]


@pytest.mark.parametrize(
    ("text", "order", "moment"),
    [
        ("every Monday at 8, list the files and read a.txt", "list the files and read a.txt", "every Monday at 8"),
        ("tous les soirs à 22h, supprime a.txt", "supprime a.txt", "tous les soirs à 22h"),
    ],
)
def test_a_request_for_later_is_handed_on_whole(text: str, order: str, moment: str) -> None:
    assert called(Talk(ALL).say(text)) == [("do_later", {"order": order, "moment": moment})]


def test_coined_names_belong_to_the_tool_that_is_shown_such_names() -> None:
    assert called(Talk(ALL).say("stop blr_42")) == [("stop_boiler", {"boiler": "blr_42"})]
    assert called(Talk(ALL).say("delete Paul")) == []


@pytest.mark.parametrize(
    "text",
    [
        "supprime le dépôt github octo/shop",
        "delete the repository octo/shop",
        "delete the pull request 3 of octo/shop",
        "efface le message de Paul",
        "drop the users table",
        "j'ai effacé a.txt",
    ],
)
def test_what_no_tool_speaks_of_is_not_deleted(text: str) -> None:
    reply = Talk(ALL).say(text)
    assert called(reply) == []
    assert "rm octo" not in reply.message.text


def test_what_was_done_says_what_the_request_is_about() -> None:
    made = called(Talk(ALL).say("j'ai effacé a.txt par erreur, tu peux le récupérer ?"))
    assert made == [("restore_file", {"path": "a.txt"})]


def test_where_a_thing_is_now_is_what_it_points_at() -> None:
    talk = Talk(FILES)
    assert called(talk.say("rename a.txt to b.txt"))
    talk.returns(None)
    assert called(talk.say("now delete it")) == [("delete_file", {"path": "b.txt"})]
