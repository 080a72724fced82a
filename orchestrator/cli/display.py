"""A run as a person sees it: the text as it is written, a line for each thing done."""

from collections.abc import Callable
from typing import Any

from orchestrator.cli import translations
from orchestrator.cli.bill import Bill
from orchestrator.cli.prose import Prose
from orchestrator.cli.terminal import Terminal, moment
from orchestrator.cli.visible import exact
from orchestrator.kernel.messages import Json

_MARKS = {"ok": ("✓", "green"), "retry": ("↻", "yellow"), "refused": ("⊘", "yellow"), "unknown": ("?", "yellow")}


class Display:
    def __init__(self, terminal: Terminal, prose: Prose) -> None:
        self._terminal = terminal
        self._prose = prose
        self._bill = Bill(terminal)
        self._step = 0
        self._written = ""  # of the reply being made
        self._whole = False  # the reply has been recorded: pieces of it that come late are old
        self._calls: dict[str, str] = {}
        self._events: dict[str, Callable[[Json], None]] = {
            "model.asked": self._asked,
            "model.replied": self._replied,
            "model.failed": self._model_failed,
            "plan.made": self._plan,
            "tool.requested": self._requested,
            "tool.returned": self._returned,
            "run.resumed": self._resumed,
            "run.finished": self._finished,
            "run.paused": self._paused,
            "run.continued": self._continued,
            "model.chosen": self._steered("model", "model"),
            "limits.changed": self._steered("limits", "limits"),
            "call.edited": self._steered("edited", "arguments"),
            "message.added": self._said_to("said"),
            "message.queued": self._said_to("queued"),
        }

    def show(self, item: Json) -> None:
        if item["type"] == "delta":
            self._delta(item)
        elif shown := self._events.get(item["type"]):
            shown(item)

    def pause(self) -> None:
        """Something else is to be said or asked."""
        self._prose.end()

    # ── text ────────────────────────────────────────────────────────────────────────────────────
    def _delta(self, item: Json) -> None:
        if item["kind"] != "text" or (item["step"] == self._step and self._whole):
            return
        if item["step"] != self._step:
            self._begin(item["step"])
        self._write(item["offset"], item["text"])

    def _write(self, offset: int, text: str) -> None:
        have = len(self._written)
        if offset <= have < offset + len(text):  # else it is known, or a piece before it was missed
            fresh = text[have - offset :]
            self._written += fresh
            self._prose.write(fresh)

    def _begin(self, step: int) -> None:
        self._prose.end()
        self._step, self._written, self._whole = step, "", False

    def _asked(self, item: Json) -> None:
        self._begin(item["step"])

    def _replied(self, item: Json) -> None:
        if item["step"] != self._step:
            self._begin(item["step"])
        text = "".join(part.get("text", "") for part in item["message"]["parts"] if part["type"] == "text")
        self._write(0, text)
        self._whole = True
        self._prose.end()
        self._bill.add(item)

    def _finished(self, item: Json) -> None:
        self._prose.end()
        if item["answer"] and item["answer"].strip() != self._written.strip():
            self._prose.write(item["answer"])
            self._prose.end()
        for start, end in item.get("repeats", ()):
            repeated = shortened(item["answer"][start:end], 90)
            self._terminal.note(self._terminal.word("passages.repeated", text=repeated), "yellow")
        if item["status"] != "completed":
            problem = item.get("problem") or {}
            said = self._said(problem)
            status = self._terminal.word(f"status.{item['status']}")
            # Nobody wrote an answer: it is the problem. Or it is known: who cancelled is the id of a user.
            told = said.detail in item["answer"] or item["status"] == "cancelled"
            self._terminal.note(f"[{status}]" if told else f"[{status}] {said.detail} {said.hint}".rstrip(), "yellow")
            self._original(said)
        self._bill.say()

    def _said(self, problem: Json) -> translations.Said:
        detail, hint = problem.get("detail", ""), problem.get("hint", "")
        return translations.problem(self._terminal.language, problem.get("code", ""), detail, hint)

    def _original(self, said: translations.Said) -> None:
        if said.original:
            self._terminal.once("  " + self._terminal.word("original", text=said.original))

    # ── what is done ────────────────────────────────────────────────────────────────────────────
    def _note(self, text: str, style: str = "dim") -> None:
        self._prose.end()
        self._terminal.note(text, style)

    def _model_failed(self, item: Json) -> None:
        self._begin(item["step"])
        said = self._said(item["problem"])
        self._note(self._terminal.word("model_failed", model=item["model"], detail=said.detail), "yellow")
        self._original(said)

    def _plan(self, item: Json) -> None:
        self._note(self._terminal.word("plan", steps=" → ".join(item["steps"])))

    def _steered(self, word: str, *fields: str) -> Callable[[Json], None]:
        return lambda item: self._note(
            self._terminal.word(f"steering.{word}", **{name: item[name] for name in fields}).rstrip()
        )

    def _paused(self, item: Json) -> None:
        if item["by"]:  # who rests for others says what they do
            self._note(self._terminal.word("steering.paused", reason=item["reason"], note=item["note"]).rstrip())

    def _continued(self, item: Json) -> None:
        if item["by"]:
            self._note(self._terminal.word("steering.continued"))

    def _said_to(self, word: str) -> Callable[[Json], None]:
        def show(item: Json) -> None:
            self._note(self._terminal.word(f"steering.{word}", text=heard(item)))

        return show

    def _resumed(self, item: Json) -> None:
        self._note(self._terminal.word("resumed", reason=item["reason"]))

    def _requested(self, item: Json) -> None:
        self._calls[item["call_id"]] = call_text(item["tool"], item["arguments"])
        self._note(f"  → {self._calls[item['call_id']]}")

    def _returned(self, item: Json) -> None:
        mark, style = _MARKS.get(item["outcome"], ("✗", "red"))
        first = next((line.strip() for line in item["content"].splitlines() if line.strip()), "")
        took = f" {item['seconds']:.2f} s" if item["seconds"] >= 0.005 else ""
        outcome = self._terminal.word(f"outcome.{item['outcome']}")
        self._note(f"  {mark} {item['tool']}{took}  {f'{outcome} {shortened(first, 90)}'.strip()}".rstrip(), style)
        if kept := item.get("artifact"):
            self._note(f"  {self._terminal.word('kept', name=shortened(kept['name'], 60), run=item['run_id'])}")
        if passages := item.get("passages"):
            kind = "withheld" if any(one["withheld"] for one in passages) else "marked"
            length = sum(one["end"] - one["start"] for one in passages)
            said = self._terminal.word(f"passages.{kind}", length=length, run=item["run_id"])
            self._note(f"  {said}", "yellow")


