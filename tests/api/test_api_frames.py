"""The frames of the WebSocket are a pure translation of events and deltas, frozen in a file."""

from pathlib import Path

import msgspec
import pytest

from orchestrator.api.frames import Translator, delta_json, encode, event_json, merged
from orchestrator.kernel.events import (
    ApprovalAnswered,
    ApprovalAsked,
    Artifact,
    Body,
    ConversationRenamed,
    Delta,
    Event,
    ModelAsked,
    ModelFailed,
    ModelReplied,
    PlanMade,
    Problem,
    RunFinished,
    RunResumed,
    RunStarted,
    ToolRequested,
    ToolReturned,
)
from orchestrator.kernel.messages import Message, Text, Thinking, Usage, user

GOLDEN = Path(__file__).with_name("frames.golden.jsonl")
NOW = 1_700_000_000.5


def event(seq: int, body: Body) -> Event:
    return Event("run_1", seq, 1_700_000_000.1234 + seq, "home", "owner", body)


def text(offset: int, said: str, step: int = 1) -> Delta:
    return Delta("run_1", step, "text", offset, said)


def replied(said: str, step: int = 1, thought: str = "") -> ModelReplied:
    parts = (Thinking(thought), Text(said)) if thought else (Text(said),)
    return ModelReplied(step, "m", Message("assistant", parts), "stop", Usage(7, 3), 0.01, 0.2, "the only one")


STORY: list[Event | Delta] = [
    event(1, RunStarted("conv_1", user("Écris 2+2"), "auto", "/w", channel="web")),
    event(2, PlanMade(("think", "act"))),
    event(3, ModelAsked(1, "m")),
    Delta("run_1", 1, "thinking", 0, "hmm"),
    text(0, "I will "),
    text(7, "look"),
    event(4, ModelFailed(1, "m", Problem("model_timeout", "slow", "wait"))),
    event(5, ModelAsked(1, "m")),
    event(6, replied("I will look", thought="hmm")),
    event(7, ApprovalAsked("apr_1", "call", 1, "c1", "t", {"a": 1}, "h", "s", "c", "because", {"x": "y"}, "less")),
    event(8, ApprovalAnswered("apr_1", "once", "owner", "fine")),
    event(9, ToolRequested(1, "c1", "t", {"a": 1}, "k", "once")),
    event(10, RunResumed("the server stopped")),
    event(
        11, ToolReturned(1, "c1", "t", "k", "ok", "4", {"value": 4}, artifact=Artifact("00", "a.txt", "text/plain", 3))
    ),
    event(12, RunFinished("completed", "4", "m", 1, Usage(7, 3), 0.01)),
]


def frames(items: list[Event | Delta], conversation: str = "conv_1") -> list[dict[str, object]]:
    made = Translator(conversation).frames(items, NOW)
    return [msgspec.json.decode(encode(frame)) for frame in made]


def test_the_frames_of_a_run_are_as_frozen() -> None:
    made = "".join(encode(frame).decode() + "\n" for frame in Translator("").frames(STORY, NOW))
    assert made == GOLDEN.read_text("utf-8")


def test_neighbouring_pieces_are_joined_and_nothing_else() -> None:
    other = Delta("run_1", 1, "thinking", 0, "x")
    items: list[Event | Delta] = [
        text(0, "a"),
        text(1, "b"),
        other,
        text(2, "c"),
        text(3, "d"),
        event(1, PlanMade(())),
        text(4, "e"),
    ]
    assert merged(items) == [text(0, "ab"), other, text(2, "cd"), event(1, PlanMade(())), text(4, "e")]


def test_a_piece_that_does_not_follow_is_not_joined() -> None:
    assert merged([text(0, "ab"), text(5, "z")]) == [text(0, "ab"), text(5, "z")]
    assert merged([text(0, "ab"), text(0, "abc")]) == [text(0, "ab"), text(0, "abc")]
    assert merged([text(0, "ab", 1), text(2, "c", 2)]) == [text(0, "ab", 1), text(2, "c", 2)]


def test_who_heard_the_reply_is_not_told_again() -> None:
    made = frames([text(0, "hel"), text(3, "lo"), event(2, replied("hello"))])
    assert [frame["type"] for frame in made] == ["token", "thinking"]


def test_who_was_not_there_is_told_the_whole_reply() -> None:
    made = frames([event(2, replied("hello", thought="well"))])
    assert [(frame["type"], frame["data"]) for frame in made[:2]] == [
        ("thinking", {"phase": "delta", "step": 1, "offset": 0, "text": "well"}),
        ("token", {"step": 1, "offset": 0, "text": "hello"}),
    ]


def test_after_a_gap_the_rest_comes_with_the_record() -> None:
    made = frames([text(0, "he"), text(4, "o"), event(2, replied("hello"))])
    said = [frame["data"] for frame in made if frame["type"] == "token"]
    assert said == [{"step": 1, "offset": 0, "text": "he"}, {"step": 1, "offset": 0, "text": "hello"}]


def test_everything_so_far_replaces_what_was_said() -> None:
    made = frames([text(0, "he"), text(0, "hello"), event(2, replied("hello"))])
    assert [frame["data"]["text"] for frame in made if frame["type"] == "token"] == ["he", "hello"]  # type: ignore[index]


def test_another_try_speaks_from_its_beginning() -> None:
    failed = ModelFailed(1, "m", Problem("model_garbled", "noise"))
    made = frames([text(0, "hello"), event(2, failed), event(3, replied("hello"))])
    assert [frame["data"]["offset"] for frame in made if frame["type"] == "token"] == [0, 0]  # type: ignore[index]


def test_the_last_frame_knows_its_conversation() -> None:
    (frame,) = frames([event(9, RunFinished("failed", "", problem=Problem("c", "d")))], "conv_7")
    assert frame["type"] == "complete"
    assert frame["data"]["conversation_id"] == "conv_7"  # type: ignore[index]


def test_events_of_no_run_have_no_frame() -> None:
    assert frames([event(1, ConversationRenamed("x"))]) == []


def test_every_event_of_a_run_has_a_frame() -> None:
    for item in STORY:
        assert isinstance(item, Delta) or Translator("c").frames([item], NOW), item


def test_an_event_on_the_wire() -> None:
    wire = msgspec.json.decode(event_json(event(3, ModelAsked(1, "m"))))
    assert wire == {
        "seq": 3,
        "at": "2023-11-14T22:13:23.123000Z",
        "type": "model.asked",
        "run_id": "run_1",
        "step": 1,
        "model": "m",
        "request": None,
    }


def test_a_delta_on_the_wire() -> None:
    assert msgspec.json.decode(delta_json(text(2, "é"))) == {
        "type": "delta",
        "run_id": "run_1",
        "step": 1,
        "kind": "text",
        "offset": 2,
        "text": "é",
    }


@pytest.mark.parametrize("size", [1, 5])
def test_batches_change_nothing_but_the_number_of_pieces(size: int) -> None:
    pieces: list[Event | Delta] = [text(index, "x") for index in range(20)]
    translator = Translator("c")
    said = [frame.data["text"] for at in range(0, 20, size) for frame in translator.frames(pieces[at : at + size], NOW)]
    assert "".join(said) == "x" * 20
    assert len(said) == 20 // size
