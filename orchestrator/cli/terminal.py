"""The terminal: what is said goes to standard error, what was asked for to standard output."""

import getpass
import sys
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from orchestrator.cli import words
from orchestrator.cli.interrupts import heard
from orchestrator.cli.visible import harmless
from orchestrator.kernel.messages import Language

if TYPE_CHECKING:
    from rich.console import Console

Row = Mapping[str, Any]

_NARROW = 16  # characters in which a text can still be read


class Terminal:
    def __init__(self, language: Language, *, json: bool = False) -> None:
        self.language: Language = language
        self.json = json
        self.interactive = sys.stdin.isatty() and sys.stderr.isatty()
        self.rich = sys.stdout.isatty() and not json
        self._consoles: dict[bool, Console] = {}
        self._told: set[str] = set()

    def console(self, *, error: bool = False) -> "Console":
        from rich.console import Console

        if error not in self._consoles:
            self._consoles[error] = Console(stderr=error, highlight=False, soft_wrap=not self.rich)
        return self._consoles[error]

    # ── saying ──────────────────────────────────────────────────────────────────────────────────
    def word(self, word: str, **values: object) -> str:
        return words.say(self.language, word, **values)

    def note(self, text: str, style: str = "dim") -> None:
        """Something by the way: never on standard output."""
        text = harmless(text)
        if sys.stderr.isatty():
            self.console(error=True).print(text, style=style, markup=False, soft_wrap=True)
        else:
            print(text, file=sys.stderr, flush=True)

    def once(self, text: str) -> None:
        """A note that is not repeated."""
        if text not in self._told:
            self._told.add(text)
            self.note(text)

    def progress(self, text: str) -> None:
        """On the line where it was said before; nothing at the end takes it away."""
        print(f"\r\033[K{harmless(text)}", end="", file=sys.stderr, flush=True)

    def line(self, text: str = "") -> None:
        print(harmless(text), flush=True)

    def result(self, value: Any, text: str | None = None) -> None:
        """What the command was asked for, as JSON or as text."""
        if self.json or text is None:
            import msgspec

            encoded = msgspec.json.format(msgspec.json.encode(value), indent=0 if self.json else 2)
            sys.stdout.flush()  # JSON is UTF-8, whatever the terminal speaks:
            sys.stdout.buffer.write(harmless(encoded.decode()).encode() + b"\n")
            sys.stdout.flush()
        else:
            self.line(text)

    @property
    def width(self) -> int | None:
        """How many characters a line has; None where nobody looks."""
        return self.console().width if self.rich else None

    def table(self, value: Any, rows: Iterable[Row], columns: Sequence[str], empty: str) -> None:
        """Rows for a person, `value` for a program."""
        if self.json:
            self.result(value)
            return
        texts = [[_cell(row.get(column), column) for column in columns] for row in rows]
        if not texts:
            self.note(empty)
            return
        head, *lines = laid_out(columns, texts, self.width)
        if self.rich:
            self.console().print(head, style="bold", markup=False, soft_wrap=True)
        else:
            self.line(head)
        for line in lines:
            self.line(line)

    def page(self, found: Mapping[str, Any], columns: Sequence[str], empty: str) -> None:
        """The items of a page, and how the next is had."""
        self.table(found, found["items"], columns, empty)
        if found["next"] and not self.json:
            self.note(self.word("older", before=found["next"]))

    # ── asking ──────────────────────────────────────────────────────────────────────────────────
    def read_line(self, prompt: str) -> str:
        """A line from the person, edited as in a shell. Raises KeyboardInterrupt and EOFError."""
        with heard():
            if sys.stdin.isatty() and sys.stdout.isatty():
                import readline  # noqa: F401 - its import is what makes input() editable

                return input(prompt)
            print(prompt, end="", file=sys.stderr, flush=True)
            line = sys.stdin.readline()
            if not line:
                raise EOFError
            return line.rstrip("\n")

    def read_secret(self, prompt: str) -> str:
        return getpass.getpass(prompt)

    def agrees(self, question: str) -> bool:
        """Whether a person says yes. Raises InvalidInput where there is nobody to say it."""
        if not self.interactive:
            from orchestrator.kernel.errors import InvalidInput

            raise InvalidInput("Nobody is there to be asked.", hint="Where there is no terminal, say --yes.")
        choices = {"en": {"y": "yes", "n": "no"}, "fr": {"o": "oui", "n": "non"}}[self.language]
        return self.choose(f"{question} {self.word('sure')}", choices) in ("yes", "oui")

    def choose(self, prompt: str, choices: Mapping[str, str]) -> str | None:
        """The value of the choice a person types (its key or its value); None when they leave (Ctrl-D)."""
        by_name = {**{value: value for value in choices.values()}, **choices}
        while True:
            try:
                said = self.read_line(prompt).strip().lower()
            except EOFError:
                self.note("")
                return None
            if said in by_name:
                return by_name[said]
            self.note(self.word("again", choices=", ".join(key for key in choices if len(key) == 1)))


def utf8(text: str) -> str:
    """The text. Raises InvalidInput when what was given is no text."""
    from orchestrator.kernel.errors import InvalidInput

    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise InvalidInput(
            f"What was given is not UTF-8 text: {text[:60]!a}.", hint="To convert it: iconv -f latin1 -t utf-8"
        ) from error
    return text


def moment(text: str | None) -> str:
    """A moment of the API as a clock on this wall shows it."""
    return datetime.fromisoformat(text).astimezone().strftime("%Y-%m-%d %H:%M:%S") if text else "…"


def laid_out(columns: Sequence[str], texts: Sequence[Sequence[str]], width: int | None) -> list[str]:
    """A block for the head and for each row: columns, and the last text in what is left, or on lines of its own.

    So an identifier is always whole, to be copied, however narrow the terminal.
    """
    widths = [max(len(column), *(len(cells[i]) for cells in texts)) for i, column in enumerate(columns)]
    begin = sum(widths[:-1]) + 2 * len(widths[:-1])
    beside = width is None or width - begin >= min(_NARROW, widths[-1])
    indent = begin if beside else 4
    blocks = []
    for cells in [columns, *texts]:
        first = "  ".join(cell.ljust(size) for cell, size in zip(cells[:-1], widths, strict=False))
        rest = [cells[-1]] if width is None else textwrap.wrap(cells[-1], max(width - indent, _NARROW)) or [""]
        if beside:
            first = f"{first}  {rest.pop(0)}"
        lines = (first, *(" " * indent + line for line in rest))
        blocks.append("\n".join(line.rstrip() for line in lines if line.strip()))
    return blocks


def _cell(value: Any, column: str) -> str:
    if value is None:
        return ""
    if column.endswith("_at"):
        return moment(value)[:16]  # to the minute
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.3g}"
    if isinstance(value, list | tuple):
        return harmless(", ".join(map(str, value)))
    text = harmless(" ".join(str(value).split()))
    return text if len(text) <= 80 else text[:79] + "…"