def call_text(tool: str, arguments: dict[str, Any]) -> str:
    said = " ".join(f"{name}={shortened(_value(value), 60)}" for name, value in arguments.items())
    return f"{tool} {said}".rstrip()


def exact_call(arguments: dict[str, Any]) -> str:
    """Exactly what would be done: nothing shortened or hidden, and no value can pass for another argument."""
    lines = []
    for name, value in arguments.items():
        first, *others = exact(value if isinstance(value, str) else _json(value)).split("\n")
        lines += [f"  {exact(name)}: {first}", *(f"  {' ' * len(name)}┆ {line}" for line in others)]
    return "\n".join(lines)


def _json(value: Any) -> str:
    import msgspec

    return msgspec.json.encode(value).decode()


def _value(value: Any) -> str:
    if isinstance(value, str):
        return value if value and value.isprintable() and " " not in value else repr(value)
    return str(value)


def heard(item: Json) -> str:
    """What was said to a run, on one line."""
    return shortened("".join(part.get("text", "") for part in item["message"]["parts"]), 90)


def known(terminal: Terminal, approval: Json) -> str:
    """Of a call that may have happened: when it began, and how it can be found again."""
    details = approval["details"]
    begun, key = moment(details["begun"]), exact(details["key"])
    return terminal.word("outcome.known", begun=begun, attempt=details["attempt"], key=key)


def shortened(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"
