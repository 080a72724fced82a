"""The terminal: what is said goes to standard error, what was asked for to standard output."""

import getpass
import signal
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from orchestrator.cli import words
from orchestrator.cli.visible import harmless
from orchestrator.kernel.messages import Language

if TYPE_CHECKING:
    from rich.console import Console

Row = Mapping[str, Any]


class Terminal:
    def __init__(self, language: Language, *, json: bool = False) -> None:
        self.language: Language = language
        self.json = json
        self.interactive = sys.stdin.isatty() and sys.stderr.isatty()
        self.rich = sys.stdout.isatty() and not json
        self._consoles: dict[bool, Console] = {}

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
            self.console(error=True).print(text, style=style, markup=False)
        else:
            print(text, file=sys.stderr, flush=True)

    def line(self, text: str = "") -> None:
        print(harmless(text), flush=True)

    def result(self, value: Any, text: str | None = None) -> None:
        """What the command was asked for, as JSON or as text."""
        if self.json or text is None:
            import msgspec

            encoded = msgspec.json.format(msgspec.json.encode(value), indent=0 if self.json else 2)
            sys.stdout.flush()
            sys.stdout.buffer.write(encoded + b"\n")  # JSON is UTF-8, whatever the terminal speaks
            sys.stdout.flush()
        else:
            self.line(text)

    def table(self, value: Any, rows: Iterable[Row], columns: Sequence[str], empty: str) -> None:
        """Rows for a person, `value` for a program."""
        if self.json:
            self.result(value)
            return
        texts = [[_cell(row.get(column), column) for column in columns] for row in rows]
        if not texts:
            self.note(empty)
        elif self.rich:
            from rich.table import Table

            table = Table(*columns, box=None, header_style="bold", pad_edge=False)
            for cells in texts:
                table.add_row(*[_escape(cell) for cell in cells])
            self.console().print(table)
        else:
            widths = [max(len(column), *(len(cells[i]) for cells in texts)) for i, column in enumerate(columns)]
            for cells in [list(columns), *texts]:
                self.line("  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip())

    # ── asking ──────────────────────────────────────────────────────────────────────────────────
    def read_line(self, prompt: str) -> str:
        """A line from the person, edited as in a shell. Raises KeyboardInterrupt and EOFError."""
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            if sys.stdin.isatty() and sys.stdout.isatty():
                import readline  # noqa: F401 - its import is what makes input() editable

                return input(prompt)
            print(prompt, end="", file=sys.stderr, flush=True)
            line = sys.stdin.readline()
            if not line:
                raise EOFError
            return line.rstrip("\n")
        finally:
            signal.signal(signal.SIGINT, before)

    def read_secret(self, prompt: str) -> str:
        return getpass.getpass(prompt)

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
            self.note(self.word("again", choices=", ".join(f"{key} ({value})" for key, value in choices.items())))


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


def _cell(value: Any, column: str) -> str:
    if value is None:
        return ""
    if column.endswith("_at"):
        return moment(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.3g}"
    if isinstance(value, list | tuple):
        return harmless(", ".join(map(str, value)))
    text = harmless(" ".join(str(value).split()))
    return text if len(text) <= 80 else text[:79] + "…"


def _escape(text: str) -> str:
    from rich.markup import escape

    return escape(text)
