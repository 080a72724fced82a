"""No effect without being asked for: what is told, asked about, taken back or left open is not done."""

import pytest

from benchmarks.embedded.world import NOW, world
from orchestrator.kernel.clock import ManualClock
from orchestrator.kernel.messages import ToolCall, user
from orchestrator.kernel.settings import Provider
from orchestrator.llm.base import Request
from orchestrator.llm.providers.embedded import Embedded


@pytest.fixture(scope="module")
def model() -> Embedded:
    return Embedded("embedded", Provider("embedded"), ManualClock(NOW))


def asked(model: Embedded, text: str) -> tuple[tuple[ToolCall, ...], str]:
    with world(crowd=True) as place:
        message = model.reply(Request("", (user(text),), place.specs)).message
    return tuple(message.calls), message.text


@pytest.mark.parametrize(
    "text",
    [
        "was notes.txt deleted?",
        "you deleted a.txt",
        "I was about to delete a.txt",
        "can I delete a.txt?",
        "do you want me to delete a.txt?",
        "did the nginx service restart?",
        "when did you delete a.txt?",
        "le service nginx a redémarré",
        "est-ce que a.txt a été supprimé ?",
        "delete all files but a.txt",
        "delete a.txt? no, keep it",
        "delete a.txt... no wait don't",
        "supprime a.txt, euh non, garde-le",
        "delete a.txt or b.txt",
        "send it",
    ],
)
def test_nothing_is_done_that_is_not_asked_for(model: Embedded, text: str) -> None:
    calls, answer = asked(model, text)
    assert calls == ()
    assert answer


@pytest.mark.parametrize(
    ("text", "name", "arguments"),
    [
        ("run the command: sleep 8; echo x > y", "execute_command", {"command": "sleep 8; echo x > y"}),
        ("lance la commande sleep 8; echo x", "execute_command", {"command": "sleep 8; echo x"}),
        ("delete a.txt, no sorry, delete b.txt", "delete_file", {"path": "b.txt"}),
        ("could you please delete a.txt?", "delete_file", {"path": "a.txt"}),
        ("il faut supprimer a.txt", "delete_file", {"path": "a.txt"}),
        (
            "put the line 'ready' at the end of notes.txt",
            "write_file",
            {"path": "notes.txt", "content": "ready", "append": True},
        ),
    ],
)
def test_what_is_asked_for_is_done_as_it_is_said(
    model: Embedded, text: str, name: str, arguments: dict[str, object]
) -> None:
    calls, _ = asked(model, text)
    assert [(call.name, call.arguments) for call in calls] == [(name, arguments)]


def test_an_act_without_its_object_is_asked_about(model: Embedded) -> None:
    calls, answer = asked(model, "restart it")
    assert calls == ()
    assert "what exactly?" in answer
    assert "restart the container web" in answer


def test_it_is_the_thing_of_the_call_before(model: Embedded) -> None:
    calls, _ = asked(model, "stop the container db and start it")
    assert [(call.name, call.arguments) for call in calls] == [
        ("control_container", {"name": "db", "action": "stop"}),
    ]  # what comes after waits for it
