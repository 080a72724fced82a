"""A tool added tomorrow, with a schema and some examples, is understood without touching the model."""

import msgspec
import pytest
from llm.embedded.embedded_tools import INVENTED, INVOICE, LAMP, REMINDER, TRANSLATE, Talk, called

from orchestrator.kernel.messages import Arguments, ToolSpec
from orchestrator.tools.kits import calculator, files, http, system

BUILT_IN = tuple(tool.spec for tool in (*files.tools, *system.tools, *calculator.tools, *http.tools))

REQUESTS: list[tuple[str, str, Arguments]] = [
    ("set the bedroom light to green", "set_lamp", {"room": "bedroom", "colour": "green"}),
    ("turn the kitchen lamp white please", "set_lamp", {"room": "kitchen", "colour": "white"}),
    ("mets la lumière de la chambre en bleu", "set_lamp", {"room": "bedroom", "colour": "blue"}),
    ("can you make the office blue?", "set_lamp", {"room": "office", "colour": "blue"}),
    ("send an invoice of 250 euros to max@example.com", "send_invoice", {"email": "max@example.com", "amount": 250}),
    ("please bill 42.50 to kim@example.com", "send_invoice", {"email": "kim@example.com", "amount": 42.5}),
    ("envoie à lea@example.fr une facture de 80 euros", "send_invoice", {"email": "lea@example.fr", "amount": 80}),
    (
        "facture 99 euros à tom@example.com pour « site web »",
        "send_invoice",
        {"email": "tom@example.com", "amount": 99, "note": "site web"},
    ),
    ("remind me to buy bread tomorrow at 17:00", "create_reminder", {"text": "buy bread", "at": "2023-11-15T17:00"}),
    (
        "rappelle-moi d'appeler maman demain à 18h",
        "create_reminder",
        {"text": "appeler maman", "at": "2023-11-15T18:00"},
    ),
    (
        "set a reminder for friday at 9am: send the report",
        "create_reminder",
        {"text": "send the report", "at": "2023-11-17T09:00"},
    ),
    ("traduis « merci » en espagnol", "translate_text", {"text": "merci", "language": "spanish"}),
]


@pytest.mark.parametrize("beside", [(), BUILT_IN], ids=["alone", "beside the built-in tools"])
@pytest.mark.parametrize(("text", "tool", "arguments"), REQUESTS)
def test_an_invented_tool_is_called(text: str, tool: str, arguments: Arguments, beside: tuple[ToolSpec, ...]) -> None:
    assert called(Talk((*beside, *INVENTED)).say(text)) == [(tool, arguments)]


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("turn on the kitchen lamp", "Which colour: red, green, blue, white?"),
        ("send an invoice", "e-mail"),
        ("remind me tomorrow", "text"),
    ],
)
def test_what_is_missing_is_asked(text: str, asks: str) -> None:
    reply = Talk(INVENTED).say(text)
    assert not reply.message.calls
    assert asks in reply.message.text


def test_an_answer_completes_what_was_asked() -> None:
    talk = Talk(INVENTED)
    talk.say("turn on the kitchen lamp")
    assert called(talk.say("blue")) == [("set_lamp", {"room": "kitchen", "colour": "blue"})]


def test_what_no_tool_does_is_not_done() -> None:
    for text in ("delete the invoice of ada@example.com", "don't send an invoice of 5 euros to bob@example.com"):
        assert called(Talk((*BUILT_IN, *INVENTED)).say(text)) == []


def test_a_tool_that_reasons_takes_the_place_of_the_apology() -> None:
    text = 'translate "the house is red" into french'
    assert "Ollama" in Talk(BUILT_IN).say(text).message.text
    assert called(Talk((*BUILT_IN, TRANSLATE)).say(text))[0][0] == "translate_text"


def test_a_result_flows_into_an_invented_tool() -> None:
    talk = Talk((*BUILT_IN, TRANSLATE))
    first = talk.say("read notes.txt and translate it into german")
    assert called(first) == [("read_file", {"path": "notes.txt"})]
    second = talk.returns({"path": "notes.txt", "content": "a cat\n", "lines": 1, "size": 6, "truncated": False})
    assert called(second) == [("translate_text", {"text": "a cat", "language": "german"})]


@pytest.mark.parametrize("spec", [*BUILT_IN, *INVENTED], ids=lambda spec: spec.name)
def test_with_an_example_withheld_it_is_still_understood(spec: ToolSpec) -> None:
    """Leave one out: some of its examples, each in turn a request that the model has not seen."""
    others = tuple(tool for tool in (*BUILT_IN, *INVENTED) if tool.name != spec.name)
    right = wrong = 0
    tried = spec.examples[:: -(-len(spec.examples) // 8)]
    for left_out in tried:
        kept = tuple(example for example in spec.examples if example is not left_out)
        made = called(Talk((*others, msgspec.structs.replace(spec, examples=kept))).say(left_out.text))
        right += bool(made) and made[0][0] == spec.name
        wrong += bool(made) and made[0][0] != spec.name
    assert right >= 0.6 * len(tried), f"{right} of {len(tried)}"
    assert wrong <= 0.15 * len(tried), f"{wrong} of {len(tried)} went to another tool"


def test_without_any_example_a_description_and_a_schema_may_do() -> None:
    bare = msgspec.structs.replace(LAMP, examples=())
    made = called(Talk((bare, INVOICE, REMINDER)).say("set the colour of the light of the kitchen to red"))
    assert made in ([], [("set_lamp", {"room": "kitchen", "colour": "red"})])
