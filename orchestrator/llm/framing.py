"""Bytes into messages, on whatever boundaries the network chose: NDJSON lines, server-sent events.

Frames stay bytes: they are cut only at line ends, so UTF-8 is checked whole, by whoever decodes them.
Covers endless lines (a limit). Does not cover a stream that never ends: the wire counts its bytes.
"""

import re
from typing import Protocol

from orchestrator.kernel.errors import ModelGarbled

FRAME_LIMIT = 4 * 2**20  # bytes of one line or event
_WHOLE = re.compile(rb"(?:data: [^\r\n]++\n\n)++").fullmatch  # events of one line each, as most reads are


class Framing(Protocol):
    def feed(self, data: bytes) -> list[bytes]:
        """The frames that these bytes complete. Raises ModelGarbled past the limit."""

    def end(self) -> list[bytes]:
        """The frame that the end of the stream completes, where a server left off the last line end."""


class Lines:
    """Newline-delimited JSON: a frame is a line that is not blank."""

    def __init__(self, limit: int = FRAME_LIMIT) -> None:
        self._limit = limit
        self._pending = bytearray()

    def feed(self, data: bytes) -> list[bytes]:
        return [line for line in self._lines(data) if line.strip()]

    def _lines(self, data: bytes) -> list[bytes]:
        lines = data.split(b"\n")
        tail = lines.pop()
        if lines and self._pending:
            lines[0] = bytes(self._pending) + lines[0]
            self._pending.clear()
        self._pending += tail
        if len(self._pending) > self._limit or (lines and max(map(len, lines)) > self._limit):
            raise ModelGarbled(f"The model's server sent a line of more than {self._limit} bytes.")
        return lines

    def end(self) -> list[bytes]:
        return self.feed(b"\n")


class Events(Lines):
    """Server-sent events (WHATWG HTML, 9.2.6): a frame is an event's data; other fields are not needed."""

    def __init__(self, limit: int = FRAME_LIMIT) -> None:
        super().__init__(limit)
        self._after_return = False
        self._first = True
        self._data: list[bytes] = []
        self._size = 0

    def feed(self, data: bytes) -> list[bytes]:
        if not data:
            return []
        between = not (self._pending or self._data or self._after_return)
        if between and len(data) <= self._limit and _WHOLE(data) is not None:
            self._first = False
            return [event[6:] for event in data[:-2].split(b"\n\n")]
        after_return, self._after_return = self._after_return, data.endswith(b"\r")
        if after_return and data.startswith(b"\n"):  # the second half of a CRLF
            data = data[1:]
        if b"\r" in data:
            data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        events: list[bytes] = []
        for line in self._lines(data):
            if line:
                self._field(line)
            elif self._data:
                events.append(self._data[0] if len(self._data) == 1 else b"\n".join(self._data))
                self._data = []
                self._size = 0
        return events

    def _field(self, line: bytes) -> None:
        if self._first:
            line = line.removeprefix(b"\xef\xbb\xbf")
            self._first = False
        if line.startswith(b"data:"):
            value = line[6:] if line[5:6] == b" " else line[5:]
        elif line == b"data":
            value = b""
        else:
            return
        self._data.append(value)
        self._size += len(value)
        if self._size > self._limit:
            raise ModelGarbled(f"The model's server sent an event of more than {self._limit} bytes.")

    def end(self) -> list[bytes]:
        return self.feed(b"\n\n")
