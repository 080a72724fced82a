"""Stay with a run until it ends: show it, put its questions to a person, cancel it on Ctrl-C."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing

from orchestrator.cli import translations
from orchestrator.cli.command import Session
from orchestrator.cli.connection import Feed, Interrupted, ServerUnreachable
from orchestrator.cli.display import Display, call_text, exact_call, known
from orchestrator.cli.family import Family, Heard
from orchestrator.cli.forms import Filled, ask
from orchestrator.cli.prose import Markdown, Plain, Prose, Silent
from orchestrator.cli.terminal import Terminal
from orchestrator.cli.visible import exact
from orchestrator.kernel.errors import AlreadyAnswered, InvalidInput, RunFinished
from orchestrator.kernel.events import Answer, Approvals
from orchestrator.kernel.messages import Json

# 130 is what shells say of a program ended by Ctrl-C.
EXIT = {"completed": 0, "failed": 1, "partial": 3, "waiting": 4, "cancelled": 130}

Said = Answer | Filled  # or what the form of a question is filled in with
# None: no answer is given now; the run goes on waiting.
Decide = Callable[[Json], Said | None]


def asking(terminal: Terminal) -> Decide:
    """Put every question to the person at the terminal."""

    def decide(approval: Json) -> Said | None:
        if approval["kind"] == "question":
            return ask(terminal, approval)  # type: ignore[return-value]
        if approval["kind"] == "budget":
            terminal.note(terminal.word("money"), "bold yellow")
            terminal.note(f"  {exact(approval['reason'])}", "")
            return terminal.choose(terminal.word("budget"), {"m": "once", "e": "refuse"})  # type: ignore[return-value]
        terminal.note(terminal.word("asks", tool=exact(approval["tool"])), "bold yellow")
        terminal.note(exact_call(approval["arguments"]), "")
        for strange in approval.get("lookalikes", ()):
            warned = terminal.word("lookalike." + strange["kind"], text=exact(strange["plain"]))
            terminal.note(f"  {warned}", "bold red")
        reason, alternative = translations.reason(terminal.language, approval)
        terminal.note(f"  {exact(reason)}", "")
        if alternative:
            terminal.note("  " + terminal.word("alternative", text=exact(alternative)))
        if approval["kind"] == "outcome":
            terminal.note("  " + known(terminal, approval))
            return terminal.choose(terminal.word("outcome"), {"d": "done", "r": "retry", "u": "undone"})  # type: ignore[return-value]
        covered = translations.covered(terminal.language, exact(approval["shape"]))
        terminal.note("  " + terminal.word("covers", shape=covered))
        choices = {"o": "once", "r": "run", "a": "always", "n": "refuse", "no": "refuse", "non": "refuse"}
        return terminal.choose(terminal.word("approve"), choices)  # type: ignore[return-value]

    return decide


def granting(approval: Json) -> Said | None:
    """Yes to every call; what may have happened already is not for us to say, nor what somebody wants to know."""
    return "run" if approval["kind"] == "call" else None


def leaving(_: Json) -> None:
    """Nobody is there to answer: the question stays."""


def deciding(terminal: Terminal, yes: bool) -> Decide:
    ask = asking(terminal) if terminal.interactive else leaving

    def granted(approval: Json) -> Said | None:
        """What somebody wants to know is no call: the person says it, or, where nobody is there, it is declined."""
        if approval["kind"] != "question":
            return granting(approval)
        return ask(approval) if terminal.interactive else "refuse"

    return granted if yes else ask


def approvals(terminal: Terminal, yes: bool) -> Approvals:
    """What becomes of a question in a new run: with nobody there to answer, it is refused."""
    return "ask" if yes or terminal.interactive else "refuse"


def prose(terminal: Terminal, *, streamed: bool) -> Prose:
    if terminal.json:
        return Silent()
    if terminal.rich:
        return Markdown(terminal.console())
    return Plain() if streamed else Silent()


def follow(
    session: Session, run_id: str, decide: Decide, text: Prose, after: int = 0, heard: Heard | None = None
) -> Json:
    """The run once it has finished, is paused, or waits for an answer that `decide` does not give.

    `heard` is given what is typed meanwhile.
    """
    terminal, connection = session.terminal, session.connection
    display = Display(terminal, text)
    family = Family(connection, run_id, after, typed=heard is not None and terminal.interactive)
    feed = session.worker.feed(aiter(family))
    with closing(iter(feed)) as items:
        for item in _told(session, run_id, items):
            if isinstance(item, Interrupted):
                display.pause()
                terminal.note(terminal.word("cancelling"))
                _cancel(session, run_id)
                continue
            if item["type"] == "typed" and heard is not None:
                heard(item["text"])
                continue
            if item.get("run_id", run_id) == run_id:
                display.show(item)
                if item["type"] == "run.paused" and _paused(session, run_id):
                    break
            if item["type"] == "approval.asked" and _waits(session, item["approval_id"]):
                display.pause()
                session.do(family.mute())
                answered = _settle(session, feed, run_id, item, decide)
                session.do(family.listen())
                if not answered:
                    if not terminal.interactive:
                        terminal.note(exact(item["reason"]), "yellow")
                    command = session.typed("runs", "approve", item["approval_id"])
                    terminal.note(terminal.word("waits", command=command), "yellow")
                    break
    display.pause()
    return session.do(connection.run(run_id))


def _told(session: Session, run_id: str, items: Iterable[Json | Interrupted]) -> Iterator[Json | Interrupted]:
    """The items; when the server dies meanwhile, what becomes of the run and how to see it again."""
    try:
        yield from items
    except ServerUnreachable as error:
        command = session.typed("runs", "resume", run_id)
        detail = session.terminal.word("gone", where=session.connection.where)
        raise ServerUnreachable(detail, hint=session.terminal.word("lost", command=command)) from error


def _settle(session: Session, feed: Feed, run_id: str, approval: Json, decide: Decide) -> bool:
    """Put a question, and give the answer. False: there is none now."""
    try:
        with feed.attentive():
            answer = decide(approval)
    except KeyboardInterrupt:
        session.terminal.note("")
        _cancel(session, run_id)
        return True
    return answer is not None and _answer(session, approval, answer)


def _cancel(session: Session, run_id: str) -> None:
    try:
        session.do(session.connection.cancel(run_id))
    except RunFinished:
        return  # it was faster


def _paused(session: Session, run_id: str) -> bool:
    """Whether a person lets it rest now; how to go on is said."""
    run = session.do(session.connection.run(run_id))
    if run["paused"] not in ("person", "parent"):
        return False
    command = session.typed("runs", "continue", run_id)
    session.terminal.note(session.terminal.word("paused." + run["paused"], command=command), "yellow")
    return True


def _waits(session: Session, approval_id: str) -> bool:
    """Past questions come by again when a run is taken up; only those that wait are put."""
    waiting = session.do(session.connection.approvals())["items"]
    return any(approval["approval_id"] == approval_id for approval in waiting)


def _answer(session: Session, approval: Json, said: Said) -> bool:
    terminal = session.terminal
    answer: Answer
    content: Filled
    answer, content = ("accept", said) if isinstance(said, dict) else (said, {})
    try:
        session.do(session.connection.answer(approval["approval_id"], answer, content=content))
    except (AlreadyAnswered, RunFinished):
        terminal.note("  " + terminal.word("answered"))
        return True
    except InvalidInput as error:
        terminal.note(f"  {exact(error.detail)}", "yellow")
        return False
    word = {"refuse": "refused", "accept": "told"}.get(answer, "approved")
    call = call_text(approval["tool"], approval["arguments"])
    terminal.note("  " + terminal.word(word, answer=answer, call=call))
    return True
