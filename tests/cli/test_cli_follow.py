"""A run followed to its end: questions, answers, Ctrl-C. The product is played by a list of events."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Iterator
from typing import Any, cast

import pytest

from orchestrator.cli.command import Options, Session
from orchestrator.cli.connection import Connection
from orchestrator.cli.follow import asking, follow, granting, leaving
from orchestrator.cli.prose import Silent
from orchestrator.kernel.errors import AlreadyAnswered, JournalUnavailable


def question(number: int = 1, kind: str = "call") -> dict[str, Any]:
    return {
        "type": "approval.asked", "approval_id": f"approval_{number}", "kind": kind, "tool": "http_request",
        "arguments": {"url": "https://example.org"}, "reason": "It reaches the network.", "alternative": "",
        "shape": "example.org",
    }  # fmt: skip


def finished(status: str = "completed") -> dict[str, Any]:
    return {"type": "run.finished", "status": status, "answer": "Done.", "problem": None}


class Played:
    """A connection to a run that goes on when its question is answered, or when it is cancelled."""

    where = "a test"

    def __init__(self, *items: Any) -> None:
        self.items = items
        self.waiting: list[str] = []
        self.answers: list[tuple[str, str]] = []
        self.cancelled = 0
        self.status = "running"
        self.already = False
        self._go = asyncio.Event()

    async def watch(self, run_id: str, after: int = 0) -> AsyncIterator[Any]:
        for item in self.items:
            if callable(item):
                item()
                await self._go.wait()
                continue
            if item["type"] == "approval.asked" and item["approval_id"] != "approval_0":
                self._go.clear()
                self.waiting.append(item["approval_id"])
                self.status = "waiting"
                yield item
                await self._go.wait()
                continue
            self.status = item.get("status", self.status)
            yield item

    async def approvals(self) -> Any:
        return {"items": [{"approval_id": name} for name in self.waiting]}

    async def answer(self, approval_id: str, answer: str, note: str = "", content: object = None) -> Any:
        self.waiting.remove(approval_id)
        self.answers.append((approval_id, answer))
        self._go.set()
        if self.already:
            raise AlreadyAnswered("Somebody was faster.")

    async def cancel(self, run_id: str) -> Any:
        self.cancelled += 1
        self._go.set()

    async def run(self, run_id: str) -> Any:
        return {"run_id": run_id, "status": self.status, "answer": "Done."}

    async def close(self) -> None: ...


@pytest.fixture
def session() -> Iterator[Session]:
    made = Session(Options())
    yield made
    made.close()


def followed(session: Session, played: Played, decide: Any) -> Any:
    session.use(cast(Connection, played))
    return follow(session, "run_1", decide, Silent())


def test_what_is_asked_is_granted(session: Session) -> None:
    played = Played(question(1), question(2), finished())
    assert followed(session, played, granting)["status"] == "completed"
    assert played.answers == [("approval_1", "run"), ("approval_2", "run")]


def test_with_nobody_there_a_question_stays(session: Session, capsys: pytest.CaptureFixture[str]) -> None:
    played = Played(question(), finished())
    assert followed(session, played, leaving)["status"] == "waiting"
    assert played.answers == []
    assert "orchestrator runs approve approval_1" in capsys.readouterr().err


@pytest.mark.parametrize("decide", [granting, leaving])
def test_nobody_but_a_person_says_whether_it_happened(
    session: Session, capsys: pytest.CaptureFixture[str], decide: Any
) -> None:
    played = Played(question(kind="outcome"), finished())
    assert followed(session, played, decide)["status"] == "waiting"
    assert played.answers == []
    assert "orchestrator runs approve approval_1" in capsys.readouterr().err


def test_questions_of_the_past_are_not_put_again(session: Session) -> None:
    played = Played(question(0), finished())
    assert followed(session, played, granting)["status"] == "completed"
    assert played.answers == []


def test_an_answer_that_comes_second_is_no_error(session: Session, capsys: pytest.CaptureFixture[str]) -> None:
    played = Played(question(), finished())
    played.already = True
    assert followed(session, played, granting)["status"] == "completed"
    assert "answered already" in capsys.readouterr().err


def test_a_person_is_asked_until_the_answer_is_one(
    session: Session, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    said = iter(["maybe", "A"])
    monkeypatch.setattr(session.terminal, "read_line", lambda prompt: next(said))
    played = Played(question(), finished())
    followed(session, played, asking(session.terminal))
    assert played.answers == [("approval_1", "always")]
    shown = capsys.readouterr().err
    assert "It reaches the network." in shown and "example.org" in shown and "One of:" in shown


def test_who_says_whether_it_happened_is_told_what_is_known(
    session: Session, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(session.terminal, "read_line", lambda prompt: "d")
    details = {"begun": "2026-01-02T10:00:00+00:00", "attempt": "2", "key": "5f0f9ad0c8b1c7d2"}
    played = Played({**question(kind="outcome"), "details": details}, finished())
    followed(session, played, asking(session.terminal))
    assert played.answers == [("approval_1", "done")]
    shown = capsys.readouterr().err
    assert "begun 2026-01-0" in shown and "attempt 2, key of the call 5f0f9ad0c8b1c7d2" in shown


def test_a_person_who_leaves_lets_the_run_wait(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    def leave(prompt: str) -> str:
        raise EOFError

    monkeypatch.setattr(session.terminal, "read_line", leave)
    played = Played(question(), finished())
    assert followed(session, played, asking(session.terminal))["status"] == "waiting"


def test_ctrl_c_at_a_question_cancels_the_run(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(prompt: str) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(session.terminal, "read_line", interrupted)
    played = Played(question(), finished("cancelled"))
    assert followed(session, played, asking(session.terminal))["status"] == "cancelled"
    assert (played.cancelled, played.answers) == (1, [])


def interrupt() -> None:
    os.kill(os.getpid(), signal.SIGINT)


def test_ctrl_c_cancels_the_run_and_waits_for_its_end(session: Session, capsys: pytest.CaptureFixture[str]) -> None:
    before = signal.getsignal(signal.SIGINT)
    played = Played(interrupt, finished("cancelled"))
    assert followed(session, played, granting)["status"] == "cancelled"
    assert played.cancelled == 1
    assert "Cancelling" in capsys.readouterr().err
    assert signal.getsignal(signal.SIGINT) is before


def test_ctrl_c_in_the_instant_before_a_question_cancels_the_run(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Instant(Played):
        async def approvals(self) -> Any:
            interrupt()
            return await super().approvals()

    asked: list[str] = []

    def once(prompt: str) -> str:
        asked.append(prompt)
        return "once"

    monkeypatch.setattr(session.terminal, "read_line", once)
    before = signal.getsignal(signal.SIGINT)
    played = Instant(question(), finished("cancelled"))
    assert followed(session, played, asking(session.terminal))["status"] == "cancelled"
    assert (played.cancelled, played.answers, asked) == (1, [], [])
    assert signal.getsignal(signal.SIGINT) is before


def test_the_second_ctrl_c_leaves_at_once(session: Session) -> None:
    class Deaf(Played):
        async def cancel(self, run_id: str) -> Any:
            self.cancelled += 1
            interrupt()

    played = Deaf(interrupt, finished())
    with pytest.raises(KeyboardInterrupt):
        followed(session, played, granting)
    assert played.cancelled == 1


def test_an_error_of_the_product_is_raised_where_the_run_is_followed(session: Session) -> None:
    class Full(Played):
        async def watch(self, run_id: str, after: int = 0) -> AsyncIterator[Any]:
            yield {"type": "run.started"}
            raise JournalUnavailable("The disk is full.")

    with pytest.raises(JournalUnavailable):
        followed(session, Full(), granting)
