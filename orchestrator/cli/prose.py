"""Text that is still being written: as it comes, or drawn as markdown on a terminal."""

import re
import sys
from typing import TYPE_CHECKING, Protocol, TextIO

from orchestrator.cli.visible import harmless

if TYPE_CHECKING:
    from rich.console import Console
    from rich.live import Live

_FENCE = re.compile(r"^ {0,3}(```|~~~)", re.MULTILINE)


class Prose(Protocol):
    def write(self, text: str) -> None: ...

    def end(self) -> None:
        """The text is whole, or something else must be said: leave the cursor on a fresh line."""


class Silent:
    def write(self, text: str) -> None: ...

    def end(self) -> None: ...


class Plain:
    def __init__(self, out: TextIO | None = None) -> None:
        self._out = out or sys.stdout
        self._open = False

    def write(self, text: str) -> None:
        if text := harmless(text):
            print(text, end="", file=self._out, flush=True)
            self._open = not text.endswith("\n")

    def end(self) -> None:
        if self._open:
            print(file=self._out, flush=True)
        self._open = False


def split(text: str) -> tuple[str, str]:
    """What can be drawn for good (whole blocks of markdown), and what may still change."""
    end = 0
    for found in re.finditer(r"\n[ \t]*\n", text):
        if len(_FENCE.findall(text[: found.start()])) % 2 == 0:  # not inside a code block
            end = found.end()
    return text[:end], text[end:]


class Markdown:
    """Whole blocks are printed and scroll away; only the last, unfinished one is redrawn."""

    def __init__(self, console: "Console") -> None:
        self._console = console
        self._pending = ""
        self._live: Live | None = None

    def write(self, text: str) -> None:
        from rich.live import Live
        from rich.markdown import Markdown as Drawn

        done, self._pending = split(self._pending + harmless(text))
        if done.strip():
            self._stop()
            self._console.print(Drawn(done), "")
        if self._live is None:
            self._live = Live(console=self._console, transient=True, refresh_per_second=12, vertical_overflow="visible")
            self._live.start()
        self._live.update(Drawn(self._pending))

    def end(self) -> None:
        from rich.markdown import Markdown as Drawn

        self._stop()
        if self._pending.strip():
            self._console.print(Drawn(self._pending))
        self._pending = ""

    def _stop(self) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None
